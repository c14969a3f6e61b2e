//! Validation codes, and what was redeemed for a stay.

use boomgate_domain::money::{Currency, Money};
use boomgate_domain::tariff::{Benefit, Validation};
use boomgate_operations::access::SiteRef;
use boomgate_operations::validations::AddCode;
use boomgate_store::sites::SiteRow;
use boomgate_store::validations::{CodeRow, ValidationRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::money::Amount;
use crate::error::ApiError;
use crate::query;
use crate::request::SafeText;

/// What a code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ValidationBenefit {
    /// Minor units of the site's currency off.
    Amount { minor: i64 },
    /// A part of the price off.
    Percent { percent: u8 },
    /// What the first minutes of charged time cost is taken off.
    FreeTime { minutes: u32 },
    /// As free time, out of a stock that was paid before: what a stay does not use is left for the next.
    Prepaid { minutes: u32 },
}

impl From<ValidationBenefit> for Benefit {
    fn from(benefit: ValidationBenefit) -> Self {
        match benefit {
            ValidationBenefit::Amount { minor } => Self::Amount { minor },
            ValidationBenefit::Percent { percent } => Self::Percent { percent },
            ValidationBenefit::FreeTime { minutes } => Self::FreeTime { minutes },
            ValidationBenefit::Prepaid { minutes } => Self::Prepaid { minutes },
        }
    }
}

impl From<Benefit> for ValidationBenefit {
    fn from(benefit: Benefit) -> Self {
        match benefit {
            Benefit::Amount { minor } => Self::Amount { minor },
            Benefit::Percent { percent } => Self::Percent { percent },
            Benefit::FreeTime { minutes } => Self::FreeTime { minutes },
            Benefit::Prepaid { minutes } => Self::Prepaid { minutes },
        }
    }
}

/// A validation that a simulated stay is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemedBenefit {
    #[schema(value_type = String, max_length = 32)]
    code: SafeText,
    benefit: ValidationBenefit,
    /// Most that it takes off, in minor units.
    #[serde(default)]
    most_off: Option<i64>,
}

impl RedeemedBenefit {
    pub(crate) fn validation(&self) -> Validation {
        Validation { code: self.code.to_string(), benefit: self.benefit.into(), most_off: self.most_off }
    }
}

/// A code to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewValidationCode {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[schema(value_type = Option<String>)]
    pub(crate) site: Option<SiteRef>,
    /// One that cannot be guessed, where it is left out. Small letters are taken as capitals.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 4, max_length = 32)]
    code: Option<SafeText>,
    /// For whom or what it is.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    label: SafeText,
    benefit: ValidationBenefit,
    /// Most that one use takes off, in minor units.
    #[serde(default)]
    most_off: Option<i64>,
    /// As often as people like, where it is left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000000)]
    max_uses: Option<u32>,
    /// From now on, where it is left out.
    #[serde(default)]
    valid_from: Option<Timestamp>,
    /// Without end, where it is left out.
    #[serde(default)]
    valid_until: Option<Timestamp>,
}

impl NewValidationCode {
    pub(crate) fn code(&self) -> AddCode {
        AddCode {
            code: self.code.as_deref().map(str::to_owned),
            label: self.label.to_string(),
            benefit: self.benefit.into(),
            most_off: self.most_off,
            max_uses: self.max_uses,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
        }
    }
}

/// Where a code is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CodeState {
    Good,
    /// Its time has not begun.
    Upcoming,
    Expired,
    UsedUp,
    Cancelled,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValidationCode {
    id: Uuid,
    /// Code of the site.
    site: String,
    code: String,
    label: String,
    benefit: ValidationBenefit,
    most_off: Option<Amount>,
    /// Null: as often as people like.
    max_uses: Option<i32>,
    uses: i64,
    state: CodeState,
    valid_from: Timestamp,
    valid_until: Option<Timestamp>,
    created_at: Timestamp,
    created_by: String,
    cancelled_at: Option<Timestamp>,
    cancelled_by: Option<String>,
}

impl ValidationCode {
    pub(crate) fn of(site: &SiteRow, row: CodeRow, now: Timestamp) -> Result<Self, ApiError> {
        let currency = Currency::parse(&site.currency).map_err(ApiError::internal)?;
        Ok(Self {
            state: state(&row, now),
            id: row.id.as_uuid(),
            site: site.code.clone(),
            benefit: row.benefit()?.into(),
            code: row.code,
            label: row.label,
            most_off: row.most_off_minor.map(|minor| Money::new(minor, currency).into()),
            max_uses: row.max_uses,
            uses: row.uses,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            created_at: row.created_at,
            created_by: row.created_name,
            cancelled_at: row.cancelled_at,
            cancelled_by: row.cancelled_name,
        })
    }
}

fn state(row: &CodeRow, now: Timestamp) -> CodeState {
    if row.cancelled_at.is_some() {
        CodeState::Cancelled
    } else if row.valid_until.is_some_and(|until| until <= now) {
        CodeState::Expired
    } else if row.max_uses.is_some_and(|most| row.uses >= i64::from(most)) {
        CodeState::UsedUp
    } else if row.valid_from > now {
        CodeState::Upcoming
    } else {
        CodeState::Good
    }
}

/// A code to be redeemed for a stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemCode {
    #[schema(value_type = String, min_length = 4, max_length = 32)]
    pub(crate) code: SafeText,
}

/// What was redeemed for a stay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StayValidation {
    id: Uuid,
    code: String,
    label: String,
    benefit: ValidationBenefit,
    redeemed_at: Timestamp,
    redeemed_by: String,
    /// When it was taken back.
    cancelled_at: Option<Timestamp>,
    cancelled_by: Option<String>,
}

impl StayValidation {
    pub(crate) fn of(row: ValidationRow) -> Result<Self, ApiError> {
        Ok(Self {
            id: row.id.as_uuid(),
            benefit: row.benefit()?.into(),
            code: row.code,
            label: row.label,
            redeemed_at: row.redeemed_at,
            redeemed_by: row.redeemed_name,
            cancelled_at: row.cancelled_at,
            cancelled_by: row.cancelled_name,
        })
    }
}
