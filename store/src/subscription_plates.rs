//! The vehicles of subscriptions, those of before too.

use boomgate_domain::ids::{SiteId, StayId, SubscriptionId, UserId};
use boomgate_domain::plate::TypedPlate;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query, row};

/// A vehicle to be added.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPlate {
    pub site: SiteId,
    pub subscription: SubscriptionId,
    pub plate: TypedPlate,
    pub at: Timestamp,
    pub by: Option<UserId>,
}

row! {
    /// A vehicle of a subscription, and whether it is inside.
    pub struct PlateRow {
        pub subscription_id: SubscriptionId,
        pub plate: String,
        /// As a person wrote it.
        pub plate_typed: Option<String>,
        pub added_at: Timestamp,
        pub added_name: Option<String>,
        pub removed_at: Option<Timestamp>,
        pub removed_name: Option<String>,
        /// Its open stay.
        pub stay: Option<StayId>,
        pub entered_at: Option<Timestamp>,
        /// It came in by the subscription.
        pub takes_place: bool,
    }
}

row! {
    /// A plate that another subscription has.
    pub struct Clash {
        pub plate: String,
        pub holder: String,
    }
}

/// # Errors
/// [`StoreError::Database`]; [`StoreError::is_duplicate`] where the subscription has it already.
pub async fn insert(client: &impl GenericClient, new: &NewPlate) -> Result<(), StoreError> {
    let by = new.by.map(|user| user.as_uuid());
    let (site, subscription) = (new.site.as_uuid(), new.subscription.as_uuid());
    let (plate, typed) = (new.plate.plate().as_str(), new.plate.text());
    let sql = include_str!("../queries/subscription_plates/insert.sql");
    execute(client, sql, &[&site, &Uuid::now_v7(), &subscription, &plate, &typed, &new.at, &by])
        .await
        .map(drop)
}

/// The plate is the subscription's no more; whether it was.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn remove(
    tx: &impl GenericClient,
    (site, subscription): (SiteId, SubscriptionId),
    plate: &str,
    at: Timestamp,
    by: Option<UserId>,
) -> Result<bool, StoreError> {
    let by = by.map(|user| user.as_uuid());
    let sql = include_str!("../queries/subscription_plates/remove.sql");
    Ok(execute(tx, sql, &[&site.as_uuid(), &subscription.as_uuid(), &plate, &at, &by]).await? > 0)
}

/// The vehicles of these subscriptions, those of now before those of before.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_subscriptions(
    client: &impl GenericClient,
    sites: &[Uuid],
    subscriptions: &[Uuid],
) -> Result<Vec<PlateRow>, StoreError> {
    let sql = include_str!("../queries/subscription_plates/of_subscriptions.sql");
    query(client, sql, &[&sites, &subscriptions]).await
}

/// Those of `plates` that another subscription has in the same time.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn clash(
    client: &impl GenericClient,
    (site, subscription): (SiteId, SubscriptionId),
    plates: &[&str],
    now: Timestamp,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
) -> Result<Vec<Clash>, StoreError> {
    let from = from.unwrap_or(now).max(now);
    let sql = include_str!("../queries/subscription_plates/clash.sql");
    query(client, sql, &[&site.as_uuid(), &plates, &subscription.as_uuid(), &now, &from, &until]).await
}
