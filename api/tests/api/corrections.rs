//! What people correct of stays and counts, and the numbers of a day.

use boomgate_api::RouteInfo;
use jiff::{SignedDuration, Timestamp};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::test_app::{TestApp, TestUser, good, problem};

/// A request that would succeed if its sender may; none for routes of another file.
pub async fn case(app: &TestApp, route: &RouteInfo) -> Option<RequestBuilder> {
    let plate = format!("C{:05}", Uuid::now_v7().as_u128() % 100_000);
    let request = |path: String| app.request(&route.method, &path).header("idempotency-key", plate.clone());
    let reason = json!({ "reason": "test" });
    Some(match (&*route.method, &*route.path) {
        ("GET", "/api/v1/stats" | "/api/v1/activities") => {
            app.stay(&plate, 10).await;
            request(format!("{}?site=north", route.path))
        }
        ("PATCH", "/api/v1/stays/{id}") => {
            let stay = app.stay(&plate, 10).await;
            request(format!("/api/v1/stays/{}", stay.id))
                .json(&json!({ "vehicle_type": "van", "reason": "test" }))
        }
        ("POST", "/api/v1/stays/{id}/void") => {
            let stay = app.stay(&plate, 10).await;
            request(format!("/api/v1/stays/{}/void", stay.id)).json(&reason)
        }
        ("POST", "/api/v1/stays/{id}/merge") => {
            let (entry, exit) = (app.stay(&plate, 10).await, exit_only(app, &format!("{plate}X")).await);
            request(format!("/api/v1/stays/{}/merge", entry.id))
                .json(&json!({ "other": exit, "reason": "test" }))
        }
        ("POST", "/api/v1/occupancy/count") => {
            request(route.path.clone()).json(&json!({ "site": "north", "inside": 3, "reason": "counted" }))
        }
        ("POST", "/api/v1/occupancy/reset-stays") => {
            let before = Timestamp::now() - SignedDuration::from_hours(24);
            request(route.path.clone()).json(&json!({ "site": "north", "before": before, "reason": "empty" }))
        }
        _ => return None,
    })
}

/// A car that left and of which no entry is known.
async fn exit_only(app: &TestApp, plate: &str) -> Uuid {
    let id = Uuid::now_v7();
    app.run(&format!(
        "insert into stays (site_id, id, plate, state, exit_lane_id, exited_at, currency)
         values ('{}', '{id}', '{plate}', 'exit_only', '{}', now(), 'EUR')",
        app.site, app.exit
    ))
    .await;
    id
}

async fn correct(app: &TestApp, by: &TestUser, stay: Uuid, body: Value) -> reqwest::Response {
    app.request("PATCH", &format!("/api/v1/stays/{stay}"))
        .bearer_auth(&by.token)
        .json(&body)
        .send()
        .await
        .unwrap()
}

async fn post(app: &TestApp, by: &TestUser, path: &str, body: Value) -> reqwest::Response {
    let request = app.request("POST", path).header("idempotency-key", Uuid::now_v7().to_string());
    let request = if by.browser {
        let origin = app.url("").trim_end_matches('/').to_owned();
        request.header("cookie", format!("boomgate={}", by.token)).header("origin", origin)
    } else {
        request.bearer_auth(&by.token)
    };
    request.json(&body).send().await.unwrap()
}

#[tokio::test]
async fn a_plate_that_was_misread_is_corrected_with_before_and_after_behind_a_commitment() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let stay = app.stay("BA123A8", 10).await;
    let body = json!({ "plate": "ba-123 ab", "reason": "8 was a B" });
    let corrected = good(correct(&app, &ann, stay.id, body.clone()).await, 200).await;
    assert_eq!((&corrected["plate"], &corrected["status"]), (&json!("BA123AB"), &json!("open")));
    assert_eq!(app.audited("stay.corrected").await["detail"]["plate"], true);
    let kept = "select count(*) from audit_secrets where value = 'BA123A8 → BA123AB: 8 was a B'";
    assert_eq!(app.count(kept).await, 1);
    assert_eq!(app.count("select count(*) from live_feed where kind = 'stay'").await, 1);
    let same = problem(correct(&app, &ann, stay.id, body).await, 409).await;
    assert_eq!(same["code"], "NOTHING-CHANGED");
    let other = app.stay("BA999ZZ", 5).await;
    let twice = json!({ "plate": "BA123AB", "reason": "x" });
    assert_eq!(problem(correct(&app, &ann, other.id, twice).await, 409).await["code"], "PLATE-INSIDE");
    let silent = json!({ "plate": "BA999ZY", "reason": " " });
    assert_eq!(
        problem(correct(&app, &ann, other.id, silent).await, 400).await["errors"][0]["field"],
        "reason"
    );
}

