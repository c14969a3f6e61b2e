//! Validation codes: made and cancelled by one person, redeemed by another.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::{StayId, ValidationCodeId, ValidationId};
use boomgate_domain::reason::Lang;
use boomgate_operations::access::{Authorized, SiteRef, ValidationsManage, ValidationsRedeem};
use boomgate_operations::{unit, validations as operations};
use boomgate_store::sites::SiteRow;
use boomgate_store::{GenericClient, validations};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::model::page::Page;
use crate::model::stays::OneStay;
use crate::model::validations::{NewValidationCode, RedeemCode, ValidationCode};
use crate::query::{self, Limit};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::{idempotency, stays};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ValidationsQuery {
    /// Id or code; may be left out by who sees one site only.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// Validation codes of a site, the newest first.
#[utoipa::path(get, path = "/api/v1/validations", tag = "validations", params(ValidationsQuery),
    responses((status = 200, body = Page<ValidationCode>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<ValidationsManage>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: ValidationsQuery = query::read(&request.query)?;
    let client = app.client().await?;
    let site = by.site(&client, wanted.site.as_ref()).await?;
    let Limit(limit) = wanted.limit;
    let before = wanted.cursor.map(ValidationCodeId::from_uuid);
    let rows = validations::page_of_codes(&client, site.id, before, i64::from(limit) + 1).await?;
    let now = Timestamp::now();
    ok(&Page::of(rows, limit, |row| row.id.to_string(), |row| ValidationCode::of(&site, row, now))?)
}

/// Makes a code.
#[utoipa::path(post, path = "/api/v1/validations", tag = "validations", request_body = NewValidationCode,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = ValidationCode), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn add(
    app: App,
    by: Authorized<ValidationsManage>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new: NewValidationCode = json(&body)?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), new.site.as_ref()).await?;
        let row = operations::add(unit, &by, &site, new.code()).await?;
        idempotency::answer::<_>(StatusCode::CREATED, &ValidationCode::of(&site, row, Timestamp::now())?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Ends a code. What was redeemed stays so.
#[utoipa::path(post, path = "/api/v1/validations/{id}/cancel", tag = "validations",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = ValidationCode), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn cancel(
    app: App,
    by: Authorized<ValidationsManage>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let id = request.part("id").parse().map_err(|_| ApiError::NotFound("validation code"))?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let row = operations::cancel_code(unit, &by, id).await?;
        let (site, _) = operations::code(unit.tx(), &by, id).await?;
        idempotency::answer::<_>(StatusCode::OK, &ValidationCode::of(&site, row, Timestamp::now())?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Redeems a code for an open stay. Never by the person who made the code. Where nothing is due any more, the boom of the
/// waiting car is ordered open.
#[utoipa::path(post, path = "/api/v1/stays/{id}/validations", tag = "validations", request_body = RedeemCode,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = OneStay), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn redeem(
    app: App,
    by: Authorized<ValidationsRedeem>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wish: RedeemCode = json(&body)?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let lang = request.context.language();
    let mut client = app.client().await?;
    let (site, row) = stays::find(&client, &by, request.part("id")).await?;
    let stay = StayId::from_uuid(row.id);
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        operations::redeem(unit, &by, &site, stay, &wish.code).await?;
        idempotency::answer(StatusCode::CREATED, &after(unit.tx(), &site, stay, lang).await?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Takes back what was redeemed for an open stay.
#[utoipa::path(post, path = "/api/v1/stays/{id}/validations/{validation}/cancel", tag = "validations",
    params(("id" = Uuid, Path), ("validation" = Uuid, Path),
        ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = OneStay), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn take_back(
    app: App,
    by: Authorized<ValidationsRedeem>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let id: ValidationId =
        request.part("validation").parse().map_err(|_| ApiError::NotFound("validation"))?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let lang = request.context.language();
    let mut client = app.client().await?;
    let (site, row) = stays::find(&client, &by, request.part("id")).await?;
    let stay = StayId::from_uuid(row.id);
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        operations::cancel(unit, &by, &site, stay, id).await?;
        idempotency::answer(StatusCode::OK, &after(unit.tx(), &site, stay, lang).await?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

async fn after(
    tx: &impl GenericClient,
    site: &SiteRow,
    stay: StayId,
    lang: Lang,
) -> Result<OneStay, ApiError> {
    let row = boomgate_store::stays::get(tx, site.id, stay).await?.ok_or(ApiError::NotFound("stay"))?;
    stays::describe(tx, site, &row, lang).await
}
