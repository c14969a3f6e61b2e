//! Keys by which programs act for the user who made them.

use boomgate_domain::ids::{ApiKeyId, SiteId, TenantId, UserId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::memberships::{self, Role};
use crate::statement::{execute, query, query_opt, row};

/// A key to be made; the key itself is never stored, only its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    pub tenant: TenantId,
    pub id: ApiKeyId,
    /// Used once among the tenant's live keys, in any case.
    pub name: String,
    pub token_hash: [u8; 32],
    /// Words like `lanes:read`.
    pub permissions: Vec<&'static str>,
    /// None: every site its maker sees.
    pub sites: Option<Vec<SiteId>>,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

row! {
    /// A key that is good now, and what its maker is.
    pub struct ApiKeyRow {
        pub id: ApiKeyId,
        pub name: String,
        pub permissions: Vec<String>,
        pub sites: Option<Vec<Uuid>>,
        pub last_used: Option<Timestamp>,
        pub created_by: UserId,
        pub tenant_id: TenantId,
        pub maker: String,
        pub roles: Vec<String>,
    }
}

impl ApiKeyRow {
    /// What its maker is anywhere.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        memberships::roles(&self.roles)
    }
}

row! {
    /// A key as it is listed, also when it is good no more.
    pub struct ListedApiKey {
        pub id: ApiKeyId,
        pub name: String,
        pub permissions: Vec<String>,
        /// Codes; meant only where `every_site` is false.
        pub sites: Vec<String>,
        pub every_site: bool,
        pub maker: String,
        pub created_at: Timestamp,
        pub expires_at: Timestamp,
        pub last_used: Option<Timestamp>,
        pub revoked_at: Option<Timestamp>,
    }
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] when the name is taken by a live key.
pub async fn insert(client: &impl GenericClient, new: &NewApiKey) -> Result<(), StoreError> {
    let sites: Option<Vec<Uuid>> =
        new.sites.as_ref().map(|sites| sites.iter().map(SiteId::as_uuid).collect());
    let sql = include_str!("../queries/api_keys/insert.sql");
    execute(
        client,
        sql,
        &[
            &new.tenant.as_uuid(),
            &new.id.as_uuid(),
            &new.name,
            &new.token_hash.as_slice(),
            &new.permissions,
            &sites,
            &new.created_by.as_uuid(),
            &new.created_at,
            &new.expires_at,
        ],
    )
    .await
    .map(drop)
}

/// The key of this token, if it is good at `now` and its maker may still log in.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find(
    client: &impl GenericClient,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<ApiKeyRow>, StoreError> {
    query_opt(client, include_str!("../queries/api_keys/find.sql"), &[&token_hash.as_slice(), &now]).await
}

/// Notes that a key was used.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn touch(client: &impl GenericClient, id: ApiKeyId, now: Timestamp) -> Result<(), StoreError> {
    execute(client, include_str!("../queries/api_keys/touch.sql"), &[&id.as_uuid(), &now]).await.map(drop)
}

/// All keys of a tenant, the live ones first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(client: &impl GenericClient, tenant: TenantId) -> Result<Vec<ListedApiKey>, StoreError> {
    query(client, include_str!("../queries/api_keys/list.sql"), &[&tenant.as_uuid()]).await
}

/// Ends the live key of this name or id; its id, or none where there is no such key.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn revoke(
    client: &impl GenericClient,
    tenant: TenantId,
    name: &str,
    at: Timestamp,
) -> Result<Option<ApiKeyId>, StoreError> {
    row! {
        pub struct Revoked {
            pub id: ApiKeyId,
        }
    }
    let sql = include_str!("../queries/api_keys/revoke.sql");
    let found: Option<Revoked> = query_opt(client, sql, &[&tenant.as_uuid(), &name, &at]).await?;
    Ok(found.map(|row| row.id))
}
