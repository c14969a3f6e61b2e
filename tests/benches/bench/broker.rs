//! The listener against Mosquitto: a hundred devices, QoS 1, 200 bytes; plain and with mutual TLS.
//!
//! At Mosquitto a device hears its own message again: once through the broker, from socket to socket. At our listener
//! it may not (rights); there the receiver is ingest's in-process link, and its answer comes back to the device. So two
//! figures stand beside Mosquitto's: to the receiver, and there and back (the same two sockets, and a second pass
//! through the router that Mosquitto does not make).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use boomgate::pki::Pki;
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_tests::scratch::Scratch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::Plan;
use crate::broker_child::{BrokerProcess, identity, now_ns};
use crate::figures::{Section, Target};
use crate::line::Client;
use crate::mosquitto::Mosquitto;
use crate::park::client_tls;
use crate::processes;

const DEVICES: usize = 100;
const PAYLOAD: usize = 200;
/// The number of a message, before the rest of it.
const NUMBER: usize = 8;
const PER_SECOND: f64 = 500.0;
/// Messages a device has under way when nothing holds it back.
const MAX_IN_FLIGHT: usize = 8;
const STUCK: Duration = Duration::from_secs(10);

/// One device has one connection: those without and with TLS are different ones.
const PLAIN: usize = 0;
const MTLS: usize = DEVICES;

/// One connected device.
struct Device {
    client: Client,
    says: String,
    /// Messages said and heard so far; each carries its number.
    sent: u64,
    received: u64,
}

/// Microseconds of one message: to its receiver, and until the device heard of it again.
#[derive(Clone, Copy)]
struct Latency {
    there: f64,
    back: f64,
}

/// A way to a broker, with its devices.
struct Way {
    name: &'static str,
    pid: i32,
    /// Whether the receiver is somebody else, who answers.
    answered: bool,
    devices: Vec<Device>,
}

pub async fn measure(plan: &Plan) -> Result<Section> {
    let mut section = Section::new(
        "broker",
        "100 devices, 200 bytes, QoS 1; microseconds to the receiver, and back; unthrottled: answers a second",
    );
    let dir = Scratch::new();
    let keys = dir.path().join("pki");
    let pki = Pki::open_or_create(&keys, &[])?;
    let own = BrokerProcess::start(&keys)?;
    let mosquitto = Mosquitto::start(dir.path(), &keys).await?;
    let tls = tls_of_devices(&pki)?;
    let other = mosquitto.process.pid().as_raw();
    let mut ways = vec![
        Way::open("plain.front_door", own.pid(), own.plain, None, PLAIN, Leaf::Up).await?,
        Way::open("plain.mosquitto", other, mosquitto.plain, None, PLAIN, Leaf::Cmd).await?,
        Way::open("mtls.front_door", own.pid(), own.tls, Some(&tls), MTLS, Leaf::Up).await?,
        Way::open("mtls.mosquitto", other, mosquitto.tls, Some(&tls), MTLS, Leaf::Cmd).await?,
    ];
    for way in &mut ways {
        way.turn(plan.turn / 4, None).await?;
    }
    for _ in 0..plan.rounds {
        for way in &mut ways {
            way.measure(&mut section, plan).await?;
        }
        for kind in ["plain", "mtls"] {
            ratios(&mut section, kind);
        }
    }
    drop(ways);
    drop(own);
    mosquitto.process.stop().await;
    for (kind, words) in [("plain", "without TLS"), ("mtls", "with mutual TLS")] {
        let what = format!("p50 at 500/s to the receiver over Mosquitto's, {words}");
        section.bar(&what, &format!("{kind}.p50_ratio"), Target::AtMost(2.0));
        let what = format!("p50 at 500/s there and back over once through Mosquitto, {words}");
        section.bar(&what, &format!("{kind}.there_and_back_p50_ratio"), Target::AtMost(2.0));
    }
    Ok(section)
}

fn tls_of_devices(pki: &Pki) -> Result<Vec<Arc<rustls::ClientConfig>>> {
    let ca = pki.ca_pem()?;
    (MTLS..MTLS + DEVICES).map(|number| client_tls(&ca, &pki.issue_device(&identity(number)?)?)).collect()
}

/// Of the round just measured.
fn ratios(section: &mut Section, kind: &str) {
    let last = |section: &Section, name: String| {
        let figure = section.figures.iter().find(|figure| figure.name == name);
        figure.and_then(|figure| figure.rounds.last().copied()).unwrap_or(f64::NAN)
    };
    let ratios = [
        ("p50_ratio", "at_500_us.p50", "at_500_us.p50"),
        ("p99_ratio", "at_500_us.p99", "at_500_us.p99"),
        ("there_and_back_p50_ratio", "there_and_back_us.p50", "at_500_us.p50"),
        ("per_s_ratio", "messages_per_s", "messages_per_s"),
    ];
    for (ratio, of, over) in ratios {
        let own = last(section, format!("{kind}.front_door.{of}"));
        let other = last(section, format!("{kind}.mosquitto.{over}"));
        section.add(&format!("{kind}.{ratio}"), own / other);
    }
}

