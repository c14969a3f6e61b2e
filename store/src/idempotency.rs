//! Answers to requests that create: the same key is answered with the same answer, and done once.

use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::audit::RequestedBy;
use crate::error::StoreError;
use crate::jobs::kept_millis;
use crate::statement::{execute, query_opt, row};

row! {
    /// What was answered. Another `request_hash` under the same key is a caller's mistake.
    pub struct StoredAnswer {
        pub request_hash: Vec<u8>,
        pub status: i32,
        pub response: Value,
    }
}

/// Locks the key for the rest of the transaction and finds the answer, if there is one already.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn begin(
    tx: &impl GenericClient,
    by: &RequestedBy,
    key: &str,
) -> Result<Option<StoredAnswer>, StoreError> {
    let (kind, id) = by.kind_and_id();
    execute(tx, include_str!("../queries/answered_requests/lock.sql"), &[&id, &key]).await?;
    query_opt(tx, include_str!("../queries/answered_requests/find.sql"), &[&kind, &id, &key]).await
}

/// Keeps the answer, in the transaction that did the work.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn record(
    tx: &impl GenericClient,
    by: &RequestedBy,
    key: &str,
    answer: &StoredAnswer,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (kind, id) = by.kind_and_id();
    let sql = include_str!("../queries/answered_requests/insert.sql");
    execute(tx, sql, &[&kind, &id, &key, &answer.request_hash, &answer.status, &answer.response, &at])
        .await
        .map(drop)
}

/// Removes what is older than `keep`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(client: &impl GenericClient, keep: SignedDuration) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/answered_requests/prune.sql"), &[&kept_millis(keep)]).await
}
