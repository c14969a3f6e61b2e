//! A man in the middle who has stolen the server's TLS key and the lane's: he reads, drops, alters, repeats and invents
//! packets between a lane and the real broker. What he has not stolen is the key the server signs with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use boomgate_schemas::topic::{Leaf, Topic};
use bytes::BytesMut;
use rumqttc::mqttbytes::v4::{Packet, PubAck, Publish};
use rumqttc::mqttbytes::{Error, QoS};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::client::client_tls;
use crate::site::Site;

const LARGEST: usize = 128 * 1024;

/// What becomes of a message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Passes,
    /// The sender is told that it arrived.
    Vanishes,
    /// These arrive instead, the first in its place.
    Becomes(Vec<Vec<u8>>),
}

type Rule = Box<dyn FnMut(&Topic, &[u8]) -> Delivery + Send>;

/// Stands between one lane and the broker. Everything passes until [`MqttProxy::rule`] says otherwise.
pub struct MqttProxy {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    rule: Mutex<Rule>,
    seen: Mutex<Vec<(Topic, Vec<u8>)>>,
    to_lane: Mutex<Option<mpsc::UnboundedSender<Packet>>>,
    broker: u16,
    accept: TlsAcceptor,
    connect: TlsConnector,
}

impl MqttProxy {
    /// Begins to listen in front of `lane`.
    pub async fn before(site: &Site, lane: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            rule: Mutex::new(Box::new(|_, _| Delivery::Passes)),
            seen: Mutex::default(),
            to_lane: Mutex::default(),
            broker: site.ports.mqtt,
            accept: TlsAcceptor::from(server_tls(&site.data().join("pki"))),
            connect: TlsConnector::from(client_tls(&site.lane_folder(lane))),
        });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { port, shared }
    }

    /// From now on `rule` says what becomes of each message, in both directions.
    pub fn rule(&self, rule: impl FnMut(&Topic, &[u8]) -> Delivery + Send + 'static) {
        *self.shared.rule.lock().unwrap() = Box::new(rule);
    }

    pub fn pass_everything(&self) {
        self.rule(|_, _| Delivery::Passes);
    }

    /// Every message of this kind that came by.
    pub fn seen(&self, leaf: Leaf) -> Vec<(Topic, Vec<u8>)> {
        let seen = self.shared.seen.lock().unwrap();
        seen.iter().filter(|(topic, _)| topic.leaf == leaf).cloned().collect()
    }

    /// Tells the lane something nobody said.
    pub fn inject(&self, topic: &Topic, bytes: Vec<u8>) {
        let publish = Publish::new(topic.to_string(), QoS::AtMostOnce, bytes);
        let lane = self.shared.to_lane.lock().unwrap();
        lane.as_ref().expect("the lane is connected").send(Packet::Publish(publish)).unwrap();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        // A lane that comes back is let in anew; the old relay ends with its sockets.
        tokio::spawn(async move { drop(relay(stream, shared).await) });
    }
}

async fn relay(lane: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    lane.set_nodelay(true)?;
    let mut lane = shared.accept.accept(lane).await?;
    let broker = TcpStream::connect(("127.0.0.1", shared.broker)).await?;
    broker.set_nodelay(true)?;
    let name = ServerName::try_from("localhost").expect("localhost is a name");
    let mut broker = shared.connect.connect(name, broker).await?;
    let (sender, mut injected) = mpsc::unbounded_channel();
    *shared.to_lane.lock().unwrap() = Some(sender);
    let (mut from_lane, mut from_broker) = (BytesMut::new(), BytesMut::new());
    loop {
        tokio::select! {
            read = lane.read_buf(&mut from_lane) => if read? == 0 { return Ok(()) },
            read = broker.read_buf(&mut from_broker) => if read? == 0 { return Ok(()) },
            Some(packet) = injected.recv() => write(&mut lane, &packet).await?,
        }
        while let Some(packet) = next(&mut from_lane) {
            hand_on(packet, &mut lane, &mut broker, &shared).await?;
        }
        while let Some(packet) = next(&mut from_broker) {
            hand_on(packet, &mut broker, &mut lane, &shared).await?;
        }
    }
}

async fn hand_on(
    packet: Packet,
    sender: &mut (impl AsyncRead + AsyncWrite + Unpin),
    addressee: &mut (impl AsyncRead + AsyncWrite + Unpin),
    shared: &Shared,
) -> std::io::Result<()> {
    let Packet::Publish(publish) = packet else { return write(addressee, &packet).await };
    match shared.fate(&publish) {
        Delivery::Passes => write(addressee, &Packet::Publish(publish)).await,
        Delivery::Vanishes if publish.qos == QoS::AtMostOnce => Ok(()),
        Delivery::Vanishes => write(sender, &Packet::PubAck(PubAck::new(publish.pkid))).await,
        Delivery::Becomes(bodies) => {
            for (number, body) in bodies.into_iter().enumerate() {
                let mut other = Publish { payload: body.into(), ..publish.clone() };
                if number > 0 {
                    (other.qos, other.pkid) = (QoS::AtMostOnce, 0);
                }
                write(addressee, &Packet::Publish(other)).await?;
            }
            Ok(())
        }
    }
}

impl Shared {
    fn fate(&self, publish: &Publish) -> Delivery {
        let Ok(topic) = publish.topic.parse::<Topic>() else { return Delivery::Passes };
        self.seen.lock().unwrap().push((topic.clone(), publish.payload.to_vec()));
        (self.rule.lock().unwrap())(&topic, &publish.payload)
    }
}

fn next(heard: &mut BytesMut) -> Option<Packet> {
    match Packet::read(heard, LARGEST) {
        Ok(packet) => Some(packet),
        Err(Error::InsufficientBytes(_)) => None,
        Err(error) => panic!("what came by is not MQTT: {error}"),
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), packet: &Packet) -> std::io::Result<()> {
    let mut bytes = BytesMut::new();
    packet.write(&mut bytes, LARGEST).expect("a packet that was read can be written");
    stream.write_all(&bytes).await?;
    stream.flush().await
}

/// TLS with the server's own key and certificate.
fn server_tls(pki: &Path) -> Arc<rustls::ServerConfig> {
    let read = |name: &str| std::fs::read(PathBuf::from(pki).join(name)).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&read("ca.pem")).unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let chain = vec![CertificateDer::from_pem_slice(&read("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(&read("server.key")).unwrap();
    let builder = rustls::ServerConfig::builder().with_client_cert_verifier(verifier);
    Arc::new(builder.with_single_cert(chain, key).unwrap())
}
