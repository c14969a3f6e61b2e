//! Stays: the list in pages, and one with its price explained.

use std::collections::BTreeSet;

use boomgate_store::batch::Writes;
use boomgate_store::events::NewEvent;
use boomgate_store::stays::StayRow;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::{TestApp, good, problem};

async fn left(app: &TestApp, plate: &str, minutes: i64) -> StayRow {
    let mut row = app.stay(plate, minutes).await;
    row.state = StayRow::CLOSED.into();
    row.exited_at = Some(Timestamp::now());
    row.exit_lane_id = Some(app.exit.as_uuid());
    row.charged_minor = 100;
    app.write(Writes { stays: vec![row.clone()], ..Writes::default() }).await;
    row
}

#[tokio::test]
async fn the_list_is_filtered_by_state_and_plate() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    app.stay("BA123AB", 10).await;
    app.stay("BA999ZZ", 10).await;
    app.stay("MUAB1", 10).await;
    left(&app, "BA123CC", 20).await;
    for (query, plates) in [
        ("", vec!["BA123CC", "MUAB1", "BA999ZZ", "BA123AB"]),
        ("?state=all", vec!["BA123CC", "MUAB1", "BA999ZZ", "BA123AB"]),
        ("?state=open", vec!["MUAB1", "BA999ZZ", "BA123AB"]),
        ("?state=closed", vec!["BA123CC"]),
        ("?state=voided", vec![]),
        ("?plate=ba-123", vec!["BA123CC", "BA123AB"]),
        ("?plate=b%C3%A4&state=open", vec!["BA999ZZ", "BA123AB"]),
        ("?plate=m%C3%BC%20ab", vec!["MUAB1"]),
        ("?plate=&state=closed", vec!["BA123CC"]),
    ] {
        let list = good(app.get(&format!("/api/v1/stays{query}"), &guard).send().await.unwrap(), 200).await;
        let found: Vec<&str> = items(&list).map(|stay| stay["plate"].as_str().unwrap()).collect();
        assert_eq!(found, plates, "{query}");
        assert_eq!(list["next_cursor"], Value::Null);
    }
    for query in ["state=lost", "plate=%25", "limit=0", "limit=201", "limit=x", "cursor=1", "order=plate"] {
        let refused =
            problem(app.get(&format!("/api/v1/stays?{query}"), &guard).send().await.unwrap(), 400).await;
        let field = query.split('=').next().unwrap();
        assert!(refused["message"].as_str().unwrap().contains(field), "{query}: {refused}");
    }
    // A site goes by its id or its code.
    for (site, status) in [("north".to_owned(), 200), (app.site.to_string(), 200), ("1".into(), 404)] {
        let found = app.get(&format!("/api/v1/stays?site={site}"), &guard).send().await.unwrap();
        assert_eq!(found.status(), status, "{site}");
    }
}

#[tokio::test]
async fn a_search_did_not_find_the_twin_that_was_read() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    for plate in ["WPI1234", "WP11299", "WPL1234"] {
        app.stay(plate, 10).await;
    }
    for (typed, plates) in [("wp1", vec!["WP11299", "WPI1234"]), ("WPI-I2", vec!["WP11299", "WPI1234"])] {
        let list = good(app.get(&format!("/api/v1/stays?plate={typed}"), &guard).send().await.unwrap(), 200);
        let list = list.await;
        let found: Vec<&str> = items(&list).map(|stay| stay["plate"].as_str().unwrap()).collect();
        assert_eq!(found, plates, "{typed}");
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().unwrap().iter()
}

#[tokio::test]
async fn pages_are_complete_and_repeat_nothing_while_cars_come_in() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let mut before = BTreeSet::new();
    for number in 0..10 {
        before.insert(app.stay(&format!("P{number}"), 10).await.id.to_string());
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let path = format!("/api/v1/stays?limit=5{cursor}");
        let page = good(app.get(&path, &guard).send().await.unwrap(), 200).await;
        seen.extend(items(&page).map(|stay| stay["id"].as_str().unwrap().to_owned()));
        pages += 1;
        app.stay(&format!("LATE{pages}"), 1).await;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(pages, 2, "ten stays are two pages of five, not three");
    assert_eq!(seen.len(), 10);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), before);
}

