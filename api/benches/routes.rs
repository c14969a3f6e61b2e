//! Whether a request costs more where more routes are declared: the same requests to a server with the routes there are,
//! and to one with a hundred more, in turns. Prints the ratio of the medians.
//!
//! `cargo bench -p boomgate-api --features bench --bench routes`

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_api::{Api, ApiConfig, Front, Reach};
use boomgate_store::Address;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio::sync::watch;

const MORE: usize = 100;
const ROUNDS: usize = 60;
const REQUESTS: usize = 200;

#[tokio::main]
async fn main() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (_stop, shutdown) = watch::channel(false);
    let (few, many) = (serve(0, &shutdown).await, serve(MORE, &shutdown).await);
    println!("{:<28} {:>12} {:>12} {:>7}", "request", "as it is, us", "100 more, us", "ratio");
    for (name, of_few, of_many) in [
        ("404", "/api/v1/nothing", "/api/v1/nothing"),
        ("the first route", "/healthz", "/healthz"),
        // It answers like the first, so the first of few routes is what it is compared with.
        ("the last route", "/healthz", &*format!("/more/{}/routes", MORE - 1)),
    ] {
        let (few, many) = compare(few, of_few, many, of_many).await;
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        println!("{name:<28} {:>12} {:>12} {ratio:>7.3}", few.as_micros(), many.as_micros());
    }
}

/// An api without a database: what is asked of it here needs none.
async fn serve(more: usize, shutdown: &watch::Receiver<bool>) -> SocketAddr {
    let address = Address::parse("host=/nonexistent user=nobody").expect("an address");
    let config = ApiConfig {
        pool: address.pool(1).expect("a pool"),
        address,
        evidence: Arc::new(object_store::memory::InMemory::new()),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        ready: watch::channel(true).1,
        people: Front::default(),
        devices: Front::default(),
        reach: Reach::default(),
        mailer: None,
        token_key: ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let api = Api::new(config, shutdown.clone());
    tokio::spawn(async move { api.serve_with_more_routes(listener, more).await });
    address
}

/// Medians of what one request takes, asked of both servers in turns.
async fn compare(few: SocketAddr, of_few: &str, many: SocketAddr, of_many: &str) -> (Duration, Duration) {
    let client = reqwest::Client::new();
    let (few, many) = (format!("http://{few}{of_few}"), format!("http://{many}{of_many}"));
    let (mut times_few, mut times_many) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times_few.push(batch(&client, &few).await);
        times_many.push(batch(&client, &many).await);
    }
    (median(times_few), median(times_many))
}

async fn batch(client: &reqwest::Client, url: &str) -> Duration {
    let begun = Instant::now();
    for _ in 0..REQUESTS {
        let response = client.get(url).send().await.expect("an answer");
        drop(response.bytes().await.expect("its body"));
    }
    begun.elapsed() / u32::try_from(REQUESTS).expect("few")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
