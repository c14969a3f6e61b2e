//! The wiring: who hands what to whom, and what ends the whole.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use boomgate_schemas::topic::Leaf;
use boomgate_store::pool::{ConnectError, PrepareError};
use boomgate_store::{Address, Pool, commands, devices};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use crate::batch::{self, Worker};
use crate::bus::{Bus, BusError, Incoming};
use crate::clock;
use crate::directory::Directory;
use crate::health::{Health, Pulse};
use crate::hello::{self, Greeter};
use crate::inbound::{self, Received, Refusal};
use crate::outbox::{self, Outbox};
use crate::sync::{self, Lists};

/// Connections beside one per worker: greetings, lists, look-ups, the outbox.
const SHARED_CONNECTIONS: usize = 5;
const GREETINGS: usize = 4096;
const LISTS: usize = 256;
/// Verified messages that wait for the next batch.
const VERIFIED: usize = 1024;
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// How ingest works.
#[derive(Clone, Debug)]
pub struct IngestConfig {
    /// Batches side by side, each with a connection of its own; a site always goes to the same one. 2 to 4.
    pub workers: usize,
    /// Messages that wait per worker; what comes on top is dropped and sent again by its lane.
    pub queue: usize,
    /// Where to say how it goes.
    pub health: watch::Sender<Health>,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self { workers: 2, queue: 4096, health: watch::Sender::default() }
    }
}

/// Why ingest ended by itself: a supervisor starts it again.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error("bus is over")]
    Bus(#[from] BusError),
    #[error("database cannot be made ready")]
    Prepare(#[from] PrepareError),
    #[error("database address cannot be used")]
    Connect(#[from] ConnectError),
    #[error("a task of ingest ended: {0}")]
    Task(String),
}

/// Takes events from `bus` until `shutdown`; the database is migrated already. Ends with an error only when the bus is
/// over or a task broke. PostgreSQL may be away at any time, at the start too.
///
/// # Errors
/// See [`IngestError`].
pub async fn run(
    config: IngestConfig,
    address: Address,
    mut bus: impl Bus,
    key: SigningKey,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), IngestError> {
    let pool = address.pool(config.workers + SHARED_CONNECTIONS)?;
    let pulse = Pulse::new(config.health.clone());
    let directory = Directory::new(pool.clone());
    let woken = Arc::new(Notify::new());
    let mut tasks = JoinSet::new();
    let intake = Intake {
        workers: (0..config.workers.max(1))
            .map(|_| spawn_worker(&mut tasks, &config, &pool, &bus, &key, &pulse, &woken, &directory))
            .collect(),
        greeter: spawn_greeter(&mut tasks, &pool, &bus, &key, &pulse, &woken, &directory),
        lists: spawn_lists(&mut tasks, &pool, &bus, &key, &directory),
    };
    let outbox = Outbox { pool, sender: bus.sender(), key, pulse, woken: Arc::clone(&woken) };
    tasks.spawn(outbox::run(outbox));
    tasks.spawn(follow_changes(address, directory, woken));
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            message = bus.next() => intake.take(message?, clock::now()),
            ended = tasks.join_next() => return Err(IngestError::Task(format!("{ended:?}"))),
            () = &mut shutdown => return Ok(()),
        }
    }
}

/// The queues behind the bus. All are bounded, none is waited for: a message that finds no room is dropped, counted,
/// and sent again by its lane.
struct Intake {
    workers: Vec<mpsc::Sender<(Incoming, Timestamp)>>,
    greeter: mpsc::Sender<(Incoming, Timestamp)>,
    lists: mpsc::Sender<(Incoming, Timestamp)>,
}

impl Intake {
    fn take(&self, message: Incoming, now: Timestamp) {
        let leaf = message.topic.leaf;
        let queue = match leaf {
            Leaf::Up => &self.workers[share(&message, self.workers.len())],
            Leaf::Hello => &self.greeter,
            Leaf::Sync => &self.lists,
            Leaf::Ack | Leaf::Cmd | Leaf::List => return,
        };
        metrics::counter!("boomgate_ingest_messages_total", "leaf" => leaf.as_str()).increment(1);
        if let Err(TrySendError::Full(_)) = queue.try_send((message, now)) {
            metrics::counter!("boomgate_ingest_dropped_total", "why" => "queue").increment(1);
        }
    }
}

