//! The lane: loops, camera, plate reader, barrier, spool, uplink.
//!
//! The agent knows no PostgreSQL and no api. What a lane may do is decided in `boomgate_domain`; this crate senses and acts.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod camera;
pub mod clock;
pub mod gpio;
pub mod recognise;
pub mod sim;
pub mod spool;
