//! Sites: which there are, opening and correcting one.

use boomgate_operations::access::{Authorized, SettingsWrite, SignedIn, SiteRef};
use boomgate_operations::sites::{self, SetSite};
use boomgate_operations::unit;
use http::StatusCode;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::page::Page;
use crate::model::sites::{NewSite, Site, SiteChange};
use crate::request::{JSON_BYTES, Request, json, ok};
use crate::routes::idempotency;

/// The sites the caller sees, by code.
#[utoipa::path(get, path = "/api/v1/sites", tag = "sites", responses((status = 200, body = Page<Site>)))]
pub(crate) async fn list(app: App, by: Authorized<SignedIn>, _: Request) -> Result<Response, ApiError> {
    let sites = by.sites(&app.client().await?).await?;
    ok(&Page::whole(sites.into_iter().map(Site::from).collect()))
}

/// Opens a site. For who holds the permission at every site of the company.
#[utoipa::path(post, path = "/api/v1/sites", tag = "sites", request_body = NewSite,
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255)),
    responses((status = 201, body = Site), (status = 400, body = crate::Problem), (status = 409, body = crate::Problem),
        (status = 422, body = crate::Problem)))]
pub(crate) async fn add(
    app: App,
    by: Authorized<SettingsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(JSON_BYTES).await?;
    let new = json::<NewSite>(&body)?.site()?;
    let key = idempotency::key(&request.context, &by, &body)?;
    let mut client = app.client().await?;
    let done = unit::run_idempotent(&mut client, &key, async |unit| {
        let site = sites::add(unit, &by, new).await?;
        idempotency::answer(StatusCode::CREATED, &Site::from(site))
    })
    .await?;
    idempotency::reply_idempotent(&done)
}

/// One site, by id or code.
#[utoipa::path(get, path = "/api/v1/sites/{id}", tag = "sites",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Site, headers(("ETag" = String))), (status = 304, description = "the version the client has"),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn one(app: App, by: Authorized<SignedIn>, request: Request) -> Result<Response, ApiError> {
    let site = by.site(&app.client().await?, Some(&SiteRef::parse(request.part("id")))).await?;
    etag::reply(&request.context, &Site::from(site))
}

/// Corrects a site, for every event that comes from now on.
#[utoipa::path(patch, path = "/api/v1/sites/{id}", tag = "sites", request_body = SiteChange,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = Site, headers(("ETag" = String))), (status = 404, body = crate::Problem),
        (status = 412, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn change(
    app: App,
    by: Authorized<SettingsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let change: SiteChange = json(&request.body(JSON_BYTES).await?)?;
    let (name, time_zone, currency) = (change.name()?, change.time_zone()?, change.currency()?);
    let (languages, capacity) = (change.languages()?, change.capacity()?);
    let wanted = SiteRef::parse(request.part("id"));
    let mut client = app.client().await?;
    let changed = unit::run(&mut client, async |unit| {
        let site = by.site(unit.tx(), Some(&wanted)).await?;
        let code = site.code.parse().map_err(ApiError::internal)?;
        let set = SetSite { site: code, name, time_zone, currency, languages, capacity };
        etag::must_match(&request.context.headers, &Site::from(site))?;
        sites::set(unit, &by, &set).await?;
        Ok::<_, ApiError>(by.site(unit.tx(), Some(&wanted)).await?)
    })
    .await?;
    etag::reply(&request.context, &Site::from(changed))
}
