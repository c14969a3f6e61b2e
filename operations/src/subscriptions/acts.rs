//! Pause, resume, renew, end.

use boomgate_domain::ids::SubscriptionId;
use boomgate_store::sites::{self, SiteRow};
use boomgate_store::subscription_contracts::{self as stored, ContractRow};
use boomgate_store::words::{SubscriptionChange, SubscriptionState};
use jiff::Timestamp;
use serde_json::json;

use super::history::{Act, note, reason_of};
use super::vehicles;
use crate::access::{Authorized, SubscriptionsWrite};
use crate::error::OperationError;
use crate::fault::Fault;
use crate::plans::{period, plan_of};
use crate::time_zone;
use crate::unit::Unit;

/// Lets a subscription rest from an instant (none: now) up to another (none: until it is resumed). A pause that lasts or comes is
/// replaced.
///
/// # Errors
/// `SUBSCRIPTION-ENDED`; a pause that ends before it begins; an unknown subscription; the database's.
pub async fn pause(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: &SiteRow,
    id: SubscriptionId,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
    reason: &str,
) -> Result<ContractRow, OperationError> {
    let (reason, now) = (reason_of(reason)?, Timestamp::now());
    let row = alive(unit, site, id, now).await?;
    let from = from.unwrap_or(now);
    if until.is_some_and(|until| until <= from.max(now)) {
        return Err(Fault::new(
            "until",
            "END-BEFORE-BEGINNING",
            "must be later than now and than its beginning",
        )
        .into());
    }
    stored::pause(unit.tx(), (site.id, id), Some(from), until).await?;
    let act =
        Act { what: SubscriptionChange::Paused, reason, detail: json!({ "from": from, "until": until }) };
    note(unit, by, (site.id, id), &row.holder, act).await?;
    Ok(stored::get(unit.tx(), site.id, id, now).await?)
}

/// Ends a pause now, or takes back one that comes. Again, nothing happens.
///
/// # Errors
/// `SUBSCRIPTION-ENDED`; an unknown subscription; the database's.
pub async fn resume(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: &SiteRow,
    id: SubscriptionId,
    reason: &str,
) -> Result<ContractRow, OperationError> {
    let (reason, now) = (reason_of(reason)?, Timestamp::now());
    let row = alive(unit, site, id, now).await?;
    if row.paused_from.is_none() || row.paused_until.is_some_and(|until| until <= now) {
        return Ok(row);
    }
    stored::pause(unit.tx(), (site.id, id), None, None).await?;
    let act = Act { what: SubscriptionChange::Resumed, reason, detail: json!({}) };
    note(unit, by, (site.id, id), &row.holder, act).await?;
    Ok(stored::get(unit.tx(), site.id, id, now).await?)
}

/// Adds periods of its plan: from its end on, or from now where it is over. One without an end stays without.
///
/// # Errors
/// `NO-PLAN`, `NO-END`; 1 to 120 periods; `PLATE-SUBSCRIBED` elsewhere in the new time; an unknown subscription; the database's.
pub async fn renew(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: &SiteRow,
    id: SubscriptionId,
    periods: u16,
) -> Result<ContractRow, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    if !(1..=120).contains(&periods) {
        return Err(Fault::new("periods", "OUT-OF-RANGE", "1 to 120 periods").into());
    }
    sites::lock(tx, site.id).await?;
    let row = stored::get(tx, site.id, id, now).await?;
    let Some(plan) = row.plan_id else {
        let why = "it has no plan whose period could be added: give it an end by changing it";
        return Err(OperationError::conflict("NO-PLAN", why));
    };
    let Some(until) = row.valid_until else {
        return Err(OperationError::conflict("NO-END", "it holds until further notice"));
    };
    let (plan, zone) = (plan_of(tx, site.id, plan, now).await?, time_zone::of_site(site)?);
    let period = period(plan.period);
    let over = row.state(now) == SubscriptionState::Ended;
    let end = if over {
        period.after(now, periods, &zone)
    } else {
        period.renewed(row.valid_from, until, periods, &zone)
    };
    let end = end
        .ok_or_else(|| OperationError::from(Fault::new("periods", "OUT-OF-RANGE", "beyond the calendar")))?;
    let plates = vehicles::present(tx, site.id, id).await?;
    vehicles::refuse_clash(tx, (site.id, id), &plates, now, (Some(now), Some(end))).await?;
    let mut contract = row.contract();
    contract.valid_until = Some(end);
    stored::set(tx, (site.id, id), &contract).await?;
    stored::end(tx, (site.id, id), None).await?;
    let detail = json!({ "periods": periods, "before": until, "until": end });
    let act = Act { what: SubscriptionChange::Renewed, reason: None, detail };
    note(unit, by, (site.id, id), &row.holder, act).await?;
    Ok(stored::get(tx, site.id, id, now).await?)
}

/// Ends a subscription now (none) or at an instant. Ended again at another one, the later word counts: an end that is to come,
/// or that somebody gave by mistake, is moved or taken back so.
///
/// # Errors
/// An end in the past; an unknown subscription; the database's.
pub async fn end(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: &SiteRow,
    id: SubscriptionId,
    end: End,
    reason: &str,
) -> Result<ContractRow, OperationError> {
    let (tx, reason, now) = (unit.tx(), reason_of(reason)?, Timestamp::now());
    sites::lock(tx, site.id).await?;
    let row = stored::get(tx, site.id, id, now).await?;
    let at = match end {
        End::Now => Some(now),
        End::At(at) if at <= now => {
            return Err(
                Fault::new("at", "IN-THE-PAST", "must be later than now; left out, it ends now").into()
            );
        }
        End::At(at) => Some(at),
        End::TakenBack => None,
    };
    if at.is_none() {
        let plates = vehicles::present(tx, site.id, id).await?;
        vehicles::refuse_clash(tx, (site.id, id), &plates, now, (row.valid_from, row.valid_until)).await?;
    }
    stored::end(tx, (site.id, id), at).await?;
    let what = if at.is_some() { SubscriptionChange::Ended } else { SubscriptionChange::Reopened };
    let act = Act { what, reason, detail: json!({ "at": at }) };
    note(unit, by, (site.id, id), &row.holder, act).await?;
    Ok(stored::get(tx, site.id, id, now).await?)
}

/// When a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At once.
    Now,
    /// Later.
    At(Timestamp),
    /// As its validity says: somebody ended it by mistake.
    TakenBack,
}

/// Under its site's lock, if it is not over.
async fn alive(
    unit: &Unit<'_>,
    site: &SiteRow,
    id: SubscriptionId,
    now: Timestamp,
) -> Result<ContractRow, OperationError> {
    sites::lock(unit.tx(), site.id).await?;
    let row = stored::get(unit.tx(), site.id, id, now).await?;
    if row.state(now) == SubscriptionState::Ended {
        return Err(OperationError::conflict("SUBSCRIPTION-ENDED", "it is over; renew it first"));
    }
    Ok(row)
}
