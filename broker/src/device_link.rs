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

use crate::context::{BrokerContext, Socket};
use crate::directory::{Alarm, Claim, Refusal};
use crate::link_end::{self, End};
use crate::meter::Meter;
use crate::rights::{self, Violation};
use crate::router::Link;
use crate::sessions::{EndReason, Session, SessionRefusal, SessionRequest};

/// How long the router may take to let go of a link.
const LINK_CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// An empty read buffer larger than this is given back.
const LARGE_BUFFER: usize = 16 * 1024;

/// Most topics a device can subscribe to: the leaves addressed to it.
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
    context: &BrokerContext,
) {
    let device = caller.identity.device.clone();
    // Dropping it is safe only while it waits: a session that is taken must be given back.
    let request =
        SessionRequest { identity: caller.identity.clone(), peer: caller.peer, epoch: caller.epoch.clone() };
    let taken = tokio::select! {
        taken = context.sessions.take(&request, context.limits.twin_hold) => taken,
        () = gone(&mut socket, &mut buffer) => return,
    };
    let (session, link) = match begin(taken, &caller, context).await {
        Ok(begun) => begun,
        Err(code) => return drop(send(&mut socket, &connack(code), context).await),
    };
    let meter = context.sessions.take_meter(&device);
    metrics::gauge!("boomgate_broker_connections").increment(1.0);
    tracing::info!(device.code = %device, lane.code = %caller.identity.lane, site.code = %caller.identity.site, "device connected");
    let mut live = Live {
        socket,
        buffer,
        caller,
        link,
        session,
        meter: meter
            .unwrap_or_else(|| Meter::new(context.limits.messages, context.limits.bytes, Instant::now())),
        paused_until: None,
        subscribed: HashSet::new(),
        unacked: VecDeque::new(),
        out: BytesMut::new(),
    };
    let end = live.run(context).await;
    metrics::gauge!("boomgate_broker_connections").decrement(1.0);
    metrics::counter!("boomgate_broker_ended_total", "reason" => end.label()).increment(1);
    link_end::report(device.as_str(), &end);
    if matches!(end, End::Flooding) {
        let time = context.sessions.ban(&device, "flooding", Instant::now());
        let alarm = Alarm::Flooding { peer: live.caller.peer, kept_out: time };
        context.directory.report(&live.caller.identity, alarm).await;
    }
    live.finish(&end, will, context).await;
}

/// The link of a session, or the code that refuses it.
async fn begin(
    taken: Result<Session, SessionRefusal>,
    caller: &Caller,
    context: &BrokerContext,
) -> Result<(Session, Link), ConnectReturnCode> {
    let session = match taken {
        Ok(session) => session,
        Err(refusal) => {
            refuse(caller, refusal, context).await;
            return Err(ConnectReturnCode::ServiceUnavailable);
        }
    };
    if let Err(code) = still_admitted(caller, context).await {
        context.sessions.leave(session).await;
        return Err(code);
    }
    match context.linker.link(caller.identity.device.as_str()).await {
        Ok(link) => Ok((session, link)),
        Err(error) => {
            tracing::error!(%error, "connection refused: the router gave no link");
            context.sessions.leave(session).await;
            Err(ConnectReturnCode::ServiceUnavailable)
        }
    }
}

/// Asked again once the place is taken: it may have changed while the device waited.
async fn still_admitted(caller: &Caller, context: &BrokerContext) -> Result<(), ConnectReturnCode> {
    let device = &caller.identity.device;
    if recheck_device(caller, context).await.is_err() {
        refused(caller, "revoked");
        return Err(ConnectReturnCode::NotAuthorized);
    }
    if context.sessions.ban_of(device, Instant::now()).is_some() {
        refused(caller, "kept_out");
        return Err(ConnectReturnCode::ServiceUnavailable);
    }
    Ok(())
}

fn refused(caller: &Caller, reason: &'static str) {
    metrics::counter!("boomgate_broker_refused_total", "reason" => reason).increment(1);
    tracing::info!(device.code = %caller.identity.device, peer = %caller.peer, reason, "connection refused: the session before it goes on");
}

