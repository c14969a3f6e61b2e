//! A lane's side of the connection: sends events, receives acks and commands, verifies both.

use std::time::Duration;

use boomgate_domain::decide::Direction;
use boomgate_domain::ids::LaneId;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{Ack, Command, SyncPart, WantedMode};
use boomgate_schemas::envelope::{Header, open, seal};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_schemas::up::{
    self, Answer, Arrival, Boom, ClockState, CommandResult, Event, EventBody, Hello, Passage, PassageKind,
    Reading, ReportedMode, UpBatch, Verdict,
};
use bytes::Bytes;
use ed25519_dalek::{SigningKey, VerifyingKey};
use rumqttc::{AsyncClient, MqttOptions, Packet as MqttPacket, QoS as MqttQos};
use rumqttd::Notification;
use rumqttd::local::{LinkRx, LinkTx};
use tokio::sync::mpsc;
use tokio::time::timeout;
use uuid::Uuid;

use crate::car_park::{TIMEOUT, now};

/// How a test lane reaches the broker.
pub enum Wire {
    Link { tx: LinkTx, received: mpsc::UnboundedReceiver<(String, Bytes)>, rx: Option<LinkRx> },
    Mqtt { client: AsyncClient, received: mpsc::UnboundedReceiver<(String, Bytes)> },
}

impl Wire {
    pub fn link(tx: LinkTx, rx: LinkRx) -> Self {
        Self::Link { tx, received: mpsc::unbounded_channel().1, rx: Some(rx) }
    }

