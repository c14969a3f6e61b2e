//! Is it alive, is it ready, and the numbers.

use std::time::Duration;

use boomgate_store::pool::within;
use serde::Serialize;
use utoipa::ToSchema;
use warp::reply::Response;

use crate::App;
use crate::error::ApiError;
use crate::request::{ok, reply};

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health)))]
pub(crate) async fn alive() -> Result<Response, ApiError> {
    std::future::ready(ok(&Health { status: "alive" })).await
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    ready: bool,
    database: bool,
    parts: bool,
}

/// The database answers and the parts are up: send traffic.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub(crate) async fn ready(app: App) -> Result<Response, ApiError> {
    let probe = within(Duration::from_secs(2), async {
        let client = app.pool.get().await?;
        boomgate_store::sites::first_tenant(&client).await.map(drop)
    });
    let database = probe.await.is_ok();
    let parts = *app.ready.borrow();
    let status = if database && parts { http::StatusCode::OK } else { http::StatusCode::SERVICE_UNAVAILABLE };
    reply(status, &Readiness { ready: database && parts, database, parts })
}

/// Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn metrics(app: App) -> Result<Response, ApiError> {
    let mut response = Response::new(app.metrics.render().into());
    let kind = http::HeaderValue::from_static("text/plain; version=0.0.4");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    std::future::ready(Ok(response)).await
}
