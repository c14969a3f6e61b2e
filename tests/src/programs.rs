//! The real programs as child processes: found beside the test, started, killed or asked to end.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::wait;

/// A built program of this workspace.
///
/// # Panics
/// When it was not built, saying how to.
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let found = own.ancestors().skip(1).take(2).map(|dir| dir.join(name)).find(|path| path.is_file());
    let package = if name == "boomgate" { "boomgate" } else { "boomgate-edge-agent" };
    found.unwrap_or_else(|| {
        panic!("there is no {name} beside {}; first run: cargo build -p {package}", own.display())
    })
}

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; what it says on standard error is appended to `log`, on standard output to `log` with the
    /// extension `out`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let open = |path: &Path| File::options().create(true).append(true).open(path).unwrap();
        command.stdin(Stdio::null()).stderr(open(log)).stdout(open(&log.with_extension("out")));
        for name in ["DATABASE_URL", "DATABASE_URL_FILE", "RUST_LOG", "BOOMGATE_CONFIG"] {
            command.env_remove(name);
        }
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, log: log.to_owned() }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// What it said on standard error, all starts together.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn output(&self) -> String {
        std::fs::read_to_string(self.log.with_extension("out")).unwrap_or_default()
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// SIGKILL: nothing is told, nothing is tidied.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    pub async fn ended(&mut self) -> ExitStatus {
        let what = format!("the end of the process that writes {}", self.log.display());
        wait::until(&what, async || self.child.try_wait().unwrap()).await
    }

    /// SIGTERM, as a supervisor does; it must end well.
    pub async fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.ended().await;
        assert!(status.success(), "{} after SIGTERM; log: {}", status, self.log());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A zombie nobody reaped is not alive.
pub fn is_alive(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

/// Processes whose command line mentions `text`: for those a story did not start itself.
pub fn mentioning(text: &Path) -> Vec<i32> {
    let text = text.display().to_string();
    let pids = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&text) && is_alive(*pid)
    })
    .collect()
}
