//! One live device: packets in from the socket, checked, to the router's link; and what the router has, out.
//!
//! Discipline that keeps rumqttd's router alive: a link is used by this task only; what would make the router drop the
//! connection (bad topics, unknown or unordered PUBACKs) never reaches it; `ready` is called only between an
//! `Unschedule` and our own `Disconnect`; and the session's place is given back only when the router has let go.

use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use boomgate_schemas::identity::DeviceIdentity;
use bytes::{Bytes, BytesMut};
use rumqttd::Notification;
use rumqttd::protocol::v4::V4;
use rumqttd::protocol::{
    self, ConnAck, ConnectReturnCode, Disconnect, DisconnectReasonCode, LastWill, Packet, PingResp, Protocol,
    Publish, QoS, Subscribe, UnsubAck, Unsubscribe,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use crate::context::{Hall, Socket};
use crate::directory::{Alarm, Claim, Refusal};
use crate::meter::Meter;
use crate::rights::{self, Violation};
use crate::router::Link;
use crate::sessions::{EndReason, Newcomer, Session, Unwanted};

/// How long the router may take to let go of a link.
const GOODBYE: Duration = Duration::from_secs(2);

/// An empty read buffer larger than this is given back.
const LARGE_BUFFER: usize = 16 * 1024;

/// Most topics a device can subscribe to: the leaves it listens to.
const SUBSCRIPTIONS: usize = 8;

/// An admitted device.
pub(crate) struct Caller {
    pub(crate) identity: DeviceIdentity,
    pub(crate) claim: Claim,
    pub(crate) keep_alive: Duration,
    /// The start of its program; none for older ones.
    pub(crate) epoch: Option<String>,
    pub(crate) peer: SocketAddr,
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("device said goodbye")]
    Goodbye,
    #[error("connection closed: {0}")]
    Closed(String),
    #[error("nothing heard for one and a half keep-alives")]
    KeepAlive,
    #[error("device does not read")]
    WriteTimeout,
    #[error("protocol error: {0}")]
    Protocol(String),
    #[error("{0}")]
    Violation(Violation),
    #[error("device sends more than is taken and does not stop")]
    Flooding,
    #[error("told to end: {}", .0.label())]
    Told(EndReason),
    #[error("router let go of the link")]
    Router,
}

impl End {
    fn label(&self) -> &'static str {
        match self {
            Self::Goodbye => "goodbye",
            Self::Closed(_) => "closed",
            Self::KeepAlive => "keep_alive",
            Self::WriteTimeout => "write_timeout",
            Self::Protocol(_) => "protocol",
            Self::Violation(violation) => violation.label(),
            Self::Flooding => "flooding",
            Self::Told(reason) => reason.label(),
            Self::Router => "router",
        }
    }
}

/// The bytes of a CONNACK.
pub(crate) fn connack(code: ConnectReturnCode) -> BytesMut {
    let mut bytes = BytesMut::with_capacity(4);
    let packet = Packet::ConnAck(ConnAck { session_present: false, code }, None);
    V4.write(packet, &mut bytes).expect("a CONNACK with a 3.1.1 code always has a form");
    bytes
}

