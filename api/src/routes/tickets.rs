//! Tickets: given, found by number, plate or scan, shown at the exit, lost.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::ArrivalId;
use boomgate_domain::reason::Lang;
use boomgate_domain::ticket::TicketNumber;
use boomgate_operations::access::{Authorized, PaymentsTake, SiteRef, StaysRead, TicketsIssue};
use boomgate_operations::tickets::{self as operations, Lost, TakenFor, TicketFilter, TicketKind, TicketRow};
use boomgate_operations::unit;
use boomgate_reports::ticket as printed;
use boomgate_store::GenericClient;
use boomgate_store::sites::SiteRow;
use boomgate_store::tickets as stored;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::page::Page;
use crate::model::tickets::{
    LostTicket, NewTicket, OneTicket, ShownTicket, Ticket, TicketExit, TicketPayment,
};
use crate::query::{self, Limit};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;
use crate::routes::stays::lane_codes;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TicketsQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    /// Beginning of a number, as it is typed or scanned (`ps-4f7`), or of a plate.
    q: Option<String>,
    #[serde(default)]
    #[param(inline, value_type = Option<ActiveFilter>)]
    state: ActiveFilter,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// Which tickets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActiveFilter {
    #[default]
    All,
    /// Something may still be due.
    Active,
    /// Settled, or its stay is over.
    Over,
}

impl ActiveFilter {
    const fn active(self) -> Option<bool> {
        match self {
            Self::All => None,
            Self::Active => Some(true),
            Self::Over => Some(false),
        }
    }
}

/// Tickets of one site, the newest first.
#[utoipa::path(get, path = "/api/v1/tickets", tag = "tickets", params(TicketsQuery),
    responses((status = 200, body = Page<Ticket>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: TicketsQuery = query::read(&request.query)?;
    let found = wanted.q.filter(|text| !text.trim().is_empty());
    let found = found.as_deref().map(operations::search).transpose()?.unwrap_or_default();
    let filter = TicketFilter { active: wanted.state.active(), before: wanted.cursor, ..found };
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let Limit(limit) = wanted.limit;
    let rows = stored::page(&client, site.id, &filter, i64::from(limit) + 1).await?;
    ok(&Page::of(rows, limit, |row: &TicketRow| row.id.to_string(), Ticket::of)?)
}

/// One ticket with what it owes now.
#[utoipa::path(get, path = "/api/v1/tickets/{number}", tag = "tickets", params(("number" = String, Path)),
    responses((status = 200, body = OneTicket), (status = 404, body = crate::Problem)))]
pub(crate) async fn one(app: App, by: Authorized<StaysRead>, request: Request) -> Result<Response, ApiError> {
    let number = number(&request)?;
    let client = app.client().await?;
    let site = by.site_of_ticket(&client, &number).await?;
    ok(&OneTicket::of(operations::get(&client, &site, &number).await?, request.context.language())?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PdfQuery {
    #[serde(default)]
    #[param(inline, value_type = Option<PaperFormat>)]
    format: PaperFormat,
    /// `en` or `vi`; the first language of the site where it is left out.
    #[param(inline, value_type = Option<PaperLanguage>)]
    language: Option<PaperLanguage>,
}

/// On what a ticket is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub(crate) enum PaperFormat {
    /// A roll of 58 mm.
    #[serde(rename = "58mm")]
    Roll58,
    /// A roll of 80 mm.
    #[default]
    #[serde(rename = "80mm")]
    Roll80,
    /// A sheet of 105 x 148 mm.
    #[serde(rename = "a6")]
    A6,
}

/// In which language it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaperLanguage {
    En,
    Vi,
}

impl From<PaperFormat> for printed::Format {
    fn from(format: PaperFormat) -> Self {
        match format {
            PaperFormat::Roll58 => Self::Roll58,
            PaperFormat::Roll80 => Self::Roll80,
            PaperFormat::A6 => Self::A6,
        }
    }
}

/// One ticket to be printed, with its number as a QR code.
#[utoipa::path(get, path = "/api/v1/tickets/{number}/pdf", tag = "tickets", params(("number" = String, Path), PdfQuery),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = 400, body = crate::Problem),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn pdf(
    app: App,
    by: Authorized<TicketsIssue>,
    request: Request,
) -> Result<Response, ApiError> {
    let PdfQuery { format, language } = query::read(&request.query)?;
    let number = number(&request)?;
    let client = app.client().await?;
    let site = by.site_of_ticket(&client, &number).await?;
    let ticket = operations::get(&client, &site, &number).await?;
    drop(client);
    let lang = match language {
        Some(PaperLanguage::En) => Lang::En,
        Some(PaperLanguage::Vi) => Lang::Vi,
        None if site.languages.first().is_some_and(|first| first == Lang::Vi.as_str()) => Lang::Vi,
        None => Lang::En,
    };
    let paper = paper(&site, &number, ticket.row)?;
    // Setting a page takes the processor for a while.
    let set = tokio::task::spawn_blocking(move || printed::pdf(&paper, format.into(), lang)).await;
    let bytes = set.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    let name = HeaderValue::from_str(&format!("inline; filename=\"{number}.pdf\""));
    headers.insert(CONTENT_DISPOSITION, name.map_err(ApiError::internal)?);
    Ok(response)
}

