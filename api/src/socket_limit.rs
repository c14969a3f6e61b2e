//! How many sockets of the live feed may be open at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use boomgate_domain::ids::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::ApiError;
use crate::server::SHUTDOWN_TIMEOUT;

/// Open sockets of one server.
const SOCKETS: u32 = 512;
/// Open sockets of one user.
const SOCKETS_OF_ONE: usize = 8;

/// Counts the open sockets, in all and per user.
pub(crate) struct SocketLimit {
    all: Arc<Semaphore>,
    of: Arc<Mutex<HashMap<UserId, usize>>>,
}

impl Default for SocketLimit {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(SOCKETS as usize)), of: Arc::default() }
    }
}

impl SocketLimit {
    pub(crate) fn acquire(&self, user: UserId) -> Result<LiveSocketPermit, ApiError> {
        let all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| ApiError::TooManyConnections)?;
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let own = of.entry(user).or_insert(0);
        if *own >= SOCKETS_OF_ONE {
            return Err(ApiError::TooManyLiveSockets(SOCKETS_OF_ONE));
        }
        *own += 1;
        Ok(LiveSocketPermit { user, of: Arc::clone(&self.of), _all: all })
    }

    /// Returns when no socket is open, at the latest after [`SHUTDOWN_TIMEOUT`].
    pub(crate) async fn wait_until_empty(&self) {
        drop(timeout(SHUTDOWN_TIMEOUT, self.all.acquire_many(SOCKETS)).await);
    }
}

/// Counts one open socket until it is dropped.
pub(crate) struct LiveSocketPermit {
    user: UserId,
    of: Arc<Mutex<HashMap<UserId, usize>>>,
    _all: OwnedSemaphorePermit,
}

impl Drop for LiveSocketPermit {
    fn drop(&mut self) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = of.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                of.remove(&self.user);
            }
        }
    }
}
