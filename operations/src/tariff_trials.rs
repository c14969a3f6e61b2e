//! Trying a tariff before it is published: example stays, a stay of one's own, the stays of a time that is over.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_domain::ids::{StayId, TariffId};
use boomgate_domain::money::Money;
use boomgate_domain::reason::Reason;
use boomgate_domain::tariff::{Charge, Prior, Tariff, VehicleType};
use boomgate_store::sites::SiteRow;
use boomgate_store::stays::{self as stored_stays, PastStay, vehicle};
use boomgate_store::{GenericClient, tariffs as stored};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use uuid::Uuid;

use crate::error::OperationError;
use crate::tariffs;

/// Most stays that are compared.
pub const MOST_STAYS: usize = 20_000;

/// Longest time that stays are compared for.
const COMPARING: Duration = Duration::from_secs(8);

/// How many stays with the largest differences are named.
const LARGEST: usize = 10;

/// Longest period that is looked back on, in days.
const LONGEST_PERIOD: i32 = 366;

/// A stay that people know, with what it costs.
#[derive(Clone, Debug)]
pub struct Example {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// What it costs, line by line.
    pub charge: Charge,
}

/// An errand, a morning, a working day, a night, a day and a night, on `day`.
///
/// # Errors
/// A tariff with faults has no prices.
pub fn examples(
    tariff: &Tariff,
    vehicle: VehicleType,
    zone: &TimeZone,
    day: Date,
) -> Result<Vec<Example>, OperationError> {
    let stays: [(i8, Span); 5] =
        [(9, 30.minutes()), (9, 3.hours()), (8, 9.hours()), (20, 10.hours()), (9, 24.hours())];
    let priced = |(hour, length): (i8, Span)| {
        let from = zone.to_timestamp(day.at(hour, 0, 0, 0)).map_err(broken)?;
        let until = from.checked_add(length).map_err(broken)?;
        let charge = tariff.charge(from, until, vehicle, zone).map_err(broken)?;
        Ok(Example { from, until, charge })
    };
    stays.into_iter().map(priced).collect()
}

fn broken(error: impl std::fmt::Display) -> OperationError {
    OperationError::unacceptable("NO-PRICE", error.to_string())
}

/// What one stay would cost.
///
/// # Errors
/// `NO-PRICE`: the stay is too long, or the tariff has faults.
pub fn simulate(
    tariff: &Tariff,
    (from, until): (Timestamp, Timestamp),
    vehicle: VehicleType,
    prior: &Prior,
    zone: &TimeZone,
) -> Result<Charge, OperationError> {
    if until < from {
        return Err(OperationError::invalid("until", "is before the stay begins"));
    }
    tariff.charge_after(from, until, vehicle, zone, prior).map_err(broken)
}

/// What the stays of a time would have cost by another tariff.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// Compared ones.
    pub stays: u64,
    /// There are more than could be compared: these are the newest.
    pub limited: bool,
    /// By the versions they were charged by.
    pub before: Money,
    /// By the other tariff.
    pub after: Money,
    /// That would pay more.
    pub more: u64,
    /// That would pay less.
    pub less: u64,
    /// That would pay the same.
    pub same: u64,
    /// With the largest differences, the largest first.
    pub largest: Vec<Compared>,
}

/// One stay, by both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The stay.
    pub stay: StayId,
    /// Canonical; none where it was not read.
    pub plate: Option<String>,
    /// When it began.
    pub entered_at: Timestamp,
    /// When it ended.
    pub exited_at: Timestamp,
    /// By the version it was charged by, in minor units.
    pub before: i64,
    /// By the other tariff, in minor units.
    pub after: i64,
}

/// Compares the stays that began on these local days and are over. Cars with a right pay nothing either way and are left
/// out, validations are left aside.
///
/// # Errors
/// Days that are none of a period of at most a year; a tariff of another currency or with faults; the database's.
pub async fn what_if(
    client: &impl GenericClient,
    site: &SiteRow,
    tariff: Tariff,
    (first, last): (Date, Date),
) -> Result<WhatIf, OperationError> {
    let zone = tariffs::zone(site)?;
    let period = period(&zone, first, last)?;
    if tariff.currency.as_str() != site.currency {
        return Err(OperationError::unacceptable("WRONG-CURRENCY", "the site charges in another currency"));
    }
    let faults = tariff.faults();
    if !faults.is_empty() {
        return Err(OperationError::FaultyTariff(faults));
    }
    let limit = i64::try_from(MOST_STAYS + 1).unwrap_or(i64::MAX);
    let stays = stored_stays::of_period(client, site.id, period, &site.currency, limit).await?;
    let versions = versions(client, site, &stays).await?;
    let comparing = tokio::task::spawn_blocking(move || compare(&stays, &versions, &tariff, &zone));
    comparing.await.map_err(|error| OperationError::Broken(error.to_string()))
}

