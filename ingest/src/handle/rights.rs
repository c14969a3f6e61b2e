//! Rights of a batch's plates: places and entries that are left, as the batch sees them by now.

use std::collections::HashSet;

use boomgate_domain::decide::{MatchSource, SubscriptionMatch};
use boomgate_store::arrivals::ArrivalRow;
use boomgate_store::stays::StayRow;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::BatchState;
use super::subscribed::Subscribed;

/// Code under which a subscription lets in.
const BY_SUBSCRIPTION: &str = "OPEN-SUBSCRIPTION";

impl BatchState<'_> {
    /// The subscription of a plate that helps its car most at this lane and time.
    pub(super) fn subscription(
        &self,
        (site, plate): &(Uuid, String),
        lane: Uuid,
        at: Timestamp,
        time_zone: &TimeZone,
    ) -> Option<SubscriptionMatch> {
        let all = self.subscriptions.get(&(*site, plate.clone()))?;
        let rights = all.iter().map(|one| self.right_now(one, *site, plate, lane));
        rights.max_by_key(|right| {
            let covers = right.validity.covers(at);
            (covers, covers && right.outside(MatchSource::Full, at, time_zone).is_none())
        })
    }

    fn right_now(&self, one: &Subscribed, site: Uuid, plate: &str, lane: Uuid) -> SubscriptionMatch {
        let left = |limit: Option<i32>, taken: i64| {
            limit
                .map(|limit| u32::try_from(i64::from(limit).saturating_sub(taken).max(0)).unwrap_or(u32::MAX))
        };
        let lane_allowed = one.lanes.is_empty() || one.lanes.contains(&lane);
        if one.places.is_none() && one.uses.is_none() {
            return SubscriptionMatch { lane_allowed, ..one.right.clone() };
        }
        let others = |plates: HashSet<String>| plates.iter().filter(|other| *other != plate).count();
        let (promised, inside) = (self.promised_by(one, site), self.inside_by(one, site));
        let waiting = others(promised.difference(&inside).cloned().collect());
        let entered = self.entered_here(one, site);
        let taken = others(inside).saturating_add(waiting);
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let used = one.used.saturating_add(count(waiting)).saturating_add(count(entered));
        SubscriptionMatch {
            pool_left: left(one.places, count(taken)),
            uses_left: left(one.uses, used),
            lane_allowed,
            ..one.right.clone()
        }
    }

    /// Plates inside by the subscription: those read, less those that left in this batch, and those that came.
    fn inside_by(&self, one: &Subscribed, site: Uuid) -> HashSet<String> {
        let mut inside: HashSet<String> = one.inside.iter().cloned().collect();
        for stay in self.stays.values().filter(|stay| stay.site_id == site && stay.state != StayRow::OPEN) {
            if let Some(plate) = &stay.plate {
                inside.remove(plate);
            }
        }
        let open = self.stays.values().filter(|stay| stay.site_id == site && came_by_subscription(stay));
        inside.extend(open.filter_map(|stay| self.plate_of(one, site, stay.plate.as_ref())));
        inside
    }

    /// Plates let in by the subscription that have not passed yet.
    fn promised_by(&self, one: &Subscribed, site: Uuid) -> HashSet<String> {
        let mut promised: HashSet<String> = one.promised.iter().cloned().collect();
        let by_subscription = |arrival: &&ArrivalRow| {
            arrival.site_id == site
                && arrival.code.as_deref() == Some(BY_SUBSCRIPTION)
                && self.is_promised(arrival)
        };
        let here = self.arrivals.values().filter(by_subscription);
        promised.extend(here.filter_map(|arrival| self.plate_of(one, site, arrival.plate.as_ref())));
        promised
    }

    /// Cars that came in by the subscription in this batch: nobody has counted their entries yet.
    fn entered_here(&self, one: &Subscribed, site: Uuid) -> usize {
        let here = self.changed_stays.iter().filter_map(|id| self.stays.get(id));
        let new = here.filter(|stay| stay.site_id == site && came_by_subscription(stay));
        new.filter(|stay| self.plate_of(one, site, stay.plate.as_ref()).is_some()).count()
    }

    /// The plate, if it is one of the subscription's.
    fn plate_of(&self, one: &Subscribed, site: Uuid, plate: Option<&String>) -> Option<String> {
        let plate = plate?;
        let rights = self.subscriptions.get(&(site, plate.clone()))?;
        rights.iter().any(|other| other.right.id == one.right.id).then(|| plate.clone())
    }
}

fn came_by_subscription(stay: &StayRow) -> bool {
    stay.state == StayRow::OPEN && stay.entry_code.as_deref() == Some(BY_SUBSCRIPTION)
}
