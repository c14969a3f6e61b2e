//! The numbers of a day, what happened last, and what people correct of stays and counts.

use boomgate_domain::ids::StayId;
use boomgate_domain::plate::Plate;
use boomgate_domain::tariff::VehicleType as Charged;
use boomgate_operations::access::SiteRef;
use boomgate_operations::stats::Day;
use boomgate_operations::stays::corrections::CorrectStay;
use boomgate_store::payments::Method;
use boomgate_store::sites::SiteRow;
use boomgate_store::stats::ActivityRow;
use boomgate_store::words::VehicleType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::money::Amount;
use super::sites::given;
use super::stays::LaneCodes;
use crate::error::{ApiError, unknown};
use crate::query;
use crate::request::SafeText;

/// A site's day so far, in its own time zone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stats {
    site: Uuid,
    /// In the site's time zone.
    #[schema(format = Date)]
    day: String,
    /// Spaces for visitors; null where nobody counts.
    spaces: Option<i32>,
    /// Cars inside as passages count them.
    occupied: i32,
    /// Null where nobody counts; none is left where more cars are inside than there are spaces.
    available: Option<i32>,
    /// Of the spaces, in hundredths of a percent; null where nobody counts.
    occupied_basis_points: Option<i64>,
    /// Stays that are open; another number than `occupied` means that cars came or went unseen.
    open_stays: i64,
    /// Stays that began today.
    entered: i64,
    /// Stays that ended today.
    processed: i64,
    /// How long those were, in minutes; null where none ended.
    average_stay_minutes: Option<i64>,
    /// Payments of today.
    revenue: Amount,
    /// What a car pays for the first hour from now on; null where nothing is charged.
    first_hour: Option<Amount>,
}

impl Stats {
    pub(crate) fn of(site: &SiteRow, day: Day) -> Self {
        let numbers = day.numbers;
        let share =
            |spaces: i32| (spaces > 0).then(|| i64::from(numbers.inside) * 10_000 / i64::from(spaces));
        Self {
            site: site.id.as_uuid(),
            day: day.date.to_string(),
            spaces: site.capacity,
            occupied: numbers.inside,
            available: site.capacity.map(|spaces| (spaces - numbers.inside).max(0)),
            occupied_basis_points: site.capacity.and_then(share),
            open_stays: numbers.open_stays,
            entered: numbers.entered,
            processed: numbers.processed,
            average_stay_minutes: numbers.average_minutes,
            revenue: Amount { minor: numbers.revenue_minor, currency: site.currency.clone() },
            first_hour: day.first_hour.map(Amount::from),
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActivityKind {
    Entered,
    Left,
    Paid,
}

/// Something that happened to a stay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Activity {
    what: ActivityKind,
    at: Timestamp,
    stay: Uuid,
    /// Null for a car nobody could read.
    plate: Option<String>,
    /// Code of the lane; null for a payment, and for what was done by hand.
    lane: Option<String>,
    /// What was charged in the end, or paid.
    amount: Option<Amount>,
    /// Of a payment.
    method: Option<Method>,
}

impl Activity {
    pub(crate) fn of(row: ActivityRow, codes: &LaneCodes) -> Result<Self, ApiError> {
        let what = match row.what.as_str() {
            "entered" => ActivityKind::Entered,
            "left" => ActivityKind::Left,
            "paid" => ActivityKind::Paid,
            other => return Err(unknown("what", other)),
        };
        let method =
            row.method.map(|word| Method::parse(&word).ok_or_else(|| unknown("payments.method", &word)));
        let currency = row.currency;
        Ok(Self {
            what,
            at: row.at,
            stay: row.stay_id,
            plate: row.plate,
            lane: codes.iter().find(|(lane, _)| Some(*lane) == row.lane_id).map(|(_, code)| code.clone()),
            amount: row.amount_minor.map(|minor| Amount { minor, currency }),
            method: method.transpose()?,
        })
    }
}

/// What of a stay is to be another; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StayChange {
    /// As people write it; null: nobody could read it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    plate: Option<Option<String>>,
    /// What it is charged as.
    vehicle_type: Option<VehicleType>,
    entered_at: Option<Timestamp>,
    /// Of an open stay it is the end.
    exited_at: Option<Timestamp>,
    /// Why; noted in the audit.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: SafeText,
}

impl StayChange {
    pub(crate) fn wanted(self) -> Result<CorrectStay, ApiError> {
        let read = |text: String| Plate::parse(&text);
        let plate = self.plate.map(|plate| plate.map(read).transpose()).transpose();
        Ok(CorrectStay {
            plate: plate.map_err(|error| ApiError::invalid("plate", error.to_string()))?,
            vehicle_type: self.vehicle_type.map(charged),
            entered_at: self.entered_at,
            exited_at: self.exited_at,
            reason: self.reason.to_string(),
        })
    }
}

const fn charged(word: VehicleType) -> Charged {
    match word {
        VehicleType::Car => Charged::Car,
        VehicleType::Motorcycle => Charged::Motorcycle,
        VehicleType::Van => Charged::Van,
        VehicleType::Truck => Charged::Truck,
        VehicleType::Bus => Charged::Bus,
    }
}

/// The exit without an entry that belongs to a stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeStay {
    other: Uuid,
    /// Why; noted in the audit.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub(crate) reason: SafeText,
}

impl MergeStay {
    pub(crate) const fn other(&self) -> StayId {
        StayId::from_uuid(self.other)
    }
}

/// Why something is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Because {
    /// Noted in the audit.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub(crate) reason: SafeText,
}

/// How many cars are inside, counted by a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetCount {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    #[schema(minimum = 0, maximum = 1000000)]
    pub(crate) inside: i32,
    /// Why; noted in the audit.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub(crate) reason: SafeText,
}

/// Which open stays are ended: those whose cars have left unseen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetStays {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    /// Those that began before.
    pub(crate) before: Timestamp,
    /// Why; noted in the audit.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub(crate) reason: SafeText,
}

/// How many cars are inside, and how many stays were ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Occupancy {
    pub(crate) inside: i32,
    pub(crate) ended: u64,
}
