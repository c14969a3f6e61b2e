//! What people correct of stays. Each act needs a reason, and is in the audit with what was before.

use boomgate_domain::ids::StayId;
use boomgate_operations::access::{Authorized, Grant, StaysCorrect, StaysVoid};
use boomgate_operations::stays::corrections;
use boomgate_operations::unit::{self, Unit};
use boomgate_store::sites::SiteRow;
use boomgate_store::stays as stored;
use http::StatusCode;
use warp::reply::Response;

use super::stays::describe;
use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::stats::{Because, MergeStay, StayChange};
use crate::model::stays::OneStay;
use crate::request::{JSON_BYTES, Request, json};
use crate::routes::idempotency;

/// Corrects plate, times or vehicle type of a stay. A closed one is charged anew by the tariff of its entry; an open one with
/// an `exited_at` is closed.
#[utoipa::path(patch, path = "/api/v1/stays/{id}", tag = "stays", request_body = StayChange,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = OneStay, headers(("ETag" = String))), (status = 400, body = crate::Problem),
        (status = 404, body = crate::Problem), (status = 409, body = crate::Problem), (status = 412, body = crate::Problem)))]
pub(crate) async fn correct(
    app: App,
    by: Authorized<StaysCorrect>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let change: StayChange = json(&request.body(JSON_BYTES).await?)?;
    let (stay, wanted) = (id(&request)?, change.wanted()?);
    let mut client = app.client().await?;
    let corrected = unit::run(&mut client, async |unit| {
        let site = by.site_of_stay(unit.tx(), stay).await?;
        boomgate_store::sites::lock(unit.tx(), site.id).await?;
        etag::must_match(&request.context.headers, &shown(unit, &site, stay, &request).await?)?;
        corrections::correct(unit, &by, &site, stay, wanted).await?;
        shown(unit, &site, stay, &request).await
    })
    .await?;
    etag::reply(&request.context, &corrected)
}

/// Makes one stay of an entry without an exit and an exit without an entry.
#[utoipa::path(post, path = "/api/v1/stays/{id}/merge", tag = "stays", request_body = MergeStay,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = OneStay), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn merge(
    app: App,
    by: Authorized<StaysCorrect>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: MergeStay = json(&body)?;
    act(&app, &by, &request, &body, async |unit, site, stay| {
        Ok(corrections::merge(unit, &by, site, (stay, wanted.other()), &wanted.reason).await?)
    })
    .await
}

/// Takes a stay out of all numbers, as if it had never been.
#[utoipa::path(post, path = "/api/v1/stays/{id}/void", tag = "stays", request_body = Because,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = OneStay), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn void(
    app: App,
    by: Authorized<StaysVoid>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: Because = json(&body)?;
    act(&app, &by, &request, &body, async |unit, site, stay| {
        Ok(corrections::void(unit, &by, site, stay, &wanted.reason).await?)
    })
    .await
}

async fn act<G: Grant>(
    app: &App,
    by: &Authorized<G>,
    request: &Request,
    body: &[u8],
    work: impl AsyncFnOnce(&Unit<'_>, &SiteRow, StayId) -> Result<(), ApiError>,
) -> Result<Response, ApiError> {
    let stay = id(request)?;
    let mut client = app.client().await?;
    let site = by.site_of_stay(&client, stay).await?;
    let key = idempotency::key(&request.context, by, body)?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        work(unit, &site, stay).await?;
        idempotency::answer(StatusCode::OK, &shown(unit, &site, stay, request).await?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

async fn shown(
    unit: &Unit<'_>,
    site: &SiteRow,
    stay: StayId,
    request: &Request,
) -> Result<OneStay, ApiError> {
    let row = stored::get(unit.tx(), site.id, stay).await?.ok_or(ApiError::NotFound("stay"))?;
    describe(unit.tx(), site, &row, request.context.language()).await
}

fn id(request: &Request) -> Result<StayId, ApiError> {
    request.part("id").parse().map_err(|_| ApiError::NotFound("stay"))
}
