//! Users and their open sessions.

use boomgate_domain::ids::{TenantId, UserId};
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::jobs::kept_millis;
use crate::memberships::{self, Role};
use crate::statement::{execute, query, query_opt, row};

/// A person to be let in; what they may do are their [`memberships`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    pub tenant: TenantId,
    pub id: UserId,
    pub name: String,
    /// Where links and notices go.
    pub email: Option<String>,
    /// argon2id in PHC form.
    pub password_hash: String,
    /// None of somebody who was invited and has chosen no password yet.
    pub password_set_at: Option<Timestamp>,
}

row! {
    pub struct UserRow {
        pub tenant_id: TenantId,
        pub tenant_name: String,
        pub id: UserId,
        pub name: String,
        pub email: Option<String>,
        pub password_hash: String,
        /// None: the person was invited and has chosen no password yet.
        pub password_set_at: Option<Timestamp>,
        /// Since when one-time codes are asked for.
        pub totp_confirmed_at: Option<Timestamp>,
        pub disabled_at: Option<Timestamp>,
    }
}

row! {
    pub struct ListedUser {
        pub id: UserId,
        pub name: String,
        pub email: Option<String>,
        /// None: the person was invited and has chosen no password yet.
        pub password_set_at: Option<Timestamp>,
        /// Since when one-time codes are asked for.
        pub totp_confirmed_at: Option<Timestamp>,
        pub disabled_at: Option<Timestamp>,
    }
}

/// A session to be opened; the token itself is never stored, only its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    pub id: Uuid,
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
        pub id: Uuid,
        pub user_id: UserId,
        pub kind: String,
        pub expires_at: Timestamp,
        pub last_seen: Timestamp,
        /// When the person last proved again who they are.
        pub stepped_up_at: Option<Timestamp>,
        pub tenant_id: TenantId,
        pub name: String,
        /// What the user is anywhere.
        pub roles: Vec<String>,
    }
}

row! {
    /// A session as it is listed.
    pub struct ListedSession {
        pub id: Uuid,
        /// `browser` or `bearer`.
        pub kind: String,
        pub created_at: Timestamp,
        pub last_seen: Timestamp,
        pub expires_at: Timestamp,
        pub stepped_up_at: Option<Timestamp>,
        pub address: String,
        pub agent: String,
    }
}

impl SessionRow {
    /// What the user is anywhere.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        memberships::roles(&self.roles)
    }
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] when the name is taken (in any case).
pub async fn insert(client: &impl GenericClient, new: &NewUser) -> Result<(), StoreError> {
    let sql = include_str!("../queries/users/insert.sql");
    let (tenant, id) = (new.tenant.as_uuid(), new.id.as_uuid());
    let NewUser { name, email, password_hash, password_set_at, .. } = new;
    execute(client, sql, &[&tenant, &id, name, email, password_hash, password_set_at]).await.map(drop)
}

/// Everybody of this name (in any case), at most one in each tenant.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn by_name(client: &impl GenericClient, name: &str) -> Result<Vec<UserRow>, StoreError> {
    query(client, include_str!("../queries/users/by_name.sql"), &[&name]).await
}

/// The tenant's user of this name, in any case.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn in_tenant(
    client: &impl GenericClient,
    tenant: TenantId,
    name: &str,
) -> Result<Option<UserRow>, StoreError> {
    query_opt(client, include_str!("../queries/users/in_tenant.sql"), &[&tenant.as_uuid(), &name]).await
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

/// Where links and notices for this user go; none: nowhere.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_email(
    client: &impl GenericClient,
    id: UserId,
    email: Option<&str>,
) -> Result<(), StoreError> {
    execute(client, include_str!("../queries/users/set_email.sql"), &[&id.as_uuid(), &email]).await.map(drop)
}

/// Everybody, by name.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(client: &impl GenericClient, tenant: TenantId) -> Result<Vec<ListedUser>, StoreError> {
    query(client, include_str!("../queries/users/list.sql"), &[&tenant.as_uuid()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn open_session(client: &impl GenericClient, new: &NewSession) -> Result<(), StoreError> {
    let sql = include_str!("../queries/sessions/insert.sql");
    execute(
        client,
        sql,
        &[
            &new.id,
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

/// As [`session`], by the session's id.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn session_by_id(
    client: &impl GenericClient,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<SessionRow>, StoreError> {
    query_opt(client, include_str!("../queries/sessions/find_by_id.sql"), &[&id, &now]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn touch_session(
    client: &impl GenericClient,
    session: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/sessions/touch.sql");
    execute(client, sql, &[&session, &now]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn close_session(client: &impl GenericClient, session: Uuid) -> Result<(), StoreError> {
    execute(client, include_str!("../queries/sessions/delete.sql"), &[&session]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn close_sessions_of(client: &impl GenericClient, user: UserId) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/sessions/delete_of_user.sql"), &[&user.as_uuid()]).await
}

/// Ends every session of a user but one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn close_other_sessions(
    client: &impl GenericClient,
    user: UserId,
    kept: Option<Uuid>,
) -> Result<u64, StoreError> {
    let sql = include_str!("../queries/sessions/delete_others.sql");
    execute(client, sql, &[&user.as_uuid(), &kept]).await
}

/// Notes that the person of this session proved again who they are.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn step_up(client: &impl GenericClient, session: Uuid, now: Timestamp) -> Result<(), StoreError> {
    let sql = include_str!("../queries/sessions/step_up.sql");
    execute(client, sql, &[&session, &now]).await.map(drop)
}

/// The valid sessions of a user, the one used last first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn sessions_of(
    client: &impl GenericClient,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<ListedSession>, StoreError> {
    query(client, include_str!("../queries/sessions/of_user.sql"), &[&user.as_uuid(), &now]).await
}

/// Ends one session of a user. Whether there was one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn close_session_by_id(
    client: &impl GenericClient,
    user: UserId,
    id: Uuid,
) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/sessions/delete_by_id.sql");
    Ok(execute(client, sql, &[&user.as_uuid(), &id]).await? > 0)
}

/// Disables a user at a time, or lets them in again.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set_disabled(
    client: &impl GenericClient,
    id: UserId,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/users/set_disabled.sql");
    execute(client, sql, &[&id.as_uuid(), &at]).await.map(drop)
}

/// Locks the tenant's users for the rest of the transaction: who counts admins decides by a number that stays.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn lock(tx: &impl GenericClient, tenant: TenantId) -> Result<(), StoreError> {
    execute(tx, include_str!("../queries/users/lock_tenant.sql"), &[&tenant.as_uuid()]).await.map(drop)
}

/// How many admins of the whole tenant may log in beside this user.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_other_admins(
    client: &impl GenericClient,
    tenant: TenantId,
    user: UserId,
) -> Result<i64, StoreError> {
    let sql = include_str!("../queries/users/count_other_admins.sql");
    let count: Option<AdminCount> = query_opt(client, sql, &[&tenant.as_uuid(), &user.as_uuid()]).await?;
    Ok(count.map_or(0, |count| count.admins))
}

/// How many admins of a whole tenant may log in, in every tenant together.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn count_admins(client: &impl GenericClient) -> Result<i64, StoreError> {
    let sql = include_str!("../queries/users/count_admins.sql");
    let count: Option<AdminCount> = query_opt(client, sql, &[]).await?;
    Ok(count.map_or(0, |count| count.admins))
}

row! {
    pub struct AdminCount {
        pub admins: i64,
    }
}

/// Removes sessions that ended longer than `keep` ago.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune_sessions(client: &impl GenericClient, keep: SignedDuration) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/sessions/prune.sql"), &[&kept_millis(keep)]).await
}
