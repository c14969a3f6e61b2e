//! The fold: applies events one after the other to the batch's state in memory, which becomes one transaction.
//!
//! ```text
//!   facts ──► World ── event, event, event … ──► Writes + orders to send after the commit
//! ```
//!
//! No I/O and no clock: time and facts come in. A decision is a proposal; only a passage opens or closes a stay and
//! changes the number of cars inside. Events may come late and out of order: each kind finds its place by ids and
//! times, so that any order leads to the same stays.

mod alarms;
mod arrivals;
mod audit_feed;
mod batch_state;
mod contradictions;
pub(crate) mod device_view;
mod event_context;
mod numbers;
mod open_alarms;
pub(crate) mod orders;
mod passages;
mod rights;
pub(crate) mod seq_set;
mod subscribed;

use boomgate_schemas::up::{Answer, ClockState, CommandResult, Event, EventBody};
use boomgate_store::StoreError;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::commands::Settled;
use boomgate_store::events::NewEvent;
use boomgate_store::live_event::{BoomEvent, CommandEvent, FaultEvent, LiveEvent};
use boomgate_store::words::ExceptionKind;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) use batch_state::{BatchState, ReferenceData};
use event_context::EventContext;

use crate::directory::Device;
use crate::names;

/// A lane's wall time is accepted within this window around ours.
const ACCEPTED_PAST: SignedDuration = SignedDuration::from_hours(24 * 90);
const ACCEPTED_FUTURE: SignedDuration = SignedDuration::from_secs(60);

impl BatchState<'_> {
    /// Takes one event in.
    ///
    /// # Errors
    /// [`StoreError::Stored`]: a stored value cannot be read. The state is then incomplete and must be discarded.
    pub(crate) fn apply(
        &mut self,
        device: &Device,
        event: &Event,
        received_at: Timestamp,
    ) -> Result<(), StoreError> {
        let at = self.occurred_at(device, event, received_at);
        let context = EventContext { device, event, at, received_at };
        self.keep_event(&context);
        self.applied.insert((device.id.as_uuid(), event.id));
        metrics::counter!("boomgate_ingest_events_total", "kind" => names::kind(&event.body)).increment(1);
        if let Some(what) = self.contradiction(&context) {
            self.exception(&context, what, None);
            return Ok(());
        }
        match &event.body {
            EventBody::Arrival(arrival) => self.arrival(&context, arrival)?,
            EventBody::Decided(decided) => self.decided_locally(&context, decided),
            EventBody::Passage(passage) => self.passage(&context, passage),
            EventBody::Result(result) => self.answered(&context, result),
            EventBody::Fault(fault) => {
                let (code, params, raised) = (fault.code.clone(), fault.params.clone(), fault.raised);
                let action = AuditAction::LaneFault { code: code.clone(), params: params.clone(), raised };
                self.audit(&context, action, |_| ());
                self.publish(&context, LiveEvent::Fault(FaultEvent { code, params, raised }));
                self.fault_alarm(&context, fault);
            }
            EventBody::Boom(boom) => {
                let (state, cause) = (names::boom(boom.state), Some(boom.cause.clone()));
                self.publish(&context, LiveEvent::Boom(BoomEvent { state, cause }));
            }
            EventBody::Gap(gap) => {
                let what = ExceptionKind::Gap;
                let (first, last, reason) = (gap.first, gap.last, gap.reason.clone());
                self.finding(&context, what, AuditAction::EventsGap { what, first, last, reason });
            }
        }
        Ok(())
    }

    /// Reckoned from the lane's uptime at its last hello, if the event is of the same start: no wall clock has a say in
    /// how old it is. Of an earlier start, the lane's wall time if it is within the accepted window, else ours.
    pub(crate) fn occurred_at(&self, device: &Device, event: &Event, received_at: Timestamp) -> Timestamp {
        let earliest = received_at.checked_sub(ACCEPTED_PAST).unwrap_or(Timestamp::MIN);
        let latest = received_at.checked_add(ACCEPTED_FUTURE).unwrap_or(Timestamp::MAX);
        let reported =
            Timestamp::from_millisecond(event.at_ms).ok().filter(|_| event.clock == ClockState::Synced);
        let reckoned = self.reckoned(device, event).filter(|at| *at >= earliest);
        let accepted = reckoned.or_else(|| reported.filter(|at| *at >= earliest && *at <= latest));
        accepted.map_or(received_at, |at| at.min(received_at))
    }

    fn reckoned(&self, device: &Device, event: &Event) -> Option<Timestamp> {
        let facts = &self.devices.get(&device.id.as_uuid())?.facts;
        if facts.boot? != i64::from(event.boot) {
            return None;
        }
        let ahead = i64::try_from(event.uptime_ms).ok()?.checked_sub(facts.uptime_ms?)?;
        facts.heard_at?.checked_add(SignedDuration::from_millis(ahead)).ok()
    }

    fn keep_event(&mut self, context: &EventContext<'_>) {
        let event = context.event;
        self.out.events.push(NewEvent {
            site_id: context.device.site.as_uuid(),
            id: event.id,
            lane_id: context.device.lane.as_uuid(),
            device_id: context.device.id.as_uuid(),
            seq: event.seq.cast_signed(),
            boot: i64::from(event.boot),
            kind: names::kind(&event.body),
            arrival_id: arrival_of(&event.body),
            occurred_at: context.at,
            clock: names::clock(event.clock),
            uptime_ms: i64::try_from(event.uptime_ms).unwrap_or(i64::MAX),
            received_at: context.received_at,
            body: written(&event.body),
        });
    }

    /// The lane's answer to an order.
    fn answered(&mut self, context: &EventContext<'_>, result: &CommandResult) {
        let state = names::answer(result.result);
        let site_id = context.device.site.as_uuid();
        // An order that is over stays as it ended, and another lane's is none of this device's business.
        let answered = self.lane_answered(context.device, result.command);
        if let Some(order) = &answered {
            let (id, code) = (order.id, result.code.clone());
            self.out.settled.push(Settled { site_id, id, state, code, at: context.received_at });
        }
        // A look through the camera is one line: that somebody asked for it.
        if !answered.is_some_and(|order| order.is_preview()) {
            let action =
                AuditAction::CommandAnswered { state, code: result.code.clone(), counter: result.counter };
            self.audit(context, action, |line| line.command_id = Some(result.command));
        }
        // That an order was obeyed shows in the boom; screens are told of what was not.
        if result.result != Answer::Done {
            let event = CommandEvent {
                command: result.command,
                state: Some(state),
                code: result.code.clone(),
                params: result.params.clone(),
                ..CommandEvent::default()
            };
            self.publish(context, LiveEvent::Command(event));
        }
    }
}

