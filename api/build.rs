//! Builds the api again whenever the web app's built files change.

fn main() {
    // `make web` fills this folder. It has to be there to be embedded, and empty is enough.
    if let Err(error) = std::fs::create_dir_all("web/dist") {
        println!("cargo:warning=api/web/dist is missing and cannot be made: {error}");
    }
    println!("cargo:rerun-if-changed=web/dist");
    println!("cargo:rerun-if-changed=build.rs");
}
