//! No two files of a crate may need each other, over however many files between them.
//!
//! The graph is drawn from the sources of every crate of the workspace (`src/`). What counts as an edge from file A to
//! file B: a `use` in A, or a path in A's code or in a macro's arguments, that leads to something B defines. A name that a
//! file on the way only passes on (`pub use`) is followed to the file that defines it. What does not count:
//!
//! - `mod child;`, and `pub use child::Name` where the parent itself does not use `Name`: a parent lists its children;
//! - methods: a child may add `impl Parent`, which is how one type's jobs are split over files;
//! - test code: modules under `cfg(test)`, and everything outside `src/`.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::wildcard_enum_match_arm, reason = "few kinds of items and tokens matter here")]

mod graph;
mod modules;
mod paths;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use graph::Graph;
use modules::Tree;

#[test]
fn no_two_files_of_a_crate_need_each_other() {
    let circles: Vec<String> = crate_roots().iter().flat_map(|root| circles_of(root)).collect();
    assert!(circles.is_empty(), "{} circles between files:\n{}", circles.len(), circles.join("\n"));
}

#[test]
fn a_circle_is_found_through_names_that_are_passed_on_and_macros() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("lib.rs", "mod a; mod b; pub mod c; pub use a::A; #[cfg(test)] mod t { use crate::c; }");
    write("a.rs", "use crate::b; pub struct A;");
    write("b.rs", "fn f() { println!(\"{}\", crate::A::new()); }");
    write("c.rs", "use crate::b::f;");
    let found = circles_of(&folder.path().join("lib.rs"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("a.rs") && found[0].contains("b.rs") && !found[0].contains("c.rs"),
        "{found:?}"
    );
    write("b.rs", "pub fn f() {}");
    assert!(circles_of(&folder.path().join("lib.rs")).is_empty());
}

#[test]
fn one_file_of_the_agent_outside_the_simulated_yard_knows_it() {
    let agent = Path::new(env!("CARGO_MANIFEST_DIR")).join("../edge-agent/src");
    let (yard, mut know) = (agent.join("sim"), BTreeSet::new());
    let note = |from: &Path, to: &Path, _: &str| {
        if to.starts_with(&yard) && !from.starts_with(&yard) {
            know.insert(from.strip_prefix(&agent).unwrap().to_owned());
        }
    };
    paths::edges(&Tree::read(&agent.join("lib.rs")), note);
    assert_eq!(know, BTreeSet::from([PathBuf::from("hardware.rs")]));
}

/// `lib.rs` and `main.rs` of every crate; each is the root of its own modules.
fn crate_roots() -> Vec<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = std::fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&manifest).unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let folders = members.iter().map(|member| workspace.join(member.as_str().unwrap()));
    let roots: Vec<PathBuf> = folders
        .chain([workspace.clone()])
        .flat_map(|folder| ["src/lib.rs", "src/main.rs"].map(|root| folder.join(root)))
        .filter(|root| root.exists())
        .collect();
    assert!(roots.len() > members.len(), "{roots:?}");
    roots
}

fn circles_of(root: &Path) -> Vec<String> {
    let tree = Tree::read(root);
    let mut graph = Graph::default();
    paths::edges(&tree, |from, to, name| graph.add(from, to, name));
    graph.circles()
}
