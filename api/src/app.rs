//! What all handlers share: the pool, the store of pictures, limits and the live feed's notifier.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use boomgate_domain::reason::Lang;
use boomgate_operations::mail::{self, Mail, Mailer};
use boomgate_operations::sessions::Origin;
use boomgate_store::pool::Object;
use boomgate_store::users::UserRow;
use boomgate_store::{Pool, StoreError};
use metrics_exporter_prometheus::PrometheusHandle;
use object_store::ObjectStore;
use tokio::sync::watch;

use crate::access_tokens::AccessTokens;
use crate::cors::AllowedOrigins;
use crate::error::ApiError;
use crate::feed_notifier::FeedNotifier;
use crate::login_limiter::LoginLimiter;
use crate::request::RequestContext;
use crate::request_limits::RequestLimiter;
use crate::socket_limit::SocketLimit;
use crate::write_probe::WriteProbe;

/// Shared by all handlers.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) pool: Pool,
    pub(crate) evidence: Arc<dyn ObjectStore>,
    pub(crate) metrics: PrometheusHandle,
    /// The bearer token that the metrics' listener requires; empty when it requires none.
    pub(crate) metrics_token: OnceLock<String>,
    pub(crate) ready: watch::Receiver<bool>,
    pub(crate) limiter: LoginLimiter,
    pub(crate) probe: WriteProbe,
    pub(crate) notifications: FeedNotifier,
    pub(crate) socket_limit: SocketLimit,
    pub(crate) shutdown: watch::Receiver<bool>,
    /// The OpenAPI document.
    pub(crate) document: String,
    /// How people reach the server, where the configuration says it: `https://gate.example.org`.
    pub(crate) public_url: Option<String>,
    /// Pages of other origins that may use the api.
    pub(crate) allowed_origins: AllowedOrigins,
    pub(crate) request_limiter: RequestLimiter,
    /// Sends mail, where the configuration names a server for it.
    pub(crate) mailer: Option<Arc<dyn Mailer>>,
    /// Signs the access tokens of programs.
    pub(crate) access_tokens: AccessTokens,
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// A database connection; waiting for one is limited by the pool.
    pub(crate) async fn client(&self) -> Result<Object, ApiError> {
        self.pool.get().await.map_err(|error| StoreError::from(error).into())
    }

    /// A link for people to a path of the app: by the configured address, else by the one this request came to.
    pub(crate) fn url(&self, context: &RequestContext, path: &str) -> String {
        let scheme = if context.secure() { "https" } else { "http" };
        let own = || format!("{scheme}://{}", context.host().unwrap_or("localhost"));
        let base = self.public_url.clone().unwrap_or_else(own);
        format!("{}{path}", base.trim_end_matches('/'))
    }

    /// Tells a person by mail that somebody logged in from a new device; the answer does not wait for it.
    pub(crate) fn notify_new_device(&self, user: &UserRow, lang: Lang, from: &Origin) {
        let (Some(mailer), Some(to)) = (self.mailer.clone(), user.email.clone()) else { return };
        let (subject, text) = mail::new_device(lang, &user.name, &from.address, &from.agent);
        tokio::spawn(async move {
            if let Err(error) = mailer.send(Mail { to, subject, text }).await {
                tracing::warn!(%error, "a notice of a log-in was not mailed");
            }
        });
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
