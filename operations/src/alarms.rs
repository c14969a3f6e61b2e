//! Alarms: acknowledged, closed, and those that no event raises: lanes that are not heard, queues that grow.

use boomgate_domain::ids::{AlarmId, LaneId, SiteId, UserId};
use boomgate_store::alarms::{self as stored, AlarmRow, LaneSince, NewAlarm, OpenAlarm};
use boomgate_store::audit::{self, Actor, NewAudit};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::live_event::{AlarmEvent, LiveEvent};
use boomgate_store::words::{AlarmKind, AlarmState};
use boomgate_store::{GenericClient, StoreError, live_feed, sites};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::access::{AlarmsSettle, Authorized};
use crate::error::OperationError;
use crate::unit::Unit;

/// Longest note, in characters.
pub const LONGEST_NOTE: usize = 500;

/// A lane that was not heard for so long is lost.
pub const SILENCE: SignedDuration = SignedDuration::from_secs(60);

/// A queue may be long for this time.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// After a pause of the watch that is longer, lanes get [`SILENCE`] to be heard again.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(45);

/// Alarms of faults that a lane names in its hellos while they last.
const LASTING: [AlarmKind; 8] = [
    AlarmKind::BoomFault,
    AlarmKind::BoomUpTooLong,
    AlarmKind::Camera,
    AlarmKind::Certificate,
    AlarmKind::Fire,
    AlarmKind::LoopStuck,
    AlarmKind::Obstructed,
    AlarmKind::Storage,
];

/// Says that one sees to an alarm. Again by the same person, nothing happens.
///
/// # Errors
/// `ALARM-ACKNOWLEDGED` by somebody else, `ALARM-CLOSED`; an unknown alarm; the database's.
pub async fn acknowledge(
    unit: &Unit<'_>,
    by: &Authorized<AlarmsSettle>,
    site: SiteId,
    id: AlarmId,
) -> Result<AlarmRow, OperationError> {
    let alarm = open_alarm(unit.tx(), site, id).await?;
    let person = person(by)?;
    match (alarm.acknowledged_by, &alarm.acknowledged_name) {
        (Some(before), _) if before == person => return Ok(alarm),
        (Some(_), name) => {
            let name = name.as_deref().unwrap_or("somebody");
            return Err(OperationError::conflict("ALARM-ACKNOWLEDGED", format!("{name} sees to it already")));
        }
        (None, _) => {}
    }
    let what = kind(&alarm)?;
    stored::acknowledge(unit.tx(), (site, id), Timestamp::now(), person).await?;
    let action = AuditAction::AlarmAcknowledged { alarm: id.as_uuid(), what };
    follow_up(unit, by, &alarm, action, AlarmState::Acknowledged).await
}

/// Closes an alarm, with a note on what was found or done.
///
/// # Errors
/// No note, or too long a one; `ALARM-CLOSED`; an unknown alarm; the database's.
pub async fn close(
    unit: &Unit<'_>,
    by: &Authorized<AlarmsSettle>,
    site: SiteId,
    id: AlarmId,
    note: &str,
) -> Result<AlarmRow, OperationError> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > LONGEST_NOTE {
        let why = format!("say what was found or done, in 1 to {LONGEST_NOTE} characters");
        return Err(OperationError::invalid("note", why));
    }
    let alarm = open_alarm(unit.tx(), site, id).await?;
    let what = kind(&alarm)?;
    stored::close(unit.tx(), (site, id), Timestamp::now(), person(by)?, note).await?;
    let action = AuditAction::AlarmClosed { alarm: id.as_uuid(), what };
    follow_up(unit, by, &alarm, action, AlarmState::Closed).await
}

/// The alarm under its site's lock: of two people who settle it at once, one sees what the other did.
async fn open_alarm(tx: &impl GenericClient, site: SiteId, id: AlarmId) -> Result<AlarmRow, OperationError> {
    sites::lock(tx, site).await?;
    let alarm = stored::get(tx, site, id).await?;
    if alarm.closed_at.is_none() {
        return Ok(alarm);
    }
    let why = match &alarm.closed_name {
        Some(name) => format!("{name} closed it already"),
        None => "it closed by itself: the cause is over".to_owned(),
    };
    Err(OperationError::conflict("ALARM-CLOSED", why))
}

