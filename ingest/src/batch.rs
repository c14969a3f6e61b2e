//! One worker: takes whatever arrived while the last commit ran, and makes one transaction of it.
//!
//! No timer delays a lone message. When PostgreSQL is away the batch waits with it, and nothing is acknowledged. When a
//! batch is refused, its events are tried one by one, and the one that is refused alone becomes a dead letter.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_domain::ids::{DeviceId, SiteId, StayId, TariffId};
use boomgate_domain::plate::Plate;
use boomgate_domain::reason::Reason;
use boomgate_domain::tariff::Tariff;
use boomgate_schemas::topic::Topic;
use boomgate_schemas::up::{Event, EventBody};
use boomgate_store::batch::{Facts, Need, Session, Writes};
use boomgate_store::dead_letters;
use boomgate_store::stays::StayRow;
use boomgate_store::{Pool, StoreError, live_feed, stays, tariffs};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use crate::acks::Receipt;
use crate::bus::Sender;
use crate::complaints::Complaints;
use crate::fair_queue::LaneKey;
use crate::guard::{Panicked, caught};
use crate::handle::{Knowledge, World, arrival_of};
use crate::health::Pulse;
use crate::inbound::{Content, Received};
use crate::{acks, clock};

mod fold;
pub(crate) mod held;
mod known;
mod receipts;

use fold::fold;
use held::Held;
pub(crate) use known::KeptAlready;

const LIMIT: Duration = Duration::from_secs(5);
/// Most messages of one transaction.
const MOST: usize = 192;
/// How long what comes after a hole waits for what is missing.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Most events of one device in one transaction, so that other devices wait for no more than that.
const MOST_OF_DEVICE: usize = 64;
const AGAIN: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How many plates inside are looked through when an exit finds no stay.
const NEAR: i64 = 5000;

/// A worker's parts.
pub(crate) struct Worker {
    pub pool: Pool,
    pub sender: Sender,
    pub key: SigningKey,
    pub pulse: Pulse,
    pub outbox: Arc<Notify>,
    pub session: Option<Session>,
    pub tariffs: HashMap<Uuid, Arc<Tariff>>,
    pub complaints: Arc<Complaints>,
    pub held: Held,
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
    let mut taken = Vec::with_capacity(MOST);
    let mut later = Vec::new();
    loop {
        let count = if later.is_empty() {
            let timeout = worker.held.next_deadline();
            tokio::select! {
                count = messages.recv_many(&mut taken, MOST) => count,
                () = sleep_until(timeout), if timeout.is_some() => 1,
            }
        } else {
            if later.len() < MOST {
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
    while taken.len() < MOST
        && let Ok(message) = messages.try_recv()
    {
        taken.push(message);
    }
}

/// The messages of the next transaction, and those whose device has enough in it already.
fn fair_share(waiting: Vec<Received>) -> (Vec<Received>, Vec<Received>) {
    let mut events_of: HashMap<DeviceId, usize> = HashMap::new();
    waiting.into_iter().partition(|message| {
        let events = events_of.entry(message.device.id).or_default();
        let first = *events == 0;
        *events = events.saturating_add(events_in(message));
        first || *events <= MOST_OF_DEVICE
    })
}

fn events_in(message: &Received) -> usize {
    events(message).len().max(1)
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
                Err(error) => self.bury(single, &error).await,
            }
        }
    }

