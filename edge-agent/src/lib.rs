//! The lane: loops, camera, barrier, spool, uplink. Plates are read by `boomgate_plate_reader`.
//!
//! ```text
//!  gpio ──levels──►┐                                   ┌──► gpio (relays)
//!  camera ► vision ┼──► eventloop ── domain::lane ────►┼──► sign, observer
//!  uplink ─commands┘         ▲                         └──► spool ──► uplink ──► server
//!                            └── wire: the domain's words <-> the messages'
//! ```
//!
//! The agent knows no PostgreSQL and no api. What a lane may do is decided in `boomgate_domain`; this crate senses and
//! acts.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod agent;
pub mod camera;
pub mod cause;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod eventloop;
pub mod evidence;
pub mod gpio;
pub mod hardware;
pub mod notify;
pub mod observer;
pub mod output;
pub mod preview;
pub mod priority;
pub mod private_files;
pub mod redact;
pub mod sampling;
pub mod sim;
pub mod spool;
pub mod uplink;
pub mod vision;
pub mod wire;
