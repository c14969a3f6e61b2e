//! The use cases: one function each, which takes an authorised actor and runs as one transaction.
//!
//! Must not know HTTP, how certificates are issued, or payment providers.
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(missing_docs)]

pub mod access;
pub mod alarms;
pub mod booms;
pub mod calendar;
pub mod devices;
pub mod error;
pub mod fault;
pub mod hold_all;
pub mod keys;
pub mod lanes;
pub mod links;
pub mod mail;
pub mod modes;
pub mod passwords;
pub mod payments;
pub mod programs;
pub mod second_factor;
pub mod sessions;
pub mod setup;
pub mod sites;
pub mod stays;
pub mod tariff_trials;
pub mod tariffs;
pub mod time_zone;
pub mod tokens;
pub mod unit;
pub mod users;
pub mod validations;
