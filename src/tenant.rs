//! The company that runs the sites of an installation.

use anyhow::Result;
use boomgate_domain::ids::TenantId;
use boomgate_store::{GenericClient, sites};
use uuid::Uuid;

/// The company; made on first use.
pub async fn tenant(client: &impl GenericClient, name: &str) -> Result<TenantId> {
    if let Some(tenant) = sites::first_tenant(client).await? {
        return Ok(tenant);
    }
    let tenant = TenantId::from_uuid(Uuid::now_v7());
    sites::insert_tenant(client, tenant, name).await?;
    Ok(tenant)
}
