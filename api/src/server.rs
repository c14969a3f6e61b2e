//! The accept loop around warp: PROXY header, TLS, header timeout, connection limits, peer address, an end within bounds.
//!
//! warp's own server sets no timers and cannot do TLS; this one serves the people's listener and the devices'. It
//! speaks HTTP/1.1 only: whether a request comes from our own page is told by its Host, and a WebSocket needs it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
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
/// Also how long an idle connection is kept.
const HEADERS: Duration = Duration::from_secs(10);
const LARGEST_HEAD: usize = 16 * 1024;
/// Somebody who reads nothing for so long is let go.
const UNREAD: Duration = Duration::from_secs(10);
/// How long open requests and screens may take to finish when the server ends.
pub(crate) const FAREWELL: Duration = Duration::from_secs(3);

/// Who is at the other end of the connection; an extension of every request.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    /// DER of the client certificate, on a listener that demands one.
    pub certificate: Option<Arc<[u8]>>,
    /// Whether the connection is TLS.
    pub tls: bool,
}

/// What stands before a listener.
#[derive(Clone, Debug, Default)]
pub struct Front {
    pub proxies: TrustedProxies,
    /// Whether the trusted proxies begin each connection with a PROXY header.
    pub proxy_protocol: bool,
}

/// Serves `routes` until `shutdown` says true.
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
            () = told(&mut shutdown) => break,
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
    drop(timeout(FAREWELL, async { while live.join_next().await.is_some() {} }).await);
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
        () = permit.dropped() => tracing::debug!(peer = %address, "an idle connection made room for another"),
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
    stream.set_write_timeout(Some(UNREAD));
    let stream = Box::pin(stream);
    let Some(acceptor) = shared.tls.clone() else {
        return talk(stream, Peer { address, certificate: None, tls: false }, shared, permit).await;
    };
    match timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let certificate = certificate.map(|certificate| Arc::from(certificate.as_ref()));
            talk(stream, Peer { address, certificate, tls: true }, shared, permit).await;
        }
        Ok(Err(error)) => tracing::debug!(peer = %address, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(peer = %address, "no TLS handshake in time"),
    }
}

/// The real address, where a trusted proxy tells it before anything else. None when it does not.
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

async fn talk<S, F>(stream: S, peer: Peer, shared: Shared<F>, permit: &Arc<ConnectionPermit>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let Shared { front, routes, mut shutdown, .. } = shared;
    let permit = Arc::clone(permit);
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let busy = permit.busy();
        let origin = front.proxies.origin(peer.address.ip(), peer.tls, request.headers());
        request.extensions_mut().insert(origin);
        request.extensions_mut().insert(peer.clone());
        // hyper knows that a HEAD was asked and leaves the body out.
        if request.method() == Method::HEAD {
            *request.method_mut() = Method::GET;
        }
        let mut service = warp::service(routes.clone());
        async move {
            let answer = tower_service::Service::call(&mut service, request).await;
            drop(busy);
            answer
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS).max_headers(64).max_buf_size(LARGEST_HEAD);
    let mut connection =
        std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    tokio::select! {
        result = connection.as_mut() => {
            if let Err(error) = result {
                tracing::debug!(%error, "HTTP connection ended");
            }
        }
        () = told(&mut shutdown) => {
            connection.as_mut().graceful_shutdown();
            drop(timeout(FAREWELL, connection).await);
        }
    }
}

/// Waits until the server is to end.
pub(crate) async fn told(shutdown: &mut watch::Receiver<bool>) {
    drop(shutdown.wait_for(|end| *end).await);
}
