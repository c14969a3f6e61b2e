//! The numbers of a site's day, in its own time zone.

use boomgate_domain::money::Money;
use boomgate_domain::tariff::VehicleType;
use boomgate_store::sites::SiteRow;
use boomgate_store::stats::{self as stored, DayNumbers};
use boomgate_store::{GenericClient, tariffs};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::error::OperationError;

/// A site's day.
#[derive(Clone, Debug)]
pub struct Day {
    /// In the site's time zone.
    pub date: Date,
    /// What happened in it.
    pub numbers: DayNumbers,
    /// What a car pays for the first hour by the tariff in force now; none where nothing is charged.
    pub first_hour: Option<Money>,
}

/// The day it is now at the site.
///
/// # Errors
/// The database's; stored data that contradicts itself.
pub async fn today(
    client: &impl GenericClient,
    site: &SiteRow,
    now: Timestamp,
) -> Result<Day, OperationError> {
    let zone = TimeZone::get(&site.time_zone).map_err(|error| OperationError::Broken(error.to_string()))?;
    let local = now.to_zoned(zone.clone());
    let broken = |error: jiff::Error| OperationError::Broken(error.to_string());
    let from = local.start_of_day().map_err(broken)?.timestamp();
    let until = local.tomorrow().and_then(|next| next.start_of_day()).map_err(broken)?.timestamp();
    let numbers = stored::day(client, site.id, (from, until)).await?;
    let first_hour = first_hour(client, site, &zone, now).await?;
    Ok(Day { date: local.date(), numbers, first_hour })
}

async fn first_hour(
    client: &impl GenericClient,
    site: &SiteRow,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Option<Money>, OperationError> {
    let Some(row) = tariffs::current(client, site.id, now).await? else { return Ok(None) };
    let tariff = row.tariff()?;
    let until = now + SignedDuration::from_hours(1);
    Ok(tariff.charge(now, until, VehicleType::Car, zone).ok().map(|charge| charge.total))
}
