//! How many cars are inside: set by a person who counted, and stays of cars that are not inside ended. Two acts, because
//! either may be right without the other.

use boomgate_store::audit_action::{AuditAction, BeforeAfter};
use boomgate_store::live_event::{LiveEvent, OccupancyEvent};
use boomgate_store::sites::{self, SiteRow, SiteState};
use boomgate_store::{audit, live_feed, stays};
use jiff::Timestamp;

use crate::access::{Authorized, OccupancySet};
use crate::error::OperationError;
use crate::stays::corrections::reason_of;
use crate::unit::Unit;

/// Most cars that can be inside.
pub const MOST: i32 = 1_000_000;

/// Sets how many cars are inside. Stays are as they were.
///
/// # Errors
/// A number that cannot be, no reason; the database's.
pub async fn set_count(
    unit: &Unit<'_>,
    by: &Authorized<OccupancySet>,
    site: &SiteRow,
    inside: i32,
    reason: &str,
) -> Result<SiteState, OperationError> {
    let reason = reason_of(reason)?;
    if !(0..=MOST).contains(&inside) {
        return Err(OperationError::invalid("inside", format!("0 to {MOST}")));
    }
    sites::lock(unit.tx(), site.id).await?;
    let before = sites::state(unit.tx(), site.id).await?;
    sites::set_inside(unit.tx(), site.id, inside).await?;
    let pair = BeforeAfter(before.inside.to_string(), inside.to_string());
    let event = OccupancyEvent { inside, ended: 0, by: by.actor().name.clone() };
    follow_up(unit, by, site, AuditAction::OccupancySet { inside: pair }, (event, reason)).await?;
    Ok(sites::state(unit.tx(), site.id).await?)
}

/// Voids the open stays that began before a time: their cars have left unseen. The count is as it was. Returns how many it
/// was.
///
/// # Errors
/// No reason; the database's.
pub async fn reset_stays(
    unit: &Unit<'_>,
    by: &Authorized<OccupancySet>,
    site: &SiteRow,
    before: Timestamp,
    reason: &str,
) -> Result<u64, OperationError> {
    let reason = reason_of(reason)?;
    sites::lock(unit.tx(), site.id).await?;
    let ended = stays::reset(unit.tx(), site.id, before, reason).await?;
    let inside = sites::state(unit.tx(), site.id).await?.inside;
    let event = OccupancyEvent { inside, ended, by: by.actor().name.clone() };
    let action = AuditAction::OccupancyReset { ended, before: before.to_string() };
    follow_up(unit, by, site, action, (event, reason)).await?;
    Ok(ended)
}

async fn follow_up(
    unit: &Unit<'_>,
    by: &Authorized<OccupancySet>,
    site: &SiteRow,
    action: AuditAction,
    (event, reason): (OccupancyEvent, &str),
) -> Result<(), OperationError> {
    let mut line = by.audit_line(site.id, action);
    line.personal = Some((rand::random(), reason.to_owned()));
    let at = line.at;
    audit::insert_many(unit.tx(), &[line]).await?;
    live_feed::append(unit.tx(), site.id, at, None, LiveEvent::Occupancy(event)).await?;
    unit.wake_site(site.id);
    Ok(())
}
