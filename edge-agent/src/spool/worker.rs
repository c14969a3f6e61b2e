//! The spool's thread: numbers events, commits them in batches, and does without the file while it must.

mod heal;
mod renumber;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use boomgate_domain::lane::command::CommandLog;
use boomgate_domain::plate::Plate;
use boomgate_schemas::down::{ListKind, ListTerms, Rejected};
use boomgate_schemas::up::{Event, EventBody, Gap};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::job::{BATCH, Figures, Health, Job, MAX_HELD, NewEvent, NotWritable, Outlets, RETRY};
use super::lock::{LockError, SpoolLock};
use super::mark::{self, Mark};
use super::store::{self, Start, Store, StoreError};
use crate::clock::{Clock, Moment};
use crate::wire::KEY_SWITCH;

/// The thread's side.
pub(super) struct SpoolWorker {
    path: PathBuf,
    lock: Option<SpoolLock>,
    /// None until the first number is given out.
    mark: Option<Mark>,
    file: File,
    outlets: Outlets,
    clock: Clock,
    start: Start,
    next_seq: u64,
    reserved: u64,
    stored: u64,
    max_events: u64,
    /// Numbered facts the file could not take yet.
    held: VecDeque<Event>,
    /// Facts that cannot be numbered: the file is not open, or the number could not be noted.
    unnumbered: Vec<NewEvent>,
    /// Events that were never numbered and are to be declared.
    shed: u64,
    acked: u64,
    /// Since when it cannot be written, or when that was last tried again.
    failed_at: Option<Instant>,
    pub(super) lost: Arc<AtomicU64>,
    pub(super) figures: Arc<Figures>,
}

/// What can be done with the database.
enum File {
    Open(Store),
    /// It could not be opened for writing. Its last state can be read, if even that.
    Shut(Option<Store>),
}

impl File {
    fn writable(&mut self) -> Result<&mut Store, StoreError> {
        match self {
            File::Open(store) => Ok(store),
            File::Shut(_) => Err(StoreError::Closed),
        }
    }

    fn readable(&self) -> Option<&Store> {
        match self {
            File::Open(store) => Some(store),
            File::Shut(store) => store.as_ref(),
        }
    }

    const fn is_open(&self) -> bool {
        matches!(self, File::Open(_))
    }
}

/// Locks and opens the database and begins a run in it.
fn begun(path: &Path, lock: &mut Option<SpoolLock>) -> Result<(Store, Start), StoreError> {
    match lock {
        Some(lock) => lock.settle(path)?,
        None => *lock = Some(SpoolLock::acquire(path)?),
    }
    let mut store = Store::open(path)?;
    let start = store.begin_after(mark::noted(path))?;
    Ok((store, start))
}

impl SpoolWorker {
    pub(super) fn open(
        path: &Path,
        max_events: u64,
        clock: Clock,
        outlets: Outlets,
    ) -> Result<SpoolWorker, StoreError> {
        let mut lock = None;
        let (file, start, failed_at) = match begun(path, &mut lock) {
            Ok((store, start)) => (File::Open(store), start, None),
            Err(StoreError::Lock(held @ LockError::Held(_))) => return Err(held.into()),
            Err(failure) => {
                error!(
                    error = ?failure, path = %path.display(),
                    "{failure}; the lane starts without its spool and opens by its own rules until it can be written"
                );
                let (reader, start) = last_known(path);
                (File::Shut(reader), start, Some(Instant::now()))
            }
        };
        let reserved = if file.is_open() { start.next_seq - 1 + store::BLOCK } else { 0 };
        Ok(SpoolWorker {
            path: path.to_owned(),
            lock,
            mark: None,
            file,
            outlets,
            clock,
            next_seq: start.next_seq,
            reserved,
            stored: start.backlog,
            max_events,
            held: VecDeque::new(),
            unnumbered: Vec::new(),
            shed: 0,
            acked: start.acked,
            start,
            failed_at,
            lost: Arc::default(),
            figures: Arc::default(),
        })
    }

    /// Says how the run begins, and declares what the last one left.
    pub(super) fn begin(&mut self) -> Start {
        if self.file.is_open() {
            self.note_unused_block();
            self.declare_unused();
        } else {
            let _ = self.outlets.health.send(Health::Failed);
        }
        self.publish_figures();
        self.start.clone()
    }

    /// Notes that nothing of this run's block is used yet: a program that is killed before its first event leaves no gap.
    /// Where it cannot be noted, the whole block is declared instead, as after a power cut.
    fn note_unused_block(&mut self) {
        let last = self.next_seq.saturating_sub(1);
        let noted = Mark::open(&self.path).and_then(|mark| mark.note(last).map(|()| mark));
        self.mark = noted.ok();
    }

