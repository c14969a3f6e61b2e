//! What people wish lanes to be for.

use boomgate_domain::ids::{LaneId, SiteId, UserId};
use boomgate_domain::lane_mode::LaneMode;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};

/// A wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMode {
    pub mode: LaneMode,
    /// None where the time of another mode was over.
    pub reason: Option<String>,
    /// From then on the lane is open again.
    pub until: Option<Timestamp>,
    pub at: Timestamp,
    pub by: Option<UserId>,
}

row! {
    /// A wish to be told its lane.
    pub struct UnsentMode {
        pub site_code: String,
        pub lane_code: String,
        pub mode: String,
        pub mode_version: i64,
        pub mode_until: Option<Timestamp>,
    }
}

row! {
    /// A lane whose mode's time is over.
    pub struct EndedMode {
        pub site_id: SiteId,
        pub lane_id: LaneId,
        pub mode: String,
    }
}

/// Gives these lanes of a site another mode, and each the next version; `tx` holds the site's lock.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set(
    tx: &impl GenericClient,
    site: SiteId,
    lanes: &[Uuid],
    new: &NewMode,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/lanes/set_modes.sql");
    let by = new.by.map(|by| by.as_uuid());
    let mode = new.mode.as_str();
    execute(tx, sql, &[&site.as_uuid(), &lanes, &mode, &new.reason, &new.until, &new.at, &by]).await.map(drop)
}

/// Raises a lane's version above one that the lane knows from a server whose database this is not.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn raise_version(
    tx: &impl GenericClient,
    site: SiteId,
    lane: LaneId,
    known: i64,
) -> Result<i64, StoreError> {
    row! {
        pub struct Raised {
            pub mode_version: i64,
        }
    }
    let sql = include_str!("../queries/lanes/raise_mode_version.sql");
    let raised: Option<Raised> = query_opt(tx, sql, &[&site.as_uuid(), &lane.as_uuid(), &known]).await?;
    let missing = || StoreError::NotFound { what: "lane", id: lane.to_string() };
    raised.map(|row| row.mode_version).ok_or_else(missing)
}

/// The wishes that no lane was told yet; they count as told from here on, for what is lost a hello brings again.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn take_unsent(client: &impl GenericClient) -> Result<Vec<UnsentMode>, StoreError> {
    query(client, include_str!("../queries/lanes/take_unsent_modes.sql"), &[]).await
}

/// Lanes of all sites whose mode's time is over, by site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn ended(client: &impl GenericClient) -> Result<Vec<EndedMode>, StoreError> {
    query(client, include_str!("../queries/lanes/ended_modes.sql"), &[]).await
}
