//! How evenly the inputs are looked at while every core is busy.
//!
//! `cargo bench -p boomgate-edge-agent --bench sampling [-- SECONDS]` keeps two threads per core busy, lets the lane's
//! sampling thread look at wires, and beside it a thread of the same priority that only sleeps. Printed is the longest time
//! between two looks of each, and their ratio; above 2 the exit status is 1.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use boomgate_domain::loops::RawLevel;
use boomgate_edge_agent::clock::Clock;
use boomgate_edge_agent::gpio::{GpioError, InputLines, Inputs};
use boomgate_edge_agent::priority;
use boomgate_edge_agent::sampling::Sampler;

const INTERVAL: Duration = Duration::from_millis(10);
const BAR: f64 = 2.0;

/// Wires that note how long nobody looked at them.
struct TimedInputs {
    last: Option<Instant>,
    longest: Arc<Longest>,
    looks: u64,
}

#[derive(Default)]
struct Longest {
    us: AtomicU64,
    looks: AtomicU64,
}

impl Longest {
    fn note(&self, last: &mut Option<Instant>) {
        let now = Instant::now();
        if let Some(last) = last.replace(now) {
            self.us.fetch_max(now.duration_since(last).as_micros() as u64, Ordering::Relaxed);
        }
        self.looks.fetch_add(1, Ordering::Relaxed);
    }

    fn ms(&self) -> f64 {
        self.us.load(Ordering::Relaxed) as f64 / 1e3
    }
}

impl InputLines for TimedInputs {
    fn read(&mut self) -> Result<Inputs, GpioError> {
        self.longest.note(&mut self.last);
        self.looks += 1;
        // A car on the safety loop every second, so that samples are really sent.
        let safety = if self.looks % 100 < 20 { RawLevel::Occupied } else { RawLevel::Clear };
        Ok(Inputs {
            arming: RawLevel::Clear,
            safety,
            photocell: None,
            boom_open: false,
            boom_closed: true,
            fire: false,
            reset: false,
            key_switch: false,
        })
    }
}

fn main() -> ExitCode {
    let seconds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(20);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let stop = Arc::new(AtomicBool::new(false));
    let started = Arc::new(Barrier::new(2 * cores + 1));
    for _ in 0..2 * cores {
        let (stop, started) = (Arc::clone(&stop), Arc::clone(&started));
        std::thread::spawn(move || {
            started.wait();
            let mut work = 1_u64;
            while !stop.load(Ordering::Relaxed) {
                work = black_box(work.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
            }
        });
    }
    started.wait();

    let (sampling, empty) = (Arc::new(Longest::default()), Arc::new(Longest::default()));
    let lines = TimedInputs { last: None, longest: Arc::clone(&sampling), looks: 0 };
    let (sampler, mut samples) = Sampler::start(Box::new(lines), Clock::start(1.0), INTERVAL).unwrap();
    let (beside, stopped) = (Arc::clone(&empty), Arc::clone(&stop));
    let sleeping = std::thread::spawn(move || {
        let granted = priority::raise("empty thread");
        let (mut last, mut next) = (None, Instant::now());
        while !stopped.load(Ordering::Relaxed) {
            beside.note(&mut last);
            next += INTERVAL;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        granted
    });
    let mut taken = 0_u64;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        std::thread::sleep(Duration::from_millis(100));
        taken += std::iter::from_fn(|| samples.try_recv().ok()).count() as u64;
    }
    drop(sampler);
    stop.store(true, Ordering::Relaxed);
    let granted = sleeping.join().unwrap();

    let ratio = sampling.ms() / empty.ms();
    let looks = sampling.looks.load(Ordering::Relaxed);
    println!(
        "{cores} cores, {} busy threads, {seconds} s, a look every 10 ms, priority {granted:?}",
        2 * cores
    );
    println!(
        "sampling of the inputs: {looks} looks, {taken} samples sent, longest gap {:.2} ms",
        sampling.ms()
    );
    println!(
        "empty thread beside it: {} looks, longest gap {:.2} ms",
        empty.looks.load(Ordering::Relaxed),
        empty.ms()
    );
    println!("ratio {ratio:.2} (at most {BAR})");
    if ratio <= BAR { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