#[tokio::test]
async fn a_car_that_left_unseen_is_given_its_exit_and_charged_for_its_time() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let stay = app.stay("BA123AB", 180).await;
    let left = Timestamp::now() - SignedDuration::from_mins(60);
    let before = stay.entered_at.unwrap() - SignedDuration::from_mins(1);
    let wrong =
        problem(correct(&app, &ann, stay.id, json!({ "exited_at": before, "reason": "x" })).await, 400);
    assert_eq!(wrong.await["errors"][0]["field"], "exited_at");
    let ahead = Timestamp::now() + SignedDuration::from_mins(5);
    problem(correct(&app, &ann, stay.id, json!({ "exited_at": ahead, "reason": "x" })).await, 400).await;
    let done = good(
        correct(&app, &ann, stay.id, json!({ "exited_at": left, "reason": "seen on video" })).await,
        200,
    )
    .await;
    let (total, charged) = (&done["charge"]["total"]["minor"], &done["charged"]["minor"]);
    assert_eq!((&done["status"], total), (&json!("closed"), charged), "{done}");
    assert!(charged.as_i64().unwrap() > 0);
    // An hour less costs less.
    let earlier = left - SignedDuration::from_mins(60);
    let again =
        good(correct(&app, &ann, stay.id, json!({ "exited_at": earlier, "reason": "earlier" })).await, 200)
            .await;
    assert!(again["charged"]["minor"].as_i64().unwrap() < charged.as_i64().unwrap(), "{again}");
}

#[tokio::test]
async fn two_halves_of_one_stay_are_made_one() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let (entry, exit) = (app.stay("BA123A8", 120).await, exit_only(&app, "BA123AB").await);
    let body = json!({ "other": exit, "reason": "same car" });
    let path = format!("/api/v1/stays/{}/merge", entry.id);
    let merged = good(post(&app, &ann, &path, body.clone()).await, 200).await;
    assert_eq!((&merged["status"], &merged["exit_lane"]), (&json!("closed"), &json!("out-1")));
    assert!(merged["charged"]["minor"].as_i64().unwrap() > 0, "{merged}");
    let other = good(app.get(&format!("/api/v1/stays/{exit}"), &ann).send().await.unwrap(), 200).await;
    assert_eq!(other["status"], "voided");
    assert!(other["note"].as_str().unwrap().contains(&entry.id.to_string()));
    assert_eq!(problem(post(&app, &ann, &path, body).await, 409).await["code"], "NO-HALVES");
}

#[tokio::test]
async fn a_stay_that_never_was_is_voided_unless_money_was_taken_for_it() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let (ghost, paid) = (app.stay("BA111AA", 120).await, app.stay("BA222AA", 120).await);
    app.run(&format!("update stays set paid_minor = 100 where id = '{}'", paid.id)).await;
    let void = |stay: Uuid| format!("/api/v1/stays/{stay}/void");
    let done = good(post(&app, &eva, &void(ghost.id), json!({ "reason": "a bicycle" })).await, 200).await;
    assert_eq!((&done["status"], &done["note"]), (&json!("voided"), &json!("a bicycle")));
    let again = problem(post(&app, &eva, &void(ghost.id), json!({ "reason": "again" })).await, 409).await;
    assert_eq!(again["code"], "STAY-VOIDED");
    let kept = problem(post(&app, &eva, &void(paid.id), json!({ "reason": "no" })).await, 409).await;
    assert_eq!(kept["code"], "STAY-PAID");
}

#[tokio::test]
async fn the_count_and_the_stays_are_set_right_by_two_acts() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let (old, new) = (app.stay("BA111AA", 3000).await, app.stay("BA222AA", 5).await);
    let path = "/api/v1/occupancy/count";
    let set = good(post(&app, &eva, path, json!({ "inside": 7, "reason": "counted" })).await, 200).await;
    assert_eq!(set, json!({ "inside": 7, "ended": 0 }));
    assert_eq!(
        app.count("select count(*) from stays where state = 'open'").await,
        2,
        "stays are as they were"
    );
    problem(post(&app, &eva, path, json!({ "inside": -1, "reason": "counted" })).await, 400).await;
    let before = Timestamp::now() - SignedDuration::from_hours(24);
    let path = "/api/v1/occupancy/reset-stays";
    let reset =
        good(post(&app, &eva, path, json!({ "before": before, "reason": "car park is empty" })).await, 200)
            .await;
    assert_eq!(reset, json!({ "inside": 7, "ended": 1 }), "the count is as it was");
    let state = |id: Uuid| format!("select count(*) from stays where id = '{id}' and state = 'voided'");
    assert_eq!((app.count(&state(old.id)).await, app.count(&state(new.id)).await), (1, 0));
}

