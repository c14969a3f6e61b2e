//! The line of one simulated lane: real MQTT over mutual TLS, signed envelopes, and nothing of a lane's other work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{Ack, Command};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_schemas::up::{
    Answer, Arrival, Boom, ClockState, CommandResult, Direction, Event, EventBody, Hello, Reading, UpBatch,
    Verdict,
};
use bytes::Bytes;
use ed25519_dalek::{SigningKey, VerifyingKey};
use rumqttc::{
    AsyncClient, Event as MqttEvent, EventLoop, MqttOptions, NetworkOptions, Packet, QoS, TlsConfiguration,
    Transport,
};
use tokio::sync::mpsc;
use tokio::time::timeout;
use uuid::Uuid;

use crate::park::LaneKeys;

/// After this an answer counts as missed.
const TIMEOUT: Duration = Duration::from_secs(5);
const LARGEST: usize = 1 << 18;
const REQUESTS: usize = 256;
const OF_THIS_START_MS: u64 = 5_000;

/// What an MQTT client hears.
pub enum Received {
    Connected,
    Subscribed,
    Message { topic: String, payload: Bytes },
    Ended(String),
}

/// An MQTT 3.1.1 client whose connection is polled in a task of its own.
pub struct Client {
    pub mqtt: AsyncClient,
    pub received: mpsc::UnboundedReceiver<Received>,
    polling: tokio::task::JoinHandle<()>,
}

