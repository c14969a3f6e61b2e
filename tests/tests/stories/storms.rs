//! Floods from strangers at the people's door: the server stays what it was.

use std::time::Duration;

use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;
use serde_json::json;

/// Of the server, in KiB.
fn resident(site: &Site) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", site.server_pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
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
    let client = reqwest::Client::new();
    // What every server has after its first login.
    attempt(client.clone(), url.clone(), 0).await;
    let before = resident(&site);
    let storm: tokio::task::JoinSet<_> =
        (1..=300).map(|number| attempt(client.clone(), url.clone(), number)).collect();
    let answers = storm.join_all().await;
    let storm = resident(&site);
    let count = |wanted: u16| answers.iter().filter(|(status, _)| *status == wanted).count();
    assert_eq!(count(401) + count(429) + count(503), 300, "{answers:?}");
    assert!(
        answers.iter().all(|(status, retry)| *status == 401 || *retry),
        "whoever is turned away is told when to come back"
    );
    let after = wait::within(Duration::from_secs(30), "memory is given back", async || {
        Some(resident(&site)).filter(|now| *now <= before * 12 / 10)
    })
    .await;
    println!(
        "resident KiB: {before} before, {storm} at the end of the storm, {after} after; 401 {}, 429 {}, 503 {}",
        count(401),
        count(429),
        count(503)
    );
    site.office.lanes().await.unwrap();
    assert!(site.server_runs());
    site.end([]).await;
}
