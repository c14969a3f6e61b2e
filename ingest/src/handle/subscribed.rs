//! A subscription of one plate, with what was read of its other cars.

use boomgate_domain::decide::{SubscriptionMatch, Validity};
use boomgate_domain::ids::SubscriptionId;
use boomgate_domain::subscription::SubscriptionTerms;
use boomgate_store::subscriptions::{self, SubscriptionRow};
use uuid::Uuid;

/// A subscription of one plate, with what was read of its other cars.
pub(super) struct Subscribed {
    /// As if all of its places and entries were left.
    pub right: SubscriptionMatch,
    pub lanes: Vec<Uuid>,
    pub places: Option<i32>,
    pub uses: Option<i32>,
    /// Plates that came in by it and are inside.
    pub inside: Vec<String>,
    /// Plates that were let in by it and have not passed yet.
    pub promised: Vec<String>,
    /// Entries in this month.
    pub used: i64,
}

impl Subscribed {
    pub(super) fn read(row: &SubscriptionRow, validity: Validity) -> Self {
        let terms = SubscriptionTerms {
            windows: subscriptions::windows(&row.windows),
            pause: subscriptions::pause(row.paused_from, row.paused_until),
            outside: subscriptions::outside(&row.outside_terms),
            counted: row.places.is_some() || row.uses_per_month.is_some(),
            some_lanes: !row.lanes.is_empty(),
        };
        let right = SubscriptionMatch {
            terms,
            ..SubscriptionMatch::plain(SubscriptionId::from_uuid(row.id), validity)
        };
        Self {
            right,
            lanes: row.lanes.clone(),
            places: row.places,
            uses: row.uses_per_month,
            inside: row.inside.clone(),
            promised: row.promised.clone(),
            used: row.used,
        }
    }
}

impl Subscribed {
    pub(super) fn id(&self) -> Uuid {
        self.right.id.as_uuid()
    }
}
