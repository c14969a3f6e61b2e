//! A private PostgreSQL, run from the machine's own binaries: made, started, adopted, refused, stopped.
//!
//! ```text
//!   <data_dir>/boomgate-cluster   the mark: only a folder that carries it is ever touched
//!   <data_dir>/lock               held while a Boomgate uses the folder; freed by the kernel when it dies
//!   <data_dir>/pgdata             the cluster itself; made beside itself and renamed, so it is whole or absent
//!   <data_dir>/run                the socket, unless its path would be too long for one
//!   <data_dir>/postgres.log
//! ```
//!
//! It listens on a Unix socket only, in a folder that no other user may enter. A server whose Boomgate was killed keeps
//! running and is adopted at the next start; a server that ends without being asked to is started again at once
//! ([`supervisor`]); a command of the same user reaches it while another Boomgate keeps it running
//! ([`RunningCluster`]). Knows nothing of tables.

mod attach;
mod binaries;
mod config;
mod error;
mod files;
mod launch;
mod placement;
mod process;
mod supervisor;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

pub use attach::RunningCluster;
pub use binaries::Binaries;
pub use config::{ClusterConfig, DATABASE, SUPERUSER};
pub use error::ClusterError;
pub(crate) use error::io_error;
pub use placement::{Placement, RunAs};

use config::MARK;
use files::open_lock;
use launch::Launch;
use process::Postmaster;
use supervisor::Supervisor;

const MARK_TEXT: &str =
    "This folder belongs to a private PostgreSQL of Boomgate. Do not edit anything here by hand.\n";
/// `sockaddr_un` holds 108 bytes with the final zero.
const LONGEST_SOCKET_PATH: usize = 107;
const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// A running private cluster; stopped when dropped.
#[derive(Debug)]
pub struct Cluster {
    place: Placement,
    socket_dir: PathBuf,
    supervisor: Supervisor,
    adopted: bool,
    _lock: File,
}

impl Cluster {
    /// Starts the cluster in `config.data_dir`, making it first if the folder is empty or absent, and sees to it that
    /// the database [`DATABASE`] exists. Blocks a thread of the runtime's blocking pool for up to `start_timeout`.
    ///
    /// # Errors
    /// Every variant of [`ClusterError`]; nothing is left running then.
    pub async fn start(config: ClusterConfig) -> Result<Self, ClusterError> {
        let started = tokio::task::spawn_blocking(move || Self::start_blocking(&config)).await;
        let cluster = started.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        cluster.create_database().await.map_err(|error| ClusterError::Database(Box::new(error)))?;
        Ok(cluster)
    }

    fn start_blocking(config: &ClusterConfig) -> Result<Self, ClusterError> {
        let place = Placement::of(&config.data_dir)?;
        attach::must_be_ours(&place.data_dir)?;
        claim_folder(&place)?;
        let lock = lock_folder(&place.data_dir)?;
        let socket_dir = socket_dir(&place)?;
        let pgdata = place.data_dir.join("pgdata");
        let launch = Launch { config: config.clone(), place, pgdata, socket_dir };
        launch.initialise()?;
        let found = Postmaster::find(&launch.pgdata)?;
        let adopted = found.as_ref().is_some_and(|running| running.uses_socket(&launch.socket_dir));
        let postmaster = match found {
            Some(running) if adopted => running,
            Some(stray) => {
                stray.stop()?;
                launch.start(config.start_timeout, &AtomicBool::new(false))?
            }
            None => launch.start(config.start_timeout, &AtomicBool::new(false))?,
        };
        tracing::info!(adopted, pid = postmaster.pid(), data_dir = %launch.place.data_dir.display(), "PostgreSQL runs");
        let (place, socket_dir) = (launch.place.clone(), launch.socket_dir.clone());
        let supervisor = Supervisor::watch(postmaster, launch)?;
        Ok(Self { place, socket_dir, supervisor, adopted, _lock: lock })
    }

    async fn create_database(&self) -> Result<(), tokio_postgres::Error> {
        let (client, connection) = self.connection(SUPERUSER_DATABASE).connect(tokio_postgres::NoTls).await?;
        let driver = tokio::spawn(connection);
        let known = client.query_opt("select from pg_database where datname = $1", &[&DATABASE]).await?;
        if known.is_none() {
            client.batch_execute(&format!("create database {DATABASE}")).await?;
        }
        drop(client);
        driver.abort();
        Ok(())
    }

    /// How to reach `database` of this cluster.
    #[must_use]
    pub fn connection(&self, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host_path(&self.socket_dir).user(SUPERUSER).dbname(database);
        config
    }

