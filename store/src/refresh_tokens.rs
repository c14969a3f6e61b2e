//! Refresh tokens of programs: each works once. Only their SHA-256 is stored.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query_opt, row};

row! {
    /// A refresh token with the session it belongs to.
    pub struct RefreshToken {
        pub session_id: Uuid,
        pub used_at: Option<Timestamp>,
        pub expires_at: Timestamp,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn insert(
    client: &impl GenericClient,
    token_hash: &[u8; 32],
    session: Uuid,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/refresh_tokens/insert.sql");
    execute(client, sql, &[&token_hash.as_slice(), &session, &created_at, &expires_at]).await.map(drop)
}

/// The token with this hash, also a used one; held until the end of the transaction.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lock(
    tx: &impl GenericClient,
    token_hash: &[u8; 32],
) -> Result<Option<RefreshToken>, StoreError> {
    query_opt(tx, include_str!("../queries/refresh_tokens/lock.sql"), &[&token_hash.as_slice()]).await
}

/// It was used.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_used(
    tx: &impl GenericClient,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/refresh_tokens/use.sql");
    execute(tx, sql, &[&token_hash.as_slice(), &now]).await.map(drop)
}
