//! The line to the server: MQTT 3.1.1 over mutual TLS, signed both ways.
//!
//! One task owns the session, another only polls the client (a publish from the polling task can lock up rumqttc). A
//! PUBACK means nothing here: an event counts as delivered when the server's own ack says it is committed. A session that
//! ends is never resumed: a fresh client is made and everything unacked goes out again. Knows nothing of what a command
//! means; it hands on what carries the server's signature.

mod ack;
pub mod certificate;
pub mod keys;
pub mod window;

use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_domain::ids::DeviceCode;
use boomgate_schemas::bytes::Epoch;
use boomgate_schemas::down::{Command, SyncPart};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_schemas::up::{Boom, Event, EventBody, Hello, SyncRequest, UpBatch, View};
use boomgate_schemas::{MAX_EVENTS, MAX_PAYLOAD, strict};
use ed25519_dalek::{SigningKey, VerifyingKey};
use rand::Rng;
use rumqttc::{
    AsyncClient, ConnectReturnCode, Event as MqttEvent, EventLoop, MqttOptions, NetworkOptions, Packet, QoS,
    SubscribeFilter, SubscribeReasonCode, TlsConfiguration, Transport,
};
use rustls::ClientConfig;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{debug, info, warn};
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::Config;
use crate::spool::Spool;
use window::Window;

/// Encoded events of one message, leaving room for envelope and headers.
const BATCH_BYTES: usize = MAX_PAYLOAD - 4 * 1024;
/// Largest MQTT packet either way: payload, topic, headers.
const PACKET: usize = MAX_PAYLOAD + 1024;
const HEARTBEAT: Duration = Duration::from_secs(10);
/// The offline list is asked for again after so many heartbeats.
const BEATS_PER_SYNC: u32 = 30;
/// Heartbeats that may go unanswered before the line counts as dead.
const SILENT_BEATS: u32 = 3;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const REQUESTS: usize = 64;
const BACKLOG_READ: usize = MAX_EVENTS;
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What the lane is now, for the greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneNow {
    pub boom: Boom,
    pub mode: String,
    pub command_counter: u64,
    pub list_version: u64,
    pub faults: Vec<String>,
    pub view: Option<View>,
}

/// What comes over the line.
#[derive(Clone, Debug)]
pub enum News {
    Up,
    Down {
        why: String,
    },
    /// Signed by the server for this lane. `digest` is that of the signed bytes.
    Command {
        command: Box<Command>,
        digest: [u8; 32],
    },
    /// Came on the command topic, but not from the server, or not for this lane.
    Forged {
        why: String,
    },
    ListPart(Box<SyncPart>),
    /// How far our wall clock is ahead of the server's, and how sure that is.
    Clock {
        apart_ms: i64,
        unsure_ms: u64,
    },
    /// An arrival left for the server.
    Published {
        arrival: Uuid,
        at: Instant,
    },
}

pub struct Uplink {
    identity: Identity,
    address: (String, u16),
    tls: Arc<ClientConfig>,
    clock: Clock,
    spool: Spool,
    lane: watch::Receiver<LaneNow>,
    live: mpsc::Receiver<Event>,
    news: mpsc::Sender<News>,
    window: Window,
    /// The server has the numbers up to this one under other events, and ours could not be moved above it yet. Until then
    /// an ack may speak of those other events, so none deletes anything.
    owed_above: Option<u64>,
    rtt_ms: Option<u32>,
}

/// Who speaks, with which keys, since when.
pub struct Identity {
    pub device: DeviceCode,
    pub topic: Topic,
    pub signing: SigningKey,
    pub server: VerifyingKey,
    pub epoch: Epoch,
}

/// What the line is connected to in the program.
pub struct Ends {
    pub spool: Spool,
    pub lane: watch::Receiver<LaneNow>,
    pub live: mpsc::Receiver<Event>,
    pub news: mpsc::Sender<News>,
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("{0}")]
    Connection(Box<rumqttc::ConnectionError>),
    #[error("the server refused the connection: {0:?}")]
    Refused(ConnectReturnCode),
    #[error("the server refused a subscription")]
    Subscription,
    #[error("no answer to {SILENT_BEATS} greetings")]
    Silent,
    #[error("the client's queue is full")]
    Congested,
    #[error("the program is ending")]
    Ending,
}

