//! Lanes as they are now, and orders to their booms.

use boomgate_domain::ids::{ArrivalId, LaneId, StayId};
use boomgate_domain::money::{Currency, Money};
use boomgate_domain::reason::{Lang, Reason};
use boomgate_operations::access::{Authorized, LanesOperate, LanesRead};
use boomgate_operations::booms::{self, Action, NewOrder};
use boomgate_operations::unit;
use boomgate_store::commands::CommandState;
use boomgate_store::decisions::{self, DecisionRow};
use boomgate_store::lanes::{self, LaneStatus};
use boomgate_store::manual::ManualOrder;
use boomgate_store::sites::SiteRow;
use boomgate_store::{GenericClient, payments};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;
use warp::reply::Response;

use crate::App;
use crate::error::ApiError;
use crate::request::{JSON_BYTES, Request, Words, json, ok};
use crate::routes::once;

/// A lane not heard for so long is shown as gone.
const HEARD: SignedDuration = SignedDuration::from_secs(30);

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
pub(crate) async fn list(app: App, by: Authorized<LanesRead>, _: Request) -> Result<Response, ApiError> {
    let client = app.client().await?;
    let sites = by.sites(&client).await?;
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
    app: App,
    by: Authorized<LanesOperate>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new: NewCommand = json(&body)?;
    let mut client = app.client().await?;
    let lane = request.part("id").parse().map_err(|_| ApiError::NotFound("lane"))?;
    let site = by.site_of_lane(&client, lane).await?.id;
    let key = once::key(&request.asked, by.actor().id, &body)?;
    let order = new.order(lane)?;
    let action = order.action.as_str();
    let done = unit::run_once(&mut client, &key, async |unit| {
        let ordered = booms::order(unit, &by, site, order).await?;
        once::answer(StatusCode::ACCEPTED, &Ordered::of(&ordered))
    })
    .await?;
    tracing::info!(lane.id = %lane, action, user.id = %by.actor().id, "order of an operator");
    once::reply_once(&done)
}

impl NewCommand {
    fn order(self, lane: LaneId) -> Result<NewOrder, ApiError> {
        let Some(action) = Action::parse(&self.action) else {
            let why = format!("{:?} is none of open, close, hold, release, refuse", self.action);
            return Err(ApiError::invalid("action", why));
        };
        let arrival = self.arrival.map(ArrivalId::from_uuid);
        Ok(NewOrder { lane, action, reason: self.reason.to_string(), arrival })
    }
}

impl Ordered {
    fn of(order: &ManualOrder) -> Self {
        let command = OrderedCommand {
            id: order.command.as_uuid(),
            lane: order.lane.as_uuid(),
            action: order.action.to_owned(),
            state: CommandState::Pending.as_str().to_owned(),
        };
        Self { command }
    }
}
