//! Entity tags (RFC 9110, 8.8): a representation that the client has already is not sent again, and a change
//! based on an old one is refused.

use http::header::{ETAG, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use warp::reply::Response;

use crate::error::ApiError;
use crate::request::{RequestContext, ok};

/// The version of what is shown: equal for equal JSON.
pub(crate) fn of<T: Serialize>(shown: &T) -> Result<String, ApiError> {
    let json = serde_json::to_vec(shown).map_err(ApiError::internal)?;
    Ok(format!("\"{}\"", hex::encode(&Sha256::digest(json)[..16])))
}

/// What is shown with its version; only the version, where the client has that one.
pub(crate) fn reply<T: Serialize>(context: &RequestContext, shown: &T) -> Result<Response, ApiError> {
    let version = of(shown)?;
    let mut response = ok(shown)?;
    if names(&context.headers, IF_NONE_MATCH, &version) == Some(true) {
        response = Response::new(bytes::Bytes::new().into());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let value = HeaderValue::from_str(&version).map_err(ApiError::internal)?;
    response.headers_mut().insert(ETAG, value);
    Ok(response)
}

/// What is shown with the version of that part of it which people change: the rest is as it is at this moment.
pub(crate) fn reply_changing<S: Serialize, P: Serialize>(
    shown: &S,
    changed_by_people: &P,
) -> Result<Response, ApiError> {
    let mut response = ok(shown)?;
    let value = HeaderValue::from_str(&of(changed_by_people)?).map_err(ApiError::internal)?;
    response.headers_mut().insert(ETAG, value);
    Ok(response)
}

/// Refuses a change of another version than the present one. A client that names none means whichever there is.
pub(crate) fn must_match<T: Serialize>(headers: &HeaderMap, shown: &T) -> Result<(), ApiError> {
    let version = of(shown)?;
    match names(headers, IF_MATCH, &version) {
        Some(false) => Err(ApiError::Stale(serde_json::to_value(shown).map_err(ApiError::internal)?)),
        Some(true) | None => Ok(()),
    }
}

/// Whether a header names this version; none where it is not sent.
fn names(headers: &HeaderMap, header: http::HeaderName, version: &str) -> Option<bool> {
    let mut sent = headers.get_all(header).iter().filter_map(|value| value.to_str().ok()).peekable();
    sent.peek()?;
    let mut tags = sent.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    Some(tags.any(|tag| tag == "*" || tag == version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(header: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_change_of_an_old_version_is_refused_with_the_present_one() {
        let (old, new) = (json!({ "name": "In" }), json!({ "name": "Entry" }));
        let version = of(&old).unwrap();
        let sent = with(IF_MATCH, &format!("\"other\", {version}"));
        must_match(&sent, &old).unwrap();
        let Err(ApiError::Stale(present)) = must_match(&sent, &new) else { panic!("a lost update") };
        assert_eq!(present, new);
        must_match(&HeaderMap::new(), &new).unwrap();
        must_match(&with(IF_MATCH, "*"), &new).unwrap();
    }

    #[test]
    fn a_version_that_the_client_has_is_named_strongly_or_weakly() {
        let version = of(&json!(1)).unwrap();
        assert_eq!(names(&with(IF_NONE_MATCH, &format!("W/{version}")), IF_NONE_MATCH, &version), Some(true));
        assert_eq!(names(&with(IF_NONE_MATCH, "\"x\""), IF_NONE_MATCH, &version), Some(false));
        assert_eq!(names(&HeaderMap::new(), IF_NONE_MATCH, &version), None);
    }
}
