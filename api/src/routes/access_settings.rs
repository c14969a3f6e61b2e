//! How a site treats cars with and without rights: read and chosen.

use boomgate_operations::access::{Authorized, SettingsWrite, SiteRef, SubscriptionsRead};
use boomgate_operations::{access_settings, unit};
use boomgate_store::access_settings as stored;
use warp::reply::Response;

use crate::app::App;
use crate::error::ApiError;
use crate::etag;
use crate::model::access_settings::{Access, AccessChange};
use crate::request::{JSON_BYTES, Request, json};

/// How a site treats cars with and without rights.
#[utoipa::path(get, path = "/api/v1/sites/{id}/access", tag = "sites", params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Access, headers(("ETag" = String))), (status = 304, description = "the version the client has"),
        (status = 404, body = crate::Problem)))]
pub(crate) async fn show(
    app: App,
    by: Authorized<SubscriptionsRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let client = app.client().await?;
    let site = by.site(&client, Some(&SiteRef::parse(request.part("id")))).await?;
    etag::reply(&request.context, &Access::of(stored::get(&client, site.id).await?)?)
}

/// Chooses how a site treats cars with and without rights, from the next decision on.
#[utoipa::path(patch, path = "/api/v1/sites/{id}/access", tag = "sites", request_body = AccessChange,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = Access, headers(("ETag" = String))), (status = 404, body = crate::Problem),
        (status = 412, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn change(
    app: App,
    by: Authorized<SettingsWrite>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let set = json::<AccessChange>(&request.body(JSON_BYTES).await?)?.set();
    let wanted = SiteRef::parse(request.part("id"));
    let mut client = app.client().await?;
    let changed = unit::run(&mut client, async |unit| {
        let site = by.site(unit.tx(), Some(&wanted)).await?;
        let before = Access::of(stored::get(unit.tx(), site.id).await?)?;
        etag::must_match(&request.context.headers, &before)?;
        Ok::<_, ApiError>(access_settings::set(unit, &by, site.id, &set).await?)
    })
    .await?;
    etag::reply(&request.context, &Access::of(changed)?)
}
