//! The only place of the agent that reads clocks.
//!
//! Two times that are never mixed: uptime, monotonic since the program started, for everything that waits; and wall
//! time for people, with a word on whether it may be believed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use boomgate_domain::time::Monotonic;
use boomgate_schemas::up::ClockState;

/// systemd-timesyncd touches this when it has set the clock.
const TIMESYNCD: &str = "/run/systemd/timesync/synchronized";
/// How far the lane's wall clock may be from the server's, and step against its own uptime, and still be believed.
const AGREEMENT_MS: i64 = 1_000;
const STEP_MS: i64 = 2_000;
const NEVER: i64 = i64::MIN;

/// Reads both clocks. Lane time may run faster than uptime in a simulation, never slower and never backwards.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    scale: f64,
    /// Wall time minus uptime when the server last agreed with our wall time.
    agreed: Arc<AtomicI64>,
}

/// One moment on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Real milliseconds since the program started.
    pub uptime_ms: u64,
    /// Unix milliseconds.
    pub wall_ms: i64,
    pub clock: ClockState,
}

impl Clock {
    /// `scale` is 1 for a real lane; a simulated lane's timers run that many times faster.
    pub fn start(scale: f64) -> Clock {
        Clock { started: Instant::now(), scale, agreed: Arc::new(AtomicI64::new(NEVER)) }
    }

    /// A clock of a program that began so long ago.
    #[cfg(test)]
    pub fn started_before(uptime: Duration) -> Clock {
        let started = Instant::now().checked_sub(uptime).unwrap_or_else(Instant::now);
        Clock { started, ..Clock::start(1.0) }
    }

    pub fn moment(&self) -> Moment {
        let (uptime_ms, wall_ms) = (self.uptime_ms(), wall_ms());
        let believed = self.server_agreed(uptime_ms, wall_ms) || Path::new(TIMESYNCD).exists();
        let clock = if believed { ClockState::Synced } else { ClockState::Unsynced };
        Moment { uptime_ms, wall_ms, clock }
    }

    pub fn uptime_ms(&self) -> u64 {
        self.uptime().as_millis() as u64
    }

    /// Real time since the program started.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Takes note of the server's time, `half_trip` after it was read. Returns by how much our wall clock is ahead of it.
    pub fn compare_with_server(&self, server_ms: i64, half_trip: Duration) -> i64 {
        let (uptime_ms, wall_ms) = (self.uptime_ms(), wall_ms());
        let apart = wall_ms.saturating_sub(server_ms).saturating_sub(half_trip.as_millis() as i64);
        let anchor = if apart.abs() <= AGREEMENT_MS { wall_ms - uptime_ms as i64 } else { NEVER };
        self.agreed.store(anchor, Ordering::Relaxed);
        apart
    }

    fn server_agreed(&self, uptime_ms: u64, wall_ms: i64) -> bool {
        let anchor = self.agreed.load(Ordering::Relaxed);
        anchor != NEVER && (wall_ms - uptime_ms as i64 - anchor).abs() <= STEP_MS
    }

    /// Time of the lane machine and of a simulated lane.
    pub fn lane_now(&self) -> Monotonic {
        self.lane_time(self.uptime())
    }

    /// Lane time at a moment of uptime.
    pub fn lane_time(&self, uptime: Duration) -> Monotonic {
        Monotonic::from_millis((uptime.as_secs_f64() * 1e3 * self.scale) as u64)
    }

    /// When lane time will be `at`.
    pub fn instant_of(&self, at: Monotonic) -> Instant {
        self.started + Duration::from_secs_f64(at.as_millis() as f64 / 1e3 / self.scale)
    }

    /// Real time that `lane_ms` of lane time take.
    pub fn real(&self, lane_ms: u64) -> Duration {
        Duration::from_secs_f64(lane_ms as f64 / 1e3 / self.scale)
    }
}

/// Unix milliseconds.
pub fn wall_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_the_server_agrees_with_is_believed_and_one_a_year_off_is_not() {
        let clock = Clock::start(1.0);
        clock.compare_with_server(wall_ms() - 20, Duration::from_millis(10));
        assert_eq!(clock.moment().clock, ClockState::Synced);
        clock.compare_with_server(wall_ms() - 31_536_000_000, Duration::ZERO);
        assert!(!clock.server_agreed(clock.uptime_ms(), wall_ms()));
    }

    #[test]
    fn a_wall_clock_that_jumps_against_uptime_loses_its_word() {
        let clock = Clock::start(1.0);
        clock.compare_with_server(wall_ms(), Duration::ZERO);
        let uptime = clock.uptime_ms();
        assert!(clock.server_agreed(uptime, wall_ms()));
        assert!(!clock.server_agreed(uptime, wall_ms() + 3_600_000));
    }

    #[test]
    fn lane_time_runs_faster_by_its_scale() {
        let clock = Clock::start(50.0);
        while clock.uptime_ms() < 20 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let (lane, real) = (clock.lane_now().as_millis(), clock.uptime_ms());
        assert!(lane >= real * 40, "lane {lane} real {real}");
        let target = clock.lane_now().plus_ms(1_000);
        assert!(clock.instant_of(target) <= Instant::now() + Duration::from_millis(21));
    }
}
