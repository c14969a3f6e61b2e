//! Lanes as they are now, and orders to their booms.

use boomgate_domain::ids::{ArrivalId, CommandId, LaneId, SiteId, StayId};
use boomgate_domain::money::{Currency, Money};
use boomgate_domain::reason::{Lang, Reason};
use boomgate_store::decisions::{self, DecisionRow};
use boomgate_store::lanes::{self, LaneStatus};
use boomgate_store::manual::{self, ManualOrder};
use boomgate_store::sites::{self, SiteRow};
use boomgate_store::{GenericClient, StoreError, arrivals, commands, live_feed, payments};
use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;
use warp::reply::Response;

use crate::App;
use crate::auth::{self, Caller};
use crate::error::ApiError;
use crate::request::{Asked, Words, json, ok};
use crate::router::Right;
use crate::routes::once::{self, Once};

/// A lane not heard for so long is shown as gone.
const HEARD: SignedDuration = SignedDuration::from_secs(30);
pub(crate) const LONGEST_REASON: usize = 300;

#[derive(Serialize, ToSchema)]
pub(crate) struct Lanes {
    items: Vec<Lane>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Lane {
    id: Uuid,
    code: String,
    name: String,
    direction: String,
    site: LaneSite,
    device: Option<LaneDevice>,
    /// As last heard: closed, opening, open, closing, held, broken or unknown.
    boom: String,
    mode: String,
    faults: Vec<String>,
    /// How well the camera sees plates; null until the lane says so.
    view: Option<View>,
    /// The car that waits in front of the boom.
    last: Option<Waiting>,
}

/// By the pictures of the last vehicles.
#[derive(Deserialize, Serialize, ToSchema)]
pub(crate) struct View {
    /// 0 nothing can be read, 100 nothing to better.
    score: u8,
    /// The one thing to do about it.
    advice: String,
    /// Share of the pictures with a plate, in permille.
    plates: u16,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LaneSite {
    id: Uuid,
    code: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LaneDevice {
    code: String,
    connected: bool,
    last_seen: Option<String>,
    /// Whole days until its certificate ends, negative when it has; null where that is not known.
    certificate_days: Option<i64>,
    /// Its wall clock less the server's in milliseconds, at its last hello; null until there was one.
    clock_ahead_ms: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Waiting {
    arrival: Uuid,
    at: String,
    plate: Option<String>,
    outcome: Option<String>,
    code: Option<String>,
    /// The decision in words.
    text: Option<String>,
    local: bool,
    stay: Option<Uuid>,
    amount: Option<Amount>,
    /// SHA-256 of the picture, hex; null until the picture is stored.
    evidence: Option<String>,
    waiting: bool,
}

/// Minor units of an ISO 4217 currency.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Amount {
    pub(crate) minor: i64,
    pub(crate) currency: String,
}

/// All lanes of the caller's sites, with the car waiting at each.
#[utoipa::path(get, path = "/api/v1/lanes", tag = "lanes", responses((status = 200, body = Lanes), (status = 401, body = crate::Problem)))]
pub(crate) async fn list(app: App, asked: Asked) -> Result<Response, ApiError> {
    let caller = auth::caller(&app, &asked, Right::Watch).await?;
    let sites = auth::sites_of(&app, &caller).await?;
    let client = app.client().await?;
    let mut items = Vec::new();
    for site in sites {
        for status in lanes::list(&client, site.id).await? {
            items.push(lane(&client, &site, status).await?);
        }
    }
    ok(&Lanes { items })
}

async fn lane(client: &impl GenericClient, site: &SiteRow, status: LaneStatus) -> Result<Lane, ApiError> {
    let last = waiting(client, site, &status).await?;
    let hello = status.hello.unwrap_or_default();
    let word = |name: &str| hello[name].as_str().unwrap_or("unknown").to_owned();
    let faults =
        hello["faults"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let fresh = |seen: &Timestamp| Timestamp::now().duration_since(*seen) < HEARD;
    let certificate_days = status.certificate_until.map(|until| days_until(until, Timestamp::now()));
    let device = status.device_code.map(|code| LaneDevice {
        code,
        certificate_days,
        connected: status.last_seen.as_ref().is_some_and(fresh),
        last_seen: status.last_seen.map(|seen| seen.to_string()),
        clock_ahead_ms: status.clock_ahead_ms,
    });
    Ok(Lane {
        id: status.id.as_uuid(),
        code: status.code,
        name: status.name,
        direction: status.direction,
        site: LaneSite { id: site.id.as_uuid(), code: site.code.clone() },
        device,
        boom: word("boom"),
        mode: word("mode"),
        faults: faults.collect(),
        // Lanes from before the view say none.
        view: View::deserialize(&hello["view"]).ok(),
        last,
    })
}

fn days_until(until: Timestamp, now: Timestamp) -> i64 {
    until.duration_since(now).as_secs().div_euclid(24 * 3600)
}

async fn waiting(
    client: &impl GenericClient,
    site: &SiteRow,
    status: &LaneStatus,
) -> Result<Option<Waiting>, ApiError> {
    let (Some(arrival), Some(at)) = (status.arrival_id, status.arrived_at) else { return Ok(None) };
    let decided = decisions::of_arrival(client, site.id, ArrivalId::from_uuid(arrival)).await?;
    // A payment or a person may have let the car pass since: then the code is none of a decision.
    let same = |decision: &&DecisionRow| Some(&decision.code) == status.arrival_code.as_ref();
    let stands = decided.iter().filter(same).rfind(|decision| !decision.superseded);
    let params = match stands {
        Some(decision) => decision.params.clone(),
        None => paid(client, site, status).await?,
    };
    let currency = || site.currency.clone();
    Ok(Some(Waiting {
        arrival,
        at: at.to_string(),
        plate: status.arrival_plate.clone(),
        outcome: status.arrival_outcome.clone(),
        text: status.arrival_code.as_deref().map(|code| words(code, &params)),
        code: status.arrival_code.clone(),
        local: stands.is_some_and(|decision| decision.local),
        stay: status.arrival_stay_id,
        amount: status.arrival_amount_minor.map(|minor| Amount { minor, currency: currency() }),
        evidence: status.arrival_evidence.as_deref().map(hex::encode),
        waiting: true,
    }))
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

/// A reason in English; the bare code where the parameters do not fit its text.
pub(crate) fn words(code: &str, params: &Value) -> String {
    let params = serde_json::from_value(params.clone()).unwrap_or_default();
    if let Ok(reason) = Reason::from_parts(code, &params) {
        return reason.text(Lang::En);
    }
    let plain = Reason::template(code, Lang::En).filter(|text| !text.contains('{'));
    plain.unwrap_or(code).to_owned()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCommand {
    /// open, close, hold, release or refuse.
    action: String,
    /// Why, in the operator's words; kept in the audit.
    #[schema(value_type = String)]
    reason: Words,
    /// The car this is about.
    arrival: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Ordered {
    command: OrderedCommand,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OrderedCommand {
    id: Uuid,
    lane: Uuid,
    action: String,
    state: String,
}

/// Orders a boom. The answer means "queued": the lane's own answer comes on the live feed.
#[utoipa::path(post, path = "/api/v1/lanes/{id}/commands", tag = "lanes", request_body = NewCommand,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = Ordered), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn command(
    id: String,
    app: App,
    asked: Asked,
    body: Result<Bytes, ApiError>,
) -> Result<Response, ApiError> {
    let caller = auth::caller(&app, &asked, Right::Drive).await?;
    let body = body?;
    let wish: NewCommand = json(&body)?;
    let (action, code) = known(&wish)?;
    let (site, lane) = find(&app, &caller, &id).await?;
    let mut client = app.client().await?;
    let tx = client.transaction().await.map_err(StoreError::from)?;
    let key = match once::begin(&tx, &asked, &caller, &body).await? {
        Once::New(key) => key,
        Once::Done(response) => return Ok(response),
    };
    let order = order(&wish, (site, lane), (action, code), &caller);
    must_wait_here(&tx, &order).await?;
    manual::order(&tx, &order).await?;
    let response =
        key.finish(&tx, StatusCode::ACCEPTED, &Ordered { command: ordered(&order) }, order.at).await?;
    tx.commit().await.map_err(StoreError::from)?;
    commands::wake(&client, site, lane).await;
    live_feed::wake(&client, &[site.as_uuid()]).await;
    tracing::info!(lane.id = %lane, command.id = %order.command, action, user.id = %caller.id, "order of an operator");
    Ok(response)
}

fn order(
    wish: &NewCommand,
    (site, lane): (SiteId, LaneId),
    (action, code): (&'static str, &str),
    by: &Caller,
) -> ManualOrder {
    ManualOrder {
        site,
        lane,
        command: CommandId::from_uuid(Uuid::now_v7()),
        arrival: wish.arrival,
        action,
        code: code.to_owned(),
        by: (by.id, by.name.clone()),
        reason: wish.reason.trim().to_owned(),
        at: Timestamp::now(),
    }
}

fn ordered(order: &ManualOrder) -> OrderedCommand {
    OrderedCommand {
        id: order.command.as_uuid(),
        lane: order.lane.as_uuid(),
        action: order.action.to_owned(),
        state: commands::state::WISHED.to_owned(),
    }
}

/// What was ordered for one car must not serve the next one, nor a car at another lane.
async fn must_wait_here(tx: &impl GenericClient, order: &ManualOrder) -> Result<(), ApiError> {
    let Some(arrival) = order.arrival else { return Ok(()) };
    sites::lock(tx, order.site).await?;
    let waiting = arrivals::get(tx, order.site, ArrivalId::from_uuid(arrival)).await?;
    let here = waiting.is_some_and(|car| car.lane_id == order.lane.as_uuid() && car.passed_at.is_none());
    if here { Ok(()) } else { Err(ApiError::Conflict("this car does not wait at this lane any more".into())) }
}

fn known(order: &NewCommand) -> Result<(&'static str, &'static str), ApiError> {
    let reason = order.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(ApiError::invalid("reason", format!("say why, in 1 to {LONGEST_REASON} characters")));
    }
    match order.action.as_str() {
        "open" => Ok(("open", "OPEN-MANUAL")),
        "hold" => Ok(("hold", "OPEN-MANUAL")),
        "close" => Ok(("close", "DENY-MANUAL")),
        "release" => Ok(("release", "DENY-MANUAL")),
        "refuse" => Ok(("refuse", "DENY-MANUAL")),
        other => {
            let why = format!("{other:?} is none of open, close, hold, release, refuse");
            Err(ApiError::invalid("action", why))
        }
    }
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<(SiteId, LaneId), ApiError> {
    let id: LaneId = id.parse().map_err(|_| ApiError::NotFound("lane"))?;
    for site in auth::sites_of(app, caller).await? {
        if lanes::get(&app.client().await?, site.id, id).await?.is_some() {
            return Ok((site.id, id));
        }
    }
    Err(ApiError::NotFound("lane"))
}
