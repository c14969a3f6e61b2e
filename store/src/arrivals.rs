//! Cars at a lane now, from their arrival until their passage or their leaving.

use boomgate_domain::ids::{ArrivalId, SiteId, StayId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, query_opt, row};

pub(crate) const LOAD_MANY: &str = include_str!("../queries/arrivals/load_many.sql");
pub(crate) const UPSERT_MANY: &str = include_str!("../queries/arrivals/upsert_many.sql");
pub(crate) const DELETE_MANY: &str = include_str!("../queries/arrivals/delete_many.sql");

row! {
    /// A waiting car. `direction` is `entry` or `exit`, `outcome` `open`, `deny` or `charge`.
    pub struct ArrivalRow {
        pub site_id: Uuid,
        pub id: Uuid,
        pub lane_id: Uuid,
        pub direction: String,
        /// Canonical; none while nothing was read.
        pub plate: Option<String>,
        pub reading: Option<Value>,
        pub vehicle_type: Option<String>,
        /// SHA-256 of the picture.
        pub evidence: Option<Vec<u8>>,
        pub arrived_at: Timestamp,
        pub received_at: Timestamp,
        pub decision_id: Option<Uuid>,
        pub outcome: Option<String>,
        pub code: Option<String>,
        /// At an exit: the stay decided on. At an entry whose passage came first: the stay it opened.
        pub stay_id: Option<Uuid>,
        pub amount_minor: Option<i64>,
        /// Set when the passage came before the arrival that explains it.
        pub passed_at: Option<Timestamp>,
        /// Set when a person said which stay it is: no reading decides on it any more.
        pub paired_at: Option<Timestamp>,
    }
}

pub(crate) async fn load_many(
    client: &impl GenericClient,
    sites: &[Uuid],
    lanes: &[Uuid],
) -> Result<Vec<ArrivalRow>, StoreError> {
    query(client, LOAD_MANY, &[&sites, &lanes]).await
}

/// Writes arrivals as they are now; the lock of their site is held.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn upsert_many(client: &impl GenericClient, rows: &[ArrivalRow]) -> Result<u64, StoreError> {
    let params = columns!(rows; site_id, id, lane_id, direction, plate, reading, vehicle_type, evidence, arrived_at,
        received_at, decision_id, outcome, code, stay_id, amount_minor, passed_at, paired_at);
    execute(client, UPSERT_MANY, params).await
}

pub(crate) async fn delete_many(
    client: &impl GenericClient,
    sites: &[Uuid],
    ids: &[Uuid],
) -> Result<u64, StoreError> {
    execute(client, DELETE_MANY, &[&sites, &ids]).await
}

/// The arrival, while it waits.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    site: SiteId,
    id: ArrivalId,
) -> Result<Option<ArrivalRow>, StoreError> {
    query_opt(client, include_str!("../queries/arrivals/get.sql"), &[&site.as_uuid(), &id.as_uuid()]).await
}

/// The car that waits at an exit for this stay to be paid.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn waiting_for_stay(
    client: &impl GenericClient,
    site: SiteId,
    stay: StayId,
) -> Result<Option<ArrivalRow>, StoreError> {
    let sql = include_str!("../queries/arrivals/waiting_for_stay.sql");
    query_opt(client, sql, &[&site.as_uuid(), &stay.as_uuid()]).await
}

/// The car at an exit that was decided on by this stay: it waits, pays, or may pass.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn deciding_on(
    client: &impl GenericClient,
    site: SiteId,
    stay: StayId,
) -> Result<Option<ArrivalRow>, StoreError> {
    let sql = include_str!("../queries/arrivals/deciding_on.sql");
    query_opt(client, sql, &[&site.as_uuid(), &stay.as_uuid()]).await
}

/// The waiting car may go: it was paid for, or a person opened.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn let_pass(
    client: &impl GenericClient,
    site: SiteId,
    id: Uuid,
    code: &str,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/arrivals/let_pass.sql");
    execute(client, sql, &[&site.as_uuid(), &id, &code]).await.map(drop)
}
