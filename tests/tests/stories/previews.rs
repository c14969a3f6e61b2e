//! A guard looks through the camera of a lane, through the whole system.

use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;
use serde_json::json;
use tokio::net::TcpListener;

async fn lane_id(site: &Site, code: &str) -> String {
    let lanes = site.api.lanes().await.unwrap();
    lanes.into_iter().find(|lane| lane.code == code).unwrap().id.to_string()
}

async fn picture(site: &Site, path: &str) -> Option<Vec<u8>> {
    match site.call("GET", path, None).await {
        (200, jpeg) => Some(jpeg),
        (404, _) => None,
        (status, body) => panic!("{status} {}", String::from_utf8_lossy(&body)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_sees_what_the_camera_sees_now_and_cars_drive_on() {
    let site = Site::open(Plan::default()).await;
    let entry = site.lane("in-1").await;
    let path = format!("/api/v1/lanes/{}/preview", lane_id(&site, "in-1").await);
    assert_eq!(picture(&site, &path).await, None, "nobody asked yet");
    let asked = site.done("POST", &path, None).await;
    assert_eq!(asked["command"]["action"], "preview");
    let first = wait::until("a picture comes", async || picture(&site, &path).await).await;
    assert!(first.starts_with(&[0xff, 0xd8, 0xff]) && first.len() <= 256 * 1024);
    // A car comes while somebody looks: it is read and let in, and then it is what is seen.
    entry.car("anna", "BA123XY");
    assert_eq!(site.journal.decision("in-1", "anna").await.code, "OPEN-VISITOR");
    site.journal.passed("in-1", "anna").await;
    wait::until("another picture comes", async || {
        picture(&site, &path).await.filter(|newer| *newer != first)
    })
    .await;
    site.until_stays("state = 'open' and plate = 'BA123XY'", 1).await;
    let done = "select count(*) from commands where site_id = $1 and action = 'preview' and state = 'done'";
    assert_eq!(site.number(done).await, 1);
    let lines = "select count(*) from audit a join commands c on c.id = a.command_id where a.site_id = $1 and c.action = 'preview'";
    assert_eq!(site.number(lines).await, 1, "one line of the audit");
    let evidence = "select count(*) from evidence where site_id = $1 and arrival_id is null";
    assert_eq!(site.number(evidence).await, 0, "what is looked at is no evidence");
    site.end([entry]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_does_not_wait_for_pictures_that_do_not_get_through() {
    let site = Site::open(Plan::default()).await;
    site.block("BA666XY").await;
    // Takes every connection and never says a word: pictures stall on their way.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let https = silent.local_addr().unwrap().port();
    let held = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            held.push(stream);
        }
    });
    let entry = site.lane_between("in-1", site.ports.mqtt, https).await;
    entry.car("carl", "BA666XY");
    let decision = site.journal.decision("in-1", "carl").await;
    assert_eq!(decision.code, "DENY-BLOCKLISTED");
    let lane = lane_id(&site, "in-1").await;
    let path = format!("/api/v1/lanes/{lane}/preview");
    site.done("POST", &path, None).await;
    site.done("POST", &path, None).await;
    let order = json!({ "action": "open", "reason": "he paid his debts", "arrival": decision.arrival });
    let begun = std::time::Instant::now();
    site.done("POST", &format!("/api/v1/lanes/{lane}/commands"), Some(&order)).await;
    site.journal.passed("in-1", "carl").await;
    assert!(begun.elapsed().as_secs() < 10, "the car waited for pictures: {:?}", begun.elapsed());
    assert_eq!(picture(&site, &path).await, None);
    site.until_stays("state = 'open' and plate = 'BA666XY'", 1).await;
    site.end([entry]).await;
    held.abort();
}
