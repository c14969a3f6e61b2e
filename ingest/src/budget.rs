//! How much work one lane may make. Pure: the time comes in.
//!
//! A lane at work makes less than one event a second. After days alone it brings some ten thousand at once, which must
//! be quick; what never ends is a fault or an attack. So there is a rate that is always granted and a large reserve
//! above it, which fills slowly.

use std::time::{Duration, Instant};

/// So much may be had at once, and so much comes back every second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

const MESSAGES: Rate = Rate { burst: 256.0, per_second: 100.0 };
const BYTES: Rate = Rate { burst: 4.0 * 1024.0 * 1024.0, per_second: 2.0 * 1024.0 * 1024.0 };
/// Work in units of an event that is only stored. 50,000 events kept over an outage are taken in a minute.
const WORK: Rate = Rate { burst: 1_000.0, per_second: 1_000.0 };
const RESERVE: Rate = Rate { burst: 150_000.0, per_second: 200.0 };

/// What a message costs before anybody looked into it.
pub(crate) const MESSAGE_WORK: u32 = 1;
/// An arrival is decided on: rights, stays and an order are looked for and written.
pub(crate) const ARRIVAL_WORK: u32 = 4;
/// A message that cannot be decoded is stored for an operator, with all its bytes.
pub(crate) const DEAD_LETTER_WORK: u32 = 200;

#[derive(Clone, Debug)]
struct Bucket {
    rate: Rate,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn full(rate: Rate, at: Instant) -> Self {
        Self { rate, level: rate.burst, at }
    }

    fn refill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + seconds * self.rate.per_second).min(self.rate.burst);
        self.at = now;
    }

    /// What is done already is owed: the level may sink below nothing.
    fn take(&mut self, now: Instant, amount: f64) {
        self.refill(now);
        self.level -= amount;
    }

    /// How long until something may be had again.
    fn wait(&mut self, now: Instant) -> Duration {
        self.refill(now);
        if self.level > 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64((1.0 - self.level) / self.rate.per_second)
    }
}

/// The budget of one lane.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    messages: Bucket,
    bytes: Bucket,
    work: Bucket,
    reserve: Bucket,
}

impl Budget {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            messages: Bucket::full(MESSAGES, now),
            bytes: Bucket::full(BYTES, now),
            work: Bucket::full(WORK, now),
            reserve: Bucket::full(RESERVE, now),
        }
    }

    /// A message of this size is taken.
    pub(crate) fn take_message(&mut self, now: Instant, bytes: usize) {
        self.messages.take(now, 1.0);
        self.bytes.take(now, bytes as f64);
        self.take_work(now, MESSAGE_WORK);
    }

    /// Work turned out to be more.
    pub(crate) fn take_work(&mut self, now: Instant, work: u32) {
        self.work.take(now, f64::from(work));
        self.reserve.take(now, f64::from(work));
    }

    /// How long the lane's next message must wait.
    pub(crate) fn wait(&mut self, now: Instant) -> Duration {
        let buckets = [&mut self.messages, &mut self.bytes, &mut self.work, &mut self.reserve];
        buckets.into_iter().map(|bucket| bucket.wait(now)).max().unwrap_or_default()
    }

    /// Whether removing it would change nothing.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        [&mut self.messages, &mut self.bytes, &mut self.work, &mut self.reserve].into_iter().all(|bucket| {
            bucket.refill(now);
            bucket.level >= bucket.rate.burst
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_thousand_events_of_an_outage_are_granted_in_a_minute() {
        let begun = Instant::now();
        let (mut now, mut budget) = (begun, Budget::new(begun));
        for _ in 0..50_000 / 64 {
            now += budget.wait(now);
            budget.take_message(now, 24_000);
            budget.take_work(now, 64);
        }
        assert!(now - begun < Duration::from_secs(60), "{:?}", now - begun);
    }

    #[test]
    fn who_never_stops_gets_the_small_rate_in_the_end() {
        let begun = Instant::now();
        let (mut now, mut budget) = (begun, Budget::new(begun));
        let mut late = 0;
        while now - begun < Duration::from_secs(900) {
            now += budget.wait(now);
            budget.take_message(now, 60_000);
            budget.take_work(now, 64);
            late += u32::from(now - begun > Duration::from_secs(840)) * 65;
        }
        assert!(late < 60 * 300, "{late} in the last minute");
    }

    #[test]
    fn what_is_owed_is_waited_for() {
        let now = Instant::now();
        let mut budget = Budget::new(now);
        assert_eq!(budget.wait(now), Duration::ZERO);
        assert!(budget.is_full(now));
        budget.take_work(now, 3_000);
        assert!(!budget.is_full(now));
        let wait = budget.wait(now);
        assert!(wait > Duration::from_secs(1) && wait < Duration::from_secs(3), "{wait:?}");
        assert_eq!(budget.wait(now + wait), Duration::ZERO);
    }
}