/// Runs a session from CONNACK to the end of its link.
pub(crate) async fn run(
    mut socket: Box<dyn Socket>,
    mut buffer: BytesMut,
    caller: Caller,
    will: Option<LastWill>,
    hall: &Hall,
) {
    let device = caller.identity.device.clone();
    // Dropping it is safe only while it waits: a session that is taken must be given back.
    let newcomer =
        Newcomer { identity: caller.identity.clone(), peer: caller.peer, epoch: caller.epoch.clone() };
    let taken = tokio::select! {
        taken = hall.sessions.take(&newcomer, hall.limits.twin_hold) => taken,
        () = gone(&mut socket, &mut buffer) => return,
    };
    let (session, link) = match begin(taken, &caller, hall).await {
        Ok(begun) => begun,
        Err(code) => return drop(send(&mut socket, &connack(code), hall).await),
    };
    let meter = hall.sessions.take_meter(&device);
    metrics::gauge!("boomgate_broker_connections").increment(1.0);
    tracing::info!(device = %device, lane = %caller.identity.lane, site = %caller.identity.site, "device connected");
    let mut live = Live {
        socket,
        buffer,
        caller,
        link,
        session,
        meter: meter.unwrap_or_else(|| Meter::new(hall.limits.messages, hall.limits.bytes, Instant::now())),
        paused_until: None,
        subscribed: HashSet::new(),
        unacked: VecDeque::new(),
        out: BytesMut::new(),
    };
    let end = live.run(hall).await;
    metrics::gauge!("boomgate_broker_connections").decrement(1.0);
    metrics::counter!("boomgate_broker_ended_total", "reason" => end.label()).increment(1);
    report(device.as_str(), &end);
    if matches!(end, End::Flooding) {
        let time = hall.sessions.keep_out(&device, "flooding", Instant::now());
        let alarm = Alarm::Flooding { peer: live.caller.peer, kept_out: time };
        hall.directory.report(&live.caller.identity, alarm).await;
    }
    live.finish(&end, will, hall).await;
}

fn report(device: &str, end: &End) {
    match end {
        End::Violation(violation) => {
            metrics::counter!("boomgate_broker_violations_total", "kind" => violation.label()).increment(1);
            tracing::warn!(device, why = %violation, "device cut off: it may not do that");
        }
        End::Protocol(why) => tracing::warn!(device, why, "device cut off: not MQTT as we speak it"),
        End::Flooding => tracing::warn!(device, "device cut off: it floods"),
        End::Router => tracing::error!(device, "router dropped a live device"),
        End::Goodbye | End::Closed(_) | End::KeepAlive | End::WriteTimeout | End::Told(_) => {
            tracing::info!(device, why = %end, "device disconnected");
        }
    }
}

/// The link of a session, or the code that refuses it.
async fn begin(
    taken: Result<Session, Unwanted>,
    caller: &Caller,
    hall: &Hall,
) -> Result<(Session, Link), ConnectReturnCode> {
    let session = match taken {
        Ok(session) => session,
        Err(unwanted) => {
            refuse(caller, unwanted, hall).await;
            return Err(ConnectReturnCode::ServiceUnavailable);
        }
    };
    if let Err(code) = still_admitted(caller, hall).await {
        hall.sessions.leave(session).await;
        return Err(code);
    }
    match hall.linker.link(caller.identity.device.as_str()).await {
        Ok(link) => Ok((session, link)),
        Err(error) => {
            tracing::error!(%error, "no link");
            hall.sessions.leave(session).await;
            Err(ConnectReturnCode::ServiceUnavailable)
        }
    }
}

/// Asked again once the place is taken: it may have changed while the device waited.
async fn still_admitted(caller: &Caller, hall: &Hall) -> Result<(), ConnectReturnCode> {
    let device = &caller.identity.device;
    if recheck_device(caller, hall).await.is_err() {
        refused(caller, "revoked");
        return Err(ConnectReturnCode::NotAuthorized);
    }
    if hall.sessions.is_kept_out(device, Instant::now()).is_some() {
        refused(caller, "kept_out");
        return Err(ConnectReturnCode::ServiceUnavailable);
    }
    Ok(())
}

fn refused(caller: &Caller, reason: &'static str) {
    metrics::counter!("boomgate_broker_refused_total", "reason" => reason).increment(1);
    tracing::info!(device = %caller.identity.device, peer = %caller.peer, reason, "connection refused after it waited");
}

async fn refuse(caller: &Caller, unwanted: Unwanted, hall: &Hall) {
    match unwanted {
        Unwanted::Twin(live) => refuse_twin(caller, live, hall).await,
        Unwanted::Stuck => refused(caller, "stuck"),
        Unwanted::Superseded => refused(caller, "superseded"),
    }
}

