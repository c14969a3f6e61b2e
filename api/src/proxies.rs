//! Trusted reverse proxies, and the client of a request that comes through them.
//!
//! A header is read only from a trusted proxy, and only the kind of header that is configured: a proxy that sets one
//! kind passes on the other as the client wrote it. Of several hops the rightmost that is not a trusted proxy counts.

use std::net::IpAddr;
use std::str::FromStr;

use http::header::{HOST, HeaderMap};

/// Networks of proxies, and the headers in which they give the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    pub networks: Vec<Network>,
    pub headers: ProxyHeaders,
}

/// Which headers a proxy sets; only these are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeaders {
    /// `X-Forwarded-For`, `-Proto` and `-Host`: nginx as documented, Caddy by itself.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// An address, or all with the same first bits: `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not an address like 127.0.0.1 or a network like 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(longest);
        if bits > longest { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// The client, and how it reached the outermost trusted proxy, or this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) address: IpAddr,
    /// Whether they came by HTTPS.
    pub(crate) secure: bool,
    /// Host and port of the request.
    pub(crate) host: Option<String>,
}

/// What one proxy says of its client.
#[derive(Clone, Debug, Default)]
struct Hop {
    address: Option<IpAddr>,
    proto: Option<String>,
    host: Option<String>,
}

impl TrustedProxies {
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// The client by the connection (`peer`, `tls`) and, where that is a trusted proxy, by its headers.
    pub(crate) fn origin(&self, peer: IpAddr, tls: bool, headers: &HeaderMap) -> Origin {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        let mut origin = Origin { address: peer.to_canonical(), secure: tls, host };
        if !self.trusts(peer) {
            return origin;
        }
        let hops = match self.headers {
            ProxyHeaders::XForwarded => x_forwarded(headers),
            ProxyHeaders::Forwarded => forwarded(headers),
        };
        for hop in hops.into_iter().rev() {
            if let Some(proto) = hop.proto {
                origin.secure = proto.eq_ignore_ascii_case("https") || proto.eq_ignore_ascii_case("wss");
            }
            origin.host = hop.host.or(origin.host);
            // A hop without an address ends the chain.
            let Some(address) = hop.address else { break };
            origin.address = address.to_canonical();
            if !self.trusts(address) {
                break;
            }
        }
        origin
    }
}

/// The values of a header, in order, also of one that is given several times.
fn listed(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|part| part.trim().to_owned()).collect()
}

/// The hops of `X-Forwarded-*`. A proxy that replaces protocol and host and only lengthens the list of addresses says
/// them once, of the outermost hop; of several, each belongs to the hop as far from the right.
fn x_forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let addresses = listed(headers, "x-forwarded-for");
    let (protos, hosts) = (listed(headers, "x-forwarded-proto"), listed(headers, "x-forwarded-host"));
    let count = addresses.len().max(1);
    let from_right = |values: &[String], place: usize| {
        let place = place.min(values.len().checked_sub(1)?);
        values.get(values.len() - 1 - place).filter(|value| !value.is_empty()).cloned()
    };
    let hop = |place: usize| Hop {
        address: from_right(&addresses, place).and_then(|text| node(&text)),
        proto: from_right(&protos, place),
        host: from_right(&hosts, place),
    };
    (0..count).rev().map(hop).collect()
}

fn forwarded(headers: &HeaderMap) -> Vec<Hop> {
    listed(headers, "forwarded").iter().map(|element| element_of(element)).collect()
}

/// `for="[2001:db8::1]:4711";proto=https;host=gate.example.org` (RFC 7239, section 4).
fn element_of(element: &str) -> Hop {
    let mut hop = Hop::default();
    for (name, value) in element.split(';').filter_map(|pair| pair.trim().split_once('=')) {
        let value = value.trim().trim_matches('"').to_owned();
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => hop.address = node(&value),
            "proto" => hop.proto = Some(value),
            "host" => hop.host = Some(value),
            _ => {}
        }
    }
    hop
}

