//! An MQTT client with a lane's real keys that sends what a story wants, in any order, as often as it
//! wants.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use boomgate_domain::ids::DeviceCode;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{Ack, Command, Rejected};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_schemas::up::{
    Arrival, Boom, BoomState, ClockState, Direction, Event, EventBody, Hello, Passage, PassageKind, Reading,
    UpBatch, Verdict,
};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{SigningKey, VerifyingKey};
use rumqttc::{
    AsyncClient, Event as MqttEvent, EventLoop, MqttOptions, Packet, QoS, TlsConfiguration, Transport,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use uuid::Uuid;

use crate::site::Site;
use crate::wait;

/// Packets a peer may send; more than the listener takes.
const LARGEST: usize = 1 << 20;
const OF_THIS_START_MS: u64 = 5_000;

/// A peer with the keys of one lane.
pub struct Device {
    pub lane: String,
    client: AsyncClient,
    place: Topic,
    device: DeviceCode,
    key: SigningKey,
    server: VerifyingKey,
    epoch: [u8; 16],
    started: Instant,
    seq: AtomicU64,
    received: Arc<Received>,
}

#[derive(Default)]
struct Received {
    connected: Mutex<bool>,
    subscribed: Mutex<bool>,
    ended: Mutex<Option<String>>,
    published: Mutex<Vec<(String, Vec<u8>)>>,
}

impl Device {
    /// Connects with the keys of `lane`, listens as a lane does, and greets.
    pub async fn connect(site: &Site, lane: &str) -> Self {
        let device = Self::dial(site, lane, None);
        device.until_connected().await;
        let filters = [Leaf::Ack, Leaf::Cmd, Leaf::List].map(|leaf| device.topic(leaf).to_string());
        for filter in filters {
            device.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        }
        wait::until("a SUBACK", async || device.received.subscribed.lock().unwrap().then_some(())).await;
        device.send_hello().await;
        device
    }

    /// Begins to connect; under another client id than its own, if one is given.
    pub fn dial(site: &Site, lane: &str, client_id: Option<&str>) -> Self {
        let folder = site.lane_folder(lane);
        let identity = &site
            .demo
            .lanes
            .iter()
            .find(|one| one.code.as_str() == lane)
            .expect("a lane of the site")
            .identity;
        let mut options =
            MqttOptions::new(client_id.unwrap_or(identity.device.as_str()), "localhost", site.ports.mqtt);
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(client_tls(&folder))));
        options.set_keep_alive(Duration::from_secs(30)).set_max_packet_size(LARGEST, LARGEST);
        let (client, events) = AsyncClient::new(options, 4096);
        let received = Arc::new(Received::default());
        tokio::spawn(receive(events, Arc::clone(&received)));
        Self {
            lane: lane.to_owned(),
            client,
            place: Topic::new(identity.site.clone(), identity.lane.clone(), Leaf::Up),
            device: identity.device.clone(),
            key: SigningKey::from_pkcs8_pem(&read(&folder, "sign.key")).unwrap(),
            server: site.pki.signing_key().unwrap().verifying_key(),
            epoch: *Uuid::now_v7().as_bytes(),
            started: Instant::now(),
            seq: AtomicU64::new(0),
            received,
        }
    }

    /// The bytes of a hello as it would be sent now.
    pub fn sealed_hello(&self) -> Vec<u8> {
        let hello = self.hello();
        envelope::seal(
            &self.topic(Leaf::Hello),
            &Header::device(&self.device, None),
            hello.encode(),
            &self.key,
        )
    }

    /// Sends without waiting for any answer of the broker, as fast as the socket takes it.
    pub async fn publish_raw(&self, leaf: Leaf, bytes: Vec<u8>) {
        drop(self.client.publish(self.topic(leaf).to_string(), QoS::AtMostOnce, false, bytes).await);
    }

    pub async fn until_connected(&self) {
        wait::until("a CONNACK", async || {
            assert_eq!(self.why_ended(), None, "the listener refused {}", self.lane);
            self.received.connected.lock().unwrap().then_some(())
        })
        .await;
    }

    /// Waits for the end of the connection, and says how it looked from here.
    pub async fn cut_off(&self) -> String {
        wait::until(&format!("{} is cut off", self.lane), async || self.why_ended()).await
    }

    /// Whether there was a CONNACK.
    pub fn is_connected(&self) -> bool {
        *self.received.connected.lock().unwrap()
    }

    pub fn why_ended(&self) -> Option<String> {
        self.received.ended.lock().unwrap().clone()
    }

    pub fn topic(&self, leaf: Leaf) -> Topic {
        self.place.with_leaf(leaf)
    }

    pub async fn publish(&self, topic: &str, bytes: Vec<u8>) {
        // A connection that has ended takes nothing; the story looks at its end.
        drop(self.client.publish(topic, QoS::AtLeastOnce, false, bytes).await);
    }

    pub async fn subscribe(&self, filter: &str) {
        drop(self.client.subscribe(filter, QoS::AtLeastOnce).await);
    }

    /// Sends sealed events.
    pub async fn send(&self, bytes: Vec<u8>) {
        self.publish(&self.place.to_string(), bytes).await;
    }

    pub async fn send_hello(&self) {
        let hello = self.hello();
        let topic = self.topic(Leaf::Hello);
        let echo = hello.uptime_ms;
        let bytes = envelope::seal(&topic, &Header::device(&self.device, None), hello.encode(), &self.key);
        self.publish(&topic.to_string(), bytes).await;
        wait::until("the answer to a greeting", async || {
            self.acks().iter().any(|ack| ack.echo == Some(echo)).then_some(())
        })
        .await;
    }

    /// A hello of now.
    fn hello(&self) -> Hello {
        Hello {
            device: self.device.to_string(),
            epoch: Octets(self.epoch),
            boot: 1,
            uptime_ms: self.uptime_ms(),
            wall_ms: now_ms(),
            clock: ClockState::Synced,
            version: "story".into(),
            next_seq: self.last_seq() + 1,
            acked_seq: self.acked(),
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
        }
    }

    /// The next event, claimed to have happened `at_ms`; not sent yet. What happened earlier was of an earlier start:
    /// within one, the uptime says when it was.
    pub fn event(&self, at_ms: i64, body: EventBody) -> Event {
        Event {
            seq: self.seq.fetch_add(1, Ordering::Relaxed) + 1,
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
        let header = Header::device(&self.device, batch.seq_range());
        envelope::seal(&self.place, &header, batch.encode(), &self.key)
    }

    /// Signs any bytes as if they were events.
    pub fn seal_raw(&self, payload: Vec<u8>) -> Vec<u8> {
        let seq = self.seq.fetch_add(1, Ordering::Relaxed) + 1;
        envelope::seal(&self.place, &Header::device(&self.device, Some((seq, seq))), payload, &self.key)
    }

    /// The number of the last event made.
    pub fn last_seq(&self) -> u64 {
        self.seq.load(Ordering::Relaxed)
    }

    pub fn acked(&self) -> u64 {
        self.acks().iter().map(|ack| ack.upto).max().unwrap_or(0)
    }

    pub fn rejected(&self) -> Vec<Rejected> {
        self.acks().into_iter().flat_map(|ack| ack.rejected).collect()
    }

    /// Waits until all that was made is acknowledged.
    pub async fn all_acked(&self) {
        let last_seq = self.last_seq();
        wait::until(&format!("{} is told that {last_seq} events are kept", self.lane), async || {
            (self.acked() >= last_seq).then_some(())
        })
        .await;
    }

    /// The order for an arrival.
    pub async fn command(&self, arrival: Uuid) -> Command {
        wait::until(&format!("an order for {} about {arrival}", self.lane), async || {
            self.commands().into_iter().find(|command| command.arrival == Some(arrival))
        })
        .await
    }

    pub fn commands(&self) -> Vec<Command> {
        self.heard_on(Leaf::Cmd).iter().map(|payload| Command::decode(payload).unwrap()).collect()
    }

    /// What came on any topic, unopened.
    pub fn all_received(&self) -> Vec<(String, Vec<u8>)> {
        self.received.published.lock().unwrap().clone()
    }

    fn acks(&self) -> Vec<Ack> {
        self.heard_on(Leaf::Ack).iter().map(|payload| Ack::decode(payload).unwrap()).collect()
    }

    /// Payloads of what the server signed for a topic of this lane.
    fn heard_on(&self, leaf: Leaf) -> Vec<Vec<u8>> {
        let topic = self.topic(leaf);
        let name = topic.to_string();
        let published = self.received.published.lock().unwrap();
        let own = published.iter().filter(|(received, _)| *received == name);
        own.map(|(_, bytes)| envelope::open(&topic, bytes, envelope::SERVER, &self.server).unwrap().payload)
            .collect()
    }

    fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap() + 60_000
    }
}

pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// A car with a plate that was read for sure.
pub fn arrived(arrival: Uuid, direction: Direction, plate: &str) -> EventBody {
    let reading = Reading {
        plate: plate.into(),
        raw: plate.into(),
        series: None,
        chars: vec![990; plate.len()],
        margin: 900,
        frames: 3,
        verdict: Verdict::Accept,
        candidates: Vec::new(),
    };
    EventBody::Arrival(Arrival {
        arrival,
        direction,
        reading: Some(reading),
        evidence: None,
        vehicle_type: None,
    })
}

pub fn passed(arrival: Uuid, direction: Direction) -> EventBody {
    EventBody::Passage(Passage { arrival: Some(arrival), direction, kind: PassageKind::Passed })
}

/// A small thing to say that moves no stay.
pub fn boom_closed() -> EventBody {
    EventBody::Boom(BoomState { state: Boom::Closed, cause: "rule:story".into() })
}

/// TLS with the keys in a lane's folder.
pub fn client_tls(folder: &Path) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(read(folder, "ca.pem").as_bytes()).unwrap()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(read(folder, "device.pem").as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(read(folder, "device.key").as_bytes()).unwrap();
    let builder = rustls::ClientConfig::builder().with_root_certificates(roots);
    Arc::new(builder.with_client_auth_cert(chain, key).unwrap())
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name))
        .unwrap_or_else(|error| panic!("{}/{name}: {error}", folder.display()))
}

/// Listens until the first error; a peer never comes back by itself.
async fn receive(mut events: EventLoop, received: Arc<Received>) {
    loop {
        match events.poll().await {
            Ok(MqttEvent::Incoming(Packet::ConnAck(_))) => *received.connected.lock().unwrap() = true,
            Ok(MqttEvent::Incoming(Packet::SubAck(_))) => *received.subscribed.lock().unwrap() = true,
            Ok(MqttEvent::Incoming(Packet::Publish(publish))) => {
                received.published.lock().unwrap().push((publish.topic, publish.payload.to_vec()));
            }
            Ok(_) => {}
            Err(error) => {
                *received.ended.lock().unwrap() = Some(error.to_string());
                return;
            }
        }
    }
}
