#![cfg_attr(test, allow(clippy::unwrap_used))]
pub mod ids;
pub mod money;
pub mod plate;
pub mod time;