/// An address with or without a port; none for `unknown` and `_hidden`.
fn node(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None if text.matches(':').count() == 1 => text.split_once(':')?.0,
        None => text,
    };
    bare.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(headers: ProxyHeaders) -> TrustedProxies {
        let networks = ["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"];
        TrustedProxies { networks: networks.map(|text| text.parse().unwrap()).to_vec(), headers }
    }

    /// The client of a connection from `peer` with these header lines: address, secure, host.
    fn origin(kind: ProxyHeaders, peer: &str, lines: &[(&'static str, &str)]) -> (String, bool, String) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let origin = proxies(kind).origin(peer.parse().unwrap(), false, &headers);
        (origin.address.to_string(), origin.secure, origin.host.unwrap_or_default())
    }

    fn is(address: &str, secure: bool, host: &str) -> (String, bool, String) {
        (address.to_owned(), secure, host.to_owned())
    }

    #[test]
    fn headers_of_strangers_are_not_believed() {
        let lines = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("host", "us")];
        assert_eq!(origin(ProxyHeaders::XForwarded, "192.0.2.9", &lines), is("192.0.2.9", false, "us"));
        let lines = [("forwarded", "for=1.2.3.4;proto=https;host=evil"), ("host", "us")];
        assert_eq!(origin(ProxyHeaders::Forwarded, "192.0.2.9", &lines), is("192.0.2.9", false, "us"));
    }

    #[test]
    fn the_rightmost_hop_that_is_no_proxy_of_ours_counts() {
        let lines = [
            ("host", "inner:8480"),
            ("x-forwarded-for", "6.6.6.6, 198.51.100.7, 10.1.2.3"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "gate.example.org"),
        ];
        let found = origin(ProxyHeaders::XForwarded, "127.0.0.1", &lines);
        assert_eq!(found, is("198.51.100.7", true, "gate.example.org"));
        let lines = [
            ("host", "inner:8480"),
            ("forwarded", "for=6.6.6.6;proto=http;host=evil"),
            ("forwarded", "for=\"[2001:db8:2::7]:4711\";proto=https;host=gate.example.org, for=10.1.2.3"),
        ];
        let found = origin(ProxyHeaders::Forwarded, "::ffff:127.0.0.1", &lines);
        assert_eq!(found, is("2001:db8:2::7", true, "gate.example.org"));
    }

    #[test]
    fn the_kind_of_header_that_the_proxy_does_not_set_is_not_read() {
        let lines = [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=6.6.6.6;host=evil")];
        assert_eq!(origin(ProxyHeaders::XForwarded, "10.0.0.1", &lines), is("198.51.100.7", false, ""));
        assert_eq!(origin(ProxyHeaders::Forwarded, "10.0.0.1", &lines), is("6.6.6.6", false, "evil"));
    }

    #[test]
    fn nonsense_ends_at_the_proxy_that_reported_it() {
        for value in ["unknown", "_hidden", "", "1.2.3", "a, b", "198.51.100.7, nonsense"] {
            let lines = [("x-forwarded-for", value)];
            assert_eq!(origin(ProxyHeaders::XForwarded, "10.0.0.1", &lines).0, "10.0.0.1", "{value:?}");
        }
        for value in ["for=unknown", ";;==", "for=\"[::1\"", "proto"] {
            let lines = [("forwarded", value)];
            assert_eq!(origin(ProxyHeaders::Forwarded, "10.0.0.1", &lines).0, "10.0.0.1", "{value:?}");
        }
        // All hops ours: the request began at the outermost of them.
        let lines = [("x-forwarded-for", "10.9.9.9")];
        assert_eq!(origin(ProxyHeaders::XForwarded, "10.0.0.1", &lines).0, "10.9.9.9");
    }

    #[test]
    fn networks_are_read_and_hold_what_they_should() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("0.0.0.0/0", "1.2.3.4") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1") && holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(holds("10.0.0.1", "::ffff:10.0.0.1") && !holds("10.0.0.1/32", "10.0.0.2"));
        for wrong in ["10.0.0.0/33", "::/129", "localhost", "10.0.0.0/x", ""] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
