//! Cross-origin requests (the Fetch standard, "HTTP-CORS protocol") of pages that the configuration names. They bring a token of
//! their own: cookies are never accepted from another origin.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use warp::reply::Response;

use crate::request::RequestContext;

/// Request headers that such a page may send.
const HEADERS: &str = "authorization, content-type, idempotency-key, if-match, if-none-match, accept-language, x-request-id, traceparent";
/// Answer headers that it may read.
const EXPOSED: &str =
    "etag, x-request-id, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset";
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";

/// Origins such as `https://kiosk.example.org`.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedOrigins(Vec<String>);

impl AllowedOrigins {
    pub(crate) fn new(origins: Vec<String>) -> Self {
        Self(origins)
    }

    /// The request's origin, where it is one of these and the request is to the api.
    pub(crate) fn of(&self, context: &RequestContext) -> Option<HeaderValue> {
        let origin = context.headers.get(header::ORIGIN)?;
        let is_allowed = self.0.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
        (is_allowed && context.path.starts_with("/api/")).then(|| origin.clone())
    }

    /// The answer to a preflight request: whether such a request may be sent.
    pub(crate) fn preflight(&self, context: &RequestContext) -> Option<Response> {
        let asks = context.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if context.method != Method::OPTIONS || !asks {
            return None;
        }
        self.of(context)?;
        let mut response = Response::new(bytes::Bytes::new().into());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Some(response)
    }
}

/// Lets a page of this origin read the answer.
pub(crate) fn let_read(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}
