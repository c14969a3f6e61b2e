//! Sessions: log in, log out, and the user of a session.

use boomgate_operations::access::{Authorized, SignedIn};
use boomgate_operations::sessions::{self, Origin};
use boomgate_operations::unit;
use boomgate_store::users::UserRow;
use bytes::Bytes;
use http::header::SET_COOKIE;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::auth;
use crate::caller::Public;
use crate::error::ApiError;
use crate::login_limiter::Attempt;
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
    let user = who(&app, &context, login).await?;
    let mut client = app.client().await?;
    let from = Origin {
        browser: context.header("origin").is_some(),
        browser_token: auth::browser_token(&context).map(str::to_owned),
        address: context.address().to_string(),
        agent: context.header("user-agent").unwrap_or_default().chars().take(200).collect(),
    };
    let opened = unit::run(&mut client, async |unit| sessions::open(unit, user.id, from).await).await?;
    tracing::info!(user.id = %user.id, "logged in");
    let by = sessions::bearer(&client, &opened.token, Some(context.id.to_string())).await?;
    let by = Authorized::check(by.ok_or(ApiError::NotLoggedIn)?)?;
    let cookie = auth::set_cookie(context.secure(), Some(&opened.token));
    let user = describe(&app, &by).await?;
    let answer = ok(&LoggedIn { token: opened.token, expires_at: opened.expires_at, user })?;
    let answer = with_cookie(answer, &cookie)?;
    match opened.browser_token {
        Some(browser) => with_cookie(answer, &auth::set_browser_cookie(context.secure(), &browser)),
        None => Ok(answer),
    }
}

/// The user with this name and password. Where several tenants have the name, the password decides; where
/// it is right in more than one, the client must name the tenant, and only then.
async fn who(app: &App, context: &RequestContext, login: Login) -> Result<UserRow, ApiError> {
    let (mut candidates, browser) = {
        let client = app.client().await?;
        let candidates = sessions::candidates(&client, &login.name).await?;
        let browser = sessions::known_browser(&client, auth::browser_token(context), &candidates).await?;
        (candidates, browser)
    };
    if let Some(tenant) = login.tenant {
        candidates.retain(|user| user.tenant_id.as_uuid() == tenant);
    }
    let attempt = Attempt {
        name: &login.name,
        address: context.address(),
        browser,
        stored: candidates.iter().map(|user| user.password_hash.clone()).collect(),
        given: login.password,
    };
    let right = app.limiter.check(attempt).await?;
    let mut right: Vec<UserRow> =
        right.into_iter().filter_map(|index| candidates.get(index).cloned()).collect();
    match right.pop() {
        Some(user) if right.is_empty() => Ok(user),
        Some(user) => {
            right.push(user);
            let named = |user: UserRow| (user.tenant_id.as_uuid(), user.tenant_name);
            Err(ApiError::TenantNeeded(right.into_iter().map(named).collect::<Vec<(Uuid, String)>>()))
        }
        None => Err(ApiError::WrongLogin),
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
    if let Some((token, _)) = auth::token(&context) {
        let mut client = app.client().await?;
        unit::run(&mut client, async |unit| sessions::close(unit, &token).await).await?;
    }
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
    let visible = by.visible_sites(&app.client().await?).await?;
    Ok(Me {
        id: actor.user().ok_or(ApiError::NotLoggedIn)?.as_uuid(),
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
