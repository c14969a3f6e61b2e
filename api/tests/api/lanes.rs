//! Lanes as they are, and orders to their booms.

use boomgate_domain::ids::CommandId;
use boomgate_store::commands::{self, CommandState};
use boomgate_store::devices::{self, NewHello};
use boomgate_store::evidence;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::{TestApp, good, problem};

fn lane<'a>(list: &'a Value, code: &str) -> &'a Value {
    list["items"].as_array().unwrap().iter().find(|lane| lane["code"] == code).unwrap()
}

/// A hello of the exit's device, as ingest keeps it.
async fn record_hello(app: &TestApp, hello: Value) {
    let hello = NewHello {
        site: app.site,
        device: app.device,
        epoch: [1; 16],
        boot: 1,
        uptime_ms: 5000,
        at: Timestamp::now(),
        command_counter: 0,
        list_version: 1,
        hello,
        spool: None,
        clock_ahead_ms: 1200,
        queue_is_long: false,
    };
    devices::record_hello(&app.db.pool.get().await.unwrap(), &hello, true).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_list_shows_devices_booms_and_the_waiting_car() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let view =
        json!({ "score": 62, "advice": "plate 15 px high, want 24: move closer or zoom", "plates": 875 });
    record_hello(
        &app,
        json!({ "boom": "closed", "mode": "normal", "faults": ["FAULT-CAMERA"], "view": view }),
    )
    .await;
    let stay = app.stay("BA123AB", 70).await;
    let arrival = app.charged_at_exit(&stay, 200, 5).await;
    let list = good(app.get("/api/v1/lanes", &guard).send().await.unwrap(), 200).await;
    let entry = lane(&list, "in-1");
    assert_eq!(entry["device"], Value::Null);
    assert_eq!((&entry["boom"], &entry["last"]), (&json!("unknown"), &Value::Null));
    let exit = lane(&list, "out-1");
    assert_eq!(exit["direction"], "exit");
    assert_eq!(exit["site"]["code"], "north");
    assert_eq!((&exit["device"]["code"], &exit["device"]["connected"]), (&json!("pi-1"), &json!(true)));
    assert_eq!((&exit["boom"], &exit["faults"]), (&json!("closed"), &json!(["FAULT-CAMERA"])));
    assert_eq!((&exit["view"], &entry["view"]), (&view, &Value::Null));
    let last = &exit["last"];
    assert_eq!(last["arrival"], json!(arrival));
    assert_eq!(last["plate"], "BA123AB");
    assert_eq!((&last["outcome"], &last["code"]), (&json!("charge"), &json!("CHARGE-DUE")));
    assert!(last["text"].as_str().unwrap().contains("2.00 EUR"), "{last}");
    assert_eq!(last["amount"], json!({ "minor": 200, "currency": "EUR" }));
    assert_eq!((&last["stay"], &last["evidence"]), (&json!(stay.id), &Value::Null));
}

#[tokio::test]
async fn a_picture_is_named_once_it_is_stored() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let stay = app.stay("BA123AB", 70).await;
    app.charged_at_exit(&stay, 200, 5).await;
    let named = async || {
        let list = good(app.get("/api/v1/lanes", &guard).send().await.unwrap(), 200).await;
        lane(&list, "out-1")["last"]["evidence"].clone()
    };
    app
        .run(&format!(
            "insert into evidence (site_id, sha256, received_at) values ('{}', decode(repeat('07', 32), 'hex'), now())",
            app.site
        ))
        .await;
    assert_eq!(named().await, Value::Null, "announced is not stored");
    let client = app.db.pool.get().await.unwrap();
    evidence::store(&client, app.site, &[7; 32], app.device, 100, Timestamp::now()).await.unwrap();
    assert_eq!(named().await, json!("07".repeat(32)));
}

#[tokio::test]
async fn a_lane_not_heard_for_long_is_not_connected() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    record_hello(&app, json!({})).await;
    let list = good(app.get("/api/v1/lanes", &guard).send().await.unwrap(), 200).await;
    assert_eq!(lane(&list, "out-1")["device"]["connected"], true);
    assert_eq!(lane(&list, "out-1")["view"], Value::Null, "a lane from before the view");
    app.run("update device_state set last_seen = now() - interval '31 seconds'").await;
    let list = good(app.get("/api/v1/lanes", &guard).send().await.unwrap(), 200).await;
    assert_eq!(lane(&list, "out-1")["device"]["connected"], false);
}

