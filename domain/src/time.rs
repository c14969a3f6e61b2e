//! Two clocks that must never be mixed: a device's own uptime for timeouts, wall time for charges.
//!
//! Neither is read here; values come from the program's `clock.rs`. Wall time is [`jiff::Timestamp`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since a device started: never steps, stops only when the device does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Monotonic(u64);

impl Monotonic {
    /// The device's start.
    pub const ZERO: Self = Self(0);

    /// This many milliseconds after the start.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the start.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This instant plus `ms`, at most the largest representable one.
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; 0 if `earlier` is later.
    pub const fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Monotonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}
