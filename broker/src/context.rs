//! What every connection of the broker needs, from the handshake to its end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use boomgate_domain::ids::DeviceCode;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::config::Limits;
use crate::directory::Directory;
use crate::limits::Gatekeeper;
use crate::router::Linker;
use crate::sessions::Sessions;

/// People are told of one device's double no more often than this.
const TELL_AGAIN: Duration = Duration::from_secs(60);

/// What every connection needs.
pub(crate) struct Hall {
    pub(crate) limits: Limits,
    pub(crate) linker: Linker,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) gatekeeper: Gatekeeper,
    /// When people were last told of a second device with one identity.
    told: Mutex<HashMap<DeviceCode, Instant>>,
}

impl Hall {
    /// Whether people may be told of this device again.
    pub(crate) fn may_tell(&self, device: &DeviceCode) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| at.elapsed() < TELL_AGAIN);
        let may = !told.contains_key(device);
        told.entry(device.clone()).or_insert_with(Instant::now);
        may
    }

    pub(crate) fn new(
        limits: Limits,
        linker: Linker,
        sessions: Arc<Sessions>,
        directory: Arc<dyn Directory>,
    ) -> Self {
        let gatekeeper = Gatekeeper::new(limits.clone());
        Self { limits, linker, sessions, directory, gatekeeper, told: Mutex::default() }
    }
}

pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}
