//! What is asked about tariffs: checks, simulated stays, the stays of a time that is over.

use boomgate_domain::ids::TariffDraftId;
use boomgate_domain::money::Money;
use boomgate_domain::tariff::{Holiday, Prior};
use boomgate_operations::access::SiteRef;
use boomgate_operations::tariff_trials as operations;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::money::Amount;
use super::tariff_check::Price;
use super::tariffs::{TariffBody, TariffVehicle};
use super::validations::RedeemedBenefit;
use crate::error::ApiError;
use crate::query;

/// A tariff to be checked; nothing of it is stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckTariff {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    pub(crate) tariff: TariffBody,
    /// Of the examples and the week.
    #[serde(default)]
    pub(crate) vehicle: TariffVehicle,
    /// First day of the week that is painted; the present week's Monday where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub(crate) week_of: Option<Date>,
}

/// A draft to be begun: from what is given, from a version, or from what is in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTariffDraft {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    #[serde(default)]
    pub(crate) tariff: Option<TariffBody>,
    /// Id of a version to begin from.
    #[serde(default)]
    pub(crate) version: Option<Uuid>,
}

/// From when on a draft is the site's tariff.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishTariff {
    /// Stays that begin from then on pin it; now where it is left out.
    #[serde(default)]
    pub(crate) valid_from: Option<Timestamp>,
}

/// A stay to be priced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SimulateStay {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    /// The tariff in force when the stay begins, where it is left out.
    #[serde(default)]
    pub(crate) tariff: Option<TariffBody>,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    #[serde(default)]
    pub(crate) vehicle: TariffVehicle,
    /// As if they were redeemed for it.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub(crate) validations: Vec<RedeemedBenefit>,
    /// What earlier stays of the month were charged, in minor units.
    #[serde(default)]
    pub(crate) month_charged: i64,
}

impl SimulateStay {
    pub(crate) fn prior(&self) -> Result<Prior, ApiError> {
        if self.validations.len() > 10 {
            return Err(ApiError::invalid("validations", "at most 10"));
        }
        let validations = self.validations.iter().map(RedeemedBenefit::validation).collect();
        Ok(Prior { month_minor: self.month_charged, validations })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SimulatedStay {
    /// Number of the version in force; null for a tariff that was given.
    pub(crate) version: Option<u32>,
    /// Name of the tariff.
    pub(crate) tariff: String,
    pub(crate) price: Price,
}

/// A tariff to be compared with what was charged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskWhatIf {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    pub(crate) tariff: TariffBody,
    /// Local day of the site.
    #[schema(value_type = String, format = Date)]
    pub(crate) first_day: Date,
    /// Local day of the site; at most a year after the first one.
    #[schema(value_type = String, format = Date)]
    pub(crate) last_day: Date,
}

/// What the stays of a time would have cost. Cars with a right pay nothing either way and are left out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatIf {
    /// Compared ones.
    stays: u64,
    /// There are more than could be compared: these are some of them.
    limited: bool,
    /// By the versions they pinned.
    before: Amount,
    /// By the tariff that was asked about.
    after: Amount,
    /// That would pay more.
    more: u64,
    less: u64,
    same: u64,
    /// With the largest differences, the largest first.
    largest: Vec<ComparedStay>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparedStay {
    stay: Uuid,
    plate: Option<String>,
    entered_at: Timestamp,
    exited_at: Timestamp,
    before: Amount,
    after: Amount,
}

impl From<operations::WhatIf> for WhatIf {
    fn from(found: operations::WhatIf) -> Self {
        let currency = found.after.currency;
        let compared = |one: operations::Compared| ComparedStay {
            stay: one.stay.as_uuid(),
            plate: one.plate,
            entered_at: one.entered_at,
            exited_at: one.exited_at,
            before: Money::new(one.before, currency).into(),
            after: Money::new(one.after, currency).into(),
        };
        Self {
            stays: found.stays,
            limited: found.limited,
            before: found.before.into(),
            after: found.after.into(),
            more: found.more,
            less: found.less,
            same: found.same,
            largest: found.largest.into_iter().map(compared).collect(),
        }
    }
}

/// Holidays that were read from a calendar file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadHoliday {
    name: String,
    #[schema(format = Date)]
    from: String,
    /// The last day.
    #[schema(format = Date)]
    until: String,
    yearly: bool,
}

impl From<Holiday> for ReadHoliday {
    fn from(holiday: Holiday) -> Self {
        Self {
            name: holiday.name,
            from: holiday.from.to_string(),
            until: holiday.until.to_string(),
            yearly: holiday.yearly,
        }
    }
}

/// The id of a draft in a path.
pub(crate) fn draft_id(text: &str) -> Result<TariffDraftId, ApiError> {
    text.parse().map_err(|_| ApiError::NotFound("draft"))
}
