//! The garage contract, word for word: a client that knows only it runs a day.

use boomgate_api::RouteInfo;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::TestApp;

/// A request that would succeed if its sender may; none for routes of another file.
pub async fn case(app: &TestApp, route: &RouteInfo) -> Option<RequestBuilder> {
    let site = format!("?site={}", app.site);
    let plate = format!("G{:05}", Uuid::now_v7().as_u128() % 100_000);
    let at = |path: &str| app.request(&route.method, path);
    Some(match (&*route.method, &*route.path) {
        ("GET", "/api/status") => at("/api/status"),
        ("GET", path @ ("/api/garage/stats" | "/api/activities")) => at(&format!("{path}{site}")),
        ("POST", "/api/tickets") => {
            at(&format!("/api/tickets{site}")).json(&json!({ "licensePlate": plate }))
        }
        ("GET", "/api/tickets/{ticketNumber}") => {
            at(&format!("/api/tickets/{}{site}", issued(app, &plate).await))
        }
        ("PUT", "/api/tickets/{ticketNumber}/exit") => {
            let number = issued(app, &plate).await;
            at(&format!("/api/tickets/{number}/exit{site}")).json(&json!({ "paymentMethod": "cash" }))
        }
        _ => return None,
    })
}

async fn issued(app: &TestApp, plate: &str) -> String {
    let ann = app.person("operator").await;
    let request = app.request("POST", "/api/tickets").bearer_auth(&ann.token);
    let made: Value =
        request.json(&json!({ "licensePlate": plate })).send().await.unwrap().json().await.unwrap();
    made["ticketNumber"].as_str().unwrap().to_owned()
}

