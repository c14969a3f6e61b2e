//! Plans: made, corrected, sold no more.

use boomgate_domain::ids::{PlanId, SiteId};
use boomgate_domain::money::Money;
use boomgate_domain::subscription::Period;
use boomgate_store::audit;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::plans::{self as stored, Plan, PlanRow};
use boomgate_store::sites::SiteRow;
use boomgate_store::subscription_contracts::Terms;
use boomgate_store::words::PlanPeriod;
use boomgate_store::{GenericClient, StoreError, lanes};
use jiff::Timestamp;
use uuid::Uuid;

use crate::access::{Authorized, SubscriptionsWrite};
use crate::error::OperationError;
use crate::fault::Fault;
use crate::unit::Unit;

/// What of a plan is to be another; none stays.
#[derive(Clone, Debug, Default)]
pub struct SetPlan {
    /// 1 to 100 characters, once among the plans that are sold.
    pub name: Option<String>,
    /// In the site's currency.
    pub price: Option<Money>,
    /// For how long the price is paid.
    pub period: Option<PlanPeriod>,
    /// All of them.
    pub terms: Option<Terms>,
    /// Whether it is sold no more.
    pub retired: Option<bool>,
}

/// Makes a plan.
///
/// # Errors
/// All faults of the request; `PLAN-NAME-TAKEN`; the database's.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: &SiteRow,
    new: Plan,
) -> Result<PlanRow, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    check(tx, site, &new).await?;
    let id = PlanId::from_uuid(Uuid::now_v7());
    stored::insert(tx, site.id, id, &new).await.map_err(|error| name_taken(error, &new.name))?;
    let action = AuditAction::PlanAdd { plan: id.as_uuid() };
    audit::insert_many(tx, &[by.audit_line(site.id, action)]).await?;
    Ok(stored::get(tx, &[site.id.as_uuid()], id, now).await?)
}

/// Corrects a plan, for subscriptions that are made or moved to it from now on. Those there are keep their terms.
///
/// # Errors
/// All faults of the request; `PLAN-NAME-TAKEN`; an unknown plan; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<SubscriptionsWrite>,
    site: &SiteRow,
    id: PlanId,
    change: SetPlan,
) -> Result<PlanRow, OperationError> {
    let (tx, now, sites) = (unit.tx(), Timestamp::now(), [site.id.as_uuid()]);
    let before = stored::get(tx, &sites, id, now).await?;
    let present = plan(&before)?;
    let new = Plan {
        name: change.name.unwrap_or_else(|| present.name.clone()),
        price: change.price.unwrap_or(present.price),
        period: change.period.unwrap_or(present.period),
        terms: change.terms.unwrap_or_else(|| present.terms.clone()),
    };
    if new != present {
        check(tx, site, &new).await?;
        stored::set(tx, site.id, id, &new).await.map_err(|error| name_taken(error, &new.name))?;
        let action = AuditAction::PlanSet { plan: id.as_uuid() };
        audit::insert_many(tx, &[by.audit_line(site.id, action)]).await?;
    }
    if let Some(retired) = change.retired.filter(|retired| *retired != before.retired_at.is_some()) {
        let at = retired.then_some(now);
        stored::retire(tx, site.id, id, at).await.map_err(|error| name_taken(error, &new.name))?;
        let action = AuditAction::PlanRetire { plan: id.as_uuid(), retired };
        audit::insert_many(tx, &[by.audit_line(site.id, action)]).await?;
    }
    Ok(stored::get(tx, &sites, id, now).await?)
}

/// The plan of a row.
///
/// # Errors
/// Stored data that no program of ours wrote.
pub fn plan(row: &PlanRow) -> Result<Plan, OperationError> {
    let broken = || OperationError::Broken(format!("plan {} holds what this version does not know", row.id));
    let currency = boomgate_domain::money::Currency::parse(&row.currency).map_err(|_| broken())?;
    Ok(Plan {
        name: row.name.clone(),
        price: Money::new(row.price_minor, currency),
        period: PlanPeriod::parse(&row.period).ok_or_else(broken)?,
        terms: row.terms(),
    })
}

/// The period of this word.
pub(crate) const fn period(word: PlanPeriod) -> Period {
    match word {
        PlanPeriod::Day => Period::Day,
        PlanPeriod::Week => Period::Week,
        PlanPeriod::Month => Period::Month,
        PlanPeriod::Year => Period::Year,
    }
}

/// The plan of this id, if the site has it.
///
/// # Errors
/// `PLAN-UNKNOWN`; the database's.
pub(crate) async fn plan_of(
    tx: &impl GenericClient,
    site: SiteId,
    id: PlanId,
    now: Timestamp,
) -> Result<Plan, OperationError> {
    match stored::get(tx, &[site.as_uuid()], id, now).await {
        Ok(row) => plan(&row),
        Err(StoreError::NotFound { .. }) => {
            Err(Fault::new("plan", "PLAN-UNKNOWN", "this site has no such plan").into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn check(tx: &impl GenericClient, site: &SiteRow, new: &Plan) -> Result<(), OperationError> {
    let mut faults = term_faults(tx, site.id, &new.terms).await?;
    if new.name.is_empty() || new.name.chars().count() > 100 {
        faults.push(Fault::new("name", "NAME-NEEDED", "must be 1 to 100 characters"));
    }
    if new.price.minor < 0 || new.price.currency.as_str() != site.currency {
        let why =
            format!("must be an amount of {}, the currency of the site, not below nought", site.currency);
        faults.push(Fault::new("price", "PRICE-WRONG", why));
    }
    OperationError::unless_empty(faults)
}

/// What is wrong with terms.
///
/// # Errors
/// The database's.
pub(crate) async fn term_faults(
    tx: &impl GenericClient,
    site: SiteId,
    terms: &Terms,
) -> Result<Vec<Fault>, OperationError> {
    let mut faults = Vec::new();
    let in_range = |count: Option<i32>| count.is_none_or(|count| (1..=10_000).contains(&count));
    if !in_range(terms.places) {
        faults.push(Fault::new("places", "OUT-OF-RANGE", "1 to 10,000 places"));
    }
    if !in_range(terms.uses_per_month) {
        faults.push(Fault::new("uses_per_month", "OUT-OF-RANGE", "1 to 10,000 entries a month"));
    }
    if terms.windows.len() > boomgate_domain::subscription::MAX_WINDOWS {
        faults.push(Fault::new("windows", "TOO-MANY", "at most 32 windows"));
    }
    if !terms.lanes.is_empty() {
        let known = lanes::list(tx, site).await?;
        let unknown = |lane: &Uuid| !known.iter().any(|one| one.id.as_uuid() == *lane);
        if terms.lanes.iter().any(unknown) {
            faults.push(Fault::new("lanes", "LANE-UNKNOWN", "names a lane that this site does not have"));
        }
    }
    Ok(faults)
}

fn name_taken(error: StoreError, name: &str) -> OperationError {
    if error.is_duplicate() {
        return OperationError::conflict("PLAN-NAME-TAKEN", format!("there is a plan {name:?} already"));
    }
    error.into()
}
