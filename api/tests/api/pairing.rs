//! A car at an exit that could not be matched: candidates, and a person's word.

use boomgate_store::{arrivals, stays};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::{TestApp, TestUser, arrival, good, problem, stay_id};

fn reading(plate: &str, verdict: &str, chars: &[u16]) -> Value {
    json!({ "plate": plate, "raw": plate, "chars": chars, "margin": 100, "frames": 3, "verdict": verdict })
}

fn pair(app: &TestApp, car: Uuid, stay: Uuid, by: &TestUser) -> RequestBuilder {
    app.post(&format!("/api/v1/arrivals/{car}/pair"), by, &json!({ "stay": stay }))
}

async fn candidates(app: &TestApp, car: Uuid, query: &str, by: &TestUser) -> Vec<Value> {
    let path = format!("/api/v1/arrivals/{car}/candidates{query}");
    let page = good(app.get(&path, by).send().await.unwrap(), 200).await;
    page["items"].as_array().unwrap().clone()
}

fn plates(found: &[Value]) -> Vec<Option<&str>> {
    found.iter().map(|one| one["plate"].as_str()).collect()
}

async fn counts(app: &TestApp, by: &TestUser) -> Value {
    let path = format!("/api/v1/lanes/{}/reading-counts", app.exit);
    let counts = good(app.get(&path, by).send().await.unwrap(), 200).await;
    json!([counts["read_right"], counts["corrected"], counts["missed"]])
}

#[tokio::test]
async fn the_nearest_cars_inside_are_shown_with_what_they_owe() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    for (plate, minutes) in [("XYZ999", 20), ("BA123AC", 90), ("8A123AB", 30)] {
        app.stay(plate, minutes).await;
    }
    let car = app.refused_at_exit(Some("BA123AB"), Some(reading("BA123AB", "accept", &[990; 7]))).await;
    let found = candidates(&app, car, "", &gus).await;
    assert_eq!(plates(&found), [Some("8A123AB"), Some("BA123AC")], "look-alikes first, strangers not");
    assert_eq!((&found[0]["likeness"], &found[0]["distance"]), (&json!("look_alike"), &json!(3)));
    assert_eq!((&found[1]["likeness"], &found[1]["due"]["minor"]), (&json!("near"), &json!(200)));
    assert_eq!(found[0]["entry_lane"], "in-1");
    // What the guard reads on the picture goes before what the camera read.
    let typed = candidates(&app, car, "?plate=xyz-998", &gus).await;
    assert_eq!(plates(&typed), [Some("XYZ999")]);
    assert_eq!(app.count("select count(*) from commands").await, 0, "looking does nothing");
    assert_eq!(app.count("select count(*) from audit").await, 0);
}

#[tokio::test]
async fn where_nothing_was_read_cars_that_nobody_could_read_come_first() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    let unread = app.stay("OLD123", 50).await;
    app.run(&format!("update stays set plate = null where id = '{}'", unread.id)).await;
    app.stay("NEW123", 5).await;
    let car = app.refused_at_exit(None, None).await;
    let found = candidates(&app, car, "", &gus).await;
    assert_eq!(plates(&found), [None, Some("NEW123")]);
    assert_eq!((&found[0]["likeness"], &found[0]["distance"]), (&json!("unknown"), &Value::Null));
}

#[tokio::test]
async fn a_confirmed_car_is_asked_for_its_money_and_then_may_go() {
    let app = TestApp::open().await;
    let (gus, ann) = (app.person("guard").await, app.person("operator").await);
    let stay = app.stay("BA123AC", 90).await;
    let car = app.refused_at_exit(Some("BA123AB"), Some(reading("BA123AB", "accept", &[990; 7]))).await;
    assert_eq!(counts(&app, &gus).await, json!([1, 0, 0]));
    let decided = good(pair(&app, car, stay.id, &gus).send().await.unwrap(), 200).await;
    assert_eq!((&decided["outcome"], &decided["code"]), (&json!("charge"), &json!("CHARGE-DUE")));
    assert_eq!((&decided["amount"]["minor"], &decided["plate"]), (&json!(200), &json!("BA123AC")));
    let client = app.db.pool.get().await.unwrap();
    let waits = arrivals::get(&client, app.site, arrival(car)).await.unwrap().unwrap();
    assert_eq!((waits.stay_id, waits.amount_minor), (Some(stay.id), Some(200)));
    let sql = "select action, code, ordered_name, amount_minor from commands";
    let order = client.query_one(sql, &[]).await.unwrap();
    assert_eq!((order.get::<_, &str>(0), order.get::<_, &str>(1)), ("charge", "CHARGE-DUE"));
    assert_eq!((order.get::<_, &str>(2), order.get::<_, i64>(3)), (&*gus.name, 200), "in the guard's name");
    let line = app.audited("arrival.paired").await;
    assert_eq!(
        (&line["id"], &line["detail"]["code"]),
        (&json!(gus.id), &json!(["DENY-NO-STAY", "CHARGE-DUE"]))
    );
    assert_eq!(line["detail"]["outcome"], json!(["deny", "charge"]));
    assert!(!line.to_string().contains("BA123"), "a plate stands where it can be erased");
    let secret: String = client.query_one("select value from audit_secrets", &[]).await.unwrap().get(0);
    assert_eq!(secret, "BA123AB -> BA123AC");
    let event = "select body from live_feed where kind = 'decision'";
    let event: Value = client.query_one(event, &[]).await.unwrap().get(0);
    assert_eq!((&event["by"], &event["stay"]), (&json!(gus.name), &json!(stay.id)));
    assert_eq!(counts(&app, &gus).await, json!([0, 1, 0]), "the reading was wrong, and that is counted");
    let superseded = "select count(*) from decisions where superseded";
    assert_eq!(app.count(superseded).await, 1, "the refusal does not stand any more");
    // From here it goes as for every car.
    let body = json!({ "method": "cash", "amount": { "minor": 200, "currency": "EUR" } });
    let path = format!("/api/v1/stays/{}/payments", stay.id);
    let taken = good(app.post(&path, &ann, &body).send().await.unwrap(), 201).await;
    assert_eq!(taken["opens"], "out-1");
}

