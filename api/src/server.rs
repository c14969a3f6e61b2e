//! The accept loop around warp: PROXY header, TLS, header timeout, connection limits, peer address, an end within bounds.
//!
//! warp's own server sets no timers and cannot do TLS; this one serves the people's listener and the devices'. Where
//! TLS agreed on it (ALPN), it speaks HTTP/2, else HTTP/1.1; a WebSocket needs a connection of its own by HTTP/1.1.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::{Method, Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use warp::Filter;
use warp::reply::Response;

use crate::connections::{ConnectionLimiter, ConnectionPermit, LIMITS};
use crate::proxies::TrustedProxies;
use crate::proxy_protocol;

const HANDSHAKE: Duration = Duration::from_secs(5);
/// Also how long an idle connection stays open.
const HEADERS: Duration = Duration::from_secs(10);
/// How long an idle HTTP/2 connection stays open.
const UNUSED: Duration = Duration::from_secs(60);
const LARGEST_HEAD: usize = 16 * 1024;
/// Requests at a time on one HTTP/2 connection, and the bytes each may have under way in one direction.
const STREAMS: u32 = 64;
const STREAM_BYTES: u32 = 64 * 1024;
/// Interval of pings to an HTTP/2 peer, and how long it has to answer.
const PING: Duration = Duration::from_secs(20);
/// The names of the protocols a listener with TLS offers, the better first (ALPN, RFC 7301).
pub const PROTOCOLS: [&[u8]; 2] = [HTTP2, b"http/1.1"];
const HTTP2: &[u8] = b"h2";
/// A client that reads nothing for so long is disconnected.
const WRITE_STALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long open requests and sockets may take to finish when the server ends.
pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// The other end of the connection; an extension of every request.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    /// DER of the client certificate, on a listener that demands one.
    pub certificate: Option<Arc<[u8]>>,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// Whether it speaks HTTP/2.
    pub http2: bool,
}

/// The proxies before a listener.
#[derive(Clone, Debug, Default)]
pub struct Front {
    pub proxies: TrustedProxies,
    /// Whether the trusted proxies begin each connection with a PROXY header.
    pub proxy_protocol: bool,
}

/// Serves `routes` until `shutdown` is true.
pub async fn serve<F>(
    listener: TcpListener,
    front: Front,
    tls: Option<TlsAcceptor>,
    routes: F,
    mut shutdown: watch::Receiver<bool>,
) where
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let limiter = ConnectionLimiter::new(LIMITS);
    let shared = Shared { front: Arc::new(front), tls, routes, shutdown: shutdown.clone() };
    let mut live = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown_requested(&mut shutdown) => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let counted = Some(address.ip()).filter(|address| !shared.front.proxies.trusts(*address));
                if let Some(permit) = limiter.admit(counted) {
                    live.spawn(connect(stream, address, shared.clone(), Arc::new(permit)));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept an HTTP connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        while live.try_join_next().is_some() {}
    }
    drop(listener);
    drop(timeout(SHUTDOWN_TIMEOUT, async { while live.join_next().await.is_some() {} }).await);
}

/// What all connections of a listener have in common.
#[derive(Clone)]
struct Shared<F> {
    front: Arc<Front>,
    tls: Option<TlsAcceptor>,
    routes: F,
    shutdown: watch::Receiver<bool>,
}

/// One connection, until its end or until another takes its place.
async fn connect<F>(stream: TcpStream, address: SocketAddr, shared: Shared<F>, permit: Arc<ConnectionPermit>)
where
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    tokio::select! {
        () = begin(stream, address, shared, &permit) => {}
        () = permit.dropped() => tracing::debug!(peer = %address, "an idle connection was closed for a new one"),
    }
}

async fn begin<F>(
    mut stream: TcpStream,
    address: SocketAddr,
    shared: Shared<F>,
    permit: &Arc<ConnectionPermit>,
) where
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    drop(stream.set_nodelay(true));
    let Some(address) = who(&mut stream, address, &shared.front, permit).await else { return };
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_STALL_TIMEOUT));
    let stream = Box::pin(stream);
    let Some(acceptor) = shared.tls.clone() else {
        let peer = Peer { address, certificate: None, tls: false, http2: false };
        return http1(stream, peer, shared, permit).await;
    };
    match timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let certificate = certificate.map(|certificate| Arc::from(certificate.as_ref()));
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
            let peer = Peer { address, certificate, tls: true, http2: is_http2 };
            if is_http2 {
                http2(stream, peer, shared, permit).await;
            } else {
                http1(stream, peer, shared, permit).await;
            }
        }
        Ok(Err(error)) => tracing::debug!(peer = %address, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(peer = %address, "no TLS handshake in time"),
    }
}

