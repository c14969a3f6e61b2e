//! How much one device sends, over all of its connections: beyond its rate nothing more is read from it, so that a flood stays in its own socket
//! and never reaches the router. Pure: the time comes in.

use std::time::Duration;

use tokio::time::Instant;

/// So much at once, and so much more every second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

#[derive(Debug)]
struct Bucket {
    rate: Rate,
    level: f64,
}

impl Bucket {
    fn full(rate: Rate) -> Self {
        Self { rate, level: rate.burst }
    }

    fn refill(&mut self, seconds: f64) {
        self.level = (self.level + seconds * self.rate.per_second).min(self.rate.burst);
    }

    /// How long until it is above nothing again.
    fn wait(&self) -> Duration {
        if self.level > 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64((1.0 - self.level) / self.rate.per_second)
    }
}

/// The messages and bytes of one device.
#[derive(Debug)]
pub(crate) struct Meter {
    messages: Bucket,
    bytes: Bucket,
    at: Instant,
    /// Since when it has not had half of its burst left.
    busy_since: Option<Instant>,
}

impl Meter {
    pub(crate) fn new(messages: Rate, bytes: Rate, now: Instant) -> Self {
        Self { messages: Bucket::full(messages), bytes: Bucket::full(bytes), at: now, busy_since: None }
    }

    /// Counts what was read; until when nothing more is to be read.
    pub(crate) fn read(&mut self, messages: usize, bytes: usize, now: Instant) -> Option<Instant> {
        self.refill(now);
        self.messages.level -= messages as f64;
        self.bytes.level -= bytes as f64;
        if !self.is_below_half() {
            return None;
        }
        let wait = self.messages.wait().max(self.bytes.wait());
        if wait.is_zero() {
            return None;
        }
        self.busy_since.get_or_insert(now);
        now.checked_add(wait)
    }

    /// How long it has been sending more than its rate.
    pub(crate) fn busy_for(&self, now: Instant) -> Duration {
        self.busy_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Whether it has all of its burst again, as a new one has.
    pub(crate) fn is_rested(&self, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        let full = |bucket: &Bucket| bucket.level + seconds * bucket.rate.per_second >= bucket.rate.burst;
        full(&self.messages) && full(&self.bytes)
    }

    fn refill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.messages.refill(seconds);
        self.bytes.refill(seconds);
        self.at = now;
        if !self.is_below_half() {
            self.busy_since = None;
        }
    }

    fn is_below_half(&self) -> bool {
        let half = |bucket: &Bucket| bucket.level < bucket.rate.burst / 2.0;
        half(&self.messages) || half(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: Rate = Rate { burst: 100.0, per_second: 10.0 };
    const BYTES: Rate = Rate { burst: 10_000.0, per_second: 1_000.0 };

    #[test]
    fn a_burst_passes_and_a_flood_is_paused_and_noticed() {
        let mut now = Instant::now();
        let mut meter = Meter::new(MESSAGES, BYTES, now);
        assert_eq!(meter.read(99, 100, now), None);
        assert_eq!(meter.busy_for(now), Duration::ZERO);
        let begun = now;
        let mut sent = 0;
        while now < begun + Duration::from_secs(60) {
            sent += 5;
            now = meter.read(5, 5, now).unwrap_or(now);
        }
        assert!(sent < 700, "{sent} messages in a minute");
        assert!(meter.busy_for(now) > Duration::from_secs(50));
        now += Duration::from_secs(10);
        assert_eq!(meter.read(1, 1, now), None);
        assert_eq!(meter.busy_for(now), Duration::ZERO, "it has become quiet");
    }

    #[test]
    fn who_was_away_long_enough_begins_anew() {
        let begun = Instant::now();
        let mut meter = Meter::new(MESSAGES, BYTES, begun);
        assert!(meter.is_rested(begun));
        assert!(meter.read(150, 10, begun).is_some());
        let later = begun + Duration::from_secs(10);
        assert!(!meter.is_rested(later), "half of a burst is not all of it");
        let later = begun + Duration::from_secs(60);
        assert!(meter.is_rested(later));
        assert!(meter.read(120, 10, later).is_some());
        assert_eq!(meter.busy_for(later), Duration::ZERO, "the time away does not count as busy");
    }

    #[test]
    fn bytes_count_as_well() {
        let now = Instant::now();
        let mut meter = Meter::new(MESSAGES, BYTES, now);
        let until = meter.read(1, 20_000, now).unwrap();
        assert!(until > now + Duration::from_secs(9));
    }
}
