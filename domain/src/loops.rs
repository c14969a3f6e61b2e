//! Detector inputs: a raw level and the time in, a debounced and supervised state out.
//!
//! Loops, photocells and their wires fail; a state that cannot be determined is `Unknown` and counts as occupied. This
//! module does not depend on cars, booms or pins.
//!
//! ```text
//! raw level --debounce--> Clear | Occupied
//!     no sample for stale_ms, wire cut, chatter, occupied too long, missed cars --> Unknown(fault)
//!     fault gone and level stable for the debounce time --> Clear | Occupied
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::Monotonic;

/// What an input guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoopRole {
    /// Before the boom: a car waits here to be decided.
    Arming,
    /// Under the boom: safety and closing loop in one.
    Safety,
    /// A light barrier under the boom, where one is fitted.
    Photocell,
}

/// What an input line says at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawLevel {
    /// No vehicle.
    Clear,
    /// A vehicle, or a beam that is broken.
    Occupied,
    /// The supervision resistor is not seen: open, short, or the detector's own fault contact.
    WireCut,
}

/// Why a state is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoopFault {
    /// Not yet stable since the start or since another fault.
    Settling,
    /// No sample came for longer than `stale_ms`.
    Stale,
    /// The supervision of the wire reports a cut or a short.
    WireCut,
    /// More edges than allowed within the window.
    Chatter,
    /// Occupied for longer than `stuck_on_ms`.
    StuckOn,
    /// Cars passed that this loop never saw.
    StuckOff,
}

const FAULT_NAMES: [(LoopFault, &str); 6] = [
    (LoopFault::Settling, "settling"),
    (LoopFault::Stale, "stale"),
    (LoopFault::WireCut, "wire-cut"),
    (LoopFault::Chatter, "chatter"),
    (LoopFault::StuckOn, "stuck-on"),
    (LoopFault::StuckOff, "stuck-off"),
];
const ROLE_NAMES: [(LoopRole, &str); 3] =
    [(LoopRole::Arming, "arming"), (LoopRole::Safety, "safety"), (LoopRole::Photocell, "photocell")];

/// A text that names no input role or fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}")]
pub struct UnknownName {
    kind: &'static str,
    text: String,
}

macro_rules! named {
    ($type:ty, $names:ident, $kind:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($names.iter().find(|(value, _)| value == self).map_or("?", |(_, name)| *name))
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                let found = $names.iter().find(|(_, name)| *name == text);
                found
                    .map(|(value, _)| *value)
                    .ok_or_else(|| UnknownName { kind: $kind, text: text.to_owned() })
            }
        }
    };
}
named!(LoopRole, ROLE_NAMES, "loop role");
named!(LoopFault, FAULT_NAMES, "loop fault");

/// The debounced, supervised state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoopState {
    /// No vehicle.
    Clear,
    /// A vehicle.
    Occupied,
    /// Not known, and why; counts as occupied.
    Unknown(LoopFault),
}

/// Timings of one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoopConfig {
    /// A level must hold this long before it counts.
    pub debounce_ms: u64,
    /// Without a sample for longer than this the state is unknown (S1: 200).
    pub stale_ms: u64,
    /// Occupied for longer than this is a fault; 0 never. Detectors re-tune after an hour, so stay below.
    pub stuck_on_ms: u64,
    /// More edges than this within `chatter_window_ms` are chatter.
    pub chatter_edges: usize,
    /// See `chatter_edges`.
    pub chatter_window_ms: u64,
    /// So many cars missed in a row are a dead loop; 0 never.
    pub stuck_off_misses: u32,
}

impl Default for LoopConfig {
    fn default() -> Self {
        Self {
            debounce_ms: 40,
            stale_ms: 200,
            stuck_on_ms: 20 * 60_000,
            chatter_edges: 12,
            chatter_window_ms: 2_000,
            stuck_off_misses: 3,
        }
    }
}

/// One supervised input.
#[derive(Debug, Clone)]
pub struct Loop {
    config: LoopConfig,
    raw: Option<(RawLevel, Monotonic)>,
    sampled: Monotonic,
    edges: VecDeque<Monotonic>,
    misses: u32,
    state: LoopState,
    since: Monotonic,
}

impl Loop {
    /// An input that is unknown until its first stable level; `now` is the device's uptime.
    pub fn new(config: LoopConfig, now: Monotonic) -> Self {
        let state = LoopState::Unknown(LoopFault::Settling);
        Self { config, raw: None, sampled: now, edges: VecDeque::new(), misses: 0, state, since: now }
    }

