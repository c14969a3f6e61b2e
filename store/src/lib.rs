//! Storage: every SQL statement, the pool, and the private PostgreSQL.
//!
//! One statement per file under `queries/<table>/<verb>.sql`; the function beside it in `src/<table>.rs` takes a client
//! or a transaction and returns rows read by column name. What must always hold is a constraint of the schema; rules
//! about money and permission are not here. Every function names the site it works in.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access_settings;
pub mod alarms;
pub mod api_keys;
pub mod arrivals;
pub mod audit;
pub mod audit_action;
pub mod batch;
pub mod bi;
pub mod blocklist;
pub mod cluster;
pub mod commands;
mod connect_error;
pub mod dead_letters;
pub mod decisions;
pub mod devices;
pub mod error;
pub mod events;
pub mod evidence;
pub mod exceptions;
pub mod hold_all;
mod id_range;
pub mod idempotency;
pub mod jobs;
pub mod known_browsers;
pub mod lane_modes;
pub mod lanes;
pub mod ledger;
pub mod live_event;
pub mod live_feed;
pub mod manual;
pub mod memberships;
pub mod notices;
pub mod one_time_links;
pub mod passback;
mod payment_method;
pub mod payments;
pub mod plans;
pub mod pool;
pub mod preview_frames;
pub mod proof;
pub mod reading_counts;
pub mod refresh_tokens;
pub mod second_factors;
pub mod sites;
mod statement;
pub mod stats;
pub mod stays;
pub mod subscription_contracts;
pub mod subscription_plates;
pub mod subscriptions;
pub mod tariff_drafts;
pub mod tariffs;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tickets;
pub mod users;
pub mod validations;
pub mod vehicle_imports;
pub mod vehicles;
pub mod words;
pub mod write_probe;

pub use error::StoreError;
pub use pool::{Address, GenericClient, Pool, Transaction};
