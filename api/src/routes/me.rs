//! One's own account: sessions, password, second factor, notices, and proving again who one is.

use boomgate_operations::access::{Authorized, SignedIn};
use boomgate_operations::{links, passwords, second_factor, sessions, unit};
use boomgate_store::users::UserRow;
use bytes::Bytes;
use http::StatusCode;
use warp::reply::Response;

use crate::app::App;
use crate::auth;
use crate::error::ApiError;
use crate::identity;
use crate::model::getting_in::{Notice, OneTimeCode, OwnPassword, RecoveryCodes, TotpSecret};
use crate::model::page::Page;
use crate::model::users::{Session, StepUp};
use crate::request::{JSON_BYTES, Request, RequestContext, json, ok};

/// The caller's sessions, the one used last first.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "sessions",
    responses((status = 200, body = Page<Session>), (status = 403, body = crate::Problem)))]
pub(crate) async fn list(app: App, by: Authorized<SignedIn>, _: Request) -> Result<Response, ApiError> {
    // A program's key acts for a person and need not know where that person is logged in.
    auth::must_be_person(by.actor())?;
    let own = sessions::own(&app.client().await?, &by).await?;
    let current = by.actor().session;
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

/// Proves again who the caller is, for ten minutes of this browser's session: by password, or by a one-time code.
#[utoipa::path(post, path = "/api/v1/me/step-up", tag = "sessions", request_body = StepUp,
    responses((status = 204), (status = 400, body = crate::Problem), (status = 401, body = crate::Problem),
        (status = 403, body = crate::Problem), (status = 429, body = crate::Problem)))]
pub(crate) async fn step_up(
    app: App,
    by: Authorized<SignedIn>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let given: StepUp = json(&request.body(JSON_BYTES).await?)?;
    by_browser(&by, &request.context)?;
    match (given.password, given.otp) {
        (Some(password), None) => drop(identity::with_password(&app, &request.context, &by, password).await?),
        (None, Some(otp)) => identity::with_code(&app, &request.context, &by, &otp).await?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(ApiError::invalid("body", "needs either password or otp"));
        }
    }
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| sessions::step_up(unit, &by).await).await?;
    Ok(no_content())
}

/// Sets another password for the caller, who gives the present one; all their other sessions end.
#[utoipa::path(put, path = "/api/v1/me/password", tag = "sessions", request_body = OwnPassword,
    responses((status = 204), (status = 400, body = crate::Problem), (status = 401, body = crate::Problem),
        (status = 403, body = crate::Problem), (status = 422, body = crate::Problem), (status = 429, body = crate::Problem)))]
pub(crate) async fn set_password(
    app: App,
    by: Authorized<SignedIn>,
    mut request: Request,
) -> Result<Response, ApiError> {
    auth::must_be_person(by.actor())?;
    let given: OwnPassword = json(&request.body(JSON_BYTES).await?)?;
    let user = identity::with_password(&app, &request.context, &by, given.current).await?;
    refuse_weak("new", &given.new, &user)?;
    let hash = passwords::hash_aside(given.new).await?;
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| links::change_own(unit, &by, &hash).await).await?;
    Ok(no_content())
}

/// A password that somebody chooses must not be easily guessed.
pub(crate) fn refuse_weak(field: &'static str, password: &str, user: &UserRow) -> Result<(), ApiError> {
    let fault = passwords::weakness(field, password, &[&user.name, &user.tenant_name]);
    fault.map_or(Ok(()), |fault| Err(ApiError::Refused(vec![fault])))
}

/// Begins a second factor: a secret for an authenticator app. It counts once a code of it was given. Needs a step-up.
#[utoipa::path(post, path = "/api/v1/me/totp", tag = "sessions",
    responses((status = 200, body = TotpSecret), (status = 403, body = crate::Problem), (status = 409, body = crate::Problem)))]
pub(crate) async fn begin_totp(
    app: App,
    by: Authorized<SignedIn>,
    request: Request,
) -> Result<Response, ApiError> {
    by_browser(&by, &request.context)?;
    let mut client = app.client().await?;
    let made = unit::run(&mut client, async |unit| second_factor::begin(unit, &by).await).await?;
    ok(&TotpSecret::from(made))
}

/// Turns the second factor on: the caller gives a code of the secret. Answers with recovery codes, shown this once.
#[utoipa::path(put, path = "/api/v1/me/totp", tag = "sessions", request_body = OneTimeCode,
    responses((status = 200, body = RecoveryCodes), (status = 400, body = crate::Problem), (status = 403, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn confirm_totp(
    app: App,
    by: Authorized<SignedIn>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let given: OneTimeCode = json(&request.body(JSON_BYTES).await?)?;
    by_browser(&by, &request.context)?;
    let mut client = app.client().await?;
    let codes = unit::run(&mut client, async |unit| second_factor::confirm(unit, &by, &given.otp).await);
    ok(&RecoveryCodes { recovery_codes: codes.await? })
}

/// Turns the second factor off. Needs a step-up.
#[utoipa::path(delete, path = "/api/v1/me/totp", tag = "sessions", responses((status = 204), (status = 403, body = crate::Problem)))]
pub(crate) async fn remove_totp(
    app: App,
    by: Authorized<SignedIn>,
    request: Request,
) -> Result<Response, ApiError> {
    by_browser(&by, &request.context)?;
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| second_factor::remove(unit, &by).await).await?;
    Ok(no_content())
}

/// New recovery codes in place of all there were; shown this once. Needs a step-up.
#[utoipa::path(post, path = "/api/v1/me/recovery-codes", tag = "sessions",
    responses((status = 200, body = RecoveryCodes), (status = 403, body = crate::Problem), (status = 409, body = crate::Problem)))]
pub(crate) async fn renew_codes(
    app: App,
    by: Authorized<SignedIn>,
    request: Request,
) -> Result<Response, ApiError> {
    by_browser(&by, &request.context)?;
    let mut client = app.client().await?;
    let codes = unit::run(&mut client, async |unit| second_factor::renew_codes(unit, &by).await);
    ok(&RecoveryCodes { recovery_codes: codes.await? })
}

/// What the caller should know about their account, the newest first: fifty at most.
#[utoipa::path(get, path = "/api/v1/me/notices", tag = "sessions",
    responses((status = 200, body = Page<Notice>), (status = 403, body = crate::Problem)))]
pub(crate) async fn notices(app: App, by: Authorized<SignedIn>, _: Request) -> Result<Response, ApiError> {
    auth::must_be_person(by.actor())?;
    let all = sessions::notices(&app.client().await?, &by).await?;
    ok(&Page::whole(all.into_iter().filter_map(Notice::of).collect()))
}

/// The caller has seen this notice.
#[utoipa::path(delete, path = "/api/v1/me/notices/{id}", tag = "sessions", params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 403, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn see_notice(
    app: App,
    by: Authorized<SignedIn>,
    request: Request,
) -> Result<Response, ApiError> {
    auth::must_be_person(by.actor())?;
    let id = request.part("id").parse().map_err(|_| ApiError::NotFound("notice"))?;
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| sessions::see_notice(unit, &by, id).await).await?;
    Ok(no_content())
}

/// A bearer token never satisfies a step-up: nobody sits there to be asked.
fn by_browser(by: &Authorized<SignedIn>, context: &RequestContext) -> Result<(), ApiError> {
    auth::must_be_person(by.actor())?;
    match auth::token(context) {
        Some((_, true)) => Ok(()),
        Some((_, false)) | None => Err(ApiError::Forbidden),
    }
}

pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
