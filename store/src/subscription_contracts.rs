//! Subscriptions as people manage them: holder, plan, terms, pauses, renewals, and what was done to each.

use boomgate_domain::ids::{PlanId, SiteId, SubscriptionId, UserId};
use boomgate_domain::subscription::WeekWindow;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::blocklist::escape;
use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};
use crate::words::{OutsideTerms, SubscriptionChange, SubscriptionState};
use boomgate_domain::plate::Plate;

/// What a plan and a subscription say of cars, times and lanes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// So many vehicles are inside at once; none: each has its place.
    pub places: Option<i32>,
    /// So many entries in a calendar month; none: no limit.
    pub uses_per_month: Option<i32>,
    /// What becomes of cars beyond these terms; none: as the site says.
    pub outside: Option<OutsideTerms>,
    /// Empty: at any time.
    pub windows: Vec<WeekWindow>,
    /// Empty: at all lanes.
    pub lanes: Vec<Uuid>,
}

/// A subscription as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    pub holder: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub note: String,
    pub plan: Option<PlanId>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub terms: Terms,
}

row! {
    /// A subscription as it is read.
    pub struct ContractRow {
        pub site_id: SiteId,
        pub site_code: String,
        pub time_zone: String,
        pub id: SubscriptionId,
        pub holder: String,
        pub contact_email: Option<String>,
        pub contact_phone: Option<String>,
        pub note: String,
        pub kind: String,
        pub plan_id: Option<PlanId>,
        pub plan_name: Option<String>,
        pub valid_from: Option<Timestamp>,
        pub valid_until: Option<Timestamp>,
        pub ended_at: Option<Timestamp>,
        pub paused_from: Option<Timestamp>,
        pub paused_until: Option<Timestamp>,
        pub places: Option<i32>,
        pub uses_per_month: Option<i32>,
        pub outside_terms: Option<String>,
        pub windows: Value,
        pub lanes: Vec<Uuid>,
        pub created_at: Timestamp,
        /// Entries by it in this month of the site; read where they are limited.
        pub used: i64,
    }
}

impl ContractRow {
    /// How far it has come at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> SubscriptionState {
        let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= now);
        if over(self.ended_at) || over(self.valid_until) {
            SubscriptionState::Ended
        } else if self.valid_from.is_some_and(|from| from > now) {
            SubscriptionState::Planned
        } else if over(self.paused_from) && self.paused_until.is_none_or(|until| until > now) {
            SubscriptionState::Paused
        } else {
            SubscriptionState::Active
        }
    }

    /// As it would be written again.
    #[must_use]
    pub fn contract(&self) -> Contract {
        Contract {
            holder: self.holder.clone(),
            email: self.contact_email.clone(),
            phone: self.contact_phone.clone(),
            note: self.note.clone(),
            plan: self.plan_id,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            terms: Terms {
                places: self.places,
                uses_per_month: self.uses_per_month,
                outside: self.outside_terms.as_deref().and_then(OutsideTerms::parse),
                windows: crate::subscriptions::windows(&self.windows),
                lanes: self.lanes.clone(),
            },
        }
    }
}

/// In which of these states, or soon to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    State(SubscriptionState),
    Ending,
}

/// Which subscriptions are read; what is none is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContractFilter {
    pub state: Option<StateFilter>,
    /// Part of a plate, of the holder's name, or of a contact.
    pub part: Option<String>,
    pub plan: Option<PlanId>,
    /// Of the last one of the page before.
    pub before: Option<SubscriptionId>,
}

/// Subscriptions of these sites, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    sites: &[Uuid],
    filter: &ContractFilter,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<ContractRow>, StoreError> {
    let state = filter.state.map(|state| match state {
        StateFilter::State(state) => state.as_str(),
        StateFilter::Ending => "ending",
    });
    let part = filter.part.as_deref();
    let plate =
        part.map(|part| Plate::parse(part).map_or_else(|_| "?".to_owned(), |plate| plate.to_string()));
    let (text, before) = (part.map(escape), filter.before.map(|before| before.as_uuid()));
    let (none, plan) = (None::<Uuid>, filter.plan.map(|plan| plan.as_uuid()));
    let sql = include_str!("../queries/subscriptions/page.sql");
    query(client, sql, &[&sites, &state, &plate, &text, &before, &none, &now, &plan, &limit]).await
}

/// One subscription.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    site: SiteId,
    id: SubscriptionId,
    now: Timestamp,
) -> Result<ContractRow, StoreError> {
    let (none, text, sites) = (None::<Uuid>, None::<&str>, [site.as_uuid()]);
    let one = Some(id.as_uuid());
    let sql = include_str!("../queries/subscriptions/page.sql");
    let found =
        query_opt(client, sql, &[&sites.as_slice(), &text, &text, &text, &none, &one, &now, &none, &1_i64])
            .await?;
    found.ok_or_else(|| StoreError::NotFound { what: "subscription", id: id.to_string() })
}

