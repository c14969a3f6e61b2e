//! The garage contract: front ends and test suites speak it word for word, so names and forms are not ours. A thin view over the
//! same use cases; its only documents are these routes.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::plate::Plate;
use boomgate_domain::tariff::VehicleType as Charged;
use boomgate_domain::ticket::TicketNumber;
use boomgate_operations::access::{Authorized, Grant, PaymentsTake, SiteRef, StaysRead, TicketsIssue};
use boomgate_operations::tickets::{self, NewTicket, TakenFor, Ticket, TicketExit, TicketState};
use boomgate_operations::{stats, unit};
use boomgate_store::payments::Method;
use boomgate_store::sites::SiteRow;
use boomgate_store::stays::{self, StayFilter, StayRow};
use boomgate_store::{GenericClient, tickets as stored};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::caller::Public;
use crate::error::ApiError;
use crate::query;
use crate::request::{JSON_BYTES, Request, SafeText, json, ok, reply};

/// Most activities of one answer.
const MOST: u16 = 100;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GarageStatus {
    status: &'static str,
}

/// A message, and nothing else.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GarageError {
    message: String,
}

/// Spaces, and the numbers of the site's day. Amounts are minor units, times are minutes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GarageStats {
    total_spaces: i32,
    occupied_spaces: i32,
    available_spaces: i32,
    occupied_spaces_percentage: i64,
    available_spaces_percentage: i64,
    /// The price of the first hour of a car, from now on.
    hourly_rate: i64,
    todays_revenue: i64,
    vehicles_processed_today: i64,
    average_stay_time: i64,
}

/// A ticket to be given by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GarageNewTicket {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    license_plate: SafeText,
    /// `car`, `motorcycle`, `van`, `truck`, `bus`; a car where it is left out.
    #[schema(value_type = Option<String>)]
    vehicle_type: Option<SafeText>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GarageExit {
    /// `cash`, `card` or `manual`; needed where something is due.
    #[schema(value_type = Option<String>)]
    payment_method: Option<SafeText>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GarageState {
    Active,
    Completed,
}

/// A ticket. Amounts are minor units.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GarageTicket {
    id: Uuid,
    ticket_number: String,
    license_plate: Option<String>,
    vehicle_type: String,
    entry_time: Timestamp,
    exit_time: Option<Timestamp>,
    duration_minutes: Option<i64>,
    amount_paid: i64,
    status: GarageState,
    payment_method: Option<String>,
}

/// A car that came, and perhaps left. Amounts are minor units.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GarageActivity {
    id: Uuid,
    /// Null for a car that was let in by its plate.
    ticket_number: Option<String>,
    license_plate: Option<String>,
    entry_time: Option<Timestamp>,
    exit_time: Option<Timestamp>,
    duration_minutes: Option<i64>,
    amount: i64,
    status: GarageState,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct GarageQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct GarageActivitiesQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Whether the api is there.
#[utoipa::path(get, path = "/api/status", tag = "garage", responses((status = 200, body = GarageStatus)))]
pub(crate) async fn status(_: App, _: Public, _: Request) -> Result<Response, ApiError> {
    ok(&GarageStatus { status: "ok" })
}

/// Spaces and the numbers of the day.
#[utoipa::path(get, path = "/api/garage/stats", tag = "garage", params(GarageQuery),
    responses((status = 200, body = GarageStats), (status = 400, body = GarageError), (status = 404, body = GarageError)))]
pub(crate) async fn numbers(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    plain(numbers_of(&app, &by, &request).await)
}

async fn numbers_of(app: &App, by: &Authorized<StaysRead>, request: &Request) -> Result<Response, ApiError> {
    let client = app.client().await?;
    let site = site(&client, by, request).await?;
    let day = stats::today(&client, &site, Timestamp::now()).await?;
    let (spaces, inside) = (site.capacity.unwrap_or(0), day.numbers.inside);
    let available = (spaces - inside).max(0);
    let percent = |part: i32| if spaces > 0 { i64::from(part) * 100 / i64::from(spaces) } else { 0 };
    ok(&GarageStats {
        total_spaces: spaces,
        occupied_spaces: inside,
        available_spaces: available,
        occupied_spaces_percentage: percent(inside),
        available_spaces_percentage: percent(available),
        hourly_rate: day.first_hour.map_or(0, |price| price.minor),
        todays_revenue: day.numbers.revenue_minor,
        vehicles_processed_today: day.numbers.processed,
        average_stay_time: day.numbers.average_minutes.unwrap_or(0),
    })
}

/// Gives a ticket by hand: a stay begins, without a passage.
#[utoipa::path(post, path = "/api/tickets", tag = "garage", params(GarageQuery), request_body = GarageNewTicket,
    responses((status = 201, body = GarageTicket), (status = 400, body = GarageError), (status = 404, body = GarageError)))]
