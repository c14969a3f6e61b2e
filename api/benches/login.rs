//! Whether guessing passwords holds up those who know theirs: logins from a known browser on a quiet server, then while ten
//! thousand guesses come from one address, then while ten thousand come for as many names from as many addresses. Prints the
//! 50th and 99th percentile and their ratios to the quiet server's.
//!
//! `cargo bench -p boomgate-api --bench login`
#![expect(clippy::print_stdout, reason = "a benchmark's result")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use boomgate_api::{Api, ApiConfig, Front, ProxyHeaders, Reach, TrustedProxies};
use boomgate_domain::ids::{TenantId, UserId};
use boomgate_operations::passwords;
use boomgate_store::testing::TestDatabase;
use boomgate_store::users::{self, NewUser};
use boomgate_store::{known_browsers, sites};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

const GUESSES: usize = 10_000;
/// Guesses at a time.
const GUESSERS: usize = 32;
/// Fewest logins that are measured; more while there are guesses.
const LOGINS: usize = 200;
const PASSWORD: &str = "a barrier in the morning fog";
const BROWSER: &str = "the browser in the booth";

#[tokio::main]
async fn main() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let database = TestDatabase::new().await;
    let (_stop, shutdown) = watch::channel(false);
    add_ann(&database).await;
    let at = serve(&database, &shutdown).await;
    println!(
        "{:<44} {:>9} {:>9} {:>7} {:>7} {:>9}",
        "logins from a known browser", "p50, ms", "p99, ms", "p50 x", "p99 x", "guesses"
    );
    let quiet = measure(at, || false).await;
    print("on a quiet server", quiet, quiet, 0);
    let (times, guesses) = meanwhile(at, |_| ("192.0.2.66".into(), "ann".into())).await;
    print("while one address guesses", times, quiet, guesses);
    let (times, guesses) = meanwhile(at, |number| (address(number), format!("name-{number}"))).await;
    print("while as many addresses guess as many names", times, quiet, guesses);
}

fn print(what: &str, times: (Duration, Duration), quiet: (Duration, Duration), guesses: usize) {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let ratio = |time: Duration, of: Duration| time.as_secs_f64() / of.as_secs_f64();
    println!(
        "{what:<44} {:>9.1} {:>9.1} {:>7.2} {:>7.2} {guesses:>9}",
        ms(times.0),
        ms(times.1),
        ratio(times.0, quiet.0),
        ratio(times.1, quiet.1)
    );
}

fn address(number: usize) -> String {
    format!("10.{}.{}.{}", number / 65_536, number / 256 % 256, number % 256)
}

/// Percentiles of the logins while guesses come, and how many came in that time.
async fn meanwhile(
    at: SocketAddr,
    guess: impl Fn(usize) -> (String, String) + Copy + Send + 'static,
) -> ((Duration, Duration), usize) {
    let sent = Arc::new(AtomicUsize::new(0));
    let mut guessers = JoinSet::new();
    for _ in 0..GUESSERS {
        let (client, sent) = (Client::new(), Arc::clone(&sent));
        guessers.spawn(async move {
            loop {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                if number >= GUESSES {
                    return;
                }
                let (address, name) = guess(number);
                drop(login(&client, at, &address, &name, "guess").send().await);
            }
        });
    }
    let times = measure(at, || sent.load(Ordering::Relaxed) < GUESSES).await;
    let during = sent.load(Ordering::Relaxed).min(GUESSES);
    while guessers.join_next().await.is_some() {}
    (times, during)
}

/// The 50th and 99th percentile of one login after the other, for as long as `more` says so.
async fn measure(at: SocketAddr, more: impl Fn() -> bool) -> (Duration, Duration) {
    let client = Client::new();
    let mut times = Vec::new();
    while times.len() < LOGINS || more() {
        let begun = Instant::now();
        let request = login(&client, at, "192.0.2.1", "ann", PASSWORD);
        let request = request.header("cookie", format!("boomgate-browser={BROWSER}"));
        let answer = request.header("origin", format!("http://{at}")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn login(client: &Client, at: SocketAddr, address: &str, name: &str, password: &str) -> RequestBuilder {
    let request = client.post(format!("http://{at}/api/v1/login")).header("x-forwarded-for", address);
    request.json(&json!({ "name": name, "password": password }))
}

async fn add_ann(database: &TestDatabase) {
    let client = database.pool.get().await.expect("a connection");
    let (tenant, id) = (TenantId::from_uuid(Uuid::now_v7()), UserId::from_uuid(Uuid::now_v7()));
    sites::insert_tenant(&client, tenant, "North Parking").await.expect("a company");
    let password_hash = passwords::hash(PASSWORD).expect("a hash");
    let now = Timestamp::now();
    let ann =
        NewUser { tenant, id, name: "ann".into(), email: None, password_hash, password_set_at: Some(now) };
    users::insert(&client, &ann).await.expect("a user");
    let browser = Sha256::digest(BROWSER).into();
    let until = now + SignedDuration::from_hours(24);
    known_browsers::remember(&client, &browser, id, now, until).await.expect("a browser");
}

/// An api behind a proxy, so that requests can come from many addresses.
async fn serve(database: &TestDatabase, shutdown: &watch::Receiver<bool>) -> SocketAddr {
    let proxies = TrustedProxies {
        networks: vec!["127.0.0.1".parse().expect("a network")],
        headers: ProxyHeaders::XForwarded,
    };
    let config = ApiConfig {
        pool: database.pool.clone(),
        address: database.address.clone(),
        evidence: Arc::new(object_store::memory::InMemory::new()),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        ready: watch::channel(true).1,
        people: Front { proxies, proxy_protocol: false },
        devices: Front::default(),
        reach: Reach::default(),
        mailer: None,
        token_key: ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let api = Api::new(config, shutdown.clone());
    tokio::spawn(async move { api.serve_people(listener, None).await });
    address
}
