//! The broker: the embedded one, or another that is used instead.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::check::Check;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawBroker {
    listen: Option<String>,
    plain: Option<String>,
    connections: Option<usize>,
    connections_per_address: Option<usize>,
    external: Option<RawExternal>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExternal {
    host: String,
    port: u16,
    client_id: Option<String>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    username: Option<String>,
    password_file: Option<PathBuf>,
}

/// How devices' messages come.
#[derive(Clone, Debug)]
pub struct Broker {
    pub listen: SocketAddr,
    pub plain: Option<SocketAddr>,
    pub connections: usize,
    pub connections_per_address: usize,
    /// Another MQTT 3.1.1 broker instead of the embedded one.
    pub external: Option<External>,
}

/// How another broker is reached.
#[derive(Clone, Debug)]
pub struct External {
    pub host: String,
    pub port: u16,
    pub client_id: String,
    pub tls: Option<ExternalTls>,
    pub login: Option<(String, String)>,
}

/// PEM texts.
#[derive(Clone, Debug)]
pub struct ExternalTls {
    pub ca: String,
    pub client: Option<(String, String)>,
}

impl Check {
    pub(super) fn broker(&mut self, raw: RawBroker) -> Broker {
        let plain = raw.plain.map(|text| self.address("broker.plain", Some(text), ""));
        if plain.is_some_and(|address| !address.ip().is_loopback()) {
            self.fault("broker.plain", "must be a loopback address; devices on a network need TLS");
        }
        Broker {
            listen: self.address("broker.listen", raw.listen, "0.0.0.0:8883"),
            plain,
            connections: self.between("broker.connections", raw.connections, 2000, 4..=20_000),
            connections_per_address: self.between(
                "broker.connections_per_address",
                raw.connections_per_address,
                256,
                1..=20_000,
            ),
            external: raw.external.map(|external| self.external(external)),
        }
    }

    fn external(&mut self, raw: RawExternal) -> External {
        let client = match (raw.cert, raw.key) {
            (Some(cert), Some(key)) => {
                self.secret("broker.external.cert", cert).zip(self.secret("broker.external.key", key))
            }
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                self.fault("broker.external.cert", "and broker.external.key go together; one is missing");
                None
            }
        };
        if let Some((cert, key)) = &client {
            self.client_certificate("broker.external.cert", (cert, key));
        }
        let tls =
            raw.ca.and_then(|ca| self.secret("broker.external.ca", ca)).map(|ca| ExternalTls { ca, client });
        if raw.username.is_some() != raw.password_file.is_some() {
            self.fault(
                "broker.external.username",
                "and broker.external.password_file go together; one is missing",
            );
        }
        let password = raw.password_file.and_then(|file| self.secret("broker.external.password_file", file));
        if tls.is_none() && !matches!(raw.host.as_str(), "localhost" | "127.0.0.1" | "::1") {
            self.fault("broker.external.ca", "is needed: a broker on a network is reached over TLS only");
        }
        External {
            host: raw.host,
            port: raw.port,
            client_id: raw.client_id.unwrap_or("boomgate-ingest".into()),
            tls,
            login: raw.username.zip(password),
        }
    }
}
