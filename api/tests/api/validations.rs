//! Validations: made by one person, redeemed by another, taken back.

use boomgate_store::batch::Writes;
use boomgate_store::stays::StayRow;
use jiff::{SignedDuration, Timestamp};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::{TestApp, TestUser, good, problem};

/// A request that would succeed if its sender may; none for routes of another file.
pub async fn case(app: &TestApp, method: &str, path: &str, plain: RequestBuilder) -> Option<RequestBuilder> {
    let keyed = |path: &str| app.request("POST", path).header("idempotency-key", Uuid::now_v7().to_string());
    let new = json!({ "site": app.site, "label": "Bakery", "benefit": { "kind": "free_time", "minutes": 60 }, "max_uses": 50 });
    Some(match (method, path) {
        ("POST", "/api/v1/validations") => plain.json(&new),
        ("POST", "/api/v1/validations/{id}/cancel") => {
            let eva = app.person("admin").await;
            let code = made(app, &eva, new).await;
            keyed(&format!("/api/v1/validations/{}/cancel", text(&code["id"])))
        }
        ("POST", "/api/v1/stays/{id}/validations") => {
            let (eva, stay) = (app.person("admin").await, fresh_stay(app).await);
            let code = made(app, &eva, new).await;
            keyed(&format!("/api/v1/stays/{}/validations", stay.id)).json(&json!({ "code": code["code"] }))
        }
        ("POST", "/api/v1/stays/{id}/validations/{validation}/cancel") => {
            let (eva, oli, stay) =
                (app.person("admin").await, app.person("operator").await, fresh_stay(app).await);
            let code = made(app, &eva, new).await;
            let shown = good(redeem(app, &oli, &stay, text(&code["code"])).send().await.unwrap(), 201).await;
            keyed(&format!(
                "/api/v1/stays/{}/validations/{}/cancel",
                stay.id,
                text(&shown["validations"][0]["id"])
            ))
        }
        _ => return None,
    })
}

async fn fresh_stay(app: &TestApp) -> StayRow {
    let number = app.count("select count(*) from stays").await;
    app.stay(&format!("V{number:05}"), 130).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

async fn made(app: &TestApp, by: &TestUser, body: Value) -> Value {
    good(app.post("/api/v1/validations", by, &body).send().await.unwrap(), 201).await
}

fn redeem(app: &TestApp, by: &TestUser, stay: &StayRow, code: &str) -> RequestBuilder {
    app.post(&format!("/api/v1/stays/{}/validations", stay.id), by, &json!({ "code": code }))
}

fn code(benefit: Value) -> Value {
    json!({ "label": "Bakery", "benefit": benefit })
}

#[tokio::test]
async fn a_redeemed_code_changes_what_is_due_by_a_line_of_its_own_and_is_taken_back() {
    let app = TestApp::open().await;
    let (eva, oli) = (app.person("admin").await, app.person("operator").await);
    let stay = app.stay("BA123AB", 130).await;
    let made = made(&app, &eva, code(json!({ "kind": "free_time", "minutes": 60 }))).await;
    let word = text(&made["code"]);
    assert!(
        word.len() == 10 && word.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()),
        "{word}"
    );
    // As people write it.
    let shown =
        good(redeem(&app, &oli, &stay, &format!(" {} ", word.to_lowercase())).send().await.unwrap(), 201)
            .await;
    let lines: Vec<_> =
        shown["charge"]["lines"].as_array().unwrap().iter().map(|line| text(&line["text"])).collect();
    assert_eq!(lines, ["always: 3 x 60 min at 1.00 EUR".to_owned(), format!("{word}: 60 min free")]);
    assert_eq!(shown["charge"]["due"]["minor"], 200);
    assert_eq!(shown["validations"][0]["redeemed_by"], oli.name);
    assert_eq!(app.audited("stay.validated").await["detail"]["code"], made["id"]);
    // Money is taken for what is left.
    let refused = json!({ "method": "cash", "amount": { "minor": 300, "currency": "EUR" } });
    let pay = format!("/api/v1/stays/{}/payments", stay.id);
    assert_eq!(
        problem(app.post(&pay, &oli, &refused).send().await.unwrap(), 422).await["code"],
        "AMOUNT-NOT-DUE"
    );

    let again = problem(redeem(&app, &oli, &stay, word).send().await.unwrap(), 409).await;
    assert_eq!(again["code"], "CODE-REDEEMED");
    let path =
        format!("/api/v1/stays/{}/validations/{}/cancel", stay.id, text(&shown["validations"][0]["id"]));
    let back = good(app.post(&path, &oli, &json!({})).send().await.unwrap(), 200).await;
    assert_eq!(back["charge"]["due"]["minor"], 300);
    assert_eq!(back["validations"][0]["cancelled_by"], oli.name);
    assert_eq!(
        problem(app.post(&path, &oli, &json!({})).send().await.unwrap(), 409).await["code"],
        "VALIDATION-CANCELLED"
    );
    good(redeem(&app, &oli, &stay, word).send().await.unwrap(), 201).await;
}

