//! The OpenAPI document, generated from the handlers' own annotations.

use http::header::CONTENT_TYPE;
use utoipa::OpenApi;
use warp::reply::Response;

use crate::error::ApiError;
use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(title = "Boomgate", description = "Lanes, stays and payments of a car park.", license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")),
    paths(
        routes::health::alive,
        routes::health::ready,
        routes::health::metrics,
        routes::login::log_in,
        routes::login::log_out,
        routes::login::me,
        routes::lanes::list,
        routes::lanes::command,
        routes::stays::list,
        routes::stays::one,
        routes::payments::take,
        routes::evidence::show,
        crate::live::follow,
    )
)]
struct Document;

/// The document as JSON.
pub fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

pub(crate) async fn serve() -> Result<Response, ApiError> {
    let mut response = Response::new(document().into());
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    std::future::ready(Ok(response)).await
}
