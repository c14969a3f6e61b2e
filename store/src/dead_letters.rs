//! Messages that could not be decoded or applied, stored for an operator and answered "rejected".

use boomgate_domain::ids::{DeviceId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, row};

/// A message to be kept as it came. `code` is a `REJECT-` code of the registry.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDeadLetter {
    pub site_id: Uuid,
    pub id: Uuid,
    pub device_id: Option<Uuid>,
    /// First and last seq it stood for.
    pub seq: Option<(i64, i64)>,
    pub topic: String,
    pub code: String,
    pub detail: String,
    pub payload: Vec<u8>,
    pub received_at: Timestamp,
}

row! {
    pub struct DeadLetterRow {
        pub site_id: SiteId,
        pub id: Uuid,
        pub device_id: Option<DeviceId>,
        pub first_seq: Option<i64>,
        pub last_seq: Option<i64>,
        pub topic: String,
        pub code: String,
        pub detail: String,
        pub received_at: Timestamp,
    }
}

row! {
    /// Which sequence numbers were rejected, and why.
    pub struct Rejected {
        pub first_seq: i64,
        pub last_seq: i64,
        pub code: String,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn insert(tx: &impl GenericClient, new: &NewDeadLetter) -> Result<(), StoreError> {
    let (first, last) = new.seq.unzip();
    let sql = include_str!("../queries/dead_letters/insert.sql");
    execute(
        tx,
        sql,
        &[
            &new.site_id,
            &new.id,
            &new.device_id,
            &first,
            &last,
            &new.topic,
            &new.code,
            &new.detail,
            &new.payload,
            &new.received_at,
        ],
    )
    .await
    .map(drop)
}

/// A message that cannot be decoded, as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable<'a> {
    pub site_id: Uuid,
    pub device_id: Uuid,
    pub first_seq: i64,
    pub last_seq: i64,
    pub payload: &'a [u8],
}

row! {
    /// A message that is kept already.
    pub struct StoredDeadLetter {
        pub device_id: Uuid,
        pub first_seq: i64,
    }
}

/// Which of these messages are kept already, byte for byte.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn same(
    client: &impl GenericClient,
    messages: &[Unreadable<'_>],
) -> Result<Vec<StoredDeadLetter>, StoreError> {
    struct Key {
        site_id: Uuid,
        device_id: Uuid,
        first_seq: i64,
        last_seq: i64,
        sha256: Vec<u8>,
    }
    let keys: Vec<Key> = messages
        .iter()
        .map(|one| Key {
            site_id: one.site_id,
            device_id: one.device_id,
            first_seq: one.first_seq,
            last_seq: one.last_seq,
            sha256: Sha256::digest(one.payload).to_vec(),
        })
        .collect();
    let sql = include_str!("../queries/dead_letters/same.sql");
    query(client, sql, columns!(keys; site_id, device_id, first_seq, last_seq, sha256)).await
}

/// The rejections of a device that touch `seq`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn codes(
    client: &impl GenericClient,
    site: SiteId,
    device: DeviceId,
    seq: (i64, i64),
) -> Result<Vec<Rejected>, StoreError> {
    let sql = include_str!("../queries/dead_letters/codes.sql");
    query(client, sql, &[&site.as_uuid(), &device.as_uuid(), &seq.0, &seq.1]).await
}

/// The newest unsettled ones.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(
    client: &impl GenericClient,
    site: SiteId,
    limit: i64,
) -> Result<Vec<DeadLetterRow>, StoreError> {
    query(client, include_str!("../queries/dead_letters/list.sql"), &[&site.as_uuid(), &limit]).await
}