#[tokio::test]
async fn who_made_a_code_does_not_redeem_it_and_a_guard_does_neither() {
    let app = TestApp::open().await;
    let (eva, guard, oli) =
        (app.person("admin").await, app.person("guard").await, app.person("operator").await);
    let stay = app.stay("BA123AB", 130).await;
    let made = made(&app, &eva, code(json!({ "kind": "percent", "percent": 100 }))).await;
    let own = problem(redeem(&app, &eva, &stay, text(&made["code"])).send().await.unwrap(), 409).await;
    assert_eq!(own["code"], "OWN-CODE");
    problem(redeem(&app, &guard, &stay, text(&made["code"])).send().await.unwrap(), 403).await;
    let body = code(json!({ "kind": "percent", "percent": 100 }));
    problem(app.post("/api/v1/validations", &oli, &body).send().await.unwrap(), 403).await;
}

#[tokio::test]
async fn a_code_is_good_as_often_as_it_may_be_used_and_while_it_is_not_over() {
    let app = TestApp::open().await;
    let (eva, oli) = (app.person("admin").await, app.person("operator").await);
    let new = json!({ "code": "once-only", "label": "Fair", "benefit": { "kind": "amount", "minor": 50 }, "max_uses": 1 });
    assert_eq!(made(&app, &eva, new.clone()).await["code"], "ONCE-ONLY");
    let taken = problem(app.post("/api/v1/validations", &eva, &new).send().await.unwrap(), 409).await;
    assert_eq!(taken["code"], "CODE-TAKEN");
    let (first, second) = (app.stay("BA111AA", 10).await, app.stay("BA222BB", 10).await);
    // Two at once for the last use: one gets it.
    let (one, other) = tokio::join!(
        redeem(&app, &oli, &first, "ONCE-ONLY").send(),
        redeem(&app, &oli, &second, "ONCE-ONLY").send()
    );
    let mut statuses = [one.unwrap().status().as_u16(), other.unwrap().status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);

    let refused = |code: &'static str| {
        let (app, oli, stay) = (&app, &oli, &second);
        async move { problem(redeem(app, oli, stay, code).send().await.unwrap(), 409).await["code"].clone() }
    };
    assert_eq!(refused("ONCE-ONLY").await, "CODE-USED-UP");
    let ends = Timestamp::now() + SignedDuration::from_hours(1);
    let mut brief = json!({ "code": "BRIEF", "label": "Fair", "benefit": { "kind": "amount", "minor": 50 }, "valid_until": ends });
    made(&app, &eva, brief.clone()).await;
    app.run("update validation_codes set valid_from = now() - interval '2 h', valid_until = now() - interval '1 h' where code = 'BRIEF'").await;
    assert_eq!(refused("BRIEF").await, "CODE-EXPIRED");
    brief["code"] = json!("LATER");
    brief["valid_until"] = Value::Null;
    brief["valid_from"] = json!(ends);
    let later = made(&app, &eva, brief).await;
    assert_eq!((refused("LATER").await, &later["state"]), (json!("CODE-NOT-YET"), &json!("upcoming")));
    let path = format!("/api/v1/validations/{}/cancel", text(&later["id"]));
    assert_eq!(
        good(app.post(&path, &eva, &json!({})).send().await.unwrap(), 200).await["state"],
        "cancelled"
    );
    assert_eq!(refused("LATER").await, "CODE-CANCELLED");
    let unknown = problem(redeem(&app, &oli, &second, "NOWHERE").send().await.unwrap(), 422).await;
    assert_eq!(unknown["code"], "CODE-UNKNOWN");
    let list = good(app.get("/api/v1/validations", &eva).send().await.unwrap(), 200).await;
    let states: Vec<_> = list["items"].as_array().unwrap().iter().map(|one| text(&one["state"])).collect();
    assert_eq!(states, ["cancelled", "expired", "used_up"]);
}

