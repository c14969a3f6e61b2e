//! Queries read into a type: an unknown parameter is an error that names it, and a wrong value one that names its
//! parameter.

use boomgate_operations::access::SiteRef;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::error::ApiError;

/// Most items of a page.
pub(crate) const LARGEST_PAGE: u16 = 200;
const PAGE: u16 = 50;

/// Reads the part of an address after the question mark.
pub(crate) fn read<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    // PostgreSQL refuses some of them, and no parameter has any.
    if let Some((name, _)) = pairs.clone().find(|(_, value)| value.chars().any(char::is_control)) {
        return Err(ApiError::invalid(name.into_owned(), "holds a control character"));
    }
    let reader = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let field = match error.path().to_string() {
            path if path == "." => "query".to_owned(),
            path => path,
        };
        ApiError::invalid(field, error.into_inner().to_string())
    })
}

/// A site by its id or its code.
pub(crate) fn site<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<SiteRef>, D::Error> {
    let text = Option::<String>::deserialize(reader)?;
    Ok(text.filter(|text| !text.is_empty()).map(|text| SiteRef::parse(&text)))
}

/// How many items a page holds: 1 to [`LARGEST_PAGE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub(crate) struct Limit(pub(crate) u16);

impl Default for Limit {
    fn default() -> Self {
        Self(PAGE)
    }
}

impl TryFrom<u16> for Limit {
    type Error = String;

    fn try_from(limit: u16) -> Result<Self, Self::Error> {
        let fits = (1..=LARGEST_PAGE).contains(&limit);
        if fits { Ok(Self(limit)) } else { Err(format!("must be 1 to {LARGEST_PAGE}")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Query {
        #[serde(default, deserialize_with = "site")]
        site: Option<SiteRef>,
        #[serde(default)]
        limit: Limit,
    }

    #[test]
    fn what_is_wrong_with_a_query_is_named() {
        for (query, field, words) in [
            ("order=plate", "order", "unknown field `order`, expected `site` or `limit`"),
            ("limit=0", "limit", "must be 1 to 200"),
            ("limit=x", "limit", "invalid digit"),
            ("limit=1&limit=2", "limit", "duplicate field"),
            ("site=no%00rth", "site", "control character"),
        ] {
            let error = read::<Query>(query).unwrap_err().to_string();
            assert!(error.contains(field) && error.contains(words), "{query}: {error}");
        }
        let read = read::<Query>("site=north&limit=7").unwrap();
        assert_eq!(read, Query { site: Some(SiteRef::Code("north".into())), limit: Limit(7) });
    }
}