/// # Errors
/// [`StoreError::Database`].
pub async fn add(
    tx: &impl GenericClient,
    (site, id): (SiteId, SubscriptionId),
    new: &Contract,
) -> Result<(), StoreError> {
    write(tx, include_str!("../queries/subscriptions/add.sql"), (site, id), new).await
}

/// # Errors
/// [`StoreError::Database`].
pub async fn set(
    tx: &impl GenericClient,
    (site, id): (SiteId, SubscriptionId),
    new: &Contract,
) -> Result<(), StoreError> {
    write(tx, include_str!("../queries/subscriptions/set.sql"), (site, id), new).await
}

async fn write(
    tx: &impl GenericClient,
    sql: &str,
    (site, id): (SiteId, SubscriptionId),
    new: &Contract,
) -> Result<(), StoreError> {
    let Contract { holder, email, phone, note, plan, valid_from, valid_until, terms } = new;
    let plan = plan.map(|plan| plan.as_uuid());
    let (outside, windows) = (terms.outside.map(OutsideTerms::as_str), json!(terms.windows));
    let (site, id) = (site.as_uuid(), id.as_uuid());
    execute(
        tx,
        sql,
        &[
            &site,
            &id,
            holder,
            email,
            phone,
            note,
            &plan,
            valid_from,
            valid_until,
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

/// Rests from an instant on; none: it does not rest.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn pause(
    tx: &impl GenericClient,
    (site, id): (SiteId, SubscriptionId),
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/subscriptions/pause.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &from, &until]).await.map(drop)
}

/// Is over at an instant; none: as its validity says.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn end(
    tx: &impl GenericClient,
    (site, id): (SiteId, SubscriptionId),
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/subscriptions/end.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid(), &at]).await.map(drop)
}

/// Something that was done, with the person's reason.
#[derive(Clone, Debug, PartialEq)]
pub struct NewHistory {
    pub site: SiteId,
    pub subscription: SubscriptionId,
    pub at: Timestamp,
    pub what: SubscriptionChange,
    pub by: Option<UserId>,
    pub reason: Option<String>,
    pub detail: Value,
}

row! {
    /// Something that was done.
    pub struct HistoryRow {
        pub at: Timestamp,
        pub what: String,
        /// As the person is called now.
        pub by_name: Option<String>,
        pub reason: Option<String>,
        pub detail: Value,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn record(tx: &impl GenericClient, new: &NewHistory) -> Result<(), StoreError> {
    let NewHistory { site, subscription, at, what, by, reason, detail } = new;
    let by = by.map(|user| user.as_uuid());
    let sql = include_str!("../queries/subscription_history/insert.sql");
    let (site, subscription, id) = (site.as_uuid(), subscription.as_uuid(), Uuid::now_v7());
    execute(tx, sql, &[&site, &id, &subscription, at, &what.as_str(), &by, reason, detail]).await.map(drop)
}

/// What was done to a subscription, the latest first; at most 200.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn history(
    client: &impl GenericClient,
    site: SiteId,
    id: SubscriptionId,
) -> Result<Vec<HistoryRow>, StoreError> {
    let sql = include_str!("../queries/subscription_history/list.sql");
    query(client, sql, &[&site.as_uuid(), &id.as_uuid()]).await
}

row! {
    /// A subscription that ends soon, of which not everybody was told.
    pub struct EndingRow {
        pub site_id: SiteId,
        pub id: SubscriptionId,
        pub holder: String,
        pub contact_email: Option<String>,
        pub valid_until: Timestamp,
        pub site_name: String,
        pub time_zone: String,
        pub languages: Vec<String>,
        /// The site was not told.
        pub unnoticed: bool,
        /// The holder was not told by mail.
        pub unmailed: bool,
    }
}

/// Subscriptions that end soon, of all sites, by site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn ending(client: &impl GenericClient, limit: i64) -> Result<Vec<EndingRow>, StoreError> {
    query(client, include_str!("../queries/subscriptions/ending.sql"), &[&limit]).await
}

/// Their sites were told of their end.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn noticed(tx: &impl GenericClient, sites: &[Uuid], ids: &[Uuid]) -> Result<(), StoreError> {
    execute(tx, include_str!("../queries/subscriptions/noticed.sql"), &[&sites, &ids]).await.map(drop)
}

/// The holder was told of its end by mail.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn mailed(tx: &impl GenericClient, site: SiteId, id: SubscriptionId) -> Result<(), StoreError> {
    let sql = include_str!("../queries/subscriptions/mailed.sql");
    execute(tx, sql, &[&site.as_uuid(), &id.as_uuid()]).await.map(drop)
}
