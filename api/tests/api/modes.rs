//! What lanes are for: wished, shown, ended, and never all of a direction in free flow by one person.

use boomgate_domain::decide::Direction;
use boomgate_domain::ids::LaneId;
use boomgate_store::lanes;
use boomgate_store::testing::rows;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::{TestApp, TestUser, good, problem};

async fn put(app: &TestApp, path: &str, by: &TestUser, body: &Value) -> reqwest::Response {
    app.request("PUT", path).bearer_auth(&by.token).json(body).send().await.unwrap()
}

/// A second entry of the site.
async fn second_entry(app: &TestApp) -> LaneId {
    let id = LaneId::from_uuid(Uuid::now_v7());
    let lane = rows::lane(app.site, id, "in-2", Direction::Entry);
    lanes::insert(&app.db.pool.get().await.unwrap(), &lane).await.unwrap();
    id
}

fn wish(mode: &str) -> Value {
    json!({ "mode": mode, "reason": "a concert" })
}

#[tokio::test]
async fn a_mode_is_wished_shown_audited_and_due_to_be_sent() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let until = Timestamp::now() + SignedDuration::from_hours(2);
    let path = format!("/api/v1/lanes/{}/mode", app.entry);
    let body = json!({ "mode": "closed", "reason": "a concert", "until": until.to_string() });
    let set = good(put(&app, &path, &ann, &body).await, 200).await;
    let wanted = &set["wanted"];
    assert_eq!((&wanted["mode"], &wanted["reason"]), (&json!("closed"), &json!("a concert")));
    assert_eq!((&wanted["by"], &set["reported_mode"]), (&json!(ann.name), &Value::Null));
    assert!(wanted["until"].as_str().unwrap().starts_with(&until.to_string()[..19]));
    let shown = good(app.get(&format!("/api/v1/lanes/{}", app.entry), &ann).send().await.unwrap(), 200).await;
    assert_eq!(shown["wanted"], *wanted);
    let line = app.audited("lane.mode").await;
    assert_eq!(line["detail"]["mode"], json!(["open", "closed"]));
    assert_eq!(app.count("select count(*) from lanes where mode_unsent and mode_version = 1").await, 1);
    let told = "select count(*) from live_feed where kind = 'mode' and body ->> 'wanted' = 'closed'";
    assert_eq!(app.count(told).await, 1);
    // The same wish again is no news.
    good(put(&app, &path, &ann, &body).await, 200).await;
    assert_eq!(app.count("select count(*) from lanes where mode_version = 1").await, 1);
    assert_eq!(app.count(told).await, 1);
}

#[tokio::test]
async fn a_mode_without_a_reason_or_with_an_end_that_makes_no_sense_is_refused() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let path = format!("/api/v1/lanes/{}/mode", app.entry);
    let past = Timestamp::now() - SignedDuration::from_mins(1);
    let far = Timestamp::now() + SignedDuration::from_hours(24 * 367);
    let soon = Timestamp::now() + SignedDuration::from_mins(1);
    for (body, field) in [
        (json!({ "mode": "closed", "reason": " " }), "reason"),
        (json!({ "mode": "shut", "reason": "x" }), "mode"),
        (json!({ "mode": "closed", "reason": "x", "until": past.to_string() }), "until"),
        (json!({ "mode": "closed", "reason": "x", "until": far.to_string() }), "until"),
        (json!({ "mode": "open", "reason": "x", "until": soon.to_string() }), "until"),
    ] {
        let refused = problem(put(&app, &path, &ann, &body).await, 400).await;
        assert_eq!(refused["errors"][0]["field"], field, "{body}");
    }
    assert_eq!(app.count("select count(*) from lanes where mode_version > 0").await, 0);
    let foreign = app.person_of(app.tenant, Some(app.annex().await), "operator").await;
    assert_eq!(put(&app, &path, &foreign, &wish("full")).await.status(), 404);
}

