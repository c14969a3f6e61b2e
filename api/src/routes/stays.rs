//! Stays: who is inside, who was, and what one of them costs, line by line.

use boomgate_domain::decide::Due;
use boomgate_domain::ids::{ArrivalId, SiteId, StayId};
use boomgate_domain::money::Money;
use boomgate_domain::plate::Plate;
use boomgate_domain::tariff::ChargeLine;
use boomgate_operations::access::{Authorized, Grant, StaysRead};
use boomgate_operations::stays::quote;
use boomgate_store::decisions::{self, DecisionRow};
use boomgate_store::payments::{self, PaymentRow};
use boomgate_store::sites::SiteRow;
use boomgate_store::stays::{self, StayFilter, StayRow};
use boomgate_store::{GenericClient, lanes};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use warp::reply::Response;

use crate::App;
use crate::error::ApiError;
use crate::request::{Request, ok};
use crate::routes::lanes::{Amount, words};

const PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 200;

#[derive(Serialize, ToSchema)]
pub(crate) struct Stays {
    items: Vec<Stay>,
    /// Give this as `cursor` for the next page; null on the last.
    next: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Stay {
    id: Uuid,
    /// Null for a car nobody could read.
    plate: Option<String>,
    /// open, closed, voided, or exit_only for a car seen leaving without a known entry.
    status: String,
    entered_at: Option<String>,
    exited_at: Option<String>,
    entry_lane: Option<String>,
    exit_lane: Option<String>,
    paid: Amount,
    /// Charged in the end; zero while the stay is open.
    charged: Amount,
    note: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OneStay {
    #[serde(flatten)]
    stay: Stay,
    /// None where no tariff applies.
    charge: Option<Charge>,
    payments: Vec<Payment>,
    decisions: Vec<Decided>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Charge {
    total: Amount,
    paid: Amount,
    due: Amount,
    /// Begun minutes from entry to now, or to the exit.
    minutes: u32,
    lines: Vec<Line>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Line {
    text: String,
    kind: String,
    from: String,
    until: String,
    minutes: u32,
    amount: Amount,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Payment {
    id: Uuid,
    method: String,
    amount: Amount,
    taken_by: String,
    taken_at: String,
    reference: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Decided {
    arrival: Uuid,
    at: String,
    outcome: String,
    code: String,
    text: String,
    local: bool,
    superseded: bool,
}

/// Stays of one site, newest first.
#[utoipa::path(get, path = "/api/v1/stays", tag = "stays",
    params(("site" = Option<Uuid>, Query), ("state" = Option<String>, Query, description = "open, closed, voided, exit_only or all"),
        ("plate" = Option<String>, Query, description = "beginning of a plate"), ("limit" = Option<i64>, Query), ("cursor" = Option<Uuid>, Query)),
    responses((status = 200, body = Stays), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<StaysRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted = Wanted::parse(&request.query)?;
    let client = app.client().await?;
    let site = by.site(&client, wanted.site).await?;
    // One more than asked for, to know whether there is a next page.
    let mut rows = stays::page(&client, site.id, &wanted.filter, i64::from(wanted.limit) + 1).await?;
    let more = rows.len() > usize::from(wanted.limit);
    rows.truncate(wanted.limit.into());
    let codes = lane_codes(&client, site.id).await?;
    let next = rows.last().filter(|_| more).map(|row| row.id);
    ok(&Stays { items: rows.into_iter().map(|row| stay(&row, &codes)).collect(), next })
}

struct Wanted {
    site: Option<SiteId>,
    filter: StayFilter,
    limit: u16,
}

impl Wanted {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let mut wanted = Self { site: None, filter: StayFilter::default(), limit: PAGE };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            wanted.take(&name, &value)?;
        }
        Ok(wanted)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), ApiError> {
        match name {
            "site" => self.site = Some(value.parse().map_err(|_| ApiError::invalid("site", "is not an id"))?),
            "state" if value == "all" => self.filter.state = None,
            "state"
                if [StayRow::OPEN, StayRow::CLOSED, StayRow::VOIDED, StayRow::EXIT_ONLY].contains(&value) =>
            {
                self.filter.state = Some(value.to_owned());
            }
            "state" => {
                return Err(ApiError::invalid("state", "is none of open, closed, voided, exit_only, all"));
            }
            "plate" if value.is_empty() => {}
            "plate" => self.filter.plate_prefix = Some(prefix(value)?),
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=LARGEST_PAGE).contains(limit));
                self.limit =
                    limit.ok_or_else(|| ApiError::invalid("limit", format!("1 to {LARGEST_PAGE}")))?;
            }
            "cursor" => {
                let before = value.parse().map_err(|_| ApiError::invalid("cursor", "is not one of ours"))?;
                self.filter.before = Some(before);
            }
            _ => {
                let why = format!("{name:?} is not known; known are site, state, plate, limit, cursor");
                return Err(ApiError::invalid("query", why));
            }
        }
        Ok(())
    }
}

/// The beginning of a plate as people write it: `mü-ab` finds what is kept as `MUAB…`.
fn prefix(text: &str) -> Result<String, ApiError> {
    let plate = Plate::parse(text).map_err(|error| ApiError::invalid("plate", error.to_string()))?;
    Ok(plate.as_str().to_owned())
}

/// One stay with what it costs and why.
#[utoipa::path(get, path = "/api/v1/stays/{id}", tag = "stays", params(("id" = Uuid, Path)),
    responses((status = 200, body = OneStay), (status = 404, body = crate::Problem)))]
