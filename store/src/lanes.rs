//! Lanes: where they are, what waits there, and the counter of their orders.

use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{DeviceId, LaneCode, LaneId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, query_opt, row};

pub(crate) const LOCK_MANY: &str = include_str!("../queries/lanes/lock_many.sql");
pub(crate) const COUNT_MANY: &str = include_str!("../queries/lanes/count_many.sql");

/// How a direction is written in columns.
#[must_use]
pub const fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Entry => "entry",
        Direction::Exit => "exit",
    }
}

/// A lane to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLane {
    pub site: SiteId,
    pub id: LaneId,
    pub code: LaneCode,
    pub name: String,
    pub direction: Direction,
}

row! {
    pub struct LaneRow {
        pub site_id: SiteId,
        pub id: LaneId,
        pub code: String,
        pub name: String,
        /// `entry` or `exit`.
        pub direction: String,
    }
}

row! {
    /// A lane, its device's last hello, and the car in front, for the operators' page.
    pub struct LaneStatus {
        pub site_id: SiteId,
        pub id: LaneId,
        pub code: String,
        pub name: String,
        pub direction: String,
        /// What it is to be for.
        pub mode: String,
        pub mode_reason: Option<String>,
        pub mode_until: Option<Timestamp>,
        pub mode_since: Option<Timestamp>,
        /// The person who wished it, as called now.
        pub mode_by_name: Option<String>,
        pub device_id: Option<DeviceId>,
        pub device_code: Option<String>,
        pub certificate_until: Option<Timestamp>,
        pub last_seen: Option<Timestamp>,
        /// The last hello, as it travelled.
        pub hello: Option<Value>,
        /// The lane's wall time less the server's at that hello.
        pub clock_ahead_ms: Option<i64>,
        pub arrival_id: Option<Uuid>,
        pub arrival_plate: Option<String>,
        pub arrival_code: Option<String>,
        pub arrival_outcome: Option<String>,
        pub arrival_amount_minor: Option<i64>,
        pub arrival_stay_id: Option<Uuid>,
        pub arrived_at: Option<Timestamp>,
        /// The picture's name, once the picture is stored.
        pub arrival_evidence: Option<Vec<u8>>,
    }
}

row! {
    /// What a batch needs to know of a lane; read under its lock.
    pub struct LaneFacts {
        pub site_id: Uuid,
        pub lane_id: Uuid,
        pub command_counter: i64,
        pub mode: String,
    }
}

row! {
    /// The counter of a lane's last order.
    pub struct LaneCounter {
        pub site_id: Uuid,
        pub lane_id: Uuid,
        pub command_counter: i64,
    }
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] when the site has a lane of this code.
pub async fn insert(client: &impl GenericClient, lane: &NewLane) -> Result<(), StoreError> {
    let sql = include_str!("../queries/lanes/insert.sql");
    let direction = direction_name(lane.direction);
    execute(
        client,
        sql,
        &[&lane.site.as_uuid(), &lane.id.as_uuid(), &lane.code.as_str(), &lane.name, &direction],
    )
    .await
    .map(drop)
}

/// Corrects a lane; `tx` holds the site's lock. Call [`crate::devices::changed`] for its device.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn set(
    tx: &impl GenericClient,
    (site, id): (SiteId, LaneId),
    name: &str,
    direction: Direction,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/lanes/set.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &name, &direction_name(direction)]).await.map(drop)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn by_code(
    client: &impl GenericClient,
    site: SiteId,
    code: &LaneCode,
) -> Result<Option<LaneRow>, StoreError> {
    query_opt(client, include_str!("../queries/lanes/by_code.sql"), &[&site.as_uuid(), &code.as_str()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    site: SiteId,
    id: LaneId,
) -> Result<Option<LaneRow>, StoreError> {
    query_opt(client, include_str!("../queries/lanes/get.sql"), &[&site.as_uuid(), &id.as_uuid()]).await
}

/// All lanes of a site by code.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn list(client: &impl GenericClient, site: SiteId) -> Result<Vec<LaneStatus>, StoreError> {
    statuses(client, site, None).await
}

/// One lane as it is now.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn status(
    client: &impl GenericClient,
    site: SiteId,
    lane: LaneId,
) -> Result<LaneStatus, StoreError> {
    let found = statuses(client, site, Some(lane)).await?.pop();
    found.ok_or_else(|| StoreError::NotFound { what: "lane", id: lane.to_string() })
}

async fn statuses(
    client: &impl GenericClient,
    site: SiteId,
    lane: Option<LaneId>,
) -> Result<Vec<LaneStatus>, StoreError> {
    let lane = lane.map(|lane| lane.as_uuid());
    query(client, include_str!("../queries/lanes/list.sql"), &[&site.as_uuid(), &lane]).await
}

pub(crate) async fn lock_many(
    tx: &impl GenericClient,
    sites: &[Uuid],
    lanes: &[Uuid],
) -> Result<Vec<LaneFacts>, StoreError> {
    query(tx, LOCK_MANY, &[&sites, &lanes]).await
}

pub(crate) async fn count_many(tx: &impl GenericClient, rows: &[LaneCounter]) -> Result<u64, StoreError> {
    execute(tx, COUNT_MANY, columns!(rows; site_id, lane_id, command_counter)).await
}