    fn declare_unused(&mut self) {
        if let Some((first, last)) = self.start.gap {
            info!(first, last, "the last run did not end well; its unused numbers are declared as a gap");
            self.declare_gap(first, last, "crash");
        }
    }

    pub(super) fn work(&mut self, queue: &Receiver<Job>) {
        loop {
            let first = match queue.recv_timeout(RETRY) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let batch: Vec<Job> = first.into_iter().chain(queue.try_iter().take(BATCH)).collect();
            let ending = batch.iter().any(|job| matches!(job, Job::End));
            self.take(batch);
            if let Err(LockError::Held(holder)) = self.heal() {
                return error!("the spool was opened by {holder} meanwhile; this program must end");
            }
            self.publish_figures();
            if ending {
                break;
            }
        }
        self.end();
    }

    fn end(&mut self) {
        let last = self.next_seq - 1;
        let ended = self.held.is_empty() && self.file.writable().and_then(|store| store.end(last)).is_ok();
        if !ended {
            let facts = self.held.len() + self.unnumbered.len();
            warn!(
                facts,
                "the spool did not end well; what it could not store is lost, the next start declares it"
            );
        }
    }

    fn take(&mut self, batch: Vec<Job>) {
        let mut fresh = Vec::new();
        for job in batch {
            if let Job::Append(event) = job {
                fresh.extend(self.number(event));
            } else {
                self.keep(std::mem::take(&mut fresh));
                self.serve(job);
            }
        }
        self.keep(fresh);
    }

    fn serve(&mut self, job: Job) {
        match job {
            Job::Append(_) | Job::End => {}
            Job::Acked { upto, rejected } => self.acknowledge(upto, &rejected),
            Job::Renumber { above, reply } => drop(reply.send(self.renumber(above))),
            Job::Backlog { after, limit, reply } => drop(reply.send(self.backlog(after, limit))),
            Job::SaveCommands { log, reply } => {
                let done = self.save_commands(&log);
                if let Some(reply) = reply {
                    let _ = reply.send(done);
                }
            }
            Job::SaveMode { mode, reply } => {
                let done = self.file.writable().and_then(|store| store.save_mode(&mode));
                let _ = reply.send(self.note(done).is_some());
            }
            Job::ReplaceList { version, key, entries, reply } => {
                let done = self.file.writable().and_then(|store| store.replace_list(version, &key, &entries));
                let _ = reply.send(self.note(done).is_some());
            }
            Job::Lookup { plate, reply } => drop(reply.send(self.lookup(&plate).unwrap_or_default())),
        }
    }

    fn save_commands(&mut self, log: &CommandLog) -> Result<(), NotWritable> {
        // A log from before the file could be opened is older than the file.
        if log.counter() < self.start.commands.counter() {
            return Err(NotWritable);
        }
        let done = self.file.writable().and_then(|store| store.save_commands(log));
        self.note(done).ok_or(NotWritable)
    }

    /// Gives an event its number and sends it out, unless it must be shed.
    fn number(&mut self, new: NewEvent) -> Option<Event> {
        // In the order in which they happened: behind one that waits, all wait.
        if !self.file.is_open() || !self.unnumbered.is_empty() {
            self.wait_for_number(new);
            return None;
        }
        let crowded = self.failed_at.is_some() || self.stored >= self.max_events;
        let no_room = self.held.len() >= MAX_HELD || (self.next_seq > self.reserved && !self.reserve());
        if no_room || (crowded && is_telemetry(&new.body)) {
            self.shed += 1;
            return None;
        }
        if !self.note_number() {
            self.wait_for_number(new);
            return None;
        }
        let event = self.numbered(new);
        let _ = self.outlets.live.try_send(event.clone());
        Some(event)
    }

    /// Notes the next number before it leaves the lane. A number that could not be noted is not given out: after a crash
    /// it would be given out again.
    fn note_number(&mut self) -> bool {
        let noted = match &self.mark {
            Some(mark) => mark.note(self.next_seq),
            None => Mark::open(&self.path).and_then(|mark| {
                mark.note(self.next_seq)?;
                self.mark = Some(mark);
                Ok(())
            }),
        };
        let noted = noted.map_err(|failure| StoreError::Lock(LockError::Io(failure)));
        self.note(noted).is_some()
    }