pub(crate) async fn one(app: App, by: Authorized<StaysRead>, request: Request) -> Result<Response, ApiError> {
    let client = app.client().await?;
    let (site, row) = find(&client, &by, request.part("id")).await?;
    ok(&describe(&client, &site, &row).await?)
}

/// The stay in full.
pub(crate) async fn describe(
    client: &impl GenericClient,
    site: &SiteRow,
    row: &StayRow,
) -> Result<OneStay, ApiError> {
    let id = StayId::from_uuid(row.id);
    let quote = quote(client, site, row, Timestamp::now()).await?;
    let codes = lane_codes(client, site.id).await?;
    let mut decided = Vec::new();
    for arrival in [row.entry_arrival_id, row.exit_arrival_id].into_iter().flatten() {
        decided.extend(decisions::of_arrival(client, site.id, ArrivalId::from_uuid(arrival)).await?);
    }
    Ok(OneStay {
        stay: stay(row, &codes),
        charge: quote.map(|quote| charge(&quote.due)),
        payments: payments::of_stay(client, site.id, id).await?.into_iter().map(payment).collect(),
        decisions: decided.into_iter().map(decision).collect(),
    })
}

/// A stay of one of the caller's sites.
pub(crate) async fn find<G: Grant>(
    client: &impl GenericClient,
    by: &Authorized<G>,
    id: &str,
) -> Result<(SiteRow, StayRow), ApiError> {
    let id: StayId = id.parse().map_err(|_| ApiError::NotFound("stay"))?;
    let site = by.site_of_stay(client, id).await?;
    let row = stays::get(client, site.id, id).await?.ok_or(ApiError::NotFound("stay"))?;
    Ok((site, row))
}

type LaneCodes = Vec<(Uuid, String)>;

async fn lane_codes(client: &impl GenericClient, site: SiteId) -> Result<LaneCodes, ApiError> {
    Ok(lanes::list(client, site).await?.into_iter().map(|lane| (lane.id.as_uuid(), lane.code)).collect())
}

fn stay(row: &StayRow, codes: &LaneCodes) -> Stay {
    let code =
        |id: Option<Uuid>| codes.iter().find(|(lane, _)| Some(*lane) == id).map(|(_, code)| code.clone());
    let amount = |minor| Amount { minor, currency: row.currency.clone() };
    Stay {
        id: row.id,
        plate: row.plate.clone(),
        status: row.state.clone(),
        entered_at: row.entered_at.map(|at| at.to_string()),
        exited_at: row.exited_at.map(|at| at.to_string()),
        entry_lane: code(row.entry_lane_id),
        exit_lane: code(row.exit_lane_id),
        paid: amount(row.paid_minor),
        charged: amount(row.charged_minor),
        note: row.note.clone(),
    }
}

fn charge(due: &Due) -> Charge {
    Charge {
        total: money(due.charge.total),
        paid: money(due.paid),
        due: money(due.due),
        minutes: due.charge.minutes,
        lines: due.charge.lines.iter().map(line).collect(),
    }
}

fn line(line: &ChargeLine) -> Line {
    let steps = match line.step_minutes {
        Some(step) if line.steps > 0 => format!(": {} x {step} min at {}", line.steps, line.unit),
        _ => String::new(),
    };
    let kind = serde_json::to_value(line.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
    Line {
        text: format!("{}{steps}", line.label),
        kind: kind.unwrap_or_default(),
        from: line.from.to_string(),
        until: line.until.to_string(),
        minutes: line.minutes,
        amount: money(line.amount),
    }
}

fn payment(row: PaymentRow) -> Payment {
    Payment {
        id: row.id.as_uuid(),
        method: row.method,
        amount: Amount { minor: row.amount_minor, currency: row.currency },
        taken_by: row.taken_name,
        taken_at: row.taken_at.to_string(),
        reference: row.reference,
    }
}

fn decision(row: DecisionRow) -> Decided {
    Decided {
        arrival: row.arrival_id,
        at: row.decided_at.to_string(),
        text: words(&row.code, &row.params),
        outcome: row.outcome,
        code: row.code,
        local: row.local,
        superseded: row.superseded,
    }
}

pub(crate) fn money(money: Money) -> Amount {
    Amount { minor: money.minor, currency: money.currency.to_string() }
}
