//! Plans: read, made, corrected, sold no more.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::PlanId;
use boomgate_operations::access::{Authorized, SiteRef, SubscriptionsRead, SubscriptionsWrite};
use boomgate_operations::{plans, unit};
use boomgate_store::plans::{self as stored, PlanFilter, PlanRow};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::page::Page;
use crate::model::plans::{NewPlan, PlanChange, PlanView};
use crate::query::{self, Limit};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlansQuery {
    /// Id or code; all sites the caller sees where it is left out.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// Those that are sold no more, too.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    retired: bool,
    /// Part of the name.
    q: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// Plans, the newest first.
#[utoipa::path(get, path = "/api/v1/plans", tag = "subscriptions", params(PlansQuery),
    responses((status = 200, body = Page<PlanView>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<SubscriptionsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: PlansQuery = query::read(&request.query)?;
    let part = wanted.q.filter(|part| !part.trim().is_empty());
    let filter = PlanFilter { retired: wanted.retired, part, before: wanted.cursor.map(PlanId::from_uuid) };
    let client = app.client().await?;
    let sites = match &wanted.site {
        Some(_) => vec![by.site(&client, wanted.site.as_ref()).await?],
        None => by.sites(&client).await?,
    };
    let sites: Vec<Uuid> = sites.iter().map(|site| site.id.as_uuid()).collect();
    let Limit(limit) = wanted.limit;
    let rows = stored::page(&client, &sites, &filter, Timestamp::now(), i64::from(limit) + 1).await?;
    ok(&Page::of(rows, limit, |row: &PlanRow| row.id.to_string(), |row| PlanView::of(&row))?)
}

/// One plan.
#[utoipa::path(get, path = "/api/v1/plans/{id}", tag = "subscriptions",
    params(("id" = Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = PlanView, headers(("ETag" = String))), (status = 304, description = "the version the client has"),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn one(
    app: App,
    by: Authorized<SubscriptionsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id(&request)?;
    let client = app.client().await?;
    let site = by.site_of_plan(&client, id).await?.id.as_uuid();
    etag::reply(&request.context, &PlanView::of(&stored::get(&client, &[site], id, Timestamp::now()).await?)?)
}

/// Makes a plan.
#[utoipa::path(post, path = "/api/v1/plans", tag = "subscriptions", request_body = NewPlan,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = PlanView), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn add(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: NewPlan = json(&body)?;
    let new = wanted.plan()?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), wanted.site.as_ref()).await?;
        let row = plans::add(unit, &by, &site, new).await?;
        idempotency::answer(StatusCode::CREATED, &PlanView::of(&row)?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Corrects a plan, for subscriptions made or moved to it from now on: those there are keep their terms.
#[utoipa::path(patch, path = "/api/v1/plans/{id}", tag = "subscriptions", request_body = PlanChange,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = PlanView, headers(("ETag" = String))), (status = 400, body = crate::Problem),
        (status = 404, body = crate::Problem), (status = 409, body = crate::Problem), (status = 412, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn change(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let set = json::<PlanChange>(&request.body(JSON_BYTES).await?)?.set()?;
    let id = id(&request)?;
    let mut client = app.client().await?;
    let changed = unit::run(&mut client, async |unit| {
        let site = by.site_of_plan(unit.tx(), id).await?;
        let before = stored::get(unit.tx(), &[site.id.as_uuid()], id, Timestamp::now()).await?;
        etag::must_match(&request.context.headers, &PlanView::of(&before)?)?;
        Ok::<_, ApiError>(plans::set(unit, &by, &site, id, set).await?)
    })
    .await?;
    etag::reply(&request.context, &PlanView::of(&changed)?)
}

fn id(request: &Request) -> Result<PlanId, ApiError> {
    request.part("id").parse().map_err(|_| ApiError::NotFound("plan"))
}
