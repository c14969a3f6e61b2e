//! Validations: codes made by one person and redeemed by another, who takes something off what a stay costs by them.

use boomgate_domain::ids::{CommandId, SiteId, StayId, ValidationCodeId, ValidationId};
use boomgate_domain::tariff::{Benefit, LineKind, Validation};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::sites::SiteRow;
use boomgate_store::stays::StayRow;
use boomgate_store::validations::{self as stored, CodeRow, NewCode, NewValidation, ValidationRow};
use boomgate_store::{GenericClient, arrivals, audit, payments, stays as stored_stays};
use jiff::Timestamp;
use rand::Rng;
use uuid::Uuid;

use crate::access::{Authorized, Grant, SiteRef, ValidationsManage, ValidationsRedeem};
use crate::error::OperationError;
use crate::fault::Fault;
use crate::unit::Unit;
use crate::{stays, tariffs};

/// Longest label, in characters.
const LONGEST_LABEL: usize = 100;

/// Largest amount and longest time, as of a tariff's prices.
const LARGEST_AMOUNT: i64 = 1_000_000_000;
const LONGEST_MINUTES: u32 = 60 * 24 * 366;

/// Most validations of one stay.
const MOST_OF_A_STAY: usize = 10;

/// Crockford's base 32: nothing that is misread. Ten of them are 50 bits, which nobody guesses at a gate.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GENERATED_LETTERS: usize = 10;

/// A code as somebody makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCode {
    /// None: one that cannot be guessed.
    pub code: Option<String>,
    /// For whom or what it is.
    pub label: String,
    /// What it does.
    pub benefit: Benefit,
    /// Most that one use takes off, in minor units.
    pub most_off: Option<i64>,
    /// None: as often as people like.
    pub max_uses: Option<u32>,
    /// None: from now on.
    pub valid_from: Option<Timestamp>,
    /// None: without end.
    pub valid_until: Option<Timestamp>,
}

/// Makes a code.
///
/// # Errors
/// All values that cannot be right; `CODE-TAKEN`; the database's.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<ValidationsManage>,
    site: &SiteRow,
    new: AddCode,
) -> Result<CodeRow, OperationError> {
    let now = Timestamp::now();
    let code = new.code.as_deref().map_or_else(generated, written);
    OperationError::unless_empty(faults(&new, &code, now))?;
    if stored::by_code(unit.tx(), site.id, &code).await?.is_some() {
        return Err(OperationError::conflict(
            "CODE-TAKEN",
            format!("the code {code} exists at this site already"),
        ));
    }
    let id = ValidationCodeId::from_uuid(Uuid::now_v7());
    let row = NewCode {
        site: site.id,
        id,
        code,
        label: new.label.trim().to_owned(),
        benefit: new.benefit,
        most_off_minor: new.most_off,
        max_uses: new.max_uses.and_then(|uses| i32::try_from(uses).ok()),
        valid_from: new.valid_from.unwrap_or(now),
        valid_until: new.valid_until,
        by: by.actor().user(),
        by_name: by.actor().name.clone(),
        at: now,
    };
    stored::insert_code(unit.tx(), &row).await?;
    let action = AuditAction::ValidationCode { code: id.as_uuid() };
    audit::insert_many(unit.tx(), &[by.audit_line(site.id, action)]).await?;
    stored::code(unit.tx(), id).await?.ok_or(OperationError::NotFound("validation code"))
}

/// As it is compared and stored: people write in small letters and with spaces.
#[must_use]
pub fn written(code: &str) -> String {
    code.trim().to_uppercase()
}

