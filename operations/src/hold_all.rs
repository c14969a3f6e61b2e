//! All lanes of a direction held open: one person asks, another confirms within minutes, and one releases.

use boomgate_domain::ids::{CommandId, SiteId, UserId};
use boomgate_domain::lane_mode::LaneMode;
use boomgate_store::audit;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::hold_all::{self as stored, HoldAllRow, NewHoldAll};
use boomgate_store::lane_modes::NewMode;
use boomgate_store::lanes::{self, LaneStatus};
use boomgate_store::live_event::{HoldAllEvent, LiveEvent};
use boomgate_store::manual::{self, ManualOrder};
use boomgate_store::words::{CommandAction, HoldAllAction, HoldAllState, LaneDirection};
use boomgate_store::{GenericClient, live_feed, sites};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::access::{Authorized, LanesHoldAll};
use crate::error::OperationError;
use crate::modes;
use crate::unit::Unit;

/// A request waits so long for its second person.
pub const CONFIRM_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskHoldAll {
    /// Which lanes.
    pub direction: LaneDirection,
    /// How.
    pub action: HoldAllAction,
    /// The user's reason.
    pub reason: String,
}

/// Asks for all lanes of a direction to be held open. Nothing moves before another person confirms it.
///
/// # Errors
/// No reason, or too long a one; `NO-LANES`; the database's.
pub async fn request(
    unit: &Unit<'_>,
    by: &Authorized<LanesHoldAll>,
    site: SiteId,
    ask: AskHoldAll,
) -> Result<HoldAllRow, OperationError> {
    let (tx, at) = (unit.tx(), Timestamp::now());
    let AskHoldAll { direction, action, reason } = ask;
    let reason = modes::checked_reason(&reason)?;
    sites::lock(tx, site).await?;
    of_direction(tx, site, direction).await?;
    let (id, expires_at) = (Uuid::now_v7(), at + CONFIRM_WITHIN);
    let new = NewHoldAll { site, id, direction, action, reason, by: person(by)?, at, expires_at };
    stored::insert(tx, &new).await?;
    let (words, action) = (direction.to_string(), action.to_string());
    let line = AuditAction::HoldAllRequested { request: id, direction: words, action };
    audit::insert_many(tx, &[by.audit_line(site, line)]).await?;
    let row = stored::get(tx, site, id).await?;
    publish(unit, by, &row, HoldAllState::Requested, at).await?;
    Ok(row)
}

/// Confirms what another person asked for, and does it.
///
/// # Errors
/// An unknown request; `HOLD-ALL-CONFIRMED`, `HOLD-ALL-EXPIRED`; `SECOND-PERSON-NEEDED` for whoever asked; the database's.
pub async fn confirm(
    unit: &Unit<'_>,
    by: &Authorized<LanesHoldAll>,
    site: SiteId,
    id: Uuid,
) -> Result<HoldAllRow, OperationError> {
    let (tx, at) = (unit.tx(), Timestamp::now());
    sites::lock(tx, site).await?;
    let row = stored::get(tx, site, id).await?;
    let second = person(by)?;
    refuse_unless_waiting(&row, second, at)?;
    stored::confirm(tx, (site, id), second, at).await?;
    let action = AuditAction::HoldAllConfirmed {
        request: id,
        direction: row.direction.clone(),
        action: row.action.clone(),
        requested_by: row.requested_by.as_uuid(),
    };
    audit::insert_many(tx, &[by.audit_line(site, action)]).await?;
    let (direction, action) = words(&row)?;
    let lanes = of_direction(tx, site, direction).await?;
    match action {
        HoldAllAction::Hold => order(unit, by, &lanes, CommandAction::Hold, &row.reason).await?,
        HoldAllAction::FreeFlow => wish(unit, by, &lanes, LaneMode::FreeFlow, &row.reason).await?,
    }
    let row = stored::get(tx, site, id).await?;
    publish(unit, by, &row, HoldAllState::Confirmed, at).await?;
    Ok(row)
}

/// Releases all lanes of a direction: holds end, and lanes in free flow are open again. One person may.
///
/// # Errors
/// No reason, or too long a one; `NO-LANES`; the database's.
pub async fn release(
    unit: &Unit<'_>,
    by: &Authorized<LanesHoldAll>,
    site: SiteId,
    direction: LaneDirection,
    reason: &str,
) -> Result<(), OperationError> {
    let (tx, at) = (unit.tx(), Timestamp::now());
    let reason = modes::checked_reason(reason)?;
    sites::lock(tx, site).await?;
    let lanes = of_direction(tx, site, direction).await?;
    let flowing = |lane: &&LaneStatus| lane.mode == LaneMode::FreeFlow.as_str();
    let free: Vec<LaneStatus> = lanes.iter().filter(flowing).cloned().collect();
    wish(unit, by, &free, LaneMode::Open, &reason).await?;
    order(unit, by, &lanes, CommandAction::Release, &reason).await?;
    let action = AuditAction::HoldAllReleased { direction: direction.to_string() };
    audit::insert_many(tx, &[by.audit_line(site, action)]).await?;
    let event = HoldAllEvent {
        request: None,
        direction,
        action: HoldAllAction::Hold,
        state: HoldAllState::Released,
        by: by.actor().name.clone(),
        reason,
        expires_at: None,
    };
    live_feed::append(tx, site, at, None, LiveEvent::HoldAll(event)).await?;
    unit.wake_site(site);
    Ok(())
}