/// Ready when the device hangs up while it waits. What it says meanwhile is kept; who says much is not read on.
async fn gone(socket: &mut Box<dyn Socket>, buffer: &mut BytesMut) {
    while buffer.len() < LARGE_BUFFER {
        if !matches!(socket.read_buf(buffer).await, Ok(1..)) {
            return;
        }
    }
    std::future::pending().await
}

/// Two devices with one identity: a card was copied. The one that lives goes on.
async fn refuse_twin(caller: &Caller, live: SocketAddr, hall: &Hall) {
    metrics::counter!("boomgate_broker_refused_total", "reason" => "twin").increment(1);
    let (device, peer) = (&caller.identity.device, caller.peer);
    tracing::warn!(%device, %live, refused = %peer, "a second device with the identity of a living one is refused");
    if hall.may_tell(device) {
        hall.directory.report(&caller.identity, Alarm::Twin { live, refused: peer }).await;
    }
}

struct Live {
    socket: Box<dyn Socket>,
    buffer: BytesMut,
    caller: Caller,
    link: Link,
    session: Session,
    meter: Meter,
    /// Until then nothing is read from it.
    paused_until: Option<Instant>,
    subscribed: HashSet<String>,
    /// Packet ids the router waits for, in the order it wants them.
    unacked: VecDeque<u16>,
    out: BytesMut,
}

impl Live {
    async fn run(&mut self, hall: &Hall) -> End {
        match self.serve(hall).await {
            Err(end) => end,
            Ok(never) => match never {},
        }
    }

    async fn serve(&mut self, hall: &Hall) -> Result<std::convert::Infallible, End> {
        send(&mut self.socket, &connack(ConnectReturnCode::Success), hall).await?;
        let mut recheck = interval_at(later(Instant::now(), hall.limits.recheck), hall.limits.recheck);
        let mut deadline = later(Instant::now(), self.caller.keep_alive);
        // What it said before it was admitted counts as well, and so does what it sent over an earlier connection.
        let bytes = self.buffer.len();
        let messages = self.take_packets(hall).await?;
        self.meter(messages, bytes, hall)?;
        loop {
            let paused = self.paused_until;
            tokio::select! {
                read = self.socket.read_buf(&mut self.buffer), if paused.is_none() => {
                    let bytes = heard(read)?;
                    let messages = self.take_packets(hall).await?;
                    self.meter(messages, bytes, hall)?;
                    deadline = later(self.paused_until.unwrap_or_else(Instant::now), self.caller.keep_alive);
                }
                () = sleep_until(paused.unwrap_or(deadline)), if paused.is_some() => self.paused_until = None,
                notification = self.link.rx.next() => {
                    let first = notification.map_err(|_| End::Router)?;
                    self.forward(first, hall).await?;
                }
                reason = self.session.told_to_end() => return Err(End::Told(reason)),
                () = sleep_until(deadline) => return Err(End::KeepAlive),
                _ = recheck.tick() => recheck_device(&self.caller, hall).await?,
            }
        }
    }

    /// Counts what was read, and stops reading for a while if it is too much.
    fn meter(&mut self, messages: usize, bytes: usize, hall: &Hall) -> Result<(), End> {
        let now = Instant::now();
        self.paused_until = self.meter.read(messages, bytes, now);
        if self.paused_until.is_some() {
            metrics::counter!("boomgate_broker_pauses_total").increment(1);
        }
        if self.meter.busy_for(now) > hall.limits.flooding_after { Err(End::Flooding) } else { Ok(()) }
    }

    /// Everything that is complete in the buffer; how many packets that were.
    async fn take_packets(&mut self, hall: &Hall) -> Result<usize, End> {
        let mut taken = 0_usize;
        while let Some(first_byte) = self.buffer.first().copied() {
            match V4.read_mut(&mut self.buffer, hall.limits.packet_bytes) {
                Ok(packet) => {
                    taken = taken.saturating_add(1);
                    self.session.heard();
                    self.take(packet, first_byte, hall).await?;
                }
                Err(protocol::Error::InsufficientBytes(_)) => break,
                Err(error) => return Err(End::Protocol(error.to_string())),
            }
        }
        if self.buffer.is_empty() && self.buffer.capacity() > LARGE_BUFFER {
            self.buffer = BytesMut::new();
        }
        Ok(taken)
    }

