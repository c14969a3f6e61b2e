//! What happened, kept until the server has it: numbers, stores and hands out the events of a lane.
//!
//! One thread owns the SQLite file and works through a queue of jobs. An event gets its number here, goes out at once to
//! whoever speaks with the server, and is committed with everything else that waited; only its deletion needs an ack.
//! When the file cannot be written, telemetry is shed and counted, facts are held in memory, and the loss is declared as
//! one gap when there is room again. Knows nothing of MQTT, lanes or decisions.

pub mod store;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use boomgate_domain::lane::command::CommandLog;
use boomgate_domain::plate::Plate;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{ListEntry, Rejected};
use boomgate_schemas::up::{Event, EventBody, Gap};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info, warn};
use uuid::Uuid;

use crate::clock::{Clock, Moment};
use store::{Start, Store, StoreError};

/// Jobs that may wait for the file.
const QUEUE: usize = 4096;
/// Facts held in memory while the file cannot be written.
const HELD_MOST: usize = 4096;
const RETRY: Duration = Duration::from_secs(2);
/// Jobs taken into one commit.
const BATCH: usize = 256;

/// An event before it has a number.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub id: Uuid,
    pub moment: Moment,
    pub body: EventBody,
}

/// The file can or cannot be written, as it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Failed,
    Healed,
}

/// The file cannot be written now, so what depends on it must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the spool cannot be written")]
pub struct Unwritable;

enum Job {
    Append(NewEvent),
    Acked { upto: u64, rejected: Vec<Rejected> },
    Backlog { after: u64, limit: usize, reply: oneshot::Sender<Vec<Event>> },
    SaveCommands { log: CommandLog, reply: Option<oneshot::Sender<Result<(), Unwritable>>> },
    ReplaceList { version: u64, key: Octets<32>, entries: Vec<ListEntry>, reply: oneshot::Sender<bool> },
    Lookup { plate: Plate, reply: oneshot::Sender<Vec<ListEntry>> },
    End,
}

/// Handle of the spool's thread; cheap to clone.
#[derive(Clone)]
pub struct Spool {
    jobs: SyncSender<Job>,
    /// Events that did not even fit the queue.
    lost: Arc<AtomicU64>,
    figures: Arc<Figures>,
}

/// What a hello says of the spool; read from any thread.
#[derive(Debug, Default)]
pub struct Figures {
    next_seq: AtomicU64,
    acked: AtomicU64,
    backlog: AtomicU64,
}

/// Where a started spool sends what others must know.
pub struct Outlets {
    /// Every event as soon as it has a number; when full, the event is found in the backlog later.
    pub live: mpsc::Sender<Event>,
    pub health: mpsc::UnboundedSender<Health>,
}

impl Spool {
    /// Opens the file, begins a run and starts the thread. Join the handle after `end`.
    pub fn start(
        path: &Path,
        max_events: u64,
        clock: &Clock,
        outlets: Outlets,
    ) -> Result<(Spool, Start, JoinHandle<()>), StoreError> {
        let mut store = Store::open(path)?;
        let start = store.begin()?;
        let (jobs, queue) = sync_channel(QUEUE);
        let (lost, figures) = (Arc::new(AtomicU64::new(0)), Arc::new(Figures::default()));
        figures.acked.store(start.acked, Ordering::Relaxed);
        let mut keeper = Keeper {
            store,
            outlets,
            clock: clock.clone(),
            boot: start.boot,
            next_seq: start.next_seq,
            reserved: start.next_seq - 1 + store::BLOCK,
            stored: start.backlog,
            max_events,
            held: VecDeque::new(),
            shed: 0,
            acked: start.acked,
            failed_at: None,
            lost: Arc::clone(&lost),
            figures: Arc::clone(&figures),
        };
        keeper.publish_figures();
        if let Some((first, last)) = start.gap {
            info!(first, last, "the last run did not end well; its unused numbers are declared as a gap");
            keeper.declare_gap(first, last, "crash");
        }
        let thread = std::thread::Builder::new()
            .name("spool".into())
            .spawn(move || keeper.work(&queue))
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

    /// Stores an answer; nothing waits for it, a lost one costs a `CMD-RESTARTED` after a crash.
    pub fn answered(&self, log: CommandLog) {
        self.order(Job::SaveCommands { log, reply: None });
    }

    /// Events behind `after`, oldest first; empty if the spool is ending.
    pub async fn backlog(&self, after: u64, limit: usize) -> Vec<Event> {
        self.ask(|reply| Job::Backlog { after, limit, reply }).await.unwrap_or_default()
    }

    /// Stores a command's counter before the command is obeyed.
    pub async fn save_commands(&self, log: CommandLog) -> Result<(), Unwritable> {
        self.ask(|reply| Job::SaveCommands { log, reply: Some(reply) }).await.unwrap_or(Err(Unwritable))
    }

    /// Whether the new offline list is stored.
    pub async fn replace_list(&self, version: u64, key: Octets<32>, entries: Vec<ListEntry>) -> bool {
        self.ask(|reply| Job::ReplaceList { version, key, entries, reply }).await.unwrap_or(false)
    }

    /// What the offline list says of a plate; nothing if there is no list.
    pub async fn lookup(&self, plate: Plate) -> Vec<ListEntry> {
        self.ask(|reply| Job::Lookup { plate, reply }).await.unwrap_or_default()
    }

    /// Ends the run after everything that was asked before.
    pub fn end(&self) {
        self.order(Job::End);
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
            warn!("the spool's queue is full; an order was dropped and will be repeated by its cause");
        }
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(job(reply)).ok()?;
        answer.await.ok()
    }
}

