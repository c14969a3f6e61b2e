//! Passback: which plates are inside, and which may come in once more though they are.

use boomgate_domain::ids::{SiteId, StayId, UserId};
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::jobs::kept_millis;
use crate::statement::{execute, query, row};

row! {
    /// A plate that is inside.
    pub struct PassbackRow {
        /// Of the stay.
        pub id: StayId,
        pub plate: String,
        pub entered_at: Timestamp,
        pub entry_code: Option<String>,
        /// When its passback was reset, or everybody's.
        pub reset_at: Option<Timestamp>,
        pub reason: Option<String>,
        /// As the person is called now.
        pub reset_name: Option<String>,
        /// Of its subscription.
        pub holder: Option<String>,
    }
}

/// Plates inside, the newest first; `part` of a canonical plate.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    site: SiteId,
    part: Option<&str>,
    before: Option<StayId>,
    limit: i64,
) -> Result<Vec<PassbackRow>, StoreError> {
    let before = before.map(|before| before.as_uuid());
    let sql = include_str!("../queries/passback_resets/page.sql");
    query(client, sql, &[&site.as_uuid(), &part, &before, &limit]).await
}

/// One stay's car may come in once more; none: everybody who came in before. `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn reset(
    tx: &impl GenericClient,
    (site, stay): (SiteId, Option<StayId>),
    at: Timestamp,
    by: Option<UserId>,
    reason: &str,
) -> Result<(), StoreError> {
    let (stay, by) = (stay.map(|stay| stay.as_uuid()), by.map(|user| user.as_uuid()));
    let sql = include_str!("../queries/passback_resets/insert.sql");
    execute(tx, sql, &[&site.as_uuid(), &Uuid::now_v7(), &stay, &at, &by, &reason]).await.map(drop)
}

/// Removes resets that are older than `keep`, of all sites.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(client: &impl GenericClient, keep: SignedDuration) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/passback_resets/prune.sql"), &[&kept_millis(keep)]).await
}