#[tokio::test]
async fn everything_wrong_with_a_new_code_is_named_at_once() {
    let app = TestApp::open().await;
    let eva = app.person("admin").await;
    let wrong = json!({
        "code": "a b", "label": " ", "benefit": { "kind": "percent", "percent": 101 }, "most_off": 0, "max_uses": 0,
        "valid_until": "2020-01-01T00:00:00Z",
    });
    let refused = problem(app.post("/api/v1/validations", &eva, &wrong).send().await.unwrap(), 422).await;
    let fields: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|one| text(&one["field"])).collect();
    assert_eq!(fields, ["code", "label", "benefit", "most_off", "max_uses", "valid_until"]);
}

#[tokio::test]
async fn prepaid_time_is_used_by_one_stay_after_the_other() {
    let app = TestApp::open().await;
    let (eva, oli) = (app.person("admin").await, app.person("operator").await);
    let made = made(&app, &eva, code(json!({ "kind": "prepaid", "minutes": 180 }))).await;
    let word = text(&made["code"]).to_owned();
    let (first, second) = (app.stay("BA111AA", 130).await, app.stay("BA222BB", 130).await);
    let shown = good(redeem(&app, &oli, &first, &word).send().await.unwrap(), 201).await;
    assert_eq!(shown["charge"]["due"]["minor"], 0);
    let waits = problem(redeem(&app, &oli, &second, &word).send().await.unwrap(), 409).await;
    assert_eq!(waits["code"], "CODE-USED-UP", "the stay under way has all of it");
    let mut left = first.clone();
    left.state = StayRow::CLOSED.into();
    left.exited_at = Some(first.entered_at.unwrap() + SignedDuration::from_mins(150));
    app.write(Writes { stays: vec![left], ..Writes::default() }).await;
    let shown = good(redeem(&app, &oli, &second, &word).send().await.unwrap(), 201).await;
    // 30 minutes are left: the first hour begun was cut off by them.
    assert_eq!(shown["charge"]["lines"][1]["text"], format!("{word}: 30 min prepaid"));
    assert_eq!(shown["charge"]["due"]["minor"], 200);
}

#[tokio::test]
async fn a_waiting_car_that_owes_nothing_any_more_is_let_out() {
    let app = TestApp::open().await;
    let (eva, oli) = (app.person("admin").await, app.person("operator").await);
    let stay = app.stay("BA123AB", 70).await;
    let waiting = app.charged_at_exit(&stay, 200, 2).await;
    let half = made(&app, &eva, code(json!({ "kind": "percent", "percent": 50 }))).await;
    let rest = made(&app, &eva, code(json!({ "kind": "amount", "minor": 500 }))).await;
    let shown = good(redeem(&app, &oli, &stay, text(&half["code"])).send().await.unwrap(), 201).await;
    assert_eq!(shown["charge"]["due"]["minor"], 100);
    assert_eq!(app.count("select count(*) from commands").await, 0);
    good(redeem(&app, &oli, &stay, text(&rest["code"])).send().await.unwrap(), 201).await;
    let client = app.db.pool.get().await.unwrap();
    let order = client.query_one("select action, code, arrival_id from commands", &[]).await.unwrap();
    assert_eq!((order.get::<_, &str>(0), order.get::<_, &str>(1)), ("open", "OPEN-FREE"));
    assert_eq!(order.get::<_, Uuid>(2), waiting);
}
