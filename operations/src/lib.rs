//! The use cases: one function each, which takes an authorised actor and runs as one transaction.
//!
//! Must not know HTTP, how certificates are issued, or payment providers.
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(missing_docs)]

pub mod access;
pub mod access_settings;
pub mod alarms;
pub mod blocklist;
pub mod booms;
pub mod devices;
pub mod error;
pub mod fault;
pub mod hold_all;
pub mod keys;
pub mod lanes;
pub mod links;
pub mod mail;
pub mod modes;
pub mod passback;
pub mod passwords;
pub mod payments;
pub mod plans;
pub mod programs;
pub mod second_factor;
pub mod sessions;
pub mod setup;
pub mod sites;
pub mod stays;
pub mod subscriptions;
pub mod tariffs;
pub mod time_zone;
pub mod tokens;
pub mod unit;
pub mod users;
pub mod vehicles;