    /// Takes a sample; call at least every `stale_ms / 2`, also when nothing changes.
    pub fn sample(&mut self, level: RawLevel, now: Monotonic) -> LoopState {
        // Whatever should have happened before this sample, a stale line above all, is settled first.
        self.tick(now);
        let was_silent = now.ms_since(self.sampled) > self.config.stale_ms;
        self.sampled = now;
        match self.raw {
            Some((raw, _)) if raw == level && !was_silent => {}
            _ => self.note_edge(level, now),
        }
        self.tick(now)
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Monotonic) -> LoopState {
        let next = self.next_state(now);
        if next != self.state {
            (self.state, self.since) = (next, now);
        }
        self.state
    }

    /// The present state.
    pub const fn state(&self) -> LoopState {
        self.state
    }

    /// When the present state began.
    pub const fn since(&self) -> Monotonic {
        self.since
    }

    /// Clear, debounced, fresh, and the line itself still says clear: the only state in which a boom may close.
    pub fn is_known_clear(&self, now: Monotonic) -> bool {
        let raw_clear = matches!(self.raw, Some((RawLevel::Clear, _)));
        self.state == LoopState::Clear && raw_clear && now.ms_since(self.sampled) <= self.config.stale_ms
    }

    /// A car passed that this loop must have seen: `seen` says whether it did.
    pub fn note_car(&mut self, seen: bool) {
        self.misses = if seen { 0 } else { self.misses.saturating_add(1) };
    }

    /// When `tick` may change something without another sample.
    pub fn wake_at(&self) -> Option<Monotonic> {
        let (_, since) = self.raw?;
        let settle = (self.pending()).then(|| since.plus_ms(self.config.debounce_ms));
        let stale = (self.state != LoopState::Unknown(LoopFault::Stale))
            .then(|| self.sampled.plus_ms(self.config.stale_ms.saturating_add(1)));
        let stuck = (self.state == LoopState::Occupied && self.config.stuck_on_ms > 0)
            .then(|| self.since.plus_ms(self.config.stuck_on_ms));
        let calm = (self.state == LoopState::Unknown(LoopFault::Chatter))
            .then(|| self.edges.front().map(|first| first.plus_ms(self.config.chatter_window_ms)));
        [settle, stale, stuck, calm.flatten()].into_iter().flatten().min()
    }

    fn note_edge(&mut self, level: RawLevel, now: Monotonic) {
        if self.raw.is_some() {
            self.edges.push_back(now);
        }
        if level == RawLevel::Occupied {
            self.misses = 0;
        }
        while self.edges.len() > self.config.chatter_edges.saturating_add(1) {
            self.edges.pop_front();
        }
        self.raw = Some((level, now));
    }

    fn next_state(&mut self, now: Monotonic) -> LoopState {
        let window = self.config.chatter_window_ms;
        self.edges.retain(|edge| now.ms_since(*edge) < window);
        let Some((raw, raw_since)) = self.raw else {
            return LoopState::Unknown(LoopFault::Settling);
        };
        match () {
            () if now.ms_since(self.sampled) > self.config.stale_ms => LoopState::Unknown(LoopFault::Stale),
            () if raw == RawLevel::WireCut => LoopState::Unknown(LoopFault::WireCut),
            () if self.edges.len() > self.config.chatter_edges => LoopState::Unknown(LoopFault::Chatter),
            () if now.ms_since(raw_since) < self.config.debounce_ms => self.while_unsettled(),
            () => self.settled(raw, now),
        }
    }

    /// A level that has not held long enough changes nothing, except that a fault does not end by itself.
    const fn while_unsettled(&self) -> LoopState {
        match self.state {
            LoopState::Unknown(LoopFault::Stale | LoopFault::WireCut | LoopFault::Chatter) => {
                LoopState::Unknown(LoopFault::Settling)
            }
            LoopState::Clear
            | LoopState::Occupied
            | LoopState::Unknown(LoopFault::Settling | LoopFault::StuckOn | LoopFault::StuckOff) => {
                self.state
            }
        }
    }

    fn settled(&self, raw: RawLevel, now: Monotonic) -> LoopState {
        let stuck_on = self.config.stuck_on_ms;
        let limit = self.config.stuck_off_misses;
        match raw {
            RawLevel::Clear if limit > 0 && self.misses >= limit => LoopState::Unknown(LoopFault::StuckOff),
            RawLevel::Clear => LoopState::Clear,
            _ if self.state == LoopState::Unknown(LoopFault::StuckOn) => self.state,
            _ if stuck_on > 0
                && self.state == LoopState::Occupied
                && now.ms_since(self.since) >= stuck_on =>
            {
                LoopState::Unknown(LoopFault::StuckOn)
            }
            RawLevel::Occupied | RawLevel::WireCut => LoopState::Occupied,
        }
    }

