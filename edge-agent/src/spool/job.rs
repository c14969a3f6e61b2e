//! What passes between the spool's handle and its thread.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

use boomgate_domain::lane::command::CommandLog;
use boomgate_domain::plate::Plate;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{ListTerms, Rejected};
use boomgate_schemas::up::{Event, EventBody};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::store::{Start, StoredMode};
use crate::clock::Moment;

/// Facts held in memory while the file cannot be written.
pub(super) const MAX_HELD: usize = 4096;
pub(super) const RETRY: Duration = Duration::from_secs(2);
/// Jobs taken into one commit.
pub(super) const BATCH: usize = 256;

/// An event before it has a number.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub id: Uuid,
    pub moment: Moment,
    pub body: EventBody,
}

/// The file can or cannot be written, as it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Failed,
    Healed,
    /// The file could not be opened at the start and now is: this is what it knew.
    Opened(Box<Start>),
}

/// The file cannot be written now, so what depends on it must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the spool cannot be written")]
pub struct NotWritable;

/// What became of the order to give new numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renumbered {
    /// Everything that waits is above this number now.
    Above(u64),
    /// Everything that waits was above already.
    Already,
    /// Nothing was changed, for want of a file, of room or of numbers. It is still to be done.
    Failed,
}

pub(super) enum Job {
    Append(NewEvent),
    Acked {
        upto: u64,
        rejected: Vec<Rejected>,
    },
    /// Gives what waits numbers above this one, if the server has those up to it under other events.
    Renumber {
        above: u64,
        reply: oneshot::Sender<Renumbered>,
    },
    Backlog {
        after: u64,
        limit: usize,
        reply: oneshot::Sender<Vec<Event>>,
    },
    SaveCommands {
        log: CommandLog,
        reply: Option<oneshot::Sender<Result<(), NotWritable>>>,
    },
    SaveMode {
        mode: StoredMode,
        reply: oneshot::Sender<bool>,
    },
    ReplaceList {
        version: u64,
        key: Octets<32>,
        entries: Vec<ListTerms>,
        reply: oneshot::Sender<bool>,
    },
    Lookup {
        plate: Plate,
        reply: oneshot::Sender<Vec<ListTerms>>,
    },
    End,
}

/// The spool's figures for a hello; read from any thread.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub boot: AtomicU32,
    pub next_seq: AtomicU64,
    pub acked: AtomicU64,
    pub backlog: AtomicU64,
    /// Which file it is, once that is known.
    pub spool: Mutex<Option<Octets<16>>>,
}

/// Channels of a started spool.
pub struct Outlets {
    /// Every event as soon as it has a number; when full, the event is found in the backlog later.
    pub live: mpsc::Sender<Event>,
    pub health: mpsc::UnboundedSender<Health>,
}
