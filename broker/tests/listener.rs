//! The listener against real clients, unauthenticated peers and attackers, over real sockets and TLS.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use boomgate_broker::{
    Alarm, Broker, BrokerConfig, Claim, Directory, EndReason, Limits, Rate, Refusal, TlsListener,
    server_config,
};
use boomgate_domain::ids::DeviceCode;
use boomgate_schemas::identity::DeviceIdentity;
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, MqttOptions, QoS, TlsConfiguration, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Knows every device named `<lane>-pi` of site north; the test can revoke.
#[derive(Default)]
struct Register {
    revoked: Mutex<HashSet<DeviceCode>>,
    alarms: Mutex<Vec<Alarm>>,
}

#[async_trait]
impl Directory for Register {
    async fn admit(&self, claim: &Claim) -> Result<DeviceIdentity, Refusal> {
        let identity = match claim {
            Claim::Certificate { identity, .. } => identity.clone(),
            Claim::Loopback { device } => {
                let lane = device.as_str().strip_suffix("-pi").ok_or(Refusal::Unknown)?;
                format!("boomgate://north/{lane}/{device}").parse().map_err(|_| Refusal::Unknown)?
            }
        };
        if self.revoked.lock().unwrap().contains(&identity.device) {
            Err(Refusal::Revoked)
        } else {
            Ok(identity)
        }
    }

    async fn report(&self, _: &DeviceIdentity, alarm: Alarm) {
        self.alarms.lock().unwrap().push(alarm);
    }
}

struct Site {
    broker: Broker,
    register: Arc<Register>,
    ca: rcgen::CertifiedIssuer<'static, rcgen::KeyPair>,
}

impl Site {
    async fn open(limits: Limits) -> Self {
        let ca = authority();
        let (cert, key) = certificate(&ca, vec![rcgen::SanType::DnsName("localhost".try_into().unwrap())]);
        let tls = server_config(ca.pem().as_bytes(), cert.as_bytes(), key.as_bytes()).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let config =
            BrokerConfig { tls: Some(TlsListener { listen: any, config: tls }), plain: Some(any), limits };
        let register = Arc::new(Register::default());
        let broker = Broker::start(config, Arc::clone(&register) as Arc<dyn Directory>).await.unwrap();
        Self { broker, register, ca }
    }

    fn plain(&self) -> SocketAddr {
        self.broker.listening().plain.unwrap()
    }

    fn tls(&self) -> SocketAddr {
        self.broker.listening().tls.unwrap()
    }

    fn tls_lane(&self, san: &str, client_id: &str) -> Lane {
        let (cert, key) = certificate(&self.ca, vec![rcgen::SanType::URI(san.try_into().unwrap())]);
        let transport =
            Transport::tls_with_config(TlsConfiguration::Rustls(client_tls(self.ca.pem(), cert, key)));
        Lane::dial("localhost", self.tls().port(), client_id, Some(transport))
    }
}

fn authority() -> rcgen::CertifiedIssuer<'static, rcgen::KeyPair> {
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap()
}

fn certificate(
    ca: &rcgen::CertifiedIssuer<'static, rcgen::KeyPair>,
    names: Vec<rcgen::SanType>,
) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.subject_alt_names = names;
    (params.signed_by(&key, ca).unwrap().pem(), key.serialize_pem())
}

fn client_tls(ca: String, cert: String, key: String) -> Arc<rustls::ClientConfig> {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let chain = vec![rustls::pki_types::CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()];
    let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .unwrap();
    Arc::new(config)
}

/// A rumqttc client and what it receives.
struct Lane {
    client: AsyncClient,
    events: EventLoop,
}

impl Lane {
    fn plain(address: SocketAddr, device: &str) -> Self {
        Self::dial("127.0.0.1", address.port(), device, None)
    }

    /// A lane whose program says of which start it is.
    fn of_epoch(address: SocketAddr, device: &str, epoch: &str) -> Self {
        let mut options = MqttOptions::new(device, "127.0.0.1", address.port());
        options.set_keep_alive(Duration::from_secs(1)).set_credentials(epoch, "");
        let (client, events) = AsyncClient::new(options, 100);
        Self { client, events }
    }

