//! What every connection of the broker needs, from the handshake to its end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use boomgate_domain::ids::DeviceCode;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::config::Limits;
use crate::directory::Directory;
use crate::limits::ConnectionLimiter;
use crate::router::Linker;
use crate::sessions::Sessions;

/// People are told of one device's double no more often than this.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// What every connection needs.
pub(crate) struct BrokerContext {
    pub(crate) limits: Limits,
    pub(crate) linker: Linker,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) limiter: ConnectionLimiter,
    /// When people were last told of a second device with one identity.
    reported: Mutex<HashMap<DeviceCode, Instant>>,
}

impl BrokerContext {
    /// Whether people may be told of this device again.
    pub(crate) fn may_report(&self, device: &DeviceCode) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        reported.retain(|_, at| at.elapsed() < REPORT_INTERVAL);
        let may = !reported.contains_key(device);
        reported.entry(device.clone()).or_insert_with(Instant::now);
        may
    }

    pub(crate) fn new(
        limits: Limits,
        linker: Linker,
        sessions: Arc<Sessions>,
        directory: Arc<dyn Directory>,
    ) -> Self {
        let limiter = ConnectionLimiter::new(limits.clone());
        Self { limits, linker, sessions, directory, limiter, reported: Mutex::default() }
    }
}

pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}
