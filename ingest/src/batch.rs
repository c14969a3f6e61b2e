//! One worker: takes whatever arrived while the last commit ran, and makes one transaction of it.
//!
//! No timer delays a lone message. When PostgreSQL is away the batch waits with it, and nothing is acknowledged. When a
//! batch is refused, its events are tried one by one, and the one that is refused alone becomes a dead letter.

mod facts;
mod fold;
pub(crate) mod held_messages;
mod messages;
mod receipts;
mod stored_events;
mod unfit;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_domain::reason::Reason;
use boomgate_domain::tariff::Tariff;
use boomgate_schemas::topic::Topic;
use boomgate_store::batch::{Facts, Session, Writes};
use boomgate_store::{Pool, StoreError, dead_letters, live_feed};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

pub(crate) use stored_events::StoredEvents;

use crate::acks::Receipt;
use crate::bus::Sender;
use crate::complaints::Complaints;
use crate::fair_queue::LaneKey;
use crate::guard::caught;
use crate::handle::{BatchState, ReferenceData};
use crate::health::HealthReporter;
use crate::inbound::{Content, Received};
use crate::{acks, clock};
use facts::{learn_tariffs, need, plates_inside};
use fold::fold;
use held_messages::HeldMessages;
use messages::{fair_share, in_device_order, singles};
use unfit::BatchFailure;

const LIMIT: Duration = Duration::from_secs(5);
/// Most messages of one transaction.
const MAX_BATCH: usize = 192;
const MAX_RETRIES: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// What a worker works with.
pub(crate) struct Worker {
    pub pool: Pool,
    pub sender: Sender,
    pub key: SigningKey,
    pub health: HealthReporter,
    pub outbox: Arc<Notify>,
    pub session: Option<Session>,
    pub tariffs: HashMap<Uuid, Arc<Tariff>>,
    pub complaints: Arc<Complaints>,
    pub held: HeldMessages,
}

