//! The spool: numbers and stores the events of a lane until the server has acknowledged them.
//!
//! One thread owns the SQLite file and works through a queue of jobs. An event gets its number here, goes out at once to
//! the uplink, and is committed with everything else that is queued; only its deletion needs an ack.
//! When the file cannot be written, telemetry is shed and counted, facts are held in memory, and the loss is declared as
//! one gap when there is room again. The same holds when it could not even be opened: the run then begins without it, reads
//! what it can of it, and opens it as soon as that is possible. Must not know MQTT, lanes or decisions.

mod job;
pub mod lock;
pub mod mark;
pub mod store;
mod worker;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use boomgate_domain::lane::command::CommandLog;
use boomgate_domain::plate::Plate;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{ListTerms, Rejected};
use boomgate_schemas::up::Event;
use tokio::sync::oneshot;
use tracing::warn;

pub use job::{Health, NewEvent, NotWritable, Outlets, Renumbered};

use crate::clock::Clock;
use job::{Figures, Job};
use store::{Start, StoreError, StoredMode};
use worker::SpoolWorker;

/// Jobs that may wait for the file.
const QUEUE: usize = 4096;
/// Handle of the spool's thread; cheap to clone.
#[derive(Clone)]
pub struct Spool {
    jobs: SyncSender<Job>,
    /// Events that did not even fit the queue.
    lost: Arc<AtomicU64>,
    figures: Arc<Figures>,
}

impl Spool {
    /// Opens the file, begins a run and starts the thread. Join the handle after `end`.
    ///
    /// A file that cannot be opened is no reason not to start: the run begins with what can be read of it. Only one that
    /// another program uses is refused.
    pub fn start(
        path: &Path,
        max_events: u64,
        clock: &Clock,
        outlets: Outlets,
    ) -> Result<(Spool, Start, JoinHandle<()>), StoreError> {
        let (jobs, queue) = sync_channel(QUEUE);
        let (lost, figures) = (Arc::new(AtomicU64::new(0)), Arc::new(Figures::default()));
        let mut worker = SpoolWorker::open(path, max_events, clock.clone(), outlets)?;
        worker.lost = Arc::clone(&lost);
        worker.figures = Arc::clone(&figures);
        let start = worker.begin();
        let thread = std::thread::Builder::new()
            .name("spool".into())
            .spawn(move || worker.work(&queue))
            .map_err(|error| StoreError::Damaged(format!("no thread for the spool: {error}")))?;
        Ok((Spool { jobs, lost, figures }, start, thread))
    }

    /// Never blocks. What does not fit the queue is counted and declared later.
    pub fn append(&self, event: NewEvent) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.jobs.try_send(Job::Append(event))
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub fn acked(&self, upto: u64, rejected: Vec<Rejected>) {
        self.order(Job::Acked { upto, rejected });
    }

    /// The server has numbers up to `above` under other events: gives everything that waits numbers above it.
    pub async fn renumber(&self, above: u64) -> Renumbered {
        self.ask(|reply| Job::Renumber { above, reply }).await.unwrap_or(Renumbered::Failed)
    }

    /// Stores an answer; nothing waits for it, a lost one costs a `CMD-RESTARTED` after a crash.
    pub fn answered(&self, log: CommandLog) {
        self.order(Job::SaveCommands { log, reply: None });
    }

    /// Events behind `after`, oldest first; empty if the spool is ending.
    pub async fn backlog(&self, after: u64, limit: usize) -> Vec<Event> {
        self.ask(|reply| Job::Backlog { after, limit, reply }).await.unwrap_or_default()
    }

    /// Stores a command's counter before the command is obeyed.
    pub async fn save_commands(&self, log: CommandLog) -> Result<(), NotWritable> {
        self.ask(|reply| Job::SaveCommands { log, reply: Some(reply) }).await.unwrap_or(Err(NotWritable))
    }

    /// Whether the mode is stored.
    pub async fn save_mode(&self, mode: StoredMode) -> bool {
        self.ask(|reply| Job::SaveMode { mode, reply }).await.unwrap_or(false)
    }

    /// Whether the new offline list is stored.
    pub async fn replace_list(&self, version: u64, key: Octets<32>, entries: Vec<ListTerms>) -> bool {
        self.ask(|reply| Job::ReplaceList { version, key, entries, reply }).await.unwrap_or(false)
    }

    /// The offline list's entries for a plate; none if there is no list.
    pub async fn lookup(&self, plate: Plate) -> Vec<ListTerms> {
        self.ask(|reply| Job::Lookup { plate, reply }).await.unwrap_or_default()
    }

    /// Ends the run after all jobs queued before.
    pub fn end(&self) {
        self.order(Job::End);
    }

    /// The run's number: how often this spool's program was started.
    pub fn boot(&self) -> u32 {
        self.figures.boot.load(Ordering::Relaxed)
    }

    /// Which file it is; none while it cannot be opened.
    pub fn id(&self) -> Option<Octets<16>> {
        *self.figures.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn next_seq(&self) -> u64 {
        self.figures.next_seq.load(Ordering::Relaxed)
    }

    pub fn acked_seq(&self) -> u64 {
        self.figures.acked.load(Ordering::Relaxed)
    }

    pub fn backlog_count(&self) -> u64 {
        self.figures.backlog.load(Ordering::Relaxed)
    }

    fn order(&self, job: Job) {
        if self.jobs.try_send(job).is_err() {
            warn!("the spool's queue is full; a job was dropped and will be repeated by its cause");
        }
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(job(reply)).ok()?;
        answer.await.ok()
    }
}
