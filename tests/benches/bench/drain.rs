//! Draining: lanes reconnect after hours offline and send all their events, 64 events a message.
//!
//! The yardstick is COPY of the very rows the drain has made (with fresh ids) into the same table.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use boomgate_schemas::up::{
    Boom, BoomState, Decided, Direction, Event, EventBody, Outcome, Passage, PassageKind,
};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

use crate::Plan;
use crate::figures::{Section, Target};
use crate::line::{Line, arrived, now_ms};
use crate::park::{Park, SITES};
use crate::processes;

/// Lanes that come back at once, spread over the sites.
const LANES: usize = 2 * SITES;
const EVENTS_PER_MESSAGE: usize = 64;
const MESSAGES: usize = 30;
/// What a lane has under way at most, as the agent's own window allows.
const MAX_IN_FLIGHT: usize = 24;
const STUCK: Duration = Duration::from_secs(20);
/// How long ago the lane was alone, and how far apart its events are.
const AGO_MS: i64 = 6 * 3600 * 1000;
const APART_MS: i64 = 4000;

pub async fn measure(plan: &Plan, decisions: Option<&Section>) -> Result<Section> {
    let mut section =
        Section::new("drain", "8 lanes bring 1,920 events each, 64 a message, 24 messages under way");
    let park = Park::open(LANES).await?;
    let mut lines = Vec::new();
    for lane in &park.lanes {
        lines.push(Line::connect(lane, park.server_key, park.server().mqtt).await?);
    }
    for round in 0..plan.rounds {
        let before = (processes::seconds(park.server_pid()), processes::family_seconds(park.postgres_pid()));
        let (back, seconds) = drain(lines).await?;
        lines = back;
        let after = (processes::seconds(park.server_pid()), processes::family_seconds(park.postgres_pid()));
        let (rows, copying) = copy(&park, round).await?;
        let (drained, copied) = ((LANES * MESSAGES * EVENTS_PER_MESSAGE) as f64 / seconds, rows / copying);
        section.add("events_per_s", drained);
        section.add("copy_rows_per_s", copied);
        section.add("ratio", drained / copied);
        section.add("cpu_s.server", after.0 - before.0);
        section.add("cpu_s.postgres", after.1 - before.1);
    }
    drop(lines);
    park.close().await?;
    section.bar("drained events over COPY", "ratio", Target::AtLeast(0.05));
    if let Some(decisions) = decisions {
        section
            .add("over_live_decisions", section.median("events_per_s") / decisions.median("saturated_per_s"));
        section.bar(
            "drained events over saturated live decisions",
            "over_live_decisions",
            Target::AtLeast(2.0),
        );
    }
    Ok(section)
}

/// All lanes at once, to the last receipt; the messages were signed while the lanes were alone.
async fn drain(lines: Vec<Line>) -> Result<(Vec<Line>, f64)> {
    let mut backlogs: Vec<_> = lines.into_iter().map(backlog).collect();
    let begun = Instant::now();
    let mut lanes = JoinSet::new();
    for (line, messages) in backlogs.drain(..) {
        lanes.spawn(send(line, messages));
    }
    let mut back = Vec::new();
    while let Some(lane) = lanes.join_next().await {
        back.push(lane??);
    }
    Ok((back, begun.elapsed().as_secs_f64()))
}

/// Sealed messages with the number of their last event.
fn backlog(mut line: Line) -> (Line, VecDeque<(u64, Vec<u8>)>) {
    let mut bodies = std::iter::repeat_with(one_car).flatten();
    let mut at_ms = now_ms() - AGO_MS;
    let mut messages = VecDeque::with_capacity(MESSAGES);
    for _ in 0..MESSAGES {
        let events: Vec<Event> = bodies
            .by_ref()
            .take(EVENTS_PER_MESSAGE)
            .map(|body| {
                at_ms += APART_MS;
                line.event(at_ms, body)
            })
            .collect();
        messages.push_back((line.seq(), line.seal(events)));
    }
    (line, messages)
}

/// What a lane says of a car that it let in by itself.
fn one_car() -> [EventBody; 5] {
    let arrival = Uuid::now_v7();
    let boom = |state| EventBody::Boom(BoomState { state, cause: "rule:alone".into() });
    let decided =
        Decided { arrival, outcome: Outcome::Open, code: "OPEN-OFFLINE".into(), params: Default::default() };
    let passage = Passage { arrival: Some(arrival), direction: Direction::Entry, kind: PassageKind::Passed };
    [
        arrived(arrival),
        EventBody::Decided(decided),
        boom(Boom::Open),
        EventBody::Passage(passage),
        boom(Boom::Closed),
    ]
}

async fn send(mut line: Line, mut messages: VecDeque<(u64, Vec<u8>)>) -> Result<Line> {
    let end = messages.back().map_or(0, |(last, _)| *last);
    let mut under_way = VecDeque::new();
    loop {
        while under_way.len() < MAX_IN_FLIGHT
            && let Some((last, sealed)) = messages.pop_front()
        {
            line.send(sealed).await?;
            under_way.push_back(last);
        }
        let acked = timeout(STUCK, line.ack()).await.context("no receipt for a backlog")??;
        under_way.retain(|last| *last > acked);
        if acked >= end {
            return Ok(line);
        }
    }
}

/// Takes the rows of this drain out, and copies them in again under other ids: how many, and in how many seconds.
async fn copy(park: &Park, round: usize) -> Result<(f64, f64)> {
    let client = park.pool.get().await?;
    // Written and read by the server itself: nothing is quicker.
    let file = park.cluster.placement().data_dir.join(format!("rows-{round}"));
    let columns =
        "lane_id, device_id, seq, boot, kind, arrival_id, occurred_at, clock, uptime_ms, received_at, body";
    let newest = (MESSAGES * EVENTS_PER_MESSAGE * LANES).to_string();
    let out = format!(
        "copy (select site_id, gen_random_uuid(), {columns} from events order by received_at desc limit {newest}) to '{}'",
        file.display()
    );
    client.batch_execute("set statement_timeout = '120s'").await?;
    client.batch_execute(&out).await?;
    let begun = Instant::now();
    let command = format!("copy events (site_id, id, {columns}) from '{}'", file.display());
    let rows = client.execute(&command, &[]).await?;
    let seconds = begun.elapsed().as_secs_f64();
    std::fs::remove_file(&file)?;
    if rows == 0 {
        bail!("the drain made no rows");
    }
    Ok((rows as f64, seconds))
}
