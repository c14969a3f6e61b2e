//! `make bench-reader`: the memory of a real agent, a lane with a simulated yard, after it has read a few cars.
#![allow(clippy::unwrap_used, reason = "a measuring tool that cannot go on should say so")]
#![allow(clippy::print_stdout, reason = "a measuring tool prints its figures")]

#[path = "../tests/rig/mod.rs"]
mod rig;

use std::fmt;
use std::fs;

use anyhow::{Context, Result};
use rig::server::Server;
use rig::{Lane, Plan};
use serde::Serialize;
use serde_json::json;

/// What an agent may hold, MiB.
const AT_MOST: f64 = 200.0;
const CARS: [&str; 3] = ["BA123XY", "KE456AB", "TT789CD"];

#[derive(Serialize)]
struct Resident {
    resident_mib: f64,
    /// The most it ever held.
    peak_mib: f64,
    at_most_mib: f64,
    met: bool,
}

fn main() -> Result<()> {
    let agent = measure()?;
    if std::env::args().any(|argument| argument == "--json") {
        println!("{}", json!({ "agent": agent }));
    } else {
        println!("{agent}");
    }
    Ok(())
}

fn measure() -> Result<Resident> {
    let server = Server::that_opens();
    let mut lane = Lane::start(&server, &Plan::default());
    for plate in CARS {
        lane.car(plate, plate);
        lane.wait_for("passed", |report| report["car"] == plate);
    }
    let status = fs::read_to_string(format!("/proc/{}/status", lane.pid()))?;
    let mib = |field: &str| -> Result<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(field)).context("no such field")?;
        let kib: f64 = line.trim_start_matches(':').trim_end_matches("kB").trim().parse()?;
        Ok(rounded(kib / 1024.0))
    };
    let (resident_mib, peak_mib) = (mib("VmRSS")?, mib("VmHWM")?);
    Ok(Resident { resident_mib, peak_mib, at_most_mib: AT_MOST, met: peak_mib <= AT_MOST })
}

impl fmt::Display for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Resident { resident_mib, peak_mib, at_most_mib, met } = self;
        let word = if *met { "met" } else { "MISSED" };
        writeln!(f, "an agent after {} cars: {resident_mib:.1} MiB resident,", CARS.len())?;
        write!(f, "at most {peak_mib:.1} MiB so far ({word}: at most {at_most_mib})")
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
