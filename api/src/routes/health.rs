//! Is it alive, is it ready, and the numbers.

use std::time::{Duration, Instant};

use boomgate_store::pool::within;
use boomgate_store::write_probe;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use warp::reply::Response;

use crate::App;
use crate::caller::{Public, Scraper};
use crate::error::ApiError;
use crate::request::{Request, ok, reply};

const PROBE_INTERVAL: Duration = Duration::from_secs(1);
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

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
    let failure = app.probe.failure(&app).await;
    let (database, parts) = (failure.is_none(), *app.ready.borrow());
    let problem = failure.or((!parts).then_some("a part of the server does not work"));
    let status = if problem.is_none() { http::StatusCode::OK } else { http::StatusCode::SERVICE_UNAVAILABLE };
    reply(status, &Readiness { ready: problem.is_none(), database, parts, problem })
}

/// Whether something could be committed lately; looked at anew at most every [`PROBE_INTERVAL`], whoever asks.
#[derive(Default)]
pub(crate) struct WriteProbe(Mutex<Option<(Instant, Option<&'static str>)>>);

impl WriteProbe {
    /// What keeps the database from committing; none when it just did.
    async fn failure(&self, app: &App) -> Option<&'static str> {
        let mut last = self.0.lock().await;
        if let Some((at, found)) = *last
            && at.elapsed() < PROBE_INTERVAL
        {
            return found;
        }
        let write = within(PROBE_TIMEOUT, async {
            let client = app.pool.get().await?;
            write_probe::write(&client, Timestamp::now()).await
        });
        let found = write.await.err().map(|error| {
            let failure = write_probe::failure(&error);
            tracing::warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                failure,
                "nothing can be committed"
            );
            failure
        });
        metrics::gauge!("boomgate_database_writable").set(if found.is_none() { 1.0 } else { 0.0 });
        *last = Some((Instant::now(), found));
        found
    }
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
