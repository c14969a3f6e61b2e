//! Plans: a price for a period, and the terms that come with it.

use boomgate_domain::ids::{PlanId, SiteId};
use boomgate_domain::money::Money;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::blocklist::escape;
use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};
use crate::subscription_contracts::Terms;
use crate::words::{OutsideTerms, PlanPeriod};

/// A plan as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub name: String,
    pub price: Money,
    pub period: PlanPeriod,
    pub terms: Terms,
}

row! {
    /// A plan as it is read.
    pub struct PlanRow {
        pub site_id: SiteId,
        pub site_code: String,
        pub id: PlanId,
        pub name: String,
        pub price_minor: i64,
        pub currency: String,
        pub period: String,
        pub places: Option<i32>,
        pub uses_per_month: Option<i32>,
        pub outside_terms: Option<String>,
        pub windows: Value,
        pub lanes: Vec<Uuid>,
        pub retired_at: Option<Timestamp>,
        pub created_at: Timestamp,
        /// Subscriptions of it that are not over.
        pub subscriptions: i64,
    }
}

impl PlanRow {
    /// What it says of cars, times and lanes.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            places: self.places,
            uses_per_month: self.uses_per_month,
            outside: self.outside_terms.as_deref().and_then(OutsideTerms::parse),
            windows: crate::subscriptions::windows(&self.windows),
            lanes: self.lanes.clone(),
        }
    }
}

/// Which plans are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanFilter {
    /// Those that are sold no more, too.
    pub retired: bool,
    /// Part of the name.
    pub part: Option<String>,
    /// Of the last one of the page before.
    pub before: Option<PlanId>,
}

/// Plans of these sites, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    sites: &[Uuid],
    filter: &PlanFilter,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<PlanRow>, StoreError> {
    let (part, none) = (filter.part.as_deref().map(escape), None::<Uuid>);
    let before = filter.before.map(|before| before.as_uuid());
    let sql = include_str!("../queries/plans/page.sql");
    query(client, sql, &[&sites, &filter.retired, &part, &none, &now, &before, &limit]).await
}

/// One plan.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    sites: &[Uuid],
    id: PlanId,
    now: Timestamp,
) -> Result<PlanRow, StoreError> {
    let (none, text, one) = (None::<Uuid>, None::<&str>, Some(id.as_uuid()));
    let sql = include_str!("../queries/plans/page.sql");
    let found = query_opt(client, sql, &[&sites, &true, &text, &one, &now, &none, &1_i64]).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "plan", id: id.to_string() })
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] where the name is taken.
pub async fn insert(tx: &impl GenericClient, site: SiteId, id: PlanId, new: &Plan) -> Result<(), StoreError> {
    write(tx, include_str!("../queries/plans/insert.sql"), site, id, new).await
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] where the name is taken.
pub async fn set(tx: &impl GenericClient, site: SiteId, id: PlanId, new: &Plan) -> Result<(), StoreError> {
    write(tx, include_str!("../queries/plans/set.sql"), site, id, new).await
}

async fn write(
    tx: &impl GenericClient,
    sql: &str,
    site: SiteId,
    id: PlanId,
    Plan { name, price, period, terms }: &Plan,
) -> Result<(), StoreError> {
    let (outside, windows) = (terms.outside.map(OutsideTerms::as_str), json!(terms.windows));
    let (currency, period) = (price.currency.as_str(), period.as_str());
    execute(
        tx,
        sql,
        &[
            &site.as_uuid(),
            &id.as_uuid(),
            name,
            &price.minor,
            &currency,
            &period,
            &terms.places,
            &terms.uses_per_month,
            &outside,
            &windows,
            &terms.lanes,
        ],
    )
    .await
    .map(drop)
}

/// It is sold no more; none: it is sold again.
///
/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] where its name is taken meanwhile.
pub async fn retire(
    tx: &impl GenericClient,
    site: SiteId,
    id: PlanId,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/plans/retire.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &at]).await.map(drop)
}
