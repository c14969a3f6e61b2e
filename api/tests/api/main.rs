//! The api against a real PostgreSQL, over real sockets, one module per resource.
#![allow(clippy::unwrap_used, reason = "a test")]

mod crowd;
mod document;
mod errors;
mod evidence;
mod house;
mod http2;
mod jobs;
mod lanes;
mod live;
mod login;
mod nginx;
mod outage;
mod payments;
mod rights;
mod shutdown;
mod stays;
mod web;
