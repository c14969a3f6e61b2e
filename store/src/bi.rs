//! Readers of other programs' reports: roles of the database that see the views of one tenant, and nothing else.

use boomgate_domain::ids::TenantId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};

/// Lets a role that exists read the views for a tenant. `role` must be checked by [`is_role_name`]: statements about roles
/// take no parameters.
///
/// # Errors
/// [`StoreError::Conflict`] for another name; [`StoreError::Database`], also where the role is a reader already.
pub async fn add_reader(client: &impl GenericClient, role: &str, tenant: TenantId) -> Result<(), StoreError> {
    if !is_role_name(role) {
        return Err(StoreError::Conflict("a role's name is 1 to 60 small letters, digits and _".into()));
    }
    execute(client, include_str!("../queries/bi/add_reader.sql"), &[&role, &tenant.as_uuid()]).await?;
    for grant in
        [include_str!("../queries/bi/grant_schema.sql"), include_str!("../queries/bi/grant_views.sql")]
    {
        client.batch_execute(&grant.replace("READER", role)).await?;
    }
    Ok(())
}

row! {
    /// A role that reads the views of a tenant.
    pub struct ReaderRow {
        pub role_name: String,
        pub made_at: Timestamp,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn list(client: &impl GenericClient, tenant: TenantId) -> Result<Vec<ReaderRow>, StoreError> {
    query(client, include_str!("../queries/bi/list.sql"), &[&tenant.as_uuid()]).await
}

/// The role sees nothing from now on; it stays a role. Whether it was a reader of the tenant.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn remove_reader(
    client: &impl GenericClient,
    role: &str,
    tenant: TenantId,
) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/bi/remove_reader.sql");
    Ok(execute(client, sql, &[&role, &tenant.as_uuid()]).await? > 0)
}

/// Whether the database has such a role.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn is_role(client: &impl GenericClient, role: &str) -> Result<bool, StoreError> {
    row! {
        pub struct RoleName {
            pub name: String,
        }
    }
    let found: Option<RoleName> =
        query_opt(client, include_str!("../queries/bi/role_exists.sql"), &[&role]).await?;
    Ok(found.is_some())
}

/// Whether a name can stand in a statement as it is: small letters, digits and `_`, a letter first.
#[must_use]
pub fn is_role_name(role: &str) -> bool {
    role.len() <= 60
        && role.starts_with(|first: char| first.is_ascii_lowercase())
        && role.bytes().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'_')
}
