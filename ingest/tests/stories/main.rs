//! Ingest against a real PostgreSQL and a real router: what lanes send, what is stored, what they receive.
#![allow(clippy::unwrap_used, reason = "tests")]

mod alarms;
mod buses;
mod car_park;
mod false_reports;
mod faults;
mod floods;
mod lane;
mod modes;
mod order;
mod passages;
mod previews;
mod readings;
mod subscriptions;
mod twins;
