//! Holidays: the days on which rules for `holiday` apply.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One day or several in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// For people.
    pub name: String,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub until: Date,
    /// On the same days of every year from then on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub yearly: bool,
}

impl Holiday {
    /// Whether a local day is one of its days. A yearly 29 February is a holiday in leap years only.
    pub fn covers(&self, date: Date) -> bool {
        if !self.yearly {
            return self.from <= date && date <= self.until;
        }
        let days = self.until.since(self.from).map_or(0, |span| span.get_days());
        // One that goes over New Year may have begun in the year before.
        [date.year(), date.year().saturating_sub(1)].into_iter().any(|year| {
            let Ok(from) = Date::new(year, self.from.month(), self.from.day()) else { return false };
            let Ok(until) = from.checked_add(jiff::Span::new().days(days)) else { return false };
            year >= self.from.year() && from <= date && date <= until
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn holiday(from: Date, until: Date, yearly: bool) -> Holiday {
        Holiday { name: "h".into(), from, until, yearly }
    }

    #[test]
    fn a_yearly_holiday_comes_again_and_may_go_over_new_year() {
        let turn = holiday(date(2026, 12, 31), date(2027, 1, 1), true);
        for day in [date(2026, 12, 31), date(2027, 1, 1), date(2030, 12, 31), date(2031, 1, 1)] {
            assert!(turn.covers(day), "{day}");
        }
        for day in [date(2026, 1, 1), date(2026, 12, 30), date(2027, 1, 2)] {
            assert!(!turn.covers(day), "{day}");
        }
    }

    #[test]
    fn a_yearly_leap_day_is_one_in_leap_years_only() {
        let leap = holiday(date(2024, 2, 29), date(2024, 2, 29), true);
        assert!(leap.covers(date(2028, 2, 29)));
        assert!(!leap.covers(date(2027, 2, 28)) && !leap.covers(date(2027, 3, 1)));
    }

    #[test]
    fn several_days_in_a_row_are_one_holiday() {
        let tet = holiday(date(2027, 2, 5), date(2027, 2, 11), false);
        assert!(tet.covers(date(2027, 2, 5)) && tet.covers(date(2027, 2, 11)));
        assert!(!tet.covers(date(2027, 2, 12)) && !tet.covers(date(2028, 2, 5)));
    }
}
