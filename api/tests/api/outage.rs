//! A database that is slow, gone or closed: the caller is told to come back, and the api is well again by itself.

use std::time::Duration;

use reqwest::Response;
use serde_json::json;
use tokio_postgres::Client;

use crate::test_app::{TestApp, TestUser, good, problem};

/// A connection that the api does not use.
async fn aside(app: &TestApp, database: Option<&str>) -> Client {
    let address = &app.db.address;
    match database {
        Some(name) => address.with_database(name).connect().await.unwrap(),
        None => address.connect().await.unwrap(),
    }
}

/// Nobody reads a lane until this connection ends.
async fn hold_lanes(app: &TestApp) -> Client {
    let client = aside(app, None).await;
    client.batch_execute("begin; lock table lanes in access exclusive mode").await.unwrap();
    client
}

async fn is_unavailable(response: Response) {
    assert_eq!(response.headers()["retry-after"], "5");
    let problem = problem(response, 503).await;
    assert_eq!(problem["code"], "UNAVAILABLE");
    assert!(problem["message"].as_str().unwrap().contains("the database does not answer"), "{problem}");
}

/// A connection that was cut may be found dead once more; nobody has to restart anything.
async fn is_well_again(app: &TestApp, by: &TestUser) {
    for _ in 0..100 {
        if list(app, by).await.status() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the api stays unavailable");
}

async fn list(app: &TestApp, by: &TestUser) -> Response {
    app.get("/api/v1/lanes", by).send().await.unwrap()
}

/// From now on nobody can be woken in this database: every NOTIFY fails.
async fn break_wake_ups(app: &TestApp) {
    let client = aside(app, None).await;
    let name: String = client.query_one("select current_database()::text", &[]).await.unwrap().get(0);
    let broken = "create function public.pg_notify(text, text) returns void language plpgsql
                  as $$ begin raise exception 'nobody is woken'; end $$";
    client.batch_execute(broken).await.unwrap();
    client
        .batch_execute(&format!("alter database \"{name}\" set search_path = public, pg_catalog"))
        .await
        .unwrap();
    // Only new connections see the new path.
    app.db.pool.retain(|_, _| false);
    assert!(app.db.pool.get().await.unwrap().execute("select pg_notify('a', 'b')", &[]).await.is_err());
}

#[tokio::test]
async fn a_wake_up_that_failed_turned_a_committed_payment_and_order_into_an_error() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let stay = app.stay("BA123AB", 70).await;
    app.charged_at_exit(&stay, 200, 2).await;
    break_wake_ups(&app).await;
    let cash = json!({ "method": "cash", "amount": { "minor": 200, "currency": "EUR" } });
    let path = format!("/api/v1/stays/{}/payments", stay.id);
    let taken = good(app.post(&path, &ann, &cash).send().await.unwrap(), 201).await;
    assert_eq!(taken["opens"], "out-1");
    let order = json!({ "action": "open", "reason": "a long lorry" });
    let path = format!("/api/v1/lanes/{}/commands", app.entry);
    good(app.post(&path, &ann, &order).send().await.unwrap(), 202).await;
    assert_eq!(app.count("select count(*) from commands").await, 2);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_unavailable_and_not_our_fault() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let held = hold_lanes(&app).await;
    let order = json!({ "action": "open", "reason": "a long lorry" });
    let path = format!("/api/v1/lanes/{}/commands", app.entry);
    let (read, write) = tokio::join!(list(&app, &ann), app.post(&path, &ann, &order).send());
    is_unavailable(read).await;
    is_unavailable(write.unwrap()).await;
    drop(held);
    assert_eq!(app.count("select count(*) from commands").await, 0, "what is not confirmed is not done");
    good(app.post(&path, &ann, &order).send().await.unwrap(), 202).await;
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_is_unavailable() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let held = hold_lanes(&app).await;
    let cut = async {
        let waits = "select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        for _ in 0..200 {
            if !held.query(waits, &[]).await.unwrap().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the request never came to the lock");
    };
    let (response, ()) = tokio::join!(list(&app, &ann), cut);
    is_unavailable(response).await;
    drop(held);
    is_well_again(&app, &ann).await;
}

#[tokio::test]
async fn a_refused_connection_is_unavailable_until_it_is_taken_again() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let admin = aside(&app, Some("postgres")).await;
    let name: String = {
        let own = aside(&app, None).await;
        own.query_one("select current_database()::text", &[]).await.unwrap().get(0)
    };
    admin.batch_execute(&format!("alter database {name} with allow_connections false")).await.unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
    admin.query(end, &[&name]).await.unwrap();
    // A pooled connection is found dead by the request that takes it, a new one is refused.
    for _ in 0..3 {
        is_unavailable(list(&app, &ann).await).await;
    }
    admin.batch_execute(&format!("alter database {name} with allow_connections true")).await.unwrap();
    is_well_again(&app, &ann).await;
}
