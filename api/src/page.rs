//! The web app's built files, embedded in the program (`make web` builds them from `api/web`), and the headers of every
//! reply.
//!
//! Names under `assets/` carry a hash of what is in them, so they may be kept for ever; everything else is asked for again
//! and answered by its ETag. A path that names no file is a screen of the app, except where programs look for an API.

use http::header::{self, HeaderMap, HeaderName};
use http::{HeaderValue, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};
use warp::reply::Response;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Built;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
    connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// What is served in place of the app when it was not built.
const NOT_BUILT: &str = include_str!("page/not_built.html");
/// First parts of paths that belong to programs: an unknown one is a problem, not a screen.
const FOR_PROGRAMS: [&str; 5] = ["api", "device", "metrics", "assets", "manifest.json"];
const HASHED: &str = "assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// The page or file at `path`, if there is one.
pub(crate) fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let name = path.trim_start_matches('/');
    if let Some(found) = Built::get(page_of(name)).filter(|_| name != "manifest.json") {
        return Some(built(page_of(name), found, headers));
    }
    if !is_screen(name) {
        return None;
    }
    Some(match Built::get("index.html") {
        Some(found) => built("index.html", found, headers),
        None => not_built(),
    })
}

fn page_of(name: &str) -> &str {
    match name {
        "" => "index.html",
        "docs" => "docs.html",
        other => other,
    }
}

/// Screens have plain names: what ends like a file, and what programs ask for, is none.
fn is_screen(name: &str) -> bool {
    let mut parts = name.split('/');
    let first = parts.next().unwrap_or_default();
    let last = parts.next_back().unwrap_or(first);
    !FOR_PROGRAMS.contains(&first) && !last.contains('.')
}

fn built(name: &str, found: EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = entity_tag(&found);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| is_same(known, &tag)) {
        let mut response = reply(Vec::new(), name, &tag);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let smaller = accepted(headers)
        .find_map(|(encoding, ending)| Built::get(&format!("{name}.{ending}")).map(|file| (encoding, file)));
    let Some((encoding, smaller)) = smaller else {
        return reply(found.data.into_owned(), name, &tag);
    };
    let mut response = reply(smaller.data.into_owned(), name, &tag);
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    response
}

/// By what is in the file. It says the same of the compressed forms, so it is a weak one.
fn entity_tag(file: &EmbeddedFile) -> String {
    format!("W/\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]))
}

fn is_same(known: &HeaderValue, tag: &str) -> bool {
    known.to_str().is_ok_and(|known| known.split(',').any(|one| one.trim() == tag || one.trim() == "*"))
}

/// Encodings that are built and that the client takes, the smallest first, with the endings of their files.
fn accepted(headers: &HeaderMap) -> impl Iterator<Item = (&'static str, &'static str)> {
    let said = headers.get_all(header::ACCEPT_ENCODING);
    let said: Vec<String> =
        said.iter().filter_map(|value| value.to_str().ok()).map(str::to_ascii_lowercase).collect();
    [("br", "br"), ("gzip", "gz")].into_iter().filter(move |(encoding, _)| {
        said.iter().flat_map(|value| value.split(',')).any(|one| takes(one, encoding))
    })
}

/// Whether one part of `Accept-Encoding`, such as `gzip;q=0.8`, takes `encoding`.
fn takes(part: &str, encoding: &str) -> bool {
    let mut words = part.split(';').map(str::trim);
    let named = words.next() == Some(encoding);
    let refused = words.filter_map(|word| word.strip_prefix("q=")).any(|q| q.parse() == Ok(0.0));
    named && !refused
}

fn reply(bytes: Vec<u8>, name: &str, tag: &str) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    let cache = if name.starts_with(HASHED) { FOR_EVER } else { ASK_AGAIN };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn not_built() -> Response {
    let mut response = Response::new(NOT_BUILT.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(".html")));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(ASK_AGAIN));
    response
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// What every reply carries (OWASP ASVS 3.4). What says nothing else of it is not cached.
pub(crate) fn secured(mut response: Response) -> Response {
    const FIXED: [(HeaderName, &str); 4] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    let headers = response.headers_mut();
    let is_page =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page that sent no referrer at all would have its own forms taken for another site's.
    let referrer = if is_page { "same-origin" } else { "no-referrer" };
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding))])
    }

    fn encodings(said: &'static str) -> Vec<&'static str> {
        accepted(&headers(said)).map(|(encoding, _)| encoding).collect()
    }

    #[test]
    fn the_smallest_form_a_client_takes_is_sent() {
        assert_eq!(encodings("gzip, deflate, br, zstd"), ["br", "gzip"]);
        assert_eq!(encodings("GZIP;q=0.5"), ["gzip"]);
        assert_eq!(encodings("br;q=0, gzip"), ["gzip"]);
        assert_eq!(encodings("identity"), [""; 0]);
    }

    #[test]
    fn screens_are_the_apps_and_what_programs_ask_for_is_not() {
        for screen in ["", "live", "stays/0190-abc", "settings/lanes/in-1"] {
            assert!(is_screen(screen), "{screen}");
        }
        for other in ["api", "api/v1/nothing", "device/v1", "metrics", "assets/app", "nothing.js", "a/b.css"]
        {
            assert!(!is_screen(other), "{other}");
        }
    }
}
