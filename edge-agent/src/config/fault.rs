//! What is wrong with a file, all of it at once.

use std::fmt;
use std::path::PathBuf;

/// One thing wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub path: String,
    pub what: String,
}

/// Everything that is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub struct BadConfig {
    pub file: PathBuf,
    pub faults: Vec<Fault>,
}

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be used:", self.file.display())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {}: {}", fault.path, fault.what))
    }
}
