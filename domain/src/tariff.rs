//! What a stay costs: tariffs as versioned data, charged line by line in the site's time zone.
//!
//! Minutes are elapsed real time, so the night the clocks change costs what was really parked; weekdays, times of
//! day and the daily cap follow the local calendar; the 24-hour cap counts from where charging begins. The same entry with a later exit never costs less.

mod charging;
pub mod differences;
mod discounts;
mod faults;
mod holidays;
pub mod notation;
mod prior;
pub mod templates;
#[cfg(test)]
mod tests;
pub mod week;
pub mod words;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};

pub use faults::{FaultKind, TariffFault};
pub use holidays::Holiday;
pub use prior::{Benefit, Prior, Validation};

use crate::ids::TariffId;
use crate::money::{Currency, Money};

/// The longest stay that is charged; beyond it a person decides.
pub const LONGEST_STAY_DAYS: i64 = 3_660;

/// What kind of vehicle is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VehicleType {
    /// A car.
    #[default]
    Car,
    /// A motorcycle.
    Motorcycle,
    /// A van.
    Van,
    /// A truck.
    Truck,
    /// A bus.
    Bus,
}

impl VehicleType {
    /// Every kind there is.
    pub const ALL: [Self; 5] = [Self::Car, Self::Motorcycle, Self::Van, Self::Truck, Self::Bus];
}

/// One version of a tariff. Amounts are minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// This version.
    pub id: TariffId,
    /// Rises per site.
    pub version: u32,
    /// For people.
    pub name: String,
    /// Of all its amounts.
    pub currency: Currency,
    /// In and out within this time is free; one minute more and the whole stay is charged.
    #[serde(default)]
    pub grace_minutes: u32,
    /// How long a paid driver has to reach the exit.
    #[serde(default)]
    pub exit_time_minutes: u32,
    /// Taken off the beginning of every charged stay.
    #[serde(default)]
    pub free_minutes: u32,
    /// Most that one local calendar day costs.
    #[serde(default, deserialize_with = "notation::optional_price")]
    pub daily_cap: Option<i64>,
    /// Most that 24 hours cost, counted from where charging begins; instead of a daily cap.
    #[serde(default, deserialize_with = "notation::optional_price", skip_serializing_if = "Option::is_none")]
    pub cap_24h: Option<i64>,
    /// Most that one vehicle is charged in a calendar month, for all its stays that begin in it.
    #[serde(default, deserialize_with = "notation::optional_price", skip_serializing_if = "Option::is_none")]
    pub monthly_cap: Option<i64>,
    /// Charged when no entry can be found.
    #[serde(default, deserialize_with = "notation::optional_price")]
    pub lost_ticket: Option<i64>,
    /// Of the VAT that every price includes: 2000 is 20 %; none where no VAT is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_basis_points: Option<u32>,
    /// The days on which rules for `holiday` apply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Holiday>,
    /// The first rule that fits vehicle, weekday and time of day applies.
    pub rules: Vec<Rule>,
}

impl Tariff {
    /// The holiday that a local day is.
    pub fn holiday(&self, date: Date) -> Option<&Holiday> {
        self.holidays.iter().find(|holiday| holiday.covers(date))
    }
}

/// Rates for some vehicles at some times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// For the explanation of a charge.
    pub name: String,
    /// All vehicles when empty.
    #[serde(default)]
    pub vehicles: Vec<VehicleType>,
    /// All days when empty. A window over midnight belongs to the day on which it begins.
    #[serde(default)]
    pub days: Vec<Day>,
    /// All day when absent.
    #[serde(default)]
    pub window: Option<Window>,
    /// Without gaps by construction: each band begins where the one before ends.
    pub bands: Vec<Band>,
}

/// A local time of day from `from` (included) to `until` (excluded); over midnight when `until` is earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Local, included.
    #[serde(deserialize_with = "notation::time")]
    pub from: Time,
    /// Written 00:00 or 24:00 for the end of the day.
    #[serde(deserialize_with = "notation::end_time")]
    pub until: Time,
}

