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
//! It listens on a Unix socket only, in a folder nobody else may enter. A server whose Boomgate was killed keeps
//! running and is adopted at the next start. Knows nothing of tables.

mod binaries;
mod placement;
mod process;

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub use binaries::Binaries;
pub use placement::{Placement, RunAs};

use process::Postmaster;

/// The one superuser of the private cluster; reached through the socket's folder rights alone.
pub const SUPERUSER: &str = "boomgate";
/// The database everything lives in.
pub const DATABASE: &str = "boomgate";

const MARK: &str = "boomgate-cluster";
const MARK_TEXT: &str =
    "This folder belongs to a private PostgreSQL of Boomgate. Do not edit anything here by hand.\n";
/// `sockaddr_un` holds 108 bytes with the final zero.
const LONGEST_SOCKET_PATH: usize = 107;
const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// The folder asked for; see [`Placement`] for where it really is when started as root.
    pub data_dir: PathBuf,
    /// The folder with `initdb` and `postgres`; found when absent.
    pub binaries: Option<PathBuf>,
    /// `false` only in tests: no fsync, so a crash of the machine may lose everything.
    pub durable: bool,
    pub max_connections: u32,
    pub start_timeout: Duration,
}

impl ClusterConfig {
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            binaries: None,
            durable: true,
            max_connections: 60,
            start_timeout: Duration::from_secs(60),
        }
    }
}

/// Why there is no private cluster. Each text says what was found and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(
        "no PostgreSQL 15 or newer is installed (looked in {looked}); install it (`apt-get install postgresql`) or set DATABASE_URL"
    )]
    NoBinaries { looked: String },
    #[error(
        "{path} is not a folder of a Boomgate cluster and is not empty; choose another folder or empty it yourself"
    )]
    ForeignFolder { path: PathBuf },
    #[error(
        "{path} was made by PostgreSQL {found}, but only {installed} is installed; install postgresql-{found}, or dump with the old version and restore"
    )]
    Version { path: PathBuf, found: String, installed: String },
    #[error("another Boomgate is using {path}; stop it first or choose another data folder")]
    InUse { path: PathBuf },
    #[error("started as root, but none of the users boomgate, postgres, nobody exists to run PostgreSQL as")]
    NoUser,
    #[error("initdb failed: {output}")]
    Initdb { output: String },
    #[error("PostgreSQL did not start: {reason}; its log is {log}")]
    Start { reason: String, log: PathBuf },
    #[error("PostgreSQL (process {pid}) did not stop within {waited:?}")]
    Stop { pid: i32, waited: Duration },
    #[error("no folder for the socket with a path of at most 107 bytes")]
    SocketPath,
    #[error("cannot {action} {path}")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot create database {DATABASE:?}")]
    Database(#[source] Box<tokio_postgres::Error>),
}

pub(crate) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ClusterError {
    let path = path.to_owned();
    move |source| ClusterError::Io { action, path, source }
}

/// A running private cluster; stopped when dropped.
#[derive(Debug)]
pub struct Cluster {
    place: Placement,
    socket_dir: PathBuf,
    postmaster: Option<Postmaster>,
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
        claim_folder(&place)?;
        let lock = lock_folder(&place.data_dir)?;
        let socket_dir = socket_dir(&place)?;
        let pgdata = place.data_dir.join("pgdata");
        let binaries = Binaries::find(config.binaries.as_deref(), &pgdata)?;
        if !pgdata.exists() {
            initdb(&binaries, &place, &pgdata)?;
        }
        let found = Postmaster::find(&pgdata)?;
        let adopted = found.as_ref().is_some_and(|running| running.uses_socket(&socket_dir));
        let postmaster = match found {
            Some(running) if adopted => running,
            Some(stray) => {
                stray.stop()?;
                launch(config, &binaries, &place, &pgdata, &socket_dir)?
            }
            None => launch(config, &binaries, &place, &pgdata, &socket_dir)?,
        };
        tracing::info!(adopted, pid = postmaster.pid(), data_dir = %place.data_dir.display(), "PostgreSQL runs");
        Ok(Self { place, socket_dir, postmaster: Some(postmaster), adopted, _lock: lock })
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

    /// Process id of the server, for tests that harm it.
    #[must_use]
    pub fn pid(&self) -> Option<i32> {
        self.postmaster.as_ref().map(Postmaster::pid)
    }