fn generated() -> String {
    let mut random = rand::rng();
    (0..GENERATED_LETTERS).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

fn faults(new: &AddCode, code: &str, now: Timestamp) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut unless = |holds: bool, field, rule, why: &str| {
        if !holds {
            faults.push(Fault::new(field, rule, why));
        }
    };
    let plain =
        code.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == b'-');
    unless(
        plain && (4..=32).contains(&code.len()),
        "code",
        "CODE-FORM",
        "must be 4 to 32 letters A to Z, digits and -",
    );
    let label = new.label.trim().chars().count();
    unless((1..=LONGEST_LABEL).contains(&label), "label", "LENGTH", "must be 1 to 100 characters");
    let (fits, why) = match new.benefit {
        Benefit::Amount { minor } => {
            ((1..=LARGEST_AMOUNT).contains(&minor), "must be 1 to 1000000000 minor units")
        }
        Benefit::Percent { percent } => ((1..=100).contains(&percent), "must be 1 to 100 percent"),
        Benefit::FreeTime { minutes } | Benefit::Prepaid { minutes } => {
            ((1..=LONGEST_MINUTES).contains(&minutes), "must be 1 minute to a year")
        }
    };
    unless(fits, "benefit", "RANGE", why);
    let most = new.most_off.is_none_or(|most| (1..=LARGEST_AMOUNT).contains(&most));
    unless(most, "most_off", "RANGE", "must be 1 to 1000000000 minor units");
    let uses = new.max_uses.is_none_or(|uses| (1..=1_000_000).contains(&uses));
    unless(uses, "max_uses", "RANGE", "must be 1 to 1000000");
    let from = new.valid_from.unwrap_or(now);
    let ends = new.valid_until.is_none_or(|until| until > from && until > now);
    unless(ends, "valid_until", "ORDER", "must be after it begins, and not over already");
    faults
}

/// A code of one of the actor's sites.
///
/// # Errors
/// An unknown code, or none of the actor's; the database's.
pub async fn code<G: Grant>(
    client: &impl GenericClient,
    by: &Authorized<G>,
    id: ValidationCodeId,
) -> Result<(SiteRow, CodeRow), OperationError> {
    let missing = "validation code";
    let row = stored::code(client, id).await?.ok_or(OperationError::NotFound(missing))?;
    let site = by.site(client, Some(&SiteRef::Id(row.site_id))).await;
    Ok((site.map_err(|error| tariffs::unknown(error, missing))?, row))
}

/// Ends a code; what was redeemed stays so.
///
/// # Errors
/// `CODE-CANCELLED`; an unknown code; the database's.
pub async fn cancel_code(
    unit: &Unit<'_>,
    by: &Authorized<ValidationsManage>,
    id: ValidationCodeId,
) -> Result<CodeRow, OperationError> {
    let (site, row) = code(unit.tx(), by, id).await?;
    let when = (Timestamp::now(), by.actor().name.as_str());
    if !stored::cancel_code(unit.tx(), site.id, id, when).await? {
        let who = row.cancelled_name.unwrap_or_default();
        return Err(OperationError::conflict("CODE-CANCELLED", format!("{who} cancelled it already")));
    }
    let action = AuditAction::ValidationCodeCancelled { code: id.as_uuid() };
    audit::insert_many(unit.tx(), &[by.audit_line(site.id, action)]).await?;
    stored::code(unit.tx(), id).await?.ok_or(OperationError::NotFound("validation code"))
}

/// Redeems a code for an open stay. Where nothing is due any more, the boom of the waiting car is ordered open.
///
/// # Errors
/// `STAY-NOT-OPEN`, `CODE-UNKNOWN`, `CODE-CANCELLED`, `CODE-NOT-YET`, `CODE-EXPIRED`, `CODE-USED-UP`, `CODE-REDEEMED`,
/// `OWN-CODE`, `TOO-MANY-VALIDATIONS`; the database's.
pub async fn redeem(
    unit: &Unit<'_>,
    by: &Authorized<ValidationsRedeem>,
    site: &SiteRow,
    stay: StayId,
    text: &str,
) -> Result<ValidationId, OperationError> {
    let tx = unit.tx();
    let row = payments::begin(tx, site.id, stay).await?;
    must_be_open(&row)?;
    let unknown = || OperationError::unacceptable("CODE-UNKNOWN", "no code of this site reads like this");
    let found = stored::by_code(tx, site.id, &written(text)).await?.ok_or_else(unknown)?;
    // Of two who redeem the last use at once, one waits here.
    stored::lock_code(tx, site.id, found.id).await?;
    let code = stored::code(tx, found.id).await?.ok_or_else(unknown)?;
    let now = Timestamp::now();
    must_be_good(&code, by, now)?;
    let given = left_of_prepaid(tx, site, &code).await?;
    let id = ValidationId::from_uuid(Uuid::now_v7());
    let new = NewValidation {
        site: site.id,
        id,
        code: code.id,
        stay,
        by: by.actor().user(),
        by_name: by.actor().name.clone(),
        at: now,
        given_minutes: given.and_then(|minutes| i32::try_from(minutes).ok()),
    };
    if stored::of_stay(tx, site.id, stay)
        .await?
        .iter()
        .any(|one| one.code_id == code.id && one.cancelled_at.is_none())
    {
        return Err(OperationError::conflict(
            "CODE-REDEEMED",
            "this code was redeemed for this stay already",
        ));
    }
    stored::insert(tx, &new).await?;
    let action = AuditAction::StayValidated { validation: id.as_uuid(), code: code.id.as_uuid() };
    finish(unit, by, site, stay, action).await?;
    Ok(id)
}

