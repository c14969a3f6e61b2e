//! Tariffs as they travel: what one says, its versions and drafts, and what is found out about it.

use std::collections::BTreeMap;

use boomgate_domain::ids::TariffId;
use boomgate_domain::money::Currency;
use boomgate_domain::reason::Lang;
use boomgate_domain::tariff::differences::Difference;
use boomgate_domain::tariff::{self, Tariff, TariffFault, VehicleType};
use boomgate_store::sites::SiteRow;
use boomgate_store::tariff_drafts::DraftRow;
use boomgate_store::tariffs::TariffRow;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;

/// What a tariff says. Every amount is in minor units of the site's currency and includes VAT.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TariffBody {
    #[schema(max_length = 100)]
    name: String,
    /// In and out within this time is free; one minute more and the whole stay is charged.
    #[serde(default)]
    grace_minutes: u32,
    /// How long a driver who has paid may take to the exit.
    #[serde(default)]
    exit_time_minutes: u32,
    /// Taken off the beginning of every charged stay.
    #[serde(default)]
    free_minutes: u32,
    /// Most that one local calendar day costs.
    #[serde(default)]
    daily_cap: Option<i64>,
    /// Most that 24 hours cost, counted from where charging begins; instead of a daily cap.
    #[serde(default)]
    cap_24h: Option<i64>,
    /// Most that one vehicle is charged in a calendar month, for all its stays that begin in it.
    #[serde(default)]
    monthly_cap: Option<i64>,
    /// Charged when no entry can be found.
    #[serde(default)]
    lost_ticket: Option<i64>,
    /// Of the VAT that every price includes: 2000 is 20 %.
    #[serde(default)]
    #[schema(maximum = 10000)]
    vat_basis_points: Option<u32>,
    /// The days on which rules for `holiday` apply.
    #[serde(default)]
    holidays: Vec<TariffHoliday>,
    /// The first that fits vehicle, day and time of day applies.
    rules: Vec<TariffRule>,
}

/// One day or several in a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TariffHoliday {
    name: String,
    #[schema(format = Date)]
    from: String,
    /// The last day.
    #[schema(format = Date)]
    until: String,
    /// On the same days of every year from then on.
    #[serde(default)]
    yearly: bool,
}

/// Rates for some vehicles at some times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TariffRule {
    name: String,
    /// All vehicles when empty.
    #[serde(default)]
    vehicles: Vec<TariffVehicle>,
    /// All days when empty. A window over midnight belongs to the day on which it begins.
    #[serde(default)]
    days: Vec<TariffDay>,
    /// All day when null.
    #[serde(default)]
    window: Option<TariffWindow>,
    bands: Vec<TariffBand>,
}

/// A local time of day: `08:00` to `20:00`, over midnight where `until` is earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TariffWindow {
    from: String,
    /// `24:00` for the end of the day.
    until: String,
}

/// A rate for a part of the charged time, counted from where charging begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TariffBand {
    /// The charged minute at which the band ends; null for the last one.
    #[serde(default)]
    until_minute: Option<u32>,
    /// A step that has begun is charged; without steps the price is paid once for the band within its window.
    #[serde(default)]
    step_minutes: Option<u32>,
    /// Minor units per step.
    price: i64,
}

/// What kind of vehicle is charged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TariffVehicle {
    #[default]
    Car,
    Motorcycle,
    Van,
    Truck,
    Bus,
}

impl From<TariffVehicle> for VehicleType {
    fn from(vehicle: TariffVehicle) -> Self {
        match vehicle {
            TariffVehicle::Car => Self::Car,
            TariffVehicle::Motorcycle => Self::Motorcycle,
            TariffVehicle::Van => Self::Van,
            TariffVehicle::Truck => Self::Truck,
            TariffVehicle::Bus => Self::Bus,
        }
    }
}

/// A weekday, or a holiday of the tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TariffDay {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
    Holiday,
}

impl TariffBody {
    /// As a tariff of the domain, faults and all; `field` is where it stands in the request.
    pub(crate) fn tariff(&self, currency: Currency, field: &str) -> Result<Tariff, ApiError> {
        let mut whole = serde_json::to_value(self).map_err(ApiError::internal)?;
        if let Value::Object(fields) = &mut whole {
            fields.insert("id".into(), Uuid::nil().to_string().into());
            fields.insert("version".into(), 0.into());
            fields.insert("currency".into(), currency.as_str().into());
        }
        let tariff: Tariff = read(whole, field)?;
        if has_control_characters(&tariff) {
            return Err(ApiError::invalid("name", "a name holds a control character"));
        }
        Ok(tariff)
    }

    pub(crate) fn of(tariff: &Tariff) -> Result<Self, ApiError> {
        let mut whole = serde_json::to_value(tariff).map_err(ApiError::internal)?;
        if let Value::Object(fields) = &mut whole {
            for own in ["id", "version", "currency"] {
                fields.remove(own);
            }
        }
        serde_json::from_value(whole).map_err(ApiError::internal)
    }

    /// With what is to be another.
    pub(crate) fn changed(&self, change: &TariffChange) -> Result<Self, ApiError> {
        let (mut whole, change) = (serde_json::to_value(self), serde_json::to_value(change));
        if let (Ok(Value::Object(fields)), Ok(Value::Object(change))) = (&mut whole, change) {
            fields.extend(change);
        }
        read(whole.map_err(ApiError::internal)?, "")
    }
}

/// PostgreSQL refuses some of them, and signs suffer from others.
fn has_control_characters(tariff: &Tariff) -> bool {
    let rules = tariff.rules.iter().map(|rule| &rule.name);
    let holidays = tariff.holidays.iter().map(|holiday| &holiday.name);
    rules.chain(holidays).chain([&tariff.name]).any(|name| name.chars().any(char::is_control))
}

