//! All lanes of a direction held open: two people, each after giving the password again.

use serde_json::{Value, json};

use crate::access::from_browser;
use crate::test_app::{TestApp, TestUser, good, problem};

async fn post(app: &TestApp, path: &str, by: &TestUser, body: Value) -> reqwest::Response {
    from_browser(app, "POST", path, by).json(&body).send().await.unwrap()
}

async fn asked(app: &TestApp, by: &TestUser, action: &str) -> Value {
    let body = json!({ "direction": "exit", "action": action, "reason": "smoke in the garage" });
    good(post(app, "/api/v1/sites/north/hold-all", by, body).await, 201).await
}

fn confirm(request: &Value) -> String {
    format!("/api/v1/sites/north/hold-all/{}/confirm", request["id"].as_str().unwrap())
}

#[tokio::test]
async fn nothing_moves_before_another_person_confirms_and_then_every_lane_is_ordered() {
    let app = TestApp::open().await;
    let (ann, bob) = (app.stepped_up("operator").await, app.stepped_up("admin").await);
    let request = asked(&app, &ann, "hold").await;
    assert_eq!((&request["state"], &request["confirmed"]), (&json!("requested"), &Value::Null));
    assert_eq!(app.count("select count(*) from commands").await, 0);
    // The other person's screen shows it, by the feed and when it loads.
    let row = "select count(*) from live_feed where kind = 'hold_all' and body ->> 'state' = 'requested'";
    assert_eq!(app.count(row).await, 1);
    let waiting = from_browser(&app, "GET", "/api/v1/sites/north/hold-all", &bob).send().await.unwrap();
    assert_eq!(good(waiting, 200).await["items"][0]["id"], request["id"]);

    let own = problem(post(&app, &confirm(&request), &ann, json!({})).await, 409).await;
    assert_eq!(own["code"], "SECOND-PERSON-NEEDED");
    assert_eq!(app.count("select count(*) from commands").await, 0);
    let done = good(post(&app, &confirm(&request), &bob, json!({})).await, 202).await;
    assert_eq!((&done["state"], &done["confirmed"]["name"]), (&json!("confirmed"), &json!(bob.name)));
    assert_eq!(app.count("select count(*) from commands where action = 'hold'").await, 1);
    let line = app.audited("hold_all.confirmed").await;
    assert_eq!((&line["id"], &line["detail"]["requested_by"]), (&json!(bob.id), &json!(ann.id)));
    let late = problem(post(&app, &confirm(&request), &bob, json!({})).await, 409).await;
    assert_eq!(late["code"], "HOLD-ALL-CONFIRMED");
    assert_eq!(app.count("select count(*) from commands").await, 1);
}

#[tokio::test]
async fn a_second_session_of_the_same_person_is_the_same_person() {
    let app = TestApp::open().await;
    let ann = app.stepped_up("operator").await;
    let request = asked(&app, &ann, "hold").await;
    // Somebody else's fresh session becomes the second one of the same person.
    let other = app.stepped_up("operator").await;
    app.run(&format!("update sessions set user_id = '{}' where user_id = '{}'", ann.id, other.id)).await;
    let own = problem(post(&app, &confirm(&request), &other, json!({})).await, 409).await;
    assert_eq!(own["code"], "SECOND-PERSON-NEEDED");
    // Not even the database would take it.
    let sql = "update hold_all_requests set confirmed_by = requested_by, confirmed_at = now()";
    assert!(app.db.pool.get().await.unwrap().batch_execute(sql).await.is_err());
}

#[tokio::test]
async fn a_request_lapses_after_five_minutes_and_needs_a_step_up_of_both() {
    let app = TestApp::open().await;
    let (ann, bob) = (app.stepped_up("operator").await, app.stepped_up("admin").await);
    let request = asked(&app, &ann, "free_flow").await;
    let plain = app.person("operator").await;
    let refused = app.post(&confirm(&request), &plain, &json!({})).send().await.unwrap();
    assert_eq!(problem(refused, 403).await["code"], "STEP-UP-NEEDED");
    app.run("update hold_all_requests set expires_at = now()").await;
    let late = problem(post(&app, &confirm(&request), &bob, json!({})).await, 409).await;
    assert_eq!(late["code"], "HOLD-ALL-EXPIRED");
    let waiting = from_browser(&app, "GET", "/api/v1/sites/north/hold-all", &bob).send().await.unwrap();
    assert_eq!(good(waiting, 200).await["items"], json!([]));
    assert_eq!(app.count("select count(*) from lanes where mode <> 'open'").await, 0);
}

#[tokio::test]
async fn of_two_who_confirm_at_once_one_does_and_lanes_are_ordered_once() {
    let app = TestApp::open().await;
    let ann = app.stepped_up("operator").await;
    let (bob, eva) = (app.stepped_up("admin").await, app.stepped_up("admin").await);
    let request = asked(&app, &ann, "hold").await;
    let path = confirm(&request);
    let (first, second) =
        tokio::join!(post(&app, &path, &bob, json!({})), post(&app, &path, &eva, json!({})));
    let mut given = [first.status().as_u16(), second.status().as_u16()];
    given.sort_unstable();
    assert_eq!(given, [202, 409]);
    assert_eq!(app.count("select count(*) from commands").await, 1);
}

#[tokio::test]
async fn free_flow_of_a_direction_is_a_mode_and_one_person_releases_it() {
    let app = TestApp::open().await;
    let (ann, bob) = (app.stepped_up("operator").await, app.stepped_up("admin").await);
    let request = asked(&app, &ann, "free_flow").await;
    good(post(&app, &confirm(&request), &bob, json!({})).await, 202).await;
    assert_eq!(
        app.count("select count(*) from lanes where mode = 'free_flow' and direction = 'exit'").await,
        1
    );
    assert_eq!(app.count("select count(*) from lanes where mode = 'open' and direction = 'entry'").await, 1);
    let body = json!({ "direction": "exit", "reason": "the smoke is gone" });
    good(post(&app, "/api/v1/sites/north/release-all", &ann, body).await, 202).await;
    assert_eq!(app.count("select count(*) from lanes where mode = 'free_flow'").await, 0);
    assert_eq!(app.count("select count(*) from commands where action = 'release'").await, 1);
    assert_eq!(app.audited("hold_all.released").await["detail"]["direction"], "exit");
    let states = "select count(*) from live_feed where kind = 'hold_all'";
    assert_eq!(app.count(states).await, 3);
}
