//! The scripted server: one MQTT connection at a time, acks that can be withheld, commands as the test wishes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{Ack, Action, Command, SyncPart, WantedMode};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_schemas::up::{Arrival, CommandResult, Event, EventBody, Hello, Params, UpBatch};
use bytes::BytesMut;
use ed25519_dalek::SigningKey;
use rumqttc::mqttbytes::v4::{
    ConnAck, ConnectReturnCode, Packet, PubAck, Publish, SubAck, SubscribeReasonCode,
};
use rumqttc::mqttbytes::{Error, QoS};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

pub const DEVICE_KEY: [u8; 32] = [7; 32];
const SERVER_KEY: [u8; 32] = [9; 32];
const LARGEST: usize = 80 * 1024;

pub struct Pki {
    pub ca: String,
    pub device_cert: String,
    pub device_key: String,
    issuer: rcgen::CertifiedIssuer<'static, rcgen::KeyPair>,
    server: Arc<ServerConfig>,
}

impl Pki {
    /// Certificate and key of the device that end at this time.
    pub fn device_until(&self, end: std::time::SystemTime) -> (String, String) {
        let mut params = device_params();
        params.not_after = end.into();
        let key = rcgen::KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// The server's side of TLS; clients must show a certificate of the site.
    pub fn server_tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }
}

pub struct Server {
    pub pki: Pki,
    pub port: u16,
    pub signing: SigningKey,
    shared: Arc<Mutex<Shared>>,
    _runtime: Runtime,
}

#[derive(Default)]
pub struct Shared {
    pub hellos: Vec<Hello>,
    /// As they came, repeats included.
    pub events: Vec<Event>,
    /// Those whose numbers are taken.
    pub strangers: Vec<Event>,
    /// Whether events are acked at all.
    pub withhold_acks: bool,
    /// Whether every accepted reading is answered with an opening.
    pub open_all: bool,
    /// Connections are closed at once.
    pub refuse: bool,
    /// Numbers up to this are another lane program's events: this server has seen more than the lane's spool has.
    pub taken: u64,
    /// How far the server's clock is ahead of this machine's.
    pub ahead_ms: i64,
    /// Who a lane says it is in its CONNECT.
    pub usernames: Vec<String>,
    pub counter: u64,
    pub sync_requests: usize,
    lane: Option<mpsc::UnboundedSender<Packet>>,
}

impl Server {
    pub fn start() -> Server {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let pki = pki();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(accept(listener, TlsAcceptor::from(Arc::clone(&pki.server)), Arc::clone(&shared)));
        Server { pki, port, signing: SigningKey::from_bytes(&SERVER_KEY), shared, _runtime: runtime }
    }

    /// A server that opens for every car whose plate was accepted.
    pub fn that_opens() -> Server {
        let server = Server::start();
        server.with(|shared| shared.open_all = true);
        server
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut Shared) -> T) -> T {
        look(&mut self.shared.lock().unwrap())
    }

    pub fn hello(&self) -> Option<Hello> {
        self.with(|shared| shared.hellos.last().cloned())
    }

    pub fn arrivals(&self) -> Vec<Arrival> {
        self.with(|shared| {
            let bodies = shared.events.iter().map(|event| &event.body);
            bodies
                .filter_map(|body| if let EventBody::Arrival(a) = body { Some(a.clone()) } else { None })
                .collect()
        })
    }

    /// Each once, however often it was sent until our ack came through.
    pub fn results(&self) -> Vec<CommandResult> {
        self.with(|shared| {
            let mut known = HashSet::new();
            let bodies =
                shared.events.iter().filter(|event| known.insert(event.seq)).map(|event| &event.body);
            bodies
                .filter_map(|body| if let EventBody::Result(r) = body { Some(r.clone()) } else { None })
                .collect()
        })
    }

    pub fn faults(&self) -> Vec<String> {
        self.with(|shared| {
            let bodies = shared.events.iter().map(|event| &event.body);
            bodies
                .filter_map(|body| if let EventBody::Fault(f) = body { Some(f.code.clone()) } else { None })
                .collect()
        })
    }

    /// An opening for an arrival, addressed to the lane as it last greeted.
    pub fn open_command(&self, arrival: Uuid) -> Command {
        self.with(|shared| shared.open_command(arrival))
    }

    pub fn sealed(&self, command: &Command) -> Vec<u8> {
        sealed(command)
    }

    pub fn send(&self, leaf: Leaf, bytes: Vec<u8>) {
        self.with(|shared| shared.send(leaf, bytes));
    }

    pub fn send_list(&self, part: &SyncPart) {
        let topic = topic(Leaf::List);
        self.send(
            Leaf::List,
            envelope::seal(&topic, &Header::server(), part.encode(), &SigningKey::from_bytes(&SERVER_KEY)),
        );
    }

    /// An ack as the test wishes.
    pub fn send_ack(&self, upto: u64, above: Option<u64>) {
        self.with(|shared| shared.send_ack(upto, None, above));
    }

    /// Tells the lane what it is to be for.
    pub fn send_mode(&self, wanted: WantedMode) {
        let ack = Ack { upto: 0, rejected: vec![], echo: None, now_ms: 0, above: None, wanted: Some(wanted) };
        let signing = SigningKey::from_bytes(&SERVER_KEY);
        self.send(Leaf::Ack, envelope::seal(&topic(Leaf::Ack), &Header::server(), ack.encode(), &signing));
    }

    /// Cuts the line, as a broker that dies would.
    pub fn cut(&self) {
        self.with(|shared| shared.lane = None);
    }
}

