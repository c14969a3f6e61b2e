//! The section `[timings]`: the lane machine's settings, in lane time.

use boomgate_domain::direction::Direction;
use boomgate_domain::lane::LaneConfig;
use boomgate_domain::loops::LoopConfig;
use toml::{Table, Value};

use super::limits;
use super::raw::Raw;

impl Raw {
    /// The defaults of the direction with the file's settings laid over them.
    pub(super) fn machine(&mut self, direction: Direction, scale: f64) -> Option<LaneConfig> {
        let mut settings = match Value::try_from(LaneConfig::for_direction(direction)) {
            Ok(Value::Table(settings)) => settings,
            _ => Table::new(),
        };
        let own = match self.table.get("timings") {
            Some(Value::Table(own)) => own.clone(),
            Some(_) => {
                self.fault("timings", "this must be a section");
                return None;
            }
            None => Table::new(),
        };
        if own.contains_key("direction") {
            self.fault("timings.direction", "the direction stands at the top of the file");
        }
        lay_over(&mut settings, own);
        match Value::Table(settings).try_into::<LaneConfig>() {
            Ok(machine) => {
                for (key, what) in limits::timing_faults(&machine) {
                    self.fault(&format!("timings.{key}"), what);
                }
                Some(in_lane_time(machine, scale))
            }
            Err(error) => {
                self.fault("timings", error.to_string().trim_end().replace('\n', " "));
                None
            }
        }
    }
}

fn lay_over(settings: &mut Table, own: Table) {
    for (key, value) in own {
        match (settings.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(settings.insert(key, value)),
        }
    }
}

/// What waits for the network, the reader or this program's own samples takes real time, however fast the lane runs.
fn in_lane_time(machine: LaneConfig, scale: f64) -> LaneConfig {
    let real = |ms: u64| (ms as f64 * scale) as u64;
    let line = |mut line: LoopConfig| {
        line.stale_ms = real(line.stale_ms);
        line
    };
    LaneConfig {
        arming: line(machine.arming),
        safety: line(machine.safety),
        photocell: machine.photocell.map(line),
        reading_timeout_ms: real(machine.reading_timeout_ms),
        decision_timeout_ms: real(machine.decision_timeout_ms),
        ..machine
    }
}
