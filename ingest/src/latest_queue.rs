//! The newest message of each lane, for those that replace the ones before: hellos and questions for the list.
//!
//! A lane that sends a thousand hellos a second gets a few answers and delays no other lane.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::fair_queue::LaneKey;

/// Most lanes; beyond it no new lane is taken until some are idle.
const MAX_LANES: usize = 20_000;

pub(crate) struct LatestQueue<T> {
    state: Mutex<State<T>>,
    changed: Notify,
    /// How far apart two messages of one lane are taken out.
    apart: Duration,
}

struct State<T> {
    lanes: HashMap<LaneKey, Lane<T>>,
    /// Lanes with a message, in the order in which it came.
    turns: VecDeque<LaneKey>,
}

struct Lane<T> {
    waiting: Option<T>,
    not_before: Instant,
}

impl<T> LatestQueue<T> {
    pub(crate) fn new(apart: Duration) -> Self {
        let state = State { lanes: HashMap::new(), turns: VecDeque::new() };
        Self { state: Mutex::new(state), changed: Notify::new(), apart }
    }

    /// Takes in a message; the one that waited in its place, if any, or the message itself when there is no room.
    pub(crate) fn push(&self, key: LaneKey, item: T, now: Instant) -> Option<T> {
        let mut state = self.lock();
        if state.lanes.len() >= MAX_LANES && !state.lanes.contains_key(&key) {
            state.lanes.retain(|_, lane| lane.waiting.is_some() || lane.not_before > now);
            if state.lanes.len() >= MAX_LANES {
                return Some(item);
            }
        }
        let lane = state.lanes.entry(key.clone()).or_insert(Lane { waiting: None, not_before: now });
        let replaced = lane.waiting.replace(item);
        if replaced.is_none() {
            state.turns.push_back(key);
        }
        drop(state);
        self.changed.notify_one();
        replaced
    }

    /// The next message in turn. Cancel-safe.
    pub(crate) async fn pop(&self) -> T {
        loop {
            let next = self.lock().next(Instant::now(), self.apart);
            match next {
                Ok(item) => return item,
                Err(None) => self.changed.notified().await,
                Err(Some(time)) => drop(tokio::time::timeout(time, self.changed.notified()).await),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    /// A message, or how long until one may be had.
    fn next(&mut self, now: Instant, apart: Duration) -> Result<T, Option<Duration>> {
        let mut shortest: Option<Duration> = None;
        for _ in 0..self.turns.len() {
            let Some(key) = self.turns.pop_front() else { break };
            let Some(lane) = self.lanes.get_mut(&key) else { continue };
            let wait = lane.not_before.saturating_duration_since(now);
            if !wait.is_zero() {
                shortest = Some(shortest.map_or(wait, |known| known.min(wait)));
                self.turns.push_back(key);
                continue;
            }
            if let Some(item) = lane.waiting.take() {
                lane.not_before = now.checked_add(apart).unwrap_or(now);
                return Ok(item);
            }
        }
        Err(shortest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(code: &str) -> LaneKey {
        LaneKey::of(&format!("bg/v1/north/{code}/hello").parse().unwrap())
    }

    #[tokio::test]
    async fn six_thousand_hellos_of_one_lane_delayed_everybody() {
        let newest = LatestQueue::new(Duration::from_millis(200));
        let now = Instant::now();
        for number in 0..6000 {
            newest.push(lane("flood"), number, now);
        }
        newest.push(lane("quiet"), 7000, now);
        assert_eq!(newest.pop().await, 5999);
        newest.push(lane("flood"), 8000, now);
        assert_eq!(newest.pop().await, 7000);
        let begun = Instant::now();
        assert_eq!(newest.pop().await, 8000);
        assert!(begun.elapsed() > Duration::from_millis(100), "answered again at once");
    }
}