#[tokio::test]
async fn a_confirmed_car_that_owes_nothing_is_let_out() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    let stay = app.stay("BA123AB", 90).await;
    let unsure = reading("BA123AB", "unsure", &[500; 7]);
    let car = app.refused_at_exit(None, Some(unsure)).await;
    app.run("alter table tariffs disable trigger all; delete from tariffs").await;
    let decided = good(pair(&app, car, stay.id, &gus).send().await.unwrap(), 200).await;
    assert_eq!((&decided["outcome"], &decided["code"]), (&json!("open"), &json!("OPEN-FREE")));
    assert_eq!(app.count("select count(*) from commands where action = 'open'").await, 1);
    assert_eq!(counts(&app, &gus).await, json!([0, 0, 1]), "it was read right, only not for sure");
    let again = problem(pair(&app, car, stay.id, &gus).send().await.unwrap(), 409).await;
    assert_eq!(again["code"], "CAR-MAY-PASS");
}

#[tokio::test]
async fn a_blocked_plate_stays_where_it_is_whoever_says_what_it_is() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    let stay = app.stay("BA123AC", 90).await;
    let car = app.refused_at_exit(Some("BA123AB"), Some(reading("BA123AB", "accept", &[990; 7]))).await;
    let sql = "insert into blocklist (site_id, id, plate, reason) select id, gen_random_uuid(), 'BA123AB', 'debts' from sites";
    app.run(sql).await;
    let decided = good(pair(&app, car, stay.id, &gus).send().await.unwrap(), 200).await;
    assert_eq!(decided["code"], "DENY-BLOCKLISTED");
    assert_eq!(app.count("select count(*) from commands where action = 'open'").await, 0);
}

#[tokio::test]
async fn nobody_is_paired_at_an_entry_or_with_a_car_that_is_not_there() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    let stay = app.stay("BA123AB", 90).await;
    let car = app.refused_at_exit(None, None).await;
    app.run(&format!("update arrivals set direction = 'entry' where id = '{car}'")).await;
    let refused = problem(pair(&app, car, stay.id, &gus).send().await.unwrap(), 409).await;
    assert_eq!(refused["code"], "NOT-AN-EXIT");
    let path = format!("/api/v1/arrivals/{car}/candidates");
    let refused = problem(app.get(&path, &gus).send().await.unwrap(), 409).await;
    assert_eq!(refused["code"], "NOT-AN-EXIT");
    app.run(&format!("update arrivals set direction = 'exit' where id = '{car}'")).await;
    problem(pair(&app, car, Uuid::now_v7(), &gus).send().await.unwrap(), 404).await;
    problem(pair(&app, Uuid::now_v7(), stay.id, &gus).send().await.unwrap(), 404).await;
    let other = app.stay("CC111CC", 5).await;
    app.charged_at_exit(&other, 100, 1).await;
    let taken = problem(pair(&app, car, other.id, &gus).send().await.unwrap(), 409).await;
    assert_eq!(taken["code"], "STAY-AT-ANOTHER-EXIT");
    app.run("update stays set entered_at = now() + interval '1 hour' where plate = 'BA123AB'").await;
    let later = problem(pair(&app, car, stay.id, &gus).send().await.unwrap(), 409).await;
    assert_eq!(later["code"], "STAY-LATER");
    app.run("update stays set state = 'voided'").await;
    let closed = problem(pair(&app, car, stay.id, &gus).send().await.unwrap(), 409).await;
    assert_eq!(closed["code"], "STAY-NOT-OPEN");
    let client = app.db.pool.get().await.unwrap();
    assert!(stays::get(&client, app.site, stay_id(&stay)).await.unwrap().is_some());
    assert_eq!(app.count("select count(*) from commands").await, 0);
}

#[tokio::test]
async fn readings_are_counted_within_a_time() {
    let app = TestApp::open().await;
    let gus = app.person("guard").await;
    app.refused_at_exit(Some("BA123AB"), None).await;
    app.refused_at_exit(None, None).await;
    assert_eq!(counts(&app, &gus).await, json!([1, 0, 1]));
    let at = |query: &str| {
        let path = format!("/api/v1/lanes/{}/reading-counts{query}", app.exit);
        app.get(&path, &gus).send()
    };
    let before = good(at("?until=2026-01-01T00:00:00Z").await.unwrap(), 200).await;
    assert_eq!((&before["read_right"], &before["missed"]), (&json!(0), &json!(0)));
    problem(at("?from=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z").await.unwrap(), 400).await;
}
