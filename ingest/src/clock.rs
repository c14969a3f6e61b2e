//! The only place that reads the clock and makes ids and salts.

use jiff::Timestamp;
use rand::RngCore;
use uuid::Uuid;

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

pub(crate) fn salt() -> [u8; 16] {
    let mut salt = [0; 16];
    rand::rng().fill_bytes(&mut salt);
    salt
}