impl Shared {
    pub fn open_command(&mut self, arrival: Uuid) -> Command {
        let hello = self.hellos.last().unwrap();
        self.counter += 1;
        Command {
            id: Uuid::now_v7(),
            device: "pi-1".into(),
            arrival: Some(arrival),
            action: Action::Open,
            code: "OPEN-VISITOR".into(),
            params: Params::new(),
            amount: None,
            pay_url: None,
            by: None,
            reason: None,
            counter: self.counter,
            epoch: hello.epoch,
            not_after_ms: hello.uptime_ms + 600_000,
        }
    }

    fn send(&mut self, leaf: Leaf, bytes: Vec<u8>) {
        let mut publish = Publish::new(topic(leaf).to_string(), QoS::AtLeastOnce, bytes);
        publish.pkid = 1;
        if let Some(lane) = &self.lane {
            let _ = lane.send(Packet::Publish(publish));
        }
    }

    fn receive(&mut self, publish: &Publish) {
        let topic: Topic = publish.topic.parse().unwrap();
        let device = SigningKey::from_bytes(&DEVICE_KEY).verifying_key();
        let opened = envelope::open(&topic, &publish.payload, "pi-1", &device).unwrap();
        match topic.leaf {
            Leaf::Hello => {
                let hello = Hello::decode(&opened.payload).unwrap();
                let echo = Some(hello.uptime_ms);
                self.hellos.push(hello);
                self.ack(echo);
            }
            Leaf::Sync => self.sync_requests += 1,
            Leaf::Up => self.receive_events(UpBatch::decode(&opened.payload).unwrap()),
            Leaf::Ack | Leaf::Cmd | Leaf::List => panic!("a lane spoke on {}", publish.topic),
        }
    }

    fn receive_events(&mut self, batch: UpBatch) {
        for event in batch.events {
            if event.seq <= self.taken {
                self.strangers.push(event);
                continue;
            }
            let fresh = self.events.iter().all(|known| known.seq != event.seq);
            if let (EventBody::Arrival(arrival), true, true) = (&event.body, fresh, self.open_all)
                && arrival.reading.is_some()
            {
                let command = self.open_command(arrival.arrival);
                self.send(Leaf::Cmd, sealed(&command));
            }
            self.events.push(event);
        }
        self.ack(None);
    }

    /// The contiguous watermark: declared gaps count as heard.
    pub fn watermark(&self) -> u64 {
        let known: HashSet<u64> = self.events.iter().map(|event| event.seq).collect();
        let gaps: Vec<(u64, u64)> = self
            .events
            .iter()
            .filter_map(|event| {
                if let EventBody::Gap(gap) = &event.body { Some((gap.first, gap.last)) } else { None }
            })
            .collect();
        let mut upto = 0;
        loop {
            let declared = gaps.iter().find(|(first, last)| (*first..=*last).contains(&(upto + 1)));
            upto = match declared {
                Some((_, last)) => *last,
                None if known.contains(&(upto + 1)) => upto + 1,
                None => return upto,
            };
        }
    }

    /// Whether the lane numbers its events below those that are taken.
    fn is_behind(&self) -> bool {
        let next = self.hellos.last().map_or(0, |hello| hello.next_seq);
        let fresh = self.events.iter().any(|event| event.seq > self.taken);
        self.taken > 0 && next <= self.taken && !fresh
    }

    fn ack(&mut self, echo: Option<u64>) {
        let above = self.is_behind().then_some(self.taken);
        let upto = match above {
            Some(_) => self.hellos.last().map_or(0, |hello| hello.acked_seq),
            None if self.withhold_acks => 0,
            None => self.watermark(),
        };
        if upto == 0 && echo.is_none() && above.is_none() {
            return;
        }
        self.send_ack(upto, echo, above);
    }

