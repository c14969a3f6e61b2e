//! A week painted in prices: what the first hour costs, by the time of day at which it begins.

use jiff::ToSpan;
use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;

use super::{ChargeError, Tariff, VehicleType};

/// Cells of a day.
const CELLS: i8 = 96;

/// One local day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaintedDay {
    /// The day.
    pub date: Date,
    /// Name of the holiday that it is.
    pub holiday: Option<String>,
    /// In order, from midnight to midnight.
    pub spans: Vec<PaintedSpan>,
}

/// A part of a day in which the first hour costs the same by the same rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaintedSpan {
    /// Local, included; in whole quarters of an hour.
    pub from: Time,
    /// Local, excluded; midnight for the end of the day.
    pub until: Time,
    /// Name of the rule under which it begins.
    pub rule: String,
    /// What an hour that begins in it costs, in minor units.
    pub first_hour: i64,
}

impl Tariff {
    /// Seven days from `first` on, for one kind of vehicle. Grace and free minutes are left aside.
    pub fn week(
        &self,
        first: Date,
        vehicle: VehicleType,
        time_zone: &TimeZone,
    ) -> Result<Vec<PaintedDay>, ChargeError> {
        let plain = Self { grace_minutes: 0, free_minutes: 0, ..self.clone() };
        first.series(1.day()).take(7).map(|date| plain.painted(date, vehicle, time_zone)).collect()
    }

    /// What the first hour of a stay that begins at this local time costs.
    pub fn first_hour(
        &self,
        date: Date,
        at: Time,
        vehicle: VehicleType,
        time_zone: &TimeZone,
    ) -> Result<i64, ChargeError> {
        let from = time_zone.to_timestamp(date.to_datetime(at)).map_err(|_| ChargeError::TooLong)?;
        let until = from.checked_add(1.hour()).map_err(|_| ChargeError::TooLong)?;
        Ok(self.charge(from, until, vehicle, time_zone)?.total.minor)
    }

    fn painted(
        &self,
        date: Date,
        vehicle: VehicleType,
        time_zone: &TimeZone,
    ) -> Result<PaintedDay, ChargeError> {
        let mut spans: Vec<PaintedSpan> = Vec::new();
        for cell in 0..CELLS {
            let from = time(cell / 4, (cell % 4).saturating_mul(15), 0, 0);
            let next = cell.saturating_add(1) % CELLS;
            let until = time(next / 4, (next % 4).saturating_mul(15), 0, 0);
            let rule = self.rule_at(vehicle, date, from).map_or("", |rule| rule.name.as_str());
            let first_hour = self.first_hour(date, from, vehicle, time_zone)?;
            match spans.last_mut() {
                Some(last) if last.rule == rule && last.first_hour == first_hour => last.until = until,
                _ => spans.push(PaintedSpan { from, until, rule: rule.to_owned(), first_hour }),
            }
        }
        Ok(PaintedDay { date, holiday: self.holiday(date).map(|holiday| holiday.name.clone()), spans })
    }
}