#[tokio::test]
async fn an_order_is_queued_once_with_its_author_and_reason() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let path = format!("/api/v1/lanes/{}/commands", app.entry);
    let order = json!({ "action": "open", "reason": " delivery " });
    let send = |key: &'static str, body: Value| {
        let request = app.request("POST", &path).bearer_auth(&guard.token);
        request.header("idempotency-key", key).json(&body).send()
    };
    let first = good(send("k1", order.clone()).await.unwrap(), 202).await;
    let again = good(send("k1", order.clone()).await.unwrap(), 202).await;
    assert_eq!(first, again);
    assert_eq!(app.count("select count(*) from commands").await, 1);
    let other = json!({ "action": "close", "reason": "delivery" });
    problem(send("k1", other).await.unwrap(), 422).await;
    good(send("k2", order.clone()).await.unwrap(), 202).await;
    assert_eq!(app.count("select count(*) from commands").await, 2);
    assert_eq!(app.count("select count(*) from audit where action = 'command.ordered'").await, 2);
    let id: Uuid = first["command"]["id"].as_str().unwrap().parse().unwrap();
    let client = app.db.pool.get().await.unwrap();
    let stored = commands::get(&client, app.site, CommandId::from_uuid(id)).await.unwrap().unwrap();
    assert_eq!((stored.action.as_str(), stored.state), ("open", CommandState::Pending));
    assert_eq!(stored.ordered_by, Some(guard.id.as_uuid()));
    assert_eq!((stored.ordered_name, stored.reason), (Some(guard.name.clone()), Some("delivery".into())));
}

#[tokio::test]
async fn one_key_at_two_lanes_is_two_requests() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let order = json!({ "action": "open", "reason": "delivery" });
    let send = |lane| {
        let request = app.request("POST", &format!("/api/v1/lanes/{lane}/commands"));
        request.bearer_auth(&guard.token).header("idempotency-key", "k1").json(&order).send()
    };
    good(send(app.entry).await.unwrap(), 202).await;
    problem(send(app.exit).await.unwrap(), 422).await;
}

#[tokio::test]
async fn the_same_key_at_once_is_one_order() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let order = json!({ "action": "open", "reason": "delivery" });
    let sent: Vec<_> = (0..6)
        .map(|_| {
            let request = app.request("POST", &format!("/api/v1/lanes/{}/commands", app.entry));
            tokio::spawn(request.bearer_auth(&guard.token).header("idempotency-key", "k").json(&order).send())
        })
        .collect();
    let mut answers = Vec::new();
    for one in sent {
        answers.push(good(one.await.unwrap().unwrap(), 202).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(app.count("select count(*) from commands").await, 1);
}

#[tokio::test]
async fn an_order_needs_a_key_a_reason_and_a_known_action() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let path = format!("/api/v1/lanes/{}/commands", app.entry);
    let keyless = app.request("POST", &path).bearer_auth(&guard.token);
    let refused =
        problem(keyless.json(&json!({ "action": "open", "reason": "x" })).send().await.unwrap(), 400).await;
    assert!(refused["message"].as_str().unwrap().starts_with("Idempotency-Key: "), "{refused}");
    for (body, words) in [
        (json!({ "action": "open" }), "reason"),
        (json!({ "action": "open", "reason": "  " }), "reason: say why"),
        (json!({ "action": "open", "reason": "x".repeat(301) }), "reason: say why"),
        (json!({ "action": "burn", "reason": "x" }), "action: unknown variant `burn`"),
    ] {
        let refused = problem(app.post(&path, &guard, &body).send().await.unwrap(), 400).await;
        assert!(refused["message"].as_str().unwrap().contains(words), "{refused}");
    }
    assert_eq!(app.count("select count(*) from commands").await, 0);
}

#[tokio::test]
async fn an_order_for_a_car_that_does_not_wait_there_is_refused() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let stay = app.stay("BA123AB", 10).await;
    let arrival = app.charged_at_exit(&stay, 100, 1).await;
    let order = |arrival: Uuid| json!({ "action": "open", "reason": "x", "arrival": arrival });
    let path = |lane| format!("/api/v1/lanes/{lane}/commands");
    let elsewhere = app.post(&path(app.entry), &guard, &order(arrival)).send().await.unwrap();
    assert_eq!(problem(elsewhere, 409).await["code"], "CAR-GONE");
    problem(app.post(&path(app.exit), &guard, &order(Uuid::now_v7())).send().await.unwrap(), 409).await;
    assert_eq!(app.count("select count(*) from commands").await, 0);
    good(app.post(&path(app.exit), &guard, &order(arrival)).send().await.unwrap(), 202).await;
    let list = good(app.get("/api/v1/lanes", &guard).send().await.unwrap(), 200).await;
    let last = &lane(&list, "out-1")["last"];
    assert_eq!((&last["outcome"], &last["text"]), (&json!("open"), &json!("Opened by an operator.")));
}

#[tokio::test]
async fn a_certificate_ran_out_and_no_card_had_said_so() {
    let app = TestApp::open().await;
    let ann = app.person("guard").await;
    let days = async || {
        let lanes = good(app.get("/api/v1/lanes", &ann).send().await.unwrap(), 200).await;
        let lanes = lanes["items"].as_array().unwrap().clone();
        let exit = lanes.into_iter().find(|lane| lane["code"] == "out-1").unwrap();
        exit["device"]["certificate_days"].clone()
    };
    assert_eq!(days().await, Value::Null, "nobody noted its end");
    for (from_now, left) in [("20 days 1 hour", 20), ("1 hour", 0), ("-1 hour", -1)] {
        app.run(&format!("update devices set certificate_until = now() + interval '{from_now}'")).await;
        assert_eq!(days().await, left, "{from_now}");
    }
}