#[tokio::test]
async fn a_whole_site_gets_one_mode() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let set = good(put(&app, "/api/v1/sites/north/mode", &ann, &wish("closed_to_all")).await, 200).await;
    let modes: Vec<_> = set["items"].as_array().unwrap().iter().map(|lane| &lane["wanted"]["mode"]).collect();
    assert_eq!(modes, [&json!("closed_to_all"); 2]);
    assert_eq!(app.count("select count(*) from audit where action = 'lane.mode'").await, 2);
}

#[tokio::test]
async fn one_person_cannot_open_every_lane_of_a_direction_not_even_one_after_the_other() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let path = format!("/api/v1/lanes/{}/mode", app.entry);
    let only = problem(put(&app, &path, &ann, &wish("free_flow")).await, 409).await;
    assert_eq!(only["code"], "HOLD-ALL-NEEDED");
    let second = second_entry(&app).await;
    good(put(&app, &path, &ann, &wish("free_flow")).await, 200).await;
    let last = format!("/api/v1/lanes/{second}/mode");
    assert_eq!(
        problem(put(&app, &last, &ann, &wish("free_flow")).await, 409).await["code"],
        "HOLD-ALL-NEEDED"
    );
    let site = problem(put(&app, "/api/v1/sites/north/mode", &ann, &wish("free_flow")).await, 409).await;
    assert_eq!(site["code"], "HOLD-ALL-NEEDED");
    // A hold is an opening too.
    let hold = json!({ "action": "hold", "reason": "a truck" });
    let held = app.post(&format!("/api/v1/lanes/{second}/commands"), &ann, &hold).send().await.unwrap();
    assert_eq!(problem(held, 409).await["code"], "HOLD-ALL-NEEDED");
    good(put(&app, &path, &ann, &wish("open")).await, 200).await;
    let held = app.post(&format!("/api/v1/lanes/{second}/commands"), &ann, &hold).send().await.unwrap();
    good(held, 202).await;
    // It was ordered a moment ago, and no hello shows it yet.
    let first = app.post(&format!("/api/v1/lanes/{}/commands", app.entry), &ann, &hold).send().await.unwrap();
    assert_eq!(problem(first, 409).await["code"], "HOLD-ALL-NEEDED");
    let release = json!({ "action": "release", "reason": "gone" });
    good(app.post(&format!("/api/v1/lanes/{second}/commands"), &ann, &release).send().await.unwrap(), 202)
        .await;
    good(app.post(&format!("/api/v1/lanes/{}/commands", app.entry), &ann, &hold).send().await.unwrap(), 202)
        .await;
}

#[tokio::test]
async fn a_mode_ends_at_its_time_and_says_so() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    for (lane, mode) in [(app.entry, "full"), (app.exit, "maintenance")] {
        let body = json!({ "mode": mode, "reason": "x", "until": until.to_string() });
        good(put(&app, &format!("/api/v1/lanes/{lane}/mode"), &ann, &body).await, 200).await;
    }
    app.run(&format!("update lanes set mode_until = now() - interval '1 s' where id = '{}'", app.entry))
        .await;
    let mut client = app.db.pool.get().await.unwrap();
    let ended = boomgate_operations::unit::run(&mut client, async |unit| {
        boomgate_operations::modes::end_due(unit.tx()).await
    });
    assert_eq!(ended.await.unwrap(), 1);
    let lanes = good(app.get("/api/v1/lanes", &ann).send().await.unwrap(), 200).await;
    let modes: Vec<_> =
        lanes["items"].as_array().unwrap().iter().map(|lane| &lane["wanted"]["mode"]).collect();
    assert_eq!(modes, [&json!("open"), &json!("maintenance")]);
    assert_eq!(app.count("select count(*) from lanes where mode_unsent and mode_version = 2").await, 1);
    assert_eq!(app.audited("lane.mode").await["kind"], "job");
}
