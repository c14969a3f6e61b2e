//! What the jobs of a server need of the database beside the tables they tidy: to be alone, time, and room for events.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use crate::error::StoreError;
use crate::statement::{query_opt, row};

/// "tidy it" as a number among PostgreSQL's advisory locks.
const ALONE: i64 = 0x7469_6479_2069_7421;

/// Begins a job in its transaction: longer limits than a request has, but no long wait for a table that others use.
/// False when another server is at it; then there is nothing to do here.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn begin(tx: &impl GenericClient) -> Result<bool, StoreError> {
    row! {
        pub struct Begun {
            pub alone: bool,
        }
    }
    let sql = include_str!("../queries/server/begin_housekeeping.sql");
    let begun: Option<Begun> = query_opt(tx, sql, &[&ALONE]).await?;
    Ok(begun.is_some_and(|begun| begun.alone))
}

/// Makes the monthly partitions of events from this month on, as far as they are missing. Returns how many were made;
/// none is ever dropped here.
///
/// # Errors
/// [`StoreError::Database`]; also when events of such a month lie in the default partition already.
pub async fn make_event_partitions(
    tx: &impl GenericClient,
    now: Timestamp,
    months: i32,
) -> Result<u64, StoreError> {
    row! {
        pub struct Made {
            pub made: i32,
        }
    }
    let made: Option<Made> =
        query_opt(tx, include_str!("../queries/events/make_partitions.sql"), &[&now, &months]).await?;
    Ok(made.map_or(0, |made| u64::from(made.made.unsigned_abs())))
}
