//! Subscriptions: read, made, corrected; their vehicles; paused, resumed, renewed, ended.
#![expect(unused_qualifications, reason = "utoipa's attribute writes them")]

use boomgate_domain::ids::{PlanId, SubscriptionId};
use boomgate_operations::access::{Authorized, SiteRef, SubscriptionsRead, SubscriptionsWrite};
use boomgate_operations::error::OperationError;
use boomgate_operations::unit::Unit;
use boomgate_operations::{subscriptions, unit};
use boomgate_store::GenericClient;
use boomgate_store::sites::SiteRow;
use boomgate_store::subscription_contracts::{self as stored, ContractFilter, ContractRow, StateFilter};
use boomgate_store::subscription_plates;
use boomgate_store::words::SubscriptionState;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::page::Page;
use crate::model::subscriptions::{
    EndSubscription, NewSubscription, PauseSubscription, RenewSubscription, ResumeSubscription, Subscription,
    SubscriptionDetail, SubscriptionSet, VehiclesChange,
};
use crate::query::{self, Limit};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

/// In which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubscriptionFilter {
    Planned,
    Active,
    Paused,
    Ended,
    /// It ends within the days of the site's notice.
    Ending,
}

impl From<SubscriptionFilter> for StateFilter {
    fn from(word: SubscriptionFilter) -> Self {
        match word {
            SubscriptionFilter::Planned => Self::State(SubscriptionState::Planned),
            SubscriptionFilter::Active => Self::State(SubscriptionState::Active),
            SubscriptionFilter::Paused => Self::State(SubscriptionState::Paused),
            SubscriptionFilter::Ended => Self::State(SubscriptionState::Ended),
            SubscriptionFilter::Ending => Self::Ending,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubscriptionsQuery {
    /// Id or code; all sites the caller sees where it is left out.
    #[serde(default, deserialize_with = "query::site")]
    #[param(value_type = Option<String>)]
    site: Option<SiteRef>,
    #[param(inline)]
    state: Option<SubscriptionFilter>,
    /// Part of a plate as people write it (0 and O, 1 and I alike), of the holder's name, or of a contact.
    q: Option<String>,
    plan: Option<Uuid>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

/// Subscriptions, the newest first, with their vehicles and the places these take.
#[utoipa::path(get, path = "/api/v1/subscriptions", tag = "subscriptions", params(SubscriptionsQuery),
    responses((status = 200, body = Page<Subscription>), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem)))]
pub(crate) async fn list(
    app: App,
    by: Authorized<SubscriptionsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: SubscriptionsQuery = query::read(&request.query)?;
    let filter = ContractFilter {
        state: wanted.state.map(StateFilter::from),
        part: wanted.q.filter(|part| !part.trim().is_empty()),
        plan: wanted.plan.map(PlanId::from_uuid),
        before: wanted.cursor.map(SubscriptionId::from_uuid),
    };
    let client = app.client().await?;
    let sites = match &wanted.site {
        Some(_) => vec![by.site(&client, wanted.site.as_ref()).await?],
        None => by.sites(&client).await?,
    };
    let sites: Vec<Uuid> = sites.iter().map(|site| site.id.as_uuid()).collect();
    let (Limit(limit), now) = (wanted.limit, Timestamp::now());
    let rows = stored::page(&client, &sites, &filter, now, i64::from(limit) + 1).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
    let plates = subscription_plates::of_subscriptions(&client, &sites, &ids).await?;
    let show = |row| Ok::<_, ApiError>(Subscription::of(row, &plates, now));
    ok(&Page::of(rows, limit, |row: &ContractRow| row.id.to_string(), show)?)
}

/// One subscription with the vehicles it had and what was done to it.
#[utoipa::path(get, path = "/api/v1/subscriptions/{id}", tag = "subscriptions",
    params(("id" = Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = SubscriptionDetail, headers(("ETag" = String))),
        (status = 304, description = "the version the client has"), (status = 404, body = crate::Problem)))]
pub(crate) async fn one(
    app: App,
    by: Authorized<SubscriptionsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id(&request)?;
    let client = app.client().await?;
    let site = by.site_of_subscription(&client, id).await?;
    etag::reply(&request.context, &detail(&client, &site, id).await?)
}

async fn detail(
    client: &impl GenericClient,
    site: &SiteRow,
    id: SubscriptionId,
) -> Result<SubscriptionDetail, ApiError> {
    let now = Timestamp::now();
    let row = stored::get(client, site.id, id, now).await?;
    let (sites, ids) = ([site.id.as_uuid()], [id.as_uuid()]);
    let plates = subscription_plates::of_subscriptions(client, &sites, &ids).await?;
    let history = stored::history(client, site.id, id).await?;
    SubscriptionDetail::of(row, &plates, history, now)
}

