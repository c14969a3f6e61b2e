//! Why a broker does not start, or ends.

use std::net::SocketAddr;

use crate::router::LinkFailed;

#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("plain listener {0} is not a loopback address; devices on a network need TLS")]
    PlainBeyondLoopback(SocketAddr),
    #[error("no listener is configured")]
    NoListener,
    #[error("router gave no link")]
    Link(#[from] LinkFailed),
    #[error("router does not answer any more")]
    RouterSilent,
}
