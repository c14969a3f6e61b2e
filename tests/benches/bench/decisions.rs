//! Decisions: a hundred lanes over mutual TLS with signed envelopes, against `boomgate serve` and a durable PostgreSQL.
//!
//! Lanes, server and PostgreSQL share the machine; the split of processor time is part of the figures.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::Plan;
use crate::figures::{Section, Target};
use crate::line::Line;
use crate::park::Park;
use crate::pgbench::{CLIENTS, Pgbench};
use crate::processes;

const LANES: usize = 100;
const RATES: [(&str, f64); 2] = [("at_100", 100.0), ("at_500", 500.0)];

/// What some lanes did during one turn.
pub struct Turn {
    /// Sorted, in milliseconds.
    pub latencies: Vec<f64>,
    pub missed: u64,
    pub seconds: f64,
    pub lines: Vec<Line>,
}

/// Processor seconds so far.
#[derive(Clone, Copy)]
struct Spent {
    generator: f64,
    server: f64,
    postgres: f64,
}

pub async fn measure(plan: &Plan) -> Result<Section> {
    let mut section = Section::new(
        "decisions",
        "100 lanes, mTLS, signed; from before the signing of an arrival to after the verification of its order",
    );
    let park = Park::open(LANES).await?;
    let connection = park.cluster.connection(boomgate_store::cluster::DATABASE);
    let pgbench = Pgbench::prepare(&park.pool, &connection, park.dir()).await?;
    let mut lines = Vec::with_capacity(LANES);
    for lane in &park.lanes {
        lines.push(Line::connect(lane, park.server_key, park.server().mqtt).await?);
    }
    // Once unmeasured: plans, pages, and the lanes' first greetings.
    lines = turn(lines, plan.turn / 4, None).await?.lines;
    pgbench.run(CLIENTS, 1).await?;
    for _ in 0..plan.rounds {
        lines = round(&mut section, plan, &park, &pgbench, lines).await?;
    }
    drop(lines);
    park.close().await?;
    bars(&mut section);
    Ok(section)
}

async fn round(
    section: &mut Section,
    plan: &Plan,
    park: &Park,
    pgbench: &Pgbench,
    lines: Vec<Line>,
) -> Result<Vec<Line>> {
    let seconds = plan.turn.as_secs().max(1);
    let before = spent(park);
    let saturated = turn(lines, plan.turn, None).await?;
    let after = spent(park);
    let eight = pgbench.run(CLIENTS, seconds).await?;
    let pipelined = pgbench.run_pipelined(CLIENTS, seconds).await?;
    let rate = saturated.latencies.len() as f64 / saturated.seconds;
    section.add("saturated_per_s", rate);
    section.add("pgbench_tps", eight.tps);
    section.add("ratio", rate / eight.tps);
    section.add("pgbench_pipelined_tps", pipelined.tps);
    section.add("ratio_pipelined", rate / pipelined.tps);
    section.add_quantiles("saturated_latency_ms", &saturated.latencies);
    cpu(section, "saturated_cpu_s", before, after);
    let mut missed = saturated.missed;
    let mut lines = saturated.lines;
    let mut medians = Vec::new();
    for (name, per_second) in RATES {
        let before = spent(park);
        let steady = turn(lines, plan.turn, Some(per_second)).await?;
        cpu(section, &format!("{name}.cpu_s"), before, spent(park));
        section.add_quantiles(&format!("{name}.publish_to_command_ms"), &steady.latencies);
        section.add(&format!("{name}.reached_per_s"), steady.latencies.len() as f64 / steady.seconds);
        medians.push((name, crate::figures::quantile(&steady.latencies, 0.5)));
        missed += steady.missed;
        lines = steady.lines;
    }
    let one = pgbench.run(1, seconds).await?;
    section.add("pgbench_1_client_ms", one.latency_ms);
    for (name, p50) in medians {
        section.add(&format!("{name}.ratio"), p50 / one.latency_ms);
    }
    section.add("missed", missed as f64);
    Ok(lines)
}

fn bars(section: &mut Section) {
    section.bar("saturated decisions over pgbench with 8 clients", "ratio", Target::AtLeast(2.0));
    let what = "p50 from publish to command at 100/s over pgbench's latency with 1 client";
    section.bar(what, "at_100.ratio", Target::AtMost(3.0));
}

fn spent(park: &Park) -> Spent {
    Spent {
        generator: processes::own_seconds(),
        server: processes::seconds(park.server_pid()),
        postgres: processes::family_seconds(park.postgres_pid()),
    }
}

fn cpu(section: &mut Section, name: &str, before: Spent, after: Spent) {
    section.add(&format!("{name}.generator"), after.generator - before.generator);
    section.add(&format!("{name}.server"), after.server - before.server);
    section.add(&format!("{name}.postgres"), after.postgres - before.postgres);
}

/// Lets every lane have cars for a while: as fast as they are decided, or so many a second together.
pub async fn turn(lines: Vec<Line>, length: Duration, per_second: Option<f64>) -> Result<Turn> {
    let (begun, count) = (Instant::now(), lines.len());
    let pause = per_second.map(|rate| Duration::from_secs_f64(count as f64 / rate));
    let mut lanes = JoinSet::new();
    for (number, line) in lines.into_iter().enumerate() {
        let first = begun + pause.unwrap_or_default().mul_f64(number as f64 / count as f64);
        lanes.spawn(cars(line, first, begun + length, pause));
    }
    let mut turn = Turn { latencies: Vec::new(), missed: 0, seconds: 0.0, lines: Vec::new() };
    while let Some(lane) = lanes.join_next().await {
        let (line, latencies, missed) = lane??;
        turn.lines.push(line);
        turn.latencies.extend(latencies);
        turn.missed += missed;
    }
    turn.seconds = begun.elapsed().as_secs_f64();
    turn.latencies.sort_by(f64::total_cmp);
    Ok(turn)
}

async fn cars(
    mut line: Line,
    first: Instant,
    until: Instant,
    pause: Option<Duration>,
) -> Result<(Line, Vec<f64>, u64)> {
    let (mut latencies, mut missed) = (Vec::new(), 0);
    let mut next = first;
    while next.max(Instant::now()) < until {
        if pause.is_some() {
            tokio::time::sleep_until(next.into()).await;
        }
        match line.decide().await? {
            Some(latency) => latencies.push(latency),
            None => missed += 1,
        }
        next += pause.unwrap_or_default();
    }
    Ok((line, latencies, missed))
}
