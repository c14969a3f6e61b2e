//! The live feed: rows numbered per site, so that a reader who knows its last number misses nothing.

use boomgate_domain::ids::{LaneId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::jobs::kept_millis;
use crate::live_event::LiveEvent;
use crate::statement::{FromRow, column, columns, execute, query, query_opt, row};

pub(crate) const INSERT_MANY: &str = include_str!("../queries/live_feed/insert_many.sql");
pub(crate) const WAKE: &str = include_str!("../queries/live_feed/wake.sql");

/// Channel on which readers are woken; the payload is the site's id.
pub const CHANNEL: &str = "boomgate_live";

/// A numbered row; only a batch that holds the site's lock may choose numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLive {
    pub site_id: Uuid,
    pub no: i64,
    pub at: Timestamp,
    pub lane_id: Option<Uuid>,
    pub event: LiveEvent,
}

/// A row as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveRow {
    pub site_id: SiteId,
    pub no: i64,
    pub at: Timestamp,
    pub lane_id: Option<LaneId>,
    /// None for a kind that only a later version knows.
    pub event: Option<LiveEvent>,
}

impl FromRow for LiveRow {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let (kind, body): (String, Value) = (column(row, "kind")?, column(row, "body")?);
        Ok(Self {
            site_id: column(row, "site_id")?,
            no: column(row, "no")?,
            at: column(row, "at")?,
            lane_id: column(row, "lane_id")?,
            event: LiveEvent::from_row(&kind, &body),
        })
    }
}

/// A row as it is written.
struct Written {
    site_id: Uuid,
    no: i64,
    at: Timestamp,
    kind: String,
    lane_id: Option<Uuid>,
    body: Value,
}

impl From<&NewLive> for Written {
    fn from(new: &NewLive) -> Self {
        let (kind, body) = new.event.to_row();
        Self { site_id: new.site_id, no: new.no, at: new.at, kind, lane_id: new.lane_id, body }
    }
}

row! {
    /// The numbers that can still be read: `first_no..=last_no`; empty when `first_no > last_no`.
    pub struct Bounds {
        pub first_no: i64,
        pub last_no: i64,
    }
}

pub(crate) async fn insert_many(tx: &impl GenericClient, rows: &[NewLive]) -> Result<u64, StoreError> {
    let rows: Vec<Written> = rows.iter().map(Written::from).collect();
    execute(tx, INSERT_MANY, columns!(rows; site_id, no, at, kind, lane_id, body)).await
}

/// Takes the next number and writes one row; `tx` holds the site's lock. Call [`wake`] after the commit.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn append(
    tx: &impl GenericClient,
    site: SiteId,
    at: Timestamp,
    lane: Option<LaneId>,
    event: LiveEvent,
) -> Result<i64, StoreError> {
    row! {
        pub struct Next {
            pub live_no: i64,
        }
    }
    let sql = include_str!("../queries/live_feed/next.sql");
    let next: Option<Next> = query_opt(tx, sql, &[&site.as_uuid()]).await?;
    let no = next.ok_or_else(|| StoreError::NotFound { what: "site", id: site.to_string() })?.live_no;
    let lane_id = lane.map(|lane| lane.as_uuid());
    insert_many(tx, &[NewLive { site_id: site.as_uuid(), no, at, lane_id, event }]).await?;
    Ok(no)
}

/// Rows after number `after`, oldest first. A passage carries the plate its stay has now.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn since(
    client: &impl GenericClient,
    site: SiteId,
    after: i64,
    limit: i64,
) -> Result<Vec<LiveRow>, StoreError> {
    query(client, include_str!("../queries/live_feed/since.sql"), &[&site.as_uuid(), &after, &limit]).await
}

/// A reader whose last number is below `first_no - 1` has missed rows and must load afresh.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn bounds(client: &impl GenericClient, site: SiteId) -> Result<Bounds, StoreError> {
    let found =
        query_opt(client, include_str!("../queries/live_feed/bounds.sql"), &[&site.as_uuid()]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "site", id: site.to_string() })
}

/// Wakes the readers of these sites, after the commit: a NOTIFY inside the transaction would make all commits queue
/// behind one lock. A hint only: readers look by themselves too, so a failure is logged and undoes nothing. Whether it
/// went out; where not, the connection is likely broken.
pub async fn wake(client: &impl GenericClient, sites: &[Uuid]) -> bool {
    crate::statement::hint(client, WAKE, &[&sites]).await
}

/// Removes what is older than `keep`, of all sites.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn prune(client: &impl GenericClient, keep: SignedDuration) -> Result<u64, StoreError> {
    execute(client, include_str!("../queries/live_feed/prune.sql"), &[&kept_millis(keep)]).await
}
