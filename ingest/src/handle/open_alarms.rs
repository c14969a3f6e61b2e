//! Alarms that are stored and open, by what they are about.

use std::collections::HashMap;

use boomgate_store::alarms::OpenAlarm;
use boomgate_store::words::AlarmKind;
use uuid::Uuid;

/// What an alarm is about: lane, kind, subject.
pub(super) type Cause = (Uuid, AlarmKind, String);

/// Those of the lanes of a batch.
#[derive(Debug, Default)]
pub(super) struct OpenAlarms(HashMap<Cause, Uuid>);

impl OpenAlarms {
    pub(super) fn new(rows: Vec<OpenAlarm>) -> Self {
        let cause =
            |row: OpenAlarm| Some(((row.lane_id?, AlarmKind::parse(&row.kind)?, row.subject), row.id));
        Self(rows.into_iter().filter_map(cause).collect())
    }

    pub(super) fn get(&self, cause: &Cause) -> Option<Uuid> {
        self.0.get(cause).copied()
    }

    pub(super) fn remove(&mut self, cause: &Cause) -> Option<Uuid> {
        self.0.remove(cause)
    }
}
