//! The newest picture of each lane that somebody asked to see. Shown while it is new; evidence is another thing.

use boomgate_domain::ids::{CommandId, LaneId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};

use crate::error::StoreError;
use crate::jobs::kept_millis;
use crate::statement::{execute, query_opt, row};

row! {
    /// A picture as it came.
    pub struct PreviewFrame {
        /// By which it was asked for.
        pub command_id: CommandId,
        pub taken_at: Timestamp,
        pub jpeg: Vec<u8>,
    }
}

/// Puts a picture in the place of the one before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn put(
    client: &impl GenericClient,
    (site, lane): (SiteId, LaneId),
    frame: &PreviewFrame,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/preview_frames/put.sql");
    let PreviewFrame { command_id, taken_at, jpeg } = frame;
    execute(client, sql, &[&site.as_uuid(), &lane.as_uuid(), &command_id.as_uuid(), taken_at, jpeg])
        .await
        .map(drop)
}

/// The newest picture of a lane, if it came after `since`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn newest(
    client: &impl GenericClient,
    (site, lane): (SiteId, LaneId),
    since: Timestamp,
) -> Result<Option<PreviewFrame>, StoreError> {
    let sql = include_str!("../queries/preview_frames/newest.sql");
    query_opt(client, sql, &[&site.as_uuid(), &lane.as_uuid(), &since]).await
}

/// Removes what is older than `keep`, of all sites.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(client: &impl GenericClient, keep: SignedDuration) -> Result<u64, StoreError> {
    let sql = include_str!("../queries/preview_frames/prune.sql");
    execute(client, sql, &[&kept_millis(keep)]).await
}
