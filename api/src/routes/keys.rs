//! Keys by which programs use the api.

use boomgate_operations::access::{Authorized, KeysManage};
use boomgate_operations::error::OperationError;
use boomgate_operations::keys::{self, AddKey};
use boomgate_operations::unit;
use bytes::Bytes;
use http::StatusCode;
use jiff::SignedDuration;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::page::Page;
use crate::model::sites::label;
use crate::model::users::{ApiKey, ApiKeyAdded, NewApiKey, codes};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

/// All keys of the company, the live ones first.
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", responses((status = 200, body = Page<ApiKey>)))]
pub(crate) async fn list(app: App, by: Authorized<KeysManage>, _: Request) -> Result<Response, ApiError> {
    let all = keys::all(&app.client().await?, &by).await?;
    ok(&Page::whole(all.into_iter().map(ApiKey::from).collect()))
}

/// Makes a key that acts for the caller; it is shown this once.
#[utoipa::path(post, path = "/api/v1/keys", tag = "keys", request_body = NewApiKey,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = ApiKeyAdded), (status = 400, body = crate::Problem), (status = 409, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn add(
    app: App,
    by: Authorized<KeysManage>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new: NewApiKey = json(&body)?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let request = AddKey {
        name: label(&new.name)?,
        user: by.actor().name.clone(),
        permissions: new.permissions()?,
        sites: codes("sites", &new.sites)?,
        lifetime: SignedDuration::from_hours(24 * i64::from(new.days)),
    };
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let added = keys::add(unit, &by, &request).await?;
        let shown = ApiKeyAdded { key: added.key, expires_at: added.expires_at };
        idempotency::secret_answer(StatusCode::CREATED, &shown)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Ends a live key, from the next request on.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "keys", params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 404, body = crate::Problem)))]
pub(crate) async fn revoke(
    app: App,
    by: Authorized<KeysManage>,
    request: Request,
) -> Result<Response, ApiError> {
    let id: uuid::Uuid = request.part("id").parse().map_err(|_| ApiError::NotFound("key"))?;
    let mut client = app.client().await?;
    let revoked = unit::run(&mut client, async |unit| keys::revoke(unit, &by, &id.to_string()).await);
    match revoked.await {
        Err(OperationError::Unknown(_)) => return Err(ApiError::NotFound("key")),
        done => done?,
    }
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
