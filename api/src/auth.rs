//! Authenticates a request: sessions stored in PostgreSQL, by cookie for browsers and bearer token for programs, and API keys.
//!
//! Sessions, keys and roles are read anew with every request; only failed logins are counted in memory (`login_limiter`).

use boomgate_operations::access::{Actor, Who};
use boomgate_operations::sessions::{self, BROWSER_KNOWN};
use boomgate_operations::{keys, tokens};
use http::Method;
use jiff::Timestamp;
use uuid::Uuid;

use crate::access_tokens;
use crate::app::App;
use crate::error::ApiError;
use crate::request::RequestContext;

/// Cookie of a TLS listener; the prefix binds it to this host and to TLS.
pub(crate) const HOST_COOKIE: &str = "__Host-boomgate";
/// Cookie on a loopback listener without TLS.
const PLAIN_COOKIE: &str = "boomgate";

/// The actor of the session or the API key in the request.
pub(crate) async fn actor(app: &App, context: &RequestContext) -> Result<Actor, ApiError> {
    let (token, from_cookie) = token(context).ok_or(ApiError::NotLoggedIn)?;
    if from_cookie {
        same_site(context)?;
    }
    let (client, id) = (app.client().await?, Some(context.id.to_string()));
    let found = if from_cookie {
        sessions::bearer(&client, &token, id).await?
    } else if token.starts_with(tokens::KEY_PREFIX) {
        keys::bearer(&client, &token, id).await?
    } else if access_tokens::looks_like_one(&token) {
        let session = app.access_tokens.session(&token, Timestamp::now()).ok_or(ApiError::NotLoggedIn)?;
        sessions::of_id(&client, session, id).await?
    } else {
        sessions::bearer(&client, &token, id).await?
    };
    let actor = found.ok_or(ApiError::NotLoggedIn)?;
    if let Some(account) = account(&actor) {
        app.request_limiter.count_account(account, &context.counted)?;
    }
    Ok(actor)
}

/// The session or key whose requests are counted.
fn account(actor: &Actor) -> Option<Uuid> {
    match &actor.who {
        Who::Program { scope, .. } => Some(scope.id.as_uuid()),
        Who::Person(_) | Who::CommandLine => actor.session,
    }
}

/// Refuses API keys: the route is for users with a session.
pub(crate) fn must_be_person(actor: &Actor) -> Result<(), ApiError> {
    match actor.who {
        Who::Person(_) => Ok(()),
        Who::Program { .. } | Who::CommandLine => Err(ApiError::Forbidden),
    }
}

/// The browser's token, which is independent of any session.
pub(crate) fn browser_token(context: &RequestContext) -> Option<&str> {
    cookie(context, browser_cookie_name(context.secure()))
}

fn cookie<'a>(context: &'a RequestContext, wanted: &str) -> Option<&'a str> {
    // By HTTP/2 a browser may send each cookie in a field of its own (RFC 9113, 8.2.3).
    let fields = context.headers.get_all(http::header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    let mut cookies =
        fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    cookies.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// The token of the request, and whether it came as a cookie.
pub(crate) fn token(context: &RequestContext) -> Option<(String, bool)> {
    if let Some(bearer) = context.header("authorization").and_then(bearer) {
        return Some((bearer.to_owned(), false));
    }
    cookie(context, cookie_name(context.secure())).map(|value| (value.to_owned(), true))
}

/// Whether the request carries this fixed token. Hashes are compared, so that the time does not depend on how much of it is right.
pub(crate) fn has_bearer_token(context: &RequestContext, token: &str) -> bool {
    context
        .header("authorization")
        .and_then(bearer)
        .is_some_and(|given| tokens::hash(given) == tokens::hash(token))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A browser that changes something must come from our own page. Reading is safe: nothing answers cross-origin.
fn same_site(context: &RequestContext) -> Result<(), ApiError> {
    let upgrade = context.header("upgrade").is_some();
    if !upgrade && matches!(context.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    if context.header("origin").is_none() { Err(ApiError::CrossSite) } else { not_foreign(context) }
}

/// A page of another site may not log anybody in either. Programs send no origin.
pub(crate) fn not_foreign(context: &RequestContext) -> Result<(), ApiError> {
    let fetched = context.header("sec-fetch-site");
    let own = |origin: &str| match (origin.split_once("://"), context.host()) {
        (Some((_, host)), Some(own)) => host.eq_ignore_ascii_case(own),
        // Without a Host the browser's own header decides; a page cannot set it.
        (Some(_), None) => fetched == Some("same-origin"),
        (None, _) => false,
    };
    let from_here = context.header("origin").is_none_or(own);
    let fetched_here = fetched.is_none_or(|site| site == "same-origin");
    if from_here && fetched_here { Ok(()) } else { Err(ApiError::CrossSite) }
}

fn cookie_name(secure: bool) -> &'static str {
    if secure { HOST_COOKIE } else { PLAIN_COOKIE }
}

fn browser_cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-boomgate-browser" } else { "boomgate-browser" }
}

/// The `Set-Cookie` of a session, or its deletion with `token` none.
pub(crate) fn set_cookie(secure: bool, token: Option<&str>) -> String {
    let age = if token.is_some() { "" } else { "; Max-Age=0" };
    let secure_only = secure_only(secure);
    format!(
        "{}={}; Path=/; HttpOnly; SameSite=Strict{secure_only}{age}",
        cookie_name(secure),
        token.unwrap_or_default()
    )
}

/// The `Set-Cookie` of a browser that is known from now on.
pub(crate) fn set_browser_cookie(secure: bool, token: &str) -> String {
    let (name, age, secure_only) =
        (browser_cookie_name(secure), BROWSER_KNOWN.as_secs(), secure_only(secure));
    format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure_only}; Max-Age={age}")
}

fn secure_only(secure: bool) -> &'static str {
    if secure { "; Secure" } else { "" }
}
