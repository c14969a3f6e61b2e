//! The blocklist: plates blocked with a reason, corrected, lifted; and what the list means for strangers.

use boomgate_domain::ids::{BlockId, SiteId};
use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::plate::strangers::{self, MatchRule, Strangers};
use boomgate_domain::plate::{Plate, TypedPlate};
use boomgate_store::alarms::{self, NewAlarm};
use boomgate_store::audit::{self, NewAudit};
use boomgate_store::audit_action::{AuditAction, BeforeAfter};
use boomgate_store::blocklist::{self as stored, BlockDetail, NewBlock};
use boomgate_store::words::AlarmKind;
use boomgate_store::{GenericClient, access_settings, sites, stays};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::access::{Authorized, BlocklistWrite};
use crate::error::OperationError;
use crate::fault::Fault;
use crate::unit::Unit;

/// Longest reason, in characters.
pub const LONGEST_REASON: usize = 300;

/// A plate to be blocked.
#[derive(Clone, Debug)]
pub struct AddBlock {
    /// As a person wrote it. Its twins (0 for O, 1 for I) are blocked with it.
    pub plate: TypedPlate,
    /// In the person's words.
    pub reason: String,
    /// None: at once.
    pub from: Option<Timestamp>,
    /// None: until it is lifted.
    pub until: Option<Timestamp>,
}

/// What of a block is to be another; none stays.
#[derive(Clone, Debug, Default)]
pub struct SetBlock {
    /// In the person's words.
    pub reason: Option<String>,
    /// None of it: until it is lifted.
    pub until: Option<Option<Timestamp>>,
}

/// Blocks a plate. Where it is inside already, an alarm says so.
///
/// # Errors
/// All faults of the request; `PLATE-BLOCKED` already; the database's.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<BlocklistWrite>,
    site: SiteId,
    new: AddBlock,
) -> Result<BlockDetail, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    let reason = new.reason.trim().to_owned();
    OperationError::unless_empty(faults(Some(&reason), new.until, new.from.unwrap_or(now).max(now)))?;
    sites::lock(tx, site).await?;
    refuse_blocked(tx, site, new.plate.plate(), now).await?;
    let id = BlockId::from_uuid(Uuid::now_v7());
    let block = NewBlock {
        site,
        id,
        plate: new.plate.clone(),
        reason,
        valid_from: new.from,
        valid_until: new.until,
        by: by.actor().user(),
    };
    stored::insert(tx, &block).await?;
    let until = new.until.map(|until| until.to_string());
    let line = line(by, site, AuditAction::BlockAdd { block: id.as_uuid(), until }, new.plate.plate());
    audit::insert_many(tx, &[line]).await?;
    if new.from.is_none_or(|from| from <= now) {
        alarm_inside(unit, site, id, new.plate.plate(), now).await?;
    }
    Ok(stored::get(tx, site, id, now).await?)
}

/// Another reason, another end.
///
/// # Errors
/// All faults of the request; `BLOCK-LIFTED`; an unknown block; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<BlocklistWrite>,
    site: SiteId,
    id: BlockId,
    change: &SetBlock,
) -> Result<BlockDetail, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    let before = in_force(tx, site, id, now).await?;
    let reason = change.reason.as_deref().map(str::trim);
    OperationError::unless_empty(faults(
        reason,
        change.until.flatten(),
        before.valid_from.unwrap_or(now).max(now),
    ))?;
    let reason = reason.unwrap_or(&before.reason);
    let until = change.until.unwrap_or(before.valid_until);
    if reason == before.reason && until == before.valid_until {
        return Ok(before);
    }
    stored::change(tx, (site, id), reason, until).await?;
    let text =
        |until: Option<Timestamp>| until.map_or_else(|| "lifted".to_owned(), |until| until.to_string());
    let moved = (until != before.valid_until).then(|| BeforeAfter(text(before.valid_until), text(until)));
    let action = AuditAction::BlockSet { block: id.as_uuid(), reason: reason != before.reason, until: moved };
    audit::insert_many(tx, &[line(by, site, action, &plate(&before)?)]).await?;
    Ok(stored::get(tx, site, id, now).await?)
}

/// Ends a block: it matches no more, and stays in the list's history.
///
/// # Errors
/// No reason, or too long a one; `BLOCK-LIFTED` already; an unknown block; the database's.
pub async fn lift(
    unit: &Unit<'_>,
    by: &Authorized<BlocklistWrite>,
    site: SiteId,
    id: BlockId,
    reason: &str,
) -> Result<BlockDetail, OperationError> {
    let (tx, now, reason) = (unit.tx(), Timestamp::now(), reason.trim());
    OperationError::unless_empty(faults(Some(reason), None, now))?;
    let before = in_force(tx, site, id, now).await?;
    stored::lift(tx, (site, id), now, by.actor().user(), reason).await?;
    let action = AuditAction::BlockLift { block: id.as_uuid() };
    audit::insert_many(tx, &[line(by, site, action, &plate(&before)?)]).await?;
    Ok(stored::get(tx, site, id, now).await?)
}