    /// The same as a URL, for tools and child processes.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgresql:///{DATABASE}?host={}&user={SUPERUSER}", self.socket_dir.display())
    }

    /// Where the folder really is, and as whom the server runs.
    #[must_use]
    pub fn placement(&self) -> &Placement {
        &self.place
    }

    /// Whether the server had survived an earlier Boomgate.
    #[must_use]
    pub fn was_adopted(&self) -> bool {
        self.adopted
    }

    /// Process id of the server; another one after a restart.
    #[must_use]
    pub fn pid(&self) -> Option<i32> {
        self.supervisor.pid()
    }

    /// How often the server ended without being asked to and was started again.
    #[must_use]
    pub fn restarts(&self) -> u32 {
        self.supervisor.restarts()
    }

    /// Fast shutdown: open transactions are rolled back, everything committed is flushed. Commands that use this cluster
    /// through its socket are waited for a little. Blocks until it is over.
    ///
    /// # Errors
    /// [`ClusterError::Stop`] when it takes longer than half a minute.
    pub fn stop(self) -> Result<(), ClusterError> {
        let _alone = attach::wait_for_users(&self.place.data_dir);
        let Self { place, socket_dir, supervisor, _lock, .. } = self;
        supervisor.stop()?;
        if !socket_dir.starts_with(&place.data_dir) {
            // A temporary folder is removed with its cluster; one that is not empty was there before.
            drop(fs::remove_dir(&socket_dir));
        }
        Ok(())
    }

    /// Removes a cluster that no process uses, with a server that was left running. Does nothing where there is none.
    ///
    /// # Errors
    /// [`ClusterError::InUse`]; [`ClusterError::ForeignFolder`] where the folder is not a cluster's.
    pub fn discard(data_dir: &Path) -> Result<(), ClusterError> {
        let place = Placement::of(data_dir)?;
        if !place.data_dir.exists() {
            return Ok(());
        }
        if !place.data_dir.join(MARK).exists() {
            return Err(ClusterError::ForeignFolder { path: place.data_dir });
        }
        attach::must_be_ours(&place.data_dir)?;
        let _lock = lock_folder(&place.data_dir)?;
        let pgdata = place.data_dir.join("pgdata");
        if let Some(running) = Postmaster::find(&pgdata)? {
            running.stop()?;
        }
        process::clear_remains(&pgdata)?;
        let sockets = socket_dir(&place)?;
        for dir in [&sockets, &place.data_dir] {
            match fs::remove_dir_all(dir) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(io_error("remove", dir)(source));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Lets the server run on without us; the next start adopts it.
    #[cfg(feature = "testing")]
    pub fn abandon(self) {
        self.supervisor.abandon();
    }
}

/// Every cluster has this database from birth.
const SUPERUSER_DATABASE: &str = "postgres";

/// Makes the folder ours, or finds that it is; a folder with anything unknown in it is refused untouched.
fn claim_folder(place: &Placement) -> Result<(), ClusterError> {
    let dir = &place.data_dir;
    fs::create_dir_all(dir).map_err(io_error("create", dir))?;
    let mark = dir.join(MARK);
    if mark.exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(dir).map_err(io_error("read", dir))?;
    if entries.next().is_some() {
        return Err(ClusterError::ForeignFolder { path: dir.clone() });
    }
    fs::write(&mark, MARK_TEXT).map_err(io_error("write", &mark))?;
    place.own(dir, 0o700)
}

fn lock_folder(dir: &Path) -> Result<File, ClusterError> {
    let path = dir.join("lock");
    let file = open_lock(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ClusterError::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io_error("lock", &path)(source)),
    }
}

/// The first candidate short enough: in the data folder, in the user's runtime folder, under /tmp.
fn socket_dir(place: &Placement) -> Result<PathBuf, ClusterError> {
    let name = format!("boomgate-{}-{:016x}", place.uid(), placement::path_hash(&place.data_dir));
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|_| place.run_as.is_none()).map(PathBuf::from);
    let candidates = [
        Some(place.data_dir.join("run")),
        runtime.filter(|dir| dir.is_dir()).map(|dir| dir.join(&name)),
        Some(PathBuf::from("/tmp").join(&name)),
    ];
    let fits = |dir: &PathBuf| dir.as_os_str().len() + 1 + SOCKET_NAME.len() <= LONGEST_SOCKET_PATH;
    let dir = candidates.into_iter().flatten().find(fits).ok_or(ClusterError::SocketPath)?;
    place.make_private(&dir)?;
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_long_data_folder_gets_a_short_socket_folder() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("x".repeat(100));
        fs::create_dir(&deep).unwrap();
        let place = Placement { data_dir: deep, run_as: None };
        let dir = socket_dir(&place).unwrap();
        assert!(dir.as_os_str().len() + 1 + SOCKET_NAME.len() <= LONGEST_SOCKET_PATH, "{}", dir.display());
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        fs::remove_dir(&dir).unwrap();
    }

    #[test]
    fn a_foreign_folder_is_refused_untouched() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("holiday.jpg"), b"x").unwrap();
        let place = Placement { data_dir: root.path().to_owned(), run_as: None };
        let error = claim_folder(&place).unwrap_err();
        assert!(matches!(error, ClusterError::ForeignFolder { .. }), "{error}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_second_user_of_the_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let first = lock_folder(root.path()).unwrap();
        assert!(matches!(lock_folder(root.path()), Err(ClusterError::InUse { .. })));
        drop(first);
        lock_folder(root.path()).unwrap();
    }
}
