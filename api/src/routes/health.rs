//! Liveness, readiness and metrics.

use serde::Serialize;
use utoipa::ToSchema;
use warp::reply::Response;

use crate::app::App;
use crate::caller::{Public, Scraper};
use crate::error::ApiError;
use crate::request::{Request, ok, reply};

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health)))]
pub(crate) async fn alive(_: App, _: Public, _: Request) -> Result<Response, ApiError> {
    std::future::ready(ok(&Health { status: "alive" })).await
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    ready: bool,
    /// Something was committed just now.
    database: bool,
    parts: bool,
    /// What is wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'static str>,
}

/// Something can be committed and the parts are up: send traffic.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub(crate) async fn ready(app: App, _: Public, _: Request) -> Result<Response, ApiError> {
    let failure = app.probe.failure(&app.pool).await;
    let (database, parts) = (failure.is_none(), *app.ready.borrow());
    let problem = failure.or((!parts).then_some("a part of the server does not work"));
    let status = if problem.is_none() { http::StatusCode::OK } else { http::StatusCode::SERVICE_UNAVAILABLE };
    reply(status, &Readiness { ready: problem.is_none(), database, parts, problem })
}

/// Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, content_type = "text/plain", body = String), (status = 401, body = crate::Problem)))]
pub(crate) async fn metrics(app: App, _: Scraper, _: Request) -> Result<Response, ApiError> {
    let mut response = Response::new(app.metrics.render().into());
    let kind = http::HeaderValue::from_static("text/plain; version=0.0.4");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    std::future::ready(Ok(response)).await
}