    fn dial(host: &str, port: u16, client_id: &str, transport: Option<Transport>) -> Self {
        let mut options = MqttOptions::new(client_id, host, port);
        options.set_keep_alive(Duration::from_secs(5)).set_max_packet_size(100_000, 100_000);
        if let Some(transport) = transport {
            options.set_transport(transport);
        }
        let (client, events) = AsyncClient::new(options, 100);
        Self { client, events }
    }

    async fn connected(mut self) -> Self {
        self.wait(|packet| matches!(packet, Incoming::ConnAck(_))).await.unwrap();
        self
    }

    async fn subscribed(mut self, topic: &str) -> Self {
        self.client.subscribe(topic, QoS::AtLeastOnce).await.unwrap();
        self.wait(|packet| matches!(packet, Incoming::SubAck(_))).await.unwrap();
        self
    }

    /// The first matching packet, or the error that ended the connection.
    async fn wait(&mut self, wanted: impl Fn(&Incoming) -> bool) -> Result<Incoming, String> {
        timeout(TIMEOUT, async {
            loop {
                match self.events.poll().await {
                    Ok(Event::Incoming(packet)) if wanted(&packet) => return Ok(packet),
                    Ok(_) => {}
                    Err(error) => return Err(error.to_string()),
                }
            }
        })
        .await
        .unwrap_or(Err("nothing came".into()))
    }

    async fn is_cut_off(&mut self) -> bool {
        match self.wait(|_| false).await {
            Err(error) => error != "nothing came",
            Ok(_) => false,
        }
    }
}

/// What the server receives on `up`, through an in-process link.
async fn receiver(site: &Site) -> boomgate_broker::Link {
    let mut link = site.broker.linker().link("@ear").await.unwrap();
    link.tx.subscribe("bg/v1/+/+/up").unwrap();
    while !matches!(link.rx.next().await.unwrap(), Some(rumqttd::Notification::DeviceAck(_))) {}
    link
}