    /// Whether the server process is still alive.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.postmaster.as_ref().is_some_and(Postmaster::is_alive)
    }

    /// Fast shutdown: open transactions are rolled back, everything committed is flushed. Blocks until it is over.
    ///
    /// # Errors
    /// [`ClusterError::Stop`] when it takes longer than half a minute.
    pub fn stop(mut self) -> Result<(), ClusterError> {
        self.postmaster.take().map_or(Ok(()), Postmaster::stop)
    }

    /// Lets the server run on without us; the next start adopts it.
    #[cfg(feature = "testing")]
    pub fn abandon(mut self) {
        self.postmaster = None;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.postmaster.take().map(Postmaster::stop) {
            tracing::error!(%error, "PostgreSQL was left running");
        }
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
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(io_error("open", &path))?;
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

/// Made under another name and renamed when whole: a crash in the middle leaves no half cluster under the real name.
fn initdb(binaries: &Binaries, place: &Placement, pgdata: &Path) -> Result<(), ClusterError> {
    let unfinished = pgdata.with_extension("new");
    let run = |locale: &[&str]| -> Result<(), ClusterError> {
        match fs::remove_dir_all(&unfinished) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", &unfinished)(source));
            }
            _ => {}
        }
        let mut command = Command::new(binaries.program("initdb"));
        command.arg("--pgdata").arg(&unfinished).args([
            "--auth=trust",
            "--encoding=UTF8",
            "--username",
            SUPERUSER,
        ]);
        place.apply(command.args(locale).stdin(Stdio::null()));
        let output = command.output().map_err(io_error("run", &binaries.program("initdb")))?;
        if output.status.success() {
            return Ok(());
        }
        Err(ClusterError::Initdb { output: last_lines(&String::from_utf8_lossy(&output.stderr), 5) })
    };
    tracing::info!(data_dir = %pgdata.display(), major = binaries.major, "making a new PostgreSQL cluster");
    let builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
    let preferred: &[&str] = if binaries.major >= 17 { &builtin } else { &["--locale=C.UTF-8"] };
    run(preferred).or_else(|_| run(&["--locale=C"]))?;
    fs::rename(&unfinished, pgdata).map_err(io_error("rename", &unfinished))
}

fn launch(
    config: &ClusterConfig,
    binaries: &Binaries,
    place: &Placement,
    pgdata: &Path,
    socket_dir: &Path,
) -> Result<Postmaster, ClusterError> {
    let log = place.data_dir.join("postgres.log");
    let written = fs::metadata(&log).map_or(0, |meta| meta.len());
    let output = File::options().create(true).append(true).open(&log).map_err(io_error("open", &log))?;
    let errors = output.try_clone().map_err(io_error("open", &log))?;
    let mut command = Command::new(binaries.program("postgres"));
    command.arg("-D").arg(pgdata).arg("-k").arg(socket_dir).args(settings(config));
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    place.apply(&mut command);
    let child = command.spawn().map_err(io_error("run", &binaries.program("postgres")))?;
    let mut postmaster = Postmaster::of_child(child, pgdata);
    let deadline = Instant::now() + config.start_timeout;
    match postmaster.wait_ready(deadline) {
        Ok(()) => Ok(postmaster),
        Err(reason) => {
            let text = fs::read(&log).unwrap_or_default();
            let fresh = text.get(usize::try_from(written).unwrap_or(0)..).unwrap_or_default();
            let tail = last_lines(&String::from_utf8_lossy(fresh), 4);
            if let Err(error) = postmaster.stop() {
                tracing::error!(%error, "half-started PostgreSQL was left running");
            }
            Err(ClusterError::Start { reason: format!("{reason}; {tail}"), log })
        }
    }
}

fn settings(config: &ClusterConfig) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        "unix_socket_permissions=0700".to_owned(),
        "port=5432".to_owned(),
        format!("max_connections={}", config.max_connections),
        "shared_buffers=64MB".to_owned(),
        "synchronous_commit=on".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "logging_collector=off".to_owned(),
        "log_statement=none".to_owned(),
        "log_parameter_max_length_on_error=0".to_owned(),
        "jit=off".to_owned(),
        // Small tables that change with every car: cleaned often, so that their indexes stay small.
        "autovacuum_naptime=5s".to_owned(),
        "max_wal_size=2GB".to_owned(),
    ];
    let durability = if config.durable { "on" } else { "off" };
    settings.extend(["fsync", "full_page_writes"].map(|name| format!("{name}={durability}")));
    settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join(" | ")
}

/// Only the owner may look into `dir`.
fn restrict(dir: &Path, mode: u32) -> Result<(), ClusterError> {
    fs::set_permissions(dir, fs::Permissions::from_mode(mode)).map_err(io_error("restrict", dir))
}

#[cfg(test)]
mod tests {
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
