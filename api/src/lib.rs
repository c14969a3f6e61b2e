//! HTTP for users and devices: REST under /api/v1, the live feed, the page, and the devices' HTTPS listener.
//!
//! `router` is the table of contents: every route on one page, each declared once (`route`). Handlers in `routes/` read
//! top to bottom and answer with a reply of `model` or an [`error::ApiError`]; the type of their second argument says who may call
//! them (`caller`); `server` is the accept loop. No SQL here (that is the
//! store's), no rule about plates or money (that is the domain's).
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access_tokens;
mod app;
mod auth;
mod caller;
mod connections;
mod cors;
mod device;
mod error;
mod etag;
mod feed_notifier;
mod identity;
mod language;
mod live;
mod login_limiter;
mod model;
mod openapi;
mod page;
mod proxies;
mod proxy_protocol;
mod query;
mod request;
mod request_id;
mod request_limits;
mod route;
mod router;
mod routes;
mod server;
mod socket_limit;
mod vehicle_search;
mod write_probe;

use std::sync::{Arc, OnceLock};

use boomgate_operations::mail::Mailer;
use boomgate_store::{Address, Pool};
use ed25519_dalek::SigningKey;
use metrics_exporter_prometheus::PrometheusHandle;
use object_store::ObjectStore;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

pub use caller::Access;
pub use device::place as picture_path;
pub use error::{ApiError, Problem};
pub use proxies::{Network, ProxyHeaders, TrustedProxies};
pub use request_limits::RequestLimits;
pub use router::{RouteInfo, all_routes, people_routes};
pub use server::{Front, PROTOCOLS};

use crate::access_tokens::AccessTokens;
use crate::app::{App, Shared};
use crate::cors::AllowedOrigins;
use crate::feed_notifier::FeedNotifier;
use crate::login_limiter::LoginLimiter;
use crate::request_limits::RequestLimiter;
use crate::route::Table;
use crate::socket_limit::SocketLimit;
use crate::write_probe::WriteProbe;

/// What the api needs.
pub struct ApiConfig {
    pub pool: Pool,
    /// For the connection that listens for notifications of the live feed.
    pub address: Address,
    /// Evidence pictures, named `<site>/<sha256>.jpg`.
    pub evidence: Arc<dyn ObjectStore>,
    pub metrics: PrometheusHandle,
    /// Whether the other parts of the server are up; read by /readyz.
    pub ready: watch::Receiver<bool>,
    /// Proxies before the people's listener, and before the devices'.
    pub people: Front,
    pub devices: Front,
    pub reach: Reach,
    /// Sends mail; without it links are only shown.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Signs the access tokens of programs.
    pub token_key: SigningKey,
}

/// How people and pages reach the api, and how often.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// For links: `https://gate.example.org`.
    pub public_url: Option<String>,
    /// Origins of other pages that may use the api with a token: `https://kiosk.example.org`.
    pub allowed_origins: Vec<String>,
    pub limits: RequestLimits,
}

/// The OpenAPI document of all listeners.
pub fn openapi_document() -> String {
    openapi::document(&router::all())
}

/// The api with its listeners not yet open.
pub struct Api {
    app: App,
    people: Front,
    devices: Front,
    shutdown: watch::Receiver<bool>,
}

impl Api {
    pub fn new(config: ApiConfig, shutdown: watch::Receiver<bool>) -> Self {
        let app = App::new(Shared {
            pool: config.pool,
            evidence: config.evidence,
            metrics: config.metrics,
            metrics_token: OnceLock::new(),
            ready: config.ready,
            limiter: LoginLimiter::default(),
            probe: WriteProbe::default(),
            notifications: FeedNotifier::follow(config.address, shutdown.clone()),
            socket_limit: SocketLimit::default(),
            shutdown: shutdown.clone(),
            document: openapi_document(),
            public_url: config.reach.public_url,
            allowed_origins: AllowedOrigins::new(config.reach.allowed_origins),
            request_limiter: RequestLimiter::new(config.reach.limits),
            mailer: config.mailer,
            access_tokens: AccessTokens::new(config.token_key),
        });
        Self { app, people: config.people, devices: config.devices, shutdown }
    }

    /// Serves people on `listener` until shutdown; without `tls` the listener belongs on loopback or behind a proxy.
    pub async fn serve_people(&self, listener: TcpListener, tls: Option<TlsAcceptor>) {
        let front = self.people.clone();
        let routes = route::serve(&self.app, Table::new(router::people(), page::file));
        server::serve(listener, front, tls, routes, self.shutdown.clone()).await;
        self.app.socket_limit.wait_until_empty().await;
    }

    /// Serves people, with so many routes more than there are; for the benchmark of dispatch.
    #[cfg(feature = "bench")]
    pub async fn serve_with_more_routes(&self, listener: TcpListener, more: usize) {
        let routes = router::people().into_iter().chain(router::more(more)).collect();
        let routes = route::serve(&self.app, Table::new(routes, page::file));
        server::serve(listener, self.people.clone(), None, routes, self.shutdown.clone()).await;
    }

    /// Serves the metrics; without a `token` the listener belongs on loopback.
    pub async fn serve_metrics(&self, listener: TcpListener, token: Option<String>) {
        if let Some(token) = token {
            // Set once: a second listener of the metrics would have the first one's.
            drop(self.app.metrics_token.set(token));
        }
        let routes = route::serve(&self.app, Table::new(router::metrics(), |_, _| None));
        server::serve(listener, Front::default(), None, routes, self.shutdown.clone()).await;
    }

    /// Serves devices, which must show a certificate of the site's CA.
    pub async fn serve_devices(&self, listener: TcpListener, tls: TlsAcceptor) {
        let front = self.devices.clone();
        let routes = route::serve(&self.app, Table::new(router::devices(), |_, _| None));
        server::serve(listener, front, Some(tls), routes, self.shutdown.clone()).await;
    }
}
