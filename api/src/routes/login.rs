//! Sessions: log in, log out, and the user of a session.

use boomgate_operations::access::{Authorized, SignedIn};
use boomgate_operations::sessions::{self, Opened, Origin};
use boomgate_operations::{second_factor, unit};
use boomgate_store::users::UserRow;
use bytes::Bytes;
use http::header::SET_COOKIE;
use serde::Serialize;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::auth;
use crate::caller::Public;
use crate::error::ApiError;
use crate::identity::{self, Credentials};
use crate::model::sessions::{LoggedIn, Login, Me, highest};
use crate::request::{JSON_BYTES, Request, RequestContext, json, ok};

/// Opens a session.
#[utoipa::path(post, path = "/api/v1/login", tag = "sessions", request_body = Login,
    responses((status = 200, body = LoggedIn), (status = 401, body = crate::Problem), (status = 409, body = crate::Problem),
        (status = 429, body = crate::Problem)))]
pub(crate) async fn log_in(app: App, _: Public, mut request: Request) -> Result<Response, ApiError> {
    auth::not_foreign(&request.context)?;
    let login: Login = json(&request.body(JSON_BYTES).await?)?;
    let context = request.context;
    let given = Credentials {
        name: &login.name,
        password: login.password,
        otp: login.otp.as_deref(),
        tenant: login.tenant,
    };
    let user = identity::identify(&app, &context, given).await?;
    open_session(&app, &context, &user).await
}

/// A session for somebody who proved who they are, as body and cookie.
async fn open_session(app: &App, context: &RequestContext, user: &UserRow) -> Result<Response, ApiError> {
    let opened = {
        let mut client = app.client().await?;
        unit::run(&mut client, async |unit| sessions::open(unit, user.id, origin(context)).await).await?
    };
    tracing::info!(user.id = %user.id, "logged in");
    if opened.new_device {
        app.notify_new_device(user, context.language(), &origin(context));
    }
    let user = describe_session(app, opened.id).await?;
    let body = LoggedIn { token: opened.token.clone(), expires_at: opened.expires_at, user };
    logged_in(context, opened, &body)
}

/// Whoever has this session now.
pub(crate) async fn describe_session(app: &App, session: Uuid) -> Result<Me, ApiError> {
    let by = sessions::of_id(&app.client().await?, session, None).await?;
    describe(app, &Authorized::check(by.ok_or(ApiError::NotLoggedIn)?)?).await
}

/// An answer with the cookies of a session that was just opened.
pub(crate) fn logged_in<T: Serialize>(
    context: &RequestContext,
    opened: Opened,
    body: &T,
) -> Result<Response, ApiError> {
    let answer = with_cookie(ok(body)?, &auth::set_cookie(context.secure(), Some(&opened.token)))?;
    match opened.browser_token {
        Some(browser) => with_cookie(answer, &auth::set_browser_cookie(context.secure(), &browser)),
        None => Ok(answer),
    }
}

/// Where a session is opened from.
pub(crate) fn origin(context: &RequestContext) -> Origin {
    Origin {
        browser: context.header("origin").is_some(),
        browser_token: auth::browser_token(context).map(str::to_owned),
        address: context.address().to_string(),
        agent: context.header("user-agent").unwrap_or_default().chars().take(200).collect(),
        lifetime: sessions::LIFETIME,
    }
}

/// Ends the session this request came with.
#[utoipa::path(post, path = "/api/v1/logout", tag = "sessions", responses((status = 204), (status = 401, body = crate::Problem)))]
pub(crate) async fn log_out(
    app: App,
    by: Authorized<SignedIn>,
    request: Request,
) -> Result<Response, ApiError> {
    let context = request.context;
    auth::must_be_person(by.actor())?;
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| sessions::close(unit, &by).await).await?;
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    with_cookie(response, &auth::set_cookie(context.secure(), None))
}

/// The caller and the sites they see.
#[utoipa::path(get, path = "/api/v1/me", tag = "sessions", responses((status = 200, body = Me), (status = 401, body = crate::Problem)))]
pub(crate) async fn me(app: App, by: Authorized<SignedIn>, _: Request) -> Result<Response, ApiError> {
    ok(&describe(&app, &by).await?)
}

async fn describe(app: &App, by: &Authorized<SignedIn>) -> Result<Me, ApiError> {
    let actor = by.actor();
    let client = app.client().await?;
    let visible = by.visible_sites(&client).await?;
    let user = actor.user().ok_or(ApiError::NotLoggedIn)?;
    let second = second_factor::state(&client, user).await?;
    Ok(Me {
        id: user.as_uuid(),
        totp: second.on,
        recovery_codes_left: second.recovery_codes_left,
        name: actor.name.clone(),
        tenant: actor.tenant.as_uuid(),
        role: highest(&actor.roles),
        sites: visible.into_iter().map(Into::into).collect(),
    })
}

fn with_cookie(mut response: Response, cookie: &str) -> Result<Response, ApiError> {
    let value = http::HeaderValue::from_str(cookie).map_err(ApiError::internal)?;
    response.headers_mut().append(SET_COOKIE, value);
    Ok(response)
}
