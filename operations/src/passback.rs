//! Passback reset: a plate that is inside may come in once more, or everybody who is inside may.
//!
//! It ends no stay and counts nobody out: only the next entry is let in in spite of the stay, which that entry then voids. To end
//! stays, or to set the count, are acts of their own.

use boomgate_domain::ids::{SiteId, StayId};
use boomgate_domain::plate::Plate;
use boomgate_store::audit::{self, NewAudit};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::{passback as stored, sites, stays};
use jiff::Timestamp;

use crate::access::{Authorized, SubscriptionsWrite};
use crate::error::OperationError;
use crate::unit::Unit;

/// Longest reason, in characters.
pub const LONGEST_REASON: usize = 300;

/// How many were reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Plates that may come in once more.
    pub plates: i64,
    /// From when it holds.
    pub at: Timestamp,
}

/// Resets one plate, or everybody where none is named.
///
/// # Errors
/// No reason, or too long a one; `NOT-INSIDE`; the database's.
pub async fn reset(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: SiteId,
    plate: Option<&Plate>,
    reason: &str,
) -> Result<Reset, OperationError> {
    let (tx, reason) = (unit.tx(), reason.trim());
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(OperationError::invalid(
            "reason",
            format!("say why, in 1 to {LONGEST_REASON} characters"),
        ));
    }
    sites::lock(tx, site).await?;
    let (at, user) = (Timestamp::now(), by.actor().user());
    let Some(plate) = plate else {
        let plates = stays::count_open(tx, site).await?;
        stored::reset(tx, (site, None), at, user, reason).await?;
        let line = by.audit_line(site, AuditAction::PassbackReset { stay: None, plates });
        audit::insert_many(tx, &[line]).await?;
        return Ok(Reset { plates, at });
    };
    let inside = stays::inside_by_twins(tx, site, plate.as_str()).await?;
    let stay: StayId = match inside.iter().find(|one| one.plate == plate.as_str()) {
        Some(found) => found.id,
        None => {
            return Err(OperationError::conflict(
                "NOT-INSIDE",
                "this plate is not inside: it may come in as it is",
            ));
        }
    };
    stored::reset(tx, (site, Some(stay)), at, user, reason).await?;
    let action = AuditAction::PassbackReset { stay: Some(stay.as_uuid()), plates: 1 };
    let personal = Some((rand::random(), plate.to_string()));
    let line = NewAudit { personal, stay_id: Some(stay.as_uuid()), ..by.audit_line(site, action) };
    audit::insert_many(tx, &[line]).await?;
    Ok(Reset { plates: 1, at })
}
