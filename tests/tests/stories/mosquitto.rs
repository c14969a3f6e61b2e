//! Another broker than our own: Mosquitto carries a car in and out.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use boomgate::pki::Pki;
use boomgate_tests::programs::Process;
use boomgate_tests::scratch::Scratch;
use boomgate_tests::site::{ExternalBroker, Plan, Site};
use boomgate_tests::wait;

#[tokio::test(flavor = "multi_thread")]
async fn mosquitto_as_the_broker_carries_a_car_in_and_out() {
    let dir = Scratch::new();
    let (mosquitto, broker) = mosquitto(dir.path()).await;
    let site = Site::open_in(dir, Plan { external_broker: Some(broker), ..Plan::default() }).await;
    let (entry, exit) = (site.lane("in-1").await, site.lane("out-1").await);
    entry.car("pia", "BA123XY");
    let decision = site.journal.decision("in-1", "pia").await;
    assert_eq!((decision.code.as_str(), decision.local), ("OPEN-VISITOR", false));
    site.journal.passed("in-1", "pia").await;
    site.until_due().await;
    exit.car("pia", "BA123XY");
    let decision = site.journal.decision("out-1", "pia").await;
    assert_eq!((decision.outcome.as_str(), decision.local), ("charge", false));
    site.api.take_cash("out-1", decision.arrival).await.unwrap().expect("something is due");
    site.journal.passed("out-1", "pia").await;
    site.until_stays("state = 'closed'", 1).await;
    let verdict = site.end([entry, exit]).await;
    assert_eq!((verdict.stays_opened, verdict.stays_closed, verdict.paid), (1, 1, 1));
    mosquitto.stop().await;
}

/// Devices come with the certificates of the site's CA, the server with a name and a password; both over TLS.
async fn mosquitto(dir: &Path) -> (Process, ExternalBroker) {
    let (devices, server) = (free_port(), free_port());
    let pki = dir.join("data/pki");
    Pki::open_or_create(&pki, &[]).unwrap();
    let pki = pki.display();
    let (config, passwords, password) =
        (dir.join("mosquitto.conf"), dir.join("mosquitto.passwords"), dir.join("broker-password"));
    fs::write(&password, "a-lane-is-not-a-server\n").unwrap();
    let mut passwd = Command::new("mosquitto_passwd");
    let made = passwd
        .args(["-c", "-b"])
        .arg(&passwords)
        .args(["ingest", "a-lane-is-not-a-server"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let certificates = format!("cafile {pki}/ca.pem\ncertfile {pki}/server.pem\nkeyfile {pki}/server.key\n");
    let text = format!(
        "per_listener_settings true\nuser root\npersistence false\nset_tcp_nodelay true\n\
         listener {devices} 127.0.0.1\nallow_anonymous true\nrequire_certificate true\n{certificates}\
         listener {server} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n{certificates}",
        passwords = passwords.display(),
    );
    fs::write(&config, text).unwrap();
    let process = Process::start(Command::new(program()).arg("-c").arg(&config), &dir.join("mosquitto.log"));
    wait::until("mosquitto listens", async || {
        let listens =
            [devices, server].into_iter().all(|port| TcpStream::connect(("127.0.0.1", port)).is_ok());
        listens.then_some(())
    })
    .await;
    let config = format!(
        "host = \"localhost\"\nport = {server}\nca = \"{pki}/ca.pem\"\nusername = \"ingest\"\npassword_file = \"{}\"\n",
        password.display()
    );
    (process, ExternalBroker { devices, config })
}

fn program() -> &'static str {
    let places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"];
    places.into_iter().find(|path| Path::new(path).exists()).unwrap_or("mosquitto")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