pub(crate) async fn issue(
    app: App,
    by: Authorized<TicketsIssue>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await;
    plain(issue_of(&app, &by, &request, body).await)
}

async fn issue_of(
    app: &App,
    by: &Authorized<TicketsIssue>,
    request: &Request,
    body: Result<bytes::Bytes, ApiError>,
) -> Result<Response, ApiError> {
    let wanted: GarageNewTicket = json(&body?)?;
    let plate = Plate::parse(&wanted.license_plate)
        .map_err(|error| ApiError::invalid("licensePlate", error.to_string()))?;
    let vehicle = wanted.vehicle_type.as_deref().map(vehicle).transpose()?;
    let mut client = app.client().await?;
    let site = site(&client, by, request).await?;
    let new = NewTicket { arrival: None, plate: Some(plate), vehicle };
    let ticket = unit::run(&mut client, async |unit| tickets::issue(unit, by, &site, new).await).await?;
    reply(StatusCode::CREATED, &GarageTicket::of(&ticket))
}

/// One ticket.
#[utoipa::path(get, path = "/api/tickets/{ticketNumber}", tag = "garage", params(("ticketNumber" = String, Path), GarageQuery),
    responses((status = 200, body = GarageTicket), (status = 400, body = GarageError), (status = 404, body = GarageError)))]
pub(crate) async fn ticket(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    plain(ticket_of(&app, &by, &request).await)
}

async fn ticket_of(app: &App, by: &Authorized<StaysRead>, request: &Request) -> Result<Response, ApiError> {
    let client = app.client().await?;
    let site = site(&client, by, request).await?;
    ok(&GarageTicket::of(&tickets::get(&client, &site, &number(request)?).await?))
}

/// Settles a ticket: what is due is taken. A stay that was opened by hand ends; for a car at a lane the boom is ordered. Again for
/// a settled ticket, the same answer comes.
#[utoipa::path(put, path = "/api/tickets/{ticketNumber}/exit", tag = "garage", request_body = GarageExit,
    params(("ticketNumber" = String, Path), GarageQuery),
    responses((status = 200, body = GarageTicket), (status = 400, body = GarageError), (status = 404, body = GarageError)))]
pub(crate) async fn exit(
    app: App,
    by: Authorized<TicketsIssue>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await;
    plain(exit_of(&app, &by, &request, body).await)
}

async fn exit_of(
    app: &App,
    by: &Authorized<TicketsIssue>,
    request: &Request,
    body: Result<bytes::Bytes, ApiError>,
) -> Result<Response, ApiError> {
    let wanted: GarageExit = json(&body?)?;
    let number = number(request)?;
    let mut client = app.client().await?;
    let site = site(&client, by, request).await?;
    let before = tickets::get(&client, &site, &number).await?;
    if before.row.settled_at.is_some() {
        return ok(&GarageTicket::of(&before));
    }
    let due = before.quote.as_ref().map_or(0, |quote| quote.due.due.minor);
    let payment = match wanted.payment_method {
        Some(word) if due > 0 => Some(payment(&client, by, &site, &word).await?),
        Some(word) => method(&word).map(|_| None)?,
        None => None,
    };
    let arrival = arrival_at_exit(&client, &site, &before).await?;
    let shown = TicketExit { arrival, payment };
    let exited =
        unit::run(&mut client, async |unit| tickets::exit(unit, by, &site, &number, shown).await).await?;
    ok(&GarageTicket::of(&exited.ticket))
}

/// Money is taken by who may take it at this site.
async fn payment(
    client: &impl GenericClient,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    word: &str,
) -> Result<TakenFor, ApiError> {
    let method = method(word)?;
    let taker = Authorized::<PaymentsTake>::check(by.actor().clone())?;
    taker.site(client, Some(&SiteRef::Id(site.id))).await?;
    let note = if method == Method::Manual { "by the garage contract" } else { "" };
    Ok(TakenFor { by: taker, method, amount: None, note: note.to_owned() })
}

fn method(word: &str) -> Result<Method, ApiError> {
    match word.to_lowercase().as_str() {
        "cash" => Ok(Method::Cash),
        "card" | "credit_card" | "creditcard" => Ok(Method::Card),
        "manual" => Ok(Method::Manual),
        other => Err(ApiError::invalid("paymentMethod", format!("{other} is none of cash, card, manual"))),
    }
}

/// The car of the ticket that waits at an exit, if it does.
async fn arrival_at_exit(
    client: &impl GenericClient,
    site: &SiteRow,
    ticket: &Ticket,
) -> Result<Option<boomgate_domain::ids::ArrivalId>, ApiError> {
    let Some(stay) = ticket.row.stay_id.map(boomgate_domain::ids::StayId::from_uuid) else { return Ok(None) };
    let car = boomgate_store::arrivals::waiting_for_stay(client, site.id, stay).await?;
    Ok(car.map(|car| boomgate_domain::ids::ArrivalId::from_uuid(car.id)))
}

