//! Measures the stages of a frame. The caller passes the clock.

use std::time::Duration;

/// What is done with a frame, in this order; the last three for each look at a plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The frame made small.
    Scale,
    /// The detector's net.
    Detect,
    /// Its answer made into finds.
    Peaks,
    /// Refinement of each detection, network included.
    Refine,
    /// A plate laid flat.
    Rectify,
    /// The reader's net.
    Read,
    /// Its answer made into a text.
    Decode,
}

pub const STAGES: [Stage; 7] =
    [Stage::Scale, Stage::Detect, Stage::Peaks, Stage::Refine, Stage::Rectify, Stage::Read, Stage::Decode];

/// Charges the time since the last lap to a stage.
pub struct StageTimer<'a> {
    clock: &'a dyn Fn() -> Duration,
    last: Duration,
    spent: [Duration; STAGES.len()],
}

impl<'a> StageTimer<'a> {
    pub fn start(clock: &'a dyn Fn() -> Duration) -> StageTimer<'a> {
        StageTimer { clock, last: clock(), spent: [Duration::ZERO; STAGES.len()] }
    }

    /// A timer that measures nothing.
    pub fn still() -> StageTimer<'static> {
        StageTimer::start(&|| Duration::ZERO)
    }

    /// What was done since the last lap was this.
    pub fn lap(&mut self, stage: Stage) {
        let now = (self.clock)();
        self.spent[stage as usize] += now.saturating_sub(self.last);
        self.last = now;
    }

    pub fn spent(&self, stages: &[Stage]) -> Duration {
        stages.iter().map(|stage| self.spent[*stage as usize]).sum()
    }
}
