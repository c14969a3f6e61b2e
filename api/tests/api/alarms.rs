//! Alarms: listed, acknowledged by one person, closed with a note.

use serde_json::{Value, json};

use crate::test_app::{TestApp, TestUser, good, problem};

async fn list(app: &TestApp, by: &TestUser, query: &str) -> Value {
    good(app.get(&format!("/api/v1/alarms?{query}"), by).send().await.unwrap(), 200).await
}

async fn settle(app: &TestApp, by: &TestUser, alarm: &str, step: &str, body: Value) -> reqwest::Response {
    app.post(&format!("/api/v1/alarms/{alarm}/{step}"), by, &body).send().await.unwrap()
}

fn kinds(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|alarm| alarm["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn of_two_people_who_acknowledge_at_once_the_second_is_told_who_was_first() {
    let app = TestApp::open().await;
    let (ann, bob) = (app.person("guard").await, app.person("guard").await);
    let alarm = app.alarm("loop_stuck").await.to_string();
    let (first, second) = tokio::join!(
        settle(&app, &ann, &alarm, "acknowledge", json!({})),
        settle(&app, &bob, &alarm, "acknowledge", json!({})),
    );
    let (won, lost, winner) =
        if first.status() == 200 { (first, second, &ann) } else { (second, first, &bob) };
    let won = good(won, 200).await;
    assert_eq!(won["acknowledged"]["by"]["name"], json!(winner.name));
    let told = problem(lost, 409).await;
    assert_eq!(told["code"], "ALARM-ACKNOWLEDGED");
    assert!(told["message"].as_str().unwrap().contains(&winner.name), "{told}");
    // A second press of the same person is no error.
    let again = good(settle(&app, winner, &alarm, "acknowledge", json!({})).await, 200).await;
    assert_eq!(again["acknowledged"], won["acknowledged"]);
    assert_eq!(app.count("select count(*) from audit where action = 'alarm.acknowledged'").await, 1);
}

#[tokio::test]
async fn an_alarm_is_closed_with_a_note_and_shows_its_history() {
    let app = TestApp::open().await;
    let (ann, bob) = (app.person("guard").await, app.person("operator").await);
    let alarm = app.alarm("boom_up_too_long").await.to_string();
    let empty = problem(settle(&app, &ann, &alarm, "close", json!({ "note": "  " })).await, 400).await;
    assert_eq!(empty["errors"][0]["field"], "note");
    good(settle(&app, &ann, &alarm, "acknowledge", json!({})).await, 200).await;
    let closed = good(settle(&app, &bob, &alarm, "close", json!({ "note": "a branch" })).await, 200).await;
    assert_eq!((&closed["state"], &closed["closed"]["note"]), (&json!("closed"), &json!("a branch")));
    let late = problem(settle(&app, &ann, &alarm, "close", json!({ "note": "me too" })).await, 409).await;
    assert_eq!(late["code"], "ALARM-CLOSED");
    assert!(late["message"].as_str().unwrap().contains(&bob.name));
    let shown = good(app.get(&format!("/api/v1/alarms/{alarm}"), &ann).send().await.unwrap(), 200).await;
    let steps: Vec<_> = shown["history"].as_array().unwrap().iter().map(|step| &step["what"]).collect();
    assert_eq!(steps, [&json!("raised"), &json!("acknowledged"), &json!("closed")]);
    assert_eq!(shown["history"][2]["by"]["name"], json!(bob.name));
    // The note can be erased: it does not stand in the chain.
    let line = app.audited("alarm.closed").await;
    assert_eq!(line["detail"]["what"], "boom_up_too_long");
    assert!(!line.to_string().contains("branch"), "{line}");
}

#[tokio::test]
async fn every_screen_follows_what_becomes_of_an_alarm() {
    let app = TestApp::open().await;
    let ann = app.person("guard").await;
    let alarm = app.alarm("camera").await.to_string();
    settle(&app, &ann, &alarm, "acknowledge", json!({})).await;
    settle(&app, &ann, &alarm, "close", json!({ "note": "cleaned" })).await;
    let client = app.db.pool.get().await.unwrap();
    let rows = boomgate_store::live_feed::since(&client, app.site, 0, 10).await.unwrap();
    let seen: Vec<Value> = rows.iter().map(|row| row.event.as_ref().unwrap().to_row().1).collect();
    let states: Vec<_> = seen.iter().map(|body| (body["state"].as_str(), body["by"].as_str())).collect();
    let by = Some(ann.name.as_str());
    assert_eq!(states, [(Some("acknowledged"), by), (Some("closed"), by)]);
}

#[tokio::test]
async fn the_list_is_filtered_and_paged_and_shows_nothing_of_other_sites() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let mut ids = Vec::new();
    for kind in ["camera", "lane_lost", "loop_stuck", "camera"] {
        ids.push(app.alarm(kind).await.to_string());
    }
    settle(&app, &guard, &ids[0], "acknowledge", json!({})).await;
    settle(&app, &guard, &ids[1], "close", json!({ "note": "back" })).await;
    assert_eq!(kinds(&list(&app, &guard, "").await), ["camera", "loop_stuck", "lane_lost", "camera"]);
    assert_eq!(kinds(&list(&app, &guard, "state=open").await), ["camera", "loop_stuck"]);
    assert_eq!(kinds(&list(&app, &guard, "state=acknowledged&site=north").await), ["camera"]);
    assert_eq!(kinds(&list(&app, &guard, "state=closed").await), ["lane_lost"]);
    assert_eq!(kinds(&list(&app, &guard, "kind=loop_stuck").await), ["loop_stuck"]);
    assert_eq!(kinds(&list(&app, &guard, &format!("lane={}", app.exit)).await), [""; 0]);
    let page = list(&app, &guard, "limit=3").await;
    let rest = list(&app, &guard, &format!("limit=3&cursor={}", page["next_cursor"].as_str().unwrap())).await;
    assert_eq!((kinds(&rest), &rest["next_cursor"]), (vec!["camera"], &Value::Null));
    let text = &list(&app, &guard, "kind=lane_lost").await["items"][0]["text"];
    assert_eq!(text, "The lane is not heard any more.");

    let colleague = app.person_of(app.tenant, Some(app.annex().await), "guard").await;
    assert_eq!(kinds(&list(&app, &colleague, "").await), [""; 0]);
    for (path, status) in [(format!("/api/v1/alarms/{}", ids[0]), 404), ("/api/v1/alarms?kind=x".into(), 400)]
    {
        assert_eq!(app.get(&path, &colleague).send().await.unwrap().status(), status, "{path}");
    }
    let foreign = settle(&app, &colleague, &ids[2], "close", json!({ "note": "x" })).await;
    assert_eq!(foreign.status(), 404);
}
