//! Numbers that are not new: what is kept under another number, and what comes under a number that is taken.

use boomgate_schemas::up::Event;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::events::NewEvent;
use boomgate_store::words::ExceptionKind;
use jiff::Timestamp;
use serde_json::json;

use super::{BatchState, EventContext};
use crate::clock;
use crate::directory::Device;

impl BatchState<'_> {
    /// Whether this very event is kept, under whatever number.
    pub(crate) fn is_kept(&self, device: &Device, event: &Event) -> bool {
        let key = (device.id.as_uuid(), event.id);
        self.applied.contains(&key) || self.known.stored_events.events.contains(&key)
    }

    /// Whether this message, which cannot be decoded, is stored already.
    pub(crate) fn is_dead_letter_stored(&self, device: &Device, first: i64) -> bool {
        self.known.stored_events.letters.contains(&(device.id.as_uuid(), first))
    }

    /// Another event is kept under this number: the device's store is behind what it once told. People hear of it once
    /// per start of the device; the event is kept when it comes under a new number.
    pub(crate) fn number_is_taken(&mut self, device: &Device, event: &Event, received_at: Timestamp) {
        let seq = event.seq.cast_signed();
        let Some(view) = self.devices.get_mut(&device.id.as_uuid()) else { return };
        let reported = view.is_behind();
        view.number_taken(seq);
        if reported {
            return;
        }
        let above = view.kept.highest();
        tracing::error!(device.code = %device.code, seq, above, "sequence number came again with another event");
        metrics::counter!("boomgate_ingest_stores_behind_total").increment(1);
        let context = EventContext { device, event, at: received_at, received_at };
        let action = AuditAction::DeviceStoreBehind {
            device: device.id.as_uuid(),
            store: None,
            above,
            seq: Some(seq),
            next_seq: None,
            boot: None,
            last_boot: None,
        };
        self.finding(&context, ExceptionKind::DeviceStoreBehind, action);
    }

    /// An event that is kept comes again under a new number: the number is accounted for, the event applied once.
    pub(crate) fn renumbered(&mut self, device: &Device, event: &Event, received_at: Timestamp) {
        self.out.events.push(NewEvent {
            site_id: device.site.as_uuid(),
            id: clock::new_id(),
            lane_id: device.lane.as_uuid(),
            device_id: device.id.as_uuid(),
            seq: event.seq.cast_signed(),
            boot: i64::from(event.boot),
            kind: "renumbered",
            arrival_id: None,
            occurred_at: received_at,
            clock: crate::names::clock(event.clock),
            uptime_ms: i64::try_from(event.uptime_ms).unwrap_or(i64::MAX),
            received_at,
            body: json!({ "event": event.id, "was": event.was }),
        });
    }
}
