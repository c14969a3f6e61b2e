//! One hostile device: the decision times of other lanes, relative to a quiet server.
//!
//! The neighbours are the other lanes of its own site, which share its worker and its lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use boomgate_schemas::topic::Leaf;
use boomgate_schemas::up::{EventBody, Fault};

use crate::Plan;
use crate::decisions::turn;
use crate::figures::{Section, Target, quantile};
use crate::line::{Line, now_ms};
use crate::park::{Park, SITES};
use crate::processes::resident_mib;

/// Honest lanes of one site. Each round has an attacker of its own, for who was cut off is kept out.
const NEIGHBOURS: usize = 10;
/// Cars of all neighbours together, a second.
const PER_SECOND: f64 = 20.0;
const SETTLE: Duration = Duration::from_secs(3);

pub async fn measure(plan: &Plan) -> Result<Section> {
    let note = "10 lanes of one site, 20 cars a second; one more of the site sends all it can";
    let mut section = Section::new("malice", note);
    let park = Park::open((NEIGHBOURS + plan.rounds) * SITES).await?;
    let of_site: Vec<_> = park.lanes.iter().step_by(SITES).collect();
    let mut lines = Vec::new();
    for lane in &of_site[..NEIGHBOURS] {
        lines.push(Line::connect(lane, park.server_key, park.server().mqtt).await?);
    }
    lines = turn(lines, plan.turn / 2, Some(PER_SECOND)).await?.lines;
    for round in 0..plan.rounds {
        let quiet = turn(lines, plan.turn, Some(PER_SECOND)).await?;
        let before = resident_mib(park.server_pid())?;
        let attacker = of_site[NEIGHBOURS + round];
        let attacker = Line::connect(attacker, park.server_key, park.server().mqtt).await?;
        let (done, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let attack = tokio::spawn(attack(attacker, Arc::clone(&done), Arc::clone(&sent)));
        let loud = turn(quiet.lines, plan.turn, Some(PER_SECOND)).await?;
        section.add("server_mib.flooded", resident_mib(park.server_pid())?);
        done.store(true, Ordering::Relaxed);
        drop(attack.await?);
        tokio::time::sleep(SETTLE).await;
        section.add("server_mib.before", before);
        section.add("server_mib.after", resident_mib(park.server_pid())?);
        section.add("server_mib.ratio", resident_mib(park.server_pid())? / before);
        section.add_quantiles("quiet.publish_to_command_ms", &quiet.latencies);
        section.add_quantiles("flooded.publish_to_command_ms", &loud.latencies);
        section.add("ratio_p99", quantile(&loud.latencies, 0.99) / quantile(&quiet.latencies, 0.99));
        section.add("missed", loud.missed as f64);
        section.add("malicious_messages_per_s", sent.load(Ordering::Relaxed) as f64 / loud.seconds);
        lines = loud.lines;
    }
    drop(lines);
    park.close().await?;
    section.bar("p99 from publish to command, flooded over quiet", "ratio_p99", Target::AtMost(2.0));
    section.bar("server's memory after the flood over before", "server_mib.ratio", Target::AtMost(1.2));
    Ok(section)
}

/// Large duplicates, hellos, forgeries and holes in turns, without waiting for anything.
async fn attack(mut line: Line, done: Arc<AtomicBool>, sent: Arc<AtomicU64>) -> Result<()> {
    let wide =
        |_| EventBody::Fault(Fault { code: "F".repeat(800), params: Default::default(), raised: true });
    let events = (0..64).map(wide).map(|body| line.event(now_ms(), body)).collect();
    let (large, hello, forged) = (line.seal(events), line.sealed_hello(), vec![7; 100]);
    while !done.load(Ordering::Relaxed) {
        let hole = line.event(now_ms(), wide(0));
        line.resume(line.seq() + 1);
        let hole = line.seal(vec![hole]);
        for (leaf, bytes) in
            [(Leaf::Up, &large), (Leaf::Hello, &hello), (Leaf::Up, &forged), (Leaf::Up, &hole)]
        {
            if line.publish_raw(leaf, bytes.clone()).await.is_err() {
                return Ok(());
            }
            sent.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}
