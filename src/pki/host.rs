//! Names by which a server is reached, as they stand in its certificate.

use std::net::{IpAddr, Ipv6Addr};

use rustls::pki_types::ServerName;

/// A host's name or address in the one form in which it is compared: lower case, no brackets, no closing dot.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn canonical(text: &str) -> Result<String, String> {
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_once("://") {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        return Err(format!("{text:?} is a URL; write {host:?}, without {scheme}://"));
    }
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) =
        inside.map_or_else(|| text.parse().ok(), |v6| v6.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
    {
        return Ok(address.to_canonical().to_string());
    }
    if let Some((host, port)) = text.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()) {
        return Err(format!("{text:?} has a port; write {host:?} (port {port} stands in the configuration)"));
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    match ServerName::try_from(name.clone()) {
        Ok(ServerName::DnsName(_)) => Ok(name),
        _ if !text.is_ascii() => {
            Err(format!("{text:?} is not ASCII; write it as it stands in the DNS, xn--..."))
        }
        _ => Err(format!("{text:?} is neither a host's name nor an address")),
    }
}

/// As it stands before a port.
#[must_use]
pub fn before_port(host: &str) -> String {
    if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_server_was_compared_as_it_was_typed() {
        for (given, compared) in [
            ("Gate.Example.org", "gate.example.org"),
            ("gate.example.org.", "gate.example.org"),
            ("server", "server"),
            ("gate_2", "gate_2"),
            ("2001:DB8:0::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("::ffff:10.0.0.7", "10.0.0.7"),
        ] {
            assert_eq!(canonical(given).as_deref(), Ok(compared));
        }
        assert_eq!(before_port("2001:db8::7") + ":8883", "[2001:db8::7]:8883");
        assert_eq!(before_port("gate.example.org") + ":8883", "gate.example.org:8883");
    }

    #[test]
    fn what_no_certificate_can_hold_is_refused_by_name() {
        for (given, message) in [
            ("https://gate.example.org/x", "write \"gate.example.org\", without https://"),
            ("gate.example.org:8883", "has a port; write \"gate.example.org\""),
            ("[2001:db8::7]:8883", "has a port; write \"[2001:db8::7]\""),
            ("brána.example", "is not ASCII"),
            ("*.example.org", "is neither a host's name nor an address"),
            ("gate example", "is neither"),
            ("10.0.0.256", "is neither"),
            ("", "is neither"),
        ] {
            let error = canonical(given).unwrap_err();
            assert!(error.contains(message) && error.contains(&format!("{given:?}")), "{error}");
        }
    }
}
