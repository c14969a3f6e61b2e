//! What is kept: every SQL statement, the pool, and the private PostgreSQL.
//!
//! One statement per file under `queries/<table>/<verb>.sql`; the function beside it in `src/<table>.rs` takes a client
//! or a transaction and returns rows read by column name. What must always hold is a constraint of the schema; rules
//! about money and permission are not here. Every function names the site it works in.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod cluster;
pub mod error;
pub mod pool;
#[cfg(feature = "testing")]
pub mod testing;

pub use error::StoreError;
pub use pool::{Address, GenericClient, Pool, Transaction};
