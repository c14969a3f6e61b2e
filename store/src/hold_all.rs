//! Requests to hold all lanes of a direction open, which a second person confirms.

use boomgate_domain::ids::{SiteId, UserId};
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::jobs::kept_millis;
use crate::statement::{execute, query, query_opt, row};
use crate::words::{HoldAllAction, LaneDirection};

/// A request to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHoldAll {
    pub site: SiteId,
    pub id: Uuid,
    pub direction: LaneDirection,
    pub action: HoldAllAction,
    pub reason: String,
    pub by: UserId,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

row! {
    /// A request as it is read.
    pub struct HoldAllRow {
        pub site_id: SiteId,
        pub id: Uuid,
        /// `entry` or `exit`.
        pub direction: String,
        /// `hold` or `free_flow`.
        pub action: String,
        pub reason: String,
        pub requested_by: UserId,
        /// As the person is called now.
        pub requested_name: Option<String>,
        pub requested_at: Timestamp,
        pub expires_at: Timestamp,
        pub confirmed_by: Option<UserId>,
        pub confirmed_name: Option<String>,
        pub confirmed_at: Option<Timestamp>,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn insert(tx: &impl GenericClient, new: &NewHoldAll) -> Result<(), StoreError> {
    execute(
        tx,
        include_str!("../queries/hold_all_requests/insert.sql"),
        &[
            &new.site.as_uuid(),
            &new.id,
            &new.direction.as_str(),
            &new.action.as_str(),
            &new.reason,
            &new.by.as_uuid(),
            &new.at,
            &new.expires_at,
        ],
    )
    .await
    .map(drop)
}

/// One request.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn get(client: &impl GenericClient, site: SiteId, id: Uuid) -> Result<HoldAllRow, StoreError> {
    let sql = include_str!("../queries/hold_all_requests/get.sql");
    let found = query_opt(client, sql, &[&site.as_uuid(), &Some(id), &None::<Timestamp>]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "request", id: id.to_string() })
}

/// Those of a site that wait for a second person at this time, the oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn waiting(
    client: &impl GenericClient,
    site: SiteId,
    now: Timestamp,
) -> Result<Vec<HoldAllRow>, StoreError> {
    let sql = include_str!("../queries/hold_all_requests/get.sql");
    query(client, sql, &[&site.as_uuid(), &None::<Uuid>, &Some(now)]).await
}

/// A second person confirmed it; `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`]: also where it is the same person.
pub async fn confirm(
    tx: &impl GenericClient,
    (site, id): (SiteId, Uuid),
    by: UserId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/hold_all_requests/confirm.sql");
    execute(tx, sql, &[&site.as_uuid(), &id, &by.as_uuid(), &at]).await.map(drop)
}

/// Removes what was asked for longer than `keep` ago, of all sites; the audit keeps that it was.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(client: &impl GenericClient, keep: SignedDuration) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/hold_all_requests/prune.sql"), &[&kept_millis(keep)]).await
}
