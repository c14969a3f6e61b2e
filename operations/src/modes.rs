//! Modes of lanes: what people wish them to be for. The lane obeys in its own time, also without a network.

use boomgate_domain::ids::{LaneId, SiteId};
use boomgate_domain::lane_mode::LaneMode;
use boomgate_store::audit::{self, Actor, NewAudit};
use boomgate_store::audit_action::{AuditAction, BeforeAfter};
use boomgate_store::lane_modes::{self as stored, NewMode};
use boomgate_store::lanes::{self, LaneStatus};
use boomgate_store::live_event::{LiveEvent, ModeEvent};
use boomgate_store::{GenericClient, StoreError, commands, live_feed, sites};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::access::{Authorized, Grant, LanesMode};
use crate::error::OperationError;
use crate::unit::Unit;

/// Longest reason, in characters.
pub const LONGEST_REASON: usize = 300;

/// A hold shows in a lane's hellos after this time at the latest.
const UNSEEN: SignedDuration = SignedDuration::from_mins(1);

/// A mode may be set for so long at most; without an end it holds until another comes.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Which lanes of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// One.
    One(LaneId),
    /// All there are.
    All,
}

/// A mode that is wished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMode {
    /// What the lanes are to be for.
    pub mode: LaneMode,
    /// The user's reason.
    pub reason: String,
    /// From then on they are open again.
    pub until: Option<Timestamp>,
}

/// Sets the mode of one lane, or of all lanes of a site.
///
/// # Errors
/// No reason, or too long a one; an end that is past, too far, or of no use; `HOLD-ALL-NEEDED` where all lanes of a
/// direction would be open; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<LanesMode>,
    site: SiteId,
    which: Lanes,
    new: &SetMode,
) -> Result<(), OperationError> {
    let (reason, now) = (checked_reason(&new.reason)?, Timestamp::now());
    check_end(new, now)?;
    sites::lock(unit.tx(), site).await?;
    let all = lanes::list(unit.tx(), site).await?;
    let chosen: Vec<&LaneStatus> = all.iter().filter(|lane| which.contains(lane.id)).collect();
    if new.mode == LaneMode::FreeFlow {
        refuse_opening_a_direction(unit.tx(), site, |lane| which.contains(lane.id)).await?;
    }
    let wish =
        NewMode { mode: new.mode, reason: Some(reason), until: new.until, at: now, by: by.actor().user() };
    apply(unit, by, site, &chosen, &wish).await
}

impl Lanes {
    fn contains(self, lane: LaneId) -> bool {
        match self {
            Self::One(one) => one == lane,
            Self::All => true,
        }
    }
}

/// Writes a wish for these lanes, as far as they are not so already; the site's lock is held.
pub(crate) async fn apply<G: Grant>(
    unit: &Unit<'_>,
    by: &Authorized<G>,
    site: SiteId,
    lanes: &[&LaneStatus],
    wish: &NewMode,
) -> Result<(), OperationError> {
    let changed: Vec<&LaneStatus> = lanes
        .iter()
        .filter(|lane| lane.mode != wish.mode.as_str() || !same_time(lane.mode_until, wish.until))
        .copied()
        .collect();
    let ids: Vec<Uuid> = changed.iter().map(|lane| lane.id.as_uuid()).collect();
    stored::set(unit.tx(), site, &ids, wish).await?;
    for lane in changed {
        let mut line = by.audit_line(site, action(&lane.mode, wish));
        line.lane_id = Some(lane.id.as_uuid());
        let event = ModeEvent {
            wanted: wish.mode.into(),
            reported: reported(lane),
            until: wish.until,
            by: Some(by.actor().name.clone()),
            reason: wish.reason.clone(),
        };
        audit::insert_many(unit.tx(), &[line]).await?;
        live_feed::append(unit.tx(), site, wish.at, Some(lane.id), LiveEvent::Mode(event)).await?;
    }
    unit.wake_site(site);
    Ok(())
}

/// Columns keep microseconds.
fn same_time(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    one.map(Timestamp::as_microsecond) == other.map(Timestamp::as_microsecond)
}

