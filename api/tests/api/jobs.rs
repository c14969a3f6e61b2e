//! The server's jobs, as an administrator sees them.

use std::time::Duration;

use boomgate_store::jobs::{self, Outcome, Registered, Timing};
use serde_json::{Value, json};

use crate::test_app::{TestApp, good, problem};

const TIMING: Timing = Timing {
    lease: Duration::from_secs(20),
    first_retry: Duration::from_secs(60),
    longest_retry: Duration::from_secs(900),
};

async fn listed(app: &TestApp) -> Vec<Value> {
    let admin = app.person("admin").await;
    let body = good(app.get("/api/v1/jobs", &admin).send().await.unwrap(), 200).await;
    body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_administrator_sees_which_job_runs_and_why_one_failed() {
    let app = TestApp::open().await;
    assert_eq!(listed(&app).await, Vec::<Value>::new());
    let client = app.db.pool.get().await.unwrap();
    let registered =
        |name| Registered { name, period: Duration::from_secs(900), limit: Duration::from_secs(300) };
    let names = ["a_failed", "b_done", "c_runs"];
    jobs::register(&client, &names.map(registered), Duration::ZERO).await.unwrap();
    for name in names {
        let lease = jobs::claim(&client, &[name], "north/7", &TIMING).await.unwrap().unwrap();
        match name {
            "a_failed" => {
                assert!(jobs::fail(&client, &lease, Outcome::TimedOut, "too slow", &TIMING).await.unwrap());
            }
            "b_done" => assert!(jobs::finish(&client, &lease, 3).await.unwrap()),
            _ => {}
        }
    }
    let [failed, done, runs] = <[Value; 3]>::try_from(listed(&app).await).unwrap();
    assert_eq!((&failed["last_outcome"], &failed["last_error"]), (&json!("timed_out"), &json!("too slow")));
    assert_eq!((&failed["attempts"], &failed["running"]), (&json!(1), &Value::Null));
    assert_eq!((&done["last_outcome"], &done["last_rows"]), (&json!("succeeded"), &json!(3)));
    assert_eq!((&done["attempts"], &done["last_error"]), (&json!(0), &Value::Null));
    assert_eq!((&done["period_ms"], &done["limit_ms"]), (&json!(900_000), &json!(300_000)));
    assert_eq!((&runs["running"]["by"], &runs["last_outcome"]), (&json!("north/7"), &Value::Null));
    assert_eq!(runs["running"]["since"], runs["last_started_at"]);
    for time in ["due_at", "last_started_at", "last_finished_at", "last_succeeded_at"] {
        done[time].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }
}

#[tokio::test]
async fn nobody_but_an_administrator_sees_the_jobs() {
    let app = TestApp::open().await;
    let operator = app.person("operator").await;
    problem(app.get("/api/v1/jobs", &operator).send().await.unwrap(), 403).await;
}

#[test]
fn outcomes_and_times_of_a_job_are_typed_in_the_document() {
    let document: Value = serde_json::from_str(&boomgate_api::openapi_document()).unwrap();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["JobOutcome"]["enum"], json!(["succeeded", "failed", "timed_out", "lost"]));
    for time in ["due_at", "last_started_at", "last_finished_at", "last_succeeded_at"] {
        assert_eq!(schemas["Job"]["properties"][time]["format"], "date-time", "{time}");
    }
}
