//! How a site treats cars with and without rights.

use boomgate_domain::ids::SiteId;
use deadpool_postgres::GenericClient;

use crate::error::StoreError;
use crate::statement::{execute, query_opt, row};

row! {
    /// Of one site; the defaults where nobody chose.
    pub struct AccessSettings {
        /// A car that is inside for longer is shown as overstaying.
        pub overstay_hours: i32,
        /// A subscriber's car beyond its terms: `visitor` or `refuse`.
        pub outside_terms: String,
        /// So many days before its end a subscription is named, and its holder told.
        pub notice_days: i32,
        /// Whose plates strangers have; empty: of the forms that the listed ones have.
        pub countries: Vec<String>,
        /// `deny`, `deny-rights` or `allow`.
        pub passback: String,
    }
}

/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn get(client: &impl GenericClient, site: SiteId) -> Result<AccessSettings, StoreError> {
    let found =
        query_opt(client, include_str!("../queries/access_settings/get.sql"), &[&site.as_uuid()]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "site", id: site.to_string() })
}

/// `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set(tx: &impl GenericClient, site: SiteId, new: &AccessSettings) -> Result<(), StoreError> {
    let AccessSettings { overstay_hours, outside_terms, notice_days, countries, passback } = new;
    let sql = include_str!("../queries/access_settings/set.sql");
    execute(tx, sql, &[&site.as_uuid(), overstay_hours, outside_terms, notice_days, countries, passback])
        .await
        .map(drop)
}