    fn send_ack(&mut self, upto: u64, echo: Option<u64>, above: Option<u64>) {
        let wall_ms =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
        let ack = Ack { upto, rejected: vec![], echo, now_ms: wall_ms + self.ahead_ms, above, wanted: None };
        let signing = SigningKey::from_bytes(&SERVER_KEY);
        self.send(Leaf::Ack, envelope::seal(&topic(Leaf::Ack), &Header::server(), ack.encode(), &signing));
    }
}

pub fn topic(leaf: Leaf) -> Topic {
    Topic::new("north".parse().unwrap(), "in-1".parse().unwrap(), leaf)
}

pub fn sealed(command: &Command) -> Vec<u8> {
    let signing = SigningKey::from_bytes(&SERVER_KEY);
    envelope::seal(&topic(Leaf::Cmd), &Header::server(), command.encode(), &signing)
}

pub fn list_key() -> Octets<32> {
    Octets([3; 32])
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, shared: Arc<Mutex<Shared>>) {
    while let Ok((stream, _)) = listener.accept().await {
        if shared.lock().unwrap().refuse {
            continue;
        }
        tokio::spawn(serve(stream, tls.clone(), Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, tls: TlsAcceptor, shared: Arc<Mutex<Shared>>) {
    stream.set_nodelay(true).unwrap();
    let Ok(mut stream) = tls.accept(stream).await else { return };
    let (sender, mut outgoing) = mpsc::unbounded_channel();
    shared.lock().unwrap().lane = Some(sender.clone());
    drop(sender);
    let mut received = BytesMut::new();
    loop {
        tokio::select! {
            read = stream.read_buf(&mut received) => if read.unwrap_or(0) == 0 { return },
            packet = outgoing.recv() => match packet {
                Some(packet) => if write(&mut stream, &packet).await.is_err() { return },
                None => return,
            },
        }
        while let Some(packet) = next(&mut received) {
            for answer in answer(&packet, &shared) {
                if write(&mut stream, &answer).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn next(received: &mut BytesMut) -> Option<Packet> {
    match Packet::read(received, LARGEST) {
        Ok(packet) => Some(packet),
        Err(Error::InsufficientBytes(_)) => None,
        Err(error) => panic!("the lane sent what is not MQTT: {error}"),
    }
}

fn answer(packet: &Packet, shared: &Arc<Mutex<Shared>>) -> Vec<Packet> {
    match packet {
        Packet::Connect(connect) => {
            assert_eq!(connect.client_id, "pi-1");
            let login = connect.login.as_ref().unwrap();
            assert_eq!(login.password, "");
            shared.lock().unwrap().usernames.push(login.username.clone());
            vec![Packet::ConnAck(ConnAck::new(ConnectReturnCode::Success, false))]
        }
        Packet::Subscribe(subscribe) => {
            let codes = vec![SubscribeReasonCode::Success(QoS::AtLeastOnce); subscribe.filters.len()];
            vec![Packet::SubAck(SubAck::new(subscribe.pkid, codes))]
        }
        Packet::Publish(publish) => {
            shared.lock().unwrap().receive(publish);
            vec![Packet::PubAck(PubAck::new(publish.pkid))]
        }
        Packet::PingReq => vec![Packet::PingResp],
        _ => vec![],
    }
}

async fn write(
    stream: &mut tokio_rustls::server::TlsStream<TcpStream>,
    packet: &Packet,
) -> std::io::Result<()> {
    let mut bytes = BytesMut::new();
    packet.write(&mut bytes, LARGEST).unwrap();
    stream.write_all(&bytes).await?;
    stream.flush().await
}

fn device_params() -> rcgen::CertificateParams {
    let name = rcgen::SanType::URI("boomgate://north/in-1/pi-1".try_into().unwrap());
    let mut params = rcgen::CertificateParams::default();
    params.subject_alt_names = vec![name];
    params
}

fn pki() -> Pki {
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap();
    let certificate = |params: rcgen::CertificateParams| {
        let key = rcgen::KeyPair::generate().unwrap();
        (params.signed_by(&key, &ca).unwrap().pem(), key.serialize_pem())
    };
    let mut named = rcgen::CertificateParams::default();
    named.subject_alt_names = vec![rcgen::SanType::DnsName("localhost".try_into().unwrap())];
    let (server_cert, server_key) = certificate(named);
    let (device_cert, device_key) = certificate(device_params());
    let server = server_config(&ca.pem(), &server_cert, &server_key);
    Pki { ca: ca.pem(), device_cert, device_key, issuer: ca, server }
}

fn server_config(ca: &str, cert: &str, key: &str) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap();
    Arc::new(config)
}
