//! Audit lines and rows of the numbered live feed that a batch writes.

use boomgate_store::audit::{Actor, NewAudit};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::live_event::{ExceptionEvent, LiveEvent};
use boomgate_store::live_feed::NewLive;
use boomgate_store::words::ExceptionKind;
use serde_json::json;
use uuid::Uuid;

use super::{BatchState, EventContext};
use crate::clock;

impl BatchState<'_> {
    /// One line of the audit, as the server's doing; `fill` adds what it is about.
    pub(super) fn audit(
        &mut self,
        context: &EventContext<'_>,
        action: AuditAction,
        fill: impl FnOnce(&mut NewAudit),
    ) {
        let mut line = NewAudit {
            site_id: context.device.site.as_uuid(),
            id: clock::new_id(),
            at: context.received_at,
            actor: Actor::Server,
            action,
            lane_id: Some(context.device.lane.as_uuid()),
            arrival_id: super::arrival_of(&context.event.body),
            stay_id: None,
            command_id: None,
            request_id: None,
            personal: None,
        };
        fill(&mut line);
        self.out.audit.push(line);
    }

    /// One row of the live feed under the site's next number.
    pub(super) fn publish(&mut self, context: &EventContext<'_>, event: LiveEvent) {
        let site_id = context.device.site.as_uuid();
        let Some(site) = self.sites.get_mut(&site_id) else { return };
        site.facts.live_no = site.facts.live_no.saturating_add(1);
        site.changed = true;
        let (no, lane_id) = (site.facts.live_no, Some(context.device.lane.as_uuid()));
        self.out.live.push(NewLive { site_id, no, at: context.at, lane_id, event });
    }

    /// Something a person should look at: in the feed and in the audit.
    pub(super) fn exception(&mut self, context: &EventContext<'_>, what: ExceptionKind, stay: Option<Uuid>) {
        let arrival = super::arrival_of(&context.event.body);
        self.audit(context, AuditAction::Exception { what }, |line| line.stay_id = stay);
        self.publish(context, LiveEvent::Exception(ExceptionEvent { what, arrival, stay, detail: None }));
        self.exception_alarm(context, what, json!({}));
        metrics::counter!("boomgate_ingest_exceptions_total", "what" => what.as_str()).increment(1);
    }

    /// The same with what was found, which the audit says in full.
    pub(super) fn finding(&mut self, context: &EventContext<'_>, what: ExceptionKind, action: AuditAction) {
        let detail = action.to_row().1;
        self.audit(context, action, |_| ());
        let event = ExceptionEvent { what, arrival: None, stay: None, detail: Some(detail.clone()) };
        self.publish(context, LiveEvent::Exception(event));
        self.exception_alarm(context, what, detail);
    }
}
