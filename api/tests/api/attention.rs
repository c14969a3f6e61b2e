//! What people must see to, as a test needs it.

use boomgate_store::alarms::NewAlarm;
use boomgate_store::batch::Writes;
use boomgate_store::hold_all::{self, NewHoldAll};
use boomgate_store::words::{AlarmKind, HoldAllAction, LaneDirection};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::test_app::TestApp;

impl TestApp {
    /// An alarm of the entry, as ingest raises it.
    pub async fn alarm(&self, kind: &str) -> Uuid {
        let now = Timestamp::now();
        let alarm = NewAlarm {
            site_id: self.site.as_uuid(),
            id: Uuid::now_v7(),
            lane_id: Some(self.entry.as_uuid()),
            kind: AlarmKind::parse(kind).unwrap(),
            subject: Uuid::now_v7().to_string(),
            code: None,
            params: json!({}),
            raised_at: now,
            last_at: now,
            times: 1,
            closed_at: None,
        };
        let id = alarm.id;
        self.write(Writes { alarms: vec![alarm], ..Writes::default() }).await;
        id
    }

    /// A request of somebody to hold the entries open.
    pub async fn hold_all(&self) -> Uuid {
        let (at, somebody) = (Timestamp::now(), self.person("operator").await);
        let new = NewHoldAll {
            site: self.site,
            id: Uuid::now_v7(),
            direction: LaneDirection::Entry,
            action: HoldAllAction::Hold,
            reason: "concert".into(),
            by: somebody.id,
            at,
            expires_at: at + SignedDuration::from_mins(5),
        };
        hold_all::insert(&self.db.pool.get().await.unwrap(), &new).await.unwrap();
        new.id
    }
}
