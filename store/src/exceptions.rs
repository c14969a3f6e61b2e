//! Exceptions for operators: each is a line in the audit and a row in the live feed; some raise an alarm.

use boomgate_domain::ids::{LaneId, SiteId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::alarms::{self, NewAlarm};
use crate::audit::{self, Actor, NewAudit};
use crate::audit_action::AuditAction;
use crate::error::StoreError;
use crate::live_event::{ExceptionEvent, LiveEvent};
use crate::words::{AlarmKind, ExceptionKind};
use crate::{live_feed, sites};

/// An exception to be raised.
#[derive(Clone, Debug, PartialEq)]
pub struct NewException {
    pub site: SiteId,
    pub lane: Option<LaneId>,
    /// Of the audit line.
    pub id: Uuid,
    pub at: Timestamp,
    /// As the audit says it; never with a plate.
    pub action: AuditAction,
    /// As people's screens say it.
    pub what: ExceptionKind,
    /// Whether it can wait: a notice, no exception.
    pub can_wait: bool,
}

/// Writes it; takes the site's lock. Call [`live_feed::wake`] after the commit.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn raise(tx: &crate::Transaction<'_>, new: &NewException) -> Result<(), StoreError> {
    sites::lock(tx, new.site).await?;
    let line = NewAudit {
        site_id: new.site.as_uuid(),
        id: new.id,
        at: new.at,
        actor: Actor::Server,
        action: new.action.clone(),
        lane_id: new.lane.map(|lane| lane.as_uuid()),
        arrival_id: None,
        stay_id: None,
        command_id: None,
        request_id: None,
        personal: None,
    };
    audit::insert_many(tx, &[line]).await?;
    let detail = Some(new.action.to_row().1);
    let event = ExceptionEvent { what: new.what, arrival: None, stay: None, detail };
    let event = if new.can_wait { LiveEvent::Notice(event) } else { LiveEvent::Exception(event) };
    live_feed::append(tx, new.site, new.at, new.lane, event).await?;
    match alarms::of_exception(new.what).filter(|_| !new.can_wait) {
        Some(kind) => alarms::raise(tx, alarm(new, kind)).await.map(drop),
        None => Ok(()),
    }
}

fn alarm(new: &NewException, kind: AlarmKind) -> NewAlarm {
    NewAlarm {
        site_id: new.site.as_uuid(),
        id: Uuid::now_v7(),
        lane_id: new.lane.map(|lane| lane.as_uuid()),
        kind,
        subject: alarms::subject_of(new.what, kind).to_owned(),
        code: None,
        params: new.action.to_row().1,
        raised_at: new.at,
        last_at: new.at,
        times: 1,
        closed_at: None,
    }
}