#[tokio::test]
async fn the_numbers_of_today_are_of_the_sites_day() {
    let app = TestApp::open().await;
    let ann = app.person("guard").await;
    // Where it is past midnight by an hour at most, the car of two hours ago came yesterday.
    let zone = "Etc/GMT+12";
    app.run(&format!("update sites set time_zone = '{zone}', capacity = 50 where code = 'north'")).await;
    app.run("update site_state set inside = 20").await;
    let stay = app.stay("BA123AB", 90).await;
    app.stay("BA123AC", 5).await;
    app.run(&format!(
        "update stays set state = 'closed', entered_at = now() - interval '30 h', exited_at = now() - interval '29 h',
         charged_minor = 300 where id = '{}'",
        stay.id
    ))
    .await;
    let gone = exit_only(&app, "BA777AA").await;
    app.run(&format!(
        "update stays set state = 'closed', entered_at = now() - interval '30 minutes' where id = '{gone}'"
    ))
    .await;
    let stats = good(app.get("/api/v1/stats", &ann).send().await.unwrap(), 200).await;
    assert_eq!(
        (&stats["spaces"], &stats["occupied"], &stats["available"]),
        (&json!(50), &json!(20), &json!(30))
    );
    assert_eq!(stats["occupied_basis_points"], 4000);
    assert_eq!((&stats["processed"], &stats["average_stay_minutes"]), (&json!(1), &json!(30)), "{stats}");
    assert_eq!((&stats["open_stays"], &stats["revenue"]["minor"]), (&json!(1), &json!(0)));
    assert_eq!(stats["first_hour"]["currency"], "EUR");
    let activities = good(app.get("/api/v1/activities?limit=2", &ann).send().await.unwrap(), 200).await;
    assert_eq!(activities["items"].as_array().unwrap().len(), 2);
    assert_eq!(activities["items"][0]["what"], "left");
    let cursor = activities["next_cursor"].as_str().unwrap();
    let more =
        good(app.get(&format!("/api/v1/activities?cursor={cursor}"), &ann).send().await.unwrap(), 200).await;
    assert_eq!(more["items"].as_array().unwrap().len(), 3, "{more}");
}

#[tokio::test]
async fn a_reader_of_another_programs_reports_sees_one_company_and_no_plate() {
    let app = TestApp::open().await;
    app.stay("BA123AB", 90).await;
    let stranger = app.stranger().await;
    let theirs = app.tenant_of(&stranger).await;
    let client = app.db.pool.get().await.unwrap();
    let role = format!("bi_{}", Uuid::now_v7().simple());
    client.batch_execute(&format!("create role {role}")).await.unwrap();
    boomgate_store::bi::add_reader(&client, &role, app.tenant).await.unwrap();
    let ask = async |sql: &str| {
        client.batch_execute(&format!("set role {role}")).await.unwrap();
        let answer = client.query(sql, &[]).await;
        client.batch_execute("reset role").await.unwrap();
        answer
    };
    assert_eq!(ask("select stay_id from bi.stays").await.unwrap().len(), 1);
    assert_eq!(ask("select code from bi.sites").await.unwrap().len(), 1);
    for refused in [
        "select * from stays",
        "select plate from bi.stays",
        "select * from bi.readers",
        "delete from bi.stays",
    ] {
        assert!(ask(refused).await.is_err(), "{refused}");
    }
    client.execute("update bi.readers set tenant_id = $1", &[&theirs.as_uuid()]).await.unwrap();
    assert_eq!(ask("select stay_id from bi.stays").await.unwrap().len(), 0);
    let named = "select count(*) from information_schema.columns where table_schema = 'bi'
                 and column_name ~ 'plate|name|note|phone|reference' and (table_name, column_name) not in
                 (('sites', 'name'), ('lanes', 'name'), ('readers', 'role_name'))";
    assert_eq!(app.count(named).await, 0, "no view has a column with what is personal");
    client.batch_execute(&format!("drop owned by {role}; drop role {role}")).await.unwrap();
}
