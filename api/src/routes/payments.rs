//! Cash at the gate: a named operator takes it, the ledger books it, and the waiting boom is ordered open.

use boomgate_domain::ids::StayId;
use boomgate_domain::reason::Lang;
use boomgate_operations::access::{Authorized, PaymentsTake};
use boomgate_operations::payments;
use boomgate_operations::unit::{self, Idempotency};
use boomgate_store::sites::SiteRow;
use boomgate_store::{GenericClient, lanes};
use http::StatusCode;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::stays::{NewPayment, Taken, TakenPayment};
use crate::request::{JSON_BYTES, Request, json};
use crate::routes::{idempotency, stays};

/// Takes a payment for a stay. The amount must be what the sign shows, or what is due now.
#[utoipa::path(post, path = "/api/v1/stays/{id}/payments", tag = "stays", request_body = NewPayment,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
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
    let key = idempotency::key(&request.context, &by, &body)?;
    let payment = payments::NewPayment {
        stay: StayId::from_uuid(row.id),
        method: new.method.into(),
        amount: new.amount.money("amount")?,
        note: new.note.to_string(),
    };
    let (method, lang) = (payment.method.as_str(), request.context.language());
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let settled = payments::settle(unit, &by, &site, payment).await?;
        idempotency::answer(StatusCode::CREATED, &taken(unit.tx(), &site, &settled, lang).await?)
    })
    .await?;
    if matches!(done, Idempotency::Done(_)) {
        metrics::counter!("boomgate_payments_total", "method" => method).increment(1);
        tracing::info!(stay.id = %row.id, by = by.actor().name, "payment taken");
    }
    idempotency::reply_idempotent(&done)
}

/// The answer: the payment, the stay after it, the lane that opens.
async fn taken(
    tx: &impl GenericClient,
    site: &SiteRow,
    settled: &payments::Settled,
    lang: Lang,
) -> Result<Taken, ApiError> {
    let opens = match settled.opened {
        Some(lane) => lanes::get(tx, site.id, lane).await?.map(|lane| lane.code),
        None => None,
    };
    let after = boomgate_store::stays::get(tx, site.id, settled.settlement.stay).await?;
    let after = after.ok_or(ApiError::NotFound("stay"))?;
    Ok(Taken {
        payment: TakenPayment::from(settled),
        stay: stays::describe(tx, site, &after, lang).await?,
        opens,
    })
}
