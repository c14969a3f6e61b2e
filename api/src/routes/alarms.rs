//! Alarms: which there are, who sees to them, how they ended.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::{AlarmId, LaneId};
use boomgate_operations::access::{AlarmsRead, AlarmsSettle, Authorized, SiteRef};
use boomgate_operations::{alarms, unit};
use boomgate_store::alarms::{self as stored, AlarmFilter, AlarmRow};
use boomgate_store::words::{AlarmKind, AlarmState};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::alarms::{Alarm, AlarmDetail, CloseAlarm};
use crate::model::page::Page;
use crate::query::{self, Limit};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlarmsQuery {
    /// Id or code; all sites the caller sees where it is left out.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    state: Option<AlarmState>,
    kind: Option<AlarmKind>,
    lane: Option<Uuid>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// Alarms, the newest first.
#[utoipa::path(get, path = "/api/v1/alarms", tag = "alarms", params(AlarmsQuery),
    responses((status = 200, body = Page<Alarm>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<AlarmsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: AlarmsQuery = query::read(&request.query)?;
    let filter = AlarmFilter {
        state: wanted.state,
        kind: wanted.kind,
        lane: wanted.lane.map(LaneId::from_uuid),
        before: wanted.cursor.map(AlarmId::from_uuid),
    };
    let client = app.client().await?;
    let sites = match &wanted.site {
        Some(_) => vec![by.site(&client, wanted.site.as_ref()).await?],
        None => by.sites(&client).await?,
    };
    let sites: Vec<Uuid> = sites.iter().map(|site| site.id.as_uuid()).collect();
    let Limit(limit) = wanted.limit;
    let rows = stored::page(&client, &sites, &filter, i64::from(limit) + 1).await?;
    let lang = request.context.language();
    ok(&Page::of(rows, limit, |row: &AlarmRow| row.id.to_string(), |row| Alarm::of(row, lang))?)
}

/// One alarm with its history.
#[utoipa::path(get, path = "/api/v1/alarms/{id}", tag = "alarms", params(("id" = Uuid, Path)),
    responses((status = 200, body = AlarmDetail), (status = 404, body = crate::Problem)))]
pub(crate) async fn one(
    app: App,
    by: Authorized<AlarmsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let alarm = id(&request)?;
    let client = app.client().await?;
    let site = by.site_of_alarm(&client, alarm).await?;
    let row = stored::get(&client, site.id, alarm).await?;
    ok(&AlarmDetail::of(row, request.context.language())?)
}

/// Says that one sees to an alarm. Of two people who do so at once, the second is told who was first.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/acknowledge", tag = "alarms",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = AlarmDetail), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn acknowledge(
    app: App,
    by: Authorized<AlarmsSettle>,
    request: Request,
) -> Result<Response, ApiError> {
    let (alarm, lang) = (id(&request)?, request.context.language());
    let mut client = app.client().await?;
    let site = by.site_of_alarm(&client, alarm).await?.id;
    let key = idempotency::key(&request.context, &by, &[])?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let row = alarms::acknowledge(unit, &by, site, alarm).await?;
        idempotency::answer(StatusCode::OK, &AlarmDetail::of(row, lang)?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Closes an alarm with a note on what was found or done.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/close", tag = "alarms", request_body = CloseAlarm,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = AlarmDetail), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn close(
    app: App,
    by: Authorized<AlarmsSettle>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: CloseAlarm = json(&body)?;
    let (alarm, lang) = (id(&request)?, request.context.language());
    let mut client = app.client().await?;
    let site = by.site_of_alarm(&client, alarm).await?.id;
    let key = idempotency::key(&request.context, &by, &body)?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let row = alarms::close(unit, &by, site, alarm, &wanted.note).await?;
        idempotency::answer(StatusCode::OK, &AlarmDetail::of(row, lang)?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

fn id(request: &Request) -> Result<AlarmId, ApiError> {
    request.part("id").parse().map_err(|_| ApiError::NotFound("alarm"))
}
