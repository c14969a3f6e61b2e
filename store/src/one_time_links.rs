//! Links that work once: to set up an installation, to accept an invitation, to choose a new password. Only the SHA-256 of a
//! link's token is stored.

use boomgate_domain::ids::UserId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use crate::error::StoreError;
use crate::statement::{execute, query_opt, row};
use crate::words::words;

words! {
    /// What a link is for.
    pub enum LinkKind {
        /// The first person of an installation.
        Setup = "setup",
        /// A person who chooses their first password.
        Invitation = "invitation",
        /// A person who chooses another password.
        Reset = "reset",
    }
}

row! {
    /// A link that is still good.
    pub struct OneTimeLink {
        /// A word of [`LinkKind`].
        pub kind: String,
        /// None of a set-up.
        pub user_id: Option<UserId>,
        pub expires_at: Timestamp,
    }
}

/// A link to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    pub token_hash: [u8; 32],
    pub kind: LinkKind,
    pub user: Option<UserId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// # Errors
/// [`StoreError::Database`].
pub async fn insert(client: &impl GenericClient, new: &NewLink) -> Result<(), StoreError> {
    let user = new.user.map(|user| user.as_uuid());
    let sql = include_str!("../queries/one_time_links/insert.sql");
    let (hash, kind) = (new.token_hash.as_slice(), new.kind.as_str());
    execute(client, sql, &[&hash, &kind, &user, &new.created_at, &new.expires_at]).await.map(drop)
}

/// The link of this token, if it is still good.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find(
    client: &impl GenericClient,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<OneTimeLink>, StoreError> {
    query_opt(client, include_str!("../queries/one_time_links/find.sql"), &[&token_hash.as_slice(), &now])
        .await
}

/// As [`find`]; the link is good no more once the transaction is committed.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn take(
    tx: &impl GenericClient,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<OneTimeLink>, StoreError> {
    query_opt(tx, include_str!("../queries/one_time_links/take.sql"), &[&token_hash.as_slice(), &now]).await
}

/// Removes the links of a user, or those of the set-up.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn remove_of(client: &impl GenericClient, user: Option<UserId>) -> Result<(), StoreError> {
    let user = user.map(|user| user.as_uuid());
    execute(client, include_str!("../queries/one_time_links/delete_of.sql"), &[&user]).await.map(drop)
}

/// Removes those that are good no more.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(client: &impl GenericClient) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/one_time_links/prune.sql"), &[]).await
}
