//! The accept loop around warp: TLS, header timeout, connection limit, peer address, an end within bounds.
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
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use warp::Filter;
use warp::reply::Response;

/// Connections served at a time; more wait in the listen queue.
const CONNECTIONS: usize = 1024;
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Also how long an idle connection is kept.
const HEADERS: Duration = Duration::from_secs(10);
const LARGEST_HEAD: usize = 16 * 1024;
/// Somebody who reads nothing for so long is let go.
const UNREAD: Duration = Duration::from_secs(10);
/// How long open requests and screens may take to finish when the server ends.
pub(crate) const FAREWELL: Duration = Duration::from_secs(3);

/// Who is at the other end; an extension of every request.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    /// DER of the client certificate, on a listener that demands one.
    pub certificate: Option<Arc<[u8]>>,
    /// Whether the connection is TLS.
    pub tls: bool,
}

/// Serves `routes` until `shutdown` says true.
pub async fn serve<F>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    routes: F,
    mut shutdown: watch::Receiver<bool>,
) where
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut live = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = told(&mut shutdown) => break,
        };
        if let Some((stream, address, permit)) = accepted {
            live.spawn(connect(stream, address, tls.clone(), routes.clone(), shutdown.clone(), permit));
        }
        while live.try_join_next().is_some() {}
    }
    drop(listener);
    drop(timeout(FAREWELL, async { while live.join_next().await.is_some() {} }).await);
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => Some((stream, address, permit)),
        Err(error) => {
            tracing::warn!(%error, "cannot accept an HTTP connection");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn connect<F>(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    routes: F,
    shutdown: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) where
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    drop(stream.set_nodelay(true));
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(UNREAD));
    let stream = Box::pin(stream);
    let Some(acceptor) = tls else {
        return talk(stream, Peer { address, certificate: None, tls: false }, routes, shutdown).await;
    };
    match timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let certificate = certificate.map(|certificate| Arc::from(certificate.as_ref()));
            talk(stream, Peer { address, certificate, tls: true }, routes, shutdown).await;
        }
        Ok(Err(error)) => tracing::debug!(peer = %address, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(peer = %address, "no TLS handshake in time"),
    }
}

async fn talk<S, F>(stream: S, peer: Peer, routes: F, mut shutdown: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        // hyper knows that a HEAD was asked and leaves the body out.
        if request.method() == Method::HEAD {
            *request.method_mut() = Method::GET;
        }
        let mut service = warp::service(routes.clone());
        async move { tower_service::Service::call(&mut service, request).await }
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
