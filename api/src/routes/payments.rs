//! Cash at the gate: a named operator takes it, the ledger books it, and the waiting boom is ordered open.

use boomgate_domain::ids::{CommandId, PaymentId, StayId};
use boomgate_domain::money::{Currency, Money};
use boomgate_domain::stay::exit_deadline;
use boomgate_store::payments::{self, Method, Settlement};
use boomgate_store::stays::StayRow;
use boomgate_store::{StoreError, arrivals, commands, lanes, live_feed};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use warp::reply::Response;

use crate::App;
use crate::auth;
use crate::error::ApiError;
use crate::request::{Asked, json};
use crate::router::Right;
use crate::routes::lanes::Amount;
use crate::routes::once::{self, Once};
use crate::routes::stays;

const LONGEST_NOTE: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPayment {
    /// cash, or manual for money seen to arrive some other way.
    method: String,
    amount: Amount,
    #[serde(default)]
    note: String,
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
pub(crate) async fn take(id: String, app: App, asked: Asked, body: Result<Bytes, ApiError>) -> Result<Response, ApiError> {
    let caller = auth::caller(&app, &asked, Right::Money).await?;
    let body = body?;
    let new: NewPayment = json(&body)?;
    let method = method(&new)?;
    let amount = amount(&new.amount)?;
    let (site, row) = stays::find(&app, &caller, &id).await?;
    let stay = StayId::from_uuid(row.id);
    let mut client = app.client().await?;
    let tx = client.transaction().await.map_err(StoreError::from)?;
    let key = match once::begin(&tx, &asked, &caller, &body).await? {
        Once::New(key) => key,
        Once::Done(response) => return Ok(response),
    };
    let row = payments::begin(&tx, site.id, stay).await?;
    must_be_open(&row)?;
    let now = Timestamp::now();
    let shown = arrivals::waiting_for_stay(&tx, site.id, stay).await?.and_then(|arrival| arrival.amount_minor);
    let (due, tariff) = stays::due(&tx, &site, &row, now).await?
        .ok_or_else(|| ApiError::Conflict("no tariff applies to this stay; nothing can be paid".into()))?;
    must_be_due(amount, due.due, shown)?;
    let payment = PaymentId::from_uuid(Uuid::now_v7());
    let settlement = Settlement {
        site: site.id,
        payment,
        stay,
        method,
        amount,
        settles: true,
        exit_deadline: exit_deadline(now, Some(&tariff)),
        reference: new.note.trim().to_owned(),
        by: Some((caller.id, caller.name.clone())),
        at: now,
        command: CommandId::from_uuid(Uuid::now_v7()),
    };
    let settled = payments::settle(&tx, &settlement).await?;
    let opens = match settled.opened {
        Some(lane) => lanes::get(&tx, site.id, lane).await?.map(|lane| lane.code.to_string()),
        None => None,
    };
    let after = boomgate_store::stays::get(&tx, site.id, stay).await?.ok_or(ApiError::NotFound("stay"))?;
    let taken = Taken {
        payment: TakenPayment {
            id: payment.as_uuid(),
            method: method.as_str().into(),
            amount: stays::money(amount),
            taken_by: caller.name.clone(),
            settles: true,
        },
        stay: stays::describe(&tx, &site, &after).await?,
        opens,
    };
    let response = key.finish(&tx, StatusCode::CREATED, &taken, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    if let Some(lane) = settled.opened {
        commands::wake(&client, site.id, lane).await?;
    }
    live_feed::wake(&client, &[site.id.as_uuid()]).await?;
    metrics::counter!("boomgate_payments_total", "method" => method.as_str()).increment(1);
    tracing::info!(stay.id = %stay, payment.id = %payment, user.id = %caller.id, "payment taken");
    Ok(response)
}

fn method(new: &NewPayment) -> Result<Method, ApiError> {
    if new.note.chars().count() > LONGEST_NOTE {
        return Err(ApiError::invalid("note", format!("at most {LONGEST_NOTE} characters")));
    }
    match new.method.as_str() {
        "cash" => Ok(Method::Cash),
        "manual" if new.note.trim().is_empty() => Err(ApiError::invalid("note", "say how the money was seen to arrive")),
        "manual" => Ok(Method::Manual),
        other => Err(ApiError::invalid("method", format!("{other:?} is neither cash nor manual"))),
    }
}

fn amount(amount: &Amount) -> Result<Money, ApiError> {
    let currency = Currency::parse(&amount.currency).map_err(|error| ApiError::invalid("amount", error.to_string()))?;
    if amount.minor <= 0 {
        return Err(ApiError::invalid("amount", "must be more than nothing"));
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
