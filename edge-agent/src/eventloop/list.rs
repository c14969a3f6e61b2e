//! The offline list: how it arrives, and how the lane decides by it when the server does not.

use boomgate_domain::decide::{self, SiteState, decide};
use boomgate_domain::ids::ArrivalId;
use boomgate_domain::lane::LaneEvent;
use boomgate_domain::listing::offline_matches;
use boomgate_domain::reading::Verdict;
use boomgate_domain::tariff::VehicleType;
use boomgate_schemas::down::{ListTerms, SyncPart};
use jiff::Timestamp;
use tracing::warn;

use super::partial_list::PartialList;
use super::{EventLoop, Wake};
use crate::cause::Cause;
use crate::clock::wall_ms;
use crate::wire;

/// Largest offline list: a thousand parts.
const LIST_PARTS: u32 = 1_000;

impl EventLoop {
    pub(super) fn list_part(&mut self, part: SyncPart) {
        if part.parts > LIST_PARTS {
            return warn!(parts = part.parts, "an offline list is too large; it is ignored");
        }
        let Some(PartialList { version, key, entries, .. }) = PartialList::add(&mut self.list, part) else {
            return;
        };
        let (spool, wakes) = (self.parts.spool.clone(), self.parts.wakes.clone());
        tokio::spawn(async move {
            if spool.replace_list(version, key, entries).await {
                let _ = wakes.send(Wake::ListStored { version }).await;
            }
        });
    }

    /// Looks an arrival's plate up in the list; the answer returns as an event.
    pub(super) fn look_up(&mut self, arrival: ArrivalId) {
        let plate =
            self.car(arrival).and_then(|car| car.reading.as_ref()).and_then(|reading| reading.plate.clone());
        let (spool, wakes) = (self.parts.spool.clone(), self.parts.wakes.clone());
        tokio::spawn(async move {
            let entries = match plate {
                Some(plate) => spool.lookup(plate).await,
                None => Vec::new(),
            };
            let _ = wakes.send(Wake::Listed { arrival, entries }).await;
        });
    }

    pub(super) fn decide_locally(&mut self, arrival: ArrivalId, entries: &[ListTerms]) {
        let reading = self.car(arrival).and_then(|car| car.reading.clone());
        let settings = &self.parts.settings;
        let now = Timestamp::from_millisecond(wall_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
        let listed = wire::listed(entries, now, settings.offline, &settings.time_zone);
        let matches = offline_matches(
            Some(&listed),
            SiteState { mode: self.parts.lane.mode(), ..SiteState::default() },
            settings.offline,
            settings.time_zone.clone(),
        );
        let case = decide::Arrival {
            id: arrival,
            direction: settings.direction,
            plate: reading.as_ref().and_then(|reading| reading.plate.clone()),
            verdict: reading.as_ref().map_or(Verdict::Unreadable, |reading| reading.verdict),
            credential: decide::Credential::Plate,
            vehicle: VehicleType::default(),
        };
        let decision = decide(&case, &matches, now);
        let event = LaneEvent::LocalDecision { arrival, outcome: decision.outcome, reason: decision.reason };
        self.feed(event, Cause::Rule("local-decision"));
    }
}
