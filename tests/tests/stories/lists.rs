//! Subscriptions and blocks through the whole system: changed by the api, known to a real lane within seconds, and decided by it
//! alone once server and network are gone.

use std::time::{Duration, Instant};

use boomgate_tests::lanes::Lane;
use boomgate_tests::site::{Plan, Site};
use boomgate_tests::wait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// So long may a lane take to know a change.
const SOON: Duration = Duration::from_secs(5);

/// Waits until the lane has stored the present list; measured from the change on.
async fn knows_the_list(site: &Site, lane: &str, changed: Instant) {
    let version = site.number("select list_version from site_state where site_id = $1").await.to_string();
    let log = site.lane_folder(lane).join("agent.log");
    wait::until(&format!("{lane} has list {version}"), async || {
        let text = std::fs::read_to_string(&log).ok()?;
        let stored = |line: &str| {
            let numbers = line.split(|letter: char| !letter.is_ascii_digit());
            line.contains("stored a new offline list") && numbers.into_iter().any(|number| number == version)
        };
        text.lines().any(stored).then_some(())
    })
    .await;
    assert!(changed.elapsed() < SOON, "the lane knew list {version} after {:?}", changed.elapsed());
}

/// A subscription of one car beyond whose terms it is refused.
async fn subscribe(site: &Site, plate: &str, terms: Value) -> String {
    let mut terms = terms;
    terms["outside"] = json!("refuse");
    let body = json!({ "holder": format!("holder of {plate}"), "vehicles": [plate], "terms": terms });
    let made = site.api.create("/api/v1/subscriptions", &body).await.unwrap();
    made["id"].as_str().unwrap().to_owned()
}

async fn act(site: &Site, id: &str, act: &str, body: Value) {
    site.api.create(&format!("/api/v1/subscriptions/{id}/{act}"), &body).await.unwrap();
}

/// A day that is neither today nor yesterday, wherever the site is.
fn another_day() -> &'static str {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).weekday().to_monday_zero_offset();
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][(usize::from(today.unsigned_abs()) + 3) % 7]
}

async fn decided(site: &Site, lane: &Lane, car: &str, plate: &str) -> (String, bool) {
    lane.impatient_car(car, plate, 20_000);
    let decision = site.journal.decision("in-1", car).await;
    if decision.code.starts_with("OPEN-") {
        site.journal.passed("in-1", car).await;
    } else {
        site.journal.left("in-1", car).await;
    }
    (decision.code, decision.local)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_knows_what_is_added_paused_ended_and_blocked_within_seconds_and_decides_by_it_alone() {
    let mut site = Site::open(Plan { decision_timeout_ms: 700, ..Plan::default() }).await;
    let entry = site.lane("in-1").await;
    let changed = Instant::now();
    let plain = subscribe(&site, "BA100XY", json!({})).await;
    knows_the_list(&site, "in-1", changed).await;
    assert_eq!(decided(&site, &entry, "first", "BA100XY").await, ("OPEN-SUBSCRIPTION".into(), false));

    let paused = subscribe(&site, "BA200XY", json!({})).await;
    let ended = subscribe(&site, "BA300XY", json!({})).await;
    let window = json!([{ "days": [another_day()], "from": "00:00", "to": "24:00" }]);
    subscribe(&site, "BA400XY", json!({ "windows": window })).await;
    subscribe(&site, "BA500XY", json!({ "places": 1 })).await;
    knows_the_list(&site, "in-1", Instant::now()).await;

    let changed = Instant::now();
    act(&site, &paused, "pause", json!({ "reason": "holidays" })).await;
    knows_the_list(&site, "in-1", changed).await;
    assert_eq!(decided(&site, &entry, "paused", "BA200XY").await, ("DENY-PAUSED".into(), false));
    let changed = Instant::now();
    act(&site, &ended, "end", json!({ "reason": "moved away" })).await;
    knows_the_list(&site, "in-1", changed).await;
    let changed = Instant::now();
    act(&site, &plain, "vehicles", json!({ "add": ["BA600XY"] })).await;
    let block = json!({ "plate": "BA666XO", "reason": "left without paying" });
    site.api.create("/api/v1/blocklist", &block).await.unwrap();
    knows_the_list(&site, "in-1", changed).await;
    assert_eq!(
        decided(&site, &entry, "blocked", "BA666X0").await,
        ("DENY-BLOCKLISTED".into(), false),
        "a twin"
    );

    // Server and broker are gone: the lane is alone with its list.
    site.kill_server();
    for (car, plate, code) in [
        ("paused-alone", "BA200XY", "DENY-PAUSED"),
        ("ended-alone", "BA300XY", "DENY-OFFLINE"),
        ("other-day-alone", "BA400XY", "DENY-OTHER-TIME"),
        ("counted-alone", "BA500XY", "OPEN-SUBSCRIPTION"),
        ("added-alone", "BA600XY", "OPEN-SUBSCRIPTION"),
        ("blocked-alone", "BA666XO", "DENY-BLOCKLISTED"),
        ("stranger-alone", "BA700XY", "DENY-OFFLINE"),
    ] {
        assert_eq!(decided(&site, &entry, car, plate).await, (code.to_owned(), true), "{car}");
    }
    site.restart_server().await;
    site.heard("in-1").await;
    site.until_stays("state = 'open'", 3).await;
    let alarms = "select count(*) from alarms where site_id = $1 and kind = 'blocked_plate'";
    wait::until("the blocked car that came meanwhile is an alarm", async || {
        (site.number(alarms).await >= 1).then_some(())
    })
    .await;
    let verdict = site.end([entry]).await;
    assert_eq!((verdict.stays_opened, verdict.stays_closed), (3, 0));
}
