//! The way to a private cluster that another Boomgate keeps running: through its socket, for the same user and root.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::unistd::{Uid, User};

use super::config::{MARK, SUPERUSER};
use super::error::ClusterError;
use super::files::open_lock;
use super::placement::Placement;
use super::process::Postmaster;

/// Locked (shared) by processes that use a server they did not start; its owner stops the server when no lock is held.
const USERS_LOCK: &str = "guests";
const USERS_TIMEOUT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A cluster that runs, but not for us: it is neither stopped nor started again from here.
/// Its owner waits with the end until this value is gone, though not for ever.
#[derive(Debug)]
pub struct RunningCluster {
    socket_dir: PathBuf,
    _user_lock: File,
}

impl RunningCluster {
    /// The server that runs in this data folder and accepts connections; none when there is none.
    ///
    /// # Errors
    /// [`ClusterError::OtherUser`] when the folder belongs to another user.
    pub fn find(data_dir: &Path) -> Result<Option<Self>, ClusterError> {
        let place = Placement::of(data_dir)?;
        if !place.data_dir.join(MARK).exists() {
            return Ok(None);
        }
        must_be_ours(&place.data_dir)?;
        let user_lock = open_lock(&place.data_dir.join(USERS_LOCK))?;
        if user_lock.try_lock_shared().is_err() {
            return Ok(None);
        }
        let running = Postmaster::find(&place.data_dir.join("pgdata"))?;
        let Some(socket_dir) = running.and_then(|server| server.socket_dir()) else { return Ok(None) };
        must_be_ours(&socket_dir)?;
        Ok(Some(Self { socket_dir, _user_lock: user_lock }))
    }

    /// How to reach `database` of this cluster.
    #[must_use]
    pub fn connection(&self, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host_path(&self.socket_dir).user(SUPERUSER).dbname(database);
        config
    }
}

/// Waits until no command uses the server any more, and keeps new ones out while the returned file is open. A command
/// that hangs is not waited for longer than [`USERS_TIMEOUT`].
pub(super) fn wait_for_users(data_dir: &Path) -> Option<File> {
    let file = open_lock(&data_dir.join(USERS_LOCK)).ok()?;
    let deadline = Instant::now() + USERS_TIMEOUT;
    while file.try_lock().is_err() {
        if Instant::now() > deadline {
            return None;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    Some(file)
}

/// Whether we may act as the owner of `dir`: we are, or we are root.
pub(super) fn must_be_ours(dir: &Path) -> Result<(), ClusterError> {
    let own = Uid::effective();
    let owner = match fs::symlink_metadata(dir) {
        Ok(meta) => Uid::from_raw(meta.uid()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(_) => Uid::from_raw(0),
    };
    if own.is_root() || owner == own {
        return Ok(());
    }
    let name = User::from_uid(owner).ok().flatten().map_or_else(|| owner.to_string(), |user| user.name);
    Err(ClusterError::OtherUser { path: dir.to_owned(), owner: name })
}
