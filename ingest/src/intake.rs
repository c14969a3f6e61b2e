//! From the bus into the queues. All are bounded, none is waited for: a message that finds no room is dropped, counted,
//! and sent again by its lane.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_schemas::topic::Leaf;
use boomgate_schemas::up::EventBody;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::budget::{ARRIVAL_WORK, DEAD_LETTER_WORK};
use crate::bus::Incoming;
use crate::clock;
use crate::complaints::Complaints;
use crate::directory::Directory;
use crate::fair_queue::{FairQueue, LaneKey, QueueFull, QueueLimits};
use crate::guard::caught;
use crate::health::HealthReporter;
use crate::inbound::{self, Content, Received, Refusal};
use crate::latest_queue::LatestQueue;

/// Hellos of one lane are answered so far apart.
const HELLO_INTERVAL: Duration = Duration::from_millis(200);
/// A question for the list reads all of it.
const LIST_INTERVAL: Duration = Duration::from_secs(1);
/// Most that waits for one worker, and of one lane: an agent's window is 32 messages of 64 KiB.
const BYTES: usize = 48 * 1024 * 1024;
const BYTES_OF_LANE: usize = 4 * 1024 * 1024;
const MESSAGES_OF_LANE: usize = 512;

/// A message and when it came.
pub(crate) type Arrived = (Incoming, Timestamp);

/// The queues behind the bus.
pub(crate) struct Intake {
    pub workers: Vec<Arc<FairQueue<Arrived>>>,
    pub hellos: Arc<LatestQueue<Arrived>>,
    pub lists: Arc<LatestQueue<Arrived>>,
    pub complaints: Arc<Complaints>,
}

impl Intake {
    pub(crate) fn new(workers: usize, messages: usize, complaints: Arc<Complaints>) -> Self {
        let limits = QueueLimits {
            messages,
            messages_of_lane: MESSAGES_OF_LANE,
            bytes: BYTES,
            bytes_of_lane: BYTES_OF_LANE,
        };
        Self {
            workers: (0..workers.max(1)).map(|_| Arc::new(FairQueue::new(limits))).collect(),
            hellos: Arc::new(LatestQueue::new(HELLO_INTERVAL)),
            lists: Arc::new(LatestQueue::new(LIST_INTERVAL)),
            complaints,
        }
    }

    pub(crate) fn take(&self, message: Incoming, at: Timestamp) {
        let (leaf, now) = (message.topic.leaf, Instant::now());
        let key = LaneKey::of(&message.topic);
        metrics::counter!("boomgate_ingest_messages_total", "leaf" => leaf.as_str()).increment(1);
        match leaf {
            Leaf::Up => self.queue(key, message, at, now),
            Leaf::Hello => self.replace(&self.hellos, key, (message, at), now),
            Leaf::Sync => self.replace(&self.lists, key, (message, at), now),
            Leaf::Ack | Leaf::Cmd | Leaf::List => {}
        }
    }

    fn queue(&self, key: LaneKey, message: Incoming, at: Timestamp, now: Instant) {
        let worker = &self.workers[share(&message, self.workers.len())];
        let bytes = message.payload.len();
        let Err(why) = worker.push(key.clone(), bytes, (message, at), now) else { return };
        metrics::counter!("boomgate_ingest_dropped_total", "why" => "queue").increment(1);
        if why == QueueFull::Lane {
            self.complaints.note(&key, "too_much", |before| {
                tracing::warn!(lane.code = %key, before, "queue of a lane is full; the message is dropped");
            });
        }
    }

    fn replace(&self, queue: &LatestQueue<Arrived>, key: LaneKey, item: Arrived, now: Instant) {
        if queue.push(key.clone(), item, now).is_some() {
            metrics::counter!("boomgate_ingest_dropped_total", "why" => "newer").increment(1);
            self.complaints.note(&key, "too_often", |before| {
                tracing::info!(lane.code = %key, before, "hello or list request replaced by a newer one before it was answered");
            });
        }
    }
}

/// A site always goes to the same worker.
fn share(message: &Incoming, workers: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    message.topic.site.hash(&mut hasher);
    usize::try_from(hasher.finish().checked_rem(workers as u64).unwrap_or(0)).unwrap_or(0)
}

/// Verifies while the batch before commits.
pub(crate) async fn verify(
    directory: Directory,
    health: HealthReporter,
    complaints: Arc<Complaints>,
    queue: Arc<FairQueue<Arrived>>,
    verified: mpsc::Sender<Received>,
) {
    loop {
        let (key, (message, received_at)) = queue.pop().await;
        match caught(inbound::receive(&directory, message, received_at)).await {
            Ok(Ok(message)) => {
                queue.charge(&key, work(&message), Instant::now());
                if verified.send(message).await.is_err() {
                    return;
                }
            }
            Ok(Err(refusal)) => refused(&key, &refusal, &health, &complaints),
            Err(panicked) => {
                tracing::error!(lane.code = %key, %panicked, "message dropped: its decoding panicked")
            }
        }
    }
}

/// What a message costs beside its receipt.
fn work(message: &Received) -> u32 {
    match &message.content {
        Content::Rejected(_) => DEAD_LETTER_WORK,
        Content::Events(events) => events
            .iter()
            .map(|event| if matches!(event.body, EventBody::Arrival(_)) { ARRIVAL_WORK } else { 1 })
            .fold(0, u32::saturating_add),
    }
}

/// Counts a message that is not answered, and says so once in a while.
pub(crate) fn refused(key: &LaneKey, refusal: &Refusal, health: &HealthReporter, complaints: &Complaints) {
    metrics::counter!("boomgate_ingest_refused_total", "reason" => refusal.label()).increment(1);
    if let Refusal::Store(error) = refusal
        && error.is_outage()
    {
        return health.degraded(error, clock::now());
    }
    complaints.note(key, refusal.label(), |before| {
        tracing::warn!(lane.code = %key, before, error = refusal as &dyn std::error::Error, "message refused");
    });
}
