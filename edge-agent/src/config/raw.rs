//! A file half read: its values by name, and its faults so far.

use std::fmt;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::fault::Fault;

/// A file half read, with the faults found so far.
pub(super) struct Raw {
    pub table: Table,
    pub folder: PathBuf,
    pub faults: Vec<Fault>,
}

impl Raw {
    pub(super) fn fault(&mut self, path: &str, what: impl Into<String>) {
        self.faults.push(Fault { path: path.to_owned(), what: what.into() });
    }

    /// The value, or its fault noted under this key.
    pub(super) fn checked<T>(&mut self, path: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|what| self.fault(path, what)).ok()
    }

    pub(super) fn at(&self, path: PathBuf) -> PathBuf {
        self.folder.join(path)
    }

    /// A section that must be there.
    pub(super) fn section<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        if self.table.get(name).is_none_or(|value| !value.is_table()) {
            self.fault(name, "this section is missing");
            return None;
        }
        self.optional(name)
    }

    pub(super) fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.table.get(name)?.clone();
        match value.try_into() {
            Ok(section) => Some(section),
            Err(error) => {
                self.fault(name, error.to_string().trim_end().replace('\n', " "));
                None
            }
        }
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.table.get(key) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => {
                let what = format!("a text is expected, not {}", other.type_str());
                self.fault(key, what);
                None
            }
            None => None,
        }
    }

    pub(super) fn name<T, E: fmt::Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            self.fault(key, "this key is missing");
            return None;
        }
        let text = self.text(key)?;
        parse(&text).map_err(|error| self.fault(key, error.to_string())).ok()
    }
}
