//! One suite, two buses: the in-process link and an external Mosquitto.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use boomgate_domain::decide::Direction::Entry;
use boomgate_ingest::bus::{LinkBus, MqttBus, MqttConfig};
use boomgate_schemas::up::PassageKind;
use uuid::Uuid;

use crate::car_park::{CarPark, Settings, TestRouter};
use crate::lane::{Lane, Wire, arrived, passed};

/// A Mosquitto on a port of its own; ended with this value.
struct Mosquitto {
    child: Child,
    port: u16,
    _dir: tempfile::TempDir,
    config: PathBuf,
}

impl Mosquitto {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = dir.path().join("mosquitto.conf");
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
        );
        std::fs::write(&config, text).unwrap();
        let child = Self::run(&config);
        let broker = Self { child, port, _dir: dir, config };
        broker.wait();
        broker
    }

    fn run(config: &PathBuf) -> Child {
        let program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists())
            .unwrap_or("mosquitto");
        Command::new(program)
            .arg("-c")
            .arg(config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto is not installed: apt-get install mosquitto")
    }

    fn wait(&self) {
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("mosquitto does not listen on {}", self.port);
    }

    fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::run(&self.config);
        self.wait();
    }

    fn bus(&self) -> MqttBus {
        let client_id = format!("ingest-{}", Uuid::now_v7().simple());
        MqttBus::connect(MqttConfig {
            host: "127.0.0.1".into(),
            port: self.port,
            client_id,
            credentials: None,
            tls: None,
        })
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What any bus must carry: greetings, events, receipts, orders, many at once and in both directions.
async fn carries_everything(park: &mut CarPark, mut entry: Lane) {
    entry.send_default_hello().await;
    let arrival = entry.arrive_and_wait("W0", "OPEN-VISITOR").await;
    entry.pass(arrival).await;
    entry.all_acked().await;
    // More than the window of 100 that rumqttd keeps per link.
    let mut unacknowledged = Vec::new();
    for car in 1..=400 {
        let arrival = Uuid::now_v7();
        let plate = format!("W{car}");
        let bodies =
            [arrived(arrival, Entry, Some(&plate)), passed(Some(arrival), Entry, PassageKind::BackedOut)];
        let events = bodies.map(|body| entry.event(body)).to_vec();
        let bytes = entry.seal_events(events);
        entry.send(bytes.clone()).await;
        unacknowledged.push((entry.seq, bytes));
    }
    for _ in 0..10 {
        let last = entry.seq;
        if entry.is_acked_within(last, Duration::from_secs(3)).await {
            break;
        }
        let acked = entry.acked;
        for (_, bytes) in unacknowledged.iter().filter(|(seq, _)| *seq > acked) {
            entry.send(bytes.clone()).await;
        }
    }
    entry.all_acked().await;
    let kept = park.count("events where kind in ('arrival', 'passage')").await;
    assert_eq!(kept, 802);
    park.check().await;
}

#[tokio::test]
async fn the_link_carries_everything() {
    let router = TestRouter::start();
    let mut park =
        CarPark::build(Settings { capacity: Some(1000), ..Settings::default() }, router.clone()).await;
    let (tx, rx) = (router.0)("@ingest");
    park.start(LinkBus::subscribe(tx, rx).await.unwrap());
    let (tx, rx) = (router.0)("lane");
    let entry = park.lane_on(Entry, Wire::link(tx, rx)).await;
    carries_everything(&mut park, entry).await;
}

#[tokio::test]
async fn mosquitto_carries_everything() {
    let broker = Mosquitto::start();
    let mut park =
        CarPark::build(Settings { capacity: Some(1000), ..Settings::default() }, TestRouter::start()).await;
    park.start(broker.bus());
    let entry = park.lane_on(Entry, Wire::mqtt(broker.port, "lane")).await;
    carries_everything(&mut park, entry).await;
}

#[tokio::test]
async fn a_broker_that_restarts_is_found_again() {
    let mut broker = Mosquitto::start();
    let mut park = CarPark::build(Settings::default(), TestRouter::start()).await;
    park.start(broker.bus());
    let mut entry = park.lane_on(Entry, Wire::mqtt(broker.port, "lane-a")).await;
    entry.send_default_hello().await;
    entry.arrive_and_wait("W1", "OPEN-VISITOR").await;
    broker.restart();
    let mut second = park.lane_on(Entry, Wire::mqtt(broker.port, "lane-b")).await;
    second.send_default_hello().await;
    second.arrive_and_wait("W2", "OPEN-VISITOR").await;
    second.all_acked().await;
    park.check().await;
}
