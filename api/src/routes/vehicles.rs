//! Vehicles: added, corrected, removed, listed, found, and where one of them was.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::StayId;
use boomgate_domain::plate::Plate;
use boomgate_operations::access::{Authorized, Grant, SiteRef, StaysRead, VehiclesRead, VehiclesWrite};
use boomgate_operations::{unit, vehicles};
use boomgate_store::GenericClient;
use boomgate_store::stays::{self as stored_stays, StayRow};
use boomgate_store::vehicles::{self as stored, VehicleFilter, VehicleRow};
use boomgate_store::words::VehicleType;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use warp::Reply;
use warp::reply::Response;

use super::stays::lane_codes;
use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::page::Page;
use crate::model::stays::Stay;
use crate::model::vehicles::{FoundVehicles, NewVehicle, Vehicle, VehicleChange, country};
use crate::query::{self, Limit};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

/// Most vehicles that one search shows.
pub(crate) const MOST_FOUND: u16 = 20;

/// Longest text that is looked for, in characters.
pub(crate) const LONGEST_SEARCH: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VehiclesQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// ISO 3166, two capital letters.
    #[param(pattern = "^[A-Z]{2}$")]
    country: Option<String>,
    vehicle_type: Option<VehicleType>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Vehicles of one site, by plate.
#[utoipa::path(get, path = "/api/v1/vehicles", tag = "vehicles", params(VehiclesQuery),
    responses((status = 200, body = Page<Vehicle>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<VehiclesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: VehiclesQuery = query::read(&request.query)?;
    let filter = VehicleFilter {
        country: wanted.country.as_deref().map(country).transpose()?,
        kind: wanted.vehicle_type,
        after: wanted.cursor,
    };
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let Limit(limit) = wanted.limit;
    let rows = stored::page(&client, site.id, &filter, i64::from(limit) + 1).await?;
    ok(&Page::of(rows, limit, |row: &VehicleRow| row.plate.clone(), Vehicle::of)?)
}

/// Adds a vehicle.
#[utoipa::path(post, path = "/api/v1/vehicles", tag = "vehicles", request_body = NewVehicle,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = Vehicle), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn add(
    app: App,
    by: Authorized<VehiclesWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new: NewVehicle = json(&body)?;
    let facts = new.facts()?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), new.site.as_ref()).await?.id;
        let row = vehicles::add(unit, &by, site, &facts).await?;
        idempotency::answer(StatusCode::CREATED, &Vehicle::of(row)?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VehicleQuery {
    /// Id or code; needed where several sites of the caller's know the plate.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
}

/// One vehicle, by its plate as people write it, or by its id.
#[utoipa::path(get, path = "/api/v1/vehicles/{plate}", tag = "vehicles", params(("plate" = String, Path), VehicleQuery),
    responses((status = 200, body = Vehicle, headers(("ETag" = String))), (status = 304, description = "the version the client has"),
        (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn one(
    app: App,
    by: Authorized<VehiclesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let row = find(&app.client().await?, &by, &request).await?;
    etag::reply(&request.context, &Vehicle::of(row)?)
}

/// Corrects a vehicle.
#[utoipa::path(patch, path = "/api/v1/vehicles/{plate}", tag = "vehicles", request_body = VehicleChange,
    params(("plate" = String, Path), VehicleQuery, ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = Vehicle, headers(("ETag" = String))), (status = 400, body = crate::Problem),
        (status = 404, body = crate::Problem), (status = 409, body = crate::Problem), (status = 412, body = crate::Problem)))]
pub(crate) async fn change(
    app: App,
    by: Authorized<VehiclesWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let change: VehicleChange = json(&request.body(JSON_BYTES).await?)?;
    let mut client = app.client().await?;
    let changed = unit::run(&mut client, async |unit| {
        let row = locked(unit, &by, &request).await?;
        let present = Vehicle::of(row.clone())?;
        etag::must_match(&request.context.headers, &present)?;
        Ok::<_, ApiError>(vehicles::set(unit, &by, &row, &change.applied_to(&present)?).await?)
    })
    .await?;
    etag::reply(&request.context, &Vehicle::of(changed)?)
}

