//! Subscriptions: several vehicles on some places, plans, pauses, renewals, ends, changes of plate; passback.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::test_app::{TestApp, TestUser, good, problem};

async fn plan(app: &TestApp, by: &TestUser, body: Value) -> Value {
    good(app.post("/api/v1/plans", by, &body).send().await.unwrap(), 201).await
}

async fn subscribe(app: &TestApp, by: &TestUser, body: Value) -> Value {
    good(app.post("/api/v1/subscriptions", by, &body).send().await.unwrap(), 201).await
}

async fn act(app: &TestApp, by: &TestUser, of: &Value, act: &str, body: Value) -> reqwest::Response {
    let path = format!("/api/v1/subscriptions/{}/{act}", of["id"].as_str().unwrap());
    app.post(&path, by, &body).send().await.unwrap()
}

async fn holders(app: &TestApp, by: &TestUser, query: &str) -> Vec<String> {
    let page = good(app.get(&format!("/api/v1/subscriptions?{query}"), by).send().await.unwrap(), 200).await;
    page["items"].as_array().unwrap().iter().map(|one| one["holder"].as_str().unwrap().to_owned()).collect()
}

fn plates(of: &Value) -> Vec<&str> {
    of["vehicles"].as_array().unwrap().iter().map(|one| one["plate"].as_str().unwrap()).collect()
}

fn monthly() -> Value {
    let windows = json!([{ "days": ["mon", "tue", "wed", "thu", "fri"], "from": "07:00", "to": "19:00" }]);
    let terms = json!({ "places": 4, "uses_per_month": 60, "outside": "refuse", "windows": windows });
    json!({ "name": "Office, 4 places", "price": { "minor": 8900, "currency": "EUR" }, "period": "month", "terms": terms })
}

