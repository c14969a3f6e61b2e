//! Listeners, the reverse proxies before them, and the listener of the metrics.

use std::net::SocketAddr;
use std::path::PathBuf;

use boomgate_api::{Front, ProxyHeaders, TrustedProxies};
use serde::Deserialize;

use super::check::Check;

/// Part of a listener's table.
pub(super) struct RawFront {
    pub(super) trusted_proxies: Vec<String>,
    pub(super) proxy_headers: Option<String>,
    pub(super) proxy_protocol: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawMetrics {
    listen: Option<String>,
    token_file: Option<PathBuf>,
}

/// The listener that gives the metrics.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// None: there is none.
    pub listen: Option<SocketAddr>,
    /// Who does not show it gets nothing.
    pub token: Option<String>,
}

impl Check {
    pub(super) fn front(&mut self, table: &str, raw: RawFront) -> Front {
        let mut proxies = TrustedProxies::default();
        for text in &raw.trusted_proxies {
            match text.parse() {
                Ok(network) => proxies.networks.push(network),
                Err(fault) => self.fault(&format!("{table}.trusted_proxies"), &fault),
            }
        }
        proxies.headers = match raw.proxy_headers.as_deref() {
            None | Some("x-forwarded") => ProxyHeaders::XForwarded,
            Some("forwarded") => ProxyHeaders::Forwarded,
            Some(other) => {
                let fault = format!("{other:?} is neither \"x-forwarded\" nor \"forwarded\"");
                self.fault(&format!("{table}.proxy_headers"), &fault);
                ProxyHeaders::XForwarded
            }
        };
        if raw.proxy_protocol && raw.trusted_proxies.is_empty() {
            self.fault(
                &format!("{table}.proxy_protocol"),
                &format!("needs {table}.trusted_proxies: nobody else is believed"),
            );
        }
        Front { proxies, proxy_protocol: raw.proxy_protocol }
    }

    pub(super) fn metrics(&mut self, raw: RawMetrics) -> Metrics {
        let listen = match raw.listen.as_deref() {
            Some("off") => None,
            _ => Some(self.address("metrics.listen", raw.listen, "127.0.0.1:8481")),
        };
        let token = raw.token_file.and_then(|file| self.secret("metrics.token_file", file));
        if token.is_none() && listen.is_some_and(|address| !address.ip().is_loopback()) {
            self.fault("metrics.listen", "beyond this machine needs metrics.token_file");
        }
        Metrics { listen, token }
    }
}
