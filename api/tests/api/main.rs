//! The api against a real PostgreSQL, over real sockets, one module per resource.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for single kinds")]

mod access;
mod alarms;
mod attention;
mod blocklist;
mod corrections;
mod document;
mod errors;
mod evidence;
mod examples;
mod garage;
mod getting_in;
mod hold_all;
mod http2;
mod jobs;
mod lanes;
mod lists;
mod live;
mod login;
mod many_connections;
mod modes;
mod nginx;
mod outage;
mod pairing;
mod payments;
mod places;
mod previews;
mod rights;
mod setup;
mod shutdown;
mod stays;
mod subscriptions;
mod tariffs;
mod test_app;
mod tickets;
mod validations;
mod vehicles;
mod web;
