//! The numbers of a day, and what happened last.

use boomgate_domain::ids::SiteId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{query, query_opt, row};

row! {
    /// A site from one time to another.
    pub struct DayNumbers {
        /// Cars inside as passages count them.
        pub inside: i32,
        pub open_stays: i64,
        /// Stays that began.
        pub entered: i64,
        /// Stays that ended.
        pub processed: i64,
        /// How long those were on average; none where none ended, or no entry of theirs is known.
        pub average_minutes: Option<i64>,
        /// Payments, in the site's currency.
        pub revenue_minor: i64,
    }
}

row! {
    /// Something that happened to a stay: `entered`, `left` or `paid`.
    pub struct ActivityRow {
        pub what: String,
        pub stay_id: Uuid,
        pub plate: Option<String>,
        pub at: Timestamp,
        /// What was charged in the end, or paid.
        pub amount_minor: Option<i64>,
        pub currency: String,
        pub method: Option<String>,
        pub lane_id: Option<Uuid>,
    }
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::NotFound`].
pub async fn day(
    client: &impl GenericClient,
    site: SiteId,
    (from, until): (Timestamp, Timestamp),
) -> Result<DayNumbers, StoreError> {
    let sql = include_str!("../queries/stats/day.sql");
    let found = query_opt(client, sql, &[&site.as_uuid(), &from, &until]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "site", id: site.to_string() })
}

/// What happened before a time, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn activities(
    client: &impl GenericClient,
    site: SiteId,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<ActivityRow>, StoreError> {
    query(client, include_str!("../queries/stats/activities.sql"), &[&site.as_uuid(), &before, &limit]).await
}