async fn receive(link: &mut boomgate_broker::Link) -> (String, Vec<u8>) {
    timeout(TIMEOUT, async {
        loop {
            if let Some(rumqttd::Notification::Forward(forward)) = link.rx.next().await.unwrap() {
                let topic = String::from_utf8(forward.publish.topic.to_vec()).unwrap();
                return (topic, forward.publish.payload.to_vec());
            }
        }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_lane_with_a_certificate_speaks_and_is_spoken_to() {
    let site = Site::open(Limits::default()).await;
    let mut receiver = receiver(&site).await;
    let lane = site.tls_lane("boomgate://north/in-1/pi-1", "pi-1").connected().await;
    let mut lane = lane.subscribed("bg/v1/north/in-1/cmd").await;
    lane.client.publish("bg/v1/north/in-1/up", QoS::AtLeastOnce, false, b"event".to_vec()).await.unwrap();
    lane.wait(|packet| matches!(packet, Incoming::PubAck(_))).await.unwrap();
    assert_eq!(receive(&mut receiver).await, ("bg/v1/north/in-1/up".into(), b"event".to_vec()));
    for number in 0..250u8 {
        receiver.tx.try_publish("bg/v1/north/in-1/cmd", vec![number]).unwrap();
    }
    for number in 0..250u8 {
        let Incoming::Publish(publish) =
            lane.wait(|packet| matches!(packet, Incoming::Publish(_))).await.unwrap()
        else {
            unreachable!()
        };
        assert_eq!(publish.payload[..], [number], "more than the router's window of 100, in order");
    }
}

#[tokio::test]
async fn a_client_id_that_is_not_the_certificates_device_is_refused_with_a_code() {
    let site = Site::open(Limits::default()).await;
    let mut lane = site.tls_lane("boomgate://north/in-1/pi-1", "pi-2");
    let error = lane.wait(|_| false).await.unwrap_err();
    assert!(error.contains("BadClientId"), "{error}");
}

#[tokio::test]
async fn strangers_and_nameless_certificates_do_not_get_in() {
    let site = Site::open(Limits::default()).await;
    assert!(site.tls_lane("https://north/in-1/pi-1", "pi-1").is_cut_off().await);
    let other = authority();
    let (cert, key) =
        certificate(&other, vec![rcgen::SanType::URI("boomgate://north/in-1/pi-1".try_into().unwrap())]);
    let transport =
        Transport::tls_with_config(TlsConfiguration::Rustls(client_tls(site.ca.pem(), cert, key)));
    assert!(Lane::dial("localhost", site.tls().port(), "pi-1", Some(transport)).is_cut_off().await);
}

#[tokio::test]
async fn a_device_on_anothers_topics_is_cut_off_and_nothing_leaks() {
    let site = Site::open(Limits::default()).await;
    let mut receiver = receiver(&site).await;
    for topic in ["bg/v1/north/in-2/up", "bg/v1/south/in-1/up", "bg/v1/north/in-1/cmd", "bg/watchdog", "x"] {
        let mut lane = Lane::plain(site.plain(), "in-1-pi").connected().await;
        lane.client.publish(topic, QoS::AtLeastOnce, false, b"forged".to_vec()).await.unwrap();
        assert!(lane.is_cut_off().await, "publish {topic}");
    }
    for filter in [
        "#",
        "bg/v1/north/in-2/cmd",
        "bg/v1/north/+/cmd",
        "$share/g/bg/v1/north/in-1/cmd",
        "bg/v1/north/in-1/up",
    ] {
        let mut lane = Lane::plain(site.plain(), "in-1-pi").connected().await;
        lane.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        assert!(lane.is_cut_off().await, "subscribe {filter}");
    }
    let lane = Lane::plain(site.plain(), "in-1-pi").connected().await;
    lane.client.publish("bg/v1/north/in-1/up", QoS::AtLeastOnce, false, b"honest".to_vec()).await.unwrap();
    let listening = tokio::spawn(async move {
        let mut lane = lane;
        lane.wait(|_| false).await
    });
    assert_eq!(receive(&mut receiver).await.1, b"honest");
    listening.abort();
}

#[tokio::test]
async fn retained_qos2_and_foreign_wills_are_refused() {
    let site = Site::open(Limits::default()).await;
    let mut lane = Lane::plain(site.plain(), "in-1-pi").connected().await;
    lane.client.publish("bg/v1/north/in-1/up", QoS::AtLeastOnce, true, b"x".to_vec()).await.unwrap();
    assert!(lane.is_cut_off().await);
    let mut lane = Lane::plain(site.plain(), "in-1-pi").connected().await;
    lane.client.publish("bg/v1/north/in-1/up", QoS::ExactlyOnce, false, b"x".to_vec()).await.unwrap();
    assert!(lane.is_cut_off().await);
    let mut options = MqttOptions::new("in-1-pi", "127.0.0.1", site.plain().port());
    options.set_last_will(rumqttc::LastWill::new("bg/v1/north/in-2/up", "boo", QoS::AtMostOnce, false));
    let (client, events) = AsyncClient::new(options, 10);
    let error = Lane { client, events }.wait(|_| false).await.unwrap_err();
    assert!(error.contains("NotAuthorized"), "{error}");
}

#[tokio::test]
async fn a_second_connection_takes_over_and_the_first_is_gone() {
    let site = Site::open(Limits::default()).await;
    let mut first =
        Lane::plain(site.plain(), "in-1-pi").connected().await.subscribed("bg/v1/north/in-1/cmd").await;
    for _ in 0..20 {
        let second =
            Lane::plain(site.plain(), "in-1-pi").connected().await.subscribed("bg/v1/north/in-1/cmd").await;
        assert!(first.is_cut_off().await);
        first = second;
    }
    let mut receiver = receiver(&site).await;
    receiver.tx.try_publish("bg/v1/north/in-1/cmd", b"go".to_vec()).unwrap();
    first.wait(|packet| matches!(packet, Incoming::Publish(_))).await.unwrap();
}

#[tokio::test]
async fn a_take_over_while_the_old_socket_does_not_read_leaves_the_router_alive() {
    let limits = Limits { write_timeout: Duration::from_secs(1), ..Limits::default() };
    let site = Site::open(limits).await;
    let mut receiver = receiver(&site).await;
    let mut stuck = TcpStream::connect(site.plain()).await.unwrap();
    stuck.write_all(&raw_connect("in-1-pi")).await.unwrap();
    stuck.write_all(&raw_subscribe("bg/v1/north/in-1/cmd")).await.unwrap();
    stuck.read_exact(&mut [0; 9]).await.unwrap();
    for _ in 0..200 {
        receiver.tx.try_publish("bg/v1/north/in-1/cmd", vec![7; 50_000]).unwrap();
        tokio::task::yield_now().await;
    }
    let mut second = TcpStream::connect(site.plain()).await.unwrap();
    second.write_all(&raw_connect("in-1-pi")).await.unwrap();
    second.read_exact(&mut [0; 4]).await.unwrap();
    second.write_all(&[0xe0, 0]).await.unwrap();
    drop((stuck, second));
    let lane = Lane::plain(site.plain(), "in-2-pi").connected().await;
    lane.client.publish("bg/v1/north/in-2/up", QoS::AtLeastOnce, false, b"alive".to_vec()).await.unwrap();
    let listening = tokio::spawn(async move {
        let mut lane = lane;
        lane.wait(|_| false).await
    });
    assert_eq!(receive(&mut receiver).await.1, b"alive");
    listening.abort();
}

#[tokio::test]
async fn revocation_cuts_the_live_session_and_the_next_connect() {
    let limits = Limits { recheck: Duration::from_millis(100), ..Limits::default() };
    let site = Site::open(limits).await;
    let mut lane = Lane::plain(site.plain(), "in-1-pi").connected().await;
    site.register.revoked.lock().unwrap().insert("in-1-pi".parse().unwrap());
    assert!(lane.is_cut_off().await);
    let error = Lane::plain(site.plain(), "in-1-pi").wait(|_| false).await.unwrap_err();
    assert!(error.contains("NotAuthorized"), "{error}");
}

#[tokio::test]
async fn an_operator_can_end_a_session_at_once() {
    let site = Site::open(Limits::default()).await;
    let mut lane = Lane::plain(site.plain(), "in-1-pi").connected().await;
    assert!(site.broker.disconnect(&"in-1-pi".parse().unwrap(), EndReason::Revoked).await);
    assert!(lane.is_cut_off().await);
    assert!(!site.broker.disconnect(&"in-1-pi".parse().unwrap(), EndReason::Revoked).await);
}

#[tokio::test]
async fn silent_sockets_harm_nobody_and_are_closed() {
    let limits = Limits {
        handshake_timeout: Duration::from_millis(500),
        connect_timeout: Duration::from_millis(500),
        half_open_per_address: 60,
        ..Limits::default()
    };
    let site = Site::open(limits).await;
    let mut silent = Vec::new();
    for _ in 0..25 {
        silent.push(TcpStream::connect(site.tls()).await.unwrap());
        silent.push(TcpStream::connect(site.plain()).await.unwrap());
    }
    site.tls_lane("boomgate://north/in-1/pi-1", "pi-1").connected().await;
    for mut socket in silent {
        let read = timeout(TIMEOUT, socket.read(&mut [0; 16])).await.unwrap();
        assert!(matches!(read, Ok(0) | Err(_)), "closed by the broker");
    }
}

#[tokio::test]
async fn a_thousand_silent_sockets_of_its_own_address_kept_a_lane_out() {
    let site = Site::open(Limits::default()).await;
    let mut silent = Vec::new();
    for _ in 0..500 {
        silent.push(TcpStream::connect(site.tls()).await.unwrap());
        silent.push(TcpStream::connect(site.plain()).await.unwrap());
    }
    site.tls_lane("boomgate://north/in-1/pi-1", "pi-1").connected().await;
    let read = timeout(TIMEOUT, silent[0].read(&mut [0; 16])).await.unwrap();
    assert!(matches!(read, Ok(0) | Err(_)), "the oldest yields");
}

fn epoch(digit: char) -> String {
    digit.to_string().repeat(32)
}

#[tokio::test]
async fn two_devices_with_one_identity_took_over_from_each_other_without_end() {
    let limits = Limits { twin_hold: Duration::from_secs(3), ..Limits::default() };
    let site = Site::open(limits).await;
    let first = Lane::of_epoch(site.plain(), "in-1-pi", &epoch('a')).connected().await;
    let keeps_talking = tokio::spawn(async move {
        let mut first = first;
        first.wait(|_| false).await
    });
    let mut second = Lane::of_epoch(site.plain(), "in-1-pi", &epoch('b'));
    let error = second.wait(|packet| matches!(packet, Incoming::ConnAck(_))).await.unwrap_err();
    assert!(error.contains("ServiceUnavailable"), "{error}");
    assert!(!keeps_talking.is_finished(), "the living one was thrown out");
    let alarms = site.register.alarms.lock().unwrap().clone();
    assert!(matches!(alarms[..], [Alarm::Twin { live, refused }] if live != refused), "{alarms:?}");
    // The same program takes over at once.
    Lane::of_epoch(site.plain(), "in-1-pi", &epoch('a')).connected().await;
    assert!(timeout(TIMEOUT, keeps_talking).await.unwrap().unwrap().is_err());
}

#[tokio::test]
async fn a_silent_session_gives_way_to_the_device_started_anew() {
    let limits = Limits { twin_hold: Duration::from_secs(1), ..Limits::default() };
    let site = Site::open(limits).await;
    // Its event loop is not polled, so it sends nothing.
    let _dead = Lane::of_epoch(site.plain(), "in-1-pi", &epoch('a')).connected().await;
    Lane::of_epoch(site.plain(), "in-1-pi", &epoch('b')).connected().await;
    assert!(site.register.alarms.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_flood_reached_the_router_unbraked_and_is_paused_cut_off_and_told() {
    let limits = Limits {
        messages: Rate { burst: 100.0, per_second: 50.0 },
        flooding_after: Duration::from_secs(2),
        ..Limits::default()
    };
    let site = Site::open(limits).await;
    let mut receiver = receiver(&site).await;
    let mut flood = TcpStream::connect(site.plain()).await.unwrap();
    flood.write_all(&raw_connect("in-1-pi")).await.unwrap();
    flood.read_exact(&mut [0; 4]).await.unwrap();
    let flooding = tokio::spawn(async move {
        let mut sent = 0_u32;
        while flood.write_all(&raw_publish("bg/v1/north/in-1/up", b"x")).await.is_ok() {
            sent += 1;
        }
        sent
    });
    let begun = std::time::Instant::now();
    let mut received = 0;
    while !flooding.is_finished() && begun.elapsed() < TIMEOUT {
        received += u32::from(timeout(Duration::from_millis(200), receive(&mut receiver)).await.is_ok());
    }
    assert!(flooding.is_finished(), "never cut off");
    assert!(received < 2000, "{received} messages reached the router");
    let alarms = site.register.alarms.lock().unwrap().clone();
    assert!(matches!(alarms[..], [Alarm::Flooding { .. }]), "{alarms:?}");
    let error = Lane::plain(site.plain(), "in-1-pi").wait(|_| false).await.unwrap_err();
    assert!(error.contains("ServiceUnavailable"), "{error}");
    Lane::plain(site.plain(), "in-2-pi").connected().await;
}

/// A connection of a given start of a program, which says nothing by itself.
async fn silent_of_epoch(site: &Site, device: &str, digit: char) -> TcpStream {
    let mut socket = TcpStream::connect(site.plain()).await.unwrap();
    socket.write_all(&raw_connect_of_epoch(device, &epoch(digit))).await.unwrap();
    socket
}

/// The code of its CONNACK.
async fn answer(socket: &mut TcpStream) -> Option<u8> {
    let mut answer = [0; 4];
    timeout(TIMEOUT, socket.read_exact(&mut answer)).await.ok()?.ok()?;
    Some(answer[3])
}

const LONG_HOLD: Duration = Duration::from_secs(60);

#[tokio::test]
async fn one_device_filled_the_table_with_newcomers_that_wait() {
    let site = Site::open(Limits { twin_hold: LONG_HOLD, ..Limits::default() }).await;
    let mut live = silent_of_epoch(&site, "in-1-pi", 'a').await;
    assert_eq!(answer(&mut live).await, Some(0));
    let mut waiting = tokio::task::JoinSet::new();
    for digit in ['b', 'c', 'd', 'e', 'f'] {
        let mut socket = silent_of_epoch(&site, "in-1-pi", digit).await;
        waiting.spawn(async move { answer(&mut socket).await });
    }
    for _ in 0..4 {
        let refused = timeout(TIMEOUT / 2, waiting.join_next()).await.expect("only one may wait");
        assert_eq!(refused.unwrap().unwrap(), Some(3));
    }
    assert!(
        timeout(Duration::from_millis(300), waiting.join_next()).await.is_err(),
        "the newest still waits"
    );
    assert!(site.register.alarms.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_newcomer_that_hung_up_kept_its_place_while_it_waited() {
    let limits = Limits { connections: 2, twin_hold: LONG_HOLD, ..Limits::default() };
    let site = Site::open(limits).await;
    let mut live = silent_of_epoch(&site, "in-1-pi", 'a').await;
    assert_eq!(answer(&mut live).await, Some(0));
    let mut waiting = silent_of_epoch(&site, "in-1-pi", 'b').await;
    // Long enough that it is known, and does not yield.
    assert!(timeout(Duration::from_millis(500), waiting.read(&mut [0; 4])).await.is_err());
    drop(waiting);
    let other = timeout(TIMEOUT, async {
        loop {
            let mut socket = silent_of_epoch(&site, "in-2-pi", 'c').await;
            if answer(&mut socket).await == Some(0) {
                return;
            }
        }
    });
    other.await.expect("the place was not given back");
}

#[tokio::test]
async fn a_copy_that_sent_no_user_name_threw_out_the_honest_lane() {
    let limits = Limits { twin_hold: Duration::from_secs(3), ..Limits::default() };
    let site = Site::open(limits).await;
    let honest = Lane::of_epoch(site.plain(), "in-1-pi", &epoch('a')).connected().await;
    let keeps_talking = tokio::spawn(async move {
        let mut honest = honest;
        honest.wait(|_| false).await
    });
    let error = Lane::plain(site.plain(), "in-1-pi").wait(|_| false).await.unwrap_err();
    assert!(error.contains("ServiceUnavailable"), "{error}");
    assert!(!keeps_talking.is_finished(), "the honest one was thrown out");
    let alarms = site.register.alarms.lock().unwrap().clone();
    assert!(matches!(alarms[..], [Alarm::Twin { .. }]), "{alarms:?}");
    keeps_talking.abort();
}

#[tokio::test]
async fn a_flood_over_ever_new_connections_was_never_braked() {
    let limits = Limits {
        messages: Rate { burst: 100.0, per_second: 50.0 },
        flooding_after: Duration::from_secs(2),
        ..Limits::default()
    };
    let site = Site::open(limits).await;
    let burst = raw_publish("bg/v1/north/in-1/up", b"x").repeat(60);
    let refused = timeout(TIMEOUT, async {
        loop {
            let mut socket = silent_of_epoch(&site, "in-1-pi", 'a').await;
            match answer(&mut socket).await {
                Some(0) => drop(socket.write_all(&burst).await),
                other => return other,
            }
            // Until it is read, or paused.
            drop(timeout(Duration::from_millis(100), socket.read(&mut [0; 4])).await);
        }
    });
    assert_eq!(refused.await.expect("never kept out"), Some(3));
    let alarms = site.register.alarms.lock().unwrap().clone();
    assert!(matches!(alarms[..], [Alarm::Flooding { .. }]), "{alarms:?}");
}

#[tokio::test]
async fn who_was_kept_out_or_revoked_while_it_waited_was_admitted() {
    let site = Site::open(Limits { twin_hold: LONG_HOLD, ..Limits::default() }).await;
    for (device, lane, code) in [("in-1-pi", "in-1", 3), ("in-2-pi", "in-2", 5)] {
        let mut live = silent_of_epoch(&site, device, 'a').await;
        assert_eq!(answer(&mut live).await, Some(0));
        let mut waiting = silent_of_epoch(&site, device, 'b').await;
        assert!(timeout(Duration::from_millis(500), waiting.read(&mut [0; 4])).await.is_err());
        if code == 3 {
            let (north, lane) = ("north".parse().unwrap(), lane.parse().unwrap());
            assert!(site.broker.cut_off(&north, &lane, "garbage").await);
        } else {
            site.register.revoked.lock().unwrap().insert(device.parse().unwrap());
            assert!(site.broker.disconnect(&device.parse().unwrap(), EndReason::Revoked).await);
        }
        assert_eq!(answer(&mut waiting).await, Some(code), "{device}");
    }
}

#[tokio::test]
async fn a_lane_that_offends_elsewhere_is_cut_off_and_kept_out() {
    let site = Site::open(Limits::default()).await;
    let mut lane = Lane::plain(site.plain(), "in-1-pi").connected().await;
    let (north, in_1) = ("north".parse().unwrap(), "in-1".parse().unwrap());
    assert!(site.broker.cut_off(&north, &in_1, "garbage").await);
    assert!(lane.is_cut_off().await);
    let error = Lane::plain(site.plain(), "in-1-pi").wait(|_| false).await.unwrap_err();
    assert!(error.contains("ServiceUnavailable"), "{error}");
}

#[tokio::test]
async fn malformed_and_oversize_packets_end_only_their_own_connection() {
    let site = Site::open(Limits::default()).await;
    let mut healthy = Lane::plain(site.plain(), "in-2-pi").connected().await;
    let evil: [&[u8]; 8] = [
        &[0x00, 0x00],
        &[0x30, 0xff, 0xff, 0xff, 0x7f],
        &[0x30, 0x02, 0x00, 0xff],
        &[0x40, 0x02, 0x00, 0x63],
        &[0x20, 0x02, 0x00, 0x00],
        &[0x82, 0x00],
        &[0xf0, 0x02, 0x01, 0x01],
        &[0x10, 0x0c, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 60, 0, 0],
    ];
    for bytes in evil {
        let mut socket = TcpStream::connect(site.plain()).await.unwrap();
        socket.write_all(&raw_connect("in-1-pi")).await.unwrap();
        socket.read_exact(&mut [0; 4]).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let read = timeout(TIMEOUT, socket.read(&mut [0; 16])).await.unwrap();
        assert!(matches!(read, Ok(0) | Err(_)), "{bytes:02x?}");
    }
    healthy.client.publish("bg/v1/north/in-2/up", QoS::AtLeastOnce, false, b"x".to_vec()).await.unwrap();
    healthy.wait(|packet| matches!(packet, Incoming::PubAck(_))).await.unwrap();
}

#[tokio::test]
async fn wrong_versions_ids_and_keep_alives_get_their_code() {
    let site = Site::open(Limits::default()).await;
    let mut version_five = raw_connect("in-1-pi");
    version_five[8] = 5;
    let mut no_keep_alive = raw_connect("in-1-pi");
    no_keep_alive[11] = 0;
    for (connect, code) in
        [(version_five, 1), (raw_connect("In/1#+$"), 2), (no_keep_alive, 2), (raw_connect("stranger"), 5)]
    {
        for _ in 0..2 {
            let mut socket = TcpStream::connect(site.plain()).await.unwrap();
            socket.write_all(&connect).await.unwrap();
            let mut answer = [0; 4];
            timeout(TIMEOUT, socket.read_exact(&mut answer)).await.unwrap().unwrap();
            assert_eq!(answer, [0x20, 2, 0, code]);
        }
    }
    Lane::plain(site.plain(), "in-1-pi").connected().await;
}

#[tokio::test]
async fn a_plain_listener_beyond_loopback_is_refused() {
    let config =
        BrokerConfig { tls: None, plain: Some("0.0.0.0:0".parse().unwrap()), limits: Limits::default() };
    let error = Broker::start(config, Arc::new(Register::default())).await.err().unwrap();
    assert!(error.to_string().contains("not a loopback address"), "{error}");
}

fn raw_connect(client_id: &str) -> Vec<u8> {
    let length = u8::try_from(client_id.len()).unwrap();
    let mut bytes = vec![0x10, 12 + length, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 60, 0, length];
    bytes.extend(client_id.as_bytes());
    bytes
}

fn raw_connect_of_epoch(client_id: &str, epoch: &str) -> Vec<u8> {
    let mut bytes = raw_connect(client_id);
    bytes[1] += u8::try_from(2 + epoch.len()).unwrap();
    bytes[9] |= 0x80;
    bytes.extend([0, u8::try_from(epoch.len()).unwrap()]);
    bytes.extend(epoch.as_bytes());
    bytes
}

fn raw_publish(topic: &str, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(topic.len() + payload.len() + 2).unwrap();
    let mut bytes = vec![0x30, length, 0, u8::try_from(topic.len()).unwrap()];
    bytes.extend(topic.as_bytes());
    bytes.extend(payload);
    bytes
}

fn raw_subscribe(filter: &str) -> Vec<u8> {
    let length = u8::try_from(filter.len()).unwrap();
    let mut bytes = vec![0x82, 5 + length, 0, 1, 0, length];
    bytes.extend(filter.as_bytes());
    bytes.push(1);
    bytes
}
