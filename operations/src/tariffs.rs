//! Tariffs: put in force as a site's next version.

use boomgate_domain::ids::SiteCode;
use boomgate_domain::tariff::Tariff;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::{audit, sites as stored_sites, tariffs as stored};
use jiff::Timestamp;

use crate::access::{Authorized, TariffsPublish};
use crate::error::OperationError;
use crate::sites;
use crate::unit::Unit;

/// Puts a tariff in force as the site's next version, from now on. Returns the version's number.
///
/// # Errors
/// A currency other than the site's; an unknown site; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<TariffsPublish>,
    site: &SiteCode,
    mut tariff: Tariff,
) -> Result<u32, OperationError> {
    let tx = unit.tx();
    let site = sites::by_code(tx, by.actor().tenant, site).await?;
    if tariff.currency.as_str() != site.currency {
        let why = format!("is {}, but {} charges in {}", tariff.currency, site.code, site.currency);
        return Err(OperationError::invalid("currency", why));
    }
    // Under the site's lock two people cannot choose the same number.
    stored_sites::lock(tx, site.id).await?;
    let newest = stored::list(tx, site.id).await?.into_iter().next();
    tariff.version = newest.map_or(1, |row| row.version.unsigned_abs() + 1);
    stored::insert(tx, site.id, &tariff, Timestamp::now(), by.actor().user()).await?;
    let action = AuditAction::TariffSet { tariff: tariff.id.as_uuid(), version: tariff.version };
    audit::insert_many(tx, &[by.audit_line(site.id, action)]).await?;
    Ok(tariff.version)
}
