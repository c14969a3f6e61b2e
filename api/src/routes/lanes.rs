//! Lanes as they are now, making and correcting them, and orders to their booms.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::direction::Direction;
use boomgate_domain::ids::{ArrivalId, LaneId, StayId};
use boomgate_domain::money::{Currency, Money};
use boomgate_domain::reason::{Lang, Reason};
use boomgate_operations::access::{Authorized, LanesOperate, LanesRead, SettingsWrite, SiteRef};
use boomgate_operations::booms;
use boomgate_operations::lanes::{self as operations, SetLane};
use boomgate_operations::unit;
use boomgate_store::decisions::{self, DecisionRow};
use boomgate_store::lanes::{self, LaneStatus};
use boomgate_store::sites::SiteRow;
use boomgate_store::{GenericClient, payments};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::lanes::{Lane, LaneChange, NewCommand, NewLane, Ordered, Waiting};
use crate::model::page::Page;
use crate::query;
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LanesQuery {
    /// Id or code; all sites the caller sees where it is left out.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
}

/// All lanes of the caller's sites, with the car waiting at each.
#[utoipa::path(get, path = "/api/v1/lanes", tag = "lanes", params(LanesQuery),
    responses((status = 200, body = Page<Lane>), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<LanesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let LanesQuery { site } = query::read(&request.query)?;
    let client = app.client().await?;
    let sites = match &site {
        Some(_) => vec![by.site(&client, site.as_ref()).await?],
        None => by.sites(&client).await?,
    };
    let mut items = Vec::new();
    for site in sites {
        for status in lanes::list(&client, site.id).await? {
            let last = waiting(&client, &site, &status, request.context.language()).await?;
            items.push(Lane::of(status, &site, last)?);
        }
    }
    ok(&Page::whole(items))
}

/// Makes a lane. It works once it has a device.
#[utoipa::path(post, path = "/api/v1/lanes", tag = "lanes", request_body = NewLane,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = Lane), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn add(
    app: App,
    by: Authorized<SettingsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new: NewLane = json(&body)?;
    let lane = new.lane()?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), new.site.as_ref()).await?;
        let id = operations::add(unit, &by, &site, lane).await?;
        let status = lanes::status(unit.tx(), site.id, id).await?;
        idempotency::answer(StatusCode::CREATED, &Lane::of(status, &site, None)?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// One lane as it is now. Its ETag is the version of its settings.
#[utoipa::path(get, path = "/api/v1/lanes/{id}", tag = "lanes", params(("id" = Uuid, Path)),
    responses((status = 200, body = Lane, headers(("ETag" = String))), (status = 404, body = crate::Problem)))]
pub(crate) async fn one(app: App, by: Authorized<LanesRead>, request: Request) -> Result<Response, ApiError> {
    let lane = id(&request)?;
    let client = app.client().await?;
    let site = by.site_of_lane(&client, lane).await?;
    let shown = shown(&client, &site, lane, request.context.language()).await?;
    etag::reply_changing(&shown, &shown.settings())
}

/// Corrects a lane, for every event that comes from now on.
#[utoipa::path(patch, path = "/api/v1/lanes/{id}", tag = "lanes", request_body = LaneChange,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = Lane, headers(("ETag" = String))), (status = 400, body = crate::Problem),
        (status = 404, body = crate::Problem), (status = 412, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn change(
    app: App,
    by: Authorized<SettingsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let change: LaneChange = json(&request.body(JSON_BYTES).await?)?;
    let (name, direction, lane) = (change.name()?, change.direction(), id(&request)?);
    let lang = request.context.language();
    let mut client = app.client().await?;
    let changed = unit::run(&mut client, async |unit| {
        let site = by.site_of_lane(unit.tx(), lane).await?;
        boomgate_store::sites::lock(unit.tx(), site.id).await?;
        let present = shown(unit.tx(), &site, lane, lang).await?;
        etag::must_match(&request.context.headers, &present.settings())?;
        operations::set(unit, &by, &set_lane(&site, &present, name, direction)?).await?;
        shown(unit.tx(), &site, lane, lang).await
    })
    .await?;
    etag::reply_changing(&changed, &changed.settings())
}

fn set_lane(
    site: &SiteRow,
    present: &Lane,
    name: Option<String>,
    direction: Option<Direction>,
) -> Result<SetLane, ApiError> {
    let lane = present.settings().code.parse().map_err(ApiError::internal)?;
    Ok(SetLane { site: site.code.parse().map_err(ApiError::internal)?, lane, name, direction })
}

fn id(request: &Request) -> Result<LaneId, ApiError> {
    request.part("id").parse().map_err(|_| ApiError::NotFound("lane"))
}

async fn shown(
    client: &impl GenericClient,
    site: &SiteRow,
    lane: LaneId,
    lang: Lang,
) -> Result<Lane, ApiError> {
    let status = lanes::status(client, site.id, lane).await?;
    let last = waiting(client, site, &status, lang).await?;
    Lane::of(status, site, last)
}

async fn waiting(
    client: &impl GenericClient,
    site: &SiteRow,
    status: &LaneStatus,
    lang: Lang,
) -> Result<Option<Waiting>, ApiError> {
    let Some(arrival) = status.arrival_id else { return Ok(None) };
    let decided = decisions::of_arrival(client, site.id, ArrivalId::from_uuid(arrival)).await?;
    // A payment or a person may have let the car pass since: then the code is none of a decision.
    let same = |decision: &&DecisionRow| Some(&decision.code) == status.arrival_code.as_ref();
    let current = decided.iter().filter(same).rfind(|decision| !decision.superseded);
    let params = match current {
        Some(decision) => decision.params.clone(),
        None => paid(client, site, status).await?,
    };
    let local = current.is_some_and(|decision| decision.local);
    Ok(Waiting::of(status, site, (&params, local), lang))
}

/// What the last payment was, as parameters of its reason.
async fn paid(client: &impl GenericClient, site: &SiteRow, status: &LaneStatus) -> Result<Value, ApiError> {
    let Some(stay) = status.arrival_stay_id else { return Ok(Value::Null) };
    let payments = payments::of_stay(client, site.id, StayId::from_uuid(stay)).await?;
    let amount = payments.last().and_then(|last| {
        Currency::parse(&last.currency).ok().map(|currency| Money::new(last.amount_minor, currency))
    });
    Ok(amount.map_or(Value::Null, |amount| json!(Reason::OpenPaid { amount }.params())))
}

/// Orders a boom. The answer means "queued": the lane's own answer comes on the live feed.
#[utoipa::path(post, path = "/api/v1/lanes/{id}/commands", tag = "lanes", request_body = NewCommand,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 202, body = Ordered), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn command(
    app: App,
    by: Authorized<LanesOperate>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new: NewCommand = json(&body)?;
    let mut client = app.client().await?;
    let lane = id(&request)?;
    let site = by.site_of_lane(&client, lane).await?.id;
    let key = idempotency::key(&request.context, &by, &body)?;
    let order = new.order(lane);
    let action = order.action.as_str();
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let ordered = booms::order(unit, &by, site, order).await?;
        idempotency::answer(StatusCode::ACCEPTED, &Ordered::of(&ordered))
    })
    .await?;
    tracing::info!(lane.id = %lane, action, by = by.actor().name, "order of an operator");
    idempotency::reply_idempotent(&done)
}
