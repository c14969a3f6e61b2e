//! Where and when an event happened.

use boomgate_schemas::up::Event;
use boomgate_store::arrivals::ArrivalRow;
use boomgate_store::lanes::direction_name;
use jiff::Timestamp;
use uuid::Uuid;

use crate::directory::Device;

/// Where and when an event happened.
#[derive(Clone, Debug)]
pub(crate) struct EventContext<'a> {
    pub device: &'a Device,
    pub event: &'a Event,
    /// As reconstructed; never later than `received_at`.
    pub at: Timestamp,
    pub received_at: Timestamp,
}

impl EventContext<'_> {
    /// An arrival nothing is known of but its lane.
    pub(super) fn unheard_arrival(&self, id: Uuid) -> ArrivalRow {
        ArrivalRow {
            site_id: self.device.site.as_uuid(),
            id,
            lane_id: self.device.lane.as_uuid(),
            direction: direction_name(self.device.direction).to_owned(),
            plate: None,
            reading: None,
            vehicle_type: None,
            evidence: None,
            arrived_at: self.at,
            received_at: self.received_at,
            decision_id: None,
            outcome: None,
            code: None,
            stay_id: None,
            amount_minor: None,
            passed_at: None,
            paired_at: None,
        }
    }
}
