//! The index of pictures; the bytes lie in an object store, named by their SHA-256.

use boomgate_domain::ids::{ArrivalId, DeviceId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::jobs::kept_millis;
use crate::statement::{columns, execute, query, query_opt, row};

pub(crate) const ANNOUNCE_MANY: &str = include_str!("../queries/evidence/announce_many.sql");

/// A picture that a signed arrival names; its bytes come later, or came before.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnouncedPicture {
    pub site_id: Uuid,
    pub sha256: Vec<u8>,
    pub device_id: Uuid,
    pub arrival_id: Uuid,
    pub received_at: Timestamp,
}

row! {
    pub struct EvidenceRow {
        pub site_id: SiteId,
        pub sha256: Vec<u8>,
        pub device_id: Option<DeviceId>,
        pub arrival_id: Option<ArrivalId>,
        pub size_bytes: Option<i32>,
        /// None while the bytes are not here.
        pub stored_at: Option<Timestamp>,
    }
}

pub(crate) async fn announce_many(
    tx: &impl GenericClient,
    rows: &[AnnouncedPicture],
) -> Result<u64, StoreError> {
    execute(tx, ANNOUNCE_MANY, columns!(rows; site_id, sha256, device_id, arrival_id, received_at)).await
}

/// Records that the bytes are stored. Returns the row as it was known before, so that a second delivery can be told
/// from the first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn store(
    client: &impl GenericClient,
    site: SiteId,
    sha256: &[u8; 32],
    device: DeviceId,
    size_bytes: i32,
    at: Timestamp,
) -> Result<Option<EvidenceRow>, StoreError> {
    let before = find(client, site, sha256).await?;
    let sql = include_str!("../queries/evidence/store.sql");
    execute(client, sql, &[&site.as_uuid(), &sha256.as_slice(), &device.as_uuid(), &size_bytes, &at]).await?;
    Ok(before)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn find(
    client: &impl GenericClient,
    site: SiteId,
    sha256: &[u8; 32],
) -> Result<Option<EvidenceRow>, StoreError> {
    query_opt(client, include_str!("../queries/evidence/find.sql"), &[&site.as_uuid(), &sha256.as_slice()])
        .await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn of_arrival(
    client: &impl GenericClient,
    site: SiteId,
    arrival: ArrivalId,
) -> Result<Option<EvidenceRow>, StoreError> {
    let sql = include_str!("../queries/evidence/of_arrival.sql");
    query_opt(client, sql, &[&site.as_uuid(), &arrival.as_uuid()]).await
}

row! {
    /// A picture that is to go.
    pub struct SurplusPicture {
        pub site_id: SiteId,
        pub sha256: Vec<u8>,
        pub size_bytes: Option<i32>,
        pub stored_at: Option<Timestamp>,
    }
}

/// Pictures stored longer than `keep` ago, and the oldest beyond `max_bytes` in all, at most `limit`, the oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn surplus(
    client: &impl GenericClient,
    max_bytes: i64,
    keep: SignedDuration,
    limit: i64,
) -> Result<Vec<SurplusPicture>, StoreError> {
    let sql = include_str!("../queries/evidence/surplus.sql");
    query(client, sql, &[&max_bytes, &kept_millis(keep), &limit]).await
}

/// Deletes the row of a picture whose bytes are gone.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn delete(client: &impl GenericClient, site: SiteId, sha256: &[u8]) -> Result<(), StoreError> {
    let sql = include_str!("../queries/evidence/delete.sql");
    execute(client, sql, &[&site.as_uuid(), &sha256]).await.map(drop)
}

row! {
    /// All pictures that are stored.
    pub struct Total {
        pub bytes: i64,
        /// Whether the oldest is stored for longer than it is kept.
        pub too_old: bool,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn total(client: &impl GenericClient, keep: SignedDuration) -> Result<Total, StoreError> {
    let sql = include_str!("../queries/evidence/total.sql");
    let total = query_opt(client, sql, &[&kept_millis(keep)]).await?;
    Ok(total.unwrap_or(Total { bytes: 0, too_old: false }))
}