async fn follow_up(
    unit: &Unit<'_>,
    by: &Authorized<AlarmsSettle>,
    alarm: &AlarmRow,
    action: AuditAction,
    state: AlarmState,
) -> Result<AlarmRow, OperationError> {
    let mut line = by.audit_line(alarm.site_id, action);
    line.lane_id = alarm.lane_id.map(|lane| lane.as_uuid());
    let at = line.at;
    audit::insert_many(unit.tx(), &[line]).await?;
    let event = AlarmEvent {
        by: Some(by.actor().name.clone()),
        ..AlarmEvent::of(alarm.id.as_uuid(), AlarmKind::parse(&alarm.kind), state)
    };
    live_feed::append(unit.tx(), alarm.site_id, at, alarm.lane_id, LiveEvent::Alarm(event)).await?;
    unit.wake_site(alarm.site_id);
    Ok(stored::get(unit.tx(), alarm.site_id, alarm.id).await?)
}

/// An alarm is settled in the name of a person; a key acts for its maker.
fn person(by: &Authorized<AlarmsSettle>) -> Result<UserId, OperationError> {
    let why = "an alarm is settled by a person";
    by.actor().user().ok_or_else(|| OperationError::unacceptable("PERSON-NEEDED", why))
}

fn kind(alarm: &AlarmRow) -> Result<AlarmKind, OperationError> {
    let unknown = || OperationError::Broken(format!("the stored alarm {} is none", alarm.kind));
    AlarmKind::parse(&alarm.kind).ok_or_else(unknown)
}

/// Raises alarms of lanes that are not heard and of queues that grow, and closes those whose cause is over. How many it
/// was. `tx` must be alone at this.
///
/// # Errors
/// The database's.
pub async fn watch(tx: &impl GenericClient) -> Result<u64, StoreError> {
    let mut changed = 0;
    for open in stored::over(tx, SILENCE, &LASTING).await? {
        sites::lock(tx, SiteId::from_uuid(open.site_id)).await?;
        changed += u64::from(end(tx, &open).await?);
    }
    // A server that was away has heard no lane meanwhile.
    if stored::watched_for(tx, LONGEST_PAUSE).await? < SILENCE {
        return Ok(changed);
    }
    for lane in stored::lost_lanes(tx, SILENCE).await? {
        changed += u64::from(raise(tx, AlarmKind::LaneLost, &lane).await?);
    }
    for lane in stored::grown_queues(tx, PATIENCE, SILENCE).await? {
        changed += u64::from(raise(tx, AlarmKind::QueueGrowing, &lane).await?);
    }
    Ok(changed)
}

async fn end(tx: &impl GenericClient, open: &OpenAlarm) -> Result<bool, StoreError> {
    let ended = stored::end(tx, open, Timestamp::now()).await?;
    if ended {
        tracing::info!(alarm.id = %open.id, alarm.kind = open.kind, "alarm closed: its cause is over");
    }
    Ok(ended)
}

async fn raise(tx: &impl GenericClient, what: AlarmKind, lane: &LaneSince) -> Result<bool, StoreError> {
    sites::lock(tx, lane.site_id).await?;
    let now = Timestamp::now();
    let new = NewAlarm {
        site_id: lane.site_id.as_uuid(),
        id: Uuid::now_v7(),
        lane_id: Some(lane.lane_id.as_uuid()),
        kind: what,
        subject: String::new(),
        code: None,
        params: json!({ "since": lane.since.to_string() }),
        raised_at: now,
        last_at: now,
        times: 1,
        closed_at: None,
    };
    let Some(alarm) = stored::raise(tx, new).await? else { return Ok(false) };
    audit::insert_many(tx, &[line(lane.site_id, lane.lane_id, AuditAction::AlarmRaised { alarm, what })])
        .await?;
    tracing::warn!(alarm.id = %alarm, alarm.kind = %what, lane.id = %lane.lane_id, since = %lane.since, "alarm raised");
    Ok(true)
}

fn line(site: SiteId, lane: LaneId, action: AuditAction) -> NewAudit {
    NewAudit { lane_id: Some(lane.as_uuid()), ..NewAudit::now(site, Actor::Server, action) }
}
