//! What may be done: one function per use case, which takes an authorised actor and runs as one transaction.
//!
//! Knows nothing of HTTP, of certificates' issuing or of payment providers.
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(missing_docs)]

pub mod access;
pub mod booms;
pub mod error;
pub mod payments;
pub mod stays;
pub mod unit;
