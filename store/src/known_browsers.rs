//! Browsers in which a person has logged in before. Only the SHA-256 of a browser's token is stored.

use boomgate_domain::ids::UserId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use crate::error::StoreError;
use crate::statement::{execute, query_opt, row};

row! {
    pub struct Found {
        pub known: bool,
    }
}

/// Whether this browser is known to have let `user` in; without a user, whether it is known at all.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn knows(
    client: &impl GenericClient,
    token_hash: &[u8; 32],
    user: Option<UserId>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/known_browsers/find.sql");
    let user = user.map(|user| user.as_uuid());
    let found: Option<Found> = query_opt(client, sql, &[&token_hash.as_slice(), &user, &now]).await?;
    Ok(found.is_some_and(|found| found.known))
}

/// Whether any browser is known to have let `user` in.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn has_any(client: &impl GenericClient, user: UserId) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/known_browsers/has_any.sql");
    let found: Option<Found> = query_opt(client, sql, &[&user.as_uuid()]).await?;
    Ok(found.is_some_and(|found| found.known))
}

/// Records that `user` logged in there; good until `until`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn remember(
    client: &impl GenericClient,
    token_hash: &[u8; 32],
    user: UserId,
    now: Timestamp,
    until: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/known_browsers/remember.sql");
    execute(client, sql, &[&token_hash.as_slice(), &user.as_uuid(), &now, &until]).await.map(drop)
}

/// Deletes every known browser of this person.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn forget_all_of(client: &impl GenericClient, user: UserId) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/known_browsers/delete_of_user.sql"), &[&user.as_uuid()]).await
}

/// Removes those that are known no longer.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(client: &impl GenericClient) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/known_browsers/prune.sql"), &[]).await
}
