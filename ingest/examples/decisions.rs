//! Measures decisions: saturated, and at a steady rate; with the yardstick of the same statements under pgbench.
//!
//! `cargo run -p boomgate-ingest --example decisions` prints one line per round. Lanes, router, ingest and PostgreSQL
//! (durable, of its own) share the machine.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring tool")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use boomgate_domain::decide::{Direction, Passback, SiteMode};
use boomgate_domain::ids::{DeviceId, LaneId, SiteId, TenantId};
use boomgate_domain::money::Currency;
use boomgate_ingest::bus::LinkBus;
use boomgate_ingest::{IngestConfig, run};
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::envelope::{Header, open, seal};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_schemas::{down, up};
use boomgate_store::cluster::{Cluster, ClusterConfig, DATABASE};
use boomgate_store::testing::scratch;
use boomgate_store::{Address, Pool, devices, lanes, sites};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use rumqttd::local::{LinkBuilder, LinkRx, LinkTx};
use rumqttd::{Notification, Router, RouterConfig};
use uuid::Uuid;

const SITES: usize = 4;
const LANES_PER_SITE: usize = 25;
const ROUND: Duration = Duration::from_secs(5);

struct Lane {
    topic: Topic,
    device: String,
    key: SigningKey,
    server: ed25519_dalek::VerifyingKey,
    tx: LinkTx,
    rx: LinkRx,
    epoch: [u8; 16],
    seq: u64,
    counter: u64,
    last: Option<down::Command>,
}

#[derive(Default)]
struct Tally {
    decided: AtomicU64,
    latencies: std::sync::Mutex<Vec<f64>>,
}

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

impl Lane {
    fn send(&mut self, leaf: Leaf, seq: Option<(u64, u64)>, payload: Vec<u8>) {
        let topic = self.topic.with_leaf(leaf);
        let header = Header { signer: self.device.clone(), version: 1, seq };
        let bytes = seal(&topic, &header, payload, &self.key);
        self.tx.publish(topic.to_string(), bytes).unwrap();
    }

    fn hello(&mut self) {
        let hello = up::Hello {
            device: self.device.clone(),
            epoch: Octets(self.epoch),
            boot: 1,
            uptime_ms: 1000,
            wall_ms: now(),
            clock: up::ClockState::Synced,
            version: "bench".into(),
            next_seq: self.seq + 1,
            acked_seq: self.seq,
            backlog: 0,
            command_counter: self.counter,
            boom: up::Boom::Closed,
            mode: "normal".into(),
            list_version: 0,
            rtt_ms: None,
            faults: Vec::new(),
        };
        self.send(Leaf::Hello, None, hello.encode());
    }

    fn event(&mut self, body: up::EventBody) -> up::Event {
        self.seq += 1;
        let (id, at_ms) = (Uuid::now_v7(), now());
        up::Event { seq: self.seq, boot: 1, id, at_ms, clock: up::ClockState::Synced, uptime_ms: 2000, body }
    }

    /// The answer to the last order and the next car, in one message; `true` when the order for it came.
    async fn decide(&mut self, tally: &Tally) -> bool {
        let arrival = Uuid::now_v7();
        let plate = format!("B{}", arrival.simple().to_string()[20..31].to_uppercase());
        let mut bodies = Vec::new();
        if let Some(last) = self.last.take() {
            bodies.push(up::EventBody::Result(up::CommandResult {
                command: last.id,
                counter: last.counter,
                result: up::Answer::Done,
                code: None,
                params: Default::default(),
            }));
        }
        let reading = up::Reading {
            raw: plate.clone(),
            chars: vec![990; plate.len()],
            plate,
            series: None,
            margin: 900,
            frames: 3,
            verdict: up::Verdict::Accept,
            candidates: Vec::new(),
        };
        let direction = up::Direction::Entry;
        bodies.push(up::EventBody::Arrival(up::Arrival {
            arrival,
            direction,
            reading: Some(reading),
            evidence: None,
            vehicle_type: None,
        }));
        let events: Vec<_> = bodies.into_iter().map(|body| self.event(body)).collect();
        let batch = up::UpBatch { events };
        let started = Instant::now();
        self.send(Leaf::Up, batch.seq_range(), batch.encode());
        let Ok(command) = tokio::time::timeout(Duration::from_secs(3), self.command(arrival)).await else {
            return false;
        };
        tally.decided.fetch_add(1, Ordering::Relaxed);
        tally.latencies.lock().unwrap().push(started.elapsed().as_secs_f64() * 1e3);
        self.last = Some(command);
        true
    }