async fn refuse(caller: &Caller, refusal: SessionRefusal, context: &BrokerContext) {
    match refusal {
        SessionRefusal::Twin(live) => refuse_twin(caller, live, context).await,
        SessionRefusal::Stuck => refused(caller, "stuck"),
        SessionRefusal::Superseded => refused(caller, "superseded"),
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

/// Two devices with one identity: a card was copied. The connected one stays connected.
async fn refuse_twin(caller: &Caller, live: SocketAddr, context: &BrokerContext) {
    metrics::counter!("boomgate_broker_refused_total", "reason" => "twin").increment(1);
    let (device, peer) = (&caller.identity.device, caller.peer);
    tracing::warn!(device.code = %device, %live, refused = %peer, "connection refused: another device with this identity is connected");
    if context.may_report(device) {
        context.directory.report(&caller.identity, Alarm::Twin { live, refused: peer }).await;
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
    async fn run(&mut self, context: &BrokerContext) -> End {
        match self.serve(context).await {
            Err(end) => end,
            Ok(never) => match never {},
        }
    }

    async fn serve(&mut self, context: &BrokerContext) -> Result<std::convert::Infallible, End> {
        send(&mut self.socket, &connack(ConnectReturnCode::Success), context).await?;
        let mut recheck = interval_at(later(Instant::now(), context.limits.recheck), context.limits.recheck);
        let mut deadline = later(Instant::now(), self.caller.keep_alive);
        // What it said before it was admitted counts as well, and so does what it sent over an earlier connection.
        let bytes = self.buffer.len();
        let messages = self.take_packets(context).await?;
        self.meter(messages, bytes, context)?;
        loop {
            let paused = self.paused_until;
            tokio::select! {
                read = self.socket.read_buf(&mut self.buffer), if paused.is_none() => {
                    let bytes = received(read)?;
                    let messages = self.take_packets(context).await?;
                    self.meter(messages, bytes, context)?;
                    deadline = later(self.paused_until.unwrap_or_else(Instant::now), self.caller.keep_alive);
                }
                () = sleep_until(paused.unwrap_or(deadline)), if paused.is_some() => self.paused_until = None,
                notification = self.link.rx.next() => {
                    let first = notification.map_err(|_| End::Router)?;
                    self.forward(first, context).await?;
                }
                reason = self.session.end_requested() => return Err(End::Evicted(reason)),
                () = sleep_until(deadline) => return Err(End::KeepAlive),
                _ = recheck.tick() => recheck_device(&self.caller, context).await?,
            }
        }
    }

    /// Counts what was read, and stops reading for a while if it is too much.
    fn meter(&mut self, messages: usize, bytes: usize, context: &BrokerContext) -> Result<(), End> {
        let now = Instant::now();
        self.paused_until = self.meter.read(messages, bytes, now);
        if self.paused_until.is_some() {
            metrics::counter!("boomgate_broker_pauses_total").increment(1);
        }
        if self.meter.busy_for(now) > context.limits.flooding_after { Err(End::Flooding) } else { Ok(()) }
    }

    /// Everything that is complete in the buffer; how many packets that were.
    async fn take_packets(&mut self, context: &BrokerContext) -> Result<usize, End> {
        let mut taken = 0_usize;
        while let Some(first_byte) = self.buffer.first().copied() {
            match V4.read_mut(&mut self.buffer, context.limits.packet_bytes) {
                Ok(packet) => {
                    taken = taken.saturating_add(1);
                    self.session.note_packet();
                    self.take(packet, first_byte, context).await?;
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

    async fn take(&mut self, packet: Packet, first_byte: u8, context: &BrokerContext) -> Result<(), End> {
        match packet {
            Packet::Publish(publish, _) => self.take_publish(publish, first_byte).await,
            Packet::Subscribe(subscribe, _) => self.take_subscribe(subscribe).await,
            Packet::Unsubscribe(unsubscribe, _) => self.take_unsubscribe(unsubscribe, context).await,
            Packet::PubAck(ack, _) => {
                if self.unacked.pop_front() != Some(ack.pkid) {
                    return Err(End::Protocol(format!("PUBACK {} is not the next one", ack.pkid)));
                }
                self.route(Packet::PubAck(ack, None)).await
            }
            Packet::PingReq(_) => self.reply(Packet::PingResp(PingResp), context).await,
            Packet::Disconnect(_, _) => Err(End::Disconnected),
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
    async fn take_unsubscribe(
        &mut self,
        unsubscribe: Unsubscribe,
        context: &BrokerContext,
    ) -> Result<(), End> {
        if unsubscribe.filters.len() == 1 && self.subscribed.remove(&unsubscribe.filters[0]) {
            return self.route(Packet::Unsubscribe(unsubscribe, None)).await;
        }
        self.reply(Packet::UnsubAck(UnsubAck { pkid: unsubscribe.pkid, reasons: Vec::new() }, None), context)
            .await
    }

    async fn route(&mut self, packet: Packet) -> Result<(), End> {
        self.link.tx.send(packet).await.map(drop).map_err(|_| End::Router)
    }

    async fn reply(&mut self, packet: Packet, context: &BrokerContext) -> Result<(), End> {
        self.queue(packet)?;
        self.flush(context).await
    }

    /// Writes `first` and all the router has ready, in one piece.
    async fn forward(&mut self, first: Option<Notification>, context: &BrokerContext) -> Result<(), End> {
        let mut unscheduled = false;
        let mut next = first;
        while let Some(notification) = next {
            unscheduled |= self.take_notification(notification)?;
            next = match futures_now(self.link.rx.next()) {
                Some(more) => more.map_err(|_| End::Router)?,
                None => None,
            };
        }
        self.flush(context).await?;
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

    async fn flush(&mut self, context: &BrokerContext) -> Result<(), End> {
        let result = send(&mut self.socket, &self.out, context).await;
        self.out.clear();
        result
    }

    /// Sends the will if the device vanished, then waits until the router has let go.
    async fn finish(mut self, end: &End, will: Option<LastWill>, context: &BrokerContext) {
        if let (Some(will), false) =
            (will, matches!(end, End::Disconnected | End::Evicted(_) | End::Flooding))
        {
            let publish = Publish::new(will.topic, will.message, false);
            drop(self.link.tx.send(Packet::Publish(publish, None)).await);
        }
        let goodbye = Disconnect { reason_code: DisconnectReasonCode::NormalDisconnection };
        if self.link.tx.send(Packet::Disconnect(goodbye, None)).await.is_ok() {
            drop(timeout(LINK_CLOSE_TIMEOUT, async { while self.link.rx.next().await.is_ok() {} }).await);
        }
        drop(timeout(Duration::from_secs(1), self.socket.shutdown()).await);
        context.sessions.keep_meter(&self.caller.identity.device, self.meter, Instant::now());
        context.sessions.leave(self.session).await;
    }
}

/// A directory that does not answer ends no session.
async fn recheck_device(caller: &Caller, context: &BrokerContext) -> Result<(), End> {
    match context.directory.admit(&caller.claim).await {
        Ok(identity) if identity == caller.identity => Ok(()),
        Err(Refusal::Unavailable) => Ok(()),
        Ok(_) | Err(Refusal::Unknown | Refusal::Revoked | Refusal::WrongCertificate) => {
            Err(End::Evicted(EndReason::Revoked))
        }
    }
}

fn later(at: Instant, time: Duration) -> Instant {
    at.checked_add(time).unwrap_or(at)
}

fn received(read: std::io::Result<usize>) -> Result<usize, End> {
    match read {
        Ok(0) => Err(End::Closed("by the device".into())),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(End::Closed(error.to_string())),
    }
}

async fn send(socket: &mut Box<dyn Socket>, bytes: &[u8], context: &BrokerContext) -> Result<(), End> {
    match timeout(context.limits.write_timeout, async {
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
