//! Audit lines and rows of the numbered live feed that a batch writes.

use boomgate_store::audit::{Actor, NewAudit};
use boomgate_store::live_feed::NewLive;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Scene, World};
use crate::clock;

impl World<'_> {
    /// One audit line with the server as actor; `fill` adds the subject.
    pub(super) fn audit(
        &mut self,
        scene: &Scene<'_>,
        action: &'static str,
        fill: impl FnOnce(&mut NewAudit),
    ) {
        let mut line = NewAudit {
            site_id: scene.device.site.as_uuid(),
            id: clock::new_id(),
            at: scene.received_at,
            actor: Actor::Server,
            action,
            lane_id: Some(scene.device.lane.as_uuid()),
            arrival_id: super::arrival_of(&scene.event.body),
            stay_id: None,
            command_id: None,
            detail: Value::Object(serde_json::Map::new()),
            personal: None,
        };
        fill(&mut line);
        self.out.audit.push(line);
    }

    /// One row of the live feed under the site's next number.
    pub(super) fn tell(&mut self, scene: &Scene<'_>, kind: &'static str, body: Value) {
        let site_id = scene.device.site.as_uuid();
        let Some(site) = self.sites.get_mut(&site_id) else { return };
        site.facts.live_no = site.facts.live_no.saturating_add(1);
        site.changed = true;
        let (no, lane_id) = (site.facts.live_no, Some(scene.device.lane.as_uuid()));
        self.out.live.push(NewLive { site_id, no, at: scene.at, kind, lane_id, body });
    }

    /// An exception for operators: in the live feed and in the audit.
    pub(super) fn exception(&mut self, scene: &Scene<'_>, what: &'static str, stay: Option<Uuid>) {
        let arrival = super::arrival_of(&scene.event.body);
        self.audit(scene, "exception", |line| {
            line.stay_id = stay;
            line.detail = json!({ "what": what });
        });
        self.tell(scene, "exception", json!({ "what": what, "arrival": arrival, "stay": stay }));
        metrics::counter!("boomgate_ingest_exceptions_total", "what" => what).increment(1);
    }
}