    async fn command(&mut self, arrival: Uuid) -> down::Command {
        loop {
            match self.rx.next().await.unwrap() {
                Some(Notification::Forward(forward)) => {
                    let topic: Topic =
                        String::from_utf8(forward.publish.topic.to_vec()).unwrap().parse().unwrap();
                    let payload =
                        open(&topic, &forward.publish.payload, "server", &self.server).unwrap().payload;
                    if topic.leaf == Leaf::Cmd {
                        let command = down::Command::decode(&payload).unwrap();
                        if command.arrival == Some(arrival) {
                            return command;
                        }
                    }
                }
                Some(Notification::Unschedule) => self.rx.ready().unwrap(),
                _ => {}
            }
        }
    }
}

async fn enrol(pool: &Pool, link: &dyn Fn(&str) -> (LinkTx, LinkRx), server: &SigningKey) -> Vec<Lane> {
    let client = pool.get().await.unwrap();
    let tenant = TenantId::from_uuid(Uuid::now_v7());
    sites::insert_tenant(&client, tenant, "Bench").await.unwrap();
    let mut found = Vec::new();
    for site_number in 0..SITES {
        let site = SiteId::from_uuid(Uuid::from_u128(0x7000_8000_0000_0000_a000 + site_number as u128));
        let code = format!("site-{site_number}");
        let new = sites::NewSite {
            id: site,
            tenant,
            code: code.parse().unwrap(),
            name: code.clone(),
            time_zone: "Europe/Vienna".into(),
            currency: Currency::EUR,
            mode: SiteMode::Open,
            capacity: None,
            visitors: true,
            passback: Passback::Deny,
            plate_only_limit_minor: None,
            list_key: [7; 32],
        };
        sites::insert(&client, &new).await.unwrap();
        for number in 0..LANES_PER_SITE {
            let lane = LaneId::from_uuid(Uuid::now_v7());
            let lane_code = format!("in-{number}");
            let name = lane_code.clone();
            let direction = Direction::Entry;
            let new = lanes::NewLane { site, id: lane, code: lane_code.parse().unwrap(), name, direction };
            lanes::insert(&client, &new).await.unwrap();
            let device = format!("pi-{site_number}-{number}");
            let key = SigningKey::from_bytes(&[(site_number * LANES_PER_SITE + number) as u8; 32]);
            let new = devices::NewDevice {
                site,
                id: DeviceId::from_uuid(Uuid::now_v7()),
                lane,
                code: device.parse().unwrap(),
                signing_key: key.verifying_key().to_bytes(),
                certificate_sha256: None,
                certificate_until: None,
            };
            devices::insert(&client, &new).await.unwrap();
            let (mut tx, rx) = link(&device);
            let topic = Topic::new(code.parse().unwrap(), lane_code.parse().unwrap(), Leaf::Up);
            tx.subscribe(topic.with_leaf(Leaf::Cmd).to_string()).unwrap();
            let epoch = *Uuid::now_v7().as_bytes();
            let server = server.verifying_key();
            found.push(Lane { topic, device, key, server, tx, rx, epoch, seq: 0, counter: 0, last: None });
        }
    }
    found
}

/// Lanes for pgbench alone, one per client, spread over the sites; their ids end in the client's number.
async fn enrol_yardstick(pool: &Pool) {
    let client = pool.get().await.unwrap();
    let statements = "insert into lanes (site_id, id, code, name, direction) \
        select id, ('00000000-0000-7000-8000-00000000b00' || n)::uuid, 'yard-' || n, 'yard', 'entry' \
        from generate_series(0, 7) n join lateral (select id from sites order by code offset n % 4 limit 1) s on true; \
        insert into devices (site_id, id, lane_id, code, signing_key) \
        select site_id, id, id, code, decode(repeat('00', 32), 'hex') from lanes where name = 'yard'; \
        insert into device_state (site_id, device_id) select site_id, id from lanes where name = 'yard'";
    client.batch_execute(statements).await.unwrap();
}