/// A rate for a part of the charged time, counted from where charging begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The charged minute at which the band ends; the last band has none.
    #[serde(default)]
    pub until_minute: Option<u32>,
    /// A step that has begun is charged; without steps the price is paid once for the band within its window.
    #[serde(default)]
    pub step_minutes: Option<u32>,
    /// Minor units per step.
    #[serde(deserialize_with = "notation::price")]
    pub price: i64,
}

/// A weekday or a holiday, as data writes it. A holiday is also its weekday: its rule stands before the weekday's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
    /// A day among the tariff's holidays.
    Holiday,
}

impl Day {
    /// Every word there is.
    pub const ALL: [Self; 8] =
        [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun, Self::Holiday];

    /// None of a holiday, which may be any.
    const fn weekday(self) -> Option<Weekday> {
        match self {
            Self::Mon => Some(Weekday::Monday),
            Self::Tue => Some(Weekday::Tuesday),
            Self::Wed => Some(Weekday::Wednesday),
            Self::Thu => Some(Weekday::Thursday),
            Self::Fri => Some(Weekday::Friday),
            Self::Sat => Some(Weekday::Saturday),
            Self::Sun => Some(Weekday::Sunday),
            Self::Holiday => None,
        }
    }
}

/// A price with its explanation; the amounts of the lines add up to the total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Sum of the lines.
    pub total: Money,
    /// Elapsed minutes from entry to exit, begun ones included.
    pub minutes: u32,
    /// In the order of time; what validations take off stands last.
    pub lines: Vec<ChargeLine>,
    /// What of the total is VAT; none where the tariff names no rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat: Option<Vat>,
}

/// The VAT that a total includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vat {
    /// 2000 is 20 %.
    pub basis_points: u32,
    /// Rounded half up, once, on the total.
    pub amount: Money,
}

impl Vat {
    /// What of `total` is VAT at this rate.
    pub fn included(total: Money, basis_points: u32) -> Self {
        let (gross, rate) = (i128::from(total.minor), i128::from(basis_points));
        let whole = rate.saturating_add(10_000);
        // Half up: floor((2 x gross x rate + whole) / (2 x whole)).
        let twice = gross.saturating_mul(rate).saturating_mul(2).saturating_add(whole);
        let vat = twice.div_euclid(whole.saturating_mul(2));
        Self { basis_points, amount: Money::new(i64::try_from(vat).unwrap_or(i64::MAX), total.currency) }
    }
}

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// In and out within the grace time.
    Grace,
    /// Complimentary minutes at the beginning.
    Free,
    /// Steps of a rule's band.
    Rate,
    /// What the daily cap takes off; the amount is negative.
    Cap,
    /// What the cap of 24 hours takes off; the amount is negative.
    #[serde(rename = "cap-24h")]
    Cap24h,
    /// What the cap of the month takes off; the amount is negative.
    MonthlyCap,
    /// Time that a validation makes free; the amount is negative.
    FreeTime,
    /// What a validation takes off; the amount is negative.
    Discount,
    /// Time that was paid before; the amount is negative.
    Prepaid,
    /// The price of a lost ticket.
    LostTicket,
}

/// One explained line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeLine {
    /// What it is for.
    pub kind: LineKind,
    /// The rule's name, the validation's code, or the name of the setting.
    pub label: String,
    /// First instant it covers.
    pub from: Timestamp,
    /// First instant it does not cover.
    pub until: Timestamp,
    /// Minutes from `from` to `until`, begun ones included.
    pub minutes: u32,
    /// Charged steps; 0 where steps mean nothing.
    pub steps: u32,
    /// Length of a step; none for a flat price.
    pub step_minutes: Option<u32>,
    /// Price of one step or of the flat.
    pub unit: Money,
    /// Negative for what caps and validations take off.
    pub amount: Money,
}

/// Why a stay has no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum ChargeError {
    #[error("stay is longer than 3660 days")]
    TooLong,
    #[error("no rule applies to this vehicle at {0}")]
    NoRule(Timestamp),
    #[error("amount is too large")]
    Overflow,
}
