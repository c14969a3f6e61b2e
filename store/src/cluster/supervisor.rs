//! The watch over one server process: when it ends without being asked to, it is started again at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::error::{ClusterError, io_error};
use super::launch::Launch;
use super::process::{self, Postmaster};

/// How soon the end of the server is noticed.
const POLL: Duration = Duration::from_millis(50);
/// After a start that failed; doubled each time up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A server that recovers much is not cut short: it would begin again.
const RECOVERY: Duration = Duration::from_secs(600);

enum Order {
    Stop,
    #[cfg(feature = "testing")]
    Abandon,
}

#[derive(Debug, Default)]
struct Status {
    /// 0 while there is none.
    pid: AtomicI32,
    restarts: AtomicU32,
    stopping: AtomicBool,
}

/// A thread that owns the server process.
#[derive(Debug)]
pub(super) struct Supervisor {
    status: Arc<Status>,
    orders: Sender<Order>,
    thread: Option<JoinHandle<Result<(), ClusterError>>>,
}

impl Supervisor {
    pub(super) fn watch(postmaster: Postmaster, launch: Launch) -> Result<Self, ClusterError> {
        let status = Arc::new(Status::default());
        status.pid.store(postmaster.pid(), Ordering::Relaxed);
        let (orders, given) = mpsc::channel();
        let failed = io_error("watch", &launch.pgdata);
        let watch = Watch { postmaster: Some(postmaster), launch, status: Arc::clone(&status) };
        let thread = std::thread::Builder::new().name("postgres-watch".into());
        let thread = thread.spawn(move || watch.run(&given)).map_err(failed)?;
        Ok(Self { status, orders, thread: Some(thread) })
    }

    pub(super) fn pid(&self) -> Option<i32> {
        Some(self.status.pid.load(Ordering::Relaxed)).filter(|pid| process::is_postgres(Pid::from_raw(*pid)))
    }

    pub(super) fn restarts(&self) -> u32 {
        self.status.restarts.load(Ordering::Relaxed)
    }

    pub(super) fn stop(mut self) -> Result<(), ClusterError> {
        self.end(Order::Stop)
    }

    #[cfg(feature = "testing")]
    pub(super) fn abandon(mut self) {
        drop(self.end(Order::Abandon));
    }

    fn end(&mut self, order: Order) -> Result<(), ClusterError> {
        self.status.stopping.store(true, Ordering::Relaxed);
        // A watch that is gone takes no orders.
        drop(self.orders.send(order));
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if self.thread.is_some()
            && let Err(error) = self.end(Order::Stop)
        {
            tracing::error!(%error, "PostgreSQL was left running");
        }
    }
}

struct Watch {
    postmaster: Option<Postmaster>,
    launch: Launch,
    status: Arc<Status>,
}

impl Watch {
    fn run(mut self, orders: &Receiver<Order>) -> Result<(), ClusterError> {
        let (mut wait, mut pause) = (POLL, FIRST_PAUSE);
        loop {
            match orders.recv_timeout(wait) {
                #[cfg(feature = "testing")]
                Ok(Order::Abandon) => return Ok(()),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    return self.postmaster.map_or(Ok(()), Postmaster::stop);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let alive = self.postmaster.as_mut().is_some_and(Postmaster::is_alive);
            if alive || !self.launch.config.keep_running || self.restart() {
                (wait, pause) = (POLL, FIRST_PAUSE);
            } else {
                (wait, pause) = (pause, (pause * 2).min(LONGEST_PAUSE));
            }
        }
    }

    /// Whether the server runs again.
    fn restart(&mut self) -> bool {
        let begun = Instant::now();
        if let Some(dead) = self.postmaster.take() {
            self.status.pid.store(0, Ordering::Relaxed);
            tracing::error!(pid = dead.pid(), "PostgreSQL ended without being asked to; it is started again");
        }
        match self.launch.start(RECOVERY, &self.status.stopping) {
            Ok(started) => {
                let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.status.pid.store(started.pid(), Ordering::Relaxed);
                self.status.restarts.fetch_add(1, Ordering::Relaxed);
                metrics::counter!("boomgate_postgres_restarts_total").increment(1);
                tracing::warn!(pid = started.pid(), duration_ms, "PostgreSQL runs again");
                self.postmaster = Some(started);
                true
            }
            Err(error) => {
                tracing::error!(%error, "PostgreSQL cannot be started again; it is tried again soon");
                false
            }
        }
    }
}
