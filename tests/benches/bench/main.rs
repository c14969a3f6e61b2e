//! `make bench`: figures of the real programs, each beside a yardstick taken in the same run.
//!
//! ```text
//!   this process ── simulated lanes ══mTLS══► `boomgate serve` ──► a durable PostgreSQL of its own
//!        │                                                              ▲ pgbench, COPY
//!        └─────── devices ══► listener alone, Mosquitto
//! ```
//!
//! `cargo bench -p boomgate-tests -- --only decisions --rounds 3` measures one part. Rounds of a figure and of its
//! yardstick take turns, and the median of the rounds counts, so that load of the machine affects both alike.
#![allow(clippy::unwrap_used, reason = "a measuring tool that cannot go on should say so")]
#![allow(clippy::print_stdout, reason = "a measuring tool prints its figures")]

mod attackers;
mod broker;
mod broker_child;
mod decisions;
mod drain;
mod figures;
mod line;
mod memory;
mod mosquitto;
mod park;
mod pgbench;
mod processes;
mod report;
mod startup;

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::figures::Section;

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    only: Vec<String>,
    /// The programs are measured as they lie beside this bench.
    as_built: bool,
    /// How often each figure and its yardstick take turns.
    pub rounds: usize,
    /// How long one turn lasts.
    pub turn: Duration,
}

const SECTIONS: [&str; 6] = ["decisions", "drain", "malice", "broker", "memory", "startup"];
const USAGE: &str = "cargo bench -p boomgate-tests -- [--only PART]... [--rounds N] [--seconds S] [--as-built]\n\
    parts: decisions drain malice broker memory startup; 5 rounds of 4 seconds unless told otherwise;\n\
    --as-built measures boomgate and edge-agent as they lie beside the bench, without bringing them up to date";

fn main() -> Result<()> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let [flag, dir] = arguments.as_slice()
        && flag == broker_child::FLAG
    {
        return runtime.block_on(broker_child::serve(dir.as_ref()));
    }
    let Some(plan) = Plan::parse(&arguments)? else {
        println!("{USAGE}");
        return Ok(());
    };
    if !plan.as_built {
        processes::build_programs()?;
    }
    runtime.block_on(async {
        tokio::select! {
            measured = measure(&plan) => measured,
            () = end_requested() => bail!("interrupted; every process that was started is ended"),
        }
    })
}

async fn end_requested() {
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

impl Plan {
    /// None when only the usage is wanted.
    fn parse(arguments: &[String]) -> Result<Option<Self>> {
        let mut plan = Self { only: Vec::new(), as_built: false, rounds: 5, turn: Duration::from_secs(4) };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().ok_or_else(|| anyhow::anyhow!("{argument} needs a value\n{USAGE}"));
            match argument.as_str() {
                // What cargo itself says to every bench.
                "--bench" => {}
                "--help" | "-h" => return Ok(None),
                "--as-built" => plan.as_built = true,
                "--only" => plan.only.extend(value()?.split(',').map(str::to_owned)),
                "--rounds" => plan.rounds = value()?.parse::<usize>()?.max(1),
                "--seconds" => plan.turn = Duration::try_from_secs_f64(value()?.parse()?)?,
                other => bail!("unknown argument {other}\n{USAGE}"),
            }
        }
        if let Some(unknown) = plan.only.iter().find(|name| !SECTIONS.contains(&name.as_str())) {
            bail!("there is no part {unknown}\n{USAGE}");
        }
        Ok(Some(plan))
    }

    fn wants(&self, section: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == section)
    }
}

async fn measure(plan: &Plan) -> Result<()> {
    report::begin(plan);
    let mut sections = Vec::new();
    for name in SECTIONS.into_iter().filter(|name| plan.wants(name)) {
        report::progress(name);
        let section = run(name, plan, &sections).await?;
        report::print(&section);
        report::save(&section, plan)?;
        sections.push(section);
    }
    report::summary(&sections);
    Ok(())
}

async fn run(name: &str, plan: &Plan, before: &[Section]) -> Result<Section> {
    match name {
        "decisions" => decisions::measure(plan).await,
        "drain" => drain::measure(plan, before.iter().find(|section| section.name == "decisions")).await,
        "malice" => attackers::measure(plan).await,
        "broker" => broker::measure(plan).await,
        "memory" => memory::measure(plan).await,
        "startup" => startup::measure(plan).await,
        other => bail!("there is no part {other}"),
    }
}
