//! Which files a file's imports and paths lead to.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ImplItemFn, ItemFn, ItemImpl, ItemUse, Macro};

use crate::modules::{Import, Tree, flatten, is_test};

/// Gives out every edge: from, to, and the name it is for.
pub fn edges(tree: &Tree, mut edge: impl FnMut(&Path, &Path, &str)) {
    for module in 0..tree.modules.len() {
        let code = Code::of(tree, module);
        let imports = tree.modules[module].imports.iter().chain(&code.imports);
        let imports = imports.filter(|import| !is_list_of_children(tree, module, import, &code.names));
        let paths = imports.map(|import| &import.path).chain(&code.paths);
        for path in paths {
            let Some(target) = tree.resolve(module, path) else { continue };
            let (from, to) = (&tree.modules[module].file, &tree.modules[target.module].file);
            if from != to {
                edge(from, to, &target.name);
            }
        }
    }
}

/// A parent that passes a child's name on and does not use it itself.
fn is_list_of_children(tree: &Tree, module: usize, import: &Import, used: &BTreeSet<String>) -> bool {
    let target = tree.resolve(module, &import.path);
    let of_child = target.is_some_and(|target| tree.is_below(target.module, module));
    import.is_public && of_child && !used.contains(&import.name)
}

/// What a module's code names.
#[derive(Default)]
struct Code {
    /// Imports inside functions.
    imports: Vec<Import>,
    paths: Vec<Vec<String>>,
    /// First names of all paths.
    names: BTreeSet<String>,
}

impl Code {
    fn of(tree: &Tree, module: usize) -> Code {
        let mut code = Code::default();
        for item in &tree.modules[module].items {
            match item {
                syn::Item::Use(_) => {}
                other => code.visit_item(other),
            }
        }
        code
    }

    fn add(&mut self, path: Vec<String>) {
        self.names.extend(path.first().cloned());
        if path.len() > 1 {
            self.paths.push(path);
        }
    }

    /// A macro's arguments need not be Rust; paths in them are found token by token.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 2;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if colons == 2 => {
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => colons += 1,
                other => {
                    self.add(std::mem::take(&mut path));
                    colons = 2;
                    match other {
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Ident(name) => {
                            path.push(name.to_string());
                            colons = 0;
                        }
                        TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                    }
                }
            }
        }
        self.add(path);
    }
}

impl<'ast> Visit<'ast> for Code {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        flatten(&import.tree, &mut Vec::new(), false, &mut self.imports);
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if !is_test(&function.attrs) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if !is_test(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if !is_test(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }
}