#[tokio::test]
async fn a_company_with_ten_cars_shares_four_places_by_the_terms_of_its_plan() {
    let app = TestApp::open().await;
    let (olga, guard) = (app.person("operator").await, app.person("guard").await);
    let plan = plan(&app, &olga, monthly()).await;
    let cars: Vec<String> = (1..=10).map(|car| format!("ba {car:03} cc")).collect();
    let body =
        json!({ "holder": "Ada & Co", "email": "ada@example.org", "plan": plan["id"], "vehicles": cars });
    let made = subscribe(&app, &olga, body).await;
    assert_eq!(plates(&made).len(), 10);
    assert_eq!(
        (&made["terms"]["places"], &made["terms"]["windows"][0]["from"]),
        (&json!(4), &json!("07:00"))
    );
    assert_eq!((&made["places_taken"], &made["used_this_month"]), (&json!(0), &json!(0)));
    assert!(made["until"].is_string(), "the plan's period");
    assert_eq!(
        (&made["history"][0]["what"], &made["history"][0]["by"]),
        (&json!("added"), &json!(olga.name))
    );

    let mut stay = app.stay("BA001CC", 10).await;
    stay.entry_code = Some("OPEN-SUBSCRIPTION".into());
    stay.entered_at = Some(Timestamp::now());
    app.write(boomgate_store::batch::Writes { stays: vec![stay.clone()], ..Default::default() }).await;
    app.stay("BA002CC", 10).await;
    let path = format!("/api/v1/subscriptions/{}", made["id"].as_str().unwrap());
    let shown = good(app.get(&path, &guard).send().await.unwrap(), 200).await;
    assert_eq!((&shown["places_taken"], &shown["used_this_month"]), (&json!(1), &json!(1)));
    let taking: Vec<_> =
        shown["vehicles"].as_array().unwrap().iter().filter(|one| one["takes_place"] == true).collect();
    assert_eq!((taking.len(), &taking[0]["stay"]), (1, &json!(stay.id)));

    // A plan that changes leaves the terms of those there are.
    let cheaper = json!({ "terms": { "places": 9 }, "price": { "minor": 100, "currency": "EUR" } });
    let plan_path = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    let changed = app.request("PATCH", &plan_path).bearer_auth(&olga.token).json(&cheaper);
    let changed = good(changed.send().await.unwrap(), 200).await;
    assert_eq!((&changed["terms"]["places"], &changed["subscriptions"]), (&json!(9), &json!(1)));
    let shown = good(app.get(&path, &guard).send().await.unwrap(), 200).await;
    assert_eq!(shown["terms"]["places"], json!(4));
    assert_eq!(app.get("/api/v1/plans", &app.stranger().await).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn it_is_paused_resumed_renewed_and_ended_and_every_act_has_its_history() {
    let app = TestApp::open().await;
    let olga = app.person("operator").await;
    let plan = plan(&app, &olga, monthly()).await;
    let body = json!({ "holder": "Ada", "plan": plan["id"], "vehicles": ["BA100AA"],
        "from": "2026-01-31T00:00:00Z", "until": "2099-02-28T00:00:00Z" });
    let made = subscribe(&app, &olga, body).await;
    let soon = Timestamp::from_second(Timestamp::now().as_second()).unwrap() + 48.hours();
    let paused =
        good(act(&app, &olga, &made, "pause", json!({ "until": soon, "reason": "holidays" })).await, 200)
            .await;
    assert_eq!((&paused["state"], &paused["pause"]["until"]), (&json!("paused"), &json!(soon.to_string())));
    assert_eq!(holders(&app, &olga, "state=paused").await, ["Ada"]);
    let wrong = act(&app, &olga, &made, "pause", json!({ "until": "2020-01-01T00:00:00Z" })).await;
    assert_eq!(problem(wrong, 422).await["errors"][0]["field"], "until");
    let resumed = good(act(&app, &olga, &made, "resume", json!({})).await, 200).await;
    assert_eq!((&resumed["state"], &resumed["pause"]), (&json!("active"), &Value::Null));
    let renewed = good(act(&app, &olga, &made, "renew", json!({ "periods": 2 })).await, 200).await;
    assert!(renewed["until"].as_str().unwrap().starts_with("2099-04"), "{}", renewed["until"]);

    let ended = good(act(&app, &olga, &made, "end", json!({ "reason": "moved away" })).await, 200).await;
    assert_eq!((&ended["state"], plates(&ended)), (&json!("ended"), vec!["BA100AA"]));
    let late = problem(act(&app, &olga, &made, "pause", json!({})).await, 409).await;
    assert_eq!(late["code"], "SUBSCRIPTION-ENDED");
    let back = good(act(&app, &olga, &made, "end", json!({ "take_back": true })).await, 200).await;
    assert_eq!(back["state"], "active");
    let later = good(act(&app, &olga, &made, "end", json!({ "at": soon })).await, 200).await;
    assert_eq!((&later["state"], &later["ended_at"]), (&json!("active"), &json!(soon.to_string())));
    let acts: Vec<_> =
        later["history"].as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap()).collect();
    assert_eq!(acts, ["ended", "reopened", "ended", "renewed", "resumed", "paused", "added"]);
    assert_eq!(later["history"][2]["reason"], "moved away");
    let line = app.audited("subscription.changed").await;
    assert!(!line.to_string().contains("moved") && !line.to_string().contains("Ada"), "{line}");
}

#[tokio::test]
async fn one_that_is_over_is_renewed_from_now_on() {
    let app = TestApp::open().await;
    let olga = app.person("operator").await;
    let plan = plan(&app, &olga, monthly()).await;
    let body = json!({ "holder": "Ada", "plan": plan["id"], "from": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z" });
    let over = subscribe(&app, &olga, body).await;
    assert_eq!(over["state"], "ended");
    let renewed = good(act(&app, &olga, &over, "renew", json!({})).await, 200).await;
    assert_eq!(renewed["state"], "active");
    let free = subscribe(&app, &olga, json!({ "holder": "Bob" })).await;
    assert_eq!(problem(act(&app, &olga, &free, "renew", json!({})).await, 409).await["code"], "NO-PLAN");
}

#[tokio::test]
async fn a_changed_plate_has_its_history_and_belongs_to_one_subscription_at_a_time() {
    let app = TestApp::open().await;
    let olga = app.person("operator").await;
    let ada = subscribe(&app, &olga, json!({ "holder": "Ada", "vehicles": ["BA100AA", "BA 100 AA"] })).await;
    assert_eq!(plates(&ada), ["BA100AA"], "one car is one car");
    let change = json!({ "add": ["ba 200 aa"], "remove": ["BA100AA"], "reason": "a new car" });
    let changed = good(act(&app, &olga, &ada, "vehicles", change).await, 200).await;
    assert_eq!(plates(&changed), ["BA200AA"]);
    let former = &changed["former_vehicles"][0];
    assert_eq!((&former["plate"], &former["removed"]["by"]), (&json!("BA100AA"), &json!(olga.name)));
    assert_eq!(
        (&changed["history"][0]["what"], &changed["history"][0]["reason"]),
        (&json!("plate_changed"), &json!("a new car"))
    );
    let clash = json!({ "holder": "Bob", "vehicles": ["BA200AA"] });
    let clash = problem(app.post("/api/v1/subscriptions", &olga, &clash).send().await.unwrap(), 409).await;
    assert_eq!(clash["code"], "PLATE-SUBSCRIBED");
    assert!(clash["message"].as_str().unwrap().contains("BA200AA (Ada)"), "{clash}");
    // What was given up is free again.
    subscribe(&app, &olga, json!({ "holder": "Bob", "vehicles": ["BA100AA"] })).await;
    assert_eq!(holders(&app, &olga, "q=ba100").await, ["Bob"]);
    let back = good(act(&app, &olga, &ada, "vehicles", json!({ "add": ["BA300AA"] })).await, 200).await;
    assert_eq!(plates(&back), ["BA200AA", "BA300AA"]);
}

#[tokio::test]
async fn the_list_is_searched_by_plate_holder_and_contact_and_filtered_by_state() {
    let app = TestApp::open().await;
    let olga = app.person("operator").await;
    let day = Timestamp::now() + 24.hours();
    for (holder, plate, until) in
        [("Ada & Co", "WPI1234", None), ("Bob", "BA200AA", Some(day)), ("Eve", "BA300AA", None)]
    {
        let body = json!({ "holder": holder, "vehicles": [plate], "until": until, "phone": format!("+421 {holder}") });
        subscribe(&app, &olga, body).await;
    }
    subscribe(&app, &olga, json!({ "holder": "Zoe", "from": day })).await;
    assert_eq!(holders(&app, &olga, "q=p11").await, ["Ada & Co"], "0 and O, 1 and I are alike");
    assert_eq!(holders(&app, &olga, "q=ada").await, ["Ada & Co"]);
    assert_eq!(holders(&app, &olga, "q=%2B421%20bob").await, ["Bob"]);
    assert_eq!(holders(&app, &olga, "state=ending").await, ["Bob"]);
    assert_eq!(holders(&app, &olga, "state=planned").await, ["Zoe"]);
    assert_eq!(holders(&app, &olga, "state=active&limit=2").await, ["Eve", "Bob"]);
    let colleague = app.person_of(app.tenant, Some(app.annex().await), "operator").await;
    assert_eq!(holders(&app, &colleague, "").await, [""; 0]);
}

#[tokio::test]
async fn faults_of_plans_and_subscriptions_are_named_all_at_once() {
    let app = TestApp::open().await;
    let olga = app.person("operator").await;
    let lane = uuid::Uuid::now_v7();
    let body = json!({ "holder": " ", "email": "nobody", "terms": { "places": 0, "lanes": [lane] },
        "from": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z" });
    let refused = problem(app.post("/api/v1/subscriptions", &olga, &body).send().await.unwrap(), 422).await;
    let fields: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["places", "lanes", "holder", "email", "until"]);
    for (window, field) in [
        (json!({ "days": [], "from": "07:00", "to": "19:00" }), "terms.windows[0]"),
        (json!({ "days": ["mon"], "from": "24:00", "to": "19:00" }), "terms.windows[0]"),
        (json!({ "days": ["mon"], "from": "7", "to": "19:00" }), "terms.windows[0]"),
    ] {
        let body = json!({ "holder": "Ada", "terms": { "windows": [window] } });
        let refused =
            problem(app.post("/api/v1/subscriptions", &olga, &body).send().await.unwrap(), 400).await;
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let dollars = json!({ "name": "x", "price": { "minor": 1, "currency": "USD" }, "period": "day" });
    let refused = problem(app.post("/api/v1/plans", &olga, &dollars).send().await.unwrap(), 422).await;
    assert_eq!(refused["errors"][0]["field"], "price");
    plan(&app, &olga, monthly()).await;
    let twice = problem(app.post("/api/v1/plans", &olga, &monthly()).send().await.unwrap(), 409).await;
    assert_eq!(twice["code"], "PLAN-NAME-TAKEN");
}

#[tokio::test]
async fn passback_is_reset_for_one_plate_or_for_all_with_a_reason() {
    let app = TestApp::open().await;
    let (olga, guard) = (app.person("operator").await, app.person("guard").await);
    app.stay("AAA111", 10).await;
    app.stay("BBB222", 10).await;
    let reset = async |by: &TestUser, body: Value| {
        app.post("/api/v1/passback/reset", by, &body).send().await.unwrap()
    };
    let state = async || {
        let page = good(app.get("/api/v1/passback", &guard).send().await.unwrap(), 200).await;
        let items = page["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|one| (one["plate"].as_str().unwrap().to_owned(), one["reset"]["reason"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(reset(&guard, json!({ "plate": "AAA111", "reason": "x" })).await.status(), 403);
    assert_eq!(
        problem(reset(&olga, json!({ "reason": "x" })).await, 400).await["errors"][0]["field"],
        "plate"
    );
    assert_eq!(
        problem(reset(&olga, json!({ "plate": "CCC333", "reason": "x" })).await, 409).await["code"],
        "NOT-INSIDE"
    );
    let one = good(reset(&olga, json!({ "plate": "aaa 111", "reason": "left unseen" })).await, 200).await;
    assert_eq!(one["plates"], 1);
    assert_eq!(
        state().await,
        [("BBB222".to_owned(), Value::Null), ("AAA111".to_owned(), json!("left unseen"))]
    );
    let all = good(reset(&olga, json!({ "all": true, "reason": "after the outage" })).await, 200).await;
    assert_eq!(all["plates"], 2);
    assert_eq!(state().await[0].1, json!("after the outage"));
    assert_eq!(app.count("select count(*) from stays where state = 'open'").await, 2, "no stay ended");
    let line = app.audited("passback.reset").await;
    assert_eq!(line["detail"]["plates"], 2);
}