fn read<T: DeserializeOwned>(whole: Value, field: &str) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(whole).map_err(|error| {
        let path = match (field, error.path().to_string()) {
            ("", path) => path,
            (field, path) if path == "." => field.to_owned(),
            (field, path) => format!("{field}.{path}"),
        };
        ApiError::invalid(path, error.into_inner().to_string())
    })
}

/// What of a draft is to be another; what is left out stays, lists are replaced whole.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TariffChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_time_minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    free_minutes: Option<u32>,
    /// Null: none.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    daily_cap: Option<Option<i64>>,
    /// Null: none.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    cap_24h: Option<Option<i64>>,
    /// Null: none.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    monthly_cap: Option<Option<i64>>,
    /// Null: none.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    lost_ticket: Option<Option<i64>>,
    /// Null: none.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, maximum = 10000)]
    vat_basis_points: Option<Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holidays: Option<Vec<TariffHoliday>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<TariffRule>>,
}

/// A value that was sent, be it null.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Where a version is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TariffState {
    /// Stays that begin now pin it.
    InForce,
    /// It comes into force at a time to come.
    Scheduled,
    /// Stays that began under it keep it.
    Past,
}

/// A version of a site's tariff. It is never changed, only followed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TariffVersion {
    id: Uuid,
    /// Code of the site.
    site: String,
    version: u32,
    currency: String,
    state: TariffState,
    /// Stays that begin from then on pin it, until another comes into force.
    valid_from: Timestamp,
    published_at: Timestamp,
    /// As they were called then; empty where it is not known.
    published_by: String,
    tariff: TariffBody,
    words: TariffWords,
    /// To the version before, in words; null for the first one.
    differences: Option<Vec<TariffDifference>>,
}

/// A tariff in words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TariffWords {
    settings: Vec<SettingWords>,
    rules: Vec<RuleWords>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingWords {
    name: String,
    value: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleWords {
    name: String,
    /// For which vehicles, days and times.
    applies: String,
    prices: Vec<String>,
}

impl TariffWords {
    pub(crate) fn of(tariff: &Tariff, lang: Lang) -> Self {
        let setting = |(name, value): (&str, String)| SettingWords { name: name.to_owned(), value };
        let rule = |rule: &tariff::Rule| RuleWords {
            name: rule.name.clone(),
            applies: rule.when(lang),
            prices: rule.prices(tariff, lang),
        };
        Self {
            settings: tariff.settings(lang).into_iter().map(setting).collect(),
            rules: tariff.rules.iter().map(rule).collect(),
        }
    }
}

/// One thing that is another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TariffDifference {
    /// Stable: `setting`, `rule-prices` and the like.
    code: String,
    params: BTreeMap<String, String>,
    text: String,
}

impl TariffDifference {
    fn of(difference: &Difference, lang: Lang) -> Self {
        Self {
            code: difference.code().to_owned(),
            params: difference.params(lang),
            text: difference.text(lang),
        }
    }

    pub(crate) fn between(before: &Tariff, after: &Tariff, lang: Lang) -> Vec<Self> {
        after.differences(before).iter().map(|difference| Self::of(difference, lang)).collect()
    }
}

impl TariffVersion {
    pub(crate) fn of(
        site: &SiteRow,
        row: &TariffRow,
        before: Option<&Tariff>,
        (current, now): (Option<TariffId>, Timestamp),
        lang: Lang,
    ) -> Result<Self, ApiError> {
        let tariff = row.tariff()?;
        let state = if current == Some(row.id) {
            TariffState::InForce
        } else if row.valid_from > now {
            TariffState::Scheduled
        } else {
            TariffState::Past
        };
        Ok(Self {
            id: row.id.as_uuid(),
            site: site.code.clone(),
            version: tariff.version,
            currency: tariff.currency.to_string(),
            state,
            valid_from: row.valid_from,
            published_at: row.created_at,
            published_by: row.created_name.clone(),
            words: TariffWords::of(&tariff, lang),
            differences: before.map(|before| TariffDifference::between(before, &tariff, lang)),
            tariff: TariffBody::of(&tariff)?,
        })
    }
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TariffProblem {
    /// Such as `rules[2].bands[0].price`.
    field: String,
    /// Stable name of the rule that was broken.
    code: String,
    /// What is wrong, as it follows the name of the field.
    message: String,
}

impl TariffProblem {
    pub(crate) fn all(faults: &[TariffFault], lang: Lang) -> Vec<Self> {
        let problem = |fault: &TariffFault| Self {
            field: fault.path.clone(),
            code: fault.kind.code().to_owned(),
            message: fault.kind.text(lang),
        };
        faults.iter().map(problem).collect()
    }
}

/// A tariff that is being written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TariffDraft {
    id: Uuid,
    /// Code of the site.
    site: String,
    currency: String,
    pub(crate) tariff: TariffBody,
    created_at: Timestamp,
    changed_at: Timestamp,
    changed_by: String,
    /// Everything that is wrong; it is published when nothing is.
    problems: Vec<TariffProblem>,
}

impl TariffDraft {
    pub(crate) fn of(site: &SiteRow, row: &DraftRow, lang: Lang) -> Result<Self, ApiError> {
        let tariff = row.tariff()?;
        Ok(Self {
            id: row.id.as_uuid(),
            site: site.code.clone(),
            currency: tariff.currency.to_string(),
            tariff: TariffBody::of(&tariff)?,
            created_at: row.created_at,
            changed_at: row.changed_at,
            changed_by: row.changed_name.clone(),
            problems: TariffProblem::all(&tariff.faults(), lang),
        })
    }
}
