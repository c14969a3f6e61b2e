//! Making and starting one server: binaries, initdb, settings, and the wait until it accepts connections.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::binaries::Binaries;
use super::config::{ClusterConfig, SUPERUSER};
use super::error::{ClusterError, io_error};
use super::placement::Placement;
use super::process::{self, Postmaster};

/// Libraries our schema uses. Loaded by the server at its start, for all its connections: a minor upgrade that replaces
/// the files underneath then breaks none of them.
const PRELOADED: [&str; 2] = ["plpgsql", "pg_trgm"];

/// What is started, and where.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    pub(super) config: ClusterConfig,
    pub(super) place: Placement,
    pub(super) pgdata: PathBuf,
    pub(super) socket_dir: PathBuf,
}

impl Launch {
    /// Makes the cluster where there is none.
    pub(super) fn initialise(&self) -> Result<(), ClusterError> {
        let binaries = self.binaries()?;
        if self.pgdata.exists() { Ok(()) } else { initdb(&binaries, &self.place, &self.pgdata) }
    }

    /// Starts the server after clearing what a killed one left behind, and waits until it accepts connections, at most
    /// `limit` or until `cancelled`.
    pub(super) fn start(&self, limit: Duration, cancelled: &AtomicBool) -> Result<Postmaster, ClusterError> {
        process::clear_remains(&self.pgdata)?;
        let binaries = self.binaries()?;
        let log = self.place.data_dir.join("postgres.log");
        let written = fs::metadata(&log).map_or(0, |meta| meta.len());
        let mut postmaster = self.spawn(&binaries, &log)?;
        match postmaster.wait_ready(Instant::now() + limit, cancelled) {
            Ok(()) => Ok(postmaster),
            Err(reason) => {
                let text = fs::read(&log).unwrap_or_default();
                let fresh = text.get(usize::try_from(written).unwrap_or(0)..).unwrap_or_default();
                let tail = last_lines(&String::from_utf8_lossy(fresh), 4);
                if let Err(error) = postmaster.stop() {
                    tracing::error!(%error, "PostgreSQL did not become ready and could not be stopped");
                }
                Err(ClusterError::Start { reason: format!("{reason}; {tail}"), log })
            }
        }
    }

    /// Looked for at each start: an upgrade may have moved them.
    fn binaries(&self) -> Result<Binaries, ClusterError> {
        Binaries::find(self.config.binaries.as_deref(), &self.pgdata)
    }

    fn spawn(&self, binaries: &Binaries, log: &Path) -> Result<Postmaster, ClusterError> {
        let output = File::options().create(true).append(true).open(log).map_err(io_error("open", log))?;
        let errors = output.try_clone().map_err(io_error("open", log))?;
        let mut command = Command::new(binaries.program("postgres"));
        command.arg("-D").arg(&self.pgdata).arg("-k").arg(&self.socket_dir);
        command.args(settings(&self.config, binaries));
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        self.place.apply(&mut command);
        let child = command.spawn().map_err(io_error("run", &binaries.program("postgres")))?;
        Ok(Postmaster::of_child(child, &self.pgdata))
    }
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

fn settings(config: &ClusterConfig, binaries: &Binaries) -> Vec<String> {
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
        format!("shared_preload_libraries={}", binaries.having(&PRELOADED).join(",")),
    ];
    let durability = if config.durable { "on" } else { "off" };
    settings.extend(["fsync", "full_page_writes"].map(|name| format!("{name}={durability}")));
    settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join(" | ")
}
