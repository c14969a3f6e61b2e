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
pub mod calendar;
mod decisions;
pub mod devices;
pub mod error;
pub mod fault;
pub mod hold_all;
pub mod keys;
pub mod lanes;
pub mod links;
pub mod mail;
pub mod modes;
pub mod occupancy;
pub mod pairing;
pub mod passback;
pub mod passwords;
pub mod payments;
pub mod plans;
pub mod previews;
pub mod programs;
pub mod reading_counts;
pub mod second_factor;
pub mod sessions;
pub mod setup;
pub mod sites;
pub mod stats;
pub mod stays;
pub mod subscriptions;
pub mod tariff_trials;
pub mod tariffs;
pub mod tickets;
pub mod time_zone;
pub mod tokens;
pub mod unit;
pub mod users;
pub mod validations;
pub mod vehicles;
