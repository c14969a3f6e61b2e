//! Second factors: the secret of a person's one-time codes, the last step of the clock that let them in, recovery codes.

use boomgate_domain::ids::UserId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use crate::error::StoreError;
use crate::statement::{execute, query_opt, row};

row! {
    /// What is stored of a person's second factor.
    pub struct SecondFactor {
        /// 160 bits; also before it was confirmed.
        pub secret: Option<Vec<u8>>,
        /// When a code of it was first given; it counts from then on.
        pub confirmed_at: Option<Timestamp>,
        /// Step of the clock (30 s each since 1970) of the last code that let them in.
        pub last_step: Option<i64>,
        /// Recovery codes not used yet.
        pub codes_left: i64,
    }
}

/// Of this user; none where there is no such user.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_user(client: &impl GenericClient, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
    query_opt(client, include_str!("../queries/second_factors/of_user.sql"), &[&user.as_uuid()]).await
}

/// Holds the user's row for the rest of the transaction: of two equal codes at once one is a repetition.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lock(tx: &impl GenericClient, user: UserId) -> Result<(), StoreError> {
    execute(tx, include_str!("../queries/second_factors/lock.sql"), &[&user.as_uuid()]).await.map(drop)
}

/// Stores a secret that counts only once it is confirmed.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn begin(client: &impl GenericClient, user: UserId, secret: &[u8]) -> Result<(), StoreError> {
    let sql = include_str!("../queries/second_factors/begin.sql");
    execute(client, sql, &[&user.as_uuid(), &secret]).await.map(drop)
}

/// From now on the secret counts; the code of `step` was used.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn confirm(
    client: &impl GenericClient,
    user: UserId,
    now: Timestamp,
    step: i64,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/second_factors/confirm.sql");
    execute(client, sql, &[&user.as_uuid(), &now, &step]).await.map(drop)
}

/// The code of `step` was used.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn use_step(client: &impl GenericClient, user: UserId, step: i64) -> Result<(), StoreError> {
    let sql = include_str!("../queries/second_factors/use_step.sql");
    execute(client, sql, &[&user.as_uuid(), &step]).await.map(drop)
}

/// Removes the secret and the recovery codes.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn remove(client: &impl GenericClient, user: UserId) -> Result<(), StoreError> {
    execute(client, include_str!("../queries/second_factors/remove.sql"), &[&user.as_uuid()]).await?;
    put_codes(client, user, &[]).await
}

/// Stores the SHA-256 of new recovery codes in place of all there were.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn put_codes(
    client: &impl GenericClient,
    user: UserId,
    hashes: &[[u8; 32]],
) -> Result<(), StoreError> {
    let hashes: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
    execute(client, include_str!("../queries/second_factors/delete_codes.sql"), &[&user.as_uuid()]).await?;
    let sql = include_str!("../queries/second_factors/insert_codes.sql");
    execute(client, sql, &[&user.as_uuid(), &hashes]).await.map(drop)
}

/// Marks a recovery code as used. Whether there was one that could be.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn use_code(
    client: &impl GenericClient,
    user: UserId,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/second_factors/use_code.sql");
    Ok(execute(client, sql, &[&user.as_uuid(), &hash.as_slice(), &now]).await? > 0)
}
