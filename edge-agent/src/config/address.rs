//! Parses the server's addresses; an error names the correct form.

use std::net::Ipv6Addr;

/// `host:port` of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub host: String,
    pub port: u16,
}

/// Reads `host:port` or `[ipv6]:port`. An error says what to write.
pub(super) fn host_port(text: &str, usual_port: u16) -> Result<Address, String> {
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_once("://") {
        let host = rest.split(['/', '?']).next().unwrap_or(rest);
        let host = if split(host, usual_port).is_ok_and(|(_, port)| port.is_some()) {
            host.to_owned()
        } else {
            format!("{}:{usual_port}", bracketed(host))
        };
        return Err(format!("{text:?} is a URL; write {host:?}, without {scheme}://"));
    }
    let (host, port) = split(text, usual_port)?;
    let Some(port) = port else {
        return Err(format!("{text:?} is not host:port; write \"{}:{usual_port}\"", bracketed(host)));
    };
    Ok(Address { host: host.to_owned(), port })
}

/// Reads `https://host[:port]`, whatever stands behind it refused. An error says what to write.
pub(super) fn https_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix("https://") else {
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        return Err(format!("{text:?} does not begin with https://; write \"https://{bare}\""));
    };
    let authority = rest.trim_end_matches('/');
    if authority.contains(['/', '?', '#', '@', ' ']) {
        let host = authority.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        return Err(format!("{text:?} is more than an address; write \"https://{host}\""));
    }
    split(authority, 8443)?;
    Ok(format!("https://{authority}"))
}

/// Host without brackets, and the port if there is one. What is wrong is answered with what to write.
fn split(text: &str, usual_port: u16) -> Result<(&str, Option<u16>), String> {
    if let Some(inside) = text.strip_prefix('[') {
        let (host, behind) = inside
            .split_once(']')
            .ok_or_else(|| format!("{text:?} has an opening bracket and no closing one"))?;
        host.parse::<Ipv6Addr>().map_err(|_| format!("{host:?} in brackets is not an IPv6 address"))?;
        return match behind.strip_prefix(':') {
            Some(port) => Ok((host, Some(port_number(text, port)?))),
            None if behind.is_empty() => Ok((host, None)),
            None => Err(format!("{text:?} goes on behind the bracket; write \"[{host}]:{usual_port}\"")),
        };
    }
    let colons = text.matches(':').count();
    let last = text.rsplit_once(':');
    match last {
        None => named(text, text).map(|host| (host, None)),
        Some((host, port)) if colons == 1 => Ok((named(text, host)?, Some(port_number(text, port)?))),
        Some((front, port)) => Err(several_colons(text, front, port, usual_port)),
    }
}

fn several_colons(text: &str, front: &str, last: &str, usual_port: u16) -> String {
    let is_v6 = |host: &str| host.parse::<Ipv6Addr>().is_ok();
    let port = last.parse::<u16>().ok().filter(|port| *port >= 1_000);
    let (host, port) = match port {
        Some(port) if is_v6(front) => (front, port),
        _ if is_v6(text) => (text, usual_port),
        port => {
            let host = text.split(':').next().unwrap_or_default();
            let port = port.unwrap_or(usual_port);
            return format!("{text:?} has a port twice; write \"{host}:{port}\"");
        }
    };
    format!("{text:?} is an IPv6 address without brackets; write \"[{host}]:{port}\"")
}

fn named<'a>(text: &str, host: &'a str) -> Result<&'a str, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if host.is_empty() {
        return Err(format!("{text:?} names no host"));
    }
    match host.bytes().all(fits) {
        true => Ok(host),
        false => {
            Err(format!("{host:?} in {text:?} is not a host's name; letters, digits, dots and hyphens are"))
        }
    }
}

fn port_number(text: &str, port: &str) -> Result<u16, String> {
    match port.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("{port:?} in {text:?} is not a port; ports go from 1 to 65535")),
    }
}

fn bracketed(host: &str) -> String {
    if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_host_and_port_and_everything_else_is_told_how_to_be_written() {
        for (text, host, port) in [
            ("gate.example:8883", "gate.example", 8883),
            ("10.0.0.2:1", "10.0.0.2", 1),
            ("[::1]:8883", "::1", 8883),
        ] {
            assert_eq!(host_port(text, 8883), Ok(Address { host: host.into(), port }));
        }
        for (wrong, advice) in [
            ("https://gate.example", "write \"gate.example:8883\", without https://"),
            ("mqtts://gate.example:1883/x", "write \"gate.example:1883\""),
            ("https://[fe80::1]", "write \"[fe80::1]:8883\""),
            ("gate.example", "write \"gate.example:8883\""),
            ("gate.example:8883:8883", "has a port twice; write \"gate.example:8883\""),
            ("::1", "write \"[::1]:8883\""),
            ("fe80::1:2:8883", "write \"[fe80::1:2]:8883\""),
            ("fe80::1:2", "write \"[fe80::1:2]:8883\""),
            ("gate.example:0", "ports go from 1 to 65535"),
            ("gate.example:90000", "ports go from 1 to 65535"),
            ("[::1:8883", "no closing one"),
            ("gate example:8883", "is not a host's name"),
            (":8883", "names no host"),
        ] {
            let message = host_port(wrong, 8883).unwrap_err();
            assert!(message.contains(advice), "{wrong}: {message}");
        }
    }

    #[test]
    fn an_https_address_has_one_port_and_no_path() {
        assert_eq!(https_url("https://gate.example:8444/"), Ok("https://gate.example:8444".into()));
        assert_eq!(https_url("https://gate.example"), Ok("https://gate.example".into()));
        assert_eq!(https_url("https://[::1]:8444"), Ok("https://[::1]:8444".into()));
        for (wrong, advice) in [
            ("gate.example:8444", "write \"https://gate.example:8444\""),
            ("http://gate.example", "write \"https://gate.example\""),
            ("https://gate.example:8444:8444", "port twice"),
            ("https://::1", "write \"[::1]:8443\""),
            ("https://gate.example/device", "write \"https://gate.example\""),
            ("https://u:p@gate.example", "write \"https://gate.example\""),
            ("https://", "names no host"),
        ] {
            let message = https_url(wrong).unwrap_err();
            assert!(message.contains(advice), "{wrong}: {message}");
        }
    }
}
