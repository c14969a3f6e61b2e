//! What the broker refuses: a device on another's topics, malformed and oversized packets, silence.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use boomgate_schemas::topic::Leaf;
use boomgate_tests::client::{Device, client_tls};
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

#[tokio::test(flavor = "multi_thread")]
async fn a_device_on_anothers_topics_is_cut_off_and_hears_nothing() {
    let site = Site::open(Plan { lanes: 4, ..Plan::default() }).await;
    let entry = site.lane("in-1").await;
    let own = |leaf: Leaf| format!("bg/v1/demo/in-1/{}", leaf.as_str());
    for filter in [
        own(Leaf::Cmd),
        own(Leaf::Up),
        "bg/v1/demo/+/cmd".into(),
        "#".into(),
        format!("$share/g/{}", own(Leaf::Cmd)),
    ] {
        let thief = Device::connect(&site, "in-2").await;
        thief.subscribe(&filter).await;
        thief.cut_off().await;
        assert!(thief.all_received().iter().all(|(topic, _)| topic.contains("/in-2/")), "{filter}");
    }
    for topic in [
        own(Leaf::Up),
        own(Leaf::Cmd),
        "bg/v1/demo/in-2/cmd".into(),
        "bg/v1/other/in-2/up".into(),
        "x".into(),
    ] {
        let forger = Device::connect(&site, "in-2").await;
        forger.publish(&topic, b"not yours".to_vec()).await;
        forger.cut_off().await;
    }
    // Nor does a certificate help under another's name.
    let impostor = Device::dial(&site, "in-2", Some("demo-in-1"));
    impostor.cut_off().await;
    entry.car("gwen", "BA123XY");
    site.journal.passed("in-1", "gwen").await;
    let cut = site.server_log().matches("device disconnected: not permitted").count();
    assert_eq!(cut, 10, "each is told to the operator");
    site.end([entry]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_oversize_and_silence_harm_nobody_else() {
    let site = Site::open(Plan { lanes: 4, ..Plan::default() }).await;
    let (entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    // Silent at every step, from another address; more than the listener gives one.
    let mut silent = Vec::new();
    for number in 0..60 {
        silent.push(Silent::connect(&site, number).await);
    }
    let babbler = Device::connect(&site, "in-2").await;
    for payload in nonsense() {
        babbler.send(payload.clone()).await;
        babbler.send(babbler.seal_raw(payload)).await;
    }
    let giant = Device::connect(&site, "out-2").await;
    giant.send(vec![0; 200_000]).await;
    entry.car("hugo", "BA123XY");
    site.journal.passed("in-1", "hugo").await;
    site.until_due().await;
    exit.car("hugo", "BA123XY");
    let decision = site.journal.decision("out-1", "hugo").await;
    assert_eq!((decision.outcome.as_str(), decision.local), ("charge", false), "{decision:?}");
    site.api.take_cash("out-1", decision.arrival).await.unwrap().expect("something is due");
    site.journal.passed("out-1", "hugo").await;
    giant.cut_off().await;
    let begun = Instant::now();
    drop(Device::connect(&site, "out-2").await);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "a healthy device connects at once: {:?}",
        begun.elapsed()
    );
    // What a known device signed and nobody can read is answered, with its reason.
    babbler.all_acked().await;
    assert_eq!(babbler.rejected().len(), nonsense().len());
    assert!(babbler.rejected().iter().all(|one| one.code.starts_with("REJECT-")), "{:?}", babbler.rejected());
    let letters = "select count(*) from dead_letters where site_id = $1";
    assert_eq!(site.number(letters).await, i64::try_from(nonsense().len()).unwrap());
    babbler.send_hello().await;
    for one in &mut silent {
        one.is_closed().await;
    }
    let verdict = site.end([entry, exit]).await;
    assert_eq!((verdict.stays_opened, verdict.stays_closed, verdict.paid), (1, 1, 1));
}

/// Bytes that break careless parsers: lengths of 2^40, deep nesting, endless arrays, bad text, nothing.
fn nonsense() -> Vec<Vec<u8>> {
    vec![
        vec![],
        vec![0xff; 64],
        vec![0x5b, 0, 0, 1, 0, 0, 0, 0, 0],
        vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x81; 5_000],
        vec![0x9f; 5_000],
        vec![0xa1, 0x66, b'e', b'v', b'e', b'n', b't', b's', 0x80],
        vec![0xa2, 0x61, b'a', 1, 0x61, b'a', 2],
        vec![0x62, 0xc3, 0x28],
        b"{\"events\":[]}".to_vec(),
    ]
}

/// A connection that says less than it should.
enum Silent {
    Tcp(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
    /// The places of its address were taken: closed at the door.
    Rejected,
}

impl Silent {
    /// One says nothing at all, the next half a handshake, the third half a CONNECT.
    async fn connect(site: &Site, number: usize) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Another address of this machine: strangers must not use up the places of lanes.
        socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
        let mut stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], site.ports.mqtt))).await.unwrap();
        match number % 3 {
            0 => Self::Tcp(stream),
            1 => {
                drop(stream.write_all(&[0x16, 0x03, 0x01, 0xff]).await);
                Self::Tcp(stream)
            }
            _ => Self::half_connect(site, stream).await,
        }
    }

    async fn half_connect(site: &Site, stream: TcpStream) -> Self {
        let tls = TlsConnector::from(client_tls(&site.lane_folder("in-2")));
        let name = ServerName::try_from("localhost").unwrap();
        let Ok(mut stream) = tls.connect(name, stream).await else { return Self::Rejected };
        drop(stream.write_all(&[0x10, 0x7f, 0x00]).await);
        Self::Tls(Box::new(stream))
    }

    async fn is_closed(&mut self) {
        let mut byte = [0; 1];
        let read = match self {
            Self::Tcp(stream) => tokio::time::timeout(wait::TIMEOUT, stream.read(&mut byte)).await,
            Self::Tls(stream) => tokio::time::timeout(wait::TIMEOUT, stream.read(&mut byte)).await,
            Self::Rejected => return,
        };
        let read = read.expect("the listener closes silent connections");
        assert!(matches!(read, Ok(0) | Err(_)), "nothing is said to those who say nothing");
    }
}