/// A site always goes to the same worker.
fn share(message: &Incoming, workers: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    message.topic.site.hash(&mut hasher);
    usize::try_from(hasher.finish() % workers as u64).unwrap_or(0)
}

#[expect(clippy::too_many_arguments, reason = "wiring: each is handed on as it is")]
fn spawn_worker(
    tasks: &mut JoinSet<()>,
    config: &IngestConfig,
    pool: &Pool,
    bus: &impl Bus,
    key: &SigningKey,
    pulse: &Pulse,
    outbox: &Arc<Notify>,
    directory: &Directory,
) -> mpsc::Sender<(Incoming, Timestamp)> {
    let (sender, incoming) = mpsc::channel(config.queue);
    let (verified, messages) = mpsc::channel(VERIFIED);
    let worker = Worker {
        pool: pool.clone(),
        sender: bus.sender(),
        key: key.clone(),
        pulse: pulse.clone(),
        outbox: Arc::clone(outbox),
        session: None,
        tariffs: std::collections::HashMap::new(),
        held: Vec::new(),
    };
    tasks.spawn(verify(directory.clone(), pulse.clone(), incoming, verified));
    tasks.spawn(batch::run(worker, messages));
    sender
}

fn spawn_greeter(
    tasks: &mut JoinSet<()>,
    pool: &Pool,
    bus: &impl Bus,
    key: &SigningKey,
    pulse: &Pulse,
    outbox: &Arc<Notify>,
    directory: &Directory,
) -> mpsc::Sender<(Incoming, Timestamp)> {
    let (sender, messages) = mpsc::channel(GREETINGS);
    let greeter = Greeter {
        directory: directory.clone(),
        pool: pool.clone(),
        sender: bus.sender(),
        key: key.clone(),
        pulse: pulse.clone(),
        outbox: Arc::clone(outbox),
    };
    tasks.spawn(hello::run(greeter, messages));
    sender
}

fn spawn_lists(
    tasks: &mut JoinSet<()>,
    pool: &Pool,
    bus: &impl Bus,
    key: &SigningKey,
    directory: &Directory,
) -> mpsc::Sender<(Incoming, Timestamp)> {
    let (sender, messages) = mpsc::channel(LISTS);
    let lists =
        Lists { directory: directory.clone(), pool: pool.clone(), sender: bus.sender(), key: key.clone() };
    tasks.spawn(sync::run(lists, messages));
    sender
}

/// Verifies while the batch before commits.
async fn verify(
    directory: Directory,
    pulse: Pulse,
    mut incoming: mpsc::Receiver<(Incoming, Timestamp)>,
    verified: mpsc::Sender<Received>,
) {
    while let Some((message, received_at)) = incoming.recv().await {
        match inbound::receive(&directory, message, received_at).await {
            Ok(message) => {
                if verified.send(message).await.is_err() {
                    return;
                }
            }
            Err(refusal) => refused(&refusal, &pulse),
        }
    }
}

fn refused(refusal: &Refusal, pulse: &Pulse) {
    metrics::counter!("boomgate_ingest_refused_total", "reason" => refusal.label()).increment(1);
    match refusal {
        Refusal::Store(error) if error.is_outage() => pulse.degraded(error, clock::now()),
        _ => tracing::warn!(error = refusal as &dyn std::error::Error, "message refused"),
    }
}

/// Hears of new orders and changed devices; after a break everything is looked at afresh.
async fn follow_changes(address: Address, directory: Directory, woken: Arc<Notify>) {
    loop {
        match address.listen(&[commands::CHANNEL, devices::CHANNEL]).await {
            Ok(mut notifications) => {
                directory.forget_all();
                woken.notify_one();
                while let Some((channel, payload)) = notifications.next().await {
                    match channel.as_str() {
                        devices::CHANNEL => directory.forget(&payload),
                        _ => woken.notify_one(),
                    }
                }
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "cannot listen to the database")
            }
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}
