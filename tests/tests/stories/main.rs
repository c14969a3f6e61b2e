//! Stories across real processes: PostgreSQL, `boomgate serve`, lanes, and those who wish them ill.
//!
//! One executable, because linking costs more than running. Build the programs first:
//! `cargo build -p boomgate -p boomgate-edge-agent`.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for single kinds")]

mod commands;
mod config;
mod demo;
mod disasters;
mod floods;
mod jobs;
mod last_bay;
mod lies;
mod logs;
mod middle;
mod mosquitto;
mod order;
mod storms;
mod strangers;
mod tls;
mod visits;
