//! Tariffs: drafted, checked, put in force as a site's next version, at once or from a time on.

use std::sync::Arc;

use boomgate_domain::ids::{SiteCode, TariffDraftId, TariffId};
use boomgate_domain::money::Currency;
use boomgate_domain::tariff::Tariff;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::sites::SiteRow;
use boomgate_store::tariff_drafts::{self as drafts, DraftRow};
use boomgate_store::tariffs::TariffRow;
use boomgate_store::{GenericClient, audit, sites as stored_sites, tariffs as stored};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::access::{AccessError, Authorized, Grant, SiteRef, TariffsDraft, TariffsPublish};
use crate::error::OperationError;
use crate::sites;
use crate::unit::Unit;

/// A time that is not longer ago than this is now: people's clocks differ, and a request takes its time.
const JUST_NOW: SignedDuration = SignedDuration::from_mins(2);

/// Nobody plans prices further ahead.
const FURTHEST: SignedDuration = SignedDuration::from_hours(5 * 366 * 24);

/// Most drafts of a site.
const MOST_DRAFTS: usize = 50;

/// Puts a tariff in force as the site's next version, from now on. Returns the version's number.
///
/// # Errors
/// A currency other than the site's; an unknown site; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<TariffsPublish>,
    site: &SiteCode,
    tariff: Tariff,
) -> Result<u32, OperationError> {
    let site = sites::by_code(unit.tx(), by.actor().tenant, site).await?;
    if tariff.currency.as_str() != site.currency {
        let why = format!("is {}, but {} charges in {}", tariff.currency, site.code, site.currency);
        return Err(OperationError::invalid("currency", why));
    }
    Ok(put_in_force(unit, by, &site, tariff, None).await?.version)
}

/// Publishes a draft as the site's next version, from now or from a time to come on; the draft is gone then. Stays pin the
/// version that is in force when they begin.
///
/// # Errors
/// All faults of the draft; a time that is over; an unknown draft; the database's.
pub async fn publish(
    unit: &Unit<'_>,
    by: &Authorized<TariffsPublish>,
    id: TariffDraftId,
    valid_from: Option<Timestamp>,
) -> Result<TariffRow, OperationError> {
    let (site, draft) = draft(unit.tx(), by, id).await?;
    let tariff = Tariff { id: TariffId::from_uuid(Uuid::now_v7()), ..draft.tariff()? };
    must_be_whole(&tariff, &site)?;
    let valid_from = valid_from.map(|at| must_be_ahead(at, Timestamp::now())).transpose()?.flatten();
    let tariff = put_in_force(unit, by, &site, tariff, valid_from).await?;
    drafts::delete(unit.tx(), site.id, id).await?;
    let row = stored::get(unit.tx(), site.id, tariff.id).await?;
    row.ok_or(OperationError::NotFound("tariff"))
}

async fn put_in_force(
    unit: &Unit<'_>,
    by: &Authorized<TariffsPublish>,
    site: &SiteRow,
    mut tariff: Tariff,
    valid_from: Option<Timestamp>,
) -> Result<Tariff, OperationError> {
    let tx = unit.tx();
    // Under the site's lock two people cannot choose the same number.
    stored_sites::lock(tx, site.id).await?;
    let newest = stored::list(tx, site.id).await?.into_iter().next();
    tariff.version = newest.map_or(1, |row| row.version.unsigned_abs() + 1);
    let who = (by.actor().user(), by.actor().name.as_str());
    stored::insert(tx, site.id, &tariff, valid_from.unwrap_or_else(Timestamp::now), who).await?;
    let action = AuditAction::TariffSet {
        tariff: tariff.id.as_uuid(),
        version: tariff.version,
        from: valid_from.map(|at| at.to_string()),
    };
    audit::insert_many(tx, &[by.audit_line(site.id, action)]).await?;
    Ok(tariff)
}

/// A tariff without faults, in the site's currency.
fn must_be_whole(tariff: &Tariff, site: &SiteRow) -> Result<(), OperationError> {
    if tariff.currency.as_str() != site.currency {
        let why =
            format!("the draft is in {}, but {} charges in {}", tariff.currency, site.code, site.currency);
        return Err(OperationError::unacceptable("WRONG-CURRENCY", why));
    }
    let faults = tariff.faults();
    if faults.is_empty() { Ok(()) } else { Err(OperationError::FaultyTariff(faults)) }
}

/// The time, or none where it is now.
fn must_be_ahead(at: Timestamp, now: Timestamp) -> Result<Option<Timestamp>, OperationError> {
    let ahead = at.duration_since(now);
    if ahead < -JUST_NOW {
        let why = "a tariff is published for a time to come: stays that began already keep theirs";
        return Err(OperationError::unacceptable("TIME-IS-OVER", why));
    }
    if ahead > FURTHEST {
        return Err(OperationError::unacceptable("TIME-TOO-FAR", "at most five years ahead"));
    }
    Ok((ahead > SignedDuration::ZERO).then_some(at))
}

