//! How well the cameras of lanes read: counted by the hour, without a word about any single car.

use boomgate_domain::ids::{LaneId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query_opt, row};

pub(crate) const ADD_MANY: &str = include_str!("../queries/reading_counts/add_many.sql");

/// One car whose plate was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedReading {
    pub site_id: Uuid,
    pub lane_id: Uuid,
    pub at: Timestamp,
    /// Whether it was read for sure.
    pub is_read: bool,
}

row! {
    /// Sums over a time.
    pub struct ReadingCounts {
        /// Read for sure, and nobody said otherwise.
        pub read_right: i64,
        /// A person said that it is another plate.
        pub corrected: i64,
        /// Not read, or not for sure.
        pub missed: i64,
    }
}

pub(crate) async fn add_many(
    client: &impl GenericClient,
    rows: &[CountedReading],
) -> Result<u64, StoreError> {
    execute(client, ADD_MANY, columns!(rows; site_id, lane_id, at, is_read)).await
}

/// A person said that the car of `counted` has another plate than was read.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn correct(tx: &impl GenericClient, counted: &CountedReading) -> Result<(), StoreError> {
    let CountedReading { site_id, lane_id, at, is_read } = counted;
    let sql = include_str!("../queries/reading_counts/correct.sql");
    execute(tx, sql, &[site_id, lane_id, at, is_read]).await.map(drop)
}

/// What a lane's camera read in the hours from the one of `from` on that begin before `until`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn sum(
    client: &impl GenericClient,
    (site, lane): (SiteId, LaneId),
    from: Timestamp,
    until: Timestamp,
) -> Result<ReadingCounts, StoreError> {
    let sql = include_str!("../queries/reading_counts/sum.sql");
    let found = query_opt(client, sql, &[&site.as_uuid(), &lane.as_uuid(), &from, &until]).await?;
    Ok(found.unwrap_or(ReadingCounts { read_right: 0, corrected: 0, missed: 0 }))
}