    async fn take(&mut self, packet: Packet, first_byte: u8, hall: &Hall) -> Result<(), End> {
        match packet {
            Packet::Publish(publish, _) => self.take_publish(publish, first_byte).await,
            Packet::Subscribe(subscribe, _) => self.take_subscribe(subscribe).await,
            Packet::Unsubscribe(unsubscribe, _) => self.take_unsubscribe(unsubscribe, hall).await,
            Packet::PubAck(ack, _) => {
                if self.unacked.pop_front() != Some(ack.pkid) {
                    return Err(End::Protocol(format!("PUBACK {} is not the next one", ack.pkid)));
                }
                self.route(Packet::PubAck(ack, None)).await
            }
            Packet::PingReq(_) => self.reply(Packet::PingResp(PingResp), hall).await,
            Packet::Disconnect(_, _) => Err(End::Goodbye),
            Packet::Connect(..) => Err(End::Protocol("a second CONNECT".into())),
            Packet::PubRec(..) | Packet::PubRel(..) | Packet::PubComp(..) => {
                Err(End::Violation(Violation::Qos2))
            }
            Packet::ConnAck(..) | Packet::SubAck(..) | Packet::UnsubAck(..) | Packet::PingResp(_) => {
                Err(End::Protocol("a packet only servers send".into()))
            }
        }
    }

    async fn take_publish(&mut self, mut publish: Publish, first_byte: u8) -> Result<(), End> {
        let qos = (first_byte >> 1) & 0b11;
        rights::may_publish(
            &self.caller.identity,
            &publish.topic,
            qos,
            publish.retain,
            publish.payload.len(),
        )
        .map_err(End::Violation)?;
        metrics::counter!("boomgate_broker_messages_total", "direction" => "up").increment(1);
        // Both are parts of the read buffer: in the router's log a small one would keep all of it.
        publish.topic = Bytes::copy_from_slice(&publish.topic);
        publish.payload = Bytes::copy_from_slice(&publish.payload);
        self.route(Packet::Publish(publish, None)).await
    }

    /// Always QoS 1: the router then waits for our PUBACKs instead of racing ahead of a slow lane.
    async fn take_subscribe(&mut self, mut subscribe: Subscribe) -> Result<(), End> {
        for filter in &mut subscribe.filters {
            rights::may_subscribe(&self.caller.identity, &filter.path).map_err(End::Violation)?;
            filter.qos = QoS::AtLeastOnce;
            self.subscribed.insert(filter.path.clone());
        }
        if subscribe.filters.is_empty() || self.subscribed.len() > SUBSCRIPTIONS {
            return Err(End::Protocol("no filter, or too many".into()));
        }
        self.route(Packet::Subscribe(subscribe, None)).await
    }

    /// The router answers only for filters it knows.
    async fn take_unsubscribe(&mut self, unsubscribe: Unsubscribe, hall: &Hall) -> Result<(), End> {
        if unsubscribe.filters.len() == 1 && self.subscribed.remove(&unsubscribe.filters[0]) {
            return self.route(Packet::Unsubscribe(unsubscribe, None)).await;
        }
        self.reply(Packet::UnsubAck(UnsubAck { pkid: unsubscribe.pkid, reasons: Vec::new() }, None), hall)
            .await
    }

    async fn route(&mut self, packet: Packet) -> Result<(), End> {
        self.link.tx.send(packet).await.map(drop).map_err(|_| End::Router)
    }

    async fn reply(&mut self, packet: Packet, hall: &Hall) -> Result<(), End> {
        self.queue(packet)?;
        self.flush(hall).await
    }

