//! Cash at the gate: a named operator takes it, the ledger books it, and the waiting boom is ordered open.

use boomgate_domain::ids::{CommandId, LaneId, PaymentId, StayId};
use boomgate_domain::money::{Currency, Money};
use boomgate_domain::stay::exit_deadline;
use boomgate_store::payments::{self, Method, Settlement};
use boomgate_store::sites::SiteRow;
use boomgate_store::stays::StayRow;
use boomgate_store::{GenericClient, StoreError, arrivals, commands, lanes, live_feed};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use warp::reply::Response;

use crate::App;
use crate::auth::{self, Caller};
use crate::error::ApiError;
use crate::request::{Asked, Words, json};
use crate::router::Right;
use crate::routes::lanes::Amount;
use crate::routes::once::{self, Once};
use crate::routes::stays;

pub(crate) const LONGEST_NOTE: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPayment {
    /// cash, or manual for money seen to arrive some other way.
    method: String,
    amount: Amount,
    #[serde(default)]
    #[schema(value_type = String)]
    note: Words,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    payment: TakenPayment,
    stay: stays::OneStay,
    /// Code of the exit lane whose boom was ordered to open.
    opens: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TakenPayment {
    id: Uuid,
    method: String,
    amount: Amount,
    taken_by: String,
    /// Whether nothing more is due.
    settles: bool,
}

/// Takes a payment for a stay. The amount must be what the sign shows, or what is due now.
#[utoipa::path(post, path = "/api/v1/stays/{id}/payments", tag = "stays", request_body = NewPayment,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Taken), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn take(
    id: String,
    app: App,
    asked: Asked,
    body: Result<Bytes, ApiError>,
) -> Result<Response, ApiError> {
    let caller = auth::caller(&app, &asked, Right::Money).await?;
    let body = body?;
    let offer = Offer::of(&json(&body)?)?;
    let (site, row) = stays::find(&app, &caller, &id).await?;
    let mut client = app.client().await?;
    let tx = client.transaction().await.map_err(StoreError::from)?;
    let key = match once::begin(&tx, &asked, &caller, &body).await? {
        Once::New(key) => key,
        Once::Done(response) => return Ok(response),
    };
    let settlement = agree(&tx, &site, StayId::from_uuid(row.id), offer, &caller).await?;
    let settled = payments::settle(&tx, &settlement).await?;
    let taken = taken(&tx, &site, &settlement, settled.opened).await?;
    let response = key.finish(&tx, StatusCode::CREATED, &taken, settlement.at).await?;
    tx.commit().await.map_err(StoreError::from)?;
    if let Some(lane) = settled.opened {
        commands::wake(&client, site.id, lane).await;
    }
    live_feed::wake(&client, &[site.id.as_uuid()]).await;
    metrics::counter!("boomgate_payments_total", "method" => settlement.method.as_str()).increment(1);
    tracing::info!(stay.id = %settlement.stay, payment.id = %settlement.payment, user.id = %caller.id, "payment taken");
    Ok(response)
}

/// What the operator says was given.
struct Offer {
    method: Method,
    amount: Money,
    note: String,
}

impl Offer {
    fn of(new: &NewPayment) -> Result<Self, ApiError> {
        Ok(Self { method: method(new)?, amount: amount(&new.amount)?, note: new.note.trim().to_owned() })
    }
}

/// Locks the stay and checks the offer against what it owes now.
async fn agree(
    tx: &impl GenericClient,
    site: &SiteRow,
    stay: StayId,
    offer: Offer,
    by: &Caller,
) -> Result<Settlement, ApiError> {
    let row = payments::begin(tx, site.id, stay).await?;
    must_be_open(&row)?;
    let now = Timestamp::now();
    let shown = arrivals::waiting_for_stay(tx, site.id, stay).await?.and_then(|car| car.amount_minor);
    let (due, tariff) = stays::due(tx, site, &row, now)
        .await?
        .ok_or_else(|| ApiError::Conflict("no tariff applies to this stay; nothing can be paid".into()))?;
    must_be_due(offer.amount, due.due, shown)?;
    Ok(Settlement {
        site: site.id,
        payment: PaymentId::from_uuid(Uuid::now_v7()),
        stay,
        method: offer.method,
        amount: offer.amount,
        settles: true,
        exit_deadline: exit_deadline(now, Some(&tariff)),
        reference: offer.note,
        by: Some((by.id, by.name.clone())),
        at: now,
        command: CommandId::from_uuid(Uuid::now_v7()),
    })
}

/// The answer: the payment, the stay after it, the lane that opens.
async fn taken(
    tx: &impl GenericClient,
    site: &SiteRow,
    done: &Settlement,
    opened: Option<LaneId>,
) -> Result<Taken, ApiError> {
    let opens = match opened {
        Some(lane) => lanes::get(tx, site.id, lane).await?.map(|lane| lane.code),
        None => None,
    };
    let after =
        boomgate_store::stays::get(tx, site.id, done.stay).await?.ok_or(ApiError::NotFound("stay"))?;
    let payment = TakenPayment {
        id: done.payment.as_uuid(),
        method: done.method.as_str().into(),
        amount: stays::money(done.amount),
        taken_by: done.by.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        settles: done.settles,
    };
    Ok(Taken { payment, stay: stays::describe(tx, site, &after).await?, opens })
}

fn method(new: &NewPayment) -> Result<Method, ApiError> {
    if new.note.chars().count() > LONGEST_NOTE {
        return Err(ApiError::invalid("note", format!("at most {LONGEST_NOTE} characters")));
    }
    match &*new.method {
        "cash" => Ok(Method::Cash),
        "manual" if new.note.trim().is_empty() => {
            Err(ApiError::invalid("note", "say how the money was seen to arrive"))
        }
        "manual" => Ok(Method::Manual),
        other => Err(ApiError::invalid("method", format!("{other:?} is neither cash nor manual"))),
    }
}

fn amount(amount: &Amount) -> Result<Money, ApiError> {
    let currency = Currency::parse(&amount.currency)
        .map_err(|error| ApiError::invalid("amount.currency", error.to_string()))?;
    if amount.minor <= 0 {
        return Err(ApiError::invalid("amount.minor", "must be more than nothing"));
    }
    Ok(Money::new(amount.minor, currency))
}

fn must_be_open(row: &StayRow) -> Result<(), ApiError> {
    if row.state == StayRow::OPEN {
        return Ok(());
    }
    Err(ApiError::Conflict(format!("the stay is {}; only an open stay is paid", row.state)))
}

/// What the driver was shown is what the driver pays, even if a step has begun since.
fn must_be_due(amount: Money, due: Money, shown: Option<i64>) -> Result<(), ApiError> {
    if amount.currency != due.currency {
        return Err(ApiError::Unprocessable(format!("this stay is paid in {}", due.currency)));
    }
    if due.minor == 0 && shown.is_none() {
        return Err(ApiError::Conflict("nothing is due".into()));
    }
    if amount == due || shown == Some(amount.minor) {
        return Ok(());
    }
    Err(ApiError::Unprocessable(format!("{due} is due, not {amount}")))
}
