//! What people correct of stays: plate, times and vehicle type, two halves made one, and a stay that never was.

use boomgate_domain::ids::StayId;
use boomgate_domain::plate::Plate;
use boomgate_domain::tariff::VehicleType;
use boomgate_store::audit_action::{AuditAction, BeforeAfter};
use boomgate_store::live_event::{LiveEvent, StayEvent};
use boomgate_store::sites::{SiteRow, word};
use boomgate_store::stays::{self as stored, Correction, StayRow};
use boomgate_store::words::StayAct;
use boomgate_store::{StoreError, audit, live_feed, sites};
use jiff::Timestamp;

use super::due;
use crate::access::{Authorized, Grant, StaysCorrect, StaysVoid};
use crate::error::OperationError;
use crate::unit::Unit;

/// Longest reason, in characters.
pub const LONGEST_REASON: usize = 200;

/// What of a stay is to be another; none stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CorrectStay {
    /// None of it: nobody could read it.
    pub plate: Option<Option<Plate>>,
    /// What it is charged as.
    pub vehicle_type: Option<VehicleType>,
    /// When it came in.
    pub entered_at: Option<Timestamp>,
    /// When it left; of an open stay it is the end.
    pub exited_at: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

/// Corrects a stay. A closed one is charged anew by the tariff of its entry; what was paid stays as it is.
///
/// # Errors
/// No reason; times that cannot be; `NOTHING-CHANGED`, `STAY-VOIDED`, `PLATE-INSIDE`; the database's.
pub async fn correct(
    unit: &Unit<'_>,
    by: &Authorized<StaysCorrect>,
    site: &SiteRow,
    id: StayId,
    wanted: CorrectStay,
) -> Result<(), OperationError> {
    let reason = reason_of(&wanted.reason)?;
    let tx = unit.tx();
    sites::lock(tx, site.id).await?;
    let before = stored::lock(tx, site.id, id).await?;
    refuse_voided(&before)?;
    let mut after = corrected(&before, &wanted)?;
    after.charged_minor = charged(unit, site, &before, &after).await?;
    let action = AuditAction::StayCorrected {
        plate: before.plate != after.plate,
        vehicle_type: pair(before.vehicle_type.as_deref(), after.vehicle_type.as_deref()),
        entered_at: pair_of_times(before.entered_at, after.entered_at),
        exited_at: pair_of_times(before.exited_at, after.exited_at),
        charged_minor: pair(Some(&before.charged_minor.to_string()), Some(&after.charged_minor.to_string())),
    };
    if before.plate == after.plate && same_but_plate(&before, &after) {
        return Err(OperationError::conflict("NOTHING-CHANGED", "the stay says this already"));
    }
    stored::correct(tx, site.id, id, &after).await.map_err(plate_inside)?;
    let plates = [&before.plate, &after.plate].map(|plate| plate.as_deref().unwrap_or("?").to_owned());
    let personal = format!("{} → {}: {reason}", plates[0], plates[1]);
    follow_up(unit, by, site, (id, StayAct::Corrected), action, personal).await
}

fn same_but_plate(before: &StayRow, after: &Correction) -> bool {
    before.vehicle_type == after.vehicle_type
        && before.entered_at == after.entered_at
        && before.exited_at == after.exited_at
}

fn corrected(before: &StayRow, wanted: &CorrectStay) -> Result<Correction, OperationError> {
    let entered_at = wanted.entered_at.or(before.entered_at);
    let exited_at = wanted.exited_at.or(before.exited_at);
    let now = Timestamp::now();
    if entered_at.is_some_and(|at| at > now) {
        return Err(OperationError::invalid("entered_at", "is not past yet"));
    }
    if exited_at.is_some_and(|at| at > now) {
        return Err(OperationError::invalid("exited_at", "is not past yet"));
    }
    if entered_at.zip(exited_at).is_some_and(|(entered, exited)| exited < entered) {
        return Err(OperationError::invalid("exited_at", "is before the entry"));
    }
    let state = match (entered_at, exited_at) {
        (None, _) => StayRow::EXIT_ONLY,
        (Some(_), None) => StayRow::OPEN,
        (Some(_), Some(_)) => StayRow::CLOSED,
    };
    Ok(Correction {
        plate: wanted.plate.clone().map_or_else(|| before.plate.clone(), |plate| plate.map(String::from)),
        vehicle_type: wanted.vehicle_type.as_ref().map(word).or_else(|| before.vehicle_type.clone()),
        entered_at,
        exited_at,
        state: state.to_owned(),
        charged_minor: before.charged_minor,
        note: before.note.clone(),
    })
}

/// What the stay costs as corrected; an open one is charged when it ends.
async fn charged(
    unit: &Unit<'_>,
    site: &SiteRow,
    before: &StayRow,
    after: &Correction,
) -> Result<i64, OperationError> {
    let Some(exited) = after.exited_at.filter(|_| after.state == StayRow::CLOSED) else {
        return Ok(before.charged_minor);
    };
    if before.state == StayRow::CLOSED && same_but_plate(before, after) {
        return Ok(before.charged_minor);
    }
    let row = StayRow {
        vehicle_type: after.vehicle_type.clone(),
        entered_at: after.entered_at,
        exited_at: after.exited_at,
        ..before.clone()
    };
    charge_at(unit, site, &row, exited).await
}