    /// Writes `first` and all the router has ready, in one piece.
    async fn forward(&mut self, first: Option<Notification>, hall: &Hall) -> Result<(), End> {
        let mut unscheduled = false;
        let mut next = first;
        while let Some(notification) = next {
            unscheduled |= self.take_notification(notification)?;
            next = match futures_now(self.link.rx.next()) {
                Some(more) => more.map_err(|_| End::Router)?,
                None => None,
            };
        }
        self.flush(hall).await?;
        if unscheduled {
            self.link.rx.ready().map_err(|_| End::Router)?;
        }
        Ok(())
    }

    /// `true` if the router stopped and wants to be woken.
    fn take_notification(&mut self, notification: Notification) -> Result<bool, End> {
        if let Notification::Forward(forward) = &notification {
            metrics::counter!("boomgate_broker_messages_total", "direction" => "down").increment(1);
            self.unacked.push_back(packet_id(&forward.publish));
        }
        match Option::<Packet>::from(notification) {
            Some(Packet::Disconnect(..)) => Err(End::Router),
            Some(packet) => self.queue(packet).map(|()| false),
            None => Ok(true),
        }
    }

    fn queue(&mut self, packet: Packet) -> Result<(), End> {
        V4.write(packet, &mut self.out).map(drop).map_err(|error| End::Protocol(error.to_string()))
    }

    async fn flush(&mut self, hall: &Hall) -> Result<(), End> {
        let result = send(&mut self.socket, &self.out, hall).await;
        self.out.clear();
        result
    }

    /// Sends the will if the device vanished, then waits until the router has let go.
    async fn finish(mut self, end: &End, will: Option<LastWill>, hall: &Hall) {
        if let (Some(will), false) = (will, matches!(end, End::Goodbye | End::Told(_) | End::Flooding)) {
            let publish = Publish::new(will.topic, will.message, false);
            drop(self.link.tx.send(Packet::Publish(publish, None)).await);
        }
        let goodbye = Disconnect { reason_code: DisconnectReasonCode::NormalDisconnection };
        if self.link.tx.send(Packet::Disconnect(goodbye, None)).await.is_ok() {
            drop(timeout(GOODBYE, async { while self.link.rx.next().await.is_ok() {} }).await);
        }
        drop(timeout(Duration::from_secs(1), self.socket.shutdown()).await);
        hall.sessions.keep_meter(&self.caller.identity.device, self.meter, Instant::now());
        hall.sessions.leave(self.session).await;
    }
}

/// A directory that does not answer ends nobody.
async fn recheck_device(caller: &Caller, hall: &Hall) -> Result<(), End> {
    match hall.directory.admit(&caller.claim).await {
        Ok(identity) if identity == caller.identity => Ok(()),
        Err(Refusal::Unavailable) => Ok(()),
        Ok(_) | Err(Refusal::Unknown | Refusal::Revoked | Refusal::WrongCertificate) => {
            Err(End::Told(EndReason::Revoked))
        }
    }
}

fn later(at: Instant, time: Duration) -> Instant {
    at.checked_add(time).unwrap_or(at)
}

fn heard(read: std::io::Result<usize>) -> Result<usize, End> {
    match read {
        Ok(0) => Err(End::Closed("by the device".into())),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(End::Closed(error.to_string())),
    }
}

async fn send(socket: &mut Box<dyn Socket>, bytes: &[u8], hall: &Hall) -> Result<(), End> {
    match timeout(hall.limits.write_timeout, async {
        socket.write_all(bytes).await?;
        socket.flush().await
    })
    .await
    {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(End::Closed(error.to_string())),
        Err(_) => Err(End::WriteTimeout),
    }
}

/// rumqttd keeps the packet id private; its own serial form shows it in bytes 1 and 2.
fn packet_id(publish: &Publish) -> u16 {
    let mut bare = publish.clone();
    bare.topic.clear();
    bare.payload.clear();
    let head = bare.serialize();
    u16::from_be_bytes([head[1], head[2]])
}

/// The result of a future that is ready at once.
fn futures_now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}
