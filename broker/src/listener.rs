//! Accept, handshake, CONNECT: each connection in a task of its own, and no step without a time limit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use boomgate_domain::ids::DeviceCode;
use boomgate_schemas::identity::DeviceIdentity;
use bytes::BytesMut;
use rumqttd::protocol::v4::V4;
use rumqttd::protocol::{self, Connect, ConnectReturnCode, LastWill, Packet, Protocol};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::context::{BrokerContext, Socket};
use crate::device_link::{self, Caller};
use crate::directory::{Claim, Refusal};
use crate::error::BrokerError;
use crate::limits::{ConnectionPermit, Full};
use crate::{identity, rights};

/// Largest CONNECT: a client id, a will of ours and some air.
const CONNECT_BYTES: usize = 4096;

/// Keep-alive limits in seconds; a lane that wants none gets none.
const KEEP_ALIVE: std::ops::RangeInclusive<u16> = 1..=300;

#[derive(Clone)]
pub(crate) enum Transport {
    Tls(TlsAcceptor),
    Plain,
}

/// Accepts for ever. An error of `accept` itself (too many files) is waited out.
pub(crate) async fn accept(
    listener: TcpListener,
    transport: Transport,
    context: Arc<BrokerContext>,
) -> Result<(), BrokerError> {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => admit(stream, peer, &transport, &context),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn admit(stream: TcpStream, peer: SocketAddr, transport: &Transport, context: &Arc<BrokerContext>) {
    match context.limiter.enter(peer.ip()) {
        Ok(permit) => drop(tokio::spawn(serve(stream, peer, transport.clone(), permit, Arc::clone(context)))),
        Err(full) => refuse_full(peer, full),
    }
}

fn refuse_full(peer: SocketAddr, full: Full) {
    metrics::counter!("boomgate_broker_refused_total", "reason" => full.label()).increment(1);
    tracing::debug!(%peer, limit = full.label(), "connection refused: limit reached");
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    transport: Transport,
    mut permit: ConnectionPermit,
    context: Arc<BrokerContext>,
) {
    // Without this, PUBACK and command wait for each other's TCP acknowledgement: 40 ms on every decision.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    // A connection that has sent nothing yields first.
    let first = timeout(context.limits.handshake_timeout, stream.readable());
    tokio::select! {
        () = permit.yielded() => return refuse_yielded(peer),
        first = first => match first {
            Ok(Ok(())) => permit.first_byte(),
            Ok(Err(_)) => return,
            Err(_) => return refused(peer, "handshake_timeout", "nothing was sent in time"),
        },
    }
    let admitted = tokio::select! {
        () = permit.yielded() => return refuse_yielded(peer),
        admitted = identify(stream, peer, transport, &context) => admitted,
    };
    let Some(admitted) = admitted else { return };
    let Some(_permit) = permit.known() else { return refuse_yielded(peer) };
    let Admitted { socket, buffer, caller, will } = admitted;
    device_link::run(socket, buffer, caller, will, &context).await;
}

fn refuse_yielded(peer: SocketAddr) {
    metrics::counter!("boomgate_broker_refused_total", "reason" => "yielded").increment(1);
    tracing::debug!(%peer, "half-open connection closed: its place was given to a newer connection");
}

/// A connection that has said who it is.
struct Admitted {
    socket: Box<dyn Socket>,
    buffer: BytesMut,
    caller: Caller,
    will: Option<LastWill>,
}

/// Everything up to a valid CONNECT; `None` for a rejected connection.
async fn identify(
    stream: TcpStream,
    peer: SocketAddr,
    transport: Transport,
    context: &BrokerContext,
) -> Option<Admitted> {
    match transport {
        Transport::Plain => read_and_admit(Box::new(stream), None, peer, context).await,
        Transport::Tls(acceptor) => handshake(stream, acceptor, peer, context).await,
    }
}

async fn handshake(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    peer: SocketAddr,
    context: &BrokerContext,
) -> Option<Admitted> {
    let stream = match timeout(context.limits.handshake_timeout, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            refused(peer, "handshake", &error.to_string());
            return None;
        }
        Err(_) => {
            refused(peer, "handshake_timeout", "no TLS handshake in time");
            return None;
        }
    };
    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let claim = certificate.and_then(|certificate| {
        let fingerprint = Sha256::digest(certificate.as_ref()).into();
        identity::of_certificate(certificate).map(|identity| Claim::Certificate { identity, fingerprint })
    });
    match claim {
        Some(claim) => read_and_admit(Box::new(stream), Some(claim), peer, context).await,
        None => {
            refused(peer, "certificate", "certificate names no device");
            None
        }
    }
}

fn refused(peer: SocketAddr, reason: &'static str, why: &str) {
    metrics::counter!("boomgate_broker_refused_total", "reason" => reason).increment(1);
    tracing::info!(%peer, reason, why, "connection refused");
}

/// Reads CONNECT and asks the directory.
async fn read_and_admit(
    mut socket: Box<dyn Socket>,
    claim: Option<Claim>,
    peer: SocketAddr,
    context: &BrokerContext,
) -> Option<Admitted> {
    let mut buffer = BytesMut::with_capacity(1024);
    let connect = match timeout(context.limits.connect_timeout, read_connect(&mut socket, &mut buffer)).await
    {
        Ok(Ok(connect)) => connect,
        Ok(Err(refusal)) => {
            reject(socket, peer, refusal).await;
            return None;
        }
        Err(_) => {
            refused(peer, "connect_timeout", "no CONNECT in time");
            return None;
        }
    };
    match caller(&connect, claim, peer, context).await {
        Ok(caller) => Some(Admitted { socket, buffer, caller, will: connect.will }),
        Err(refusal) => {
            reject(socket, peer, refusal).await;
            None
        }
    }
}

