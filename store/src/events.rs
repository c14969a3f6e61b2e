//! Events as the lanes reported them; written once, read by arrival and by time.

use boomgate_domain::ids::{ArrivalId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::id_range::around;
use crate::statement::{columns, execute, query, query_opt, row};

pub(crate) const INSERT_MANY: &str = include_str!("../queries/events/insert_many.sql");

/// One event to keep. Times are the reconstructed one of the lane and ours of hearing it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub site_id: Uuid,
    pub id: Uuid,
    pub lane_id: Uuid,
    pub device_id: Uuid,
    pub seq: i64,
    pub boot: i64,
    pub kind: &'static str,
    pub arrival_id: Option<Uuid>,
    pub occurred_at: Timestamp,
    pub clock: &'static str,
    pub uptime_ms: i64,
    pub received_at: Timestamp,
    /// The event's body as it travelled, in JSON.
    pub body: Value,
}

row! {
    /// An event of one arrival.
    pub struct EventRow {
        pub id: Uuid,
        pub lane_id: Uuid,
        pub seq: i64,
        pub kind: String,
        pub occurred_at: Timestamp,
        pub received_at: Timestamp,
        pub body: Value,
    }
}

pub(crate) async fn insert_many(client: &impl GenericClient, rows: &[NewEvent]) -> Result<u64, StoreError> {
    let params = columns!(rows; site_id, id, lane_id, device_id, seq, boot, kind, arrival_id, occurred_at, clock,
        uptime_ms, received_at, body);
    execute(client, INSERT_MANY, params).await
}

row! {
    /// An event that is kept, and whose it is.
    pub struct StoredEvent {
        pub device_id: Uuid,
        pub id: Uuid,
    }
}

/// An event as its device numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKey {
    pub site_id: Uuid,
    pub device_id: Uuid,
    pub id: Uuid,
    pub seq: i64,
}

/// Which of these are kept, whatever number they came under: as history, or in a dead letter of that number.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn known(client: &impl GenericClient, keys: &[EventKey]) -> Result<Vec<StoredEvent>, StoreError> {
    let stored = include_str!("../queries/events/known.sql");
    let mut known: Vec<StoredEvent> = query(client, stored, columns!(keys; site_id, device_id, id)).await?;
    let is_known =
        |key: &&EventKey| known.iter().any(|one| one.device_id == key.device_id && one.id == key.id);
    let missing: Vec<&EventKey> = keys.iter().filter(|key| !is_known(key)).collect();
    if !missing.is_empty() {
        let rejected = include_str!("../queries/dead_letters/holding.sql");
        known.extend(
            query::<StoredEvent>(client, rejected, columns!(missing; site_id, device_id, id, seq)).await?,
        );
    }
    Ok(known)
}

/// An event is made within so long of its arrival, on the same clock.
const BEFORE_MS: u64 = 60_000;
const AFTER_MS: u64 = 6 * 3_600_000;

/// Events of an arrival in the order they were made, as far as they were made within hours of it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_arrival(
    client: &impl GenericClient,
    site: SiteId,
    arrival: ArrivalId,
) -> Result<Vec<EventRow>, StoreError> {
    let (site, arrival) = (site.as_uuid(), arrival.as_uuid());
    let Some((from, upto)) = around(arrival, BEFORE_MS, AFTER_MS) else { return Ok(Vec::new()) };
    query(client, include_str!("../queries/events/of_arrival.sql"), &[&site, &arrival, &from, &upto]).await
}

/// Makes the monthly partitions from this month on, as far as they are missing. Returns how many were made; none is ever
/// dropped here.
///
/// # Errors
/// [`StoreError::Database`]; also when events of such a month lie in the default partition already.
pub async fn make_partitions(tx: &impl GenericClient, months: i32) -> Result<u64, StoreError> {
    row! {
        pub struct PartitionsMade {
            pub made: i32,
        }
    }
    let sql = include_str!("../queries/events/make_partitions.sql");
    let made: Option<PartitionsMade> = query_opt(tx, sql, &[&months]).await?;
    Ok(made.map_or(0, |made| u64::from(made.made.unsigned_abs())))
}
