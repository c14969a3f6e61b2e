//! What all handlers share: the pool, the store of pictures, limits and the live feed's notifier.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use boomgate_store::pool::Object;
use boomgate_store::{Pool, StoreError};
use metrics_exporter_prometheus::PrometheusHandle;
use object_store::ObjectStore;
use tokio::sync::watch;

use crate::error::ApiError;
use crate::feed_notifier::FeedNotifier;
use crate::login_limiter::LoginLimiter;
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
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// A database connection; waiting for one is limited by the pool.
    pub(crate) async fn client(&self) -> Result<Object, ApiError> {
        self.pool.get().await.map_err(|error| StoreError::from(error).into())
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
