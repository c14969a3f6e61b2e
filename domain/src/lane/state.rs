//! The state of a lane: the product of boom, car at the arming loop, and passage under the boom.

use serde::{Deserialize, Serialize};

use crate::direction::Direction;
use crate::ids::ArrivalId;
use crate::loops::LoopConfig;
use crate::time::Monotonic;

/// Settings of a lane. All times in milliseconds of the lane's own uptime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LaneConfig {
    /// Entry or exit.
    pub direction: Direction,
    /// Timings of the arming loop.
    pub arming: LoopConfig,
    /// Timings of the safety loop.
    pub safety: LoopConfig,
    /// A light barrier under the boom, where one is fitted.
    pub photocell: Option<LoopConfig>,
    /// Whether the barrier reports its end positions; without, travel is assumed to take `travel_ms`.
    pub boom_feedback: bool,
    /// Time of one movement of the arm without end switches.
    pub travel_ms: u64,
    /// Inputs must have been stable this long after the start before anything moves (S4).
    pub startup_stable_ms: u64,
    /// How long a reading may take before the arrival is reported unread.
    pub reading_timeout_ms: u64,
    /// How long the server may take before the lane decides by itself.
    pub decision_timeout_ms: u64,
    /// After which an opening that did not arrive is a fault.
    pub open_timeout_ms: u64,
    /// After which a closing that did not arrive is a fault.
    pub close_timeout_ms: u64,
    /// From the safety input clear to the close request.
    pub close_after_clear_ms: u64,
    /// How long an open boom waits for a car that was let in and does not come.
    pub open_hold_ms: u64,
    /// Longest time between leaving the arming loop and reaching the safety loop.
    pub loop_gap_ms: u64,
    /// A second car off the arming loop counts as following when the first still covers the safety loop this long.
    pub tailgate_overlap_ms: u64,
    /// Least time between two opposite requests (S8); never delays fire, safety or a local switch.
    pub min_reversal_ms: u64,
    /// Most closings in a minute (S8).
    pub max_cycles_per_min: usize,
    /// An alarm when the boom has been up this long without a hold.
    pub up_alarm_ms: u64,
    /// Hold the boom open while the arming loop has been faulty for `fail_open_after_ms`: for exits.
    pub open_on_arming_fault: bool,
    /// How long the arming loop of an exit must be faulty before the exit opens.
    pub fail_open_after_ms: u64,
}

impl Default for LaneConfig {
    fn default() -> Self {
        Self {
            direction: Direction::Entry,
            arming: LoopConfig::default(),
            safety: LoopConfig { debounce_ms: 20, ..LoopConfig::default() },
            photocell: None,
            boom_feedback: true,
            travel_ms: 2_000,
            startup_stable_ms: 2_000,
            reading_timeout_ms: 2_500,
            decision_timeout_ms: 700,
            open_timeout_ms: 8_000,
            close_timeout_ms: 10_000,
            close_after_clear_ms: 1_000,
            open_hold_ms: 20_000,
            loop_gap_ms: 4_000,
            tailgate_overlap_ms: 300,
            min_reversal_ms: 3_000,
            max_cycles_per_min: 12,
            up_alarm_ms: 5 * 60_000,
            open_on_arming_fault: false,
            fail_open_after_ms: 5_000,
        }
    }
}

impl LaneConfig {
    /// Defaults for a lane of this direction: exits fail open, entries fail closed.
    pub fn for_direction(direction: Direction) -> Self {
        Self { direction, open_on_arming_fault: direction == Direction::Exit, ..Self::default() }
    }
}

/// The boom as the lane believes it to be, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Boom {
    /// It has not reported a position since the start.
    Unknown,
    Closed {
        next: Next,
    },
    Opening {
        since: Monotonic,
    },
    Open {
        since: Monotonic,
        by: Opener,
    },
    Closing {
        since: Monotonic,
        next: Next,
    },
    /// Off, faulty, or it did not arrive in time.
    Broken,
}