/// The same statements with one-event arrays, as pgbench variables.
fn pgbench_script() -> String {
    let queries = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/queries");
    let read = |name: &str| std::fs::read_to_string(queries.join(name)).unwrap();
    let fill = |name: &str, values: &[&str]| {
        let mut text = read(name);
        for (number, value) in values.iter().enumerate().rev() {
            text = text.replace(&format!("${}", number + 1), value);
        }
        format!("{};\n", text.trim().replace('\n', " "))
    };
    let s = "array[('00000000-0000-7000-8000-00000000a00' || (:client_id % 4))::uuid]";
    let l = "array[('00000000-0000-7000-8000-00000000b00' || :client_id)::uuid]";
    let d = l;
    let plate = "array['B' || :n]";
    let (arrival, fresh) = ("array[md5('a' || :n)::uuid]", "array[gen_random_uuid()]");
    let (at, text, none) = ("array[now()]", "array['x']", "array[null]");
    let (json, one) = ("array['{\"code\": \"OPEN-VISITOR\", \"arrival\": 1}'::jsonb]", "array[1]");
    [
        "\\set n random(1, 2000000000)\nbegin;\n".to_owned(),
        format!("select pg_advisory_xact_lock(:client_id % {SITES});\n"),
        fill("sites/facts.sql", &[s, "now()"]),
        fill("lanes/lock_many.sql", &[s, l]),
        fill("device_state/load_many.sql", &[s, d]),
        fill("inbox/load_many.sql", &[s, d]),
        fill("arrivals/load_many.sql", &[s, l]),
        fill("commands/unsettled.sql", &[s, l]),
        fill("subscriptions/match_many.sql", &[s, plate, "now()"]),
        fill("blocklist/match_many.sql", &[s, plate, "now()"]),
        fill("stays/load_many.sql", &[s, plate, s, arrival]),
        fill("inbox/prune_many.sql", &[s, d, one]),
        fill("device_state/keep_many.sql", &[s, d, "array[0]", "array[0]", at]),
        fill("lanes/count_many.sql", &[s, l, one]),
        fill("events/insert_many.sql", &[s, fresh, l, d, one, one, text, arrival, at, text, one, at, json]),
        fill("events/insert_many.sql", &[s, fresh, l, d, one, one, text, arrival, at, text, one, at, json]),
        fill(
            "arrivals/upsert_many.sql",
            &[
                s,
                arrival,
                l,
                "array['entry']",
                plate,
                json,
                none,
                none,
                at,
                at,
                fresh,
                "array['open']",
                text,
                none,
                none,
                none,
            ],
        ),
        fill("arrivals/delete_many.sql", &[s, arrival]),
        fill(
            "decisions/insert_many.sql",
            &[s, fresh, arrival, l, text, text, json, "array[false]", "array[false]", none, none, none, at],
        ),
        fill("commands/settle_many.sql", &[s, fresh, "array['done']", none, at]),
        fill(
            "commands/insert_many.sql",
            &[
                s,
                fresh,
                l,
                arrival,
                fresh,
                text,
                text,
                json,
                none,
                none,
                none,
                none,
                none,
                none,
                "array['done']",
                none,
                "array['\\x00'::bytea]",
                one,
                d,
                "array[decode(repeat('00', 300), 'hex')]",
                one,
                at,
                at,
                none,
            ],
        ),
        fill(
            "audit/insert_many.sql",
            &[s, fresh, at, "array['server']", none, text, l, arrival, none, none, json, none],
        ),
        fill("live_feed/insert_many.sql", &[s, "array[:n + :client_id * 3000000000]", at, text, l, json])
            .replace("$6::jsonb[]\n)", "$6::jsonb[]\n) on conflict do nothing"),
        "commit;\n".to_owned(),
    ]
    .concat()
}

fn pgbench(dir: &std::path::Path, script: &std::path::Path, clients: u32) -> (f64, f64) {
    let output = Command::new("/usr/lib/postgresql/15/bin/pgbench")
        .args([
            "-n",
            "-M",
            "prepared",
            "-T",
            "5",
            "-c",
            &clients.to_string(),
            "-j",
            &clients.min(2).to_string(),
        ])
        .arg("-f")
        .arg(script)
        .args(["-h", &dir.display().to_string(), "-U", "boomgate", DATABASE])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |key: &str| {
        let line = text.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split('=').nth(1)?.split_whitespace().next()?.parse().ok())
    };
    let tps: Option<f64> = number("tps");
    match (tps, number("latency average")) {
        (Some(tps), Some(latency)) => (tps, latency),
        _ => panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)),
    }
}

fn quantile(sorted: &[f64], q: f64) -> f64 {
    sorted.get(((sorted.len() as f64 - 1.0) * q).round() as usize).copied().unwrap_or(f64::NAN)
}

