//! Plans, and the terms that plans and subscriptions have in common.

use boomgate_domain::subscription::{DAY_MINUTES, WeekWindow, Weekdays};
use boomgate_operations::access::SiteRef;
use boomgate_operations::plans::{SetPlan, plan};
use boomgate_store::plans::{Plan, PlanRow};
use boomgate_store::subscription_contracts::Terms as StoredTerms;
use boomgate_store::words::{OutsideTerms, PlanPeriod};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::money::Amount;
use crate::error::ApiError;
use crate::query;
use crate::request::SafeText;

/// What a plan or a subscription says of cars, times and lanes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Terms {
    /// So many vehicles are inside at once; null: each has its place.
    #[schema(minimum = 1, maximum = 10000)]
    places: Option<i32>,
    /// So many entries in a calendar month of the site; null: no limit.
    #[schema(minimum = 1, maximum = 10000)]
    uses_per_month: Option<i32>,
    /// What becomes of cars beyond these terms; null: as the site says.
    outside: Option<OutsideTerms>,
    /// By the wall clock of the site; empty: at any time.
    #[schema(max_items = 32)]
    windows: Vec<Window>,
    /// Ids of lanes; empty: all.
    lanes: Vec<Uuid>,
}

/// A time of the week. One that ends no later than it begins goes on past midnight.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    /// On which it begins.
    #[schema(min_items = 1)]
    days: Vec<Day>,
    /// `07:00`.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    from: String,
    /// `19:00`; `24:00` is the end of the day.
    #[schema(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    to: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Window {
    fn of(window: &WeekWindow) -> Self {
        let days = Day::ALL.into_iter().filter(|day| window.days.bits() & day.bit() != 0).collect();
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        Self { days, from: clock(window.from_minute), to: clock(window.to_minute) }
    }

    fn window(&self) -> Option<WeekWindow> {
        let bits = self.days.iter().fold(0, |bits, day| bits | day.bit());
        let (from_minute, to_minute) = (minute(&self.from)?, minute(&self.to)?);
        let window = WeekWindow { days: Weekdays::from_bits(bits)?, from_minute, to_minute };
        window.is_sound().then_some(window)
    }
}

fn minute(clock: &str) -> Option<u16> {
    let (hours, minutes) = clock.split_once(':').filter(|_| clock.len() == 5)?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minute = hours * 60 + minutes;
    (hours <= 24 && minutes < 60 && minute <= DAY_MINUTES).then_some(minute)
}

impl Terms {
    pub(crate) fn of(terms: &StoredTerms) -> Self {
        Self {
            places: terms.places,
            uses_per_month: terms.uses_per_month,
            outside: terms.outside,
            windows: terms.windows.iter().map(Window::of).collect(),
            lanes: terms.lanes.clone(),
        }
    }

    pub(crate) fn terms(&self) -> Result<StoredTerms, ApiError> {
        let read = |(number, window): (usize, &Window)| {
            let why = "days from mon to sun, and times such as 07:00 and 19:00";
            window.window().ok_or_else(|| ApiError::invalid(format!("terms.windows[{number}]"), why))
        };
        Ok(StoredTerms {
            places: self.places,
            uses_per_month: self.uses_per_month,
            outside: self.outside,
            windows: self.windows.iter().enumerate().map(read).collect::<Result<_, _>>()?,
            lanes: self.lanes.clone(),
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanView {
    id: Uuid,
    /// Code of the site.
    site: String,
    name: String,
    price: Amount,
    period: PlanPeriod,
    terms: Terms,
    /// Sold no more since.
    retired_at: Option<Timestamp>,
    /// Subscriptions of it that are not over.
    subscriptions: i64,
}

impl PlanView {
    pub(crate) fn of(row: &PlanRow) -> Result<Self, ApiError> {
        let plan = plan(row)?;
        Ok(Self {
            id: row.id.as_uuid(),
            site: row.site_code.clone(),
            name: plan.name,
            price: plan.price.into(),
            period: plan.period,
            terms: Terms::of(&plan.terms),
            retired_at: row.retired_at,
            subscriptions: row.subscriptions,
        })
    }
}

/// A plan to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPlan {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: SafeText,
    price: Amount,
    period: PlanPeriod,
    #[serde(default)]
    terms: Terms,
}

impl NewPlan {
    pub(crate) fn plan(&self) -> Result<Plan, ApiError> {
        let (name, terms) = (self.name.trim().to_owned(), self.terms.terms()?);
        Ok(Plan { name, price: self.price.money("price")?, period: self.period, terms })
    }
}

/// What is to be another; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanChange {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<SafeText>,
    price: Option<Amount>,
    period: Option<PlanPeriod>,
    /// All of them.
    terms: Option<Terms>,
    /// Whether it is sold no more.
    retired: Option<bool>,
}

impl PlanChange {
    pub(crate) fn set(&self) -> Result<SetPlan, ApiError> {
        Ok(SetPlan {
            name: self.name.as_ref().map(|text| text.trim().to_owned()),
            price: self.price.as_ref().map(|price| price.money("price")).transpose()?,
            period: self.period,
            terms: self.terms.as_ref().map(Terms::terms).transpose()?,
            retired: self.retired,
        })
    }
}
