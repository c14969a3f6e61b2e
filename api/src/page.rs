//! The live page and the page of the documentation, embedded in the program.

use boomgate_domain::money::Currency;
use http::HeaderValue;
use http::header::{self, HeaderName};
use rust_embed::RustEmbed;
use warp::reply::Response;

#[derive(RustEmbed)]
#[folder = "page"]
struct Files;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
    object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The page or file at `path`, if there is one.
pub(crate) fn file(path: &str) -> Option<Response> {
    let name = match path {
        "/" => "index.html",
        "/docs" => "docs.html",
        other => other.trim_start_matches('/'),
    };
    let bytes = match name {
        "currencies.js" => currencies().into_bytes(),
        other => Files::get(other)?.data.into_owned(),
    };
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(response)
}

/// The decimal places of each currency, from the domain, as a JavaScript module.
fn currencies() -> String {
    let digits: Vec<String> =
        Currency::all().map(|currency| format!("{currency}:{}", currency.minor_digits())).collect();
    format!("export const minorDigits = {{{}}};\n", digits.join(","))
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// What every reply carries (OWASP ASVS 3.4). What says nothing else of it is not cached.
pub(crate) fn secured(mut response: Response) -> Response {
    const FIXED: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    ];
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
