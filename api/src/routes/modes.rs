//! What lanes are for: the mode of one lane, of all lanes of a site.

use boomgate_operations::access::{Authorized, LanesMode, SiteRef};
use boomgate_operations::modes::{self, Lanes};
use boomgate_operations::unit;
use boomgate_store::lanes;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::lanes::{Lane, NewMode};
use crate::model::page::Page;
use crate::request::{JSON_BYTES, Request, json, ok};

/// Sets what a lane is for. The lane obeys in its own time, also without a network later; `reported_mode` says when it does.
/// Where every lane of its direction would be open, the answer is `HOLD-ALL-NEEDED`.
#[utoipa::path(put, path = "/api/v1/lanes/{id}/mode", tag = "lanes", request_body = NewMode, params(("id" = Uuid, Path)),
    responses((status = 200, body = Lane), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem)))]
pub(crate) async fn of_lane(
    app: App,
    by: Authorized<LanesMode>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let new = json::<NewMode>(&request.body(JSON_BYTES).await?)?.set();
    let lane = request.part("id").parse().map_err(|_| ApiError::NotFound("lane"))?;
    let mut client = app.client().await?;
    let shown = unit::run(&mut client, async |unit| {
        let site = by.site_of_lane(unit.tx(), lane).await?;
        modes::set(unit, &by, site.id, Lanes::One(lane), &new).await?;
        Lane::of(lanes::status(unit.tx(), site.id, lane).await?, &site, None)
    })
    .await?;
    tracing::info!(lane.id = %lane, mode = new.mode.as_str(), by = by.actor().name, "mode of a lane");
    ok(&shown)
}

/// Sets what all lanes of a site are for.
#[utoipa::path(put, path = "/api/v1/sites/{id}/mode", tag = "sites", request_body = NewMode, params(("id" = String, Path)),
    responses((status = 200, body = Page<Lane>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem)))]
pub(crate) async fn of_site(
    app: App,
    by: Authorized<LanesMode>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let new = json::<NewMode>(&request.body(JSON_BYTES).await?)?.set();
    let wanted = SiteRef::parse(request.part("id"));
    let mut client = app.client().await?;
    let shown = unit::run(&mut client, async |unit| {
        let site = by.site(unit.tx(), Some(&wanted)).await?;
        modes::set(unit, &by, site.id, Lanes::All, &new).await?;
        let all = lanes::list(unit.tx(), site.id).await?;
        all.into_iter().map(|lane| Lane::of(lane, &site, None)).collect::<Result<Vec<_>, ApiError>>()
    })
    .await?;
    tracing::info!(mode = new.mode.as_str(), by = by.actor().name, "mode of a site");
    ok(&Page::whole(shown))
}