/// Makes a subscription of several vehicles.
#[utoipa::path(post, path = "/api/v1/subscriptions", tag = "subscriptions", request_body = NewSubscription,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = SubscriptionDetail), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn add(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: NewSubscription = json(&body)?;
    let new = wanted.subscription()?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = by.site(unit.tx(), wanted.site.as_ref()).await?;
        let row = subscriptions::add(unit, &by, &site, new).await?;
        idempotency::answer(StatusCode::CREATED, &detail(unit.tx(), &site, row.id).await?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// Corrects a subscription, from the next decision on.
#[utoipa::path(patch, path = "/api/v1/subscriptions/{id}", tag = "subscriptions", request_body = SubscriptionSet,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = SubscriptionDetail, headers(("ETag" = String))), (status = 400, body = crate::Problem),
        (status = 404, body = crate::Problem), (status = 409, body = crate::Problem), (status = 412, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn change(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let set = json::<SubscriptionSet>(&request.body(JSON_BYTES).await?)?.set()?;
    let id = id(&request)?;
    let mut client = app.client().await?;
    let changed = unit::run(&mut client, async |unit| {
        let site = by.site_of_subscription(unit.tx(), id).await?;
        etag::must_match(&request.context.headers, &detail(unit.tx(), &site, id).await?)?;
        subscriptions::set(unit, &by, &site, id, set).await?;
        detail(unit.tx(), &site, id).await
    })
    .await?;
    etag::reply(&request.context, &changed)
}

/// Adds and removes vehicles; one of each is a change of plate.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/vehicles", tag = "subscriptions", request_body = VehiclesChange,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = SubscriptionDetail), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn vehicles(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let set = json::<VehiclesChange>(&body)?.set()?;
    act(&app, &by, &request, &body, async |unit, site, id| {
        subscriptions::set_vehicles(unit, &by, site, id, set).await
    })
    .await
}

/// Lets a subscription rest, at once or later, until a time or until it is resumed.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/pause", tag = "subscriptions", request_body = PauseSubscription,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = SubscriptionDetail), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn pause(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: PauseSubscription = json(&body)?;
    act(&app, &by, &request, &body, async |unit, site, id| {
        subscriptions::pause(unit, &by, site, id, (wanted.from, wanted.until), &wanted.reason).await
    })
    .await
}

/// Ends a pause now, or takes back one that comes.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/resume", tag = "subscriptions", request_body = ResumeSubscription,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = SubscriptionDetail), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn resume(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: ResumeSubscription = json(&body)?;
    act(&app, &by, &request, &body, async |unit, site, id| {
        subscriptions::resume(unit, &by, site, id, &wanted.reason).await
    })
    .await
}

/// Adds periods of its plan: from its end on, or from now where it is over.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/renew", tag = "subscriptions", request_body = RenewSubscription,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = SubscriptionDetail), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn renew(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: RenewSubscription = json(&body)?;
    act(&app, &by, &request, &body, async |unit, site, id| {
        subscriptions::renew(unit, &by, site, id, wanted.periods).await
    })
    .await
}

/// Ends a subscription now or at a time, or takes such an end back.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/end", tag = "subscriptions", request_body = EndSubscription,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 200, body = SubscriptionDetail), (status = 400, body = crate::Problem), (status = 404, body = crate::Problem),
        (status = 409, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn end(
    app: App,
    by: Authorized<SubscriptionsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let wanted: EndSubscription = json(&body)?;
    let end = wanted.end()?;
    act(&app, &by, &request, &body, async |unit, site, id| {
        subscriptions::end(unit, &by, site, id, end, &wanted.reason).await
    })
    .await
}

/// Does something to a subscription, once for each key, and answers it as it is then.
async fn act(
    app: &App,
    by: &Authorized<SubscriptionsWrite>,
    request: &Request,
    body: &[u8],
    work: impl AsyncFnOnce(&Unit<'_>, &SiteRow, SubscriptionId) -> Result<ContractRow, OperationError>,
) -> Result<Response, ApiError> {
    let id = id(request)?;
    let key = idempotency::key(&request.context, by, body)?;
    let mut client = app.client().await?;
    let site = by.site_of_subscription(&client, id).await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        work(unit, &site, id).await?;
        idempotency::answer(StatusCode::OK, &detail(unit.tx(), &site, id).await?)
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

fn id(request: &Request) -> Result<SubscriptionId, ApiError> {
    request.part("id").parse().map_err(|_| ApiError::NotFound("subscription"))
}