/// The arrival an event is about.
pub(crate) fn arrival_of(body: &EventBody) -> Option<uuid::Uuid> {
    match body {
        EventBody::Arrival(arrival) => Some(arrival.arrival),
        EventBody::Decided(decided) => Some(decided.arrival),
        EventBody::Passage(passage) => passage.arrival,
        EventBody::Result(_) | EventBody::Fault(_) | EventBody::Boom(_) | EventBody::Gap(_) => None,
    }
}

/// The body in JSON: byte strings of ids and hashes as hex, so that people can read history.
fn written(body: &EventBody) -> Value {
    match body {
        EventBody::Arrival(arrival) => json!({
            "arrival": arrival.arrival, "direction": names::direction(arrival.direction),
            "reading": arrival.reading, "evidence": arrival.evidence.map(|hash| hash.to_string()),
            "vehicle_type": arrival.vehicle_type,
        }),
        EventBody::Decided(decided) => json!({
            "arrival": decided.arrival, "outcome": names::local_outcome(decided.outcome), "code": decided.code,
            "params": decided.params,
        }),
        EventBody::Passage(passage) => json!({
            "arrival": passage.arrival, "direction": names::direction(passage.direction),
            "kind": names::passage(passage.kind),
        }),
        EventBody::Result(result) => json!({
            "command": result.command, "counter": result.counter, "result": names::answer(result.result),
            "code": result.code, "params": result.params,
        }),
        EventBody::Fault(fault) => {
            json!({ "code": fault.code, "params": fault.params, "raised": fault.raised })
        }
        EventBody::Boom(boom) => json!({ "state": names::boom(boom.state), "cause": boom.cause }),
        EventBody::Gap(gap) => json!({ "first": gap.first, "last": gap.last, "reason": gap.reason }),
    }
}
