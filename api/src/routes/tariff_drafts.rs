//! Drafts of tariffs: begun, changed, discarded, published.

use boomgate_domain::ids::TariffId;
use boomgate_domain::tariff::Tariff;
use boomgate_domain::tariff::templates::Template;
use boomgate_operations::access::{Authorized, TariffsDraft, TariffsPublish, TariffsRead};
use boomgate_operations::tariffs as operations;
use boomgate_operations::unit;
use boomgate_store::sites::SiteRow;
use boomgate_store::{GenericClient, tariff_drafts};
use http::StatusCode;
use jiff::Timestamp;
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::page::Page;
use crate::model::tariff_trials::{NewTariffDraft, PublishTariff, draft_id};
use crate::model::tariffs::{TariffChange, TariffDraft, TariffVersion};
use crate::query;
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;
use crate::routes::me::no_content;
use crate::routes::tariffs::{TARIFF_BYTES, TariffsQuery, describe};

/// The price of an hour in a draft that begins from nothing, in whole units of the currency.
const FIRST_PRICE: i64 = 2;

/// The drafts of a site, the one changed last first.
#[utoipa::path(get, path = "/api/v1/tariffs/drafts", tag = "tariffs", params(TariffsQuery),
    responses((status = 200, body = Page<TariffDraft>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<TariffsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let TariffsQuery { site } = query::read(&request.query)?;
    let client = app.client().await?;
    let site = by.site(&client, site.as_ref()).await?;
    let lang = request.context.language();
    let rows = tariff_drafts::list(&client, site.id).await?;
    let items = rows.iter().map(|row| TariffDraft::of(&site, row, lang)).collect::<Result<_, _>>()?;
    ok(&Page::whole(items))
}

/// Begins a draft: from what is given, from a version, or from what is in force.
#[utoipa::path(post, path = "/api/v1/tariffs/drafts", tag = "tariffs", request_body = NewTariffDraft,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = TariffDraft), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn begin(
    app: App,
    by: Authorized<TariffsDraft>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(TARIFF_BYTES).await?;
    let new: NewTariffDraft = json(&body)?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let lang = request.context.language();
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), new.site.as_ref()).await?;
        let tariff = first(unit.tx(), &by, &site, &new).await?;
        let row = operations::begin(unit, &by, &site, tariff).await?;
        idempotency::answer(StatusCode::CREATED, &TariffDraft::of(&site, &row, lang)?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// What a draft begins from.
async fn first(
    client: &impl GenericClient,
    by: &Authorized<TariffsDraft>,
    site: &SiteRow,
    new: &NewTariffDraft,
) -> Result<Tariff, ApiError> {
    let currency = operations::currency(site)?;
    if let Some(body) = &new.tariff {
        return body.tariff(currency, "tariff");
    }
    let found = match new.version {
        Some(id) => {
            let (other, row) = operations::version(client, by, TariffId::from_uuid(id)).await?;
            let same = other.id == site.id;
            Some(same.then_some(row).ok_or(ApiError::NotFound("tariff"))?.tariff()?)
        }
        None => {
            operations::in_force(client, site, Timestamp::now()).await?.map(|found| Tariff::clone(&found))
        }
    };
    let none = || {
        let price = FIRST_PRICE.saturating_mul(10_i64.pow(currency.minor_digits()));
        Template::Hourly.tariff(TariffId::from_uuid(Uuid::nil()), currency, price)
    };
    Ok(Tariff { currency, ..found.unwrap_or_else(none) })
}

/// One draft. Its ETag is the version of the tariff in it.
#[utoipa::path(get, path = "/api/v1/tariffs/drafts/{id}", tag = "tariffs", params(("id" = Uuid, Path)),
    responses((status = 200, body = TariffDraft, headers(("ETag" = String))), (status = 404, body = crate::Problem)))]
pub(crate) async fn one(
    app: App,
    by: Authorized<TariffsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let id = draft_id(request.part("id"))?;
    let (site, row) = operations::draft(&app.client().await?, &by, id).await?;
    let shown = TariffDraft::of(&site, &row, request.context.language())?;
    etag::reply_changing(&shown, &shown.tariff)
}

/// Changes a draft. What is wrong with it stands in the answer; it is stored all the same.
#[utoipa::path(patch, path = "/api/v1/tariffs/drafts/{id}", tag = "tariffs", request_body = TariffChange,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = TariffDraft, headers(("ETag" = String))), (status = 400, body = crate::Problem),
        (status = 404, body = crate::Problem), (status = 412, body = crate::Problem)))]
pub(crate) async fn change(
    app: App,
    by: Authorized<TariffsDraft>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let change: TariffChange = json(&request.body(TARIFF_BYTES).await?)?;
    let id = draft_id(request.part("id"))?;
    let lang = request.context.language();
    let mut client = app.client().await?;
    let shown = unit::run(&mut client, async |unit| {
        let (site, _) = operations::draft(unit.tx(), &by, id).await?;
        boomgate_store::sites::lock(unit.tx(), site.id).await?;
        let (_, row) = operations::draft(unit.tx(), &by, id).await?;
        let present = TariffDraft::of(&site, &row, lang)?;
        etag::must_match(&request.context.headers, &present.tariff)?;
        let tariff = present.tariff.changed(&change)?.tariff(operations::currency(&site)?, "")?;
        let row = operations::change(unit, &by, &row, &tariff).await?;
        TariffDraft::of(&site, &row, lang)
    })
    .await?;
    etag::reply_changing(&shown, &shown.tariff)
}

/// Discards a draft.
#[utoipa::path(delete, path = "/api/v1/tariffs/drafts/{id}", tag = "tariffs", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = crate::Problem)))]
pub(crate) async fn discard(
    app: App,
    by: Authorized<TariffsDraft>,
    request: Request,
) -> Result<Response, ApiError> {
    let id = draft_id(request.part("id"))?;
    let mut client = app.client().await?;
    unit::run(&mut client, async |unit| operations::discard(unit, &by, id).await).await?;
    Ok(no_content())
}

/// Publishes a draft as the site's next version: stays that begin from then on pin it. With `If-Match` only what was looked at
/// is published.
#[utoipa::path(post, path = "/api/v1/tariffs/drafts/{id}/publish", tag = "tariffs", request_body = PublishTariff,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255),
        ("If-Match" = Option<String>, Header)),
    responses((status = 201, body = TariffVersion), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 412, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn publish(
    app: App,
    by: Authorized<TariffsPublish>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wish: PublishTariff = json(&body)?;
    let id = draft_id(request.part("id"))?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let lang = request.context.language();
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let (site, _) = operations::draft(unit.tx(), &by, id).await?;
        boomgate_store::sites::lock(unit.tx(), site.id).await?;
        let (_, row) = operations::draft(unit.tx(), &by, id).await?;
        etag::must_match(&request.context.headers, &TariffDraft::of(&site, &row, lang)?.tariff)?;
        let row = operations::publish(unit, &by, id, wish.valid_from).await?;
        idempotency::answer(StatusCode::CREATED, &describe(unit.tx(), &site, &row, lang).await?)
    })
    .await?;
    tracing::info!(draft.id = %id, by = by.actor().name, "a tariff was published");
    idempotency::reply_idempotent(&done)
}
