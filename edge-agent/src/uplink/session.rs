//! One session with the server, from CONNACK to its end: greetings, events out, the window of what is under way.

use std::time::{Duration, Instant};

use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::Leaf;
use boomgate_schemas::up::{Event, EventBody, Hello, ReportedMode, SyncRequest, UpBatch};
use boomgate_schemas::{MAX_EVENTS, MAX_PAYLOAD, strict};
use rand::Rng;
use rumqttc::{AsyncClient, ConnectReturnCode, Packet, QoS, SubscribeFilter, SubscribeReasonCode};
use tokio::sync::mpsc;
use tracing::{debug, info};

use super::connection::{Ended, MAX_MISSED_HEARTBEATS, Polled};
use super::event::UplinkEvent;
use super::line::Uplink;

/// Encoded events of one message, leaving room for envelope and headers.
const BATCH_BYTES: usize = MAX_PAYLOAD - 4 * 1024;
const HEARTBEAT: Duration = Duration::from_secs(10);
/// The offline list is requested again after so many heartbeats.
const HEARTBEATS_PER_SYNC: u32 = 30;
const BACKLOG_READ: usize = MAX_EVENTS;

/// One connection, from CONNACK to its end.
pub(super) struct Session<'a> {
    pub(super) line: &'a mut Uplink,
    pub(super) client: AsyncClient,
    pub(super) ready: bool,
    pub(super) unanswered: u32,
    pub(super) beats: u32,
    /// The mode named in the last greeting.
    pub(super) told_mode: Option<ReportedMode>,
}

impl<'a> Session<'a> {
    pub(super) fn new(line: &'a mut Uplink, client: AsyncClient) -> Session<'a> {
        line.window.restart(line.clock.uptime_ms());
        Session { line, client, ready: false, unanswered: 0, beats: 0, told_mode: None }
    }

    pub(super) async fn run(mut self, mut packets: mpsc::Receiver<Polled>) -> Ended {
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
                    self.renumber_if_pending().await;
                    self.greet()
                }
                Ok(()) = self.line.lane.changed(), if self.ready => self.tell_mode(),
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
        info!("connected to the server");
        let _ = self.line.uplink_events.send(UplinkEvent::Up).await;
        self.renumber_if_pending().await;
        self.greet()?;
        self.request_list()
    }

    /// Says hello; the answer is an ack with our uptime as echo.
    fn greet(&mut self) -> Result<(), Ended> {
        if self.unanswered >= MAX_MISSED_HEARTBEATS {
            return Err(Ended::Silent);
        }
        self.unanswered += 1;
        self.beats += 1;
        if self.beats.is_multiple_of(HEARTBEATS_PER_SYNC) {
            self.request_list()?;
        }
        let hello = self.hello();
        self.told_mode.clone_from(&hello.lane_mode);
        self.publish(Leaf::Hello, None, hello.encode())
    }

    /// People wait to see that a lane obeys: another mode is not left to the next heartbeat.
    fn tell_mode(&mut self) -> Result<(), Ended> {
        let told = self.told_mode.as_ref() == Some(&self.line.lane.borrow().lane_mode);
        if told { Ok(()) } else { self.greet() }
    }

    fn request_list(&self) -> Result<(), Ended> {
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
            lane_mode: Some(lane.lane_mode),
            loops: lane.loops,
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
            let _ =
                self.line.uplink_events.send(UplinkEvent::Published { arrival, at: Instant::now() }).await;
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
        if self.line.renumber_above.is_some() {
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
            events.retain(|event| !self.line.window.is_in_flight(event.seq));
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
            debug!("no ack in time; unacknowledged events are sent again");
        }
        Ok(())
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
