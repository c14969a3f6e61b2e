//! Terms of a subscription: when it holds, who counts its cars, and when it is renewed to.
//!
//! Windows are times of the wall clock at the site: on the day the clock is set forward a window is an hour shorter, on the day it
//! is set back an hour longer, and never missing.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// Most windows of a subscription.
pub const MAX_WINDOWS: usize = 32;

/// Days of a week, as bits from Monday (1) to Sunday (64).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Monday to Sunday.
    pub const ALL: Self = Self(0x7f);

    /// The days of these bits; none without a day, or with a bit that no day has.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits == 0 || bits > Self::ALL.0 { None } else { Some(Self(bits)) }
    }

    /// Monday is 1, Sunday 64.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the day is among them; Monday is 0.
    pub const fn holds(self, day: u8) -> bool {
        day < 7 && self.0 >> day & 1 == 1
    }
}

/// A time of the week: from a minute of the day up to one, on these days. One that ends no later than it begins goes on past
/// midnight, and belongs to the day on which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeekWindow {
    /// On which it begins.
    pub days: Weekdays,
    /// First minute, 0 to 1439.
    pub from_minute: u16,
    /// First minute after it, 0 to 1440.
    pub to_minute: u16,
}

impl WeekWindow {
    /// Whether its minutes are minutes of a day.
    pub const fn is_sound(&self) -> bool {
        self.from_minute < DAY_MINUTES && self.to_minute <= DAY_MINUTES
    }

    /// Whether it covers this minute of this day of the wall clock; Monday is 0.
    const fn covers(&self, day: u8, minute: u16) -> bool {
        let began = self.from_minute <= minute;
        if self.from_minute < self.to_minute {
            return self.days.holds(day) && began && minute < self.to_minute;
        }
        let before = if day == 0 { 6 } else { day.saturating_sub(1) };
        (self.days.holds(day) && began) || (self.days.holds(before) && minute < self.to_minute)
    }
}

/// While it holds not; without an end until somebody ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pause {
    /// First instant.
    pub from: Timestamp,
    /// First instant after it.
    pub until: Option<Timestamp>,
}

impl Pause {
    fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// What becomes of a car beyond its subscription's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutsideTerms {
    /// It comes in as any other car, and pays.
    #[default]
    Visitor,
    /// The boom stays closed.
    Refuse,
}

/// What a subscription says beside its validity; the default says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubscriptionTerms {
    /// When it holds; empty: at any time.
    pub windows: Vec<WeekWindow>,
    /// The pause that lasts, comes, or is over.
    pub pause: Option<Pause>,
    /// What becomes of its cars beyond these terms.
    pub outside: OutsideTerms,
    /// Its cars are counted: several share places, or so many entries a month are paid for. A lane alone does not know how many.
    pub counted: bool,
    /// It holds at some lanes only.
    pub some_lanes: bool,
}

impl SubscriptionTerms {
    /// Whether a car of it may have come in as a visitor. Then its stay is a visitor's up to the end.
    pub const fn is_limited(&self) -> bool {
        self.counted || self.some_lanes || self.pause.is_some() || !self.windows.is_empty()
    }

    /// Whether it rests at this time.
    pub fn is_paused(&self, at: Timestamp) -> bool {
        self.pause.is_some_and(|pause| pause.covers(at))
    }

    /// Whether it holds at this time of the week.
    pub fn is_in_window(&self, at: Timestamp, time_zone: &TimeZone) -> bool {
        if self.windows.is_empty() {
            return true;
        }
        let local = at.to_zoned(time_zone.clone());
        let day = local.weekday().to_monday_zero_offset().unsigned_abs();
        let hours = u16::from(local.hour().unsigned_abs());
        let minute = hours.saturating_mul(60).saturating_add(local.minute().unsigned_abs().into());
        self.windows.iter().any(|window| window.covers(day, minute))
    }
}

/// For how long a price is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// A calendar day.
    Day,
    /// Seven days.
    Week,
    /// A calendar month; from the 31st to the last day of a shorter one.
    Month,
    /// A calendar year.
    Year,
}

impl Period {
    /// So many periods after an instant, by the calendar and the wall clock of the site; none beyond the calendar.
    pub fn after(self, from: Timestamp, times: u16, time_zone: &TimeZone) -> Option<Timestamp> {
        let times = i64::from(times);
        let span = match self {
            Self::Day => Span::new().try_days(times),
            Self::Week => Span::new().try_weeks(times),
            Self::Month => Span::new().try_months(times),
            Self::Year => Span::new().try_years(times),
        };
        let end = from.to_zoned(time_zone.clone()).checked_add(span.ok()?).ok()?;
        Some(end.timestamp())
    }