    pub fn mqtt(port: u16, client_id: &str) -> Self {
        let mut options = MqttOptions::new(client_id, "127.0.0.1", port);
        options.set_max_packet_size(70_000, 70_000);
        let (client, mut connection) = AsyncClient::new(options, 64);
        let (sender, received) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                match connection.poll().await {
                    Ok(rumqttc::Event::Incoming(MqttPacket::Publish(publish))) => {
                        if sender.send((publish.topic, publish.payload)).is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        Self::Mqtt { client, received }
    }

    async fn listen(&mut self, topics: &[Topic]) {
        match self {
            Self::Link { tx, received, rx } => {
                for topic in topics {
                    tx.subscribe(topic.to_string()).unwrap();
                }
                let (sender, listening) = mpsc::unbounded_channel();
                *received = listening;
                tokio::spawn(receive_link(rx.take().unwrap(), sender));
            }
            Self::Mqtt { client, .. } => {
                for topic in topics {
                    client.subscribe(topic.to_string(), MqttQos::AtLeastOnce).await.unwrap();
                }
            }
        }
    }

    async fn publish(&mut self, topic: &Topic, bytes: Vec<u8>) {
        match self {
            Self::Link { tx, .. } => {
                tx.publish(topic.to_string(), bytes).unwrap();
            }
            Self::Mqtt { client, .. } => {
                client.publish(topic.to_string(), MqttQos::AtLeastOnce, false, bytes).await.unwrap();
            }
        }
    }

    fn received(&mut self) -> &mut mpsc::UnboundedReceiver<(String, Bytes)> {
        match self {
            Self::Link { received, .. } | Self::Mqtt { received, .. } => received,
        }
    }
}

async fn receive_link(mut rx: LinkRx, sender: mpsc::UnboundedSender<(String, Bytes)>) {
    while let Ok(notification) = rx.next().await {
        match notification {
            Some(Notification::Forward(forward)) => {
                let topic = String::from_utf8(forward.publish.topic.to_vec()).unwrap();
                if sender.send((topic, forward.publish.payload)).is_err() {
                    return;
                }
            }
            Some(Notification::Unschedule) => rx.ready().unwrap(),
            _ => {}
        }
    }
}

/// What every lane says of its camera's view.
pub const VIEW: &str = "plate 15 px high, want 24: move closer or zoom";

pub struct Lane {
    pub id: LaneId,
    pub direction: Direction,
    pub key: SigningKey,
    pub seq: u64,
    pub acked: u64,
    pub rejected: Vec<(u64, String)>,
    pub epoch: [u8; 16],
    pub boot: u32,
    pub spool: Option<[u8; 16]>,
    /// As it says in its hellos.
    pub mode: Option<ReportedMode>,
    /// The newest wish it heard.
    pub wanted: Option<WantedMode>,
    /// What its wall clock says more than ours.
    pub ahead_ms: i64,
    /// Of the offline list, as the hello says it.
    pub list_version: u64,
    /// The highest number above which it must renumber.
    pub above: Option<u64>,
    device: String,
    place: Topic,
    server: VerifyingKey,
    wire: Wire,
    started: std::time::Instant,
    commands: Vec<Command>,
    lists: Vec<SyncPart>,
    echoes: Vec<u64>,
    pub counter: u64,
}

impl Lane {
    pub async fn new(
        id: LaneId,
        direction: Direction,
        (site, lane, device): (&str, &str, &str),
        key: SigningKey,
        server: VerifyingKey,
        mut wire: Wire,
    ) -> Self {
        let place = Topic::new(site.parse().unwrap(), lane.parse().unwrap(), Leaf::Up);
        wire.listen(&[Leaf::Ack, Leaf::Cmd, Leaf::List].map(|leaf| place.with_leaf(leaf))).await;
        Self {
            id,
            direction,
            key,
            seq: 0,
            acked: 0,
            rejected: Vec::new(),
            epoch: *Uuid::now_v7().as_bytes(),
            boot: 1,
            spool: Some([1; 16]),
            mode: None,
            wanted: None,
            ahead_ms: 0,
            list_version: 0,
            above: None,
            device: device.to_owned(),
            place,
            server,
            wire,
            started: std::time::Instant::now(),
            commands: Vec::new(),
            lists: Vec::new(),
            echoes: Vec::new(),
            counter: 0,
        }
    }

    pub fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap() + 5_000
    }

    pub fn topic(&self, leaf: Leaf) -> Topic {
        self.place.with_leaf(leaf)
    }

    fn header(&self, seq: Option<(u64, u64)>) -> Header {
        Header { signer: self.device.clone(), version: 1, seq }
    }

    /// The lane's program starts anew; its store is as it was.
    pub fn restart(&mut self) {
        self.epoch = *Uuid::now_v7().as_bytes();
        self.boot += 1;
    }

    /// The lane's store is lost and made anew.
    pub fn renew_store(&mut self) {
        self.epoch = *Uuid::now_v7().as_bytes();
        (self.boot, self.spool) = (1, Some(*Uuid::now_v7().as_bytes()));
        (self.seq, self.acked, self.above) = (0, 0, None);
    }

    /// Says hello until it is answered, as a lane does.
    pub async fn send_default_hello(&mut self) {
        let deadline = std::time::Instant::now() + TIMEOUT;
        loop {
            let uptime_ms = self.hello().await;
            let until = std::time::Instant::now() + Duration::from_millis(500);
            while std::time::Instant::now() < until {
                self.listen(Duration::from_millis(100)).await;
                if self.echoes.contains(&uptime_ms) {
                    return;
                }
            }
            assert!(std::time::Instant::now() < deadline, "hello was not answered");
        }
    }

    pub async fn hello(&mut self) -> u64 {
        let hello = self.make_hello();
        self.send_hello(hello).await
    }

    pub fn make_hello(&self) -> Hello {
        Hello {
            device: self.device.clone(),
            epoch: Octets(self.epoch),
            boot: self.boot,
            uptime_ms: self.uptime_ms(),
            wall_ms: now().as_millisecond() + self.ahead_ms,
            clock: ClockState::Synced,
            version: "test".into(),
            next_seq: self.seq + 1,
            acked_seq: self.acked,
            backlog: 0,
            command_counter: self.counter,
            boom: Boom::Closed,
            mode: "normal".into(),
            list_version: self.list_version,
            rtt_ms: None,
            faults: Vec::new(),
            view: Some(up::View { score: 62, advice: VIEW.into(), plates: 875 }),
            spool: self.spool.map(Octets),
            lane_mode: self.mode.clone(),
            loops: None,
        }
    }

    pub async fn send_hello(&mut self, hello: Hello) -> u64 {
        let uptime_ms = hello.uptime_ms;
        let topic = self.topic(Leaf::Hello);
        let bytes = seal(&topic, &self.header(None), hello.encode(), &self.key);
        self.wire.publish(&topic, bytes).await;
        uptime_ms
    }

    /// The list as the server sends it by itself.
    pub async fn sent_list(&mut self) -> Vec<SyncPart> {
        let deadline = std::time::Instant::now() + TIMEOUT;
        while self.lists.is_empty() {
            assert!(std::time::Instant::now() < deadline, "no list was sent");
            self.listen(Duration::from_millis(100)).await;
        }
        std::mem::take(&mut self.lists)
    }

    pub async fn ask_list(&mut self, have: u64) -> Vec<SyncPart> {
        let topic = self.topic(Leaf::Sync);
        let bytes = seal(&topic, &self.header(None), up::SyncRequest { have }.encode(), &self.key);
        self.wire.publish(&topic, bytes).await;
        let deadline = std::time::Instant::now() + Duration::from_secs(3);
        while std::time::Instant::now() < deadline && self.lists.is_empty() {
            self.listen(Duration::from_millis(100)).await;
        }
        std::mem::take(&mut self.lists)
    }

    /// The next event, not sent yet.
    pub fn event(&mut self, body: EventBody) -> Event {
        self.seq += 1;
        Event {
            seq: self.seq,
            boot: self.boot,
            id: Uuid::now_v7(),
            at_ms: now().as_millisecond() + self.ahead_ms,
            clock: ClockState::Synced,
            uptime_ms: self.uptime_ms(),
            body,
            was: None,
        }
    }

    /// As [`Lane::event`], but a second earlier on both clocks.
    pub fn event_of_a_second_ago(&mut self, body: EventBody) -> Event {
        let event = self.event(body);
        Event { at_ms: event.at_ms - 1_000, uptime_ms: event.uptime_ms - 1_000, ..event }
    }

    pub fn seal_events(&self, events: Vec<Event>) -> Vec<u8> {
        let batch = UpBatch { events };
        seal(&self.place, &self.header(batch.seq_range()), batch.encode(), &self.key)
    }

    /// Sends `bytes` as this lane's events.
    pub async fn send(&mut self, bytes: Vec<u8>) {
        let topic = self.place.clone();
        self.wire.publish(&topic, bytes).await;
    }

    pub async fn send_elsewhere(&mut self, topic: &Topic, bytes: Vec<u8>) {
        self.wire.publish(topic, bytes).await;
    }

    pub fn raw(&self, payload: Vec<u8>, seq: (u64, u64)) -> Vec<u8> {
        seal(&self.place, &self.header(Some(seq)), payload, &self.key)
    }

    pub async fn send_events(&mut self, events: Vec<Event>) {
        let bytes = self.seal_events(events);
        self.send(bytes).await;
    }

    /// Sends one message with these events.
    pub async fn say(&mut self, bodies: Vec<EventBody>) {
        let events = bodies.into_iter().map(|body| self.event(body)).collect();
        self.send_events(events).await;
    }

    pub async fn arrive(&mut self, plate: &str) -> Uuid {
        let arrival = Uuid::now_v7();
        self.say(vec![arrived(arrival, self.direction, Some(plate))]).await;
        arrival
    }

    pub async fn pass(&mut self, arrival: Uuid) {
        self.say(vec![passed(Some(arrival), self.direction, PassageKind::Passed)]).await;
    }

    /// Arrives, is answered with `code`, obeys.
    pub async fn arrive_and_wait(&mut self, plate: &str, code: &str) -> Uuid {
        let arrival = self.arrive(plate).await;
        let command = self.command().await;
        assert_eq!((command.arrival, command.code.as_str()), (Some(arrival), code));
        self.obey(&command).await;
        arrival
    }

    pub async fn obey(&mut self, command: &Command) {
        self.answer(command, Answer::Done).await;
    }

    pub async fn answer(&mut self, command: &Command, result: Answer) {
        let body = CommandResult {
            command: command.id,
            counter: command.counter,
            result,
            code: None,
            params: Default::default(),
        };
        self.say(vec![EventBody::Result(body)]).await;
    }

    /// The next order, which must be ours, in time and newer than the one before.
    pub async fn command(&mut self) -> Command {
        let command = self.command_within(TIMEOUT).await.expect("an order");
        assert!(command.counter > self.counter, "counter {} after {}", command.counter, self.counter);
        assert_eq!((command.device.as_str(), command.epoch), (self.device.as_str(), Octets(self.epoch)));
        assert!(command.not_after_ms > self.uptime_ms(), "the order is too late already");
        self.counter = command.counter;
        command
    }

    /// The next order of this kind; others that come before it are passed over.
    pub async fn command_that(&mut self, fits: impl Fn(&Command) -> bool) -> Command {
        let deadline = std::time::Instant::now() + TIMEOUT;
        loop {
            assert!(std::time::Instant::now() < deadline, "no such order came");
            let command = self.command_within(TIMEOUT).await.expect("an order");
            self.counter = self.counter.max(command.counter);
            if fits(&command) {
                return command;
            }
        }
    }

    pub async fn command_within(&mut self, limit: Duration) -> Option<Command> {
        let deadline = std::time::Instant::now() + limit;
        loop {
            if !self.commands.is_empty() {
                return Some(self.commands.remove(0));
            }
            if std::time::Instant::now() >= deadline {
                return None;
            }
            self.listen(Duration::from_millis(50)).await;
        }
    }

    /// Waits until everything said so far is acknowledged.
    pub async fn all_acked(&mut self) {
        let seq = self.seq;
        self.acked_upto(seq).await;
    }

    pub async fn acked_upto(&mut self, seq: u64) {
        assert!(
            self.is_acked_within(seq, TIMEOUT).await,
            "seq {seq} is not acknowledged, only {}",
            self.acked
        );
    }

    pub async fn is_acked_within(&mut self, seq: u64, limit: Duration) -> bool {
        let deadline = std::time::Instant::now() + limit;
        while self.acked < seq && std::time::Instant::now() < deadline {
            self.listen(Duration::from_millis(50)).await;
        }
        self.acked >= seq
    }

    /// Waits for the ack that asks it to renumber above `number`.
    pub async fn wait_for_renumber(&mut self, number: u64) {
        let deadline = std::time::Instant::now() + TIMEOUT;
        while self.above != Some(number) {
            assert!(std::time::Instant::now() < deadline, "told {:?}, not {number}", self.above);
            self.listen(Duration::from_millis(50)).await;
        }
    }

    /// Takes in at most one message within `limit`.
    pub async fn listen(&mut self, limit: Duration) {
        let Ok(Some((topic, bytes))) = timeout(limit, self.wire.received().recv()).await else { return };
        let topic: Topic = topic.parse().unwrap();
        let payload = open(&topic, &bytes, "server", &self.server).unwrap().payload;
        match topic.leaf {
            Leaf::Ack => {
                let ack = Ack::decode(&payload).unwrap();
                self.acked = self.acked.max(ack.upto);
                self.rejected.extend(ack.rejected.into_iter().map(|one| (one.seq, one.code)));
                self.echoes.extend(ack.echo);
                self.above = ack.above.or(self.above);
                self.wanted = ack.wanted.or(self.wanted.take());
            }
            Leaf::Cmd => {
                let command = Command::decode(&payload).unwrap();
                let known = command.counter <= self.counter
                    || self.commands.iter().any(|other| other.id == command.id);
                if !known {
                    self.commands.push(command);
                }
            }
            Leaf::List => self.lists.push(SyncPart::decode(&payload).unwrap()),
            Leaf::Up | Leaf::Hello | Leaf::Sync => panic!("{topic} is not for a lane"),
        }
    }
}

pub fn way(direction: Direction) -> up::Direction {
    match direction {
        Direction::Entry => up::Direction::Entry,
        Direction::Exit => up::Direction::Exit,
    }
}

pub fn arrived(arrival: Uuid, direction: Direction, plate: Option<&str>) -> EventBody {
    let reading = plate.map(|plate| Reading {
        plate: plate.into(),
        raw: plate.into(),
        series: None,
        chars: vec![990; plate.len()],
        margin: 900,
        frames: 3,
        verdict: Verdict::Accept,
        candidates: Vec::new(),
    });
    EventBody::Arrival(Arrival {
        arrival,
        direction: way(direction),
        reading,
        evidence: None,
        vehicle_type: None,
    })
}

pub fn passed(arrival: Option<Uuid>, direction: Direction, kind: PassageKind) -> EventBody {
    EventBody::Passage(Passage { arrival, direction: way(direction), kind })
}