/// Status and body of a request by a key, as a front end sends it.
async fn ask(app: &TestApp, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = app.request(method, path).bearer_auth(token);
    let request = body.iter().fold(request, |request, body| request.json(body));
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_client_that_knows_only_the_contract_runs_a_day() {
    let app = TestApp::open().await;
    app.run("update sites set capacity = 4 where code = 'north'").await;
    let key = app.key(&["stays:read", "tickets:issue", "payments:take"]).await.token;
    let status = app.request("GET", "/api/status").send().await.unwrap();
    assert_eq!(status.json::<Value>().await.unwrap(), json!({ "status": "ok" }));

    let (code, stats) = ask(&app, &key, "GET", "/api/garage/stats", None).await;
    assert_eq!(code, 200);
    assert_eq!(
        names(&stats),
        [
            "availableSpaces",
            "availableSpacesPercentage",
            "averageStayTime",
            "hourlyRate",
            "occupiedSpaces",
            "occupiedSpacesPercentage",
            "todaysRevenue",
            "totalSpaces",
            "vehiclesProcessedToday",
        ]
    );
    assert_eq!((&stats["totalSpaces"], &stats["availableSpacesPercentage"]), (&json!(4), &json!(100)));
    let rate = stats["hourlyRate"].as_i64().unwrap();
    assert!(rate > 0, "{stats}");

    let new = json!({ "licensePlate": "ba-123 ab", "vehicleType": "car" });
    let (code, ticket) = ask(&app, &key, "POST", "/api/tickets", Some(new.clone())).await;
    assert_eq!(code, 201, "{ticket}");
    assert_eq!(
        names(&ticket),
        [
            "amountPaid",
            "durationMinutes",
            "entryTime",
            "exitTime",
            "id",
            "licensePlate",
            "paymentMethod",
            "status",
            "ticketNumber",
            "vehicleType",
        ]
    );
    assert_eq!((&ticket["licensePlate"], &ticket["status"]), (&json!("BA123AB"), &json!("active")));
    let number = ticket["ticketNumber"].as_str().unwrap().to_owned();
    assert!(number.starts_with("PS-"));

    let (code, refused) = ask(&app, &key, "POST", "/api/tickets", Some(new)).await;
    assert_eq!((code, names(&refused)), (400, vec!["message"]), "it is inside already: {refused}");

    app.run("update stays set entered_at = now() - interval '59 minutes'").await;
    let path = format!("/api/tickets/{number}/exit");
    let (code, unpaid) = ask(&app, &key, "PUT", &path, Some(json!({}))).await;
    assert_eq!((code, names(&unpaid)), (400, vec!["message"]), "{unpaid}");
    let (code, wrong) = ask(&app, &key, "PUT", &path, Some(json!({ "paymentMethod": "shells" }))).await;
    assert_eq!(code, 400, "{wrong}");
    let paid = json!({ "paymentMethod": "cash" });
    let (code, done) = ask(&app, &key, "PUT", &path, Some(paid.clone())).await;
    assert_eq!(code, 200, "{done}");
    assert_eq!((&done["status"], &done["paymentMethod"]), (&json!("completed"), &json!("cash")));
    assert_eq!(
        (done["amountPaid"].as_i64(), done["durationMinutes"].as_i64()),
        (Some(rate), Some(59)),
        "{done}"
    );
    assert_eq!(
        ask(&app, &key, "PUT", &path, Some(paid)).await,
        (200, done.clone()),
        "a repeat is recognised"
    );
    assert_eq!(ask(&app, &key, "GET", &format!("/api/tickets/{number}"), None).await, (200, done));

    let (_, stats) = ask(&app, &key, "GET", "/api/garage/stats", None).await;
    let numbers = ["occupiedSpaces", "vehiclesProcessedToday", "todaysRevenue", "averageStayTime"]
        .map(|name| stats[name].as_i64());
    assert_eq!(numbers, [Some(0), Some(1), Some(rate), Some(59)], "{stats}");
    let (_, activities) = ask(&app, &key, "GET", "/api/activities?limit=10", None).await;
    assert_eq!(
        names(&activities[0]),
        [
            "amount",
            "durationMinutes",
            "entryTime",
            "exitTime",
            "id",
            "licensePlate",
            "status",
            "ticketNumber"
        ]
    );
    assert_eq!((&activities[0]["ticketNumber"], &activities[0]["amount"]), (&json!(number), &json!(rate)));
}

#[tokio::test]
async fn errors_of_the_contract_are_a_message() {
    let app = TestApp::open().await;
    let key = app.key(&["stays:read", "tickets:issue"]).await.token;
    for (method, path, body, code) in [
        ("GET", "/api/tickets/PS-000000000", None, 404),
        ("GET", "/api/tickets/nonsense", None, 404),
        ("PUT", "/api/tickets/PS-000000000/exit", Some(json!({ "paymentMethod": "cash" })), 404),
        ("POST", "/api/tickets", Some(json!({ "licensePlate": "??" })), 400),
        ("POST", "/api/tickets", Some(json!({})), 400),
        ("POST", "/api/tickets", Some(json!({ "licensePlate": "AB1", "vehicleType": "boat" })), 400),
        ("GET", "/api/activities?limit=0", None, 400),
        ("GET", "/api/garage/stats?site=nowhere", None, 404),
    ] {
        let (given, answer) = ask(&app, &key, method, path, body).await;
        assert_eq!((given, names(&answer)), (code, vec!["message"]), "{method} {path}: {answer}");
    }
    // Who may not take money settles nothing that costs some.
    let (_, ticket) = ask(&app, &key, "POST", "/api/tickets", Some(json!({ "licensePlate": "AB1" }))).await;
    app.run("update stays set entered_at = now() - interval '3 h'").await;
    let path = format!("/api/tickets/{}/exit", ticket["ticketNumber"].as_str().unwrap());
    let (code, refused) = ask(&app, &key, "PUT", &path, Some(json!({ "paymentMethod": "cash" }))).await;
    assert_eq!((code, &refused["code"]), (403, &json!("FORBIDDEN")));
}
