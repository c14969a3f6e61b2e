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
use boomgate_schemas::down::Rejected;
use boomgate_schemas::topic::Topic;
use boomgate_schemas::up::{Event, EventBody};
use boomgate_store::batch::{Facts, Need, Session, Writes};
use boomgate_store::dead_letters::{self, NewDeadLetter};
use boomgate_store::devices::{InboxRange, Mark};
use boomgate_store::stays::StayRow;
use boomgate_store::{Pool, StoreError, live_feed, stays, tariffs};
use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use crate::bus::Sender;
use crate::directory::Device;
use crate::handle::{Knowledge, World, arrival_of};
use crate::health::Pulse;
use crate::inbound::{Content, Received};
use crate::{acks, clock};

const LIMIT: Duration = Duration::from_secs(5);
/// Most messages of one transaction.
const MOST: usize = 192;
/// How long what comes after a hole waits for what is missing.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Messages held back for holes; beyond it the newest is dropped (it will be sent again).
const HELD: usize = 2048;
/// An arrival that happened this lately is decided on at once, whatever is still missing before it.
const LIVE: SignedDuration = SignedDuration::from_secs(10);
const AGAIN: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How many plates inside are looked through when an exit finds no stay.
const NEAR: i64 = 5000;

/// What a worker works with.
pub(crate) struct Worker {
    pub pool: Pool,
    pub sender: Sender,
    pub key: SigningKey,
    pub pulse: Pulse,
    pub outbox: Arc<Notify>,
    pub session: Option<Session>,
    pub tariffs: HashMap<Uuid, Arc<Tariff>>,
    pub held: Vec<(Instant, Received)>,
}

/// What is to be said once the batch is committed.
#[derive(Default)]
struct Done {
    acks: Vec<(Arc<Device>, u64, Vec<Rejected>)>,
    orders: Vec<(Topic, Vec<u8>)>,
    wake_outbox: bool,
    touched: Vec<Uuid>,
    held: Vec<Received>,
}