impl Client {
    /// Connects and subscribes.
    pub async fn connect(
        id: &str,
        port: u16,
        tls: Option<Arc<rustls::ClientConfig>>,
        filters: &[String],
    ) -> Result<Self> {
        let mut options = MqttOptions::new(id, "localhost", port);
        options
            .set_keep_alive(Duration::from_secs(30))
            .set_max_packet_size(LARGEST, LARGEST)
            .set_inflight(100);
        if let Some(tls) = tls {
            options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)));
        }
        let (mqtt, mut events) = AsyncClient::new(options, REQUESTS);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        let (sender, received) = mpsc::unbounded_channel();
        let mut client = Self { mqtt, received, polling: tokio::spawn(listen(events, sender)) };
        timeout(TIMEOUT, client.enter(filters))
            .await
            .with_context(|| format!("{id}: no answer to CONNECT"))??;
        Ok(client)
    }

    async fn enter(&mut self, filters: &[String]) -> Result<()> {
        for filter in filters {
            self.mqtt.subscribe(filter, QoS::AtLeastOnce).await?;
        }
        let mut missing = filters.len();
        while missing > 0 {
            match self.receive().await? {
                Received::Subscribed => missing -= 1,
                Received::Connected | Received::Message { .. } | Received::Ended(_) => {}
            }
        }
        Ok(())
    }

    pub async fn publish(&self, topic: &str, payload: Vec<u8>) -> Result<()> {
        Ok(self.mqtt.publish(topic, QoS::AtLeastOnce, false, payload).await?)
    }

    /// The next message, whatever else happens.
    pub async fn message(&mut self) -> Result<(String, Bytes)> {
        loop {
            if let Received::Message { topic, payload } = self.receive().await? {
                return Ok((topic, payload));
            }
        }
    }

    async fn receive(&mut self) -> Result<Received> {
        match self.received.recv().await {
            Some(Received::Ended(why)) => bail!("the connection ended: {why}"),
            Some(received) => Ok(received),
            None => bail!("the connection is over"),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

async fn listen(mut events: EventLoop, received: mpsc::UnboundedSender<Received>) {
    loop {
        let event = match events.poll().await {
            Ok(MqttEvent::Incoming(Packet::ConnAck(_))) => Received::Connected,
            Ok(MqttEvent::Incoming(Packet::SubAck(_))) => Received::Subscribed,
            Ok(MqttEvent::Incoming(Packet::Publish(publish))) => {
                Received::Message { topic: publish.topic, payload: publish.payload }
            }
            Ok(_) => continue,
            Err(error) => Received::Ended(error.to_string()),
        };
        let ended = matches!(event, Received::Ended(_));
        if received.send(event).is_err() || ended {
            return;
        }
    }
}

/// A lane as the server knows it.
pub struct Line {
    client: Client,
    topic: Topic,
    up: String,
    header: Header,
    key: SigningKey,
    server: VerifyingKey,
    epoch: [u8; 16],
    started: Instant,
    seq: u64,
    acked: u64,
    last: Option<Command>,
}

impl Line {
    pub async fn connect(lane: &LaneKeys, server: VerifyingKey, port: u16) -> Result<Self> {
        let topic = Topic::new(lane.identity.site.clone(), lane.identity.lane.clone(), Leaf::Up);
        let filters = [Leaf::Ack, Leaf::Cmd].map(|leaf| topic.with_leaf(leaf).to_string());
        let tls = Some(Arc::clone(&lane.tls));
        let client = Client::connect(lane.identity.device.as_str(), port, tls, &filters).await?;
        let mut line = Self {
            client,
            up: topic.to_string(),
            topic,
            header: Header::device(&lane.identity.device, None),
            key: lane.sign.clone(),
            server,
            epoch: *Uuid::now_v7().as_bytes(),
            started: Instant::now(),
            seq: 0,
            acked: 0,
            last: None,
        };
        line.send_hello().await?;
        Ok(line)
    }

    /// Goes on where an earlier line of the same lane stopped.
    pub fn resume(&mut self, seq: u64) {
        self.seq = seq;
        self.acked = seq;
    }

    pub fn seq(&self) -> u64 {
        self.seq
    }

    async fn send_hello(&mut self) -> Result<()> {
        let topic = self.topic.with_leaf(Leaf::Hello);
        let bytes = self.sealed_hello();
        self.client.publish(&topic.to_string(), bytes).await?;
        timeout(TIMEOUT, self.ack()).await.context("no answer to a greeting")??;
        Ok(())
    }

    /// The bytes of a greeting as it would be sent now.
    pub fn sealed_hello(&self) -> Vec<u8> {
        let topic = self.topic.with_leaf(Leaf::Hello);
        let hello = Hello {
            device: self.header.signer.clone(),
            epoch: Octets(self.epoch),
            boot: 1,
            uptime_ms: self.uptime_ms(),
            wall_ms: now_ms(),
            clock: ClockState::Synced,
            version: "bench".into(),
            next_seq: self.seq + 1,
            acked_seq: self.acked,
            backlog: 0,
            command_counter: 0,
            boom: Boom::Closed,
            mode: "normal".into(),
            list_version: 0,
            rtt_ms: None,
            faults: Vec::new(),
            view: None,
            spool: None,
            lane_mode: None,
            loops: None,
        };
        envelope::seal(&topic, &self.header, hello.encode(), &self.key)
    }

    /// Sends without waiting for any answer of the broker.
    pub async fn publish_raw(&self, leaf: Leaf, bytes: Vec<u8>) -> Result<()> {
        let topic = self.topic.with_leaf(leaf).to_string();
        Ok(self.client.mqtt.publish(topic, QoS::AtMostOnce, false, bytes).await?)
    }

    /// The next event of this lane, numbered. What happened earlier was of an earlier start.
    pub fn event(&mut self, at_ms: i64, body: EventBody) -> Event {
        self.seq += 1;
        Event {
            seq: self.seq,
            boot: u32::from(now_ms().abs_diff(at_ms) < OF_THIS_START_MS),
            id: Uuid::now_v7(),
            at_ms,
            clock: ClockState::Synced,
            uptime_ms: self.uptime_ms(),
            body,
            was: None,
        }
    }

    pub fn seal(&self, events: Vec<Event>) -> Vec<u8> {
        let batch = UpBatch { events };
        let header = Header { seq: batch.seq_range(), ..self.header.clone() };
        envelope::seal(&self.topic, &header, batch.encode(), &self.key)
    }

    pub async fn send(&self, sealed: Vec<u8>) -> Result<()> {
        self.client.publish(&self.up, sealed).await
    }

    /// Says that a car came (and what became of the order before), and waits for the order for it: milliseconds from
    /// before the signing to after the verification. None when it did not come in time.
    pub async fn decide(&mut self) -> Result<Option<f64>> {
        let arrival = Uuid::now_v7();
        let answer = self.last.take().map(|last| self.event(now_ms(), answered(&last)));
        let car = self.event(now_ms(), arrived(arrival));
        let begun = Instant::now();
        let sealed = self.seal(answer.into_iter().chain([car]).collect());
        self.send(sealed).await?;
        match timeout(TIMEOUT, self.order(arrival)).await {
            Ok(order) => {
                self.last = Some(order?);
                Ok(Some(begun.elapsed().as_secs_f64() * 1e3))
            }
            Err(_) => Ok(None),
        }
    }

    /// The verified order for an arrival. Receipts on the way are not looked at: a lane does that with time of its own.
    async fn order(&mut self, arrival: Uuid) -> Result<Command> {
        let topic = self.topic.with_leaf(Leaf::Cmd);
        let name = topic.to_string();
        loop {
            let (received, bytes) = self.client.message().await?;
            if received != name {
                continue;
            }
            let opened = envelope::open(&topic, &bytes, envelope::SERVER, &self.server)?;
            let command = Command::decode(&opened.payload)?;
            if command.arrival == Some(arrival) {
                return Ok(command);
            }
        }
    }

    /// The next receipt; its mark counts.
    pub async fn ack(&mut self) -> Result<u64> {
        let topic = self.topic.with_leaf(Leaf::Ack);
        let name = topic.to_string();
        loop {
            let (received, bytes) = self.client.message().await?;
            if received == name {
                let opened = envelope::open(&topic, &bytes, envelope::SERVER, &self.server)?;
                let ack = Ack::decode(&opened.payload)?;
                if let Some(refused) = ack.rejected.first() {
                    bail!("the server refused event {refused:?}");
                }
                self.acked = self.acked.max(ack.upto);
                return Ok(self.acked);
            }
        }
    }

    fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// A car with a plate of its own, read for sure.
pub fn arrived(arrival: Uuid) -> EventBody {
    let plate = format!("B{}", arrival.simple().to_string()[21..32].to_uppercase());
    let reading = Reading {
        raw: plate.clone(),
        chars: vec![990; plate.len()],
        plate,
        series: None,
        margin: 900,
        frames: 3,
        verdict: Verdict::Accept,
        candidates: Vec::new(),
    };
    let direction = Direction::Entry;
    EventBody::Arrival(Arrival {
        arrival,
        direction,
        reading: Some(reading),
        evidence: None,
        vehicle_type: None,
    })
}

fn answered(order: &Command) -> EventBody {
    EventBody::Result(CommandResult {
        command: order.id,
        counter: order.counter,
        result: Answer::Done,
        code: None,
        params: Default::default(),
    })
}
