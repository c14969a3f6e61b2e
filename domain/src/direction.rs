//! Which way a lane leads.

use serde::{Deserialize, Serialize};

/// Which way a lane leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Into the car park.
    Entry,
    /// Out of the car park.
    Exit,
}
