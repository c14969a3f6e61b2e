//! The accept loop around warp: TLS, header timeout, connection limit, peer address, an end within bounds.
//!
//! warp's own server sets no timers and cannot do TLS; this one serves the people's listener and the devices'.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use warp::Filter;
use warp::reply::Response;

/// Connections served at a time; more wait in the listen queue.
const CONNECTIONS: usize = 1024;
const HANDSHAKE: Duration = Duration::from_secs(5);
const HEADERS: Duration = Duration::from_secs(10);
/// How long open requests may take to finish when the server ends.
const FAREWELL: Duration = Duration::from_secs(3);

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
pub async fn serve<F>(listener: TcpListener, tls: Option<TlsAcceptor>, routes: F, mut shutdown: watch::Receiver<bool>)
where
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut live = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { break };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    let connection = connect(stream, address, tls.clone(), routes.clone(), shutdown.clone(), permit);
                    live.spawn(connection);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an HTTP connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            () = told(&mut shutdown) => break,
        }
        while live.try_join_next().is_some() {}
    }
    drop(timeout(FAREWELL, async { while live.join_next().await.is_some() {} }).await);
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
        let mut service = warp::service(routes.clone());
        async move { tower_service::Service::call(&mut service, request).await }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_headers(64);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(20)).max_concurrent_streams(64);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
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