/// The client's address from the PROXY header of a trusted proxy. None when there is no such header.
async fn who(
    stream: &mut TcpStream,
    address: SocketAddr,
    front: &Front,
    permit: &ConnectionPermit,
) -> Option<SocketAddr> {
    if !front.proxy_protocol || !front.proxies.trusts(address.ip()) {
        return Some(address);
    }
    match timeout(HANDSHAKE, proxy_protocol::read(stream)).await {
        Ok(Ok(None)) => Some(address),
        Ok(Ok(Some(real))) => permit.is_really(real.ip()).then_some(real),
        Ok(Err(error)) => {
            tracing::warn!(proxy = %address, %error, "a trusted proxy sent no PROXY header");
            None
        }
        Err(_) => None,
    }
}

async fn http1<S, F>(stream: S, peer: Peer, shared: Shared<F>, permit: &Arc<ConnectionPermit>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let mut shutdown = shared.shutdown.clone();
    let service = ConnectionService { peer, shared, permit: Arc::clone(permit) };
    let service = hyper::service::service_fn(move |request| service.answer(request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS).max_headers(64).max_buf_size(LARGEST_HEAD);
    let mut connection =
        std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    tokio::select! {
        result = connection.as_mut() => ended(result),
        () = shutdown_requested(&mut shutdown) => {
            connection.as_mut().graceful_shutdown();
            drop(timeout(SHUTDOWN_TIMEOUT, connection).await);
        }
    }
}

async fn http2<S, F>(stream: S, peer: Peer, shared: Shared<F>, permit: &Arc<ConnectionPermit>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let mut shutdown = shared.shutdown.clone();
    let service = ConnectionService { peer, shared, permit: Arc::clone(permit) };
    let service = hyper::service::service_fn(move |request| service.answer(request));
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(WRITE_STALL_TIMEOUT);
    builder.max_concurrent_streams(STREAMS).max_header_list_size(LARGEST_HEAD as u32);
    builder.initial_stream_window_size(STREAM_BYTES).initial_connection_window_size(4 * STREAM_BYTES);
    builder.max_send_buf_size(STREAM_BYTES as usize);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        result = connection.as_mut() => return ended(result),
        () = shutdown_requested(&mut shutdown) => {}
        () = permit.unused_for(UNUSED) => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(timeout(SHUTDOWN_TIMEOUT, connection).await);
}

fn ended(result: hyper::Result<()>) {
    if let Err(error) = result {
        tracing::debug!(%error, "HTTP connection ended");
    }
}

/// What answers the requests of one connection.
struct ConnectionService<F> {
    peer: Peer,
    shared: Shared<F>,
    permit: Arc<ConnectionPermit>,
}

impl<F> ConnectionService<F>
where
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    fn answer(
        &self,
        mut request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<F> {
        let busy = self.permit.busy();
        name_host(&mut request);
        let (proxies, peer) = (&self.shared.front.proxies, &self.peer);
        let origin = proxies.origin(peer.address.ip(), peer.tls, request.headers());
        request.extensions_mut().insert(origin);
        request.extensions_mut().insert(peer.clone());
        let head = request.method() == Method::HEAD;
        if head {
            *request.method_mut() = Method::GET;
        }
        let mut service = warp::service(self.shared.routes.clone());
        async move {
            let answer = tower_service::Service::call(&mut service, request).await;
            drop(busy);
            answer.map(|answer| if head { without_body(answer) } else { answer })
        }
    }
}

/// HTTP/2 names the host in its own field; that one counts.
fn name_host(request: &mut Request<Incoming>) {
    if request.version() != Version::HTTP_2 {
        return;
    }
    let named = request.uri().authority().and_then(|name| HeaderValue::from_str(name.as_str()).ok());
    if let Some(named) = named {
        request.headers_mut().insert(HOST, named);
    }
}

/// The answer to a HEAD: the headers of the body, and no body.
fn without_body(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.entry(CONTENT_LENGTH).or_insert(length.into());
    }
    Response::from_parts(parts, Default::default())
}

/// Waits until the server is to end.
pub(crate) async fn shutdown_requested(shutdown: &mut watch::Receiver<bool>) {
    drop(shutdown.wait_for(|end| *end).await);
}