fn action(before: &str, wish: &NewMode) -> AuditAction {
    AuditAction::LaneMode {
        mode: BeforeAfter(before.to_owned(), wish.mode.as_str().to_owned()),
        until: wish.until.map(|until| until.to_string()),
    }
}

/// What the lane said last that it is for.
fn reported(lane: &LaneStatus) -> Option<boomgate_store::words::LaneMode> {
    let hello = lane.hello.as_ref()?;
    boomgate_store::words::LaneMode::parse(hello["lane_mode"]["mode"].as_str()?)
}

/// A reason in 1 to [`LONGEST_REASON`] characters.
pub(crate) fn checked_reason(text: &str) -> Result<String, OperationError> {
    let reason = text.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let why = format!("say why, in 1 to {LONGEST_REASON} characters");
        return Err(OperationError::invalid("reason", why));
    }
    Ok(reason.to_owned())
}

fn check_end(new: &SetMode, now: Timestamp) -> Result<(), OperationError> {
    match new.until {
        Some(_) if new.mode == LaneMode::Open => {
            Err(OperationError::invalid("until", "an open lane stays open; leave the end out"))
        }
        Some(until) if until <= now => Err(OperationError::invalid("until", "is past")),
        Some(until) if until.duration_since(now) > LONGEST => {
            Err(OperationError::invalid("until", "is more than a year away"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Opening all lanes of a direction takes two people, also one lane after the other. The site's lock is held.
pub(crate) async fn refuse_opening_a_direction(
    tx: &impl GenericClient,
    site: SiteId,
    opens: impl Fn(&LaneStatus) -> bool,
) -> Result<(), OperationError> {
    let all = lanes::list(tx, site).await?;
    let held = commands::held_lately(tx, site, Timestamp::now() - UNSEEN).await?;
    let is_up = |lane: &LaneStatus| is_up(lane) || held.contains(&lane.id);
    for direction in ["entry", "exit"] {
        let of_it = || all.iter().filter(|lane| lane.direction == direction);
        // A lane without a device lets nobody through, and protects nothing.
        let with_device: Vec<&LaneStatus> = of_it().filter(|lane| lane.device_id.is_some()).collect();
        let counted = if with_device.is_empty() { of_it().collect() } else { with_device };
        let touched = of_it().any(&opens);
        if touched && counted.iter().all(|lane| opens(lane) || is_up(lane)) {
            let why = format!(
                "this would leave every {direction} open: ask for it by hold-all, which a second person confirms"
            );
            return Err(OperationError::conflict("HOLD-ALL-NEEDED", why));
        }
    }
    Ok(())
}

/// Wished to be up, or held as the lane last said.
fn is_up(lane: &LaneStatus) -> bool {
    let boom = lane.hello.as_ref().map_or(&Value::Null, |hello| &hello["boom"]);
    lane.mode == LaneMode::FreeFlow.as_str() || boom == "held"
}

/// Opens the lanes whose mode's time is over. How many it was. `tx` must be alone at this.
///
/// # Errors
/// The database's.
pub async fn end_due(tx: &impl GenericClient) -> Result<u64, StoreError> {
    for lane in stored::ended(tx).await? {
        sites::lock(tx, lane.site_id).await?;
    }
    // Under the locks: somebody may have wished for another mode meanwhile.
    let ended = stored::ended(tx).await?;
    for lane in &ended {
        sites::lock(tx, lane.site_id).await?;
        let (site, at) = (lane.site_id, Timestamp::now());
        let wish = NewMode { mode: LaneMode::Open, reason: None, until: None, at, by: None };
        stored::set(tx, site, &[lane.lane_id.as_uuid()], &wish).await?;
        let line = NewAudit {
            lane_id: Some(lane.lane_id.as_uuid()),
            ..NewAudit::now(site, Actor::Job, action(&lane.mode, &wish))
        };
        audit::insert_many(tx, &[line]).await?;
        let event =
            ModeEvent { wanted: wish.mode.into(), reported: None, until: None, by: None, reason: None };
        live_feed::append(tx, site, at, Some(lane.lane_id), LiveEvent::Mode(event)).await?;
    }
    Ok(ended.len() as u64)
}
