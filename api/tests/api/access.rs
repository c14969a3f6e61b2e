//! Step-up, people, keys, sites and the audit by the api.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::test_app::{PASSWORD, TestApp, TestUser, good, problem};

/// A request of somebody in a browser.
pub fn from_browser(app: &TestApp, method: &str, path: &str, by: &TestUser) -> RequestBuilder {
    let cookie = format!("boomgate={}", by.token);
    let key = uuid::Uuid::now_v7().to_string();
    app.request(method, path)
        .header("cookie", cookie)
        .header("origin", app.url(""))
        .header("idempotency-key", key)
}

#[tokio::test]
async fn what_needs_a_step_up_is_done_after_it_and_for_ten_minutes() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    app.run("update sessions set stepped_up_at = null").await;
    let refused = problem(from_browser(&app, "GET", "/api/v1/users", &eva).send().await.unwrap(), 403).await;
    assert_eq!(refused["code"], "STEP-UP-NEEDED");
    let wrong = from_browser(&app, "POST", "/api/v1/me/step-up", &eva).json(&json!({ "password": "guess" }));
    assert_eq!(problem(wrong.send().await.unwrap(), 401).await["code"], "WRONG-LOGIN");
    let right = from_browser(&app, "POST", "/api/v1/me/step-up", &eva).json(&json!({ "password": PASSWORD }));
    assert_eq!(right.send().await.unwrap().status(), 204);
    assert_eq!(from_browser(&app, "GET", "/api/v1/users", &eva).send().await.unwrap().status(), 200);
    app.run("update sessions set stepped_up_at = now() - interval '10 minutes'").await;
    assert_eq!(from_browser(&app, "GET", "/api/v1/users", &eva).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_person_is_let_in_changed_and_shown_out_by_the_api() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let body = json!({ "name": "Ann", "role": "guard", "sites": ["north"] });
    let request = || {
        let cookie = format!("boomgate={}", eva.token);
        let request = app.request("POST", "/api/v1/users").header("cookie", cookie);
        request.header("origin", app.url("")).header("idempotency-key", "ann").json(&body)
    };
    let added = good(request().send().await.unwrap(), 201).await;
    assert_eq!(added["user"]["memberships"], json!([{ "role": "guard", "site": "north" }]));
    // The link is shown once: the same request again does not say it.
    let again = problem(request().send().await.unwrap(), 409).await;
    assert_eq!(again["code"], "SECRET-SHOWN-ONCE");
    assert_eq!(app.count("select count(*) from users where name = 'Ann'").await, 1);
    let (_, token) = added["link"]["url"].as_str().unwrap().split_once('#').unwrap();
    let chosen = json!({ "token": token, "password": PASSWORD });
    let chosen = app.request("POST", "/api/v1/links/redeem").json(&chosen).send().await.unwrap();
    assert_eq!(chosen.status(), 204);
    let log_in = json!({ "name": "ann", "password": PASSWORD });
    let ann = good(app.request("POST", "/api/v1/login").json(&log_in).send().await.unwrap(), 200).await;
    let taken = from_browser(&app, "POST", "/api/v1/users", &eva).json(&body).send().await.unwrap();
    assert_eq!(problem(taken, 409).await["code"], "USER-NAME-TAKEN");

    let path = format!("/api/v1/users/{}", added["user"]["id"].as_str().unwrap());
    let change = |body: Value| from_browser(&app, "PATCH", &path, &eva).json(&body);
    let changed = good(change(json!({ "role": "operator" })).send().await.unwrap(), 200).await;
    assert_eq!(changed["memberships"][0]["role"], "operator");
    let unknown = problem(change(json!({ "give": ["west"] })).send().await.unwrap(), 422).await;
    assert!(unknown["message"].as_str().unwrap().contains("no site west is known"), "{unknown}");
    let disabled = good(change(json!({ "disabled": true })).send().await.unwrap(), 200).await;
    assert!(disabled["disabled_at"].is_string());
    let me = app.request("GET", "/api/v1/me").bearer_auth(ann["token"].as_str().unwrap());
    assert_eq!(me.send().await.unwrap().status(), 401);
    let line = app.audited("user.disabled").await;
    assert_eq!((&line["kind"], &line["id"]), (&json!("user"), &json!(eva.id)));
    let read = app.get("/api/v1/audit?site=north&action=user.disabled", &eva).send().await.unwrap();
    assert_eq!(good(read, 200).await["items"][0]["subject"], "Ann");
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let other = app.person_of(app.tenant, None, "admin").await;
    let change = |id: boomgate_domain::ids::UserId, body: Value| {
        from_browser(&app, "PATCH", &format!("/api/v1/users/{id}"), &eva).json(&body)
    };
    let own = problem(change(eva.id, json!({ "disabled": true })).send().await.unwrap(), 409).await;
    assert_eq!(own["code"], "OWN-ACCOUNT");
    good(change(other.id, json!({ "disabled": true })).send().await.unwrap(), 200).await;
    let demoted = change(eva.id, json!({ "role": "guard", "give": ["north"] }));
    assert_eq!(problem(demoted.send().await.unwrap(), 409).await["code"], "LAST-ADMIN");
    good(change(other.id, json!({ "disabled": false })).send().await.unwrap(), 200).await;
    // Somebody of another company is not known here.
    let stranger = app.stranger().await;
    assert_eq!(change(stranger.id, json!({ "disabled": true })).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_key_is_made_used_and_ended_by_the_api() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let body = json!({ "name": "panel", "permissions": ["lanes:read"], "sites": ["north"], "days": 7 });
    let made = from_browser(&app, "POST", "/api/v1/keys", &eva).json(&body).send().await.unwrap();
    let key = good(made, 201).await["key"].as_str().unwrap().to_owned();
    let lanes = || app.request("GET", "/api/v1/lanes").bearer_auth(&key);
    assert_eq!(lanes().send().await.unwrap().status(), 200);
    let list = good(from_browser(&app, "GET", "/api/v1/keys", &eva).send().await.unwrap(), 200).await;
    assert_eq!((&list["items"][0]["name"], &list["items"][0]["sites"]), (&json!("panel"), &json!(["north"])));
    assert!(!list.to_string().contains(&key), "the list shows the key");
    let id = list["items"][0]["id"].as_str().unwrap();
    for (body, words) in [
        (json!({ "name": "x", "permissions": ["lanes:raed"], "days": 7 }), "permissions[0]"),
        (json!({ "name": "x", "permissions": ["users:manage"], "days": 7 }), "users:manage"),
        (json!({ "name": "x", "permissions": [], "days": 7 }), "say what the key is for"),
        (json!({ "name": "x", "permissions": ["lanes:read"], "days": 0 }), "1 to 366 days"),
    ] {
        let refused = from_browser(&app, "POST", "/api/v1/keys", &eva).json(&body).send().await.unwrap();
        let text = refused.text().await.unwrap();
        assert!(text.contains(words), "{body}: {text}");
    }
    let ended = from_browser(&app, "DELETE", &format!("/api/v1/keys/{id}"), &eva).send().await.unwrap();
    assert_eq!(ended.status(), 204);
    assert_eq!(lanes().send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn an_old_version_of_a_site_is_not_written_over() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let first = from_browser(&app, "GET", "/api/v1/sites/north", &eva).send().await.unwrap();
    let version = first.headers()["etag"].to_str().unwrap().to_owned();
    let change = |body: Value, version: &str| {
        from_browser(&app, "PATCH", "/api/v1/sites/north", &eva).header("if-match", version).json(&body)
    };
    let named = change(json!({ "name": "North car park" }), &version).send().await.unwrap();
    let newer = named.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(good(named, 200).await["name"], "North car park");
    let stale = change(json!({ "name": "Other" }), &version).send().await.unwrap();
    let stale = problem(stale, 412).await;
    assert_eq!((&stale["code"], &stale["present"]["name"]), (&json!("STALE"), &json!("North car park")));
    let wrong = problem(change(json!({ "time_zone": "Vienna?" }), &newer).send().await.unwrap(), 400).await;
    assert!(wrong["message"].as_str().unwrap().contains("time_zone"), "{wrong}");
    let line = app.audited("site.set").await;
    assert_eq!(line["detail"]["name"][1], "North car park");
}

#[tokio::test]
async fn the_audit_says_who_did_what_by_which_request_page_by_page() {
    let app = TestApp::open().await;
    let (eva, guard) = (app.person("admin").await, app.person("guard").await);
    let path = format!("/api/v1/lanes/{}/commands", app.entry);
    for number in 0..5 {
        let order = json!({ "action": "open", "reason": "fire drill" });
        let request = app.post(&path, &guard, &order).header("x-request-id", format!("drill-{number}"));
        assert_eq!(request.send().await.unwrap().status(), 202);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/audit?site=north&action=command.ordered&limit=2{cursor}");
        let page = good(app.get(&path, &eva).send().await.unwrap(), 200).await;
        for line in page["items"].as_array().unwrap() {
            assert_eq!(
                (&line["actor"]["kind"], &line["actor"]["name"]),
                (&json!("user"), &json!(guard.name))
            );
            assert_eq!(line["detail"]["action"], "open");
            seen.push(line["request_id"].as_str().unwrap().to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["drill-4", "drill-3", "drill-2", "drill-1", "drill-0"]);
    for query in ["cursor=x", "actor=x", "from=yesterday", "limit=0", "who=me"] {
        let refused = app.get(&format!("/api/v1/audit?site=north&{query}"), &eva).send().await.unwrap();
        problem(refused, 400).await;
    }
}

#[tokio::test]
async fn one_of_ones_own_sessions_is_ended_and_nobody_elses() {
    let app = TestApp::open().await;
    let (ann, bob) = (app.person("guard").await, app.person("guard").await);
    let further = app.further_session(&ann).await;
    let list = good(app.get("/api/v1/me/sessions", &ann).send().await.unwrap(), 200).await;
    let current: Vec<bool> =
        list["items"].as_array().unwrap().iter().map(|one| one["current"].as_bool().unwrap()).collect();
    assert_eq!(current.iter().filter(|current| **current).count(), 1, "{list}");
    assert_eq!(current.len(), 2);
    let path = format!("/api/v1/me/sessions/{further}");
    let end = |by: &TestUser| app.request("DELETE", &path).bearer_auth(&by.token);
    assert_eq!(end(&bob).send().await.unwrap().status(), 404);
    assert_eq!(end(&ann).send().await.unwrap().status(), 204);
    assert_eq!(end(&ann).send().await.unwrap().status(), 404);
}
