//! Checking a tariff: every fault at once, each with the path of the field it is about.

use std::collections::BTreeSet;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::date;

use super::{Band, Rule, Tariff, VehicleType};

/// One thing wrong with a tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TariffFault {
    /// Such as `rules[2].bands[0].price`.
    pub path: String,
    /// What is wrong, for people.
    pub what: String,
}

impl fmt::Display for TariffFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

const VEHICLES: [VehicleType; 5] =
    [VehicleType::Car, VehicleType::Motorcycle, VehicleType::Van, VehicleType::Truck, VehicleType::Bus];

/// Prices above this are typing errors, and sums of them cannot overflow within the longest stay.
const HIGHEST_PRICE: i64 = 1_000_000_000;

impl Tariff {
    /// All faults; a tariff without any charges every stay of up to ten years.
    pub fn faults(&self) -> Vec<TariffFault> {
        let mut faults = Faults(Vec::new());
        faults.unless(!self.name.trim().is_empty(), "name", || "is empty".into());
        faults.price("daily_cap", self.daily_cap);
        faults.price("lost_ticket", self.lost_ticket);
        faults.unless(self.daily_cap != Some(0), "daily_cap", || "is 0; leave it out for no cap".into());
        faults.price("cap_24h", self.cap_24h);
        faults.unless(self.cap_24h != Some(0), "cap_24h", || "is 0; leave it out for no cap".into());
        let one_cap = self.daily_cap.is_none() || self.cap_24h.is_none();
        faults.unless(one_cap, "cap_24h", || "stands beside daily_cap; a stay has one kind of cap".into());
        for vehicle in VEHICLES {
            let covered = self.rules.iter().any(|rule| is_default(rule, vehicle));
            let what = || {
                format!("no rule without days and window applies to {vehicle:?}: times would have no price")
            };
            faults.unless(covered, "rules", what);
        }
        for (index, rule) in self.rules.iter().enumerate() {
            check_rule(&mut faults, &format!("rules[{index}]"), rule);
        }
        self.check_order(&mut faults);
        faults.0
    }

    /// A rule behind others that take all its vehicles, days and times never applies.
    fn check_order(&self, faults: &mut Faults) {
        let used = self.rules_in_use();
        for (index, rule) in self.rules.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
            let what = || {
                format!(
                    "{:?} never applies: rules before it take all its vehicles, days and times; put it before them",
                    rule.name
                )
            };
            faults.unless(false, &format!("rules[{index}]"), what);
        }
    }

    /// The rules that are the first to fit some vehicle at some time of some weekday.
    fn rules_in_use(&self) -> BTreeSet<usize> {
        let mut used = BTreeSet::new();
        let week = date(2024, 1, 1).series(1.day()).take(7);
        for (day, time) in week.flat_map(|day| self.cuts().into_iter().map(move |time| (day, time))) {
            for vehicle in VEHICLES {
                used.extend(self.rules.iter().position(|rule| rule.applies(vehicle, day, time)));
            }
        }
        used
    }
}

fn is_default(rule: &Rule, vehicle: VehicleType) -> bool {
    let for_vehicle = rule.vehicles.is_empty() || rule.vehicles.contains(&vehicle);
    for_vehicle && rule.days.is_empty() && rule.window.is_none()
}

fn check_rule(faults: &mut Faults, path: &str, rule: &Rule) {
    let empty_window = rule.window.is_some_and(|window| window.from == window.until);
    faults.unless(!rule.name.trim().is_empty(), &format!("{path}.name"), || "is empty".into());
    faults.unless(!empty_window, &format!("{path}.window"), || {
        "begins and ends at the same time; leave it out for the whole day".into()
    });
    faults.unless(!rule.bands.is_empty(), &format!("{path}.bands"), || "is empty".into());
    let mut begins = 0;
    for (index, band) in rule.bands.iter().enumerate() {
        let last = index.saturating_add(1) == rule.bands.len();
        check_band(faults, &format!("{path}.bands[{index}]"), *band, begins, last);
        begins = band.until_minute.unwrap_or(begins).max(begins);
    }
}

fn check_band(faults: &mut Faults, path: &str, band: Band, begins: u32, last: bool) {
    faults.price(&format!("{path}.price"), Some(band.price));
    faults.unless(band.step_minutes != Some(0), &format!("{path}.step_minutes"), || "is 0".into());
    let at = format!("{path}.until_minute");
    match band.until_minute {
        None => faults.unless(last, &at, || "is missing; only the last band may be open-ended".into()),
        Some(_) if last => {
            faults.unless(false, &at, || "ends the last band; time after it would be free".into())
        }
        Some(until) => {
            faults.unless(until > begins, &at, || format!("is {until}, not after minute {begins}"))
        }
    }
}

struct Faults(Vec<TariffFault>);

impl Faults {
    fn unless(&mut self, holds: bool, path: &str, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(TariffFault { path: path.to_owned(), what: what() });
        }
    }

    fn price(&mut self, path: &str, price: Option<i64>) {
        let fits = price.is_none_or(|price| (0..=HIGHEST_PRICE).contains(&price));
        self.unless(fits, path, || {
            format!("is {}, not within 0 to {HIGHEST_PRICE}", price.unwrap_or_default())
        });
    }
}
