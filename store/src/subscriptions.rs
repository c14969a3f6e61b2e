//! Plates with a right: subscriptions, reservations, invited visitors; and the offline list made of them.

use boomgate_domain::ids::{SiteId, SubscriptionId};
use boomgate_domain::plate::TypedPlate;
use boomgate_domain::subscription::{OutsideTerms, Pause, SubscriptionTerms, WeekWindow};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{Params, execute, query, row};
use crate::subscription_plates::{self, NewPlate};

pub(crate) const MATCH_MANY: &str = include_str!("../queries/subscriptions/match_many.sql");

/// What kind of right it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Subscription,
    Reservation,
    Visitor,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Reservation => "reservation",
            Self::Visitor => "visitor",
        }
    }
}

/// A right to be given; no end means until further notice.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSubscription {
    pub site: SiteId,
    pub id: SubscriptionId,
    pub plate: TypedPlate,
    pub kind: Kind,
    pub holder: String,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
}

row! {
    /// A right, valid now, of a plate or of a twin of it (0 for O, 1 for I); `plate` is the one that has the right.
    pub struct SubscriptionRow {
        pub site_id: Uuid,
        pub plate: String,
        /// As a person wrote it.
        pub plate_typed: Option<String>,
        pub id: Uuid,
        pub kind: String,
        pub valid_from: Option<Timestamp>,
        pub valid_until: Option<Timestamp>,
        /// [`windows`] reads it.
        pub windows: Value,
        /// It may use these; all where there is none.
        pub lanes: Vec<Uuid>,
        pub paused_from: Option<Timestamp>,
        pub paused_until: Option<Timestamp>,
        /// `visitor` or `refuse`.
        pub outside_terms: String,
        pub places: Option<i32>,
        pub uses_per_month: Option<i32>,
        /// Plates that came in by it and are inside; read where places are limited.
        pub inside: Vec<String>,
        /// Plates that were let in by it and have not passed yet; read where places or entries are limited.
        pub promised: Vec<String>,
        /// Entries by it in this month of the site; read where they are limited.
        pub used: i64,
        /// The same plate is inside another site of the tenant.
        pub elsewhere: bool,
    }
}

impl SubscriptionRow {
    /// What it demands beside its time.
    #[must_use]
    pub fn terms(&self) -> SubscriptionTerms {
        SubscriptionTerms {
            windows: windows(&self.windows),
            pause: pause(self.paused_from, self.paused_until),
            outside: outside(&self.outside_terms),
            counted: self.places.is_some() || self.uses_per_month.is_some(),
            some_lanes: !self.lanes.is_empty(),
        }
    }
}

row! {
    /// An entry of the offline list.
    pub struct Listed {
        pub plate: String,
        /// `subscription` or `block`.
        pub kind: String,
        pub valid_from: Option<Timestamp>,
        pub valid_until: Option<Timestamp>,
        /// [`windows`] reads it.
        pub windows: Value,
        pub lanes: Vec<Uuid>,
        pub paused_from: Option<Timestamp>,
        pub paused_until: Option<Timestamp>,
        /// `visitor` or `refuse`.
        pub outside_terms: String,
        /// Places or entries are limited.
        pub counted: bool,
    }
}

/// The windows of a column; those that no program of ours wrote are left out.
#[must_use]
pub fn windows(column: &Value) -> Vec<WeekWindow> {
    let all: Vec<WeekWindow> = serde_json::from_value(column.clone()).unwrap_or_default();
    all.into_iter().filter(WeekWindow::is_sound).collect()
}

/// The pause of two columns.
#[must_use]
pub fn pause(from: Option<Timestamp>, until: Option<Timestamp>) -> Option<Pause> {
    from.map(|from| Pause { from, until })
}

/// The word of a column; of a later version: as any other car.
#[must_use]
pub fn outside(word: &str) -> OutsideTerms {
    if word == "refuse" { OutsideTerms::Refuse } else { OutsideTerms::Visitor }
}

/// Writes a right of one plate, without terms.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn insert(client: &impl GenericClient, new: &NewSubscription) -> Result<(), StoreError> {
    let sql = include_str!("../queries/subscriptions/insert.sql");
    let (site, id) = (new.site.as_uuid(), new.id.as_uuid());
    let params: Params<'_> =
        &[&site, &id, &new.kind.as_str(), &new.holder, &new.valid_from, &new.valid_until];
    execute(client, sql, params).await?;
    let plate = NewPlate {
        site: new.site,
        subscription: new.id,
        plate: new.plate.clone(),
        at: Timestamp::now(),
        by: None,
    };
    subscription_plates::insert(client, &plate).await
}

/// What a lane of this site must know while the server is away.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn listed(
    client: &impl GenericClient,
    site: SiteId,
    now: Timestamp,
) -> Result<Vec<Listed>, StoreError> {
    query(client, include_str!("../queries/subscriptions/listed.sql"), &[&site.as_uuid(), &now]).await
}

/// Rights of these plates and of their twins that hold at `now`; `sites` and `plates` are pairs.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn match_many(
    client: &impl GenericClient,
    sites: &[Uuid],
    plates: &[&str],
    now: Timestamp,
) -> Result<Vec<SubscriptionRow>, StoreError> {
    query(client, MATCH_MANY, &[&sites, &plates, &now]).await
}