/// The thread's side.
struct Keeper {
    store: Store,
    outlets: Outlets,
    clock: Clock,
    boot: u32,
    next_seq: u64,
    reserved: u64,
    stored: u64,
    max_events: u64,
    /// Numbered facts the file could not take yet.
    held: VecDeque<Event>,
    /// Events that were never numbered and are to be declared.
    shed: u64,
    acked: u64,
    failed_at: Option<Instant>,
    lost: Arc<AtomicU64>,
    figures: Arc<Figures>,
}

impl Keeper {
    fn work(&mut self, queue: &Receiver<Job>) {
        loop {
            let first = match queue.recv_timeout(RETRY) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let batch: Vec<Job> = first.into_iter().chain(queue.try_iter().take(BATCH)).collect();
            let ending = batch.iter().any(|job| matches!(job, Job::End));
            self.take(batch);
            self.heal();
            self.publish_figures();
            if ending {
                break;
            }
        }
        if self.held.is_empty() && self.store.end(self.next_seq - 1).is_err() {
            warn!("the spool did not end well; the next start declares a gap");
        }
    }

    fn take(&mut self, batch: Vec<Job>) {
        let mut fresh = Vec::new();
        for job in batch {
            match job {
                Job::Append(event) => fresh.extend(self.number(event)),
                other => {
                    self.keep(std::mem::take(&mut fresh));
                    self.serve(other);
                }
            }
        }
        self.keep(fresh);
    }

    fn serve(&mut self, job: Job) {
        match job {
            Job::Append(_) | Job::End => {}
            Job::Acked { upto, rejected } => self.acknowledge(upto, &rejected),
            Job::Backlog { after, limit, reply } => drop(reply.send(self.backlog(after, limit))),
            Job::SaveCommands { log, reply } => {
                let done = self.store.save_commands(&log);
                let done = self.note(done).ok_or(Unwritable);
                if let Some(reply) = reply {
                    let _ = reply.send(done);
                }
            }
            Job::ReplaceList { version, key, entries, reply } => {
                let done = self.store.replace_list(version, &key, &entries);
                let _ = reply.send(self.note(done).is_some());
            }
            Job::Lookup { plate, reply } => drop(reply.send(self.lookup(&plate).unwrap_or_default())),
        }
    }

    /// Gives an event its number and sends it out, unless it must be shed.
    fn number(&mut self, new: NewEvent) -> Option<Event> {
        let crowded = self.failed_at.is_some() || self.stored >= self.max_events;
        let no_room = self.held.len() >= HELD_MOST || (self.next_seq > self.reserved && !self.reserve());
        if no_room || (crowded && is_telemetry(&new.body)) {
            self.shed += 1;
            return None;
        }
        let event = self.numbered(new);
        let _ = self.outlets.live.try_send(event.clone());
        Some(event)
    }

    fn numbered(&mut self, new: NewEvent) -> Event {
        let seq = self.next_seq;
        self.next_seq += 1;
        let Moment { uptime_ms, wall_ms, clock } = new.moment;
        Event {
            seq,
            boot: self.boot,
            id: new.id,
            at_ms: wall_ms,
            clock,
            uptime_ms,
            body: new.body,
            was: None,
        }
    }

    /// Commits events, or holds them if that fails.
    fn keep(&mut self, fresh: Vec<Event>) {
        if fresh.is_empty() {
            return;
        }
        if self.failed_at.is_none() {
            let done = self.store.append(&fresh);
            if self.note(done).is_some() {
                self.stored += fresh.len() as u64;
                self.reserve_ahead();
                return;
            }
        }
        self.held.extend(fresh);
    }

