//! What may be done: one function per use case, which takes an authorised actor and runs as one transaction.
//!
//! Knows nothing of HTTP, of certificates' issuing or of payment providers.
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(missing_docs)]

pub mod access;
pub mod booms;
pub mod devices;
pub mod error;
pub mod fault;
pub mod keys;
pub mod lanes;
pub mod passwords;
pub mod payments;
pub mod sessions;
pub mod sites;
pub mod stays;
pub mod tariffs;
pub mod time_zone;
pub mod tokens;
pub mod unit;
pub mod users;
