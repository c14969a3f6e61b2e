//! Cash at the gate: a named operator takes it, the ledger books it, and the waiting boom is ordered open.

use boomgate_domain::ids::StayId;
use boomgate_domain::money::{Currency, Money};
use boomgate_operations::access::{Authorized, PaymentsTake};
use boomgate_operations::payments;
use boomgate_operations::unit::{self, Once};
use boomgate_store::payments::Method;
use boomgate_store::sites::SiteRow;
use boomgate_store::{GenericClient, lanes};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use warp::reply::Response;

use crate::App;
use crate::error::ApiError;
use crate::request::{JSON_BYTES, Request, Words, json};
use crate::routes::lanes::Amount;
use crate::routes::{once, stays};

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
    app: App,
    by: Authorized<PaymentsTake>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new: NewPayment = json(&body)?;
    let mut client = app.client().await?;
    let (site, row) = stays::find(&client, &by, request.part("id")).await?;
    let key = once::key(&request.asked, by.actor().id, &body)?;
    let payment = new.for_stay(StayId::from_uuid(row.id))?;
    let method = payment.method.as_str();
    let done = unit::run_once(&mut client, &key, async |unit| {
        let settled = payments::settle(unit, &by, &site, payment).await?;
        once::answer(StatusCode::CREATED, &taken(unit.tx(), &site, &settled).await?)
    })
    .await?;
    if matches!(done, Once::Done(_)) {
        metrics::counter!("boomgate_payments_total", "method" => method).increment(1);
        tracing::info!(stay.id = %row.id, user.id = %by.actor().id, "payment taken");
    }
    once::reply_once(&done)
}

impl NewPayment {
    fn for_stay(self, stay: StayId) -> Result<payments::NewPayment, ApiError> {
        let method = match &*self.method {
            "cash" => Method::Cash,
            "manual" => Method::Manual,
            other => {
                return Err(ApiError::invalid("method", format!("{other:?} is neither cash nor manual")));
            }
        };
        let currency = Currency::parse(&self.amount.currency)
            .map_err(|error| ApiError::invalid("amount.currency", error.to_string()))?;
        let amount = Money::new(self.amount.minor, currency);
        Ok(payments::NewPayment { stay, method, amount, note: self.note.to_string() })
    }
}

/// The answer: the payment, the stay after it, the lane that opens.
async fn taken(
    tx: &impl GenericClient,
    site: &SiteRow,
    settled: &payments::Settled,
) -> Result<Taken, ApiError> {
    let done = &settled.settlement;
    let opens = match settled.opened {
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
