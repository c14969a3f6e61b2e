//! Floods of unauthenticated HTTP connections: the server goes on serving its users.

use std::net::IpAddr;
use std::time::Duration;

use boomgate_tests::figures;
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;
use serde_json::json;

fn client(address: IpAddr) -> reqwest::Client {
    reqwest::Client::builder().local_address(address).build().unwrap()
}

/// The status, and whether it says when to come back.
async fn attempt(client: reqwest::Client, url: String, number: usize) -> (u16, bool) {
    let body = json!({ "name": format!("nobody-{number}"), "password": "guess" });
    let answer = client.post(&url).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_three_hundred_logins_left_nine_hundred_megabytes_behind() {
    let mut site = Site::open(Plan::default()).await;
    let url = format!("http://{}/api/v1/login", site.ports.api);
    // From a few addresses: how many connections one may have is another story.
    let clients: Vec<_> = (2..8).map(|host| client(IpAddr::from([127, 0, 0, host]))).collect();
    // What every server has after its first login.
    attempt(clients[0].clone(), url.clone(), 0).await;
    let before = site.server_kib();
    let storm: tokio::task::JoinSet<_> =
        (1..=300).map(|number| attempt(clients[number % 6].clone(), url.clone(), number)).collect();
    let answers = storm.join_all().await;
    let storm = site.server_kib();
    let count = |wanted: u16| answers.iter().filter(|(status, _)| *status == wanted).count();
    assert_eq!(count(401) + count(429) + count(503), 300, "{answers:?}");
    assert!(
        answers.iter().all(|(status, retry)| *status == 401 || *retry),
        "whoever is turned away is told when to come back"
    );
    let back = async || Some(site.server_kib()).filter(|now| *now <= before * 12 / 10);
    let after = wait::at_most(Duration::from_secs(60), back).await.unwrap_or_else(|| site.server_kib());
    figures::show(format!(
        "resident KiB: {before} before, {storm} at the end of the storm, {after} after; 401 {}, 429 {}, 503 {}",
        count(401),
        count(429),
        count(503)
    ));
    assert!(after <= before * 12 / 10, "{after} KiB are kept, {before} were used before");
    site.api.lanes().await.unwrap();
    assert!(site.server_runs());
    site.end([]).await;
}
