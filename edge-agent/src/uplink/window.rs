//! Which events are under way to the server, and when to send them again.
//!
//! Pure: numbers and milliseconds in, numbers out. Acks are cumulative, so only the lowest events can hold things up: when
//! nothing was acked for a while everything under way counts as lost and goes out again from the bottom, ever more
//! slowly. Live events may run ahead of an old backlog; the backlog skips what already flies.

use std::collections::BTreeMap;

/// Messages under way at most, and how many of them the backlog may take.
const MAX_IN_FLIGHT: usize = 32;
const MAX_BACKLOG_IN_FLIGHT: usize = 24;
const FIRST_WAIT_MS: u64 = 2_000;
const LONGEST_WAIT_MS: u64 = 60_000;

#[derive(Clone, Debug)]
pub struct Window {
    acked: u64,
    /// The backlog has been sent up to here.
    sent_upto: u64,
    /// First to last number of each message under way.
    flights: BTreeMap<u64, u64>,
    /// When something was last sent into an empty window, or acked.
    progress_ms: u64,
    wait_ms: u64,
}

impl Window {
    pub fn new(acked: u64, now_ms: u64) -> Window {
        Window {
            acked,
            sent_upto: acked,
            flights: BTreeMap::new(),
            progress_ms: now_ms,
            wait_ms: FIRST_WAIT_MS,
        }
    }

    pub fn acked(&self) -> u64 {
        self.acked
    }

    /// Whether a live event may go out now.
    pub fn has_room(&self) -> bool {
        self.flights.len() < MAX_IN_FLIGHT
    }

    /// After which number the backlog goes on, if it may.
    pub fn backlog_after(&self) -> Option<u64> {
        (self.flights.len() < MAX_BACKLOG_IN_FLIGHT).then_some(self.sent_upto)
    }

    pub fn is_in_flight(&self, seq: u64) -> bool {
        self.flights.range(..=seq).next_back().is_some_and(|(_, last)| seq <= *last)
    }

    pub fn sent(&mut self, first: u64, last: u64, now_ms: u64) {
        if self.flights.is_empty() {
            self.progress_ms = now_ms;
        }
        self.flights.insert(first, last);
        if first == self.sent_upto + 1 {
            self.sent_upto = last;
        }
    }

    /// The backlog was read up to here; whatever of it did not fly already was sent.
    pub fn swept(&mut self, upto: u64) {
        self.sent_upto = self.sent_upto.max(upto);
    }

    /// Takes an ack. Returns whether it moved anything.
    pub fn take_ack(&mut self, upto: u64, now_ms: u64) -> bool {
        if upto <= self.acked {
            return false;
        }
        self.acked = upto;
        self.sent_upto = self.sent_upto.max(upto);
        self.flights.retain(|_, last| *last > upto);
        self.progress_ms = now_ms;
        self.wait_ms = FIRST_WAIT_MS;
        true
    }

    /// What was sent up to here is not under way any more, whether or not its events may be forgotten.
    pub fn complete(&mut self, upto: u64) {
        self.flights.retain(|_, last| *last > upto);
    }

    /// Everything that waits was given numbers above this: what is under way has others now.
    pub fn begin_above(&mut self, base: u64, now_ms: u64) {
        self.acked = self.acked.max(base);
        self.restart(now_ms);
    }

    /// When everything under way counts as lost; never while nothing is.
    pub fn due_ms(&self) -> Option<u64> {
        (!self.flights.is_empty()).then(|| self.progress_ms + self.wait_ms)
    }

    /// Gives up what is under way if it is due, to be sent again from the lowest. `jitter` is 0..=1.
    pub fn expire(&mut self, now_ms: u64, jitter: f64) -> bool {
        if self.due_ms().is_none_or(|due| now_ms < due) {
            return false;
        }
        self.flights.clear();
        self.sent_upto = self.acked;
        self.progress_ms = now_ms;
        let longer = (self.wait_ms as f64 * (1.6 + 0.8 * jitter)) as u64;
        self.wait_ms = longer.min(LONGEST_WAIT_MS);
        true
    }

    /// A new session: whatever was under way may be lost.
    pub fn restart(&mut self, now_ms: u64) {
        self.flights.clear();
        self.sent_upto = self.acked;
        self.progress_ms = now_ms;
        self.wait_ms = FIRST_WAIT_MS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cumulative_ack_lands_every_flight_below_it() {
        let mut window = Window::new(0, 0);
        window.sent(1, 64, 0);
        window.sent(65, 128, 0);
        assert!(window.take_ack(100, 10));
        assert!(window.is_in_flight(128) && !window.is_in_flight(64));
        assert!(!window.take_ack(90, 20), "an older ack moves nothing");
    }

    #[test]
    fn live_events_run_ahead_and_the_backlog_skips_them() {
        let mut window = Window::new(10, 0);
        window.sent(500, 500, 0);
        assert_eq!(window.backlog_after(), Some(10));
        assert!(window.is_in_flight(500) && !window.is_in_flight(11));
        window.sent(11, 74, 0);
        assert_eq!(window.backlog_after(), Some(74));
    }

    #[test]
    fn what_was_renumbered_goes_out_from_the_bottom_of_its_new_numbers() {
        let mut window = Window::new(0, 0);
        window.sent(1, 9, 0);
        window.begin_above(500, 10);
        assert!(!window.is_in_flight(1) && window.due_ms().is_none());
        assert_eq!((window.acked(), window.backlog_after()), (500, Some(500)));
        assert!(!window.take_ack(9, 20), "an ack for the old numbers");
    }

    #[test]
    fn what_landed_makes_room_and_is_not_acked() {
        let mut window = Window::new(0, 0);
        window.sent(1, 64, 0);
        window.sent(65, 65, 0);
        window.complete(64);
        assert!(!window.is_in_flight(64) && window.is_in_flight(65));
        assert_eq!(window.acked(), 0);
    }

    #[test]
    fn without_acks_all_is_sent_again_ever_more_slowly() {
        let mut window = Window::new(0, 0);
        let mut waits = Vec::new();
        let mut now = 0;
        for _ in 0..8 {
            window.sent(1, 1, now);
            let due = window.due_ms().unwrap();
            assert!(!window.expire(due - 1, 0.5));
            assert!(window.expire(due, 0.5));
            assert_eq!(window.backlog_after(), Some(0));
            waits.push(due - now);
            now = due;
        }
        assert_eq!(waits, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    }

    #[test]
    fn progress_keeps_the_rest_in_the_air() {
        let mut window = Window::new(0, 0);
        window.sent(1, 1, 0);
        window.sent(9, 9, 0);
        window.take_ack(1, 1_900);
        assert!(!window.expire(2_100, 0.0));
        assert!(window.expire(3_900, 0.0));
    }

    #[test]
    fn the_window_is_bounded_and_leaves_room_for_live_events() {
        let mut window = Window::new(0, 0);
        for seq in 1..=24 {
            window.sent(seq, seq, 0);
        }
        assert!(window.has_room() && window.backlog_after().is_none());
        for seq in 25..=32 {
            window.sent(seq, seq, 0);
        }
        assert!(!window.has_room());
    }
}
