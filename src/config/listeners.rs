//! Listeners that would take the same port: only one of them could be opened.

use std::net::{IpAddr, SocketAddr};

use super::Config;
use super::check::Check;

impl Check {
    pub(super) fn listeners(&mut self, config: &Config) {
        let all = config.listeners();
        for (at, (field, address)) in all.iter().enumerate() {
            for (other_field, other) in all.iter().take(at).filter(|(_, other)| clash(*address, *other)) {
                let port = address.port();
                self.fault(
                    field,
                    &format!("{address} and {other_field} ({other}) take the same port {port}; choose another for one"),
                );
            }
        }
    }
}

impl Config {
    /// Everything this server listens on, by field.
    pub fn listeners(&self) -> Vec<(&'static str, SocketAddr)> {
        let mut all = vec![("api.listen", self.api.listen), ("device_https.listen", self.device_https)];
        // Another broker is used instead: ours does not listen.
        if self.broker.external.is_none() {
            all.push(("broker.listen", self.broker.listen));
            all.extend(self.broker.plain.map(|address| ("broker.plain", address)));
        }
        all.extend(self.metrics.listen.map(|address| ("metrics.listen", address)));
        all
    }
}

/// Whether both cannot be listened on. Port 0 is another one each time.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0
        && one.port() == other.port()
        && overlap(one.ip().to_canonical(), other.ip().to_canonical())
}

/// `0.0.0.0` is every IPv4 address of the machine, `::` every one of both kinds.
fn overlap(one: IpAddr, other: IpAddr) -> bool {
    let takes = |all: IpAddr, single: IpAddr| all.is_unspecified() && (all.is_ipv6() || single.is_ipv4());
    one == other || takes(one, other) || takes(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_listeners_clash_as_the_system_says() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        for (one, other, wanted) in [
            ("127.0.0.1:7", "127.0.0.1:7", true),
            ("0.0.0.0:7", "127.0.0.1:7", true),
            ("[::]:7", "127.0.0.1:7", true),
            ("[::]:7", "0.0.0.0:7", true),
            ("[::]:7", "[::1]:7", true),
            ("[::ffff:127.0.0.1]:7", "127.0.0.1:7", true),
            ("0.0.0.0:7", "[::1]:7", false),
            ("127.0.0.1:7", "127.0.0.2:7", false),
            ("0.0.0.0:7", "127.0.0.1:8", false),
            ("0.0.0.0:0", "127.0.0.1:0", false),
        ] {
            assert_eq!(clash(address(one), address(other)), wanted, "{one} {other}");
            assert_eq!(clash(address(other), address(one)), wanted, "{other} {one}");
        }
    }
}
