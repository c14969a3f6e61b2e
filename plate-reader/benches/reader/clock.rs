//! Processor time of this thread.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// `/proc` would tell it too, but only as of the last tick.
pub fn worked() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}
