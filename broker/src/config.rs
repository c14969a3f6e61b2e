//! Addresses and limits of the listener.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::meter::Rate;

/// Addresses and limits of the listener.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    /// Listener with TLS and client certificates.
    pub tls: Option<TlsListener>,
    /// Listener without TLS, for a loopback address only; the client id is believed to be the device.
    pub plain: Option<SocketAddr>,
    pub limits: Limits,
}

#[derive(Clone, Debug)]
pub struct TlsListener {
    pub listen: SocketAddr,
    /// From [`server_config`](crate::server_config).
    pub config: Arc<rustls::ServerConfig>,
}

/// Everything a stranger could wear out has a number here.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections in all. The router has room for twice as many, so that it never refuses by itself.
    pub connections: usize,
    /// Connections from one address.
    pub connections_per_address: usize,
    /// Connections from one address that have not yet said a valid CONNECT.
    pub half_open_per_address: usize,
    pub handshake_timeout: Duration,
    pub connect_timeout: Duration,
    /// A device that does not read for so long is let go.
    pub write_timeout: Duration,
    /// Largest MQTT packet, in bytes.
    pub packet_bytes: usize,
    /// How much one connection may send; beyond it nothing more is read from it for a while.
    pub messages: Rate,
    pub bytes: Rate,
    /// Who sends more than that for so long is cut off and kept out for a while.
    pub flooding_after: Duration,
    /// How long a second program with the identity of a living one waits for that one to say something.
    pub twin_hold: Duration,
    /// How often a live session is checked against the directory.
    pub recheck: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2000,
            connections_per_address: 256,
            half_open_per_address: 64,
            handshake_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
            packet_bytes: boomgate_schemas::MAX_PAYLOAD + 512,
            // An agent that comes back after days has 32 messages of up to 64 KiB under way, and is answered at once.
            messages: Rate { burst: 1000.0, per_second: 200.0 },
            bytes: Rate { burst: 16.0 * 1024.0 * 1024.0, per_second: 4.0 * 1024.0 * 1024.0 },
            flooding_after: Duration::from_secs(30),
            twin_hold: Duration::from_secs(15),
            recheck: Duration::from_secs(10),
        }
    }
}
