//! A look through the camera of a lane: asked for, and the newest picture that came.

use boomgate_domain::ids::LaneId;
use boomgate_operations::access::{Authorized, LanesOperate};
use boomgate_operations::{previews, unit};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::lanes::PreviewAsked;
use crate::request::Request;
use crate::routes::idempotency;

/// When the picture came, and until when others do.
const TAKEN_AT: &str = "x-preview-taken-at";

/// Asks the camera of a lane for pictures: about one a second for a minute. What the lane says to it comes on the live feed
/// where it refuses; openings do not wait for it.
#[utoipa::path(post, path = "/api/v1/lanes/{id}/preview", tag = "lanes",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 202, body = PreviewAsked), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn ask(
    app: App,
    by: Authorized<LanesOperate>,
    request: Request,
) -> Result<Response, ApiError> {
    let lane = id(&request)?;
    let mut client = app.client().await?;
    let site = by.site_of_lane(&client, lane).await?.id;
    let key = idempotency::key(&request.context, &by, &[])?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let asked = previews::ask(unit, &by, site, lane).await?;
        idempotency::answer(StatusCode::ACCEPTED, &PreviewAsked::of(&asked))
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// The newest picture of a lane that somebody asked to see. It is not kept: a few seconds later it is gone.
#[utoipa::path(get, path = "/api/v1/lanes/{id}/preview", tag = "lanes", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>, headers(("X-Preview-Taken-At" = String))),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn newest(
    app: App,
    by: Authorized<LanesOperate>,
    request: Request,
) -> Result<Response, ApiError> {
    let lane = id(&request)?;
    let client = app.client().await?;
    let site = by.site_of_lane(&client, lane).await?.id;
    let frame = previews::newest(&client, site, lane).await?.ok_or(ApiError::NotFound("picture"))?;
    let mut response = Response::new(frame.jpeg.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    let taken = HeaderValue::from_str(&frame.taken_at.to_string()).map_err(ApiError::internal)?;
    response.headers_mut().insert(TAKEN_AT, taken);
    Ok(response)
}

fn id(request: &Request) -> Result<LaneId, ApiError> {
    request.part("id").parse().map_err(|_| ApiError::NotFound("lane"))
}
