//! Sites and what of them can be corrected.

use boomgate_domain::ids::SiteCode;
use boomgate_domain::money::Currency;
use boomgate_operations::sites::AddSite;
use boomgate_operations::time_zone::{NoZone, ZoneName};
use boomgate_store::sites::SiteRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::request::SafeText;

/// Most spaces a site can have.
const LARGEST_CAPACITY: u32 = 1_000_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Site {
    id: Uuid,
    code: String,
    name: String,
    /// IANA name.
    time_zone: String,
    /// ISO 4217.
    currency: String,
    /// Spaces for visitors; null where nobody counts.
    capacity: Option<i32>,
    /// Whether cars without a right may come in.
    visitors: bool,
}

impl From<SiteRow> for Site {
    fn from(row: SiteRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code,
            name: row.name,
            time_zone: row.time_zone,
            currency: row.currency,
            capacity: row.capacity,
            visitors: row.visitors,
        }
    }
}

/// A site to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSite {
    /// Used once in the whole installation.
    #[schema(pattern = "^[a-z0-9-]{1,64}$")]
    code: String,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: SafeText,
    /// IANA name, in any case.
    time_zone: String,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
    /// Spaces for visitors; null where nobody counts.
    #[schema(maximum = 1000000)]
    capacity: Option<u32>,
}

impl NewSite {
    pub(crate) fn site(&self) -> Result<AddSite, ApiError> {
        let code =
            SiteCode::parse(&self.code).map_err(|error| ApiError::invalid("code", error.to_string()))?;
        let currency = Currency::parse(&self.currency)
            .map_err(|error| ApiError::invalid("currency", error.to_string()))?;
        if self.capacity.is_some_and(|spaces| spaces > LARGEST_CAPACITY) {
            return Err(ApiError::invalid("capacity", format!("at most {LARGEST_CAPACITY}")));
        }
        let (name, time_zone) = (label(&self.name)?, zone(&self.time_zone)?);
        Ok(AddSite { code, name, time_zone, currency, capacity: self.capacity })
    }
}

/// What is to be another; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteChange {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub(crate) name: Option<SafeText>,
    /// IANA name, in any case.
    time_zone: Option<String>,
}

impl SiteChange {
    pub(crate) fn time_zone(&self) -> Result<Option<ZoneName>, ApiError> {
        self.time_zone.as_deref().map(zone).transpose()
    }

    pub(crate) fn name(&self) -> Result<Option<String>, ApiError> {
        self.name.as_deref().map(label).transpose()
    }
}

fn zone(text: &str) -> Result<ZoneName, ApiError> {
    text.parse().map_err(|error: NoZone| ApiError::invalid("time_zone", error.to_string()))
}

/// A name for people: 1 to 100 characters.
pub(crate) fn label(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 {
        return Err(ApiError::invalid("name", "must be 1 to 100 characters"));
    }
    Ok(text.to_owned())
}