    fn reserve_ahead(&mut self) {
        if self.reserved.saturating_sub(self.next_seq) < store::BLOCK / 2 {
            self.reserve();
        }
    }

    fn reserve(&mut self) -> bool {
        let reserved = self.store.reserve(self.next_seq.max(self.reserved));
        match self.note(reserved) {
            Some(reserved) => {
                self.reserved = reserved;
                true
            }
            None => false,
        }
    }

    fn acknowledge(&mut self, upto: u64, rejected: &[Rejected]) {
        // Numbers this run has not given out cannot have been committed: such an ack is not ours.
        if upto >= self.next_seq {
            warn!(upto, next_seq = self.next_seq, "an ack for numbers never used is ignored");
            return;
        }
        for one in rejected {
            error!(
                seq = one.seq,
                code = one.code,
                "the server will never take this event; it is kept as a dead letter"
            );
        }
        self.held.retain(|event| event.seq > upto);
        self.acked = self.acked.max(upto);
        let done = self.store.acked(upto, rejected);
        if self.note(done).is_some() {
            self.stored = self.store.count().unwrap_or(self.stored);
        }
    }

    fn backlog(&mut self, after: u64, limit: usize) -> Vec<Event> {
        let found = self.store.backlog(after, limit);
        let mut events = self.note(found).unwrap_or_default();
        let last = events.last().map_or(after, |event| event.seq);
        let room = limit.saturating_sub(events.len());
        events.extend(self.held.iter().filter(|event| event.seq > last).take(room).cloned());
        events
    }

    fn lookup(&mut self, plate: &Plate) -> Option<Vec<ListEntry>> {
        let key = self.store.list_key();
        let tag = self.note(key)??.tag(plate);
        let found = self.store.listed(tag.as_bytes());
        self.note(found)
    }

    /// Tries again what could not be written, and declares what was lost.
    fn heal(&mut self) {
        self.shed += self.lost.swap(0, Ordering::Relaxed);
        if self.failed_at.is_some_and(|at| at.elapsed() < RETRY) {
            return;
        }
        if !self.held.is_empty() {
            let held: Vec<Event> = self.held.iter().cloned().collect();
            let done = self.store.append(&held);
            if self.note(done).is_none() {
                return;
            }
            self.stored += held.len() as u64;
            self.held.clear();
        } else if self.failed_at.is_some() && !self.reserve() {
            return;
        }
        let was_failed = self.failed_at.take().is_some();
        if self.shed > 0 && self.stored < self.max_events {
            let first = self.next_seq;
            self.next_seq += self.shed;
            warn!(first, count = self.shed, "events were shed while the spool could not take them");
            self.shed = 0;
            if self.next_seq > self.reserved {
                self.reserve();
            }
            self.declare_gap(first, self.next_seq - 1, "spool_full");
        }
        let acked = self.acked;
        if was_failed && self.failed_at.is_none() {
            let done = self.store.acked(acked, &[]);
            self.note(done);
            let _ = self.outlets.health.send(Health::Healed);
            info!("the spool can be written again");
        }
    }

    fn declare_gap(&mut self, first: u64, last: u64, reason: &str) {
        let body = EventBody::Gap(Gap { first, last, reason: reason.to_owned() });
        let new = NewEvent { id: Uuid::now_v7(), moment: self.clock.moment(), body };
        let event = self.numbered(new);
        let _ = self.outlets.live.try_send(event.clone());
        self.keep(vec![event]);
    }

    /// The value, or the failure noted and told once.
    fn note<T>(&mut self, outcome: Result<T, StoreError>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(failure) => {
                if self.failed_at.replace(Instant::now()).is_none() {
                    error!(error = ?failure, "{failure}; facts are held in memory, telemetry is shed");
                    let _ = self.outlets.health.send(Health::Failed);
                }
                None
            }
        }
    }

    fn publish_figures(&self) {
        self.figures.next_seq.store(self.next_seq, Ordering::Relaxed);
        self.figures.acked.store(self.acked, Ordering::Relaxed);
        self.figures.backlog.store(self.stored + self.held.len() as u64, Ordering::Relaxed);
    }
}

/// What may be lost when there is no room: it describes, it moves neither stays nor money.
fn is_telemetry(body: &EventBody) -> bool {
    match body {
        EventBody::Boom(_) => true,
        EventBody::Arrival(_)
        | EventBody::Decided(_)
        | EventBody::Passage(_)
        | EventBody::Result(_)
        | EventBody::Fault(_)
        | EventBody::Gap(_) => false,
    }
}
