//! What a stay costs: tariffs as versioned data, charged line by line in the site's time zone.
//!
//! Minutes are elapsed real time, so the night the clocks change costs what was really parked; weekdays, times of
//! day and the daily cap follow the local calendar; the 24-hour cap counts from where charging begins. The same entry with a later exit never costs less.

mod charging;
mod faults;
pub mod notation;
pub mod templates;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

pub use faults::TariffFault;

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
    /// Charged when no entry can be found.
    #[serde(default, deserialize_with = "notation::optional_price")]
    pub lost_ticket: Option<i64>,
    /// The first rule that fits vehicle, weekday and time of day applies.
    pub rules: Vec<Rule>,
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

/// A weekday, as data writes it.
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
}

impl Day {
    const fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
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
    /// In the order of time.
    pub lines: Vec<ChargeLine>,
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
    /// The price of a lost ticket.
    LostTicket,
}

/// One explained line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeLine {
    /// What it is for.
    pub kind: LineKind,
    /// The rule's name, or the name of the setting.
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
    /// Zero or more.
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