async fn charge_at(
    unit: &Unit<'_>,
    site: &SiteRow,
    row: &StayRow,
    until: Timestamp,
) -> Result<i64, OperationError> {
    let quote = due(unit.tx(), site, row, until).await?;
    // A stay that was covered, or left within its time, owes what was paid.
    Ok(quote.map_or(0, |quote| quote.due.paid.minor.saturating_add(quote.due.due.minor)))
}

/// Makes one stay of an entry without an exit and an exit without an entry. The other half is voided and names the stay.
///
/// # Errors
/// No reason; `NO-HALVES` where the stays are not the two halves; the database's.
pub async fn merge(
    unit: &Unit<'_>,
    by: &Authorized<StaysCorrect>,
    site: &SiteRow,
    (id, other): (StayId, StayId),
    reason: &str,
) -> Result<(), OperationError> {
    let reason = reason_of(reason)?;
    let tx = unit.tx();
    sites::lock(tx, site.id).await?;
    let (entry, exit) = (stored::lock(tx, site.id, id).await?, stored::lock(tx, site.id, other).await?);
    let (entered, exited) = halves(&entry, &exit)?;
    if exited < entered {
        return Err(OperationError::conflict("NO-HALVES", "the exit was before the entry"));
    }
    if exit.paid_minor > 0 {
        let why = "money was taken for the exit; it would be lost with it";
        return Err(OperationError::conflict("STAY-PAID", why));
    }
    stored::take_exit(tx, site.id, id, other).await?;
    let note = format!("other half of stay {id}: {reason}");
    stored::void(tx, (site.id, other), Some(id), &note).await?;
    let row = stored::lock(tx, site.id, id).await?;
    let charged_minor = charge_at(unit, site, &row, exited).await?;
    stored::set_charged(tx, site.id, id, charged_minor).await?;
    let action = AuditAction::StayMerged { other: other.as_uuid(), charged_minor };
    follow_up(unit, by, site, (id, StayAct::Merged), action, reason.to_owned()).await
}

/// Entry of the first and exit of the second.
fn halves(entry: &StayRow, exit: &StayRow) -> Result<(Timestamp, Timestamp), OperationError> {
    let no_halves = |why: &str| OperationError::conflict("NO-HALVES", why);
    if entry.state != StayRow::OPEN {
        return Err(no_halves("the first stay is not open: it has an exit already, or was voided"));
    }
    if exit.state != StayRow::EXIT_ONLY {
        return Err(no_halves("the second stay is no exit without an entry"));
    }
    entry.entered_at.zip(exit.exited_at).ok_or_else(|| no_halves("a time is missing"))
}

/// Takes a stay out of all numbers, as if it had never been.
///
/// # Errors
/// No reason; `STAY-VOIDED`, `STAY-PAID`; the database's.
pub async fn void(
    unit: &Unit<'_>,
    by: &Authorized<StaysVoid>,
    site: &SiteRow,
    id: StayId,
    reason: &str,
) -> Result<(), OperationError> {
    let reason = reason_of(reason)?;
    let tx = unit.tx();
    sites::lock(tx, site.id).await?;
    let before = stored::lock(tx, site.id, id).await?;
    refuse_voided(&before)?;
    if before.paid_minor > 0 {
        let why = "money was taken for it; give it back first";
        return Err(OperationError::conflict("STAY-PAID", why));
    }
    stored::void(tx, (site.id, id), None, reason).await?;
    let action = AuditAction::StayVoided {};
    follow_up(unit, by, site, (id, StayAct::Voided), action, reason.to_owned()).await
}

async fn follow_up<G: Grant>(
    unit: &Unit<'_>,
    by: &Authorized<G>,
    site: &SiteRow,
    (stay, what): (StayId, StayAct),
    action: AuditAction,
    personal: String,
) -> Result<(), OperationError> {
    let mut line = by.audit_line(site.id, action);
    line.stay_id = Some(stay.as_uuid());
    line.personal = Some((rand::random(), personal));
    let at = line.at;
    audit::insert_many(unit.tx(), &[line]).await?;
    let event = StayEvent { stay: stay.as_uuid(), what, by: by.actor().name.clone() };
    live_feed::append(unit.tx(), site.id, at, None, LiveEvent::Stay(event)).await?;
    unit.wake_site(site.id);
    Ok(())
}

pub(crate) fn reason_of(reason: &str) -> Result<&str, OperationError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let why = format!("say why, in 1 to {LONGEST_REASON} characters");
        return Err(OperationError::invalid("reason", why));
    }
    Ok(reason)
}

fn refuse_voided(row: &StayRow) -> Result<(), OperationError> {
    if row.state != StayRow::VOIDED {
        return Ok(());
    }
    Err(OperationError::conflict("STAY-VOIDED", "the stay was voided: it is in no number any more"))
}

fn plate_inside(error: StoreError) -> OperationError {
    if error.is_duplicate() {
        let why = "another open stay has this plate: merge the two, or void the one that never was";
        return OperationError::conflict("PLATE-INSIDE", why);
    }
    error.into()
}

fn pair(before: Option<&str>, after: Option<&str>) -> Option<BeforeAfter> {
    let shown = |text: Option<&str>| text.unwrap_or("?").to_owned();
    (before != after).then(|| BeforeAfter(shown(before), shown(after)))
}

fn pair_of_times(before: Option<Timestamp>, after: Option<Timestamp>) -> Option<BeforeAfter> {
    let [before, after] = [before, after].map(|at| at.map(|at| at.to_string()));
    pair(before.as_deref(), after.as_deref())
}
