//! Money for a stay: exactly what is due, booked once, and the boom ordered open with it.

use boomgate_store::stays::StayRow;
use boomgate_store::{arrivals, ledger, stays};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::test_app::{TestApp, TestUser, arrival, good, problem, stay_id};

fn cash(minor: i64) -> Value {
    json!({ "method": "cash", "amount": { "minor": minor, "currency": "EUR" } })
}

fn pay(app: &TestApp, stay: &StayRow, by: &TestUser, body: &Value) -> RequestBuilder {
    app.post(&format!("/api/v1/stays/{}/payments", stay.id), by, body)
}

#[tokio::test]
async fn paying_what_is_due_settles_books_and_opens_the_exit() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let stay = app.stay("BA123AB", 70).await;
    let waiting = app.charged_at_exit(&stay, 200, 2).await;
    let taken = good(pay(&app, &stay, &ann, &cash(200)).send().await.unwrap(), 201).await;
    assert_eq!(taken["opens"], "out-1");
    assert_eq!(taken["payment"]["taken_by"], ann.name);
    assert_eq!(taken["stay"]["charge"]["due"]["minor"], 0);
    assert_eq!(taken["stay"]["payments"][0]["amount"]["minor"], 200);
    let lanes = good(app.get("/api/v1/lanes", &ann).send().await.unwrap(), 200).await;
    let exit = lanes["items"].as_array().unwrap().iter().find(|lane| lane["code"] == "out-1").unwrap();
    assert_eq!(exit["last"]["text"], "Thank you, 2.00 EUR paid. Goodbye.");
    let client = app.db.pool.get().await.unwrap();
    let order =
        client.query_one("select action, code, arrival_id, lane_id, state from commands", &[]).await.unwrap();
    assert_eq!((order.get::<_, &str>(0), order.get::<_, &str>(1)), ("open", "OPEN-PAID"));
    assert_eq!((order.get::<_, uuid::Uuid>(2), order.get::<_, uuid::Uuid>(3)), (waiting, app.exit.as_uuid()));
    let car = arrivals::get(&client, app.site, arrival(waiting)).await.unwrap().unwrap();
    assert_eq!(car.outcome.as_deref(), Some("open"));
    let after = stays::get(&client, app.site, stay_id(&stay)).await.unwrap().unwrap();
    assert_eq!(after.paid_minor, 200);
    assert!(after.exit_deadline.is_some());
    let balances = ledger::balances(&client, app.site).await.unwrap();
    let of = |code: &str| balances.iter().find(|account| account.code == code).unwrap().balance_minor;
    assert_eq!((of("cash"), of("parking-income")), (200, -200));
    assert_eq!(app.count("select count(*) from audit where action = 'stay.paid'").await, 1);
    let again = problem(pay(&app, &stay, &ann, &cash(200)).send().await.unwrap(), 409).await;
    assert!(again["message"].as_str().unwrap().contains("nothing is due"), "{again}");
}

#[tokio::test]
async fn without_a_waiting_car_nothing_opens() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let stay = app.stay("BA123AB", 10).await;
    let taken = good(pay(&app, &stay, &ann, &cash(100)).send().await.unwrap(), 201).await;
    assert_eq!(taken["opens"], Value::Null);
    assert_eq!(app.count("select count(*) from commands").await, 0);
}

#[tokio::test]
async fn the_amount_on_the_sign_is_taken_though_a_step_has_begun() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let stay = app.stay("BA123AB", 61).await;
    app.charged_at_exit(&stay, 100, 40).await;
    let taken = good(pay(&app, &stay, &ann, &cash(100)).send().await.unwrap(), 201).await;
    assert_eq!(taken["opens"], "out-1");
    assert_eq!(taken["stay"]["charge"]["due"]["minor"], 0, "paid in time: nothing more is asked");
}

#[tokio::test]
async fn any_other_amount_or_currency_is_refused() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let stay = app.stay("BA123AB", 10).await;
    let dollars = json!({ "method": "cash", "amount": { "minor": 100, "currency": "USD" } });
    for (body, words) in
        [(cash(99), "1.00 EUR is due"), (cash(10_000), "1.00 EUR is due"), (dollars, "paid in EUR")]
    {
        let refused = problem(pay(&app, &stay, &ann, &body).send().await.unwrap(), 422).await;
        assert!(refused["message"].as_str().unwrap().contains(words), "{refused}");
    }
    let keyless = app.request("POST", &format!("/api/v1/stays/{}/payments", stay.id));
    problem(keyless.bearer_auth(&ann.token).json(&cash(100)).send().await.unwrap(), 400).await;
    assert_eq!(app.count("select count(*) from payments").await, 0);
    assert_eq!(app.count("select count(*) from idempotency_keys").await, 0);
}

#[tokio::test]
async fn a_stay_that_ended_is_not_paid() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let stay = app.stay("BA123AB", 10).await;
    app.run("update stays set state = 'closed', exited_at = now()").await;
    let refused = problem(pay(&app, &stay, &ann, &cash(100)).send().await.unwrap(), 409).await;
    assert!(refused["message"].as_str().unwrap().contains("closed"), "{refused}");
}

#[tokio::test]
async fn two_payments_at_once_are_one_and_a_repeated_key_answers_the_same() {
    let app = TestApp::open().await;
    let (ann, bob) = (app.person("operator").await, app.person("admin").await);
    let stay = app.stay("BA123AB", 10).await;
    app.charged_at_exit(&stay, 100, 2).await;
    let (body, path) = (cash(100), format!("/api/v1/stays/{}/payments", stay.id));
    let keyed = |by: &TestUser, key: &str| {
        let request = app.request("POST", &path).bearer_auth(&by.token).header("idempotency-key", key);
        tokio::spawn(request.json(&body).send())
    };
    let sent = [keyed(&ann, "a"), keyed(&ann, "a"), keyed(&bob, "b"), keyed(&bob, "c")];
    let mut answers = Vec::new();
    for one in sent {
        let response = one.await.unwrap().unwrap();
        let status = response.status().as_u16();
        answers.push((status, response.json::<Value>().await.unwrap()));
    }
    let (taken, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(status, _)| *status == 201);
    assert!(refused.iter().all(|(status, _)| *status == 409), "{refused:?}");
    let ids: Vec<_> = taken.iter().map(|(_, answer)| answer["payment"]["id"].clone()).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    for table in ["payments", "ledger_entries", "commands"] {
        assert_eq!(app.count(&format!("select count(*) from {table}")).await, 1, "{table}");
    }
    let sum = app.count("select coalesce(sum(amount_minor), 0)::bigint from postings").await;
    assert_eq!(sum, 0);
}