/// The block under its site's lock, if nobody lifted it.
async fn in_force(
    tx: &impl GenericClient,
    site: SiteId,
    id: BlockId,
    now: Timestamp,
) -> Result<BlockDetail, OperationError> {
    sites::lock(tx, site).await?;
    let block = stored::get(tx, site, id, now).await?;
    if block.lifted_at.is_none() {
        return Ok(block);
    }
    let who = block.lifted_name.as_deref().unwrap_or("somebody");
    Err(OperationError::conflict("BLOCK-LIFTED", format!("{who} lifted it already; block the plate again")))
}

async fn refuse_blocked(
    tx: &impl GenericClient,
    site: SiteId,
    plate: &Plate,
    now: Timestamp,
) -> Result<(), OperationError> {
    if stored::is_blocked(tx, site, plate.as_str(), now).await? {
        let why = "this plate is blocked already; change that block, or lift it first";
        return Err(OperationError::conflict("PLATE-BLOCKED", why));
    }
    Ok(())
}

/// A car inside does not come to a lane by itself: a person must look for it.
async fn alarm_inside(
    unit: &Unit<'_>,
    site: SiteId,
    block: BlockId,
    plate: &Plate,
    now: Timestamp,
) -> Result<(), OperationError> {
    let mut raised = false;
    for stay in stays::inside_by_twins(unit.tx(), site, plate.as_str()).await? {
        let alarm = NewAlarm {
            site_id: site.as_uuid(),
            id: Uuid::now_v7(),
            lane_id: None,
            kind: AlarmKind::BlockedInside,
            subject: stay.id.to_string(),
            code: None,
            params: json!({ "block": block.to_string(), "stay": stay.id.to_string() }),
            raised_at: now,
            last_at: now,
            times: 1,
            closed_at: None,
        };
        raised |= alarms::raise(unit.tx(), alarm).await?.is_some();
    }
    if raised {
        unit.wake_site(site);
    }
    Ok(())
}

fn line(by: &Authorized<BlocklistWrite>, site: SiteId, action: AuditAction, plate: &Plate) -> NewAudit {
    NewAudit { personal: Some((rand::random(), plate.to_string())), ..by.audit_line(site, action) }
}

fn plate(block: &BlockDetail) -> Result<Plate, OperationError> {
    Plate::parse(&block.plate).map_err(|error| OperationError::Broken(error.to_string()))
}

fn faults(reason: Option<&str>, until: Option<Timestamp>, after: Timestamp) -> Vec<Fault> {
    let mut faults = Vec::new();
    if reason.is_some_and(|reason| reason.is_empty() || reason.chars().count() > LONGEST_REASON) {
        let why = format!("say why, in 1 to {LONGEST_REASON} characters");
        faults.push(Fault::new("reason", "REASON-NEEDED", why));
    }
    if until.is_some_and(|until| until <= after) {
        faults.push(Fault::new(
            "until",
            "END-BEFORE-BEGINNING",
            "must be later than now and than its beginning",
        ));
    }
    faults
}

/// What the lists of a site mean for strangers.
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    /// Plates blocked now or later.
    pub blocked: usize,
    /// Plates with a right now or later.
    pub rights: usize,
    /// Whose plates strangers are taken to have; empty: of the forms that the listed ones have.
    pub countries: Vec<String>,
    /// By each rule, from the strictest to the loosest.
    pub rules: Vec<RuleRisk>,
    /// Listed plates that a block takes for each other, in groups.
    pub together: Vec<Vec<Plate>>,
}

/// The figures of one rule; none where no stranger is taken for a listed car.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleRisk {
    /// How plates are compared.
    pub rule: MatchRule,
    /// One in so many strangers would pass as a car with a right.
    pub passes: Option<f64>,
    /// One in so many strangers would be stopped as a blocked car.
    pub stopped: Option<f64>,
}

/// What the lists mean as they stand, for every way to compare plates.
///
/// # Errors
/// Countries that nobody knows; the database's.
pub async fn risk(
    client: &impl GenericClient,
    site: SiteId,
    countries: Option<Vec<String>>,
    now: Timestamp,
) -> Result<Risk, OperationError> {
    let countries = match countries {
        Some(countries) => countries,
        None => access_settings::get(client, site).await?.countries,
    };
    let grammar = Grammar::for_countries(&countries).map_err(|error| {
        OperationError::from(Fault::new("countries", "COUNTRY-UNKNOWN", error.to_string()))
    })?;
    let listed = stored::in_force(client, site, now).await?;
    let of = |list: &str| -> Vec<Plate> {
        listed.iter().filter(|one| one.list == list).filter_map(|one| Plate::parse(&one.plate).ok()).collect()
    };
    let (blocked, rights) = (of("block"), of("right"));
    let all: Vec<Plate> = blocked.iter().chain(&rights).cloned().collect();
    let strangers =
        if countries.is_empty() { Strangers::like(&all) } else { Strangers::of_grammar(&grammar) };
    let rules = MatchRule::ALL.map(|rule| RuleRisk {
        rule,
        passes: strangers.one_in(&rights, rule),
        stopped: strangers.one_in(&blocked, rule),
    });
    Ok(Risk {
        blocked: blocked.len(),
        rights: rights.len(),
        countries,
        rules: rules.to_vec(),
        together: strangers::falling_together(&all),
    })
}
