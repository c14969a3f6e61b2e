//! Messages that wait for a worker: one queue per lane, bounded, served in turns and within each lane's budget.
//!
//! Whatever one lane sends, the next message of another waits for one message of it at most. What finds no room is not
//! taken: its lane sends it again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use boomgate_domain::ids::{LaneCode, SiteCode};
use boomgate_schemas::topic::Topic;
use tokio::sync::Notify;

use crate::budget::Budget;

/// The sender by the topic: the broker lets only that lane's device publish there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LaneKey(SiteCode, LaneCode);

impl LaneKey {
    pub(crate) fn of(topic: &Topic) -> Self {
        Self(topic.site.clone(), topic.lane.clone())
    }

    pub(crate) fn codes(&self) -> (&SiteCode, &LaneCode) {
        (&self.0, &self.1)
    }
}

impl std::fmt::Display for LaneKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.0, self.1)
    }
}

/// Most that waits. An agent has 32 messages under way at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueLimits {
    pub messages: usize,
    pub messages_of_lane: usize,
    pub bytes: usize,
    pub bytes_of_lane: usize,
}

/// Why a message finds no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueueFull {
    /// The lane's own share is full.
    Lane,
    /// Everything is.
    All,
}

/// Idle lanes that are kept for their budgets, beyond those that wait.
const MAX_LANES: usize = 20_000;

pub(crate) struct FairQueue<T> {
    state: Mutex<State<T>>,
    changed: Notify,
    limits: QueueLimits,
}

struct State<T> {
    lanes: HashMap<LaneKey, Lane<T>>,
    /// Lanes with waiting messages, in the order of their turns.
    turns: VecDeque<LaneKey>,
    messages: usize,
    bytes: usize,
}

struct Lane<T> {
    waiting: VecDeque<(usize, T)>,
    bytes: usize,
    budget: Budget,
}

enum Next<T> {
    Item(LaneKey, T),
    /// All that wait have used up their budgets for so long.
    Wait(Duration),
    Nothing,
}

