//! Ingest against a real PostgreSQL and a real router: what lanes say, what becomes of it, what they hear.
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
