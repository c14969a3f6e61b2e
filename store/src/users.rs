//! People: who they are, and the sessions they have open.

use boomgate_domain::ids::{SiteId, TenantId, UserId};
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};

use crate::error::StoreError;
use crate::jobs::kept_millis;
use crate::sites::SiteRow;
use crate::statement::{execute, query, query_opt, row};

/// A person to be let in. `role` is `admin`, `operator`, `guard` or `resident`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    pub tenant: TenantId,
    pub id: UserId,
    pub name: String,
    /// argon2id in PHC form.
    pub password_hash: String,
    pub role: &'static str,
}

row! {
    pub struct UserRow {
        pub tenant_id: TenantId,
        pub id: UserId,
        pub name: String,
        pub password_hash: String,
        pub role: String,
        pub disabled_at: Option<Timestamp>,
    }
}

row! {
    /// A person with the codes of the sites they were given.
    pub struct ListedUser {
        pub id: UserId,
        pub name: String,
        pub role: String,
        pub disabled_at: Option<Timestamp>,
        pub sites: Vec<String>,
    }
}

/// A session to be opened; the token itself is never stored, only its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    pub token_hash: [u8; 32],
    pub user: UserId,
    /// `browser` or `bearer`.
    pub kind: &'static str,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub address: String,
    pub agent: String,
}

row! {
    /// A valid session with its user.
    pub struct SessionRow {
        pub user_id: UserId,
        pub kind: String,
        pub expires_at: Timestamp,
        pub last_seen: Timestamp,
        pub tenant_id: TenantId,
        pub name: String,
        pub role: String,
    }
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] when the name is taken (in any case).
pub async fn insert(client: &impl GenericClient, new: &NewUser) -> Result<(), StoreError> {
    let sql = include_str!("../queries/users/insert.sql");
    execute(
        client,
        sql,
        &[&new.tenant.as_uuid(), &new.id.as_uuid(), &new.name, &new.password_hash, &new.role],
    )
    .await
    .map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn by_name(client: &impl GenericClient, name: &str) -> Result<Option<UserRow>, StoreError> {
    query_opt(client, include_str!("../queries/users/by_name.sql"), &[&name]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn get(client: &impl GenericClient, id: UserId) -> Result<Option<UserRow>, StoreError> {
    query_opt(client, include_str!("../queries/users/get.sql"), &[&id.as_uuid()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn set_password(
    client: &impl GenericClient,
    id: UserId,
    password_hash: &str,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/users/set_password.sql");
    execute(client, sql, &[&id.as_uuid(), &password_hash]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn set_role(client: &impl GenericClient, id: UserId, role: &str) -> Result<(), StoreError> {
    execute(client, include_str!("../queries/users/set_role.sql"), &[&id.as_uuid(), &role]).await.map(drop)
}

/// Everybody, by name.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(client: &impl GenericClient, tenant: TenantId) -> Result<Vec<ListedUser>, StoreError> {
    query(client, include_str!("../queries/users/list.sql"), &[&tenant.as_uuid()]).await
}

/// The sites a user was given; an admin needs none. What a user may see is [`crate::sites::of_user`].
///
/// # Errors
/// [`StoreError::Database`].
pub async fn given_sites(client: &impl GenericClient, user: UserId) -> Result<Vec<SiteRow>, StoreError> {
    query(client, include_str!("../queries/user_sites/of_user.sql"), &[&user.as_uuid()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn take_site(client: &impl GenericClient, user: UserId, site: SiteId) -> Result<(), StoreError> {
    let sql = include_str!("../queries/user_sites/delete.sql");
    execute(client, sql, &[&user.as_uuid(), &site.as_uuid()]).await.map(drop)
}

/// Gives a user that is not an admin one more site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn give_site(client: &impl GenericClient, user: UserId, site: SiteId) -> Result<(), StoreError> {
    let sql = include_str!("../queries/user_sites/insert.sql");
    execute(client, sql, &[&user.as_uuid(), &site.as_uuid()]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn open_session(client: &impl GenericClient, new: &NewSession) -> Result<(), StoreError> {
    let sql = include_str!("../queries/sessions/insert.sql");
    execute(
        client,
        sql,
        &[
            &new.token_hash.as_slice(),
            &new.user.as_uuid(),
            &new.kind,
            &new.created_at,
            &new.expires_at,
            &new.address,
            &new.agent,
        ],
    )
    .await
    .map(drop)
}

/// The session of this token, if it is still valid and its user may still come in.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn session(
    client: &impl GenericClient,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<SessionRow>, StoreError> {
    query_opt(client, include_str!("../queries/sessions/find.sql"), &[&token_hash.as_slice(), &now]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn touch_session(
    client: &impl GenericClient,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/sessions/touch.sql");
    execute(client, sql, &[&token_hash.as_slice(), &now]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn close_session(client: &impl GenericClient, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    execute(client, include_str!("../queries/sessions/delete.sql"), &[&token_hash.as_slice()]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn close_sessions_of(client: &impl GenericClient, user: UserId) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/sessions/delete_of_user.sql"), &[&user.as_uuid()]).await
}

/// Removes sessions that ended longer than `keep` ago.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune_sessions(client: &impl GenericClient, keep: SignedDuration) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/sessions/prune.sql"), &[&kept_millis(keep)]).await
}