/// Begins a draft.
///
/// # Errors
/// Too many drafts; the database's.
pub async fn begin(
    unit: &Unit<'_>,
    by: &Authorized<TariffsDraft>,
    site: &SiteRow,
    tariff: Tariff,
) -> Result<DraftRow, OperationError> {
    let tx = unit.tx();
    stored_sites::lock(tx, site.id).await?;
    if drafts::list(tx, site.id).await?.len() >= MOST_DRAFTS {
        let why = format!("a site has at most {MOST_DRAFTS} drafts; discard one");
        return Err(OperationError::conflict("TOO-MANY-DRAFTS", why));
    }
    let id = TariffDraftId::from_uuid(Uuid::now_v7());
    let who = (by.actor().user(), by.actor().name.as_str());
    drafts::insert(tx, (site.id, id), &tariff, who, Timestamp::now()).await?;
    let action = AuditAction::TariffDraft { draft: id.as_uuid() };
    audit::insert_many(tx, &[by.audit_line(site.id, action)]).await?;
    drafts::get(tx, id).await?.ok_or(OperationError::NotFound("draft"))
}

/// Changes a draft; under its site's lock, taken before `tariff` was made from what was there.
///
/// # Errors
/// The database's.
pub async fn change(
    unit: &Unit<'_>,
    by: &Authorized<TariffsDraft>,
    draft: &DraftRow,
    tariff: &Tariff,
) -> Result<DraftRow, OperationError> {
    let at = Timestamp::now();
    drafts::update(unit.tx(), (draft.site_id, draft.id), tariff, &by.actor().name, at).await?;
    drafts::get(unit.tx(), draft.id).await?.ok_or(OperationError::NotFound("draft"))
}

/// Discards a draft.
///
/// # Errors
/// An unknown draft; the database's.
pub async fn discard(
    unit: &Unit<'_>,
    by: &Authorized<TariffsDraft>,
    id: TariffDraftId,
) -> Result<(), OperationError> {
    let (site, _) = draft(unit.tx(), by, id).await?;
    drafts::delete(unit.tx(), site.id, id).await?;
    let action = AuditAction::TariffDraftDiscarded { draft: id.as_uuid() };
    audit::insert_many(unit.tx(), &[by.audit_line(site.id, action)]).await?;
    Ok(())
}

/// A draft of one of the actor's sites.
///
/// # Errors
/// An unknown draft, or none of the actor's; the database's.
pub async fn draft<G: Grant>(
    client: &impl GenericClient,
    by: &Authorized<G>,
    id: TariffDraftId,
) -> Result<(SiteRow, DraftRow), OperationError> {
    let draft = drafts::get(client, id).await?.ok_or(OperationError::NotFound("draft"))?;
    let site = by.site(client, Some(&SiteRef::Id(draft.site_id))).await;
    Ok((site.map_err(|error| unknown(error, "draft"))?, draft))
}

/// A version of one of the actor's sites.
///
/// # Errors
/// An unknown version, or none of the actor's; the database's.
pub async fn version<G: Grant>(
    client: &impl GenericClient,
    by: &Authorized<G>,
    id: TariffId,
) -> Result<(SiteRow, TariffRow), OperationError> {
    let unknown_tariff = || OperationError::NotFound("tariff");
    let site = stored::site_of(client, id).await?.ok_or_else(unknown_tariff)?;
    let site = by.site(client, Some(&SiteRef::Id(site))).await.map_err(|error| unknown(error, "tariff"))?;
    let row = stored::get(client, site.id, id).await?.ok_or_else(unknown_tariff)?;
    Ok((site, row))
}

/// What is at a site the actor does not see does not exist.
pub(crate) fn unknown(error: AccessError, what: &'static str) -> OperationError {
    match error {
        AccessError::NotFound(_) => OperationError::NotFound(what),
        error @ (AccessError::Forbidden
        | AccessError::StepUpNeeded
        | AccessError::SiteNeeded
        | AccessError::Store(_)) => error.into(),
    }
}

/// The version in force at `at`; none where the site charges nothing.
///
/// # Errors
/// The database's; a stored tariff that cannot be read.
pub async fn in_force(
    client: &impl GenericClient,
    site: &SiteRow,
    at: Timestamp,
) -> Result<Option<Arc<Tariff>>, OperationError> {
    let row = stored::current(client, site.id, at).await?;
    Ok(row.map(|row| row.tariff()).transpose()?.map(Arc::new))
}

/// The site's time zone.
///
/// # Errors
/// It is unknown on this machine.
pub fn zone(site: &SiteRow) -> Result<TimeZone, OperationError> {
    TimeZone::get(&site.time_zone).map_err(|error| OperationError::Broken(error.to_string()))
}

/// The site's currency.
///
/// # Errors
/// It is none.
pub fn currency(site: &SiteRow) -> Result<Currency, OperationError> {
    Ok(Currency::parse(&site.currency)?)
}
