//! Cars that wait at an exit: which of the cars inside they may be, and a person's word; how well the cameras read.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::{ArrivalId, LaneId, StayId};
use boomgate_domain::plate::Plate;
use boomgate_operations::access::{Authorized, LanesRead, StaysRead, TicketsIssue};
use boomgate_operations::reading_counts::{self, Span};
use boomgate_operations::{pairing, unit};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::arrivals::{Candidate, DecidedArrival, NewPair, ReadingCounts};
use crate::model::page::Page;
use crate::query;
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;
use crate::routes::stays::lane_codes;

const USUAL_CANDIDATES: u16 = 6;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CandidatesQuery {
    /// As a person reads it on the picture; what the camera read where it is left out.
    plate: Option<String>,
    #[param(minimum = 1, maximum = 20)]
    limit: Option<u16>,
}

/// The cars inside that a car at an exit may be, nearest first. Nothing is done by looking at them.
#[utoipa::path(get, path = "/api/v1/arrivals/{id}/candidates", tag = "arrivals",
    params(("id" = Uuid, Path), CandidatesQuery),
    responses((status = 200, body = Page<Candidate>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem)))]
pub(crate) async fn candidates(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: CandidatesQuery = query::read(&request.query)?;
    let typed = wanted.plate.filter(|text| !text.is_empty()).as_deref().map(plate).transpose()?;
    let limit = wanted.limit.unwrap_or(USUAL_CANDIDATES);
    if !(1..=pairing::MOST).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("must be 1 to {}", pairing::MOST)));
    }
    let arrival = id(&request)?;
    let client = app.client().await?;
    let site = by.site_of_arrival(&client, arrival).await?;
    let found = pairing::candidates(&client, &site, arrival, typed, limit).await?;
    let codes = lane_codes(&client, site.id).await?;
    ok(&Page::whole(found.into_iter().map(|one| Candidate::of(one, &codes)).collect()))
}

/// Says which car inside the one at an exit is. It is decided on anew: the boom opens, or the driver pays.
#[utoipa::path(post, path = "/api/v1/arrivals/{id}/pair", tag = "arrivals", request_body = NewPair,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = DecidedArrival), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn pair(
    app: App,
    by: Authorized<TicketsIssue>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let NewPair { stay } = json(&body)?;
    let (arrival, lang) = (id(&request)?, request.context.language());
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site_of_arrival(unit.tx(), arrival).await?;
        let paired = pairing::pair(unit, &by, &site, arrival, StayId::from_uuid(stay)).await?;
        idempotency::answer(StatusCode::OK, &DecidedArrival::of(paired, &site.currency, lang))
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpanQuery {
    /// The hour that holds this time is the first; a week before the end where it is left out.
    from: Option<Timestamp>,
    /// Now where it is left out.
    until: Option<Timestamp>,
}

/// How well a lane's camera read: right, corrected by a person, missed.
#[utoipa::path(get, path = "/api/v1/lanes/{id}/reading-counts", tag = "lanes",
    params(("id" = Uuid, Path), SpanQuery),
    responses((status = 200, body = ReadingCounts), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn reading_counts(
    app: App,
    by: Authorized<LanesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let SpanQuery { from, until } = query::read(&request.query)?;
    let span = Span::new(from, until, Timestamp::now())?;
    let lane: LaneId = request.part("id").parse().map_err(|_| ApiError::NotFound("lane"))?;
    let client = app.client().await?;
    let site = by.site_of_lane(&client, lane).await?;
    let counts = reading_counts::of_lane(&client, site.id, lane, span).await?;
    ok(&ReadingCounts::of(&counts, span.from, span.until))
}

fn plate(text: &str) -> Result<Plate, ApiError> {
    Plate::parse(text).map_err(|error| ApiError::invalid("plate", error.to_string()))
}

fn id(request: &Request) -> Result<ArrivalId, ApiError> {
    request.part("id").parse().map_err(|_| ApiError::NotFound("waiting car"))
}
