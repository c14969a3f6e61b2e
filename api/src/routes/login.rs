//! Sessions: in, out, and who am I.

use boomgate_domain::ids::UserId;
use boomgate_operations::access::{Authorized, SignedIn};
use boomgate_store::known_browsers;
use boomgate_store::users::{self, NewSession};
use bytes::Bytes;
use http::header::SET_COOKIE;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use warp::reply::Response;

use crate::App;
use crate::auth;
use crate::caller::Public;
use crate::error::ApiError;
use crate::login_gate::Attempt;
use crate::request::{Asked, JSON_BYTES, Request, Words, json, ok};

/// A session ends after a working day, whatever happens.
const SESSION: SignedDuration = SignedDuration::from_hours(8);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    #[schema(value_type = String)]
    name: Words,
    password: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    /// For `Authorization: Bearer`; browsers get it as a cookie too.
    token: String,
    expires_at: String,
    user: Me,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    id: Uuid,
    name: String,
    role: &'static str,
    sites: Vec<MySite>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MySite {
    id: Uuid,
    code: String,
    name: String,
    currency: String,
    time_zone: String,
}

/// Opens a session.
#[utoipa::path(post, path = "/api/v1/login", tag = "sessions", request_body = Login,
    responses((status = 200, body = LoggedIn), (status = 401, body = crate::Problem), (status = 429, body = crate::Problem)))]
pub(crate) async fn log_in(app: App, _: Public, mut request: Request) -> Result<Response, ApiError> {
    auth::not_foreign(&request.asked)?;
    let login: Login = json(&request.body(JSON_BYTES).await?)?;
    let asked = request.asked;
    let user =
        users::by_name(&app.client().await?, &login.name).await?.filter(|user| user.disabled_at.is_none());
    let stored = user.as_ref().map(|user| user.password_hash.as_str());
    let browser = known_browser(&app, &asked, user.as_ref().map(|user| user.id)).await?;
    let attempt =
        Attempt { name: &login.name, address: asked.address(), browser, stored, given: login.password };
    app.gate.check(attempt).await?;
    let user = user.ok_or(ApiError::WrongLogin)?;
    let (token, token_hash) = auth::new_token();
    let now = Timestamp::now();
    let session = NewSession {
        token_hash,
        user: user.id,
        kind: if asked.header("origin").is_some() { "browser" } else { "bearer" },
        created_at: now,
        expires_at: now + SESSION,
        address: asked.address().to_string(),
        agent: asked.header("user-agent").unwrap_or_default().chars().take(200).collect(),
    };
    users::open_session(&app.client().await?, &session).await?;
    let by = Authorized::check(auth::person(user.id, user.tenant_id, user.name, &user.role)?)?;
    tracing::info!(user.id = %user.id, "logged in");
    let cookie = auth::set_cookie(asked.secure(), Some(&token));
    let me = describe(&app, &by).await?;
    let answer = ok(&LoggedIn { token, expires_at: session.expires_at.to_string(), user: me })?;
    let answer = with_cookie(answer, &cookie)?;
    if session.kind != "browser" {
        return Ok(answer);
    }
    let browser = remember_browser(&app, &asked, user.id, now).await?;
    with_cookie(answer, &auth::set_browser_cookie(asked.secure(), &browser))
}

/// The hash of the browser's token, if `user` has logged in there before.
async fn known_browser(app: &App, asked: &Asked, user: Option<UserId>) -> Result<Option<[u8; 32]>, ApiError> {
    let (Some(token), Some(_)) = (auth::browser_token(asked), user) else { return Ok(None) };
    let hash = auth::hash(token);
    let known = known_browsers::knows(&app.client().await?, &hash, user, Timestamp::now()).await?;
    Ok(known.then_some(hash))
}

/// Remembers where `user` logged in. Returns the browser's token: the one it has, or a new one. A token that we never
/// gave is not taken over: whoever planted it would know it too.
async fn remember_browser(
    app: &App,
    asked: &Asked,
    user: UserId,
    now: Timestamp,
) -> Result<String, ApiError> {
    let client = app.client().await?;
    let (mut token, mut hash) = auth::new_token();
    if let Some(given) = auth::browser_token(asked)
        && known_browsers::knows(&client, &auth::hash(given), None, now).await?
    {
        (token, hash) = (given.to_owned(), auth::hash(given));
    }
    known_browsers::remember(&client, &hash, user, now, now + auth::BROWSER).await?;
    Ok(token)
}

/// Ends the session this request came with.
#[utoipa::path(post, path = "/api/v1/logout", tag = "sessions", responses((status = 204), (status = 401, body = crate::Problem)))]
pub(crate) async fn log_out(
    app: App,
    _: Authorized<SignedIn>,
    request: Request,
) -> Result<Response, ApiError> {
    let asked = request.asked;
    if let Some(hash) = auth::token_hash(&asked) {
        users::close_session(&app.client().await?, &hash).await?;
    }
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    with_cookie(response, &auth::set_cookie(asked.secure(), None))
}

/// The caller and the sites they see.
#[utoipa::path(get, path = "/api/v1/me", tag = "sessions", responses((status = 200, body = Me), (status = 401, body = crate::Problem)))]
pub(crate) async fn me(app: App, by: Authorized<SignedIn>, _: Request) -> Result<Response, ApiError> {
    ok(&describe(&app, &by).await?)
}

async fn describe(app: &App, by: &Authorized<SignedIn>) -> Result<Me, ApiError> {
    let sites = by.sites(&app.client().await?).await?.into_iter().map(|site| MySite {
        id: site.id.as_uuid(),
        code: site.code,
        name: site.name,
        currency: site.currency,
        time_zone: site.time_zone,
    });
    Ok(Me {
        id: by.actor().id.as_uuid(),
        name: by.actor().name.clone(),
        role: by.actor().role.as_str(),
        sites: sites.collect(),
    })
}

fn with_cookie(mut response: Response, cookie: &str) -> Result<Response, ApiError> {
    let value = http::HeaderValue::from_str(cookie).map_err(ApiError::internal)?;
    response.headers_mut().append(SET_COOKIE, value);
    Ok(response)
}
