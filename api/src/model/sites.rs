//! Sites and what of them can be corrected.

use boomgate_domain::ids::SiteCode;
use boomgate_domain::money::Currency;
use boomgate_domain::reason::Lang;
use boomgate_operations::sites::AddSite;
use boomgate_operations::time_zone::{NoZone, ZoneName};
use boomgate_store::sites::SiteRow;
use serde::{Deserialize, Deserializer, Serialize};
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
    /// Of signs and pages, the preferred one first: `en`, `vi`.
    languages: Vec<String>,
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
            languages: row.languages,
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
    /// Of signs and pages, the preferred one first: `en`, `vi`. English where none is named.
    #[serde(default)]
    languages: Vec<String>,
    /// Spaces for visitors; null where nobody counts.
    #[schema(maximum = 1000000)]
    capacity: Option<u32>,
}

impl NewSite {
    pub(crate) fn site(&self) -> Result<AddSite, ApiError> {
        let code =
            SiteCode::parse(&self.code).map_err(|error| ApiError::invalid("code", error.to_string()))?;
        let currency = currency("currency", &self.currency)?;
        let languages = match self.languages.as_slice() {
            [] => vec![Lang::En],
            words => languages("languages", words)?,
        };
        let (name, time_zone) = (label(&self.name)?, zone("time_zone", &self.time_zone)?);
        let capacity = self.capacity.map(|spaces| spaces_of("capacity", spaces)).transpose()?;
        Ok(AddSite { code, name, time_zone, currency, languages, capacity })
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
    /// ISO 4217; only while nothing was counted in another one.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// Of signs and pages, the preferred one first: `en`, `vi`.
    #[schema(min_items = 1)]
    languages: Option<Vec<String>>,
    /// Spaces for visitors; null: nobody counts.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, maximum = 1000000)]
    capacity: Option<Option<u32>>,
}

/// A value that was sent, be it null.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl SiteChange {
    pub(crate) fn time_zone(&self) -> Result<Option<ZoneName>, ApiError> {
        self.time_zone.as_deref().map(|text| zone("time_zone", text)).transpose()
    }

    pub(crate) fn currency(&self) -> Result<Option<Currency>, ApiError> {
        self.currency.as_deref().map(|code| currency("currency", code)).transpose()
    }

    pub(crate) fn languages(&self) -> Result<Option<Vec<Lang>>, ApiError> {
        self.languages.as_deref().map(|words| languages("languages", words)).transpose()
    }

    pub(crate) fn capacity(&self) -> Result<Option<Option<u32>>, ApiError> {
        let check = |capacity: Option<u32>| capacity.map(|spaces| spaces_of("capacity", spaces)).transpose();
        self.capacity.map(check).transpose()
    }

    pub(crate) fn name(&self) -> Result<Option<String>, ApiError> {
        self.name.as_deref().map(label).transpose()
    }
}

/// A currency of this code.
pub(crate) fn currency(field: &'static str, code: &str) -> Result<Currency, ApiError> {
    Currency::parse(code).map_err(|error| ApiError::invalid(field, error.to_string()))
}

/// A time zone of this IANA name.
pub(crate) fn zone(field: &'static str, name: &str) -> Result<ZoneName, ApiError> {
    name.parse().map_err(|error: NoZone| ApiError::invalid(field, error.to_string()))
}

/// The languages of these words.
pub(crate) fn languages(field: &'static str, words: &[String]) -> Result<Vec<Lang>, ApiError> {
    let find = |word: &String| Lang::ALL.into_iter().find(|language| language.as_str() == word);
    let found: Option<Vec<Lang>> = words.iter().map(find).collect();
    found
        .filter(|found| !found.is_empty())
        .ok_or_else(|| ApiError::invalid(field, "must be one or more of en, vi"))
}

/// So many spaces, if a site may have as many.
pub(crate) fn spaces_of(field: &'static str, spaces: u32) -> Result<u32, ApiError> {
    if spaces <= LARGEST_CAPACITY {
        return Ok(spaces);
    }
    Err(ApiError::invalid(field, format!("at most {LARGEST_CAPACITY}")))
}

/// A name for people: 1 to 100 characters.
pub(crate) fn label(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 {
        return Err(ApiError::invalid("name", "must be 1 to 100 characters"));
    }
    Ok(text.to_owned())
}
