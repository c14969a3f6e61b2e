//! Plates with a right: subscriptions, reservations, invited visitors; and the offline list made of them.

use boomgate_domain::ids::{SiteId, SubscriptionId};
use boomgate_domain::plate::TypedPlate;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query, row};

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
        /// The same plate is inside another site of the tenant.
        pub elsewhere: bool,
    }
}

row! {
    /// An entry of the offline list.
    pub struct Listed {
        pub plate: String,
        /// `subscription` or `block`.
        pub kind: String,
        pub valid_until: Option<Timestamp>,
    }
}

/// # Errors
/// [`StoreError::Database`].
pub async fn insert(client: &impl GenericClient, new: &NewSubscription) -> Result<(), StoreError> {
    let sql = include_str!("../queries/subscriptions/insert.sql");
    execute(
        client,
        sql,
        &[
            &new.site.as_uuid(),
            &new.id.as_uuid(),
            &new.plate.plate().as_str(),
            &new.kind.as_str(),
            &new.holder,
            &new.valid_from,
            &new.valid_until,
            &new.plate.text(),
        ],
    )
    .await
    .map(drop)
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