/// Takes back what was redeemed for an open stay.
///
/// # Errors
/// `STAY-NOT-OPEN`, `VALIDATION-CANCELLED`; an unknown validation; the database's.
pub async fn cancel(
    unit: &Unit<'_>,
    by: &Authorized<ValidationsRedeem>,
    site: &SiteRow,
    stay: StayId,
    id: ValidationId,
) -> Result<(), OperationError> {
    let tx = unit.tx();
    let row = payments::begin(tx, site.id, stay).await?;
    must_be_open(&row)?;
    let all = stored::of_stay(tx, site.id, stay).await?;
    let one = all.iter().find(|one| one.id == id).ok_or(OperationError::NotFound("validation"))?;
    let when = (Timestamp::now(), by.actor().name.as_str());
    if !stored::cancel(tx, site.id, id, when).await? {
        let who = one.cancelled_name.as_deref().unwrap_or_default();
        return Err(OperationError::conflict("VALIDATION-CANCELLED", format!("{who} took it back already")));
    }
    let action =
        AuditAction::StayValidationCancelled { validation: id.as_uuid(), code: one.code_id.as_uuid() };
    finish(unit, by, site, stay, action).await
}

fn must_be_open(row: &StayRow) -> Result<(), OperationError> {
    if row.state == StayRow::OPEN {
        return Ok(());
    }
    let why = format!("the stay is {}; codes are redeemed for open stays", row.state);
    Err(OperationError::conflict("STAY-NOT-OPEN", why))
}

fn must_be_good(
    code: &CodeRow,
    by: &Authorized<ValidationsRedeem>,
    now: Timestamp,
) -> Result<(), OperationError> {
    if let Some(name) = &code.cancelled_name {
        return Err(OperationError::conflict("CODE-CANCELLED", format!("{name} cancelled this code")));
    }
    if now < code.valid_from {
        return Err(OperationError::conflict(
            "CODE-NOT-YET",
            format!("this code is good from {} on", code.valid_from),
        ));
    }
    if let Some(until) = code.valid_until.filter(|until| *until <= now) {
        return Err(OperationError::conflict("CODE-EXPIRED", format!("this code was good until {until}")));
    }
    if code.max_uses.is_some_and(|most| code.uses >= i64::from(most)) {
        return Err(OperationError::conflict("CODE-USED-UP", "this code was used as often as it may be"));
    }
    if code.created_by.is_some() && code.created_by == by.actor().user() {
        let why = "you made this code: somebody else redeems it";
        return Err(OperationError::conflict("OWN-CODE", why));
    }
    Ok(())
}

/// Of prepaid time what is left. A stay under way has all that it was given; one that is over took what its charge says.
async fn left_of_prepaid(
    tx: &impl GenericClient,
    site: &SiteRow,
    code: &CodeRow,
) -> Result<Option<u32>, OperationError> {
    let Benefit::Prepaid { minutes } = code.benefit()? else { return Ok(None) };
    let mut left = minutes;
    for used in stored::of_code(tx, site.id, code.id).await? {
        left = left.saturating_sub(taken(tx, site, &used).await?);
    }
    if left == 0 {
        return Err(OperationError::conflict("CODE-USED-UP", "no time is left of this code"));
    }
    Ok(Some(left))
}

