//! Alarms, with what became of each.

use boomgate_domain::reason::Lang;
use boomgate_store::alarms::AlarmRow;
use boomgate_store::words::{AlarmKind, AlarmState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::texts;
use crate::error::{ApiError, unknown};
use crate::request::SafeText;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alarm {
    id: Uuid,
    site: AlarmSite,
    lane: Option<AlarmLane>,
    kind: AlarmKind,
    state: AlarmState,
    /// In the language of the request.
    text: String,
    /// Stable code of the reason, where the cause has one.
    code: Option<String>,
    /// Of the reason, or ids, numbers and words of what was found.
    #[schema(value_type = Object)]
    params: Value,
    raised_at: Timestamp,
    /// When the cause was last heard of.
    last_at: Timestamp,
    /// How often, while this alarm was open.
    times: i32,
    /// Who sees to it.
    acknowledged: Option<AlarmStep>,
    closed: Option<AlarmStep>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmSite {
    id: Uuid,
    code: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmLane {
    id: Uuid,
    code: String,
    name: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AlarmStep {
    at: Timestamp,
    /// Null where it closed by itself.
    by: Option<AlarmPerson>,
    /// In the person's words.
    note: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AlarmPerson {
    id: Uuid,
    name: String,
}

/// One thing that happened to an alarm.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmHistory {
    what: AlarmChange,
    #[serde(flatten)]
    step: AlarmStep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlarmChange {
    Raised,
    /// The cause came again, for the last time so far.
    Repeated,
    Acknowledged,
    Closed,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmDetail {
    #[serde(flatten)]
    alarm: Alarm,
    /// The oldest first.
    history: Vec<AlarmHistory>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseAlarm {
    /// What was found or done.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    pub(crate) note: SafeText,
}

impl Alarm {
    pub(crate) fn of(row: AlarmRow, lang: Lang) -> Result<Self, ApiError> {
        let kind = AlarmKind::parse(&row.kind).ok_or_else(|| unknown("alarms.kind", &row.kind))?;
        let (state, text) = (row.state(), text(kind, &row, lang));
        let person = |id: Option<Uuid>, name: Option<String>| {
            id.map(|id| AlarmPerson { id, name: name.unwrap_or_default() })
        };
        let closer = person(row.closed_by.map(|id| id.as_uuid()), row.closed_name);
        let seer = person(row.acknowledged_by.map(|id| id.as_uuid()), row.acknowledged_name);
        let lane = row.lane_id.zip(row.lane_code).zip(row.lane_name);
        Ok(Self {
            id: row.id.as_uuid(),
            site: AlarmSite { id: row.site_id.as_uuid(), code: row.site_code },
            lane: lane.map(|((id, code), name)| AlarmLane { id: id.as_uuid(), code, name }),
            kind,
            state,
            text,
            code: row.code,
            params: row.params,
            raised_at: row.raised_at,
            last_at: row.last_at,
            times: row.times,
            acknowledged: row.acknowledged_at.map(|at| AlarmStep { at, by: seer, note: None }),
            closed: row.closed_at.map(|at| AlarmStep { at, by: closer, note: row.note }),
        })
    }
}

impl AlarmDetail {
    pub(crate) fn of(row: AlarmRow, lang: Lang) -> Result<Self, ApiError> {
        let alarm = Alarm::of(row, lang)?;
        let plain = |at| Some(AlarmStep { at, by: None, note: None });
        let again = if alarm.times > 1 { plain(alarm.last_at) } else { None };
        let mut history: Vec<AlarmHistory> = [
            (AlarmChange::Raised, plain(alarm.raised_at)),
            (AlarmChange::Repeated, again),
            (AlarmChange::Acknowledged, alarm.acknowledged.clone()),
            (AlarmChange::Closed, alarm.closed.clone()),
        ]
        .into_iter()
        .filter_map(|(what, step)| step.map(|step| AlarmHistory { what, step }))
        .collect();
        history.sort_by_key(|one| one.step.at);
        Ok(Self { alarm, history })
    }
}

/// The reason in words; for what has none, the kind in words.
fn text(kind: AlarmKind, row: &AlarmRow, lang: Lang) -> String {
    match &row.code {
        Some(code) => texts::stored_reason(code, &row.params, lang),
        None => texts::alarm(kind, lang).to_owned(),
    }
}
