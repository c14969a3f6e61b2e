//! The blocklist: added to, corrected, lifted, with its history; alarms for cars inside; what it means for strangers.

use serde_json::{Value, json};

use crate::test_app::{TestApp, TestUser, good, problem};

async fn block(app: &TestApp, by: &TestUser, body: Value) -> Value {
    good(app.post("/api/v1/blocklist", by, &body).send().await.unwrap(), 201).await
}

async fn list(app: &TestApp, by: &TestUser, query: &str) -> Vec<String> {
    let page = good(app.get(&format!("/api/v1/blocklist?{query}"), by).send().await.unwrap(), 200).await;
    page["items"].as_array().unwrap().iter().map(|one| one["written"].as_str().unwrap().to_owned()).collect()
}

async fn change(app: &TestApp, by: &TestUser, id: &Value, body: Value) -> reqwest::Response {
    let path = format!("/api/v1/blocklist/{}", id.as_str().unwrap());
    app.request("PATCH", &path).bearer_auth(&by.token).json(&body).send().await.unwrap()
}

#[tokio::test]
async fn a_block_is_added_corrected_lifted_and_stays_in_the_history() {
    let app = TestApp::open().await;
    let (olga, guard) = (app.person("operator").await, app.person("guard").await);
    let added = block(&app, &olga, json!({ "plate": "ba-666 xy", "reason": "left without paying" })).await;
    assert_eq!((&added["plate"], &added["written"]), (&json!("BA666XY"), &json!("ba-666 xy")));
    assert_eq!((&added["state"], &added["added"]["by"]), (&json!("active"), &json!(olga.name)));
    let again = json!({ "plate": "BA666XY", "reason": "again" });
    let again = app.post("/api/v1/blocklist", &olga, &again).send().await.unwrap();
    assert_eq!(problem(again, 409).await["code"], "PLATE-BLOCKED");

    let until = json!({ "until": "2100-01-01T00:00:00Z", "reason": "for a long time" });
    let changed = good(change(&app, &olga, &added["id"], until).await, 200).await;
    assert_eq!(
        (&changed["until"], &changed["reason"]),
        (&json!("2100-01-01T00:00:00Z"), &json!("for a long time"))
    );
    let path = format!("/api/v1/blocklist/{}", added["id"].as_str().unwrap());
    let lost = app.request("PATCH", &path).bearer_auth(&olga.token).header("if-match", "\"old\"");
    let lost = lost.json(&json!({ "reason": "mine" })).send().await.unwrap();
    assert_eq!(problem(lost, 412).await["present"]["reason"], "for a long time");

    let lift = json!({ "reason": "paid meanwhile" });
    let refused = app.post(&format!("{path}/lift"), &guard, &lift).send().await.unwrap();
    assert_eq!(refused.status(), 403, "guards see the list only");
    let lifted = good(app.post(&format!("{path}/lift"), &olga, &lift).send().await.unwrap(), 200).await;
    assert_eq!((&lifted["state"], &lifted["lifted"]["reason"]), (&json!("lifted"), &json!("paid meanwhile")));
    assert_eq!(
        problem(change(&app, &olga, &added["id"], json!({ "reason": "x" })).await, 409).await["code"],
        "BLOCK-LIFTED"
    );
    // The reason can be erased, the plate too: they do not stand in the chain.
    let line = app.audited("block.lift").await;
    assert!(!line.to_string().contains("paid") && !line.to_string().contains("BA666XY"), "{line}");
    assert_eq!(list(&app, &guard, "state=lifted&q=666").await, ["ba-666 xy"]);
    block(&app, &olga, json!({ "plate": "BA666XY", "reason": "once more" })).await;
    assert_eq!(list(&app, &guard, "").await, ["BA666XY", "ba-666 xy"]);
}

#[tokio::test]
async fn the_list_is_searched_filtered_and_paged() {
    let app = TestApp::open().await;
    let olga = app.person("operator").await;
    for (plate, reason) in [("WPI1234", "unpaid"), ("BA200XY", "stolen"), ("BA300XY", "unpaid, twice")] {
        block(&app, &olga, json!({ "plate": plate, "reason": reason })).await;
    }
    let later = json!({ "plate": "BA400XY", "reason": "from Monday", "from": "2099-01-01T00:00:00Z" });
    block(&app, &olga, later).await;
    app.run("update blocklist set valid_until = now() - interval '1 hour' where plate = 'BA200XY'").await;
    assert_eq!(list(&app, &olga, "q=p11").await, ["WPI1234"], "0 and O, 1 and I are alike");
    assert_eq!(list(&app, &olga, "q=UNPAID").await, ["BA300XY", "WPI1234"]);
    assert_eq!(list(&app, &olga, "q=%25").await, [""; 0], "a percent sign is one");
    assert_eq!(list(&app, &olga, "state=expired").await, ["BA200XY"]);
    assert_eq!(list(&app, &olga, "state=planned").await, ["BA400XY"]);
    let page = good(app.get("/api/v1/blocklist?limit=3", &olga).send().await.unwrap(), 200).await;
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(list(&app, &olga, &format!("limit=3&cursor={cursor}")).await, ["WPI1234"]);
    let stranger = app.stranger().await;
    assert_eq!(list(&app, &stranger, "").await, [""; 0]);
}

