//! What is found out about a tariff before it is published: what is wrong, what it costs, the week in prices.

use boomgate_domain::money::{Currency, Money};
use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::{self, week};
use boomgate_operations::tariff_trials::Example;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::charge_lines::{Line, VatShare};
use super::money::Amount;
use super::tariffs::{TariffDifference, TariffProblem, TariffWords};

/// What is found out about a tariff before it is published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TariffCheck {
    /// Everything that is wrong.
    pub(crate) problems: Vec<TariffProblem>,
    /// What stays that people know cost; empty while something is wrong.
    pub(crate) examples: Vec<TariffExample>,
    /// Seven days in prices; empty while something is wrong.
    pub(crate) week: Vec<PaintedDay>,
    pub(crate) words: TariffWords,
    /// To the version in force; null where there is none.
    pub(crate) differences: Option<Vec<TariffDifference>>,
}

/// A stay and what it costs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TariffExample {
    from: Timestamp,
    until: Timestamp,
    price: Price,
}

impl TariffExample {
    pub(crate) fn of(example: &Example, lang: Lang) -> Self {
        Self { from: example.from, until: example.until, price: Price::of(&example.charge, lang) }
    }
}

/// What a stay would cost, line by line, as it stands at the sign, on the page and on the receipt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Price {
    total: Amount,
    /// Begun minutes.
    minutes: u32,
    lines: Vec<Line>,
    vat: Option<VatShare>,
}

impl Price {
    pub(crate) fn of(charge: &tariff::Charge, lang: Lang) -> Self {
        Self {
            total: charge.total.into(),
            minutes: charge.minutes,
            lines: charge.lines.iter().map(|line| Line::of(line, lang)).collect(),
            vat: charge.vat.map(VatShare::from),
        }
    }
}

/// One day of a week painted in prices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaintedDay {
    #[schema(format = Date)]
    date: String,
    /// Name of the holiday that it is.
    holiday: Option<String>,
    /// From midnight to midnight.
    spans: Vec<PaintedSpan>,
}

/// A part of a day in which the first hour costs the same.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaintedSpan {
    /// Local time of day: `08:00`.
    from: String,
    /// `24:00` for the end of the day.
    until: String,
    /// Name of the rule under which it begins.
    rule: String,
    /// What an hour that begins in it costs; grace and free minutes are left aside.
    first_hour: Amount,
}

impl PaintedDay {
    pub(crate) fn of(day: week::PaintedDay, currency: Currency) -> Self {
        let clock = |time: jiff::civil::Time| time.strftime("%H:%M").to_string();
        let end = |time| if time == jiff::civil::Time::midnight() { "24:00".to_owned() } else { clock(time) };
        let span = |span: week::PaintedSpan| PaintedSpan {
            from: clock(span.from),
            until: end(span.until),
            rule: span.rule,
            first_hour: Money::new(span.first_hour, currency).into(),
        };
        Self {
            date: day.date.to_string(),
            holiday: day.holiday,
            spans: day.spans.into_iter().map(span).collect(),
        }
    }
}
