//! Notices: what a person should know about their own account.

use boomgate_domain::ids::UserId;
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query, row};
use crate::words::words;

words! {
    /// What a notice is about.
    pub enum NoticeKind {
        /// Somebody logged in as this person from a browser or program not seen before: `address`, `agent`.
        NewDevice = "new_device",
        /// Another password was set.
        PasswordChanged = "password_changed",
        /// One-time codes are asked for from now on.
        SecondFactorOn = "second_factor_on",
        /// One-time codes are asked for no more.
        SecondFactorOff = "second_factor_off",
        /// A recovery code was used; `left` are left.
        RecoveryCodeUsed = "recovery_code_used",
    }
}

row! {
    pub struct Notice {
        pub id: Uuid,
        /// A word of [`NoticeKind`].
        pub kind: String,
        pub at: Timestamp,
        /// Texts by name.
        pub params: Value,
        pub seen_at: Option<Timestamp>,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn insert(
    client: &impl GenericClient,
    user: UserId,
    kind: NoticeKind,
    params: &Value,
) -> Result<(), StoreError> {
    let (id, now) = (Uuid::now_v7(), Timestamp::now());
    let sql = include_str!("../queries/notices/insert.sql");
    execute(client, sql, &[&user.as_uuid(), &id, &kind.as_str(), &now, params]).await.map(drop)
}

/// The fifty newest of a user, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_user(client: &impl GenericClient, user: UserId) -> Result<Vec<Notice>, StoreError> {
    query(client, include_str!("../queries/notices/of_user.sql"), &[&user.as_uuid()]).await
}

/// The person has seen it. Whether there was such an unseen one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn see(
    client: &impl GenericClient,
    user: UserId,
    id: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/notices/see.sql");
    Ok(execute(client, sql, &[&user.as_uuid(), &id, &now]).await? > 0)
}

/// Removes those older than `keep`.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(client: &impl GenericClient, keep: SignedDuration) -> Result<u64, StoreError> {
    let before = Timestamp::now() - keep;
    execute(client, include_str!("../queries/notices/prune.sql"), &[&before]).await
}