fn paper(site: &SiteRow, number: &TicketNumber, row: TicketRow) -> Result<printed::Ticket, ApiError> {
    let zone = TimeZone::get(&site.time_zone).map_err(ApiError::internal)?;
    Ok(printed::Ticket {
        site: site.name.clone(),
        number: number.clone(),
        is_lost: row.kind == TicketKind::Lost.as_str(),
        issued_at: row.issued_at.to_zoned(zone),
        plate: row.stay_plate.or(row.plate),
        vehicle: row.vehicle_type.and_then(|word| serde_json::from_value(word.into()).ok()),
    })
}

/// Gives a ticket: for a car at an entry, which is let in by it, or by hand, which opens a stay at once. The rules of an
/// entry hold; the code of a refusal is that of its reason, such as `DENY-FULL`.
#[utoipa::path(post, path = "/api/v1/tickets", tag = "tickets", request_body = NewTicket,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = OneTicket), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn issue(
    app: App,
    by: Authorized<TicketsIssue>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new: NewTicket = json(&body)?;
    let ticket = new.ticket()?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = site(unit.tx(), &by, ticket.arrival, new.site.as_ref()).await?;
        let issued = operations::issue(unit, &by, &site, ticket).await?;
        idempotency::answer(StatusCode::CREATED, &OneTicket::of(issued, request.context.language())?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Shows a ticket at the exit. A car that waits there is let out, or has to pay; money that is taken with it (`payments:take`)
/// opens. Without a car what is due must be taken, and a stay that was opened by hand ends.
#[utoipa::path(post, path = "/api/v1/tickets/{number}/exit", tag = "tickets", request_body = ShownTicket,
    params(("number" = String, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = TicketExit), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn exit(
    app: App,
    by: Authorized<TicketsIssue>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let shown: ShownTicket = json(&body)?;
    let (number, lang) = (number(&request)?, request.context.language());
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site_of_ticket(unit.tx(), &number).await?;
        let payment = taken(unit.tx(), &by, &site, shown.payment).await?;
        let shown = operations::TicketExit { arrival: shown.arrival.map(ArrivalId::from_uuid), payment };
        let exited = operations::exit(unit, &by, &site, &number, shown).await?;
        let codes = lane_codes(unit.tx(), site.id).await?;
        idempotency::answer(StatusCode::OK, &TicketExit::of(exited, &codes, lang)?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// A driver has lost the ticket, and no car inside is theirs: they pay the tariff's price for that.
#[utoipa::path(post, path = "/api/v1/tickets/lost", tag = "tickets", request_body = LostTicket,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = TicketExit), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn lost(
    app: App,
    by: Authorized<TicketsIssue>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let told: LostTicket = json(&body)?;
    let (plate, lang) = (told.plate()?, request.context.language());
    let arrival = told.arrival.map(ArrivalId::from_uuid);
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = site(unit.tx(), &by, arrival, told.site.as_ref()).await?;
        let payment = taken(unit.tx(), &by, &site, told.payment).await?;
        let exited = operations::lost(unit, &by, &site, Lost { arrival, plate, payment }).await?;
        let codes = lane_codes(unit.tx(), site.id).await?;
        idempotency::answer(StatusCode::CREATED, &TicketExit::of(exited, &codes, lang)?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// The site of the car at a lane, or the one that is named.
async fn site(
    client: &impl GenericClient,
    by: &Authorized<TicketsIssue>,
    arrival: Option<ArrivalId>,
    named: Option<&SiteRef>,
) -> Result<SiteRow, ApiError> {
    Ok(match arrival {
        Some(arrival) => by.site_of_arrival(client, arrival).await?,
        None => by.site(client, named).await?,
    })
}

/// Money is taken by who may take it at this site.
async fn taken(
    client: &impl GenericClient,
    by: &Authorized<TicketsIssue>,
    site: &SiteRow,
    payment: Option<TicketPayment>,
) -> Result<Option<TakenFor>, ApiError> {
    let Some(payment) = payment else { return Ok(None) };
    let may = Authorized::<PaymentsTake>::check(by.actor().clone())?;
    may.site(client, Some(&SiteRef::Id(site.id))).await?;
    let amount = payment.amount.map(|amount| amount.money("payment.amount")).transpose()?;
    let TicketPayment { method, note, .. } = payment;
    Ok(Some(TakenFor { by: may, method: method.into(), amount, note: note.to_string() }))
}

fn number(request: &Request) -> Result<TicketNumber, ApiError> {
    request.part("number").parse().map_err(|_| ApiError::NotFound("ticket"))
}