/// Works until nobody sends messages any more.
pub(crate) async fn run(mut worker: Worker, mut messages: mpsc::Receiver<Received>) {
    let mut taken = Vec::with_capacity(MOST);
    loop {
        let timeout = worker.next_deadline();
        let count = tokio::select! {
            count = messages.recv_many(&mut taken, MOST) => count,
            () = sleep_until(timeout), if timeout.is_some() => 1,
        };
        if count == 0 {
            return;
        }
        let batch = worker.assemble(&mut taken);
        if !batch.is_empty() {
            worker.work(batch).await;
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

impl Worker {
    fn next_deadline(&self) -> Option<Instant> {
        self.held.iter().map(|(since, _)| *since + PATIENCE).min()
    }

    /// The new messages, and those held for a device that spoke again or whose patience is over; in order per device.
    fn assemble(&mut self, taken: &mut Vec<Received>) -> Vec<Received> {
        let spoke = |device: &Device| taken.iter().any(|message| message.device.id == device.id);
        let due: Vec<_> = self
            .held
            .extract_if(.., |(since, message)| since.elapsed() >= PATIENCE || spoke(&message.device))
            .collect();
        let mut batch: Vec<Received> =
            due.into_iter().map(|(_, message)| message).chain(taken.drain(..)).collect();
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

    /// Refused alone: a dead letter with its reason, so that it stops nobody.
    async fn bury(&mut self, message: Received, error: &StoreError) {
        tracing::error!(error = error as &dyn std::error::Error, seq = message.first, device = %message.device.code, "event is poison");
        metrics::counter!("boomgate_ingest_poison_total").increment(1);
        let reason = Reason::RejectPoison { detail: detail(error) };
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
    async fn persist(&mut self, batch: &[Received]) -> Result<Done, StoreError> {
        let (mut pause, mut tries) = (FIRST_PAUSE, 0);
        loop {
            match self.attempt(batch).await {
                Ok(done) => {
                    self.pulse.working();
                    return Ok(done);
                }
                Err(error) if error.is_outage() => {
                    self.pulse.degraded(&error, clock::now());
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) if error.is_retryable() && tries < AGAIN => tries += 1,
                Err(error) => return Err(error),
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
        // After an error nobody knows what the connection is in the middle of.
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
        let before: HashMap<Uuid, i64> =
            facts.devices.iter().map(|one| (one.device_id, one.kept_upto)).collect();
        let known = Knowledge { key: &self.key, tariffs: &self.tariffs, inside };
        let mut world = World::new(facts, known, now)?;
        let mut done = Done::default();
        let letters = fold(&mut world, batch, now, &mut done)?;
        done.acks = receipts(&world, batch, &done.held, &letters);
        let (marks, inbox) = marks(&world, batch, &before, now);
        let (mut writes, orders, wake_outbox) = world.finish();
        (writes.marks, writes.inbox) = (marks, inbox);
        done.touched = writes.numbers.iter().map(|numbers| numbers.site_id).collect();
        (done.orders, done.wake_outbox) = (orders, wake_outbox);
        for letter in &letters {
            dead_letters::insert(session.client(), letter).await?;
        }
        if writes == Writes::default() && letters.is_empty() {
            session.rollback().await?;
            tell_again(session, batch, &mut done).await?;
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

    /// After the commit, and only then: receipts, orders, and a wake-up for people's screens.
    async fn finish(&mut self, done: Done) {
        let now = clock::now();
        for (topic, bytes) in done.orders {
            self.sender.publish(topic, bytes);
        }
        for (device, upto, rejected) in done.acks {
            acks::send(&self.sender, &self.key, &device, upto, rejected, None, now);
        }
        if done.wake_outbox {
            self.outbox.notify_one();
        }
        self.hold(done.held);
        if let Some(session) = self.session.as_ref().filter(|_| !done.touched.is_empty())
            && live_feed::wake(session.client(), &done.touched).await.is_err()
        {
            self.session = None;
        }
    }

    fn hold(&mut self, messages: Vec<Received>) {
        for message in messages {
            let again = |(_, held): &(Instant, Received)| {
                held.device.id == message.device.id && held.first == message.first
            };
            if self.held.iter().any(again) {
                continue;
            }
            if self.held.len() >= HELD {
                metrics::counter!("boomgate_ingest_dropped_total", "why" => "held").increment(1);
                continue;
            }
            self.held.push((Instant::now(), message));
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
    match &event.body {
        EventBody::Arrival(arrival) => Plate::parse(&arrival.reading.as_ref()?.plate).ok(),
        _ => None,
    }
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

/// Applies every event that is new and in its turn; returns the letters nobody can read.
fn fold(
    world: &mut World<'_>,
    batch: &[Received],
    now: Timestamp,
    done: &mut Done,
) -> Result<Vec<NewDeadLetter>, StoreError> {
    let mut letters = Vec::new();
    for message in batch {
        if must_wait(world, message, now) {
            done.held.push(message.clone());
            continue;
        }
        match &message.content {
            Content::Events(events) => {
                for event in events {
                    apply_new(world, message, event)?;
                }
            }
            Content::Rejected(reason) => letters.extend(take_letter(world, message, reason)),
        }
    }
    Ok(letters)
}

fn apply_new(world: &mut World<'_>, message: &Received, event: &Event) -> Result<(), StoreError> {
    let seq = event.seq.cast_signed();
    if !keep(world, &message.device, seq, seq) {
        metrics::counter!("boomgate_ingest_duplicates_total").increment(1);
        return Ok(());
    }
    if let EventBody::Gap(gap) = &event.body {
        keep(world, &message.device, gap.first.cast_signed(), gap.last.cast_signed());
    }
    world.apply(&message.device, event, message.received_at)
}

/// `false` when it is kept already.
fn keep(world: &mut World<'_>, device: &Device, first: i64, last: i64) -> bool {
    let Some(view) = world.devices.get_mut(&device.id.as_uuid()) else { return false };
    if first == last && view.kept.contains(first) {
        return false;
    }
    view.kept.add(first, last);
    view.added.push((first, last));
    true
}

/// What comes after a hole waits a little for what is missing, unless a car stands there now.
fn must_wait(world: &World<'_>, message: &Received, now: Timestamp) -> bool {
    let Some(view) = world.devices.get(&message.device.id.as_uuid()) else { return false };
    let mut kept = view.kept.clone();
    kept.add(message.first.cast_signed(), message.last.cast_signed());
    for event in events(message) {
        if let EventBody::Gap(gap) = &event.body {
            kept.add(gap.first.cast_signed(), gap.last.cast_signed());
        }
    }
    if kept.upto() >= message.last.cast_signed() {
        return false;
    }
    let patient =
        now.duration_since(message.received_at) < SignedDuration::try_from(PATIENCE).unwrap_or(LIVE);
    patient && !events(message).iter().any(|event| is_live(world, message, event, now))
}

fn is_live(world: &World<'_>, message: &Received, event: &Event, now: Timestamp) -> bool {
    let at = world.occurred_at(&message.device, event, message.received_at);
    matches!(event.body, EventBody::Arrival(_)) && now.duration_since(at) < LIVE
}

/// An unreadable message counts as kept, so that the lane can let go of it.
fn take_letter(world: &mut World<'_>, message: &Received, reason: &Reason) -> Option<NewDeadLetter> {
    let seq = (message.first.cast_signed(), message.last.cast_signed());
    let view = world.devices.get_mut(&message.device.id.as_uuid())?;
    if (seq.0..=seq.1).all(|seq| view.kept.contains(seq)) {
        return None;
    }
    view.kept.add(seq.0, seq.1);
    view.added.push(seq);
    metrics::counter!("boomgate_ingest_dead_letters_total", "code" => reason.code()).increment(1);
    tracing::warn!(device = %message.device.code, code = reason.code(), first = message.first, "message became a dead letter");
    Some(NewDeadLetter {
        site_id: message.device.site.as_uuid(),
        id: clock::new_id(),
        device_id: Some(message.device.id.as_uuid()),
        seq: Some(seq),
        topic: message.topic.to_string(),
        code: reason.code().to_owned(),
        detail: reason.params().into_values().collect::<Vec<_>>().join("; "),
        payload: message.bytes.to_vec(),
        received_at: message.received_at,
    })
}

/// One receipt per device that was not only held back.
fn receipts(
    world: &World<'_>,
    batch: &[Received],
    held: &[Received],
    letters: &[NewDeadLetter],
) -> Vec<(Arc<Device>, u64, Vec<Rejected>)> {
    let mut receipts: Vec<(Arc<Device>, u64, Vec<Rejected>)> = Vec::new();
    for message in batch {
        let id = message.device.id.as_uuid();
        let is_held = held.iter().any(|one| one.device.id == message.device.id && one.first == message.first);
        if is_held || receipts.iter().any(|(device, _, _)| device.id == message.device.id) {
            continue;
        }
        let Some(view) = world.devices.get(&id) else { continue };
        let own = letters.iter().filter(|letter| letter.device_id == Some(id));
        let rejected = own.flat_map(|letter| rejections(letter.seq, &letter.code)).collect();
        receipts.push((Arc::clone(&message.device), view.kept.upto().unsigned_abs(), rejected));
    }
    receipts
}

fn rejections(seq: Option<(i64, i64)>, code: &str) -> Vec<Rejected> {
    let range = seq.map(|(first, last)| first..=last).into_iter().flatten();
    range.map(|seq| Rejected { seq: seq.unsigned_abs(), code: code.to_owned() }).collect()
}

/// A lane that repeats itself missed our answer, and perhaps a rejection in it.
async fn tell_again(session: &Session, batch: &[Received], done: &mut Done) -> Result<(), StoreError> {
    for message in batch {
        let device = &message.device;
        let seq = (message.first.cast_signed(), message.last.cast_signed());
        let known = dead_letters::codes(session.client(), device.site, device.id, seq).await?;
        let again = known.iter().flat_map(|one| rejections(Some((one.first_seq, one.last_seq)), &one.code));
        if let Some((_, _, rejected)) = done.acks.iter_mut().find(|(known, _, _)| known.id == device.id) {
            rejected.extend(again);
        }
    }
    Ok(())
}

/// The marks that moved, and what lies beyond them.
fn marks(
    world: &World<'_>,
    batch: &[Received],
    before: &HashMap<Uuid, i64>,
    now: Timestamp,
) -> (Vec<Mark>, Vec<InboxRange>) {
    let (mut marks, mut inbox) = (Vec::new(), Vec::new());
    for (device_id, view) in &world.devices {
        let Some(message) = batch.iter().find(|message| message.device.id.as_uuid() == *device_id) else {
            continue;
        };
        let (site_id, device_id) = (message.device.site.as_uuid(), *device_id);
        let (kept, before) = (view.kept.upto(), before.get(&device_id).copied().unwrap_or(0));
        if kept != before {
            marks.push(Mark { site_id, device_id, kept, before, at: now });
        }
        let beyond = view.added.iter().filter(|(_, last)| *last > kept);
        inbox.extend(beyond.map(|(seq, last_seq)| InboxRange {
            site_id,
            device_id,
            seq: *seq,
            last_seq: *last_seq,
        }));
    }
    (marks, inbox)
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

/// What PostgreSQL says about a refused row, without the row: it may hold a plate.
fn detail(error: &StoreError) -> String {
    error.constraint().map_or_else(|| error.to_string(), |constraint| format!("{error} ({constraint})"))
}
