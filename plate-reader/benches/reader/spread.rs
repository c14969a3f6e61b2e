//! Where the middle and the slow end of many times lie.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// Milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    pub p50: f64,
    pub p95: f64,
}

impl Spread {
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Spread {
        Spread::of_ms(times.into_iter().map(|time| time.as_secs_f64() * 1e3).collect())
    }

    pub fn of_ms(mut ms: Vec<f64>) -> Spread {
        ms.sort_by(f64::total_cmp);
        let last = ms.len().saturating_sub(1) as f64;
        let at = |share: f64| ms.get((last * share).round() as usize).copied().unwrap_or(f64::NAN);
        Spread { p50: rounded(at(0.5)), p95: rounded(at(0.95)) }
    }
}

pub fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.2} {:8.2}", self.p50, self.p95)
    }
}
