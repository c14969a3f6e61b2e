//! The sampling thread: reads the inputs at even intervals, with raised priority, whatever the rest of the program does.
//!
//! A sample carries the time at which it was taken, so that a late reader can tell a fresh sample from
//! an old one; only an old one counts as unknown. Must not judge inputs or move anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use boomgate_domain::loops::RawLevel;
use boomgate_domain::time::Monotonic;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::gpio::{InputLines, Inputs};
use crate::priority;

/// Unchanged levels are sent this often, in real time.
const REPEAT: Duration = Duration::from_millis(50);
/// Capacity of the queue of samples: minutes of an unchanged lane.
const QUEUE: usize = 4096;
const CLEAR: u64 = 1 << 63;

/// One sample of the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was taken, in lane time.
    pub at: Monotonic,
    /// Or why the wires could not be read.
    pub inputs: Result<Inputs, String>,
}

/// The safety input in the newest sample; read without a lock.
#[derive(Debug, Default)]
pub struct UnderBoom(AtomicU64);

/// Handle of the sampling thread, which ends after its current sample when this is dropped.
pub struct Sampler {
    stop: Arc<AtomicBool>,
    under_boom: Arc<UnderBoom>,
}

impl UnderBoom {
    pub(crate) fn note(&self, inputs: Option<&Inputs>, at: Duration) {
        let clear = inputs.is_some_and(|inputs| {
            inputs.safety == RawLevel::Clear && inputs.photocell.is_none_or(|level| level == RawLevel::Clear)
        });
        let at = at.as_micros() as u64 & !CLEAR;
        self.0.store(if clear { at | CLEAR } else { at }, Ordering::Release);
    }

    /// Whether it was clear in the newest sample, and that sample is no older than this.
    pub fn is_clear(&self, now: Duration, oldest: Duration) -> bool {
        let noted = self.0.load(Ordering::Acquire);
        let age = now.saturating_sub(Duration::from_micros(noted & !CLEAR));
        noted & CLEAR != 0 && age <= oldest
    }
}

impl Sampler {
    /// Starts looking every `every` of real time.
    pub fn start(
        lines: Box<dyn InputLines>,
        clock: Clock,
        every: Duration,
    ) -> std::io::Result<(Sampler, mpsc::Receiver<Sample>)> {
        let (samples, inbox) = mpsc::channel(QUEUE);
        let (stop, under_boom) = (Arc::new(AtomicBool::new(false)), Arc::new(UnderBoom::default()));
        let thread = SamplingThread {
            lines,
            clock,
            samples,
            sent: None,
            under_boom: Arc::clone(&under_boom),
            stop: Arc::clone(&stop),
        };
        std::thread::Builder::new().name("sampling".into()).spawn(move || thread.run(every))?;
        Ok((Sampler { stop, under_boom }, inbox))
    }

    pub fn under_boom(&self) -> Arc<UnderBoom> {
        Arc::clone(&self.under_boom)
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}

/// The thread's side.
struct SamplingThread {
    lines: Box<dyn InputLines>,
    clock: Clock,
    samples: mpsc::Sender<Sample>,
    /// What was last sent, and when.
    sent: Option<(Result<Inputs, String>, Duration)>,
    under_boom: Arc<UnderBoom>,
    stop: Arc<AtomicBool>,
}

impl SamplingThread {
    fn run(mut self, every: Duration) {
        priority::raise("sampling of the inputs");
        let mut next = Instant::now();
        while !self.stop.load(Ordering::Acquire) && self.look() {
            next += every;
            let now = Instant::now();
            match next.checked_duration_since(now) {
                Some(wait) => std::thread::sleep(wait),
                // Late: what was missed is not made up for.
                None => next = now,
            }
        }
    }

    /// Takes one sample; false if the receiver is gone.
    fn look(&mut self) -> bool {
        // The time before the reading: a sample is never younger than its time.
        let taken = self.clock.uptime();
        let inputs = self.lines.read().map_err(|failure| failure.to_string());
        self.under_boom.note(inputs.as_ref().ok(), taken);
        let repeated = |(sent, at): &(Result<Inputs, String>, Duration)| {
            *sent == inputs && taken.saturating_sub(*at) < REPEAT
        };
        if self.sent.as_ref().is_some_and(repeated) {
            return !self.samples.is_closed();
        }
        let at = self.clock.lane_time(taken);
        match self.samples.try_send(Sample { at, inputs: inputs.clone() }) {
            Ok(()) => self.sent = Some((inputs, taken)),
            // The receiver has hung for minutes. Nothing is marked as sent, so the next sample tries again.
            Err(mpsc::error::TrySendError::Full(_)) => {}
            Err(mpsc::error::TrySendError::Closed(_)) => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(safety: RawLevel) -> Inputs {
        Inputs {
            arming: RawLevel::Clear,
            safety,
            photocell: None,
            boom_open: false,
            boom_closed: true,
            fire: false,
            reset: false,
            key_switch: false,
        }
    }

    #[test]
    fn under_the_boom_is_clear_only_by_a_fresh_look_that_says_so() {
        let (ms, under) = (Duration::from_millis, UnderBoom::default());
        assert!(!under.is_clear(ms(0), ms(200)), "nothing was looked at yet");
        under.note(Some(&inputs(RawLevel::Clear)), ms(1_000));
        assert!(under.is_clear(ms(1_200), ms(200)) && !under.is_clear(ms(1_201), ms(200)));
        under.note(Some(&inputs(RawLevel::Occupied)), ms(1_210));
        assert!(!under.is_clear(ms(1_210), ms(200)));
        under.note(None, ms(1_220));
        assert!(!under.is_clear(ms(1_220), ms(200)), "wires that cannot be read say nothing");
    }

    struct Still;

    impl InputLines for Still {
        fn read(&mut self) -> Result<Inputs, crate::gpio::GpioError> {
            Ok(inputs(RawLevel::Clear))
        }
    }

    #[test]
    fn samples_wait_with_the_time_at_which_they_were_taken() {
        let clock = Clock::start(1.0);
        let (sampler, mut inbox) =
            Sampler::start(Box::new(Still), clock.clone(), Duration::from_millis(5)).unwrap();
        let begun = Instant::now();
        while inbox.len() < 4 && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(sampler);
        let times: Vec<Monotonic> =
            std::iter::from_fn(|| inbox.try_recv().ok()).map(|sample| sample.at).collect();
        assert!(times.len() >= 4, "{times:?}");
        assert!(times.windows(2).all(|pair| pair[1].ms_since(pair[0]) >= 49), "{times:?}");
    }
}