/// A person who acts by a browser; keys never hold this permission.
fn person(by: &Authorized<LanesHoldAll>) -> Result<UserId, OperationError> {
    let why = "holding all lanes open is asked for and confirmed by persons";
    by.actor().user().ok_or_else(|| OperationError::unacceptable("PERSON-NEEDED", why))
}

fn refuse_unless_waiting(row: &HoldAllRow, second: UserId, at: Timestamp) -> Result<(), OperationError> {
    if row.confirmed_at.is_some() {
        let name = row.confirmed_name.as_deref().unwrap_or("somebody");
        return Err(OperationError::conflict("HOLD-ALL-CONFIRMED", format!("{name} confirmed it already")));
    }
    if row.expires_at <= at {
        let why = "nobody confirmed it in time; ask again";
        return Err(OperationError::conflict("HOLD-ALL-EXPIRED", why));
    }
    if row.requested_by == second {
        let why = "you asked for it: another person must confirm";
        return Err(OperationError::conflict("SECOND-PERSON-NEEDED", why));
    }
    Ok(())
}

/// The lanes of a direction; at least one.
async fn of_direction(
    tx: &impl GenericClient,
    site: SiteId,
    direction: LaneDirection,
) -> Result<Vec<LaneStatus>, OperationError> {
    let all = lanes::list(tx, site).await?;
    let lanes: Vec<LaneStatus> =
        all.into_iter().filter(|lane| lane.direction == direction.as_str()).collect();
    if lanes.is_empty() {
        return Err(OperationError::unacceptable("NO-LANES", format!("the site has no {direction}")));
    }
    Ok(lanes)
}

async fn wish(
    unit: &Unit<'_>,
    by: &Authorized<LanesHoldAll>,
    lanes: &[LaneStatus],
    mode: LaneMode,
    reason: &str,
) -> Result<(), OperationError> {
    let Some(first) = lanes.first() else { return Ok(()) };
    let at = Timestamp::now();
    let wish = NewMode { mode, reason: Some(reason.to_owned()), until: None, at, by: by.actor().user() };
    modes::apply(unit, by, first.site_id, &lanes.iter().collect::<Vec<_>>(), &wish).await
}

/// One order to each lane that has a device.
async fn order(
    unit: &Unit<'_>,
    by: &Authorized<LanesHoldAll>,
    lanes: &[LaneStatus],
    action: CommandAction,
    reason: &str,
) -> Result<(), OperationError> {
    let code = if action == CommandAction::Hold { "OPEN-MANUAL" } else { "DENY-MANUAL" };
    for lane in lanes.iter().filter(|lane| lane.device_id.is_some()) {
        let order = ManualOrder {
            site: lane.site_id,
            lane: lane.id,
            command: CommandId::from_uuid(Uuid::now_v7()),
            arrival: None,
            action,
            code: code.to_owned(),
            by: by.requested_by(),
            reason: reason.to_owned(),
            at: Timestamp::now(),
        };
        manual::order(unit.tx(), &order).await?;
        unit.wake_lane(lane.site_id, lane.id);
    }
    Ok(())
}

fn words(row: &HoldAllRow) -> Result<(LaneDirection, HoldAllAction), OperationError> {
    let read = LaneDirection::parse(&row.direction).zip(HoldAllAction::parse(&row.action));
    read.ok_or_else(|| {
        OperationError::Broken(format!("the stored request {} {} is none", row.direction, row.action))
    })
}

async fn publish(
    unit: &Unit<'_>,
    by: &Authorized<LanesHoldAll>,
    row: &HoldAllRow,
    state: HoldAllState,
    at: Timestamp,
) -> Result<(), OperationError> {
    let (direction, action) = words(row)?;
    let event = HoldAllEvent {
        request: Some(row.id),
        direction,
        action,
        state,
        by: by.actor().name.clone(),
        reason: row.reason.clone(),
        expires_at: (state == HoldAllState::Requested).then_some(row.expires_at),
    };
    live_feed::append(unit.tx(), row.site_id, at, None, LiveEvent::HoldAll(event)).await?;
    unit.wake_site(row.site_id);
    Ok(())
}
