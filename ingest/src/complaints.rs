//! What lanes do wrong: every case is counted, a log line is written once per lane, kind and interval, and a lane that
//! does not stop is reported.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::fair_queue::LaneKey;

/// How far apart two lines about the same lane and kind are.
const LOG_INTERVAL: Duration = Duration::from_secs(30);
/// So many cases within one window and the lane is an offender.
const WINDOW: Duration = Duration::from_secs(60);
const OFFENCE_LIMIT: u64 = 600;
/// Most reports to operators about the same lane and kind within one window.
const REPORT_LIMIT: u64 = 6;
/// Most pairs of lane and kind that are tracked.
const MAX_TRACKED: usize = 20_000;

/// A lane that does not stop, and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offender {
    pub lane: LaneKey,
    pub kind: &'static str,
}

pub(crate) struct Complaints {
    seen: Mutex<HashMap<(LaneKey, &'static str), Case>>,
    offenders: mpsc::Sender<Offender>,
}

struct Case {
    line_at: Instant,
    /// Cases since the last line.
    silent: u64,
    window_at: Instant,
    in_window: u64,
}

/// What is to be done about a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Verdict {
    /// Write a line; so many cases went without one before it.
    line: Option<u64>,
    offender: bool,
    in_window: u64,
}

impl Complaints {
    pub(crate) fn new(offenders: mpsc::Sender<Offender>) -> Self {
        Self { seen: Mutex::default(), offenders }
    }

    /// One more case; `write` is called with how many went without a line since the last one, if one is due.
    pub(crate) fn note(&self, lane: &LaneKey, kind: &'static str, write: impl FnOnce(u64)) {
        let verdict = self.count(lane, kind, Instant::now());
        if let Some(silent) = verdict.line {
            write(silent);
        }
        if verdict.offender {
            // A full channel means that offenders are being handled; a lane that goes on is reported again.
            drop(self.offenders.try_send(Offender { lane: lane.clone(), kind }));
        }
    }

    /// Whether one more case is reported: a lane that changes to and fro must not fill the operators' page.
    pub(crate) fn may_report(&self, lane: &LaneKey, kind: &'static str) -> bool {
        self.count(lane, kind, Instant::now()).in_window <= REPORT_LIMIT
    }

    fn count(&self, lane: &LaneKey, kind: &'static str, now: Instant) -> Verdict {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MAX_TRACKED {
            seen.retain(|_, case| now.saturating_duration_since(case.window_at) < WINDOW);
        }
        match seen.get_mut(&(lane.clone(), kind)) {
            Some(case) => case.again(now),
            None => {
                let case = Case { line_at: now, silent: 0, window_at: now, in_window: 1 };
                seen.insert((lane.clone(), kind), case);
                Verdict { line: Some(0), offender: false, in_window: 1 }
            }
        }
    }
}

impl Case {
    fn again(&mut self, now: Instant) -> Verdict {
        if now.saturating_duration_since(self.window_at) >= WINDOW {
            (self.window_at, self.in_window) = (now, 0);
        }
        self.in_window = self.in_window.saturating_add(1);
        let due = now.saturating_duration_since(self.line_at) >= LOG_INTERVAL;
        let silent = self.silent;
        (self.line_at, self.silent) = if due { (now, 0) } else { (self.line_at, silent.saturating_add(1)) };
        let in_window = self.in_window;
        Verdict { line: due.then_some(silent), offender: in_window == OFFENCE_LIMIT, in_window }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> LaneKey {
        LaneKey::of(&"bg/v1/north/in-1/up".parse().unwrap())
    }

    #[test]
    fn four_hundred_thousand_messages_wrote_as_many_lines() {
        let (offenders, mut reported) = mpsc::channel(4);
        let complaints = Complaints::new(offenders);
        let mut lines = 0;
        for _ in 0..400_000 {
            complaints.note(&lane(), "signature", |_| lines += 1);
        }
        assert!(lines < 5, "{lines}");
        assert_eq!(reported.try_recv(), Ok(Offender { lane: lane(), kind: "signature" }));
        assert!(reported.try_recv().is_err(), "reported more than once");
    }

    #[test]
    fn people_are_told_a_few_times_of_what_changes_to_and_fro() {
        let complaints = Complaints::new(mpsc::channel(1).0);
        let reported = (0..100).filter(|_| complaints.may_report(&lane(), "clock")).count();
        assert_eq!(reported, 6);
    }

    #[test]
    fn a_line_says_how_many_cases_went_without_one() {
        let complaints = Complaints::new(mpsc::channel(1).0);
        let begun = Instant::now();
        assert_eq!(complaints.count(&lane(), "hello", begun).line, Some(0));
        for _ in 0..7 {
            assert_eq!(complaints.count(&lane(), "hello", begun).line, None);
        }
        assert_eq!(complaints.count(&lane(), "hello", begun + LOG_INTERVAL).line, Some(7));
        assert_eq!(complaints.count(&lane(), "other", begun).line, Some(0));
    }
}