impl Way {
    async fn open(
        name: &'static str,
        pid: i32,
        port: u16,
        tls: Option<&[Arc<rustls::ClientConfig>]>,
        first: usize,
        says: Leaf,
    ) -> Result<Self> {
        let mut devices = Vec::with_capacity(DEVICES);
        for number in 0..DEVICES {
            let identity = identity(first + number)?;
            let topic = Topic::new(identity.site.clone(), identity.lane.clone(), says);
            let hears = [topic.with_leaf(Leaf::Cmd).to_string()];
            let tls = tls.map(|tls| Arc::clone(&tls[number]));
            let id = identity.device.as_str();
            let client = Client::connect(id, port, tls, &hears).await.context(name)?;
            devices.push(Device { client, says: topic.to_string(), sent: 0, received: 0 });
        }
        Ok(Self { name, pid, answered: says == Leaf::Up, devices })
    }

    async fn measure(&mut self, section: &mut Section, plan: &Plan) -> Result<()> {
        let name = self.name;
        let before = processes::seconds(self.pid);
        let (messages, _) = self.turn(plan.turn, Some(PER_SECOND)).await?;
        let spent = processes::seconds(self.pid) - before;
        section.add_quantiles(&format!("{name}.at_500_us"), &sorted(&messages, |took| took.there));
        if self.answered {
            section.add_quantiles(&format!("{name}.there_and_back_us"), &sorted(&messages, |took| took.back));
        }
        section.add(&format!("{name}.at_500_cpu_share"), spent / plan.turn.as_secs_f64());
        let (messages, seconds) = self.turn(plan.turn, None).await?;
        section.add(&format!("{name}.messages_per_s"), messages.len() as f64 / seconds);
        Ok(())
    }

    /// Every message, and how many seconds it all took.
    async fn turn(&mut self, length: Duration, per_second: Option<f64>) -> Result<(Vec<Latency>, f64)> {
        let begun = Instant::now();
        let count = self.devices.len();
        let pause = per_second.map(|rate| Duration::from_secs_f64(count as f64 / rate));
        let mut tasks = JoinSet::new();
        for (number, device) in self.devices.drain(..).enumerate() {
            let first = begun + pause.unwrap_or_default().mul_f64(number as f64 / count as f64);
            match pause {
                Some(pause) => tasks.spawn(device.at_leisure(first, begun + length, pause)),
                None => tasks.spawn(device.flat_out(begun + length)),
            };
        }
        let mut messages = Vec::new();
        while let Some(task) = tasks.join_next().await {
            let (device, took) = task?.context(self.name)?;
            self.devices.push(device);
            messages.extend(took);
        }
        Ok((messages, begun.elapsed().as_secs_f64()))
    }
}

fn sorted(messages: &[Latency], of: impl Fn(&Latency) -> f64) -> Vec<f64> {
    let mut found: Vec<f64> = messages.iter().map(of).collect();
    found.sort_by(f64::total_cmp);
    found
}

impl Device {
    async fn at_leisure(
        mut self,
        first: Instant,
        until: Instant,
        pause: Duration,
    ) -> Result<(Self, Vec<Latency>)> {
        let mut took = Vec::new();
        let mut next = first;
        while next < until {
            tokio::time::sleep_until(next.into()).await;
            let (begun, begun_ns) = (Instant::now(), now_ns());
            self.say().await?;
            let received_ns = self.receive().await?;
            let back = begun.elapsed().as_secs_f64() * 1e6;
            let there = received_ns.map_or(back, |at| at.saturating_sub(begun_ns) as f64 / 1e3);
            took.push(Latency { there, back });
            next += pause;
        }
        Ok((self, took))
    }

    async fn flat_out(mut self, until: Instant) -> Result<(Self, Vec<Latency>)> {
        let mut took = Vec::new();
        let mut under_way = VecDeque::with_capacity(MAX_IN_FLIGHT);
        loop {
            while under_way.len() < MAX_IN_FLIGHT && Instant::now() < until {
                under_way.push_back(Instant::now());
                self.say().await?;
            }
            let Some(begun) = under_way.pop_front() else { return Ok((self, took)) };
            self.receive().await?;
            let back = begun.elapsed().as_secs_f64() * 1e6;
            took.push(Latency { there: back, back });
        }
    }

    async fn say(&mut self) -> Result<()> {
        self.sent += 1;
        let mut payload = vec![7; PAYLOAD];
        payload[..NUMBER].copy_from_slice(&self.sent.to_be_bytes());
        self.client.publish(&self.says, payload).await
    }

    /// The next message, which must be the one after the last; when its receiver had it, if that was not this device.
    async fn receive(&mut self) -> Result<Option<u64>> {
        let (_, payload) =
            timeout(STUCK, self.client.message()).await.context("a message did not come back")??;
        self.received += 1;
        let number = payload.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        ensure!(number == Some(self.received), "message {number:?} came back instead of {}", self.received);
        Ok(payload
            .get(PAYLOAD..)
            .and_then(|stamp| stamp.first_chunk())
            .map(|stamp| u64::from_be_bytes(*stamp)))
    }
}
