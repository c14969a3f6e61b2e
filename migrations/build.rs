//! The statements are embedded: a new file must build this crate anew.

fn main() {
    println!("cargo::rerun-if-changed=sql");
}