async fn taken(tx: &impl GenericClient, site: &SiteRow, used: &ValidationRow) -> Result<u32, OperationError> {
    let minutes =
        |stored: Option<i32>| stored.and_then(|minutes| u32::try_from(minutes).ok()).unwrap_or_default();
    if used.taken_minutes.is_some() {
        return Ok(minutes(used.taken_minutes));
    }
    let stay = stored_stays::get(tx, site.id, used.stay_id).await?.ok_or(OperationError::NotFound("stay"))?;
    let Some(exited) = stay.exited_at.filter(|_| stay.state == StayRow::CLOSED) else {
        return Ok(if stay.state == StayRow::OPEN { minutes(used.given_minutes) } else { 0 });
    };
    let quote = stays::due(tx, site, &stay, exited).await?;
    let lines = quote.map(|quote| quote.due.charge.lines).unwrap_or_default();
    let mine = |line: &&boomgate_domain::tariff::ChargeLine| {
        line.kind == LineKind::Prepaid && line.label == used.code
    };
    let took = lines.iter().find(mine).map_or(0, |line| line.minutes);
    stored::set_taken(tx, site.id, used.id, i32::try_from(took).unwrap_or(i32::MAX)).await?;
    Ok(took)
}

/// What decisions and quotes read is made anew, and where nothing is due any more the car may go.
async fn finish<G: Grant>(
    unit: &Unit<'_>,
    by: &Authorized<G>,
    site: &SiteRow,
    stay: StayId,
    action: AuditAction,
) -> Result<(), OperationError> {
    let tx = unit.tx();
    let redeemed = stored::of_stay(tx, site.id, stay).await?;
    let all = redeemed.iter().filter(|one| one.cancelled_at.is_none()).map(validation);
    let all = all.collect::<Result<Vec<_>, _>>()?;
    if all.len() > MOST_OF_A_STAY {
        let why = format!("a stay has at most {MOST_OF_A_STAY} validations");
        return Err(OperationError::conflict("TOO-MANY-VALIDATIONS", why));
    }
    stored_stays::set_validations(tx, site.id, stay, &all).await?;
    let mut line = by.audit_line(site.id, action);
    line.stay_id = Some(stay.as_uuid());
    audit::insert_many(tx, &[line]).await?;
    open_if_free(unit, by, site, stay).await?;
    unit.wake_site(site.id);
    Ok(())
}

fn validation(row: &ValidationRow) -> Result<Validation, OperationError> {
    let given = row.given_minutes.and_then(|minutes| u32::try_from(minutes).ok());
    let benefit = match (row.benefit()?, given) {
        (Benefit::Prepaid { .. }, Some(minutes)) => Benefit::Prepaid { minutes },
        (benefit, _) => benefit,
    };
    Ok(Validation { code: row.code.clone(), benefit, most_off: row.most_off_minor })
}

/// A car that waits to pay, and now owes nothing.
async fn open_if_free<G: Grant>(
    unit: &Unit<'_>,
    by: &Authorized<G>,
    site: &SiteRow,
    stay: StayId,
) -> Result<(), OperationError> {
    let tx = unit.tx();
    let waiting = arrivals::waiting_for_stay(tx, site.id, stay).await?;
    let Some(car) = waiting.filter(|car| car.amount_minor.is_some_and(|minor| minor > 0)) else {
        return Ok(());
    };
    let now = Timestamp::now();
    let row = stored_stays::get(tx, site.id, stay).await?.ok_or(OperationError::NotFound("stay"))?;
    let quote = stays::due(tx, site, &row, now).await?;
    if quote.is_some_and(|quote| quote.due.due.is_zero()) {
        let command = CommandId::from_uuid(Uuid::now_v7());
        payments::let_out(tx, site.id, command, &by.requested_by(), now, &car).await?;
        unit.wake_lane(site.id, boomgate_domain::ids::LaneId::from_uuid(car.lane_id));
    }
    Ok(())
}

/// What was redeemed for a stay.
///
/// # Errors
/// The database's.
pub async fn of_stay(
    client: &impl GenericClient,
    site: SiteId,
    stay: StayId,
) -> Result<Vec<ValidationRow>, OperationError> {
    Ok(stored::of_stay(client, site, stay).await?)
}
