//! The PROXY protocol, versions 1 and 2: the client's address behind a proxy that forwards TCP.
//!
//! Source: HAProxy, "The PROXY protocol, versions 1 & 2" (proxy-protocol.txt, 2020-03-05).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Of version 1, with the line's end (section 2.1).
const LONGEST_LINE: usize = 107;
/// Addresses and fields that a proxy may add; unknown fields are skipped.
const LONGEST_REST: usize = 2048;

/// Reads the header and not a byte more. None when the proxy itself is the client (health checks), or for what is
/// not TCP.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut start = [0; SIGNATURE.len()];
    stream.read_exact(&mut start).await?;
    if start == SIGNATURE { binary(stream).await } else { line(stream, &start).await }
}

async fn line(stream: &mut (impl AsyncRead + Unpin), start: &[u8]) -> io::Result<Option<SocketAddr>> {
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() >= LONGEST_LINE || !line.starts_with(b"PROXY ") {
            return Err(wrong("no PROXY line"));
        }
        line.push(stream.read_u8().await?);
    }
    let text = std::str::from_utf8(&line).map_err(|_| wrong("PROXY line is not text"))?.trim_end();
    let parts: Vec<&str> = text.split(' ').collect();
    match parts.as_slice() {
        ["PROXY", "UNKNOWN", ..] => Ok(None),
        ["PROXY", "TCP4" | "TCP6", from, _, port, _] => {
            let address: IpAddr = from.parse().map_err(|_| wrong("PROXY line without an address"))?;
            let port = port.parse().map_err(|_| wrong("PROXY line without a port"))?;
            Ok(Some(SocketAddr::new(address, port)))
        }
        _ => Err(wrong("PROXY line is malformed")),
    }
}

async fn binary(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let (version, family) = (stream.read_u8().await?, stream.read_u8().await?);
    let length = usize::from(stream.read_u16().await?);
    if version >> 4 != 2 || length > LONGEST_REST {
        return Err(wrong("PROXY header of an unknown version or too long"));
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    match (version & 0x0f, family) {
        (0, _) => Ok(None),
        (1, 0x11) => Ok(Some(v4(&rest).ok_or_else(|| wrong("PROXY header is too short"))?)),
        (1, 0x21) => Ok(Some(v6(&rest).ok_or_else(|| wrong("PROXY header is too short"))?)),
        (1, _) => Ok(None),
        _ => Err(wrong("PROXY header with an unknown command")),
    }
}

fn v4(rest: &[u8]) -> Option<SocketAddr> {
    let address: [u8; 4] = rest.get(..4)?.try_into().ok()?;
    let port: [u8; 2] = rest.get(8..10)?.try_into().ok()?;
    Some(SocketAddr::new(Ipv4Addr::from(address).into(), u16::from_be_bytes(port)))
}

fn v6(rest: &[u8]) -> Option<SocketAddr> {
    let address: [u8; 16] = rest.get(..16)?.try_into().ok()?;
    let port: [u8; 2] = rest.get(32..34)?.try_into().ok()?;
    Some(SocketAddr::new(Ipv6Addr::from(address).into(), u16::from_be_bytes(port)))
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address, and the bytes that follow the header.
    async fn parsed(bytes: &[u8]) -> (io::Result<Option<SocketAddr>>, Vec<u8>) {
        let mut stream = bytes;
        let found = read(&mut stream).await;
        (found, stream.to_vec())
    }

    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[0x20 | command, family], &length, rest, b"GET /"].concat()
    }

    #[tokio::test]
    async fn both_versions_say_who_it_is_and_leave_the_rest_alone() {
        for (bytes, address) in [
            (b"PROXY TCP4 198.51.100.7 10.0.0.1 4711 443\r\nGET /".to_vec(), Some("198.51.100.7:4711")),
            (b"PROXY TCP6 2001:db8::7 ::1 4711 443\r\nGET /".to_vec(), Some("[2001:db8::7]:4711")),
            (b"PROXY UNKNOWN\r\nGET /".to_vec(), None),
            (v2(1, 0x11, &[198, 51, 100, 7, 10, 0, 0, 1, 0x12, 0x67, 1, 187]), Some("198.51.100.7:4711")),
            (
                v2(1, 0x11, &[198, 51, 100, 7, 10, 0, 0, 1, 0x12, 0x67, 1, 187, 4, 0, 1, 9]),
                Some("198.51.100.7:4711"),
            ),
            (v2(0, 0, &[]), None),
        ] {
            let (found, rest) = parsed(&bytes).await;
            assert_eq!(found.unwrap().map(|found| found.to_string()).as_deref(), address);
            assert_eq!(rest, b"GET /");
        }
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        let endless = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200]].concat();
        for bytes in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"PROXY",
            b"PROXY TCP4 nobody 10.0.0.1 1 2\r\n",
            b"PROXY TCP4 1.2.3.4\r\n",
            &endless,
            &v2(2, 0x11, &[0; 12]),
            &v2(1, 0x11, &[0; 3]),
            &v2(1, 0x11, &[0; 4000]),
        ] {
            let (found, _) = parsed(bytes).await;
            assert!(found.is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
