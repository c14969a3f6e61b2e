//! How a site treats cars with and without rights: chosen, and read by decisions from the next one on.

use boomgate_domain::decide::Passback;
use boomgate_domain::ids::SiteId;
use boomgate_domain::plate::grammar::Grammar;
use boomgate_store::access_settings::{self as stored, AccessSettings};
use boomgate_store::audit;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::sites::{self, word};
use boomgate_store::words::OutsideTerms;

use crate::access::{Authorized, SettingsWrite};
use crate::error::OperationError;
use crate::fault::{Change, Fault};
use crate::unit::Unit;

/// What is to be another; none stays.
#[derive(Clone, Debug, Default)]
pub struct SetAccess {
    /// A car that is inside for longer is shown as overstaying: 1 hour to 366 days.
    pub overstay_hours: Option<i32>,
    /// What becomes of a subscriber's car beyond its terms.
    pub outside_terms: Option<OutsideTerms>,
    /// So many days before its end a subscription is named: 0 to 90.
    pub notice_days: Option<i32>,
    /// Whose plates strangers have.
    pub countries: Option<Vec<String>>,
    /// What becomes of a plate that is inside and comes again.
    pub passback: Option<Passback>,
}

/// Chooses it.
///
/// # Errors
/// All faults of the request; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<SettingsWrite>,
    site: SiteId,
    new: &SetAccess,
) -> Result<AccessSettings, OperationError> {
    OperationError::unless_empty(faults(new))?;
    sites::lock(unit.tx(), site).await?;
    let before = stored::get(unit.tx(), site).await?;
    let after = AccessSettings {
        overstay_hours: new.overstay_hours.unwrap_or(before.overstay_hours),
        outside_terms: new.outside_terms.map_or(before.outside_terms.clone(), |one| one.to_string()),
        notice_days: new.notice_days.unwrap_or(before.notice_days),
        countries: new.countries.clone().unwrap_or_else(|| before.countries.clone()),
        passback: new.passback.map_or(before.passback.clone(), |passback| word(&passback)),
    };
    if after != before {
        stored::set(unit.tx(), site, &after).await?;
        audit::insert_many(unit.tx(), &[by.audit_line(site, action(&before, &after))]).await?;
    }
    Ok(after)
}

fn action(before: &AccessSettings, after: &AccessSettings) -> AuditAction {
    let changes: Vec<Change> = [
        Change::of("overstay_hours", &before.overstay_hours.to_string(), &after.overstay_hours.to_string()),
        Change::of("outside_terms", &before.outside_terms, &after.outside_terms),
        Change::of("notice_days", &before.notice_days.to_string(), &after.notice_days.to_string()),
        Change::of("countries", &before.countries.join(","), &after.countries.join(",")),
        Change::of("passback", &before.passback, &after.passback),
    ]
    .into_iter()
    .flatten()
    .collect();
    let pair = |field| Change::pair(&changes, field);
    AuditAction::AccessSet {
        overstay_hours: pair("overstay_hours"),
        outside_terms: pair("outside_terms"),
        notice_days: pair("notice_days"),
        countries: pair("countries"),
        passback: pair("passback"),
    }
}

fn faults(new: &SetAccess) -> Vec<Fault> {
    let mut faults = Vec::new();
    if new.overstay_hours.is_some_and(|hours| !(1..=8784).contains(&hours)) {
        faults.push(Fault::new("overstay_hours", "OUT-OF-RANGE", "an hour to 366 days"));
    }
    if new.notice_days.is_some_and(|days| !(0..=90).contains(&days)) {
        faults.push(Fault::new("notice_days", "OUT-OF-RANGE", "0 to 90 days"));
    }
    let countries = new.countries.as_deref().filter(|countries| !countries.is_empty());
    if let Some(Err(error)) = countries.map(Grammar::for_countries) {
        faults.push(Fault::new("countries", "COUNTRY-UNKNOWN", error.to_string()));
    }
    faults
}