impl Uplink {
    pub fn new(
        config: &Config,
        tls: Arc<ClientConfig>,
        identity: Identity,
        clock: Clock,
        ends: Ends,
    ) -> Uplink {
        let Ends { spool, lane, live, news } = ends;
        let window = Window::new(spool.acked_seq(), clock.uptime_ms());
        let address = (config.server.mqtt_host.clone(), config.server.mqtt_port);
        Uplink {
            identity,
            address,
            tls,
            clock,
            spool,
            lane,
            live,
            news,
            window,
            owed_above: None,
            rtt_ms: None,
        }
    }

    /// Keeps the line up until the program ends.
    pub async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let begun = Instant::now();
            let ended = self.session().await;
            if matches!(ended, Ended::Ending) {
                return;
            }
            if begun.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            let wait = pause.mul_f64(rand::rng().random_range(0.5..1.5));
            info!(reason = %ended, retry_ms = wait.as_millis() as u64, "the line to the server is down");
            if self.news.send(News::Down { why: ended.to_string() }).await.is_err() {
                return;
            }
            if !self.wait_offline(wait).await {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits, letting live events go by: they are in the spool. False if the program ends.
    async fn wait_offline(&mut self, wait: Duration) -> bool {
        let end = tokio::time::Instant::now() + wait;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(end) => return true,
                event = self.live.recv() => if event.is_none() { return false },
            }
        }
    }

    async fn session(&mut self) -> Ended {
        let (client, packets, polling) = self.connect();
        let ended = Session::new(self, client).run(packets).await;
        polling.abort();
        ended
    }

    fn connect(&self) -> (AsyncClient, mpsc::Receiver<Polled>, JoinHandle<()>) {
        let mut options = MqttOptions::new(self.identity.device.as_str(), &self.address.0, self.address.1);
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(&self.tls))));
        options.set_max_packet_size(PACKET, PACKET).set_keep_alive(KEEP_ALIVE);
        options.set_clean_session(true).set_inflight(100);
        // Tells the broker whether a second connection of this device is this very run of the program.
        options.set_credentials(hex::encode(self.identity.epoch.0), "");
        let (client, mut eventloop) = AsyncClient::new(options, REQUESTS);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(5);
        eventloop.set_network_options(network);
        let (sender, packets) = mpsc::channel(REQUESTS);
        (client, packets, tokio::spawn(poll(eventloop, sender)))
    }
}

type Polled = Result<Packet, rumqttc::ConnectionError>;

/// Polls until the first error; the session decides what comes then.
async fn poll(mut eventloop: EventLoop, packets: mpsc::Sender<Polled>) {
    loop {
        let polled = match eventloop.poll().await {
            Ok(MqttEvent::Incoming(packet)) => Ok(packet),
            Ok(MqttEvent::Outgoing(_)) => continue,
            Err(error) => Err(error),
        };
        let failed = polled.is_err();
        if packets.send(polled).await.is_err() || failed {
            return;
        }
    }
}

/// One connection, from CONNACK to its end.
struct Session<'a> {
    line: &'a mut Uplink,
    client: AsyncClient,
    ready: bool,
    unanswered: u32,
    beats: u32,
}

