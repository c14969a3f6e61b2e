//! The programs under measurement: built when they are missing or old, and what they cost (from `/proc`).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Linux counts a process's time in hundredths of a second on every machine we run on.
const TICKS_PER_SECOND: f64 = 100.0;
/// This package and its bench too: chosen together, all share one set of features and nothing is built twice.
const PACKAGES: [&str; 3] = ["boomgate", "boomgate-edge-agent", "boomgate-tests"];

/// Brings `boomgate` and `edge-agent` up to date, beside this bench and with its settings.
pub fn build_programs() -> Result<()> {
    let (target, release) = target()?;
    println!("building the programs to be measured (seconds if nothing changed)");
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--bins", "--bench", "bench", "--target-dir"]).arg(target);
    if release {
        command.arg("--release");
    } else {
        println!("NOT OPTIMISED: these figures say that the bench works, nothing else");
    }
    for package in PACKAGES {
        command.args(["-p", package]);
    }
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status().context("cannot run cargo")?;
    if !status.success() {
        bail!("the programs to be measured cannot be built; see above");
    }
    Ok(())
}

/// This program is `<target>/release/deps/bench-...`: the build folder, and whether it is an optimised build.
fn target() -> Result<(PathBuf, bool)> {
    let own = std::env::current_exe()?;
    let target =
        own.ancestors().nth(3).context("this program stands in no build folder; run it with cargo bench")?;
    Ok((target.to_owned(), own.ancestors().nth(2).is_some_and(|dir| dir.ends_with("release"))))
}

/// Processor seconds of this process so far.
pub fn own_seconds() -> f64 {
    seconds(i32::try_from(std::process::id()).unwrap_or(0))
}

/// Processor seconds of one process.
pub fn seconds(pid: i32) -> f64 {
    ticks(pid).map_or(0.0, |ticks| (ticks.own as f64) / TICKS_PER_SECOND)
}

/// Processor seconds of a process, its children, and its children that have ended.
pub fn family_seconds(pid: i32) -> f64 {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let children: u64 =
        pids.filter_map(ticks).filter(|ticks| ticks.parent == pid).map(|ticks| ticks.own).sum();
    let own = ticks(pid).map_or(0, |ticks| ticks.own + ticks.ended_children);
    (own + children) as f64 / TICKS_PER_SECOND
}

/// Memory of a process that is really there, in MiB.
pub fn resident_mib(pid: i32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the process has ended")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

struct Ticks {
    parent: i32,
    own: u64,
    ended_children: u64,
}

/// proc(5): fields 4 (parent), 14 to 17 (times); counted after the name, which may hold anything.
fn ticks(pid: i32) -> Option<Ticks> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Ticks {
        parent: fields.get(1)?.parse().ok()?,
        own: number(14)? + number(15)?,
        ended_children: number(16)? + number(17)?,
    })
}
