//! Tariffs to begin with: three common shapes, each made of one price.

use serde::{Deserialize, Serialize};

use super::{Band, Rule, Tariff, Window};
use crate::ids::TariffId;
use crate::money::Currency;
use jiff::civil::time;

/// A common shape of a tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// A price for each hour begun; a day costs at most eight hours.
    Hourly,
    /// A price for each hour begun by day, and twice that once for a night (20:00 to 06:00); 24 hours cost at most ten
    /// hours.
    DayAndNight,
    /// A price for each 24 hours begun.
    PerDay,
}

impl Template {
    /// Every template there is.
    pub const ALL: [Self; 3] = [Self::Hourly, Self::DayAndNight, Self::PerDay];

    /// Its word in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::DayAndNight => "day_and_night",
            Self::PerDay => "per_day",
        }
    }

    /// A tariff of this shape. `price` is in minor units: of an hour, or of a day for [`Template::PerDay`].
    pub fn tariff(self, id: TariffId, currency: Currency, price: i64) -> Tariff {
        let plain = Tariff {
            id,
            version: 1,
            name: self.name().to_owned(),
            currency,
            grace_minutes: 10,
            exit_time_minutes: 15,
            free_minutes: 0,
            daily_cap: None,
            cap_24h: None,
            monthly_cap: None,
            vat_basis_points: None,
            holidays: Vec::new(),
            lost_ticket: Some(price.saturating_mul(self.lost_ticket_prices())),
            rules: Vec::new(),
        };
        match self {
            Self::Hourly => Tariff {
                daily_cap: Some(price.saturating_mul(8)),
                rules: vec![rule("Each hour", None, stepped(60, price))],
                ..plain
            },
            Self::DayAndNight => {
                let night = Window { from: time(20, 0, 0, 0), until: time(6, 0, 0, 0) };
                let once = Band { until_minute: None, step_minutes: None, price: price.saturating_mul(2) };
                let rules = vec![
                    rule("Night", Some(night), once),
                    rule("Each hour by day", None, stepped(60, price)),
                ];
                Tariff { cap_24h: Some(price.saturating_mul(10)), rules, ..plain }
            }
            Self::PerDay => {
                Tariff { rules: vec![rule("Each 24 hours", None, stepped(24 * 60, price))], ..plain }
            }
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Hourly => "By the hour",
            Self::DayAndNight => "Day and night",
            Self::PerDay => "By the day",
        }
    }

    /// A lost ticket costs as much as a full day.
    const fn lost_ticket_prices(self) -> i64 {
        match self {
            Self::Hourly => 8,
            Self::DayAndNight => 10,
            Self::PerDay => 1,
        }
    }
}

fn rule(name: &str, window: Option<Window>, band: Band) -> Rule {
    Rule { name: name.to_owned(), vehicles: Vec::new(), days: Vec::new(), window, bands: vec![band] }
}

const fn stepped(minutes: u32, price: i64) -> Band {
    Band { until_minute: None, step_minutes: Some(minutes), price }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use uuid::Uuid;

    use super::*;
    use crate::tariff::VehicleType;

    fn costs(template: Template, from: &str, until: &str) -> i64 {
        let tariff = template.tariff(TariffId::from_uuid(Uuid::nil()), Currency::EUR, 200);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        tariff.charge(at(from), at(until), VehicleType::Car, &TimeZone::UTC).unwrap().total.minor
    }

    #[test]
    fn no_template_has_a_fault_at_any_price() {
        for template in Template::ALL {
            for price in [0, 1, 200, 20_000] {
                let tariff = template.tariff(TariffId::from_uuid(Uuid::nil()), Currency::EUR, price);
                let expected = if price == 0 && template != Template::PerDay { 1 } else { 0 };
                assert_eq!(tariff.faults().len(), expected, "{template:?} at {price}: {:?}", tariff.faults());
            }
        }
    }

    #[test]
    fn each_costs_what_its_description_says() {
        let (morning, noon, next) = ("2026-11-02T09:00:00Z", "2026-11-02T12:30:00Z", "2026-11-03T09:00:00Z");
        assert_eq!(costs(Template::Hourly, morning, "2026-11-02T09:10:00Z"), 0);
        assert_eq!(costs(Template::Hourly, morning, noon), 800);
        assert_eq!(costs(Template::Hourly, morning, "2026-11-02T23:00:00Z"), 1600);
        assert_eq!(costs(Template::DayAndNight, morning, noon), 800);
        assert_eq!(costs(Template::DayAndNight, "2026-11-02T20:00:00Z", "2026-11-03T06:00:00Z"), 400);
        assert_eq!(costs(Template::DayAndNight, morning, next), 2000);
        assert_eq!(costs(Template::PerDay, morning, noon), 200);
        assert_eq!(costs(Template::PerDay, morning, "2026-11-03T09:01:00Z"), 400);
    }
}