async fn saturate(lanes: Vec<Lane>) -> (Vec<Lane>, f64, Vec<f64>) {
    let tally = Arc::new(Tally::default());
    let until = Instant::now() + ROUND;
    let tasks: Vec<_> = lanes
        .into_iter()
        .map(|mut lane| {
            let tally = Arc::clone(&tally);
            tokio::spawn(async move {
                while Instant::now() < until {
                    lane.decide(&tally).await;
                }
                lane
            })
        })
        .collect();
    finish(tasks, &tally).await
}

async fn steady(lanes: Vec<Lane>, per_second: f64) -> (Vec<Lane>, f64, Vec<f64>) {
    let tally = Arc::new(Tally::default());
    let until = Instant::now() + ROUND;
    let pause = Duration::from_secs_f64(lanes.len() as f64 / per_second);
    let count = lanes.len();
    let tasks: Vec<_> = lanes
        .into_iter()
        .enumerate()
        .map(|(number, mut lane)| {
            let tally = Arc::clone(&tally);
            tokio::spawn(async move {
                tokio::time::sleep(pause.mul_f64(number as f64 / count as f64)).await;
                let mut next = Instant::now();
                while Instant::now() < until {
                    lane.decide(&tally).await;
                    next += pause;
                    tokio::time::sleep_until(next.into()).await;
                }
                lane
            })
        })
        .collect();
    finish(tasks, &tally).await
}

async fn finish(tasks: Vec<tokio::task::JoinHandle<Lane>>, tally: &Tally) -> (Vec<Lane>, f64, Vec<f64>) {
    let mut lanes = Vec::new();
    for task in tasks {
        lanes.push(task.await.unwrap());
    }
    let mut latencies = std::mem::take(&mut *tally.latencies.lock().unwrap());
    latencies.sort_by(f64::total_cmp);
    (lanes, tally.decided.load(Ordering::Relaxed) as f64 / ROUND.as_secs_f64(), latencies)
}

#[tokio::main]
async fn main() {
    let dir = scratch();
    let cluster = Cluster::start(ClusterConfig::new(&dir)).await.unwrap();
    let address = Address::of_cluster(&cluster);
    let pool = address.prepare(8).await.unwrap();
    let filters = ["up", "hello", "sync", "ack", "cmd", "list"].map(|leaf| format!("bg/v1/+/+/{leaf}"));
    let router = Router::new(
        0,
        RouterConfig {
            max_connections: 300,
            max_outgoing_packet_count: 200,
            max_segment_size: 1024 * 1024,
            max_segment_count: 4,
            initialized_filters: Some(filters.to_vec()),
            ..RouterConfig::default()
        },
    )
    .spawn();
    let link = |name: &str| {
        let (tx, rx, _) = LinkBuilder::new(name, router.clone()).build().unwrap();
        (tx, rx)
    };
    let server = SigningKey::from_bytes(&[200; 32]);
    let mut lanes = enrol(&pool, &link, &server).await;
    let (tx, rx) = link("@ingest");
    let bus = LinkBus::subscribe(tx, rx).await.unwrap();
    tokio::spawn(run(IngestConfig::default(), address, bus, server, std::future::pending()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    for lane in &mut lanes {
        lane.hello();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    enrol_yardstick(&pool).await;
    let script = dir.join("bench.sql");
    std::fs::write(&script, pgbench_script()).unwrap();
    let sockets = cluster.connection(DATABASE);
    let socket = match &sockets.get_hosts()[0] {
        tokio_postgres::config::Host::Unix(path) => path.clone(),
        tokio_postgres::config::Host::Tcp(_) => unreachable!("the private cluster has no TCP"),
    };
    for _ in 0..3 {
        let (back, per_second, latencies) = saturate(lanes).await;
        let (eight, _) = pgbench(&socket, &script, 8);
        let (back, slow, hundred) = steady(back, 100.0).await;
        let (_, one) = pgbench(&socket, &script, 1);
        lanes = back;
        println!(
            "saturated {per_second:.0}/s (p50 {:.1} ms), pgbench 8 clients {eight:.0} tps, ratio {:.2}; \
             at {slow:.0}/s p50 {:.2} p95 {:.2} p99 {:.2} ms, pgbench 1 client {one:.2} ms, ratio {:.2}",
            quantile(&latencies, 0.5),
            per_second / eight,
            quantile(&hundred, 0.5),
            quantile(&hundred, 0.95),
            quantile(&hundred, 0.99),
            quantile(&hundred, 0.5) / one,
        );
    }
    drop(cluster);
    std::fs::remove_dir_all(dir).unwrap();
}
