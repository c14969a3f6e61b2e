//! Pictures of cars, for users with access to the site at which they were taken.

use boomgate_domain::ids::SiteId;
use boomgate_operations::access::{Authorized, LanesRead};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use object_store::ObjectStoreExt;
use warp::reply::Response;

use crate::app::App;
use crate::device::{place, sha256};
use crate::error::ApiError;
use crate::request::Request;

/// One picture by its name.
#[utoipa::path(get, path = "/api/v1/evidence/{sha256}", tag = "lanes", params(("sha256" = String, Path, pattern = "^[0-9a-fA-F]{64}$")),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 404, body = crate::Problem)))]
pub(crate) async fn show(
    app: App,
    by: Authorized<LanesRead>,
    request: Request,
) -> Result<Response, ApiError> {
    let hash = sha256(request.part("sha256")).ok_or(ApiError::NotFound("picture"))?;
    let site = by.site_of_picture(&app.client().await?, &hash).await?;
    fetch(&app, site.id, &hash).await
}

async fn fetch(app: &App, site: SiteId, hash: &[u8; 32]) -> Result<Response, ApiError> {
    match app.evidence.get(&place(site, hash)).await {
        Ok(found) => picture(found.bytes().await.map_err(ApiError::internal)?),
        Err(object_store::Error::NotFound { path, .. }) => {
            tracing::warn!(path, "a stored picture is missing");
            Err(ApiError::NotFound("picture"))
        }
        Err(error) => Err(ApiError::internal(error)),
    }
}

fn picture(bytes: bytes::Bytes) -> Result<Response, ApiError> {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("image/jpeg"));
    // Named by its content, so it never changes; personal data, so only the browser may cache it.
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("private, max-age=3600, immutable"));
    Ok(response)
}