#[tokio::test]
async fn every_fault_of_a_block_is_named_at_once() {
    let app = TestApp::open().await;
    let olga = app.person("operator").await;
    let body = json!({ "plate": "BA666XY", "reason": "  ", "until": "2020-01-01T00:00:00Z" });
    let refused = problem(app.post("/api/v1/blocklist", &olga, &body).send().await.unwrap(), 422).await;
    let fields: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|fault| &fault["field"]).collect();
    assert_eq!(fields, [&json!("reason"), &json!("until")]);
    let body = json!({ "plate": "!!", "reason": "x" });
    let refused = problem(app.post("/api/v1/blocklist", &olga, &body).send().await.unwrap(), 400).await;
    assert_eq!(refused["errors"][0]["field"], "plate");
    assert_eq!(app.count("select count(*) from blocklist").await, 0);
}

#[tokio::test]
async fn a_car_inside_raises_an_alarm_when_it_or_its_twin_is_blocked() {
    let app = TestApp::open().await;
    let olga = app.person("operator").await;
    let stay = app.stay("WPI1234", 10).await;
    let added = block(&app, &olga, json!({ "plate": "WP11234", "reason": "stolen" })).await;
    assert_eq!(added["inside"], json!(stay.id));
    let alarms = good(app.get("/api/v1/alarms?kind=blocked_inside", &olga).send().await.unwrap(), 200).await;
    assert_eq!(alarms["items"][0]["params"], json!({ "block": added["id"], "stay": stay.id }));
    assert_eq!(alarms["items"][0]["text"], "A car that is inside was blocked.");
    let rows = "select count(*) from live_feed where kind = 'alarm' and body ->> 'what' = 'blocked_inside'";
    assert_eq!(app.count(rows).await, 1);
    // Nobody is there yet who is blocked from a later time on.
    app.stay("BA300XY", 10).await;
    let later = json!({ "plate": "BA300XY", "reason": "x", "from": "2099-01-01T00:00:00Z" });
    block(&app, &olga, later).await;
    assert_eq!(app.count(rows).await, 1);
}

#[tokio::test]
async fn the_list_says_what_it_means_for_strangers_and_which_plates_fall_together() {
    let app = TestApp::open().await;
    let olga = app.person("operator").await;
    block(&app, &olga, json!({ "plate": "ABC223", "reason": "x" })).await;
    block(&app, &olga, json!({ "plate": "WPI1234", "reason": "x" })).await;
    let subscribed = json!({ "holder": "Ada", "vehicles": ["WP11234"] });
    good(app.post("/api/v1/subscriptions", &olga, &subscribed).send().await.unwrap(), 201).await;
    let risk = good(app.get("/api/v1/blocklist/risk", &olga).send().await.unwrap(), 200).await;
    assert_eq!((&risk["blocked"], &risk["rights"]), (&json!(2), &json!(1)));
    assert_eq!(risk["together"], json!([["WPI1234", "WP11234"]]));
    let rules = risk["rules"].as_array().unwrap();
    let rule = |name: &str| rules.iter().find(|one| one["rule"] == name).unwrap();
    assert_eq!(
        (&rule("exact")["used_for_rights"], &rule("exact")["one_in_passes"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(rule("twins")["used_for_blocks"], json!(true));
    assert!(rule("twins")["one_in_stopped"].as_u64().unwrap() > 1_000_000, "{risk}");
    let loose = rule("one_substitution")["one_in_passes"].as_u64().unwrap();
    assert!(loose < rule("twins")["one_in_stopped"].as_u64().unwrap(), "{risk}");
    let of_country =
        good(app.get("/api/v1/blocklist/risk?countries=sk", &olga).send().await.unwrap(), 200).await;
    assert_eq!(of_country["countries"], json!(["SK"]));
    let unknown = app.get("/api/v1/blocklist/risk?countries=ZZ", &olga).send().await.unwrap();
    assert_eq!(problem(unknown, 422).await["errors"][0]["code"], "COUNTRY-UNKNOWN");
}

#[tokio::test]
async fn cars_that_stay_for_longer_than_the_site_says_are_listed_the_longest_first() {
    let app = TestApp::open().await;
    let (guard, admin) = (app.person("guard").await, app.stepped_up("admin").await);
    for (plate, hours) in [("AAA111", 30), ("BBB222", 50), ("CCC333", 2)] {
        app.stay(plate, hours * 60).await;
    }
    let plates = async |query: &str| {
        let page =
            good(app.get(&format!("/api/v1/overstays?{query}"), &guard).send().await.unwrap(), 200).await;
        let items = page["items"].as_array().unwrap().clone();
        let plates: Vec<String> = items.iter().map(|one| one["plate"].as_str().unwrap().to_owned()).collect();
        (plates, page["next_cursor"].clone())
    };
    assert_eq!(plates("").await.0, ["BBB222", "AAA111"]);
    let (first, cursor) = plates("hours=1&limit=2").await;
    assert_eq!(first, ["BBB222", "AAA111"]);
    assert_eq!(plates(&format!("hours=1&limit=2&cursor={}", cursor.as_str().unwrap())).await.0, ["CCC333"]);
    let path = format!("/api/v1/sites/{}/access", app.site);
    let cookie = format!("boomgate={}", admin.token);
    let set = |body: Value| {
        let origin = app.url("").trim_end_matches('/').to_owned();
        app.request("PATCH", &path).header("cookie", &cookie).header("origin", origin).json(&body)
    };
    let changed = good(set(json!({ "overstay_hours": 40 })).send().await.unwrap(), 200).await;
    assert_eq!((&changed["overstay_hours"], &changed["passback"]), (&json!(40), &json!("deny")));
    assert_eq!(plates("").await.0, ["BBB222"]);
    let wrong = set(json!({ "overstay_hours": 0, "countries": ["ZZ"] })).send().await.unwrap();
    assert_eq!(problem(wrong, 422).await["errors"].as_array().unwrap().len(), 2);
    assert_eq!(app.audited("access.set").await["detail"]["overstay_hours"], json!(["24", "40"]));
}