impl<T> FairQueue<T> {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        let state = State { lanes: HashMap::new(), turns: VecDeque::new(), messages: 0, bytes: 0 };
        Self { state: Mutex::new(state), changed: Notify::new(), limits }
    }

    /// Takes in a message of `bytes` bytes, unless there is no room for it.
    pub(crate) fn push(&self, key: LaneKey, bytes: usize, item: T, now: Instant) -> Result<(), QueueFull> {
        let mut state = self.lock();
        state.forget_idle(now);
        let after = state.bytes.saturating_add(bytes);
        if state.messages >= self.limits.messages || after > self.limits.bytes {
            return Err(QueueFull::All);
        }
        let lane = state.lanes.entry(key.clone()).or_insert_with(|| Lane::new(now));
        let of_lane = lane.bytes.saturating_add(bytes);
        if lane.waiting.len() >= self.limits.messages_of_lane || of_lane > self.limits.bytes_of_lane {
            return Err(QueueFull::Lane);
        }
        let first = lane.waiting.is_empty();
        lane.waiting.push_back((bytes, item));
        lane.bytes = of_lane;
        state.messages = state.messages.saturating_add(1);
        state.bytes = after;
        if first {
            state.turns.push_back(key);
        }
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The next message in turn whose lane may have it done. Cancel-safe.
    pub(crate) async fn pop(&self) -> (LaneKey, T) {
        loop {
            let next = self.lock().next(Instant::now());
            match next {
                Next::Item(key, item) => return (key, item),
                Next::Nothing => self.changed.notified().await,
                Next::Wait(time) => {
                    drop(tokio::time::timeout(time, self.changed.notified()).await);
                }
            }
        }
    }

    /// A message of the lane turned out to be more work than it seemed.
    pub(crate) fn charge(&self, key: &LaneKey, work: u32, now: Instant) {
        if let Some(lane) = self.lock().lanes.get_mut(key) {
            lane.budget.take_work(now, work);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Lane<T> {
    fn new(now: Instant) -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, budget: Budget::new(now) }
    }
}

impl<T> State<T> {
    fn next(&mut self, now: Instant) -> Next<T> {
        let mut shortest: Option<Duration> = None;
        for _ in 0..self.turns.len() {
            let Some(key) = self.turns.pop_front() else { break };
            let Some(lane) = self.lanes.get_mut(&key) else { continue };
            let wait = lane.budget.wait(now);
            if !wait.is_zero() {
                shortest = Some(shortest.map_or(wait, |known| known.min(wait)));
                self.turns.push_back(key);
                continue;
            }
            let Some((bytes, item)) = lane.waiting.pop_front() else { continue };
            lane.bytes = lane.bytes.saturating_sub(bytes);
            lane.budget.take_message(now, bytes);
            self.messages = self.messages.saturating_sub(1);
            self.bytes = self.bytes.saturating_sub(bytes);
            if lane.waiting.is_empty() {
                // What a burst had taken is given back.
                lane.waiting = VecDeque::new();
            } else {
                self.turns.push_back(key.clone());
            }
            return Next::Item(key, item);
        }
        shortest.map_or(Next::Nothing, Next::Wait)
    }

    /// Removes idle lanes, so that the table stays bounded.
    fn forget_idle(&mut self, now: Instant) {
        if self.lanes.len() >= MAX_LANES {
            self.lanes.retain(|_, lane| !lane.waiting.is_empty() || !lane.budget.is_full(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: QueueLimits =
        QueueLimits { messages: 1000, messages_of_lane: 400, bytes: 1_000_000, bytes_of_lane: 500_000 };

    fn lane(code: &str) -> LaneKey {
        LaneKey::of(&format!("bg/v1/north/{code}/up").parse().unwrap())
    }

    #[tokio::test]
    async fn a_neighbour_waited_behind_everything_one_lane_had_sent() {
        let queue = FairQueue::new(LIMITS);
        let now = Instant::now();
        for number in 0..300 {
            queue.push(lane("flood"), 100, number, now).unwrap();
        }
        queue.push(lane("quiet"), 100, 1000, now).unwrap();
        let first = queue.pop().await;
        let second = queue.pop().await;
        assert_eq!((first.1, second.1), (0, 1000));
    }

    #[tokio::test]
    async fn one_lane_fills_its_own_share_and_no_more() {
        let queue = FairQueue::new(LIMITS);
        let now = Instant::now();
        let taken = (0..5000).filter(|number| queue.push(lane("flood"), 10, *number, now).is_ok()).count();
        assert_eq!(taken, 400);
        assert_eq!(queue.push(lane("flood"), 10, 0, now), Err(QueueFull::Lane));
        assert!(queue.push(lane("quiet"), 10, 0, now).is_ok());
        assert_eq!(queue.push(lane("wide"), 500_001, 0, now), Err(QueueFull::Lane));
        assert_eq!(queue.push(lane("wide"), 999_999, 0, now), Err(QueueFull::All));
    }

    #[tokio::test]
    async fn who_used_up_the_budget_waits_while_others_go_on() {
        let queue = FairQueue::new(LIMITS);
        let now = Instant::now();
        queue.push(lane("flood"), 100, 1, now).unwrap();
        queue.push(lane("flood"), 100, 2, now).unwrap();
        assert_eq!(queue.pop().await.1, 1);
        queue.charge(&lane("flood"), 1_000_000, Instant::now());
        queue.push(lane("quiet"), 100, 3, now).unwrap();
        assert_eq!(queue.pop().await.1, 3);
        let late = tokio::time::timeout(Duration::from_millis(100), queue.pop()).await;
        assert!(late.is_err(), "taken beyond its budget");
    }

    #[tokio::test]
    async fn what_was_taken_out_leaves_room_again() {
        let queue = FairQueue::new(QueueLimits { messages: 1, ..LIMITS });
        let now = Instant::now();
        queue.push(lane("a"), 10, 1, now).unwrap();
        assert_eq!(queue.push(lane("b"), 10, 2, now), Err(QueueFull::All));
        queue.pop().await;
        queue.push(lane("b"), 10, 2, now).unwrap();
        assert_eq!(queue.pop().await, (lane("b"), 2));
    }
}
