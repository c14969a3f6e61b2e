//! What the database itself can say of a site, for those who check that it agrees with what really happened.
//!
//! Reads whole tables: for demo runs, tests and audits, not for serving.

use boomgate_domain::ids::SiteId;
use deadpool_postgres::GenericClient;
use uuid::Uuid;

use crate::commands::CommandState;
use crate::error::StoreError;
use crate::statement::{query, query_opt, row};

row! {
    /// How often a passage was reported.
    pub struct Passage {
        pub arrival_id: Option<Uuid>,
        /// `passed`, `backed_out` or `tailgated`.
        pub kind: Option<String>,
        pub direction: Option<String>,
        pub times: i64,
    }
}

row! {
    /// A device's numbers: `different` + `declared_lost` + `rejected` should be `kept_upto`.
    pub struct Numbers {
        pub code: String,
        pub kept_upto: i64,
        /// As the device last said.
        pub next_seq: i64,
        pub backlog: i64,
        pub events: i64,
        pub different: i64,
        pub declared_lost: i64,
        pub rejected: i64,
    }
}

row! {
    /// An order ever given.
    pub struct Order {
        pub id: Uuid,
        pub action: String,
        pub state: CommandState,
        pub arrival_id: Option<Uuid>,
        pub counter: Option<i64>,
        /// Whether a named person gave it with a reason.
        pub by_person: bool,
    }
}

row! {
    /// Stays by what became of them.
    pub struct StayCounts {
        pub opened: i64,
        pub closed: i64,
        pub open: i64,
        pub voided: i64,
        pub exit_only: i64,
        pub charged: i64,
        pub paid: i64,
        /// Arrivals that opened, or closed, more than one stay; must be none.
        pub entered_twice: i64,
        pub left_twice: i64,
    }
}

row! {
    /// The books: `sum` and `crooked` must be 0, `paid` and `received` equal. Minor units.
    pub struct LedgerTotals {
        pub sum: i64,
        pub crooked: i64,
        pub payments: i64,
        pub paid: i64,
        pub received: i64,
    }
}

row! {
    /// How often a decision with this code stands.
    pub struct DecisionCount {
        pub code: String,
        pub times: i64,
    }
}

row! {
    /// What was read of an arrival's plate.
    pub struct ReadPlate {
        pub arrival_id: Uuid,
        pub plate: Option<String>,
        pub verdict: Option<String>,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn passages(client: &impl GenericClient, site: SiteId) -> Result<Vec<Passage>, StoreError> {
    query(client, include_str!("../queries/proof/passages.sql"), &[&site.as_uuid()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn numbers(client: &impl GenericClient, site: SiteId) -> Result<Vec<Numbers>, StoreError> {
    query(client, include_str!("../queries/proof/numbers.sql"), &[&site.as_uuid()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn orders(client: &impl GenericClient, site: SiteId) -> Result<Vec<Order>, StoreError> {
    query(client, include_str!("../queries/proof/orders.sql"), &[&site.as_uuid()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn stays(client: &impl GenericClient, site: SiteId) -> Result<StayCounts, StoreError> {
    one(query_opt(client, include_str!("../queries/proof/stays.sql"), &[&site.as_uuid()]).await?, site)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn books(client: &impl GenericClient, site: SiteId) -> Result<LedgerTotals, StoreError> {
    one(query_opt(client, include_str!("../queries/proof/books.sql"), &[&site.as_uuid()]).await?, site)
}

/// # Errors
/// [`StoreError::Database`].
pub async fn decisions(client: &impl GenericClient, site: SiteId) -> Result<Vec<DecisionCount>, StoreError> {
    query(client, include_str!("../queries/proof/decisions.sql"), &[&site.as_uuid()]).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn readings(client: &impl GenericClient, site: SiteId) -> Result<Vec<ReadPlate>, StoreError> {
    query(client, include_str!("../queries/proof/readings.sql"), &[&site.as_uuid()]).await
}

/// A counting statement always has one row.
fn one<T>(row: Option<T>, site: SiteId) -> Result<T, StoreError> {
    row.ok_or_else(|| StoreError::NotFound { what: "site", id: site.to_string() })
}