    /// Whether the line's level has yet to become the state.
    const fn pending(&self) -> bool {
        !matches!(
            (self.raw, self.state),
            (None, _)
                | (Some((RawLevel::Clear, _)), LoopState::Clear)
                | (Some((RawLevel::Occupied, _)), LoopState::Occupied)
                | (_, LoopState::Unknown(LoopFault::WireCut | LoopFault::Stale | LoopFault::Chatter))
                | (_, LoopState::Unknown(LoopFault::StuckOff))
                | (Some((RawLevel::Occupied, _)), LoopState::Unknown(LoopFault::StuckOn))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LoopState::{Clear, Occupied, Unknown};

    const MS: fn(u64) -> Monotonic = Monotonic::from_millis;

    /// Samples `(from, until, level)` every 20 ms and returns the states as they change.
    fn states(config: LoopConfig, parts: &[(u64, u64, Option<RawLevel>)]) -> Vec<(u64, LoopState)> {
        let mut input = Loop::new(config, MS(0));
        let mut seen = vec![];
        let mut last = input.state();
        for &(from, until, level) in parts {
            for at in (from..until).step_by(20) {
                let state = match level {
                    Some(level) => input.sample(level, MS(at)),
                    None => input.tick(MS(at)),
                };
                if state != last {
                    seen.push((at, state));
                    last = state;
                }
            }
        }
        seen
    }

    #[test]
    fn a_level_counts_once_it_has_held() {
        let seen = states(
            LoopConfig::default(),
            &[
                (0, 100, Some(RawLevel::Clear)),
                (100, 120, Some(RawLevel::Occupied)),
                (120, 200, Some(RawLevel::Clear)),
                (200, 300, Some(RawLevel::Occupied)),
            ],
        );
        assert_eq!(seen, [(40, Clear), (240, Occupied)], "the 20 ms blip is not seen");
    }

    #[test]
    fn silence_is_unknown_and_settles_again() {
        let clear = Some(RawLevel::Clear);
        let seen = states(LoopConfig::default(), &[(0, 100, clear), (100, 500, None), (500, 600, clear)]);
        assert_eq!(
            seen,
            [
                (40, Clear),
                (300, Unknown(LoopFault::Stale)),
                (500, Unknown(LoopFault::Settling)),
                (540, Clear)
            ]
        );
    }

    #[test]
    fn a_cut_wire_is_unknown_at_once() {
        let seen = states(
            LoopConfig::default(),
            &[
                (0, 100, Some(RawLevel::Clear)),
                (100, 200, Some(RawLevel::WireCut)),
                (200, 300, Some(RawLevel::Clear)),
            ],
        );
        assert_eq!(
            seen,
            [
                (40, Clear),
                (100, Unknown(LoopFault::WireCut)),
                (200, Unknown(LoopFault::Settling)),
                (240, Clear)
            ]
        );
    }

    #[test]
    fn chatter_is_unknown_until_it_calms_down() {
        let mut input = Loop::new(LoopConfig::default(), MS(0));
        for at in 0..40u64 {
            let level = if at % 2 == 0 { RawLevel::Clear } else { RawLevel::Occupied };
            input.sample(level, MS(at * 30));
        }
        assert_eq!(input.state(), Unknown(LoopFault::Chatter));
        for at in (1200..3500).step_by(50) {
            input.sample(RawLevel::Clear, MS(at));
        }
        assert_eq!(input.state(), Clear);
    }

    #[test]
    fn a_loop_occupied_for_ever_is_stuck_until_it_clears() {
        let config = LoopConfig { stuck_on_ms: 1_000, ..LoopConfig::default() };
        let seen =
            states(config, &[(0, 1_500, Some(RawLevel::Occupied)), (1_500, 1_600, Some(RawLevel::Clear))]);
        assert_eq!(seen, [(40, Occupied), (1040, Unknown(LoopFault::StuckOn)), (1540, Clear)]);
    }

    #[test]
    fn a_loop_that_misses_cars_is_stuck_off_until_it_sees_one() {
        let mut input = Loop::new(LoopConfig::default(), MS(0));
        for at in (0..200).step_by(20) {
            input.sample(RawLevel::Clear, MS(at));
        }
        for _ in 0..3 {
            input.note_car(false);
        }
        assert_eq!(input.tick(MS(190)), Unknown(LoopFault::StuckOff));
        for at in (200..300).step_by(20) {
            input.sample(RawLevel::Occupied, MS(at));
        }
        assert_eq!(input.state(), Occupied);
    }

    #[test]
    fn known_clear_ends_with_the_first_edge_and_with_silence() {
        let mut input = Loop::new(LoopConfig::default(), MS(0));
        input.sample(RawLevel::Clear, MS(0));
        input.sample(RawLevel::Clear, MS(100));
        assert!(input.is_known_clear(MS(100)) && input.is_known_clear(MS(300)));
        assert!(!input.is_known_clear(MS(301)), "stale");
        input.sample(RawLevel::Occupied, MS(150));
        assert_eq!(input.state(), Clear, "not debounced yet");
        assert!(!input.is_known_clear(MS(150)));
    }

    /// An input whose line has said `level` from the start until `until`, sampled every 20 ms.
    fn steady(config: LoopConfig, level: RawLevel, until: u64) -> Loop {
        let mut input = Loop::new(config, MS(0));
        for at in (0..=until).step_by(20) {
            input.sample(level, MS(at));
        }
        input
    }

    #[test]
    fn samples_exactly_as_far_apart_as_allowed_are_no_edges() {
        let mut input = Loop::new(LoopConfig { stale_ms: 50, ..LoopConfig::default() }, MS(0));
        for at in (0..2_000).step_by(50) {
            input.sample(RawLevel::Clear, MS(at));
        }
        assert_eq!(input.state(), Clear, "each silence would count as an edge, and so many are chatter");
    }

    #[test]
    fn what_is_never_to_happen_is_not_waited_for_and_does_not_happen() {
        let never = LoopConfig { stuck_on_ms: 0, stuck_off_misses: 0, ..LoopConfig::default() };
        let mut input = steady(never.clone(), RawLevel::Occupied, 100);
        assert_eq!(input.wake_at(), Some(MS(301)), "only the silence after the last sample");
        assert_eq!(input.sample(RawLevel::Occupied, MS(120)), Occupied);
        let mut input = steady(never, RawLevel::Clear, 100);
        input.note_car(false);
        assert_eq!(input.tick(MS(110)), Clear);
    }

    #[test]
    fn chatter_is_more_edges_than_allowed_within_the_window_and_its_end_is_waited_for() {
        let config = LoopConfig {
            chatter_edges: 1,
            chatter_window_ms: 100,
            stale_ms: 10_000,
            ..LoopConfig::default()
        };
        let mut input = Loop::new(config, MS(0));
        input.sample(RawLevel::Clear, MS(0));
        assert_eq!(input.sample(RawLevel::Occupied, MS(10)), Unknown(LoopFault::Settling), "one is allowed");
        assert_eq!(input.sample(RawLevel::Clear, MS(20)), Unknown(LoopFault::Chatter));
        assert_eq!(input.wake_at(), Some(MS(110)));
        assert_eq!(input.tick(MS(109)), Unknown(LoopFault::Chatter));
        assert_ne!(
            input.tick(MS(110)),
            Unknown(LoopFault::Chatter),
            "the first edge is as old as the window"
        );
    }

    #[test]
    fn only_a_car_that_is_seen_ends_the_count_of_those_missed() {
        let mut input = steady(LoopConfig::default(), RawLevel::Clear, 100);
        input.note_car(false);
        input.note_car(false);
        input.sample(RawLevel::Occupied, MS(120));
        input.sample(RawLevel::Clear, MS(140));
        input.note_car(false);
        assert_eq!(input.tick(MS(200)), Clear, "one missed since");
        input.note_car(false);
        input.note_car(false);
        assert_eq!(input.tick(MS(210)), Unknown(LoopFault::StuckOff));
        // Silent for too long, then clear as before: an edge, but no car.
        input.sample(RawLevel::Clear, MS(900));
        assert_eq!(input.sample(RawLevel::Clear, MS(960)), Unknown(LoopFault::StuckOff));
    }

    #[test]
    fn names_round_trip() {
        for (fault, name) in FAULT_NAMES {
            assert_eq!((fault.to_string().as_str(), name.parse()), (name, Ok(fault)));
        }
        assert_eq!("x".parse::<LoopRole>().unwrap_err().to_string(), "\"x\" is not a loop role");
    }
}
