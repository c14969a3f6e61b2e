//! What the `boomgate` command is made of: configuration, keys, set-up, the server in one process, and the demo.
//!
//! Wires the crates to one another and contains no rule.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod commands;
pub mod config;
pub mod database;
pub mod demo;
pub mod directory;
pub mod doctor;
pub mod issuer;
pub mod jobs;
pub mod log;
pub mod mail;
pub mod memory;
pub mod output;
pub mod pki;
pub mod private;
pub mod revocations;
pub mod serve;
pub mod tariff;
