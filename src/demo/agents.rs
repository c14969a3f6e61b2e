//! The lanes' programs as child processes: found, started, watched, ended.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long an agent may take to end by itself.
const GOODBYE: Duration = Duration::from_secs(5);

/// One running `edge-agent`.
pub struct Agent {
    pub lane: String,
    child: Child,
}

/// The agent's program, beside this one.
pub fn program() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    let agent = own.with_file_name("edge-agent");
    if !agent.is_file() {
        bail!("{} is missing; build it with `cargo build -p boomgate-edge-agent`", agent.display());
    }
    Ok(agent)
}

impl Agent {
    /// Starts the agent of `lane`; its log goes to `agent.log` beside its configuration.
    pub fn start(program: &Path, lane: &str, config: &Path) -> Result<Self> {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(config.with_file_name("agent.log"))?;
        let child = Command::new(program)
            .arg("run")
            .arg("--config")
            .arg(config)
            .arg("--exit-with-parent")
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { lane: lane.to_owned(), child })
    }

    /// Waits for an agent that ends by itself.
    pub async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => format!("lane {} ended: {status}", self.lane),
            Err(error) => format!("lane {} cannot be watched: {error}", self.lane),
        }
    }

    /// Asks the agent to end, and insists.
    pub async fn stop(mut self) {
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            // A process that is gone already needs no signal.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        if timeout(GOODBYE, self.child.wait()).await.is_err() {
            drop(self.child.kill().await);
        }
    }
}
