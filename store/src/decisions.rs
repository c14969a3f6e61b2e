//! What was decided about each arrival, by us or by the lane; two for one arrival are normal.

use boomgate_domain::ids::{ArrivalId, LaneId, SiteId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, row};

pub(crate) const INSERT_MANY: &str = include_str!("../queries/decisions/insert_many.sql");
pub(crate) const SUPERSEDE_MANY: &str = include_str!("../queries/decisions/supersede_many.sql");

/// One decision to keep. `params` are the reason's parameters by name.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDecision {
    pub site_id: Uuid,
    pub id: Uuid,
    pub arrival_id: Uuid,
    pub lane_id: Uuid,
    pub outcome: &'static str,
    pub code: String,
    pub params: Value,
    /// Made by the lane itself.
    pub local: bool,
    /// Ours, but the lane had decided already.
    pub superseded: bool,
    pub stay_id: Option<Uuid>,
    pub amount_minor: Option<i64>,
    pub currency: Option<String>,
    pub decided_at: Timestamp,
}

row! {
    pub struct DecisionRow {
        pub id: Uuid,
        pub arrival_id: Uuid,
        pub lane_id: Uuid,
        pub outcome: String,
        pub code: String,
        pub params: Value,
        pub local: bool,
        pub superseded: bool,
        pub stay_id: Option<Uuid>,
        pub amount_minor: Option<i64>,
        pub currency: Option<String>,
        pub decided_at: Timestamp,
    }
}

/// Stores decisions.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn insert_many(client: &impl GenericClient, rows: &[NewDecision]) -> Result<u64, StoreError> {
    let params = columns!(rows; site_id, id, arrival_id, lane_id, outcome, code, params, local, superseded, stay_id,
        amount_minor, currency, decided_at);
    execute(client, INSERT_MANY, params).await
}

/// Others stand in the place of these decisions.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn supersede_many(
    client: &impl GenericClient,
    sites: &[Uuid],
    ids: &[Uuid],
) -> Result<u64, StoreError> {
    execute(client, SUPERSEDE_MANY, &[&sites, &ids]).await
}

/// The newest decisions of a site, or of one of its lanes, newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn latest(
    client: &impl GenericClient,
    site: SiteId,
    lane: Option<LaneId>,
    limit: i64,
) -> Result<Vec<DecisionRow>, StoreError> {
    let lane = lane.map(|lane| lane.as_uuid());
    query(client, include_str!("../queries/decisions/latest.sql"), &[&site.as_uuid(), &lane, &limit]).await
}

/// All decisions about one arrival, oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_arrival(
    client: &impl GenericClient,
    site: SiteId,
    arrival: ArrivalId,
) -> Result<Vec<DecisionRow>, StoreError> {
    let sql = include_str!("../queries/decisions/of_arrival.sql");
    query(client, sql, &[&site.as_uuid(), &arrival.as_uuid()]).await
}
