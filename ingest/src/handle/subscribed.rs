//! A subscription of one plate, with what was read of its other cars.

use boomgate_domain::decide::{SubscriptionMatch, Validity};
use boomgate_domain::ids::SubscriptionId;
use boomgate_store::subscriptions::SubscriptionRow;
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
        let right = SubscriptionMatch {
            terms: row.terms(),
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
