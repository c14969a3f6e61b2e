//! The wiring: who hands what to whom, and what ends the whole.

use std::sync::Arc;
use std::time::Duration;

use boomgate_store::pool::{ConnectError, PrepareError};
use boomgate_store::{Address, Pool, commands, devices};
use ed25519_dalek::SigningKey;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use crate::batch::held_messages::HeldMessages;
use crate::batch::{self, Worker};
use crate::bus::{Bus, BusError, Sender};
use crate::clock;
use crate::complaints::Complaints;
use crate::directory::Directory;
use crate::health::{Health, HealthReporter};
use crate::hello::{self, HelloHandler};
use crate::intake::{self, Intake};
use crate::offenders::{self, CutOff};
use crate::outbox::{self, Outbox};
use crate::sync::{self, Lists};

/// Connections beside one per worker: greetings, lists, look-ups, the outbox (a site each).
const SHARED_CONNECTIONS: usize = 8;
/// Verified messages that wait for the next batch; what waits longer waits in turns, see [`crate::fair_queue`].
const VERIFIED: usize = 64;
const OFFENDERS: usize = 64;
const RECONNECT_INTERVAL: Duration = Duration::from_secs(1);

/// How ingest works.
#[derive(Clone, Debug)]
pub struct IngestConfig {
    /// Batches side by side, each with a connection of its own; a site always goes to the same one. 2 to 4.
    pub workers: usize,
    /// Messages that wait per worker; what comes on top is dropped and sent again by its lane.
    pub queue: usize,
    /// Where to say how it goes.
    pub health: watch::Sender<Health>,
    /// Who cuts off a lane that does not stop, if anybody can.
    pub offenders: Option<mpsc::Sender<CutOff>>,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self { workers: 2, queue: 4096, health: watch::Sender::default(), offenders: None }
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
    let pool = address.pool(config.workers.saturating_add(SHARED_CONNECTIONS))?;
    let (offenders, offending) = mpsc::channel(OFFENDERS);
    let complaints = Arc::new(Complaints::new(offenders));
    let intake = Intake::new(config.workers, config.queue, Arc::clone(&complaints));
    let parts = Parts {
        health: HealthReporter::new(config.health.clone()),
        directory: Directory::new(pool.clone()),
        changed: Arc::new(Notify::new()),
        sender: bus.sender(),
        pool,
        key,
        complaints,
    };
    let mut tasks = JoinSet::new();
    parts.spawn(&mut tasks, &intake);
    tasks.spawn(offenders::run(parts.pool.clone(), offending, config.offenders.clone()));
    tasks.spawn(follow_changes(address, parts.directory, parts.changed));
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            message = bus.next() => intake.take(message?, clock::now()),
            ended = tasks.join_next() => return Err(IngestError::Task(format!("{ended:?}"))),
            () = &mut shutdown => return Ok(()),
        }
    }
}

/// What the tasks share.
struct Parts {
    pool: Pool,
    sender: Sender,
    key: SigningKey,
    health: HealthReporter,
    changed: Arc<Notify>,
    directory: Directory,
    complaints: Arc<Complaints>,
}

impl Parts {
    fn spawn(&self, tasks: &mut JoinSet<()>, intake: &Intake) {
        for queue in &intake.workers {
            let (verified, messages) = mpsc::channel(VERIFIED);
            let (directory, health) = (self.directory.clone(), self.health.clone());
            let complaints = Arc::clone(&self.complaints);
            tasks.spawn(intake::verify(directory, health, complaints, Arc::clone(queue), verified));
            tasks.spawn(batch::run(self.worker(), messages));
        }
        tasks.spawn(hello::run(self.hello_handler(), Arc::clone(&intake.hellos)));
        tasks.spawn(sync::run(self.lists(), Arc::clone(&intake.lists)));
        tasks.spawn(sync::follow(self.lists()));
        tasks.spawn(outbox::run(self.outbox()));
    }

    fn worker(&self) -> Worker {
        Worker {
            pool: self.pool.clone(),
            sender: self.sender.clone(),
            key: self.key.clone(),
            health: self.health.clone(),
            outbox: Arc::clone(&self.changed),
            complaints: Arc::clone(&self.complaints),
            session: None,
            tariffs: std::collections::HashMap::new(),
            held: HeldMessages::default(),
        }
    }

    fn hello_handler(&self) -> HelloHandler {
        HelloHandler {
            directory: self.directory.clone(),
            pool: self.pool.clone(),
            sender: self.sender.clone(),
            key: self.key.clone(),
            health: self.health.clone(),
            outbox: Arc::clone(&self.changed),
            complaints: Arc::clone(&self.complaints),
        }
    }

    fn lists(&self) -> Lists {
        Lists {
            directory: self.directory.clone(),
            pool: self.pool.clone(),
            sender: self.sender.clone(),
            key: self.key.clone(),
            health: self.health.clone(),
            complaints: Arc::clone(&self.complaints),
        }
    }

    fn outbox(&self) -> Outbox {
        Outbox {
            pool: self.pool.clone(),
            sender: self.sender.clone(),
            key: self.key.clone(),
            health: self.health.clone(),
            changed: Arc::clone(&self.changed),
        }
    }
}

/// Follows notifications of new orders and changed devices; after a reconnect everything is read again.
async fn follow_changes(address: Address, directory: Directory, changed: Arc<Notify>) {
    loop {
        match address.listen(&[commands::CHANNEL, devices::CHANNEL]).await {
            Ok(mut notifications) => {
                directory.forget_all();
                changed.notify_one();
                while let Some((channel, payload)) = notifications.next().await {
                    match channel.as_str() {
                        devices::CHANNEL => directory.forget(&payload),
                        _ => changed.notify_one(),
                    }
                }
            }
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "cannot listen for notifications of the database"
                )
            }
        }
        tokio::time::sleep(RECONNECT_INTERVAL).await;
    }
}
