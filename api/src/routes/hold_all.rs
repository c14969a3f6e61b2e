//! All lanes of a direction held open: asked for by one person, confirmed by another, released by one.

use boomgate_operations::access::{Authorized, LanesHoldAll, LanesRead, SiteRef};
use boomgate_operations::{hold_all, unit};
use boomgate_store::hold_all as stored;
use boomgate_store::words::HoldAllState;
use http::StatusCode;
use jiff::Timestamp;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::hold_all::{HoldAll, NewHoldAll, ReleaseAll, ReleasedAll};
use crate::model::page::Page;
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

/// Requests that wait for a second person, the oldest first.
#[utoipa::path(get, path = "/api/v1/sites/{id}/hold-all", tag = "sites", params(("id" = String, Path)),
    responses((status = 200, body = Page<HoldAll>), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<LanesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let client = app.client().await?;
    let site = by.site(&client, Some(&site(&request))).await?;
    let now = Timestamp::now();
    let rows = stored::waiting(&client, site.id, now).await?;
    ok(&Page::whole(rows.into_iter().map(|row| HoldAll::of(row, now)).collect::<Result<_, _>>()?))
}

/// Asks for all lanes of a direction to be held open. Another person confirms it within five minutes.
#[utoipa::path(post, path = "/api/v1/sites/{id}/hold-all", tag = "sites", request_body = NewHoldAll,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = HoldAll), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn ask(
    app: App,
    by: Authorized<LanesHoldAll>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let ask = json::<NewHoldAll>(&body)?.ask();
    let mut client = app.client().await?;
    let site = by.site(&client, Some(&site(&request))).await?.id;
    let key = idempotency::key(&request.context, &by, &body)?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let row = hold_all::request(unit, &by, site, ask).await?;
        idempotency::answer(StatusCode::CREATED, &HoldAll::of(row, Timestamp::now())?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Confirms what another person asked for: the lanes are ordered to open and stay open.
#[utoipa::path(post, path = "/api/v1/sites/{id}/hold-all/{request}/confirm", tag = "sites",
    params(("id" = String, Path), ("request" = Uuid, Path),
        ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 202, body = HoldAll), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn confirm(
    app: App,
    by: Authorized<LanesHoldAll>,
    request: Request,
) -> Result<Response, ApiError> {
    let id: Uuid = request.part("request").parse().map_err(|_| ApiError::NotFound("request"))?;
    let mut client = app.client().await?;
    let site = by.site(&client, Some(&site(&request))).await?.id;
    let key = idempotency::key(&request.context, &by, &[])?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let row = hold_all::confirm(unit, &by, site, id).await?;
        idempotency::answer(StatusCode::ACCEPTED, &HoldAll::of(row, Timestamp::now())?)
    })
    .await?;
    tracing::warn!(request = %id, by = by.actor().name, "all lanes of a direction are held open");
    idempotency::reply_idempotent(&done)
}

/// Releases all lanes of a direction. One person may.
#[utoipa::path(post, path = "/api/v1/sites/{id}/release-all", tag = "sites", request_body = ReleaseAll,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 202, body = ReleasedAll), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn release(
    app: App,
    by: Authorized<LanesHoldAll>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let ReleaseAll { direction, reason } = json(&body)?;
    let mut client = app.client().await?;
    let site = by.site(&client, Some(&site(&request))).await?.id;
    let key = idempotency::key(&request.context, &by, &body)?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        hold_all::release(unit, &by, site, direction, &reason).await?;
        let released = ReleasedAll { direction, state: HoldAllState::Released };
        idempotency::answer(StatusCode::ACCEPTED, &released)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

fn site(request: &Request) -> SiteRef {
    SiteRef::parse(request.part("id"))
}
