//! Ingest against a real PostgreSQL and a real router: what lanes send, what is stored, what they receive.
#![allow(clippy::unwrap_used, reason = "tests")]

mod buses;
mod car_park;
mod faults;
mod floods;
mod lane;
mod lies;
mod order;
mod passages;
mod twins;
