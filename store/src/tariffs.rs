//! Tariff versions: written once, pinned by stays.

use boomgate_domain::ids::{SiteId, TariffId, UserId};
use boomgate_domain::tariff::Tariff;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};

row! {
    /// A version as stored.
    pub struct TariffRow {
        pub site_id: SiteId,
        pub id: TariffId,
        pub version: i32,
        pub name: String,
        pub body: Value,
        pub valid_from: Timestamp,
        pub created_at: Timestamp,
        /// Who published it, as they were called then; empty for those of earlier versions of the program.
        pub created_name: String,
    }
}

impl TariffRow {
    /// # Errors
    /// [`StoreError::Stored`] when the body is not a tariff of this program.
    pub fn tariff(&self) -> Result<Tariff, StoreError> {
        serde_json::from_value(self.body.clone()).map_err(|error| StoreError::Stored {
            column: "tariffs.body",
            value: self.id.to_string(),
            reason: error.to_string(),
        })
    }
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] when the site has this version.
pub async fn insert(
    client: &impl GenericClient,
    site: SiteId,
    tariff: &Tariff,
    valid_from: Timestamp,
    (by, name): (Option<UserId>, &str),
) -> Result<(), StoreError> {
    let body = serde_json::to_value(tariff).map_err(|error| StoreError::Conflict(error.to_string()))?;
    let version = i32::try_from(tariff.version).unwrap_or(i32::MAX);
    let by = by.map(|user| user.as_uuid());
    let sql = include_str!("../queries/tariffs/insert.sql");
    execute(
        client,
        sql,
        &[&site.as_uuid(), &tariff.id.as_uuid(), &version, &tariff.name, &body, &valid_from, &by, &name],
    )
    .await
    .map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    site: SiteId,
    id: TariffId,
) -> Result<Option<TariffRow>, StoreError> {
    query_opt(client, include_str!("../queries/tariffs/get.sql"), &[&site.as_uuid(), &id.as_uuid()]).await
}

/// These versions of a site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn get_many(
    client: &impl GenericClient,
    site: SiteId,
    ids: &[Uuid],
) -> Result<Vec<TariffRow>, StoreError> {
    query(client, include_str!("../queries/tariffs/get_many.sql"), &[&site.as_uuid(), &ids]).await
}

/// The site of a version.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn site_of(client: &impl GenericClient, id: TariffId) -> Result<Option<SiteId>, StoreError> {
    row! {
        pub struct Site {
            pub site_id: SiteId,
        }
    }
    let site: Option<Site> =
        query_opt(client, include_str!("../queries/tariffs/site_of.sql"), &[&id.as_uuid()]).await?;
    Ok(site.map(|site| site.site_id))
}

/// The version in force at `now`: of those in the site's currency the one that came into force last.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn current(
    client: &impl GenericClient,
    site: SiteId,
    now: Timestamp,
) -> Result<Option<TariffRow>, StoreError> {
    query_opt(client, include_str!("../queries/tariffs/current.sql"), &[&site.as_uuid(), &now]).await
}

/// Every version of a site, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(client: &impl GenericClient, site: SiteId) -> Result<Vec<TariffRow>, StoreError> {
    query(client, include_str!("../queries/tariffs/list.sql"), &[&site.as_uuid()]).await
}

/// Codes of the sites that have lanes but no tariff in force (in the site's currency) at `now`: who leaves there pays nothing.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn sites_without(client: &impl GenericClient, now: Timestamp) -> Result<Vec<String>, StoreError> {
    row! {
        pub struct Site {
            pub code: String,
        }
    }
    let sites: Vec<Site> =
        query(client, include_str!("../queries/sites/without_tariff.sql"), &[&now]).await?;
    Ok(sites.into_iter().map(|site| site.code).collect())
}
