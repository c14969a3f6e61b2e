//! Tariffs that are being written.

use boomgate_domain::ids::{SiteId, TariffDraftId, UserId};
use boomgate_domain::tariff::Tariff;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;

use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};

row! {
    /// A draft as stored.
    pub struct DraftRow {
        pub site_id: SiteId,
        pub id: TariffDraftId,
        pub body: Value,
        pub created_at: Timestamp,
        /// Who changed it last.
        pub changed_name: String,
        pub changed_at: Timestamp,
    }
}

impl DraftRow {
    /// # Errors
    /// [`StoreError::Stored`] when the body is not a tariff of this program.
    pub fn tariff(&self) -> Result<Tariff, StoreError> {
        serde_json::from_value(self.body.clone()).map_err(|error| StoreError::Stored {
            column: "tariff_drafts.body",
            value: self.id.to_string(),
            reason: error.to_string(),
        })
    }
}

fn body(tariff: &Tariff) -> Result<Value, StoreError> {
    serde_json::to_value(tariff).map_err(|error| StoreError::Conflict(error.to_string()))
}

/// # Errors
/// [`StoreError::Database`].
pub async fn insert(
    tx: &impl GenericClient,
    (site, id): (SiteId, TariffDraftId),
    tariff: &Tariff,
    (by, name): (Option<UserId>, &str),
    at: Timestamp,
) -> Result<(), StoreError> {
    let by = by.map(|user| user.as_uuid());
    let sql = include_str!("../queries/tariff_drafts/insert.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &body(tariff)?, &by, &at, &name]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn update(
    tx: &impl GenericClient,
    (site, id): (SiteId, TariffDraftId),
    tariff: &Tariff,
    name: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/tariff_drafts/update.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &body(tariff)?, &name, &at]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn delete(tx: &impl GenericClient, site: SiteId, id: TariffDraftId) -> Result<(), StoreError> {
    let sql = include_str!("../queries/tariff_drafts/delete.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid()]).await.map(drop)
}

/// A draft of any site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn get(client: &impl GenericClient, id: TariffDraftId) -> Result<Option<DraftRow>, StoreError> {
    query_opt(client, include_str!("../queries/tariff_drafts/get.sql"), &[&id.as_uuid()]).await
}

/// The drafts of a site, the one changed last first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(client: &impl GenericClient, site: SiteId) -> Result<Vec<DraftRow>, StoreError> {
    query(client, include_str!("../queries/tariff_drafts/list.sql"), &[&site.as_uuid()]).await
}