/// What a CONNECT says, as far as it matters here.
struct ConnectRequest {
    connect: Connect,
    will: Option<LastWill>,
    /// The start of the lane's program, as its user name says; older programs say nothing.
    epoch: Option<String>,
}

/// Why a CONNECT is not accepted, and the code that says so.
#[derive(Debug, thiserror::Error)]
enum ConnectRefusal {
    #[error("not a CONNECT of MQTT 3.1.1: {0}")]
    Protocol(String),
    #[error("MQTT version is not 3.1.1")]
    Version,
    #[error("client id {0:?} is not the device of the certificate")]
    ClientId(String),
    #[error("keep-alive of {0} s is outside {KEEP_ALIVE:?}")]
    KeepAlive(u16),
    #[error("will is not allowed: {0}")]
    Will(rights::Violation),
    #[error("device is banned for a while: {0}")]
    Banned(&'static str),
    #[error(transparent)]
    Directory(Refusal),
}

impl ConnectRefusal {
    fn code(&self) -> Option<ConnectReturnCode> {
        match self {
            Self::Protocol(_) => None,
            Self::Version => Some(ConnectReturnCode::RefusedProtocolVersion),
            Self::ClientId(_) | Self::KeepAlive(_) => Some(ConnectReturnCode::ClientIdentifierNotValid),
            Self::Banned(_) | Self::Directory(Refusal::Unavailable) => {
                Some(ConnectReturnCode::ServiceUnavailable)
            }
            Self::Will(_) | Self::Directory(_) => Some(ConnectReturnCode::NotAuthorized),
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Protocol(_) => "protocol",
            Self::Version => "version",
            Self::ClientId(_) => "client_id",
            Self::KeepAlive(_) => "keep_alive",
            Self::Will(_) => "will",
            Self::Banned(_) => "kept_out",
            Self::Directory(Refusal::Unknown) => "unknown_device",
            Self::Directory(Refusal::Revoked) => "revoked",
            Self::Directory(Refusal::WrongCertificate) => "wrong_certificate",
            Self::Directory(Refusal::Unavailable) => "directory_unavailable",
        }
    }
}

async fn read_connect(
    socket: &mut Box<dyn Socket>,
    buffer: &mut BytesMut,
) -> Result<ConnectRequest, ConnectRefusal> {
    loop {
        match V4.read_mut(buffer, CONNECT_BYTES) {
            Ok(Packet::Connect(connect, _, will, _, login)) => {
                let epoch = login.map(|login| login.username).filter(|name| is_epoch(name));
                return Ok(ConnectRequest { connect, will, epoch });
            }
            Ok(_) => return Err(ConnectRefusal::Protocol("another packet came first".into())),
            Err(protocol::Error::InsufficientBytes(_)) => {}
            Err(protocol::Error::InvalidProtocolLevel(_)) => return Err(ConnectRefusal::Version),
            Err(error) => return Err(ConnectRefusal::Protocol(error.to_string())),
        }
        match socket.read_buf(buffer).await {
            Ok(0) => return Err(ConnectRefusal::Protocol("closed before CONNECT".into())),
            Ok(_) => {}
            Err(error) => return Err(ConnectRefusal::Protocol(error.to_string())),
        }
    }
}

/// 16 bytes in lowercase hex.
fn is_epoch(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

async fn caller(
    ConnectRequest { connect, will, epoch }: &ConnectRequest,
    claim: Option<Claim>,
    peer: SocketAddr,
    context: &BrokerContext,
) -> Result<Caller, ConnectRefusal> {
    let device: DeviceCode =
        connect.client_id.parse().map_err(|_| ConnectRefusal::ClientId(printable(&connect.client_id)))?;
    if !KEEP_ALIVE.contains(&connect.keep_alive) {
        return Err(ConnectRefusal::KeepAlive(connect.keep_alive));
    }
    let claim = claim.unwrap_or(Claim::Loopback { device: device.clone() });
    let identity = context.directory.admit(&claim).await.map_err(ConnectRefusal::Directory)?;
    if identity.device != device {
        return Err(ConnectRefusal::ClientId(printable(&connect.client_id)));
    }
    check_will(&identity, will.as_ref())?;
    if let Some(why) = context.sessions.ban_of(&identity.device, tokio::time::Instant::now()) {
        return Err(ConnectRefusal::Banned(why));
    }
    let keep_alive = Duration::from_secs(u64::from(connect.keep_alive)).mul_f32(1.5);
    Ok(Caller { identity, claim, keep_alive, epoch: epoch.clone(), peer })
}

fn check_will(identity: &DeviceIdentity, will: Option<&LastWill>) -> Result<(), ConnectRefusal> {
    let Some(will) = will else { return Ok(()) };
    rights::may_publish(identity, &will.topic, will.qos as u8, will.retain, will.message.len())
        .map_err(ConnectRefusal::Will)
}

fn printable(text: &str) -> String {
    text.chars().take(64).map(|c| if c.is_control() { '?' } else { c }).collect()
}

async fn reject(mut socket: Box<dyn Socket>, peer: SocketAddr, refusal: ConnectRefusal) {
    refused(peer, refusal.label(), &refusal.to_string());
    let Some(code) = refusal.code() else { return };
    let packet = device_link::connack(code);
    // The rejected peer may have closed the connection already.
    drop(
        timeout(Duration::from_secs(1), async {
            socket.write_all(&packet).await?;
            socket.shutdown().await
        })
        .await,
    );
}
