//! The contract, as programs read it.

use http::header::CONTENT_TYPE;
use warp::reply::Response;

use crate::app::App;
use crate::caller::Public;
use crate::error::ApiError;
use crate::request::Request;

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "health", responses((status = 200, body = Object)))]
pub(crate) async fn show(app: App, _: Public, _: Request) -> Result<Response, ApiError> {
    let mut response = Response::new(app.document.clone().into());
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    std::future::ready(Ok(response)).await
}