/// The newest cars.
#[utoipa::path(get, path = "/api/activities", tag = "garage", params(GarageActivitiesQuery),
    responses((status = 200, body = Vec<GarageActivity>), (status = 400, body = GarageError), (status = 404, body = GarageError)))]
pub(crate) async fn activities(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    plain(activities_of(&app, &by, &request).await)
}

async fn activities_of(
    app: &App,
    by: &Authorized<StaysRead>,
    request: &Request,
) -> Result<Response, ApiError> {
    let wanted: GarageActivitiesQuery = query::read(&request.query)?;
    let limit = wanted.limit.unwrap_or(10);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("must be 1 to {MOST}")));
    }
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let rows = stays::page(&client, site.id, &StayFilter::default(), i64::from(limit)).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let numbers = stored::of_stays(&client, site.id, &ids).await?;
    let number = |stay: Uuid| numbers.iter().find(|one| one.stay_id == stay).map(|one| one.number.clone());
    let shown: Vec<GarageActivity> = rows.iter().map(|row| GarageActivity::of(row, number(row.id))).collect();
    ok(&shown)
}

async fn site<G: Grant>(
    client: &impl GenericClient,
    by: &Authorized<G>,
    request: &Request,
) -> Result<SiteRow, ApiError> {
    let GarageQuery { site } = query::read(&request.query)?;
    Ok(by.site(client, site.as_ref()).await?)
}

fn number(request: &Request) -> Result<TicketNumber, ApiError> {
    request.part("ticketNumber").parse().map_err(|_| ApiError::NotFound("ticket"))
}

fn vehicle(word: &str) -> Result<Charged, ApiError> {
    match word.to_lowercase().as_str() {
        "car" | "standard" => Ok(Charged::Car),
        "motorcycle" => Ok(Charged::Motorcycle),
        "van" => Ok(Charged::Van),
        "truck" => Ok(Charged::Truck),
        "bus" => Ok(Charged::Bus),
        other => {
            let why = format!("{other} is none of car, motorcycle, van, truck, bus");
            Err(ApiError::invalid("vehicleType", why))
        }
    }
}

impl GarageTicket {
    fn of(ticket: &Ticket) -> Self {
        let row = &ticket.row;
        let stay = ticket.stay.as_ref();
        let entry_time = stay.and_then(|stay| stay.entered_at).unwrap_or(row.issued_at);
        let exit_time = stay.and_then(|stay| stay.exited_at).or(row.settled_at);
        Self {
            id: row.id,
            ticket_number: row.number.clone(),
            license_plate: stay.and_then(|stay| stay.plate.clone()).or_else(|| row.plate.clone()),
            vehicle_type: row.vehicle_type.clone().unwrap_or_else(|| "car".to_owned()),
            entry_time,
            exit_time,
            duration_minutes: exit_time.map(|exit| minutes(entry_time, exit)),
            amount_paid: stay.map_or(0, |stay| stay.paid_minor),
            status: match tickets::state(row) {
                TicketState::Waiting | TicketState::Inside => GarageState::Active,
                TicketState::Settled | TicketState::Left | TicketState::Voided => GarageState::Completed,
            },
            payment_method: row.payment_method.clone(),
        }
    }
}

impl GarageActivity {
    fn of(row: &StayRow, ticket_number: Option<String>) -> Self {
        let is_open = row.state == StayRow::OPEN;
        Self {
            id: row.id,
            ticket_number,
            license_plate: row.plate.clone(),
            entry_time: row.entered_at,
            exit_time: row.exited_at,
            duration_minutes: row.entered_at.zip(row.exited_at).map(|(entry, exit)| minutes(entry, exit)),
            amount: if is_open { row.paid_minor } else { row.charged_minor.max(row.paid_minor) },
            status: if is_open { GarageState::Active } else { GarageState::Completed },
        }
    }
}

fn minutes(from: Timestamp, until: Timestamp) -> i64 {
    until.duration_since(from).as_mins().max(0)
}

/// Errors of the contract are a message with 400 or 404; what no handler decides (401, 403, 503) is a problem as everywhere.
fn plain(answer: Result<Response, ApiError>) -> Result<Response, ApiError> {
    let error = match answer {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let status = match error.status() {
        StatusCode::NOT_FOUND => StatusCode::NOT_FOUND,
        StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
            StatusCode::BAD_REQUEST
        }
        _ => return Err(error),
    };
    reply(status, &GarageError { message: error.to_string() })
}