    /// The end after so many more periods. Counted from the beginning where the end lies on it: what began on the 31st goes on
    /// to end on the last days of months.
    pub fn renewed(
        self,
        began: Option<Timestamp>,
        until: Timestamp,
        times: u16,
        time_zone: &TimeZone,
    ) -> Option<Timestamp> {
        let from_beginning = began.and_then(|began| {
            let so_far =
                (1..=1200_u16).find(|so_far| self.after(began, *so_far, time_zone) == Some(until))?;
            self.after(began, so_far.checked_add(times)?, time_zone)
        });
        from_beginning.or_else(|| self.after(until, times, time_zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Bratislava").unwrap()
    }

    fn at(local: &str) -> Timestamp {
        let local: jiff::civil::DateTime = local.parse().unwrap();
        local.to_zoned(zone()).unwrap().timestamp()
    }

    fn terms(days: u8, from: u16, to: u16) -> SubscriptionTerms {
        let days = Weekdays::from_bits(days).unwrap();
        let windows = vec![WeekWindow { days, from_minute: from * 60, to_minute: to * 60 }];
        SubscriptionTerms { windows, ..SubscriptionTerms::default() }
    }

    #[test]
    fn office_hours_hold_on_their_days_from_the_first_minute_up_to_the_last() {
        let office = terms(0b001_1111, 7, 19);
        // 2026-11-30 is a Monday.
        for (local, wanted) in [
            ("2026-11-30T06:59", false),
            ("2026-11-30T07:00", true),
            ("2026-11-30T18:59", true),
            ("2026-11-30T19:00", false),
            ("2026-12-04T12:00", true),
            ("2026-12-05T12:00", false),
            ("2026-12-06T12:00", false),
        ] {
            assert_eq!(office.is_in_window(at(local), &zone()), wanted, "{local}");
        }
        assert!(
            SubscriptionTerms::default().is_in_window(at("2026-12-06T03:00"), &zone()),
            "no window, any time"
        );
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        // Friday and Sunday night, 18 to 8.
        let night = terms(0b101_0000, 18, 8);
        for (local, wanted) in [
            ("2026-12-04T17:59", false),
            ("2026-12-04T18:00", true),
            ("2026-12-05T07:59", true),
            ("2026-12-05T08:00", false),
            ("2026-12-05T20:00", false),
            ("2026-12-06T19:00", true),
            ("2026-12-07T07:00", true),
            ("2026-12-07T19:00", false),
        ] {
            assert_eq!(night.is_in_window(at(local), &zone()), wanted, "{local}");
        }
        let whole = terms(0b000_0001, 0, 24);
        assert!(whole.is_in_window(at("2026-11-30T23:59"), &zone()));
        assert!(!whole.is_in_window(at("2026-12-01T00:00"), &zone()));
    }

    #[test]
    fn a_window_follows_the_wall_clock_when_it_is_set_forward_and_back() {
        // Sunday 1 to 4: clocks go from 2 to 3 on 2026-03-29, and from 3 to 2 on 2026-10-25.
        let early = terms(0b100_0000, 1, 4);
        let holds = |text: &str| early.is_in_window(text.parse().unwrap(), &zone());
        for (utc, wanted) in [
            ("2026-03-28T23:59:59Z", false),
            ("2026-03-29T00:00:00Z", true),
            ("2026-03-29T01:59:59Z", true),
            ("2026-03-29T02:00:00Z", false),
            ("2026-10-24T22:59:59Z", false),
            ("2026-10-24T23:00:00Z", true),
            ("2026-10-25T00:30:00Z", true),
            ("2026-10-25T01:30:00Z", true),
            ("2026-10-25T02:59:59Z", true),
            ("2026-10-25T03:00:00Z", false),
        ] {
            assert_eq!(holds(utc), wanted, "{utc}");
        }
    }

    #[test]
    fn a_pause_rests_from_its_first_instant_up_to_its_end() {
        let mut terms = SubscriptionTerms::default();
        let (from, until) = (at("2026-12-24T00:00"), at("2027-01-07T00:00"));
        terms.pause = Some(Pause { from, until: Some(until) });
        let second = jiff::SignedDuration::from_secs(1);
        assert!(!terms.is_paused(from - second) && terms.is_paused(from));
        assert!(terms.is_paused(until - second) && !terms.is_paused(until));
        terms.pause = Some(Pause { from, until: None });
        assert!(terms.is_paused(at("2040-01-01T00:00")));
    }

    #[test]
    fn periods_follow_the_calendar_over_short_months_leap_days_and_clock_changes() {
        for (period, from, times, wanted) in [
            (Period::Month, "2026-01-31T00:00", 1, "2026-02-28T00:00"),
            (Period::Month, "2028-01-31T00:00", 1, "2028-02-29T00:00"),
            (Period::Year, "2028-02-29T00:00", 1, "2029-02-28T00:00"),
            (Period::Day, "2026-03-28T12:00", 1, "2026-03-29T12:00"),
            (Period::Week, "2026-10-20T07:00", 2, "2026-11-03T07:00"),
            (Period::Month, "2026-11-15T00:00", 14, "2028-01-15T00:00"),
        ] {
            assert_eq!(period.after(at(from), times, &zone()), Some(at(wanted)), "{from}");
        }
    }

    #[test]
    fn what_began_on_the_31st_goes_on_to_end_with_the_month() {
        let began = at("2026-01-31T00:00");
        let february = Period::Month.after(began, 1, &zone()).unwrap();
        let march = Period::Month.renewed(Some(began), february, 1, &zone()).unwrap();
        assert_eq!(march, at("2026-03-31T00:00"));
        assert_eq!(Period::Month.renewed(None, february, 1, &zone()), Some(at("2026-03-28T00:00")));
    }
}
