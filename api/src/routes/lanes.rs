//! Lanes as they are now, and orders to their booms.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::{ArrivalId, StayId};
use boomgate_domain::money::{Currency, Money};
use boomgate_domain::reason::{Lang, Reason};
use boomgate_operations::access::{Authorized, LanesOperate, LanesRead, SiteRef};
use boomgate_operations::booms;
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
use crate::model::lanes::{Lane, NewCommand, Ordered, Waiting};
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
    let lane = request.part("id").parse().map_err(|_| ApiError::NotFound("lane"))?;
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
