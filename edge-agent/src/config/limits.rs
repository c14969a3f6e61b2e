//! Which numbers of a file make sense: timings of the lane, limits of the plate reader.
//!
//! Zero never means "no limit" unless documented, and a value a thousand times too large is a wrong unit.

use std::ops::RangeInclusive;

use boomgate_domain::lane::LaneConfig;
use boomgate_domain::loops::LoopConfig;
use boomgate_domain::reading::{Limits, Thresholds};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// One number: its key, its value, what it may be, and why.
struct Bound {
    key: &'static str,
    value: u64,
    allowed: RangeInclusive<u64>,
    /// 0 switches it off.
    zero_is_never: bool,
    why: &'static str,
}

fn bound(key: &'static str, value: u64, allowed: RangeInclusive<u64>, why: &'static str) -> Bound {
    Bound { key, value, allowed, zero_is_never: false, why }
}

fn or_never(bound: Bound) -> Bound {
    Bound { zero_is_never: true, ..bound }
}

impl Bound {
    fn fault(&self) -> Option<String> {
        let right = self.allowed.contains(&self.value) || (self.zero_is_never && self.value == 0);
        let (from, upto) = (self.allowed.start(), self.allowed.end());
        let never = if self.zero_is_never { ", or 0 for never" } else { "" };
        (!right).then(|| format!("{} is not from {from} to {upto}{never}: {}", self.value, self.why))
    }
}

/// What is wrong with a lane's settings, each with its key under `timings`. Times are as in the file, not in lane time.
pub(super) fn timing_faults(machine: &LaneConfig) -> Vec<(String, String)> {
    let own = machine_bounds(machine).into_iter().map(|bound| (bound.key.to_owned(), bound));
    let lines = [
        ("arming", Some(&machine.arming), 1_000),
        // S1: the safety input is not known any more after 200 ms without a look at it.
        ("safety", Some(&machine.safety), 200),
        ("photocell", machine.photocell.as_ref(), 200),
    ];
    let lines = lines.into_iter().filter_map(|(name, line, stalest)| Some((name, line?, stalest)));
    let lines = lines.flat_map(|(name, line, stalest)| {
        line_bounds(line, stalest).into_iter().map(move |bound| (format!("{name}.{}", bound.key), bound))
    });
    own.chain(lines).filter_map(|(key, bound)| Some((key, bound.fault()?))).collect()
}

fn machine_bounds(machine: &LaneConfig) -> Vec<Bound> {
    let cycles = machine.max_cycles_per_min as u64;
    vec![
        bound("travel_ms", machine.travel_ms, 100..=MINUTE, "how long the boom travels"),
        bound(
            "startup_stable_ms",
            machine.startup_stable_ms,
            2_000..=MINUTE,
            "nothing may move before the inputs were stable for 2 s",
        ),
        bound(
            "reading_timeout_ms",
            machine.reading_timeout_ms,
            100..=MINUTE,
            "how long the plate reader may take before the car is told of unread",
        ),
        bound(
            "decision_timeout_ms",
            machine.decision_timeout_ms,
            50..=HOUR,
            "how long the server may take before the lane decides by itself",
        ),
        bound("open_timeout_ms", machine.open_timeout_ms, 500..=2 * MINUTE, "when an opening has failed"),
        bound("close_timeout_ms", machine.close_timeout_ms, 500..=2 * MINUTE, "when a closing has failed"),
        bound(
            "close_after_clear_ms",
            machine.close_after_clear_ms,
            100..=MINUTE,
            "how long after the last wheel the boom comes down",
        ),
        bound("open_hold_ms", machine.open_hold_ms, 1_000..=HOUR, "how long an open boom waits for its car"),
        bound("loop_gap_ms", machine.loop_gap_ms, 200..=MINUTE, "from the arming loop to the safety loop"),
        bound(
            "tailgate_overlap_ms",
            machine.tailgate_overlap_ms,
            50..=10_000,
            "how long two cars must overlap to count as one following the other",
        ),
        bound(
            "min_reversal_ms",
            machine.min_reversal_ms,
            500..=MINUTE,
            "what the drive needs between opposite requests",
        ),
        bound("max_cycles_per_min", cycles, 1..=60, "closings a minute that the drive bears"),
        bound("up_alarm_ms", machine.up_alarm_ms, 1_000..=24 * HOUR, "when a boom that stays up is an alarm"),
        bound(
            "fail_open_after_ms",
            machine.fail_open_after_ms,
            500..=HOUR,
            "how long the arming loop must be faulty before the lane fails open",
        ),
    ]
}

fn line_bounds(line: &LoopConfig, stalest: u64) -> Vec<Bound> {
    let (edges, misses) = (line.chatter_edges as u64, u64::from(line.stuck_off_misses));
    vec![
        bound("debounce_ms", line.debounce_ms, 1..=1_000, "a level must hold so long to count"),
        bound(
            "stale_ms",
            line.stale_ms,
            100..=stalest,
            "lines are looked at every 50 ms at least, and an old look says nothing",
        ),
        or_never(bound(
            "stuck_on_ms",
            line.stuck_on_ms,
            10_000..=HOUR,
            "detectors tune a standing car away after an hour",
        )),
        bound("chatter_edges", edges, 2..=1_000, "so many changes in a moment are a fault"),
        bound("chatter_window_ms", line.chatter_window_ms, 100..=MINUTE, "the moment they are counted in"),
        or_never(bound("stuck_off_misses", misses, 1..=100, "cars a loop may miss before it counts as dead")),
    ]
}

/// What is wrong with the reader's limits, each with its key under `reader.thresholds`.
pub(super) fn threshold_faults(thresholds: &Thresholds) -> Vec<(String, String)> {
    let kinds = [("formed", thresholds.formed), ("bare", thresholds.bare), ("free", thresholds.free)];
    let shares = kinds.into_iter().flat_map(|(kind, Limits { certainty, plate })| {
        [(format!("{kind}.certainty"), certainty), (format!("{kind}.plate"), plate)]
    });
    let shares = shares.chain([("unreadable_below".to_owned(), thresholds.unreadable_below)]);
    let mut faults: Vec<(String, String)> =
        shares.filter_map(|(key, share)| Some((key, share_fault(share)?))).collect();
    if !(1..=8).contains(&thresholds.min_frames) {
        let what = format!("{} is not from 1 to 8, the frames taken of one car", thresholds.min_frames);
        faults.push(("min_frames".to_owned(), what));
    }
    if !(1..=12).contains(&thresholds.min_chars) {
        let what = format!("{} is not from 1 to 12, the characters of a plate", thresholds.min_chars);
        faults.push(("min_chars".to_owned(), what));
    }
    faults
}

/// At 0 everything is accepted and at 1 nothing, so neither end is a limit.
fn share_fault(share: f32) -> Option<String> {
    let right = share > 0.0 && share < 1.0;
    (!right).then(|| {
        format!("{share} is not between 0 and 1; write 0.95 for 95 %, as at 0 everything passes and from 1 nothing")
    })
}

#[cfg(test)]
mod tests {
    use boomgate_domain::decide::Direction;

    use super::*;

    #[test]
    fn what_is_shipped_is_within_its_own_limits() {
        for direction in [Direction::Entry, Direction::Exit] {
            let machine =
                LaneConfig { photocell: Some(LoopConfig::default()), ..LaneConfig::for_direction(direction) };
            assert_eq!(timing_faults(&machine), []);
        }
        assert_eq!(threshold_faults(&Thresholds::default()), []);
    }
}
