//! Alarms that events raise and end: faults of a lane, and exceptions that a person must see to.

use boomgate_schemas::up::{Fault, Params};
use boomgate_store::alarms::{self, EndedAlarm, NewAlarm, Repeated};
use boomgate_store::live_event::{AlarmEvent, LiveEvent};
use boomgate_store::words::{AlarmKind, AlarmState, ExceptionKind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::open_alarms::Cause;
use super::{BatchState, EventContext};
use crate::clock;

impl BatchState<'_> {
    /// A fault of the lane began, or ended.
    pub(super) fn fault_alarm(&mut self, context: &EventContext<'_>, fault: &Fault) {
        let Some(kind) = of_fault(&fault.code) else { return };
        let subject = subject_of(kind, &fault.code, &fault.params);
        if fault.raised {
            let params = json!(fault.params);
            self.raise_alarm(context, (kind, subject), Some(&fault.code), params);
        } else {
            self.end_alarm(context, kind, &subject);
        }
    }

    /// What a person should look at is also what they must see to.
    pub(super) fn exception_alarm(&mut self, context: &EventContext<'_>, what: ExceptionKind, detail: Value) {
        if let Some(kind) = alarms::of_exception(what) {
            let subject = alarms::subject_of(what, kind).to_owned();
            self.raise_alarm(context, (kind, subject), None, detail);
        }
    }

    /// A car came that may not.
    pub(super) fn blocked_alarm(&mut self, context: &EventContext<'_>, block: Option<Uuid>) {
        let subject = block.map(|id| id.to_string()).unwrap_or_default();
        let params = block.map_or_else(|| json!({}), |id| json!({ "block": id.to_string() }));
        self.raise_alarm(context, (AlarmKind::BlockedPlate, subject), None, params);
    }

    fn raise_alarm(
        &mut self,
        context: &EventContext<'_>,
        (kind, subject): (AlarmKind, String),
        code: Option<&str>,
        params: Value,
    ) {
        let (site_id, lane) = (context.device.site.as_uuid(), context.device.lane.as_uuid());
        let cause = (lane, kind, subject);
        if let Some(raised) = self.raised_here(&cause) {
            raised.times = raised.times.saturating_add(1);
            (raised.last_at, raised.params) = (context.received_at, params);
            return;
        }
        if let Some(id) = self.alarms.get(&cause) {
            let repeated = Repeated { site_id, id, times: 1, last_at: context.received_at, params };
            self.out.alarms_repeated.push(repeated);
            return;
        }
        let alarm = NewAlarm {
            site_id,
            id: clock::new_id(),
            lane_id: Some(lane),
            kind,
            subject: cause.2,
            code: code.map(str::to_owned),
            params,
            raised_at: context.at,
            last_at: context.received_at,
            times: 1,
            closed_at: None,
        };
        self.publish(context, alarm.event(AlarmState::Open));
        self.out.alarms.push(alarm);
    }

    fn end_alarm(&mut self, context: &EventContext<'_>, kind: AlarmKind, subject: &str) {
        let cause = (context.device.lane.as_uuid(), kind, subject.to_owned());
        let (site_id, at) = (context.device.site.as_uuid(), context.received_at);
        let id = if let Some(raised) = self.raised_here(&cause) {
            raised.closed_at = Some(at);
            raised.id
        } else if let Some(id) = self.alarms.remove(&cause) {
            self.out.alarms_ended.push(EndedAlarm { site_id, id, at });
            id
        } else {
            return;
        };
        let event = AlarmEvent::of(id, Some(kind), AlarmState::Closed);
        self.publish(context, LiveEvent::Alarm(event));
    }

    /// The alarm of this cause that this batch raised and that is not over.
    fn raised_here(&mut self, (lane, kind, subject): &Cause) -> Option<&mut NewAlarm> {
        self.out.alarms.iter_mut().find(|alarm| {
            alarm.lane_id == Some(*lane)
                && alarm.kind == *kind
                && alarm.subject == *subject
                && alarm.closed_at.is_none()
        })
    }
}

/// The alarm that a fault of a lane raises; none where a line in the feed is enough, or an exception follows.
fn of_fault(code: &str) -> Option<AlarmKind> {
    match code {
        "FAULT-BOOM-BROKEN" | "FAULT-BOOM-MOVED" | "FAULT-OPEN-TIMEOUT" | "FAULT-CLOSE-TIMEOUT" => {
            Some(AlarmKind::BoomFault)
        }
        "FAULT-HELD-TOO-LONG" => Some(AlarmKind::BoomUpTooLong),
        "FAULT-CAMERA" | "FAULT-READER" => Some(AlarmKind::Camera),
        "FAULT-CERTIFICATE" => Some(AlarmKind::Certificate),
        "FAULT-FIRE" => Some(AlarmKind::Fire),
        "FAULT-LOOP" => Some(AlarmKind::LoopStuck),
        "FAULT-OBSTRUCTED" => Some(AlarmKind::Obstructed),
        "FAULT-REPLAY" => Some(AlarmKind::ReplayedCommand),
        "FAULT-SPOOL" => Some(AlarmKind::Storage),
        "FAULT-TAILGATE" | "FAULT-UNAUTHORISED" | "FAULT-WRONG-WAY" => Some(AlarmKind::UnauthorisedPassage),
        _ => None,
    }
}

/// Two loops of a lane are two causes, a camera and its reader too.
fn subject_of(kind: AlarmKind, code: &str, params: &Params) -> String {
    match kind {
        AlarmKind::LoopStuck => params.get("position").cloned().unwrap_or_default(),
        AlarmKind::BoomFault | AlarmKind::Camera | AlarmKind::UnauthorisedPassage => code.to_owned(),
        AlarmKind::BlockedInside
        | AlarmKind::BlockedPlate
        | AlarmKind::BoomUpTooLong
        | AlarmKind::Certificate
        | AlarmKind::DeviceTrouble
        | AlarmKind::EventsGap
        | AlarmKind::Fire
        | AlarmKind::LaneLost
        | AlarmKind::Obstructed
        | AlarmKind::QueueGrowing
        | AlarmKind::ReplayedCommand
        | AlarmKind::Storage
        | AlarmKind::SubscriptionsEnding
        | AlarmKind::UnmatchedExits => String::new(),
    }
}
