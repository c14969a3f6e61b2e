//! Stories across real processes: PostgreSQL, `boomgate serve`, lanes, and hostile clients.
//!
//! One executable, because linking costs more than running. Build the programs first:
//! `cargo build -p boomgate -p boomgate-edge-agent`.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for single kinds")]

mod commands;
mod config;
mod demo;
mod disasters;
mod false_reports;
mod floods;
mod jobs;
mod last_bay;
mod lists;
mod logs;
mod man_in_the_middle;
mod modes;
mod mosquitto;
mod order;
mod pairing;
mod previews;
mod storms;
mod tls;
mod unauthenticated;
mod visits;