/// What is sent once the batch is committed.
#[derive(Default)]
struct Done {
    acks: Vec<Receipt>,
    orders: Vec<(Topic, Vec<u8>)>,
    wake_outbox: bool,
    touched: Vec<Uuid>,
    held: Vec<Received>,
    complaints: Vec<(LaneKey, &'static str)>,
}

/// Runs until the channel of messages is closed.
pub(crate) async fn run(mut worker: Worker, mut messages: mpsc::Receiver<Received>) {
    let mut taken = Vec::with_capacity(MAX_BATCH);
    let mut later = Vec::new();
    loop {
        let count = if later.is_empty() {
            let timeout = worker.held.next_deadline();
            tokio::select! {
                count = messages.recv_many(&mut taken, MAX_BATCH) => count,
                () = sleep_until(timeout), if timeout.is_some() => 1,
            }
        } else {
            if later.len() < MAX_BATCH {
                take_ready(&mut messages, &mut taken);
            }
            1
        };
        if count == 0 {
            return;
        }
        let waiting = std::mem::take(&mut later).into_iter().chain(taken.drain(..)).collect();
        let (mut now, rest) = fair_share(waiting);
        later = rest;
        let batch = worker.assemble(&mut now);
        if !batch.is_empty() {
            worker.work(batch).await;
        }
    }
}

/// What came since, without waiting for it.
fn take_ready(messages: &mut mpsc::Receiver<Received>, taken: &mut Vec<Received>) {
    while taken.len() < MAX_BATCH
        && let Ok(message) = messages.try_recv()
    {
        taken.push(message);
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

impl Worker {
    /// The new messages, and those held for a device that spoke again or whose patience is over; in order per device.
    fn assemble(&mut self, taken: &mut Vec<Received>) -> Vec<Received> {
        let spoke = taken.iter().map(|message| message.device.id).collect();
        let mut batch: Vec<Received> = self.held.due(&spoke).into_iter().chain(taken.drain(..)).collect();
        in_device_order(&mut batch);
        batch
    }

    /// Does the batch, whatever it takes; returns when it is committed, buried, or held.
    async fn work(&mut self, batch: Vec<Received>) {
        let started = Instant::now();
        metrics::histogram!("boomgate_ingest_batch_messages").record(batch.len() as f64);
        match self.persist(&batch).await {
            Ok(done) => self.finish(done).await,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    messages = batch.len(),
                    "batch refused"
                );
                metrics::counter!("boomgate_ingest_batches_refused_total").increment(1);
                self.one_by_one(batch).await;
            }
        }
        metrics::histogram!("boomgate_ingest_batch_seconds").record(started.elapsed().as_secs_f64());
    }

    async fn one_by_one(&mut self, batch: Vec<Received>) {
        for single in batch.iter().flat_map(singles) {
            match self.persist(std::slice::from_ref(&single)).await {
                Ok(done) => self.finish(done).await,
                Err(error) => self.store_dead_letter(single, &error).await,
            }
        }
    }

    /// Stores a message that is refused alone as a dead letter with its reason, so that it blocks no other message.
    async fn store_dead_letter(&mut self, message: Received, error: &BatchFailure) {
        tracing::error!(error = error as &dyn std::error::Error, seq = message.first, device.code = %message.device.code, "event cannot be stored; it becomes a dead letter");
        metrics::counter!("boomgate_ingest_poison_total").increment(1);
        let reason = Reason::RejectPoison { detail: error.detail() };
        let letter = Received { content: Content::Rejected(reason), ..message };
        match self.persist(std::slice::from_ref(&letter)).await {
            Ok(done) => self.finish(done).await,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "dead letter refused; the lane will send it again"
                );
            }
        }
    }

    /// Tries until PostgreSQL answers; an error is about the batch itself.
    async fn persist(&mut self, batch: &[Received]) -> Result<Done, BatchFailure> {
        let (mut pause, mut tries) = (FIRST_PAUSE, 0_usize);
        loop {
            // A panic drops the session that the attempt took, which rolls back.
            match caught(self.attempt(batch)).await? {
                Ok(done) => {
                    self.health.working();
                    return Ok(done);
                }
                Err(error) if error.is_outage() => {
                    self.health.degraded(&error, clock::now());
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                }
                Err(error) if error.is_retryable() && tries < MAX_RETRIES => tries = tries.saturating_add(1),
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn attempt(&mut self, batch: &[Received]) -> Result<Done, StoreError> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Session::open(&self.pool, LIMIT).await?,
        };
        let now = clock::now();
        let facts = session.begin(&need(batch, now)).await?;
        let done = self.transact(&mut session, facts, batch, now).await;
        // After an error the state of the connection is unknown.
        if done.is_ok() {
            self.session = Some(session);
        }
        done
    }

    /// Everything between `begin` and `commit`.
    async fn transact(
        &mut self,
        session: &mut Session,
        facts: Facts,
        batch: &[Received],
        now: Timestamp,
    ) -> Result<Done, StoreError> {
        learn_tariffs(session, &facts, &mut self.tariffs).await?;
        let inside = plates_inside(session, &facts, batch).await?;
        let stored_events = stored_events::look_up(session.client(), &facts, batch).await?;
        let known = ReferenceData { key: &self.key, tariffs: &self.tariffs, inside, stored_events };
        let mut batch_state = BatchState::new(facts, known, now)?;
        let folded = fold(&mut batch_state, batch, now)?;
        let mut done = Done { complaints: folded.complaints, ..Done::default() };
        done.acks = receipts::receipts(&batch_state, batch, &folded.held, &folded.letters);
        done.held = folded.held;
        let kept = receipts::kept(&batch_state, batch, now);
        let (mut writes, orders, wake_outbox) = batch_state.finish();
        (writes.marks, writes.inbox, writes.inbox_gone) = (kept.marks, kept.inbox, kept.inbox_gone);
        done.touched = writes.numbers.iter().map(|numbers| numbers.site_id).collect();
        (done.orders, done.wake_outbox) = (orders, wake_outbox);
        for letter in &folded.letters {
            dead_letters::insert(session.client(), letter).await?;
        }
        if writes == Writes::default() && folded.letters.is_empty() {
            session.rollback().await?;
            receipts::reject_again(session, batch, &mut done.acks).await?;
        } else {
            session.commit(&writes).await?;
        }
        Ok(done)
    }

    /// After the commit, and only then: receipts, orders, and a wake-up for people's screens.
    async fn finish(&mut self, done: Done) {
        let now = clock::now();
        for (topic, bytes) in done.orders {
            self.sender.publish(topic, bytes);
        }
        for receipt in done.acks {
            acks::send(&self.sender, &self.key, receipt, now);
        }
        if done.wake_outbox {
            self.outbox.notify_one();
        }
        for message in done.held {
            self.held.hold(message);
        }
        for (lane, kind) in done.complaints {
            self.complaints.note(&lane, kind, |before| {
                tracing::warn!(lane.code = %lane, before, kind, "events of a lane contradict what is stored");
            });
        }
        if let Some(session) = self.session.as_ref().filter(|_| !done.touched.is_empty())
            && !live_feed::wake(session.client(), &done.touched).await
        {
            self.session = None;
        }
    }
}