    /// Which numbers are free is known to the file alone, so a fact waits for it in memory.
    fn wait_for_number(&mut self, new: NewEvent) {
        if is_telemetry(&new.body) || self.unnumbered.len() >= MAX_HELD {
            self.shed += 1;
        } else {
            self.unnumbered.push(new);
        }
    }

    fn numbered(&mut self, new: NewEvent) -> Event {
        let seq = self.next_seq;
        self.next_seq += 1;
        let Moment { uptime_ms, wall_ms, clock } = new.moment;
        Event {
            seq,
            boot: self.start.boot,
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
            let done = self.file.writable().and_then(|store| store.append(&fresh));
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
        let upto = self.next_seq.max(self.reserved);
        let reserved = self.file.writable().and_then(|store| store.reserve(upto));
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
                "the server rejected this event for good; it is stored as a dead letter"
            );
        }
        self.held.retain(|event| event.seq > upto);
        self.acked = self.acked.max(upto);
        let done = self.file.writable().and_then(|store| {
            store.acked(upto, rejected)?;
            store.count()
        });
        if let Some(left) = self.note(done) {
            self.stored = left;
        }
    }

    fn backlog(&mut self, after: u64, limit: usize) -> Vec<Event> {
        let found = self.file.readable().map(|store| store.backlog(after, limit)).transpose();
        let mut events = self.note(found).flatten().unwrap_or_default();
        let last = events.last().map_or(after, |event| event.seq);
        let room = limit.saturating_sub(events.len());
        events.extend(self.held.iter().filter(|event| event.seq > last).take(room).cloned());
        events
    }

    fn lookup(&mut self, plate: &Plate) -> Option<Vec<ListTerms>> {
        let found = listed(self.file.readable()?, plate);
        self.note(found)
    }

    fn declare_gap(&mut self, first: u64, last: u64, reason: &str) {
        let body = EventBody::Gap(Gap { first, last, reason: reason.to_owned() });
        let new = NewEvent { id: Uuid::now_v7(), moment: self.clock.moment(), body };
        // A gap that cannot be noted is not sent yet; what is sent of it is in the file first.
        let noted = self.note_number();
        let event = self.numbered(new);
        if noted {
            let _ = self.outlets.live.try_send(event.clone());
        }
        self.keep(vec![event]);
    }

    /// The value; a failure is recorded and logged once.
    fn note<T>(&mut self, outcome: Result<T, StoreError>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(failure) => {
                if self.failed_at.is_none() {
                    self.failed_at = Some(Instant::now());
                    error!(error = ?failure, "{failure}; facts are held in memory, telemetry is shed");
                    let _ = self.outlets.health.send(Health::Failed);
                }
                None
            }
        }
    }

    fn publish_figures(&self) {
        self.figures.boot.store(self.start.boot, Ordering::Relaxed);
        *self.figures.spool.lock().unwrap_or_else(PoisonError::into_inner) = self.start.spool;
        self.figures.next_seq.store(self.next_seq, Ordering::Relaxed);
        self.figures.acked.store(self.acked, Ordering::Relaxed);
        self.figures
            .backlog
            .store(self.stored + (self.held.len() + self.unnumbered.len()) as u64, Ordering::Relaxed);
    }
}

/// What is said of exactly this plate, and the blocks of its twins.
fn listed(store: &Store, plate: &Plate) -> Result<Vec<ListTerms>, StoreError> {
    let Some(key) = store.list_key()? else { return Ok(Vec::new()) };
    let mut entries = store.listed(key.tag(plate).as_bytes())?;
    let of_twins = store.listed(key.block_tag(plate).as_bytes())?;
    entries.extend(of_twins.into_iter().filter(|entry| entry.kind == ListKind::Block));
    Ok(entries)
}

/// The start that a file which cannot be written still gives; a first run's start if it gives none.
fn last_known(path: &Path) -> (Option<Store>, Start) {
    let read = Store::inspect(path).and_then(|store| Ok((store.peek(mark::noted(path))?, store)));
    match read {
        Ok((start, store)) => (Some(store), start),
        Err(_) => (None, Start::default()),
    }
}

/// What may be lost when there is no room: it describes, it moves neither stays nor money.
fn is_telemetry(body: &EventBody) -> bool {
    match body {
        // No other event records that a key opened the barrier.
        EventBody::Boom(boom) => boom.cause != format!("rule:{KEY_SWITCH}"),
        EventBody::Arrival(_)
        | EventBody::Decided(_)
        | EventBody::Passage(_)
        | EventBody::Result(_)
        | EventBody::Fault(_)
        | EventBody::Gap(_) => false,
    }
}
