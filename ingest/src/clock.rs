//! The only place that reads the clock and makes ids and salts.

use jiff::{SignedDuration, Timestamp};
use rand::RngCore;
use uuid::Uuid;

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A time so much later; at the end of time, its end.
pub(crate) fn later(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.checked_add(time).unwrap_or(Timestamp::MAX)
}

pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

pub(crate) fn salt() -> [u8; 16] {
    let mut salt = [0; 16];
    rand::rng().fill_bytes(&mut salt);
    salt
}
