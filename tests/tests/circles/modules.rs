//! The modules of one crate: which file each is in, what it defines, and what it imports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::{Attribute, Item, ItemMod, Meta, Token, UseTree, Visibility};

#[derive(Default)]
pub struct Tree {
    pub modules: Vec<Module>,
}

pub struct Module {
    pub file: PathBuf,
    pub parent: Option<usize>,
    pub children: BTreeMap<String, usize>,
    pub imports: Vec<Import>,
    /// What is in it, child modules and test code apart.
    pub items: Vec<Item>,
}

/// One name that a `use` brings.
pub struct Import {
    pub name: String,
    pub path: Vec<String>,
    pub is_public: bool,
}

/// Where a path leads: a module, and the name in it, if it is not the module itself that is meant.
pub struct Target {
    pub module: usize,
    pub name: String,
}

impl Tree {
    pub fn read(root: &Path) -> Tree {
        let mut tree = Tree::default();
        let folder = root.parent().unwrap();
        tree.add_file(root, folder, None);
        tree
    }

    fn add_file(&mut self, file: &Path, children: &Path, parent: Option<usize>) -> usize {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.add(file, children, parent, parsed.items)
    }

    fn add(&mut self, file: &Path, folder: &Path, parent: Option<usize>, items: Vec<Item>) -> usize {
        let number = self.modules.len();
        let (children, imports) = (BTreeMap::new(), Vec::new());
        self.modules.push(Module { file: file.to_owned(), parent, children, imports, items: Vec::new() });
        for item in items {
            match item {
                Item::Mod(module) if is_test(&module.attrs) => {}
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let child = self.add_child(file, folder, number, module);
                    self.modules[number].children.insert(name, child);
                }
                other => {
                    if let Item::Use(import) = &other {
                        let is_public = !matches!(import.vis, Visibility::Inherited);
                        flatten(&import.tree, &mut Vec::new(), is_public, &mut self.modules[number].imports);
                    }
                    self.modules[number].items.push(other);
                }
            }
        }
        number
    }

    fn add_child(&mut self, file: &Path, folder: &Path, parent: usize, module: ItemMod) -> usize {
        let name = module.ident.to_string();
        let inner = folder.join(&name);
        if let Some((_, items)) = module.content {
            return self.add(file, &inner, Some(parent), items);
        }
        let beside = folder.join(format!("{name}.rs"));
        let child = if beside.exists() { beside } else { inner.join("mod.rs") };
        self.add_file(&child, &inner, Some(parent))
    }

    /// Follows a path written in a module. None if it leads out of the crate, or to a name of the module itself.
    pub fn resolve(&self, module: usize, path: &[String]) -> Option<Target> {
        self.follow(module, path, &mut BTreeSet::new())
    }

    fn follow(&self, module: usize, path: &[String], seen: &mut BTreeSet<(usize, String)>) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.descend(0, rest, seen),
            "self" => self.descend(module, rest, seen),
            "super" => self.descend_from_parent(module, rest, seen),
            _ if self.modules[module].children.contains_key(first) => self.descend(module, path, seen),
            _ => self.imported(module, path, seen),
        }
    }

    fn descend_from_parent(
        &self,
        module: usize,
        rest: &[String],
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Target> {
        let parent = self.modules[module].parent?;
        match rest.first().map(String::as_str) {
            Some("super") => self.descend_from_parent(parent, &rest[1..], seen),
            _ => self.descend(parent, rest, seen),
        }
    }

    fn descend(
        &self,
        module: usize,
        path: &[String],
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Target> {
        let Some((first, rest)) = path.split_first() else {
            return Some(Target { module, name: "self".into() });
        };
        if let Some(&child) = self.modules[module].children.get(first) {
            return self.descend(child, rest, seen);
        }
        let passed_on = self.imported(module, path, seen);
        passed_on.or_else(|| Some(Target { module, name: first.clone() }))
    }

    /// Where a name leads that this module has by a `use`.
    fn imported(
        &self,
        module: usize,
        path: &[String],
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let import = self.modules[module].imports.iter().find(|import| import.name == *first)?;
        if !seen.insert((module, first.clone())) {
            return None;
        }
        let whole: Vec<String> = import.path.iter().chain(rest).cloned().collect();
        self.follow(module, &whole, seen)
    }

    pub fn is_below(&self, module: usize, above: usize) -> bool {
        let mut at = self.modules[module].parent;
        while let Some(parent) = at {
            if parent == above {
                return true;
            }
            at = self.modules[parent].parent;
        }
        false
    }
}

/// `#[cfg(test)]`, or `#[cfg(all(test, ...))]`.
pub fn is_test(attributes: &[Attribute]) -> bool {
    let configurations = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    configurations.filter_map(|attribute| attribute.parse_args::<Meta>().ok()).any(|meta| needs_test(&meta))
}

fn needs_test(meta: &Meta) -> bool {
    match meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            parts.is_ok_and(|parts| parts.iter().any(needs_test))
        }
        Meta::List(_) | Meta::NameValue(_) => false,
    }
}

pub fn flatten(tree: &UseTree, before: &mut Vec<String>, is_public: bool, into: &mut Vec<Import>) {
    let whole = |before: &[String], last: String| before.iter().cloned().chain([last]).collect::<Vec<_>>();
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, is_public, into);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            let name = before.last().cloned().unwrap_or_default();
            into.push(Import { name, path: before.clone(), is_public });
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            into.push(Import { path: whole(before, name.clone()), name, is_public });
        }
        UseTree::Rename(rename) => {
            let path = whole(before, rename.ident.to_string());
            into.push(Import { name: rename.rename.to_string(), path, is_public });
        }
        UseTree::Glob(_) => into.push(Import { name: "*".into(), path: before.clone(), is_public }),
        UseTree::Group(group) => {
            group.items.iter().for_each(|item| flatten(item, before, is_public, into));
        }
    }
}
