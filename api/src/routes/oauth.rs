//! Tokens for programs (OAuth 2, RFC 6749): by name and password, or by the refresh token of the last answer.

use boomgate_operations::programs::{self, Granted, Refreshed};
use boomgate_operations::unit;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use uuid::Uuid;
use warp::reply::Response;

use crate::access_tokens;
use crate::app::App;
use crate::auth;
use crate::caller::Public;
use crate::error::ApiError;
use crate::identity::{self, Credentials};
use crate::model::oauth::{GrantType, TokenError, TokenRequest, Tokens};
use crate::request::{JSON_BYTES, Request, RequestContext, ok, reply};
use crate::routes::login::origin;

/// Tokens for a program: a short access token, and a refresh token that works once.
#[utoipa::path(post, path = "/api/v1/oauth/token", tag = "sessions",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = Tokens), (status = 400, body = TokenError), (status = 403, body = crate::Problem),
        (status = 429, body = crate::Problem)))]
pub(crate) async fn token(app: App, _: Public, mut request: Request) -> Result<Response, ApiError> {
    if app.allowed_origins.of(&request.context).is_none() {
        auth::not_foreign(&request.context)?;
    }
    let body = request.body(JSON_BYTES).await?;
    let context = request.context;
    match grant(&app, &context, &body).await {
        Ok(tokens) => ok(&tokens),
        Err(Refused::Grant(error)) => refuse(&context, &error),
        Err(Refused::Other(error)) => Err(error),
    }
}

enum Refused {
    /// Answered in the form of RFC 6749.
    Grant(ApiError),
    Other(ApiError),
}

impl From<ApiError> for Refused {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what is not about the grant is answered as everywhere"
    )]
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Invalid { .. }
            | ApiError::WrongLogin
            | ApiError::OtpNeeded
            | ApiError::WrongOtp
            | ApiError::NotLoggedIn
            | ApiError::TenantNeeded(_) => Self::Grant(error),
            other => Self::Other(other),
        }
    }
}

async fn grant(app: &App, context: &RequestContext, body: &[u8]) -> Result<Tokens, Refused> {
    let form = context.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    if !form.starts_with("application/x-www-form-urlencoded") {
        return Err(ApiError::invalid("Content-Type", "must be application/x-www-form-urlencoded").into());
    }
    let given: TokenRequest =
        serde_urlencoded::from_bytes(body).map_err(|error| ApiError::invalid("body", error.to_string()))?;
    let granted = match given.grant_type {
        GrantType::Password => by_password(app, context, given).await?,
        GrantType::RefreshToken => by_refresh(app, given).await?,
    };
    Ok(tokens(app, granted)?)
}

async fn by_password(
    app: &App,
    context: &RequestContext,
    given: TokenRequest,
) -> Result<(Uuid, Granted), ApiError> {
    let name = given.username.ok_or_else(|| ApiError::invalid("username", "is needed"))?;
    let password = given.password.ok_or_else(|| ApiError::invalid("password", "is needed"))?;
    if name.chars().any(char::is_control) {
        return Err(ApiError::invalid("username", "holds a control character"));
    }
    let credentials = Credentials { name: &name, password, otp: given.otp.as_deref(), tenant: given.tenant };
    let user = identity::identify(app, context, credentials).await?;
    let mut client = app.client().await?;
    let granted =
        unit::run(&mut client, async |unit| programs::open(unit, user.id, origin(context)).await).await?;
    if granted.new_device {
        app.notify_new_device(&user, context.language(), &origin(context));
    }
    Ok((user.id.as_uuid(), granted))
}

async fn by_refresh(app: &App, given: TokenRequest) -> Result<(Uuid, Granted), ApiError> {
    let token = given.refresh_token.ok_or_else(|| ApiError::invalid("refresh_token", "is needed"))?;
    let mut client = app.client().await?;
    let refreshed = unit::run(&mut client, async |unit| programs::refresh(unit, &token).await).await?;
    match refreshed {
        Refreshed::Granted(user, granted) => Ok((user.as_uuid(), granted)),
        Refreshed::Unknown => Err(ApiError::NotLoggedIn),
        Refreshed::Reused => {
            tracing::warn!("a refresh token was used twice; its session was ended");
            Err(ApiError::NotLoggedIn)
        }
    }
}

fn tokens(app: &App, (user, granted): (Uuid, Granted)) -> Result<Tokens, ApiError> {
    let access_token =
        app.access_tokens.issue(user, granted.session, Timestamp::now()).map_err(ApiError::internal)?;
    Ok(Tokens {
        access_token,
        token_type: "Bearer",
        expires_in: access_tokens::LIFETIME.as_secs(),
        refresh_token: granted.refresh_token,
    })
}

fn refuse(context: &RequestContext, error: &ApiError) -> Result<Response, ApiError> {
    let kind = if let ApiError::Invalid { field, .. } = error {
        if field == "body" { "unsupported_grant_type" } else { "invalid_request" }
    } else {
        "invalid_grant"
    };
    let body = TokenError {
        error: kind,
        error_description: error.to_string(),
        code: error.code().to_owned(),
        request_id: context.id.to_string(),
    };
    reply(StatusCode::BAD_REQUEST, &body)
}