    /// Stores a message that is refused alone as a dead letter with its reason, so that it blocks no other message.
    async fn bury(&mut self, message: Received, error: &Unfit) {
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
    async fn persist(&mut self, batch: &[Received]) -> Result<Done, Unfit> {
        let (mut pause, mut tries) = (FIRST_PAUSE, 0_usize);
        loop {
            // A panic drops the session that the attempt took, which rolls back.
            match caught(self.attempt(batch)).await? {
                Ok(done) => {
                    self.pulse.working();
                    return Ok(done);
                }
                Err(error) if error.is_outage() => {
                    self.pulse.degraded(&error, clock::now());
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                }
                Err(error) if error.is_retryable() && tries < AGAIN => tries = tries.saturating_add(1),
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
        self.learn_tariffs(session, &facts).await?;
        let inside = plates_inside(session, &facts, batch).await?;
        let kept_already = known::look_up(session.client(), &facts, batch).await?;
        let known = Knowledge { key: &self.key, tariffs: &self.tariffs, inside, kept_already };
        let mut world = World::new(facts, known, now)?;
        let folded = fold(&mut world, batch, now)?;
        let mut done = Done { complaints: folded.complaints, ..Done::default() };
        done.acks = receipts::receipts(&world, batch, &folded.held, &folded.letters);
        done.held = folded.held;
        let kept = receipts::kept(&world, batch, now);
        let (mut writes, orders, wake_outbox) = world.finish();
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

    async fn learn_tariffs(&mut self, session: &Session, facts: &Facts) -> Result<(), StoreError> {
        let of_sites = facts.sites.iter().filter_map(|site| Some((site.site_id, site.tariff_id?)));
        let of_stays = facts.stays.iter().filter_map(|stay: &StayRow| Some((stay.site_id, stay.tariff_id?)));
        for (site, id) in of_sites.chain(of_stays) {
            if self.tariffs.contains_key(&id) {
                continue;
            }
            let row =
                tariffs::get(session.client(), SiteId::from_uuid(site), TariffId::from_uuid(id)).await?;
            let row = row.ok_or_else(|| StoreError::NotFound { what: "tariff", id: id.to_string() })?;
            self.tariffs.insert(id, Arc::new(row.tariff()?));
        }
        Ok(())
    }

    /// After the commit, and only then: acks, commands, and a wake-up of the live feed.
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

/// Messages of one device by their first seq, each device's at the places where its messages stood: across devices the
/// order of receiving stays, for it is nearest to the order of happening.
fn in_device_order(batch: &mut [Received]) {
    let mut places: HashMap<DeviceId, Vec<usize>> = HashMap::new();
    for (place, message) in batch.iter().enumerate() {
        places.entry(message.device.id).or_default().push(place);
    }
    for places in places.values().filter(|places| places.len() > 1) {
        let mut messages: Vec<Received> = places.iter().map(|place| batch[*place].clone()).collect();
        messages.sort_by_key(|message| message.first);
        places.iter().zip(messages).for_each(|(place, message)| batch[*place] = message);
    }
}

/// What the batch must know: its sites, lanes, devices, arrivals, plates.
fn need(batch: &[Received], now: Timestamp) -> Need {
    let mut need = Need { now, ..Need::default() };
    for message in batch {
        let site = message.device.site.as_uuid();
        need.sites.push(site);
        need.lanes.push((site, message.device.lane.as_uuid()));
        need.devices.push((site, message.device.id.as_uuid()));
        for event in events(message) {
            need.arrivals.extend(arrival_of(&event.body).map(|arrival| (site, arrival)));
            need.plates.extend(plate_of(event).map(|plate| (site, plate.as_str().to_owned())));
        }
    }
    need.sites.sort_unstable();
    need.sites.dedup();
    for pairs in [&mut need.lanes, &mut need.devices, &mut need.arrivals] {
        pairs.sort_unstable();
        pairs.dedup();
    }
    need.plates.sort_unstable();
    need.plates.dedup();
    need
}

fn events(message: &Received) -> &[Event] {
    match &message.content {
        Content::Events(events) => events,
        Content::Rejected(_) => &[],
    }
}

fn plate_of(event: &Event) -> Option<Plate> {
    let EventBody::Arrival(arrival) = &event.body else { return None };
    Plate::parse(&arrival.reading.as_ref()?.plate).ok()
}

/// Only an exit whose plate has no open stay needs the others inside, to suggest the one it may be.
async fn plates_inside(
    session: &Session,
    facts: &Facts,
    batch: &[Received],
) -> Result<HashMap<Uuid, Vec<(StayId, Plate)>>, StoreError> {
    let mut inside = HashMap::new();
    for message in
        batch.iter().filter(|message| message.device.direction == boomgate_domain::decide::Direction::Exit)
    {
        let site = message.device.site;
        let unknown = |plate: &Plate| {
            !facts.stays.iter().any(|stay| {
                stay.site_id == site.as_uuid()
                    && stay.state == StayRow::OPEN
                    && stay.plate.as_deref() == Some(plate.as_str())
            })
        };
        let wanted = events(message).iter().filter_map(plate_of).any(|plate| unknown(&plate));
        if wanted && !inside.contains_key(&site.as_uuid()) {
            let plates = stays::open_plates(session.client(), site, NEAR).await?;
            let read = plates.into_iter().filter_map(|one| Some((one.id, Plate::parse(&one.plate).ok()?)));
            inside.insert(site.as_uuid(), read.collect());
        }
    }
    Ok(inside)
}

/// The events of a message as messages of one event each.
fn singles(message: &Received) -> Vec<Received> {
    match &message.content {
        Content::Rejected(_) => vec![message.clone()],
        Content::Events(events) => events
            .iter()
            .map(|event| Received {
                first: event.seq,
                last: event.seq,
                content: Content::Events(vec![event.clone()]),
                ..message.clone()
            })
            .collect(),
    }
}

/// Why a batch cannot be taken, now or later.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Panic(#[from] Panicked),
}

impl Unfit {
    /// What PostgreSQL says about a refused row, without the row: it may hold a plate.
    fn detail(&self) -> String {
        match self {
            Self::Store(error) => error
                .constraint()
                .map_or_else(|| error.to_string(), |constraint| format!("{error} ({constraint})")),
            Self::Panic(panicked) => panicked.to_string(),
        }
    }
}
