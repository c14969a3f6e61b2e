//! One's own sessions, and proving again who one is.

use boomgate_operations::access::{Authorized, SignedIn};
use boomgate_operations::{sessions, unit};
use bytes::Bytes;
use http::StatusCode;
use warp::reply::Response;

use crate::app::App;
use crate::auth;
use crate::error::ApiError;
use crate::login_limiter::Attempt;
use crate::model::page::Page;
use crate::model::users::{Session, StepUp};
use crate::request::{JSON_BYTES, Request, json, ok};

/// The caller's sessions, the one used last first.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "sessions",
    responses((status = 200, body = Page<Session>), (status = 403, body = crate::Problem)))]
pub(crate) async fn list(app: App, by: Authorized<SignedIn>, request: Request) -> Result<Response, ApiError> {
    // A program's key acts for a person and need not know where that person is logged in.
    auth::must_be_person(by.actor())?;
    let client = app.client().await?;
    let current = match auth::token(&request.context) {
        Some((token, _)) => sessions::id_of(&client, &token).await?,
        None => None,
    };
    let own = sessions::own(&client, &by).await?;
    ok(&Page::whole(own.into_iter().map(|row| Session::of(row, current)).collect()))
}

/// Ends one of the caller's sessions; its screens close within seconds.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "sessions", params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 404, body = crate::Problem)))]
pub(crate) async fn end(app: App, by: Authorized<SignedIn>, request: Request) -> Result<Response, ApiError> {
    auth::must_be_person(by.actor())?;
    let id = request.part("id").parse().map_err(|_| ApiError::NotFound("session"))?;
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| sessions::end(unit, &by, id).await).await?;
    Ok(no_content())
}

/// Proves again who the caller is, for ten minutes of this browser's session.
#[utoipa::path(post, path = "/api/v1/me/step-up", tag = "sessions", request_body = StepUp,
    responses((status = 204), (status = 400, body = crate::Problem), (status = 401, body = crate::Problem),
        (status = 403, body = crate::Problem), (status = 429, body = crate::Problem)))]
pub(crate) async fn step_up(
    app: App,
    by: Authorized<SignedIn>,
    mut request: Request,
) -> Result<Response, ApiError> {
    auth::must_be_person(by.actor())?;
    let given: StepUp = json(&request.body(JSON_BYTES).await?)?;
    // A bearer token never satisfies it: nobody sits there to be asked.
    let Some((token, true)) = auth::token(&request.context) else { return Err(ApiError::Forbidden) };
    let user = by.actor().user().ok_or(ApiError::NotLoggedIn)?;
    let stored = boomgate_operations::users::of_tenant(&app.client().await?, by.actor().tenant, user).await?;
    let attempt = Attempt {
        name: &stored.name,
        address: request.context.address(),
        browser: None,
        stored: vec![stored.password_hash.clone()],
        given: given.password,
    };
    app.limiter.check(attempt).await?;
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| sessions::step_up(unit, &token).await).await?;
    Ok(no_content())
}

fn no_content() -> Response {
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
