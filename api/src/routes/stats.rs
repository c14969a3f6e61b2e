//! The numbers of a day, what happened last, and the count of cars inside.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_operations::access::{Authorized, OccupancySet, SiteRef, StaysRead};
use boomgate_operations::{occupancy, stats, unit};
use boomgate_store::stats::{self as stored, ActivityRow};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use warp::reply::Response;

use super::stays::lane_codes;
use crate::app::App;
use crate::error::ApiError;
use crate::model::page::Page;
use crate::model::stats::{Activity, Occupancy, ResetStays, SetCount, Stats};
use crate::query::{self, Limit};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatsQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
}

/// Spaces, and the numbers of the site's day so far.
#[utoipa::path(get, path = "/api/v1/stats", tag = "stays", params(StatsQuery),
    responses((status = 200, body = Stats), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn today(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let StatsQuery { site } = query::read(&request.query)?;
    let client = app.client().await?;
    let site = by.site(&client, site.as_ref()).await?;
    let day = stats::today(&client, &site, Timestamp::now()).await?;
    ok(&Stats::of(&site, day))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActivitiesQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Timestamp>,
}

/// Cars that came, left and paid, the newest first.
#[utoipa::path(get, path = "/api/v1/activities", tag = "stays", params(ActivitiesQuery),
    responses((status = 200, body = Page<Activity>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn activities(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: ActivitiesQuery = query::read(&request.query)?;
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let Limit(limit) = wanted.limit;
    let before = wanted.cursor.unwrap_or(Timestamp::MAX);
    let rows = stored::activities(&client, site.id, before, i64::from(limit) + 1).await?;
    let codes = lane_codes(&client, site.id).await?;
    ok(&Page::of(rows, limit, |row: &ActivityRow| row.at.to_string(), |row| Activity::of(row, &codes))?)
}

/// Sets how many cars are inside, as a person counted them. Stays are as they were.
#[utoipa::path(post, path = "/api/v1/occupancy/count", tag = "stays", request_body = SetCount,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = Occupancy), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn set_count(
    app: App,
    by: Authorized<OccupancySet>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: SetCount = json(&body)?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), wanted.site.as_ref()).await?;
        let state = occupancy::set_count(unit, &by, &site, wanted.inside, &wanted.reason).await?;
        idempotency::answer::<_>(StatusCode::OK, &Occupancy { inside: state.inside, ended: 0 })
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Voids the open stays that began before a time: their cars have left unseen. The count of cars inside is as it was.
#[utoipa::path(post, path = "/api/v1/occupancy/reset-stays", tag = "stays", request_body = ResetStays,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = Occupancy), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn reset_stays(
    app: App,
    by: Authorized<OccupancySet>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: ResetStays = json(&body)?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), wanted.site.as_ref()).await?;
        let ended = occupancy::reset_stays(unit, &by, &site, wanted.before, &wanted.reason).await?;
        let inside = boomgate_store::sites::state(unit.tx(), site.id).await?.inside;
        idempotency::answer::<_>(StatusCode::OK, &Occupancy { inside, ended })
    })
    .await?;
    idempotency::reply_idempotent(&done)
}
