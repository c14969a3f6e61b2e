//! One running server process: found through `postmaster.pid`, waited for, stopped.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::error::{ClusterError, io_error};

const POLL: Duration = Duration::from_millis(15);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
const ORPHAN_TIMEOUT: Duration = Duration::from_secs(2);
/// 1-based lines of `postmaster.pid` (PostgreSQL source, `src/include/utils/pidfile.h`).
const PID_LINE: usize = 1;
const DATA_DIR_LINE: usize = 2;
const SOCKET_DIR_LINE: usize = 5;
const STATUS_LINE: usize = 8;

/// A server of one data folder, ours or left over.
#[derive(Debug)]
pub(super) struct Postmaster {
    pid: Pid,
    /// `None` when it was started by a Boomgate that is gone.
    child: Option<Child>,
    pgdata: PathBuf,
}

impl Postmaster {
    pub(super) fn of_child(child: Child, pgdata: &Path) -> Self {
        let pid = Pid::from_raw(child.id().cast_signed());
        Self { pid, child: Some(child), pgdata: pgdata.to_owned() }
    }

    /// The live server of this folder, if `postmaster.pid` names one. A stale file, or a number that meanwhile belongs
    /// to another program, is no server; PostgreSQL itself clears the file then.
    pub(super) fn find(pgdata: &Path) -> Result<Option<Self>, ClusterError> {
        let path = pgdata.join("postmaster.pid");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(io_error("read", &path)(source)),
        };
        let Some(pid) = line(&text, PID_LINE).and_then(|pid| pid.parse().ok()).map(Pid::from_raw) else {
            return Ok(None);
        };
        let same_folder = line(&text, DATA_DIR_LINE).is_some_and(|dir| Path::new(dir) == pgdata);
        let live = same_folder && is_postgres(pid) && works_in(pid, pgdata) != Some(false);
        Ok(live.then(|| Self { pid, child: None, pgdata: pgdata.to_owned() }))
    }

    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    pub(super) fn uses_socket(&self, dir: &Path) -> bool {
        self.pid_file_line(SOCKET_DIR_LINE).is_some_and(|found| Path::new(&found) == dir) && self.is_ready()
    }

    /// Also reaps it, when it was our child and has ended.
    pub(super) fn is_alive(&mut self) -> bool {
        let reaped = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
        !reaped && is_postgres(self.pid)
    }

    /// Where its socket is, as it says itself; none before it accepts connections.
    pub(super) fn socket_dir(&self) -> Option<PathBuf> {
        if self.is_ready() { self.pid_file_line(SOCKET_DIR_LINE).map(PathBuf::from) } else { None }
    }

    /// Waits until it accepts connections; the reason when it will not, or when `cancelled` says to wait no longer.
    pub(super) fn wait_ready(&mut self, deadline: Instant, cancelled: &AtomicBool) -> Result<(), String> {
        while Instant::now() < deadline && !cancelled.load(Ordering::Relaxed) {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if let Some(status) = ended {
                return Err(format!("it ended with {status}"));
            }
            if self.is_ready() {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        Err("it was not ready in time".to_owned())
    }

    fn is_ready(&self) -> bool {
        let named = self.pid_file_line(PID_LINE).is_some_and(|pid| pid == self.pid.to_string());
        named && self.pid_file_line(STATUS_LINE).is_some_and(|status| status.trim() == "ready")
    }

    fn pid_file_line(&self, number: usize) -> Option<String> {
        let text = fs::read_to_string(self.pgdata.join("postmaster.pid")).ok()?;
        line(&text, number).map(str::to_owned)
    }

    /// SIGINT is PostgreSQL's fast shutdown; a server that does not hear it in time gets SIGQUIT (recovery at the next
    /// start, nothing committed is lost).
    pub(super) fn stop(mut self) -> Result<(), ClusterError> {
        for signal in [Signal::SIGINT, Signal::SIGQUIT] {
            match kill(self.pid, signal) {
                Err(Errno::ESRCH) => return Ok(()),
                Err(error) => return Err(io_error("stop", &self.pgdata)(error.into())),
                Ok(()) => {}
            }
            if self.wait_gone(STOP_TIMEOUT) {
                return Ok(());
            }
        }
        Err(ClusterError::Stop { pid: self.pid(), waited: STOP_TIMEOUT * 2 })
    }

    fn wait_gone(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            let reaped = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
            if reaped || !is_postgres(self.pid) {
                return true;
            }
            std::thread::sleep(POLL);
        }
        false
    }
}

/// Ends the processes a killed server left behind in this folder and removes its stale `postmaster.pid`. A backend that
/// is busy has not noticed the death of its server and holds the shared memory: no new server starts beside it. The
/// caller holds the folder's lock and knows that no server of its own runs.
pub(super) fn clear_remains(pgdata: &Path) -> Result<(), ClusterError> {
    for signal in [Signal::SIGQUIT, Signal::SIGKILL] {
        let left = processes_in(pgdata);
        left.iter().for_each(|pid| {
            tracing::info!(%pid, %signal, "ended a leftover process of an earlier PostgreSQL");
            // One that has ended meanwhile needs no signal.
            let _ = kill(*pid, signal);
        });
        let deadline = Instant::now() + ORPHAN_TIMEOUT;
        while Instant::now() < deadline && !processes_in(pgdata).is_empty() {
            std::thread::sleep(POLL);
        }
    }
    if let Some(pid) = processes_in(pgdata).first() {
        return Err(ClusterError::Stop { pid: pid.as_raw(), waited: ORPHAN_TIMEOUT * 2 });
    }
    let stale = pgdata.join("postmaster.pid");
    match fs::remove_file(&stale) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(io_error("remove", &stale)(source)),
        _ => Ok(()),
    }
}

/// All live processes of PostgreSQL that work in this folder.
fn processes_in(pgdata: &Path) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw));
    pids.filter(|pid| is_postgres(*pid) && works_in(*pid, pgdata) == Some(true)).collect()
}

/// Whether the process stands in `pgdata`, as every process of a server does; none where we may not look.
fn works_in(pid: Pid, pgdata: &Path) -> Option<bool> {
    let stands = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    Some(stands == fs::canonicalize(pgdata).ok()?)
}

fn line(text: &str, number: usize) -> Option<&str> {
    text.lines().nth(number - 1)
}

/// Whether `pid` is alive and runs a program named `postgres`; a zombie is not alive.
pub(super) fn is_postgres(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((name, rest)) = stat.rsplit_once(')') else {
        return false;
    };
    name.contains("(postgres") && !rest.trim_start().starts_with('Z')
}