/// Removes a vehicle. Its stays, subscriptions and blocks stay.
#[utoipa::path(delete, path = "/api/v1/vehicles/{plate}", tag = "vehicles",
    params(("plate" = String, Path), VehicleQuery, ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 412, body = crate::Problem)))]
pub(crate) async fn remove(
    app: App,
    by: Authorized<VehiclesWrite>,
    request: Request,
) -> Result<Response, ApiError> {
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| {
        let row = locked(unit, &by, &request).await?;
        etag::must_match(&request.context.headers, &Vehicle::of(row.clone())?)?;
        Ok::<_, ApiError>(vehicles::remove(unit, &by, &row).await?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn find<G: Grant>(
    client: &impl GenericClient,
    by: &Authorized<G>,
    request: &Request,
) -> Result<VehicleRow, ApiError> {
    let VehicleQuery { site } = query::read(&request.query)?;
    let sites = vehicles::sites_of(client, by, site.as_ref()).await?;
    Ok(vehicles::find(client, &sites, request.part("plate")).await?)
}

async fn locked(
    unit: &unit::Unit<'_>,
    by: &Authorized<VehiclesWrite>,
    request: &Request,
) -> Result<VehicleRow, ApiError> {
    let seen = find(unit.tx(), by, request).await?;
    stored::lock(unit.tx(), seen.site_id, seen.id).await?;
    find(unit.tx(), by, request).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Id or code; needed where several sites of the caller's know the plate.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// Why you look at it; noted in the audit.
    #[param(min_length = 1, max_length = 200)]
    reason: String,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// Where and when a vehicle came and went, the newest stay first. Every look is noted in the audit, with its reason.
#[utoipa::path(get, path = "/api/v1/vehicles/{plate}/stays", tag = "vehicles", params(("plate" = String, Path), HistoryQuery),
    responses((status = 200, body = Page<Stay>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn history(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: HistoryQuery = query::read(&request.query)?;
    let Limit(limit) = wanted.limit;
    let mut client = app.client().await?;
    let page = unit::run(&mut client, async |unit| {
        let tx = unit.tx();
        let sites = vehicles::sites_of(tx, &by, wanted.site.as_ref()).await?;
        let vehicle = vehicles::find(tx, &sites, request.part("plate")).await?;
        vehicles::look_at_history(unit, &by, &vehicle, &wanted.reason).await?;
        let plate = Plate::parse(&vehicle.plate).map_err(ApiError::internal)?;
        let before = wanted.cursor.map(StayId::from_uuid);
        let rows = stored_stays::of_plate(tx, vehicle.site_id, &plate, before, i64::from(limit) + 1).await?;
        let codes = lane_codes(tx, vehicle.site_id).await?;
        Page::of(rows, limit, |row: &StayRow| row.id.to_string(), |row| Stay::of(&row, &codes))
    })
    .await?;
    ok(&page)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// A part of a plate, a name, an owner or a phone number; of one or two signs the beginning.
    #[param(min_length = 1, max_length = 100)]
    q: String,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
}

/// The vehicles that fit what somebody has typed so far, look-alikes (0 and O, 8 and B) included.
#[utoipa::path(get, path = "/api/v1/vehicles/search", tag = "vehicles", params(SearchQuery),
    responses((status = 200, body = FoundVehicles), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn search(
    app: App,
    by: Authorized<VehiclesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: SearchQuery = query::read(&request.query)?;
    let Limit(limit) = wanted.limit;
    if wanted.q.trim().is_empty() || wanted.q.chars().count() > LONGEST_SEARCH {
        return Err(ApiError::invalid("q", format!("1 to {LONGEST_SEARCH} characters")));
    }
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let words = vehicles::words(&wanted.q);
    let rows = stored::search(&client, site.id, &words, i64::from(limit) + 1).await?;
    ok(&FoundVehicles::of(rows, limit)?)
}
