//! Sites and what of them can be corrected.

use boomgate_operations::time_zone::ZoneName;
use boomgate_store::sites::SiteRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::request::SafeText;

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
        let parse = |text: &String| {
            text.parse().map_err(|error: boomgate_operations::time_zone::NoZone| {
                ApiError::invalid("time_zone", error.to_string())
            })
        };
        self.time_zone.as_ref().map(parse).transpose()
    }

    pub(crate) fn name(&self) -> Result<Option<String>, ApiError> {
        self.name.as_deref().map(label).transpose()
    }
}

/// A name for people: 1 to 100 characters.
pub(crate) fn label(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 {
        return Err(ApiError::invalid("name", "must be 1 to 100 characters"));
    }
    Ok(text.to_owned())
}
