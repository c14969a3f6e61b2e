//! Sites and lanes, made and corrected.

use boomgate_store::memberships;
use boomgate_store::memberships::Role;
use serde_json::{Value, json};

use crate::access::from_browser;
use crate::test_app::{TestApp, TestUser, good, problem};

async fn post(app: &TestApp, path: &str, by: &TestUser, body: &Value) -> reqwest::Response {
    from_browser(app, "POST", path, by).json(body).send().await.unwrap()
}

#[tokio::test]
async fn an_admin_opens_a_site_with_a_lane_and_both_are_audited() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let site = json!({
        "code": "harbour", "name": "By the harbour", "time_zone": "europe/vienna", "currency": "EUR", "capacity": 80,
    });
    let opened = good(post(&app, "/api/v1/sites", &eva, &site).await, 201).await;
    assert_eq!((&opened["time_zone"], &opened["capacity"]), (&json!("Europe/Vienna"), &json!(80)));
    assert_eq!(app.audited("site.add").await["detail"]["code"], "harbour");

    let lane = json!({ "site": "harbour", "code": "in-1", "name": "Entry", "direction": "entry" });
    let made = good(post(&app, "/api/v1/lanes", &eva, &lane).await, 201).await;
    assert_eq!((&made["site"]["code"], &made["direction"]), (&json!("harbour"), &json!("entry")));
    assert_eq!((&made["device"], &made["boom"]), (&Value::Null, &json!("unknown")));
    let line = app.audited("lane.add").await;
    assert_eq!((&line["detail"]["lane"], &line["detail"]["code"]), (&made["id"], &json!("in-1")));

    let path = format!("/api/v1/lanes/{}", made["id"].as_str().unwrap());
    let shown = good(from_browser(&app, "GET", &path, &eva).send().await.unwrap(), 200).await;
    assert_eq!(shown, made);
}

#[tokio::test]
async fn a_code_that_is_taken_or_no_code_makes_nothing() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let lane = |code: &str| json!({ "site": "north", "code": code, "direction": "exit" });
    let taken = problem(post(&app, "/api/v1/lanes", &eva, &lane("in-1")).await, 409).await;
    assert_eq!(taken["code"], "LANE-CODE-TAKEN");
    let none = problem(post(&app, "/api/v1/lanes", &eva, &lane("In 1")).await, 400).await;
    assert_eq!(none["errors"][0]["field"], "code");
    let site = |code: &str, zone: &str, currency: &str| json!({ "code": code, "name": "X", "time_zone": zone, "currency": currency });
    let taken = problem(post(&app, "/api/v1/sites", &eva, &site("north", "UTC", "EUR")).await, 409).await;
    assert_eq!(taken["code"], "SITE-CODE-TAKEN");
    for (body, field) in [
        (site("south", "Vienna?", "EUR"), "time_zone"),
        (site("south", "UTC", "euro"), "currency"),
        (site("", "UTC", "EUR"), "code"),
    ] {
        let refused = problem(post(&app, "/api/v1/sites", &eva, &body).await, 400).await;
        assert_eq!(refused["errors"][0]["field"], field);
    }
    assert_eq!(app.count("select count(*) from lanes").await, 2);
    assert_eq!(app.count("select count(*) from sites").await, 1);
}

#[tokio::test]
async fn an_admin_of_one_site_opens_no_other() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let client = app.db.pool.get().await.unwrap();
    app.run("delete from memberships").await;
    memberships::put(&client, eva.id, Some(app.site), Role::Admin).await.unwrap();
    let site = json!({ "code": "south", "name": "South", "time_zone": "UTC", "currency": "EUR" });
    let refused = problem(post(&app, "/api/v1/sites", &eva, &site).await, 403).await;
    assert_eq!(refused["code"], "FORBIDDEN");
    assert_eq!(app.count("select count(*) from sites").await, 1);
    let lane = json!({ "code": "in-2", "direction": "entry" });
    good(post(&app, "/api/v1/lanes", &eva, &lane).await, 201).await;
}

#[tokio::test]
async fn an_old_version_of_a_lane_is_not_written_over() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let path = format!("/api/v1/lanes/{}", app.entry);
    let first = from_browser(&app, "GET", &path, &eva).send().await.unwrap();
    let version = first.headers()["etag"].to_str().unwrap().to_owned();
    // What happens at a lane is no change of its settings.
    app.stay("BA123AB", 10).await;
    let change = async |body: Value, version: &str| {
        from_browser(&app, "PATCH", &path, &eva).header("if-match", version).json(&body).send().await.unwrap()
    };
    let named = change(json!({ "name": "Entry by the river" }), &version).await;
    let newer = named.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(good(named, 200).await["name"], "Entry by the river");
    let stale = problem(change(json!({ "direction": "exit" }), &version).await, 412).await;
    assert_eq!(stale["present"]["name"], "Entry by the river");
    let turned = good(change(json!({ "direction": "exit" }), &newer).await, 200).await;
    assert_eq!(turned["direction"], "exit");
    assert_eq!(app.audited("lane.set").await["detail"]["direction"], json!(["entry", "exit"]));
}