#[tokio::test]
async fn one_stay_explains_its_price_line_by_line() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let stay = app.stay("BA123AB", 70).await;
    app.charged_at_exit(&stay, 200, 5).await;
    let one = good(app.get(&format!("/api/v1/stays/{}", stay.id), &guard).send().await.unwrap(), 200).await;
    assert_eq!(
        (&one["plate"], &one["status"], &one["entry_lane"]),
        (&json!("BA123AB"), &json!("open"), &json!("in-1"))
    );
    let charge = &one["charge"];
    let euros = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
    assert_eq!((&charge["total"], &charge["paid"], &charge["due"]), (&euros(200), &euros(0), &euros(200)));
    let sum: i64 = charge["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["amount"]["minor"].as_i64().unwrap())
        .sum();
    assert_eq!(sum, 200);
    assert_eq!(charge["minutes"], 70);
    let line = &charge["lines"][0];
    assert!(line["text"].as_str().unwrap().contains("2 x 60 min at 1.00 EUR"), "{line}");
    for id in ["nonsense".to_owned(), Uuid::now_v7().to_string()] {
        problem(app.get(&format!("/api/v1/stays/{id}"), &guard).send().await.unwrap(), 404).await;
    }
}

#[tokio::test]
async fn while_the_car_waits_the_amount_is_the_one_on_the_sign() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let due = async |stay: &StayRow| {
        let path = format!("/api/v1/stays/{}", stay.id);
        let one = good(app.get(&path, &guard).send().await.unwrap(), 200).await;
        one["charge"]["due"]["minor"].as_i64().unwrap()
    };
    // The second hour began 20 seconds ago, the car came to the exit 40 seconds ago.
    let stay = second_hour_just_begun(&app, "BA123AB", 20).await;
    assert_eq!(due(&stay).await, 200);
    app.charged_at_exit(&stay, 100, 40).await;
    assert_eq!(due(&stay).await, 100);
    // After a minute the price goes on, for the payment as well.
    let slow = second_hour_just_begun(&app, "BA123CC", 30).await;
    app.charged_at_exit(&slow, 100, 65).await;
    assert_eq!(due(&slow).await, 200);
}

#[tokio::test]
async fn a_subscriber_owes_nothing_unless_the_exit_says_so() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let mut stay = app.stay("BA123AB", 10).await;
    stay.entry_code = Some("OPEN-SUBSCRIPTION".into());
    app.write(Writes { stays: vec![stay.clone()], ..Writes::default() }).await;
    let path = format!("/api/v1/stays/{}", stay.id);
    let one = good(app.get(&path, &ann).send().await.unwrap(), 200).await;
    assert_eq!(one["charge"]["due"]["minor"], 0);
    let cash = json!({ "method": "cash", "amount": { "minor": 100, "currency": "EUR" } });
    problem(app.post(&format!("{path}/payments"), &ann, &cash).send().await.unwrap(), 409).await;
    app.charged_at_exit(&stay, 100, 1).await;
    let one = good(app.get(&path, &ann).send().await.unwrap(), 200).await;
    assert_eq!(one["charge"]["due"]["minor"], 100);
    good(app.post(&format!("{path}/payments"), &ann, &cash).send().await.unwrap(), 201).await;
}

async fn second_hour_just_begun(app: &TestApp, plate: &str, seconds: i64) -> StayRow {
    let mut row = app.stay(plate, 1).await;
    row.entered_at = Some(Timestamp::now() - SignedDuration::from_secs(3600 + seconds));
    app.write(Writes { stays: vec![row.clone()], ..Writes::default() }).await;
    row
}

#[tokio::test]
async fn a_decision_is_said_in_the_language_that_is_asked_for() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let stay = app.stay("BA123AB", 10).await;
    app.charged_at_exit(&stay, 100, 1).await;
    let mut texts = Vec::new();
    for language in ["en", "vi-VN,vi;q=0.9,en;q=0.5", "de"] {
        let request = app.get("/api/v1/lanes", &guard).header("accept-language", language);
        let lanes = good(request.send().await.unwrap(), 200).await;
        let waiting = items(&lanes).find(|lane| lane["code"] == "out-1").unwrap();
        texts.push(waiting["last"]["text"].as_str().unwrap().to_owned());
    }
    assert_ne!(texts[0], texts[1]);
    assert_eq!(texts[0], texts[2]);
}

