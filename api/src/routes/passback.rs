//! Passback: which plates are inside, and letting one or all of them in once more.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::StayId;
use boomgate_domain::plate::Plate;
use boomgate_operations::access::{Authorized, SiteRef, SubscriptionsRead, SubscriptionsWrite};
use boomgate_operations::{passback, unit};
use boomgate_store::passback::{self as stored, PassbackRow};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::page::Page;
use crate::model::subscriptions::{PassbackReset, PassbackState, ResetPassback};
use crate::query::{self, Limit};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PassbackQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// Part of a plate as people write it (0 and O, 1 and I alike).
    q: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// Plates that are inside, those who came last first, and whether their passback was reset.
#[utoipa::path(get, path = "/api/v1/passback", tag = "subscriptions", params(PassbackQuery),
    responses((status = 200, body = Page<PassbackState>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<SubscriptionsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: PassbackQuery = query::read(&request.query)?;
    let part = wanted.q.filter(|part| !part.trim().is_empty());
    let read = |text: &str| Plate::parse(text).map_err(|error| ApiError::invalid("q", error.to_string()));
    let part = part.as_deref().map(read).transpose()?;
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let Limit(limit) = wanted.limit;
    let (part, before) = (part.as_ref().map(Plate::as_str), wanted.cursor.map(StayId::from_uuid));
    let rows = stored::page(&client, site.id, part, before, i64::from(limit) + 1).await?;
    let show = |row| Ok::<_, ApiError>(PassbackState::from(row));
    ok(&Page::of(rows, limit, |row: &PassbackRow| row.id.to_string(), show)?)
}

/// Lets a plate that is inside, or everybody who is, come in once more. No stay ends, nobody is counted out.
#[utoipa::path(post, path = "/api/v1/passback/reset", tag = "subscriptions", request_body = ResetPassback,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = PassbackReset), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn reset(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: ResetPassback = json(&body)?;
    let plate = wanted.plate()?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), wanted.site.as_ref()).await?.id;
        let done = passback::reset(unit, &by, site, plate.as_ref(), &wanted.reason).await?;
        idempotency::answer(StatusCode::OK, &PassbackReset { plates: done.plates, at: done.at })
    })
    .await?;
    idempotency::reply_idempotent(&done)
}
