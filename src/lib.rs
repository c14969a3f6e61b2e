//! What the `boomgate` command is made of: configuration, keys, set-up, the server in one process, and the demo.
//!
//! Wires the crates to one another and knows no rule itself.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod config;
pub mod demo;
pub mod directory;
pub mod housekeeping;
pub mod pki;
pub mod say;
pub mod serve;
pub mod setup;
pub mod tariff;