#[tokio::test]
async fn a_stay_that_the_client_has_is_not_sent_again() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let stay = app.stay("BA123AB", 10).await;
    app.run("update stays set state = 'closed', exited_at = now()").await;
    let path = format!("/api/v1/stays/{}", stay.id);
    let first = app.get(&path, &guard).send().await.unwrap();
    let version = first.headers()["etag"].to_str().unwrap().to_owned();
    let again = app.get(&path, &guard).header("if-none-match", &version).send().await.unwrap();
    assert_eq!((again.status().as_u16(), again.headers()["etag"].to_str().unwrap()), (304, version.as_str()));
    assert_eq!(again.text().await.unwrap(), "");
    app.run("update stays set note = 'seen'").await;
    let changed = app.get(&path, &guard).header("if-none-match", &version).send().await.unwrap();
    assert_eq!(changed.status(), 200);
}

#[tokio::test]
async fn the_pictures_of_a_stay_were_shown_only_while_the_page_had_followed_it() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let stay = app.stay("BA123AB", 10).await;
    let arrival = app.charged_at_exit(&stay, 100, 1).await;
    app.run(&format!("update stays set exit_arrival_id = '{arrival}'")).await;
    let path = format!("/api/v1/stays/{}", stay.id);
    let decision = async || {
        let shown = good(app.get(&path, &guard).send().await.unwrap(), 200).await;
        shown["decisions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["arrival"] == json!(arrival))
            .unwrap()
            .clone()
    };
    assert_eq!(decision().await["evidence"], Value::Null, "announced by nobody");
    let insert =
        "insert into evidence (site_id, sha256, arrival_id, size_bytes, stored_at, received_at) values";
    let site = app.site;
    app.run(&format!("{insert} ('{site}', decode(repeat('07', 32), 'hex'), '{arrival}', 3, null, now())"))
        .await;
    assert_eq!(decision().await["evidence"], Value::Null, "not stored yet");
    app.run("update evidence set stored_at = now()").await;
    let shown = decision().await;
    assert_eq!(shown["evidence"], "07".repeat(32));
    assert_eq!(shown["params"]["amount"], "1.00 EUR", "{shown}");
}

#[tokio::test]
async fn a_stay_tells_what_was_read_character_by_character_and_what_its_boom_was_ordered() {
    let app = TestApp::open().await;
    let guard = app.person("guard").await;
    let mut stay = app.stay("BA123AB", 10).await;
    let arrival = app.charged_at_exit(&stay, 100, 1).await;
    stay.exit_arrival_id = Some(arrival);
    let reading = json!({
        "plate": "BA123AB", "raw": "8A123AB", "chars": [420, 990, 990, 990, 990, 990, 985], "margin": 310, "frames": 5,
        "verdict": "unsure", "candidates": ["BA123A8"],
    });
    let event = NewEvent {
        site_id: stay.site_id,
        id: Uuid::now_v7(),
        lane_id: app.exit.as_uuid(),
        device_id: Uuid::now_v7(),
        seq: 1,
        boot: 1,
        kind: "arrival",
        arrival_id: Some(arrival),
        occurred_at: Timestamp::now(),
        clock: "synced",
        uptime_ms: 1,
        received_at: Timestamp::now(),
        body: json!({ "arrival": arrival, "direction": "exit", "reading": reading }),
    };
    app.write(Writes { events: vec![event], stays: vec![stay.clone()], ..Writes::default() }).await;
    let order = json!({ "action": "open", "reason": "paid at the desk", "arrival": arrival });
    let path = format!("/api/v1/lanes/{}/commands", app.exit);
    good(app.post(&path, &guard, &order).send().await.unwrap(), 202).await;

    let one = good(app.get(&format!("/api/v1/stays/{}", stay.id), &guard).send().await.unwrap(), 200).await;
    let read = &one["readings"][0];
    assert_eq!((&read["raw"], &read["verdict"]), (&json!("8A123AB"), &json!("unsure")));
    assert_eq!((&read["chars"][0], &read["candidates"][0]), (&json!(420), &json!("BA123A8")));
    assert_eq!(read["arrival"], json!(arrival));
    let order = &one["commands"][0];
    assert_eq!((&order["action"], &order["state"]), (&json!("open"), &json!("pending")));
    assert_eq!((&order["by"], &order["reason"]), (&json!(guard.name), &json!("paid at the desk")));
    assert_eq!(one["commands"].as_array().unwrap().len(), 1);
}