fn period(zone: &TimeZone, first: Date, last: Date) -> Result<(Timestamp, Timestamp), OperationError> {
    let days = last.since(first).map_or(-1, |span| span.get_days());
    if !(0..LONGEST_PERIOD).contains(&days) {
        let why = format!("must be 1 to {LONGEST_PERIOD} days after and with the first one");
        return Err(OperationError::invalid("last_day", why));
    }
    let begin = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0)).map_err(broken);
    Ok((begin(first)?, begin(last.tomorrow().map_err(broken)?)?))
}

async fn versions(
    client: &impl GenericClient,
    site: &SiteRow,
    stays: &[PastStay],
) -> Result<HashMap<TariffId, Arc<Tariff>>, OperationError> {
    let mut ids: Vec<Uuid> = stays.iter().filter_map(|stay| Some(stay.tariff_id?.as_uuid())).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = stored::get_many(client, site.id, &ids).await?;
    rows.into_iter().map(|row| Ok((row.id, Arc::new(row.tariff()?)))).collect()
}

fn compare(
    stays: &[PastStay],
    versions: &HashMap<TariffId, Arc<Tariff>>,
    tariff: &Tariff,
    zone: &TimeZone,
) -> WhatIf {
    let began = Instant::now();
    let mut comparison = Comparison { tariff, versions, zone, months: HashMap::new(), compared: Vec::new() };
    let mut limited = stays.len() > MOST_STAYS;
    // In the order in which they were charged: a cap of the month counts what was before.
    for stay in stays.iter().take(MOST_STAYS).rev() {
        if began.elapsed() > COMPARING {
            limited = true;
            break;
        }
        comparison.add(stay);
    }
    comparison.sum(limited)
}

/// Of each vehicle and month what its stays cost so far, by both.
type Months<'a> = HashMap<(&'a str, Date), (i64, i64)>;

struct Comparison<'a> {
    tariff: &'a Tariff,
    versions: &'a HashMap<TariffId, Arc<Tariff>>,
    zone: &'a TimeZone,
    months: Months<'a>,
    compared: Vec<Compared>,
}

impl<'a> Comparison<'a> {
    fn add(&mut self, stay: &'a PastStay) {
        if stay.entry_code.as_deref().is_some_and(Reason::covers_the_stay) {
            return;
        }
        let month = self.zone.to_datetime(stay.entered_at).date().first_of_month();
        let key = stay.plate.as_deref().map(|plate| (plate, month));
        let (old_month, new_month) = key.and_then(|key| self.months.get(&key).copied()).unwrap_or_default();
        let pinned = stay.tariff_id.and_then(|id| self.versions.get(&id));
        // Without a version nothing was charged.
        let before = pinned.map_or(Some(0), |pinned| self.price(pinned, stay, old_month));
        let (Some(before), Some(after)) = (before, self.price(self.tariff, stay, new_month)) else { return };
        if let Some(key) = key {
            let sums = self.months.entry(key).or_default();
            *sums = (sums.0.saturating_add(before), sums.1.saturating_add(after));
        }
        self.compared.push(Compared {
            stay: stay.id,
            plate: stay.plate.clone(),
            entered_at: stay.entered_at,
            exited_at: stay.exited_at,
            before,
            after,
        });
    }

    fn price(&self, tariff: &Tariff, stay: &PastStay, month_minor: i64) -> Option<i64> {
        let prior = Prior { month_minor, ..Prior::default() };
        let vehicle = vehicle(stay.vehicle_type.as_deref());
        let charge = tariff.charge_after(stay.entered_at, stay.exited_at, vehicle, self.zone, &prior);
        Some(charge.ok()?.total.minor)
    }

    fn sum(mut self, limited: bool) -> WhatIf {
        let total = |of: fn(&Compared) -> i64, all: &[Compared]| {
            let minor = all.iter().map(of).fold(0, i64::saturating_add);
            Money::new(minor, self.tariff.currency)
        };
        let count = |of: fn(&Compared) -> bool, all: &[Compared]| {
            u64::try_from(all.iter().filter(|one| of(one)).count()).unwrap_or(u64::MAX)
        };
        let all = &self.compared;
        let mut found = WhatIf {
            stays: count(|_| true, all),
            limited,
            before: total(|one| one.before, all),
            after: total(|one| one.after, all),
            more: count(|one| one.after > one.before, all),
            less: count(|one| one.after < one.before, all),
            same: count(|one| one.after == one.before, all),
            largest: Vec::new(),
        };
        self.compared.retain(|one| one.after != one.before);
        self.compared.sort_by_key(|one| std::cmp::Reverse((one.after.abs_diff(one.before), one.entered_at)));
        self.compared.truncate(LARGEST);
        found.largest = self.compared;
        found
    }
}