impl Boom {
    /// Down, with nothing to follow.
    pub(super) const fn is_closed(self) -> bool {
        matches!(self, Self::Closed { .. })
    }

    /// What a boom that is down or comes down does next.
    pub(super) const fn next(self) -> Next {
        match self {
            Self::Closed { next } | Self::Closing { next, .. } => next,
            Self::Unknown | Self::Opening { .. } | Self::Open { .. } | Self::Broken => Next::Rest,
        }
    }

    pub(super) const fn set_next(&mut self, to: Next) {
        match self {
            Self::Closed { next } | Self::Closing { next, .. } => *next = to,
            Self::Unknown | Self::Opening { .. } | Self::Open { .. } | Self::Broken => {}
        }
    }

    pub(super) const fn was_left_up(self) -> bool {
        matches!(self, Self::Open { by: Opener::SomebodyElse, .. })
    }

    /// A boom that somebody else left up counts as the lane's own from now on, and closes like it.
    pub(super) const fn take_over(&mut self) {
        if let Self::Open { by, .. } = self {
            *by = Opener::Lane;
        }
    }
}

/// What a boom that is down, or on its way down, does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Rest,
    /// An ordinary opening waits for the duty limit.
    Open,
}

/// Who opened a boom that is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    Lane,
    /// It was found up: only a passage, a command or a person lets it close.
    SomebodyElse,
}

/// Whether the lane serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Nothing moves until the inputs are stable (S4).
    Starting,
    Serving,
}

/// The request that stands at the drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drive {
    Off,
    Open,
    Close,
}

/// The fire input and its latch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fire {
    Off,
    /// Active during start-up and not yet stable long enough to count.
    Suspected {
        since: Monotonic,
    },
    Active,
    /// Input gone; only a reset on the spot ends it.
    Latched,
}

/// What stands on the arming loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    Empty,
    Waiting(Waiting),
    /// A car that came through the boom from the other side.
    WrongWay,
}

/// A car on the arming loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    pub id: ArrivalId,
    pub stage: Stage,
    /// Its opening ended without it: it is a new arrival once the boom is down.
    pub spent: bool,
    /// It was under the boom and came back: if it leaves now, it leaves backwards.
    pub backed: bool,
    /// How often this occupancy became a new arrival.
    pub renewals: u32,
}

/// How far a car on the arming loop has come. `read`: a reading of this occupancy was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Reading {
        until: Monotonic,
        /// An operator may decide before it is read.
        decided: Option<DecidedBy>,
    },
    Deciding {
        until: Monotonic,
        read: bool,
    },
    /// Asked for the lane's own decision.
    DecidingLocally {
        read: bool,
    },
    Decided {
        by: DecidedBy,
    },
}

impl Stage {
    pub(super) const fn decided(self) -> Option<DecidedBy> {
        match self {
            Self::Reading { decided, .. } => decided,
            Self::Deciding { .. } | Self::DecidingLocally { .. } => None,
            Self::Decided { by } => Some(by),
        }
    }

    /// Whether a reading was accepted and nothing is decided yet.
    pub(super) const fn is_read(self) -> bool {
        match self {
            Self::Deciding { read, .. } | Self::DecidingLocally { read } => read,
            Self::Reading { .. } | Self::Decided { .. } => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecidedBy {
    Lane,
    Server,
}

/// Leave for one car to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grant {
    /// None for an operator's or a switch's opening without a known car.
    pub arrival: Option<ArrivalId>,
    pub since: Monotonic,
}

/// A car under the boom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    pub origin: Origin,
    /// The boom was up at some moment of it.
    pub passable: bool,
    /// Cars that left the arming loop while this one was still under the boom.
    pub followers: Vec<(ArrivalId, Monotonic)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// From the arming loop.
    Before { arrival: ArrivalId, left_arming: bool },
    /// From the other side, or from nowhere.
    Beyond { reached_arming: bool },
}
