//! Money as it travels: whole minor units and a currency, never a fraction.

use boomgate_domain::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;

/// Minor units of an ISO 4217 currency.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({ "minor": 1250, "currency": "EUR" }))]
pub(crate) struct Amount {
    pub(crate) minor: i64,
    #[schema(pattern = "^[A-Z]{3}$")]
    pub(crate) currency: String,
}

impl Amount {
    /// The amount, where its currency is one.
    pub(crate) fn money(&self, field: &'static str) -> Result<Money, ApiError> {
        let currency = Currency::parse(&self.currency)
            .map_err(|error| ApiError::invalid(format!("{field}.currency"), error.to_string()))?;
        Ok(Money::new(self.minor, currency))
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency.to_string() }
    }
}