impl<'a> Session<'a> {
    fn new(line: &'a mut Uplink, client: AsyncClient) -> Session<'a> {
        line.window.restart(line.clock.uptime_ms());
        Session { line, client, ready: false, unanswered: 0, beats: 0 }
    }

    async fn run(mut self, mut packets: mpsc::Receiver<Polled>) -> Ended {
        let mut beat = tokio::time::interval(HEARTBEAT);
        beat.reset();
        loop {
            let due = self.due();
            let step = tokio::select! {
                packet = packets.recv() => match packet {
                    Some(Ok(packet)) => self.take(packet).await,
                    Some(Err(error)) => Err(Ended::Connection(Box::new(error))),
                    None => Err(Ended::Silent),
                },
                event = self.line.live.recv() => match event {
                    Some(event) => self.send_live(event).await,
                    None => Err(Ended::Ending),
                },
                _ = beat.tick(), if self.ready => {
                    self.renumber_if_owed().await;
                    self.greet()
                }
                () = tokio::time::sleep(due) => self.resend(),
            };
            let step = match step {
                Ok(()) if self.ready => self.send_backlog().await,
                other => other,
            };
            if let Err(ended) = step {
                return ended;
            }
        }
    }

    fn due(&self) -> Duration {
        let now = self.line.clock.uptime_ms();
        let due = self.line.window.due_ms().map_or(1_000, |due| due.saturating_sub(now));
        Duration::from_millis(due.clamp(1, 1_000))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "an enum of another crate with many kinds")]
    async fn take(&mut self, packet: Packet) -> Result<(), Ended> {
        match packet {
            Packet::ConnAck(ack) if ack.code == ConnectReturnCode::Success => self.subscribe(),
            Packet::ConnAck(ack) => Err(Ended::Refused(ack.code)),
            Packet::SubAck(ack) if ack.return_codes.contains(&SubscribeReasonCode::Failure) => {
                Err(Ended::Subscription)
            }
            Packet::SubAck(_) => self.begin().await,
            Packet::Publish(publish) => {
                self.hear(&publish.topic, &publish.payload).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn subscribe(&self) -> Result<(), Ended> {
        let topic = &self.line.identity.topic;
        let filters = [Leaf::Ack, Leaf::Cmd, Leaf::List]
            .map(|leaf| SubscribeFilter::new(topic.with_leaf(leaf).to_string(), QoS::AtLeastOnce));
        self.client.try_subscribe_many(filters).map_err(|_| Ended::Congested)
    }

    async fn begin(&mut self) -> Result<(), Ended> {
        self.ready = true;
        info!("the line to the server is up");
        let _ = self.line.news.send(News::Up).await;
        self.renumber_if_owed().await;
        self.greet()?;
        self.ask_for_list()
    }

    /// Says hello; the answer is an ack with our uptime as echo.
    fn greet(&mut self) -> Result<(), Ended> {
        if self.unanswered >= SILENT_BEATS {
            return Err(Ended::Silent);
        }
        self.unanswered += 1;
        self.beats += 1;
        if self.beats.is_multiple_of(BEATS_PER_SYNC) {
            self.ask_for_list()?;
        }
        let hello = self.hello();
        self.publish(Leaf::Hello, None, hello.encode())
    }

    fn ask_for_list(&self) -> Result<(), Ended> {
        let have = self.line.lane.borrow().list_version;
        self.publish(Leaf::Sync, None, SyncRequest { have }.encode())
    }

    fn hello(&self) -> Hello {
        let line = &self.line;
        let (moment, lane) = (line.clock.moment(), line.lane.borrow().clone());
        Hello {
            device: line.identity.device.to_string(),
            epoch: line.identity.epoch,
            boot: line.spool.boot(),
            uptime_ms: moment.uptime_ms,
            wall_ms: moment.wall_ms,
            clock: moment.clock,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            next_seq: line.spool.next_seq(),
            acked_seq: line.spool.acked_seq(),
            backlog: line.spool.backlog_count(),
            command_counter: lane.command_counter,
            boom: lane.boom,
            mode: lane.mode,
            list_version: lane.list_version,
            rtt_ms: line.rtt_ms,
            faults: lane.faults,
            view: lane.view,
            spool: line.spool.id(),
        }
    }

    fn publish(&self, leaf: Leaf, seq: Option<(u64, u64)>, payload: Vec<u8>) -> Result<(), Ended> {
        let identity = &self.line.identity;
        let topic = identity.topic.with_leaf(leaf);
        let bytes =
            envelope::seal(&topic, &Header::device(&identity.device, seq), payload, &identity.signing);
        self.client
            .try_publish(topic.to_string(), QoS::AtLeastOnce, false, bytes)
            .map_err(|_| Ended::Congested)
    }

    /// A fresh event goes out at once if there is room; else the backlog brings it.
    async fn send_live(&mut self, event: Event) -> Result<(), Ended> {
        if !self.ready || !self.line.window.has_room() || event.seq <= self.line.window.acked() {
            return Ok(());
        }
        let arrival =
            if let EventBody::Arrival(arrival) = &event.body { Some(arrival.arrival) } else { None };
        self.send_events(vec![event])?;
        if let Some(arrival) = arrival {
            let _ = self.line.news.send(News::Published { arrival, at: Instant::now() }).await;
        }
        Ok(())
    }

    fn send_events(&mut self, events: Vec<Event>) -> Result<(), Ended> {
        let batch = UpBatch { events };
        let Some((first, last)) = batch.seq_range() else { return Ok(()) };
        self.publish(Leaf::Up, Some((first, last)), batch.encode())?;
        self.line.window.sent(first, last, self.line.clock.uptime_ms());
        Ok(())
    }

    /// Sends stored events as far as the window allows; while they are owed new numbers, they wait for those.
    async fn send_backlog(&mut self) -> Result<(), Ended> {
        if self.line.owed_above.is_some() {
            return Ok(());
        }
        while let Some(after) = self.line.window.backlog_after() {
            if after + 1 >= self.line.spool.next_seq() {
                return Ok(());
            }
            let mut events = self.line.spool.backlog(after, BACKLOG_READ).await;
            let Some(last) = events.last().map(|event| event.seq) else {
                return Ok(());
            };
            events.retain(|event| !self.line.window.is_flying(event.seq));
            let runs = runs(events);
            for run in runs {
                if self.line.window.backlog_after().is_none() {
                    return Ok(());
                }
                let upto = run.last().map_or(0, |event| event.seq);
                self.send_events(run)?;
                self.line.window.swept(upto);
            }
            self.line.window.swept(last);
        }
        Ok(())
    }

    fn resend(&mut self) -> Result<(), Ended> {
        let jitter = rand::rng().random_range(0.0..1.0);
        if self.ready && self.line.window.expire(self.line.clock.uptime_ms(), jitter) {
            debug!("no ack for what is under way; it is sent again");
        }
        Ok(())
    }

    async fn hear(&mut self, topic: &str, bytes: &[u8]) {
        let Ok(topic) = topic.parse::<Topic>() else {
            warn!("a message on a topic that is not ours");
            return;
        };
        let opened = match envelope::open(&topic, bytes, envelope::SERVER, &self.line.identity.server) {
            Ok(opened) if topic.with_leaf(Leaf::Up) == self.line.identity.topic.with_leaf(Leaf::Up) => opened,
            Ok(_) => return self.forged(&topic, "addressed to another lane".into()).await,
            Err(error) => return self.forged(&topic, error.to_string()).await,
        };
        match topic.leaf {
            Leaf::Ack => self.take_ack(&opened.payload).await,
            Leaf::Cmd => self.take_command(&opened.payload, bytes).await,
            Leaf::List => self.take_list(&opened.payload).await,
            Leaf::Up | Leaf::Hello | Leaf::Sync => warn!("a message on a topic only lanes speak on"),
        }
    }

    async fn forged(&self, topic: &Topic, why: String) {
        warn!(leaf = topic.leaf.as_str(), why, "a message that is not the server's is dropped");
        if topic.leaf == Leaf::Cmd {
            let _ = self.line.news.send(News::Forged { why }).await;
        }
    }

    async fn take_command(&self, payload: &[u8], bytes: &[u8]) {
        let command = match Command::decode(payload) {
            Ok(command) => Box::new(command),
            Err(error) => return warn!(%error, "a command of the server cannot be read"),
        };
        if command.device != self.line.identity.device.as_str() {
            let _ = self.line.news.send(News::Forged { why: "addressed to another device".into() }).await;
            return;
        }
        let digest = Sha256::digest(bytes).into();
        let _ = self.line.news.send(News::Command { command, digest }).await;
    }

    async fn take_list(&self, payload: &[u8]) {
        match SyncPart::decode(payload) {
            Ok(part) => drop(self.line.news.send(News::ListPart(Box::new(part))).await),
            Err(error) => warn!(%error, "a part of the offline list cannot be read"),
        }
    }
}

/// Cuts events into messages: consecutive numbers, not too many, not too large.
fn runs(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut runs: Vec<Vec<Event>> = Vec::new();
    let (mut bytes, mut next) = (0, 0);
    for event in events {
        let size = strict::encode(&event).len();
        let joins = event.seq == next && bytes + size <= BATCH_BYTES;
        (bytes, next) = (if joins { bytes + size } else { size }, event.seq + 1);
        match runs.last_mut() {
            Some(run) if joins && run.len() < MAX_EVENTS => run.push(event),
            _ => runs.push(vec![event]),
        }
    }
    runs
}
