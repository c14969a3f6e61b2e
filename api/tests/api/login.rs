//! Sessions: in, out, and refused.

use boomgate_domain::ids::UserId;
use boomgate_store::users;
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use crate::test_app::{PASSWORD, TestApp, good, problem};

async fn log_in(app: &TestApp, name: &str, password: &str) -> reqwest::Response {
    let body = json!({ "name": name, "password": password });
    app.request("POST", "/api/v1/login").json(&body).send().await.unwrap()
}

#[tokio::test]
async fn the_right_password_opens_a_session_for_programs_and_browsers() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let response = log_in(&app, &ann.name.to_uppercase(), PASSWORD).await;
    let cookie = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    let answer = good(response, 200).await;
    let token = answer["token"].as_str().unwrap();
    assert_eq!(cookie, format!("boomgate={token}; Path=/; HttpOnly; SameSite=Strict"));
    assert_eq!(answer["user"]["name"], ann.name);
    assert_eq!(answer["user"]["role"], "operator");
    assert_eq!(answer["user"]["sites"][0]["code"], "north");
    let me = app.request("GET", "/api/v1/me").header("authorization", format!("bearer {token}"));
    assert_eq!(good(me.send().await.unwrap(), 200).await, answer["user"]);
    let me = app.request("GET", "/api/v1/me").header("cookie", format!("other=1; boomgate={token}"));
    assert_eq!(good(me.send().await.unwrap(), 200).await["name"], ann.name);
    let sql = format!("select count(*) from sessions where encode(token_hash, 'hex') = '{token}'");
    assert_eq!(app.count(&sql).await, 0, "the token itself is nowhere in the database");
}

#[tokio::test]
async fn wrong_unknown_and_disabled_answer_alike() {
    let app = TestApp::open().await;
    let (ann, gone) = (app.person("operator").await, app.person("operator").await);
    app.run(&format!("update users set disabled_at = now() where id = '{}'", gone.id)).await;
    let wrong = problem(log_in(&app, &ann.name, "guess").await, 401).await;
    let unknown = problem(log_in(&app, "nobody at all", "guess").await, 401).await;
    let disabled = problem(log_in(&app, &gone.name, PASSWORD).await, 401).await;
    assert_eq!(wrong, unknown);
    assert_eq!(wrong, disabled);
    assert_eq!(wrong["code"], "WRONG-LOGIN");
    problem(app.get("/api/v1/me", &gone).send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn guessing_is_slowed_down_and_says_for_how_long() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    for _ in 0..5 {
        problem(log_in(&app, &ann.name, "guess").await, 401).await;
    }
    let slow = log_in(&app, &ann.name, PASSWORD).await;
    let seconds: u64 = slow.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    assert_eq!(problem(slow, 429).await["code"], "SLOW-DOWN");
    good(app.get("/api/v1/me", &ann).send().await.unwrap(), 200).await;
    let begun = std::time::Instant::now();
    let answer = loop {
        let answer = log_in(&app, &ann.name, PASSWORD).await;
        if answer.status() != 429 {
            break answer;
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "slowed down for longer than it said");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    good(answer, 200).await;
    problem(log_in(&app, &ann.name, "guess").await, 401).await;
}

#[tokio::test]
async fn logging_out_and_a_deleted_session_bite_at_once() {
    let app = TestApp::open().await;
    let (ann, bob) = (app.person("operator").await, app.person("guard").await);
    let out = app.post("/api/v1/logout", &ann, &json!({})).send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!(out.headers()[SET_COOKIE], "boomgate=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    problem(app.get("/api/v1/me", &ann).send().await.unwrap(), 401).await;
    good(app.get("/api/v1/me", &bob).send().await.unwrap(), 200).await;
    let client = app.db.pool.get().await.unwrap();
    assert_eq!(users::close_sessions_of(&client, bob.id).await.unwrap(), 1);
    problem(app.get("/api/v1/me", &bob).send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn an_expired_session_is_none() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    app.run(&format!("update sessions set expires_at = now() where user_id = '{}'", ann.id)).await;
    problem(app.get("/api/v1/me", &ann).send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn another_site_cannot_use_the_cookie_nor_log_somebody_in() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let cookie = format!("boomgate={}", ann.token);
    let path = format!("/api/v1/lanes/{}/commands", app.entry);
    let order = json!({ "action": "open", "reason": "evil" });
    let send = |origin: Option<String>, fetched: &'static str| {
        let request = app.request("POST", &path).header("cookie", &cookie).header("idempotency-key", "k1");
        let request = request.header("sec-fetch-site", fetched).json(&order);
        origin.into_iter().fold(request, |request, origin| request.header("origin", origin)).send()
    };
    let own = format!("http://{}", app.people);
    for (origin, fetched) in [
        (Some("https://evil.example".to_owned()), "cross-site"),
        (Some(own.clone()), "cross-site"),
        (Some(own.clone()), "same-site"),
        (Some("null".to_owned()), "same-origin"),
        (Some("http://127.0.0.1:1".to_owned()), "same-site"),
        (None, "same-origin"),
    ] {
        let refused = problem(send(origin.clone(), fetched).await.unwrap(), 403).await;
        assert_eq!(refused["code"], "CROSS-SITE", "{origin:?} {fetched}");
    }
    assert_eq!(app.count("select count(*) from commands").await, 0);
    good(send(Some(own), "same-origin").await.unwrap(), 202).await;
    let login = app.request("POST", "/api/v1/login").header("origin", "https://evil.example");
    let body: Value = json!({ "name": ann.name, "password": PASSWORD });
    assert_eq!(problem(login.json(&body).send().await.unwrap(), 403).await["code"], "CROSS-SITE");
}

/// A login from a browser with these cookies; the `Set-Cookie` lines as the next request would send them.
async fn from_browser(
    app: &TestApp,
    name: &str,
    password: &str,
    cookies: &str,
) -> (reqwest::Response, Vec<String>) {
    let own = format!("http://{}", app.people);
    let body = json!({ "name": name, "password": password });
    let request = app.request("POST", "/api/v1/login").header("origin", own).header("cookie", cookies);
    let response = request.json(&body).send().await.unwrap();
    let set = response.headers().get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap().to_owned());
    let set = set.collect();
    (response, set)
}

fn sent_back(set_cookie: &str) -> &str {
    set_cookie.split(';').next().unwrap()
}

#[tokio::test]
async fn strangers_failures_locked_the_owner_out_in_her_own_browser() {
    let app = TestApp::open().await;
    let (ann, bob) = (app.person("operator").await, app.person("operator").await);
    let (response, set) = from_browser(&app, &ann.name, PASSWORD, "").await;
    assert_eq!(response.status(), 200);
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(set[1].ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=7776000"), "{}", set[1]);
    let browser = sent_back(&set[1]).to_owned();
    // A stranger at the same address, as behind a NAT: no address of its own tells them apart.
    for _ in 0..7 {
        drop(log_in(&app, &ann.name, "guess").await);
    }
    problem(log_in(&app, &ann.name, PASSWORD).await, 429).await;
    let (response, set) = from_browser(&app, &ann.name, PASSWORD, &browser).await;
    assert_eq!(response.status(), 200, "the owner is let in where she was before");
    assert_eq!(sent_back(&set[1]), browser, "and the browser stays the one it is");
    // The browser is known for her, not for whomever.
    for _ in 0..5 {
        drop(log_in(&app, &bob.name, "guess").await);
    }
    let (response, _) = from_browser(&app, &bob.name, PASSWORD, &browser).await;
    assert_eq!(response.status(), 429);
    // A planted token is not taken over, a revoked one is none.
    let (_, set) = from_browser(&app, &ann.name, PASSWORD, &format!("{browser}; x=1")).await;
    assert_eq!(sent_back(&set[1]), browser);
    let planted = format!("boomgate-browser={}", "ab".repeat(32));
    app.run("delete from known_browsers").await;
    for cookie in [&planted, &browser] {
        let (response, _) = from_browser(&app, &ann.name, PASSWORD, cookie).await;
        assert_eq!(response.status(), 429, "{cookie}");
    }
    let carol = app.person("guard").await;
    let (_, set) = from_browser(&app, &carol.name, PASSWORD, &planted).await;
    assert_ne!(sent_back(&set[1]), planted);
}

/// A login as bare text, to leave out what a client would add.
async fn bare(app: &TestApp, version: &str, headers: &str, body: &Value) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let body = body.to_string();
    let mut stream = tokio::net::TcpStream::connect(app.people).await.unwrap();
    let length = body.len();
    let request = format!(
        "POST /api/v1/login {version}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_missing_host_made_a_login_one_from_another_site() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let body = json!({ "name": ann.name, "password": PASSWORD });
    let from_page = "origin: https://gate.example.org\r\nsec-fetch-site: same-origin\r\n";
    let elsewhere = "origin: https://evil.example\r\nsec-fetch-site: cross-site\r\n";
    let unknown = "origin: https://evil.example\r\n";
    for (headers, status) in [(from_page, "200 OK"), (elsewhere, "403 Forbidden"), (unknown, "403 Forbidden")]
    {
        let answer = bare(&app, "HTTP/1.0", headers, &body).await;
        assert!(answer.ends_with(status), "{headers}: {answer}");
    }
}

#[tokio::test]
async fn a_browser_by_http2_sent_its_session_in_the_second_cookie_field_and_was_logged_out() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let token = &ann.token;
    let me = app.request("GET", "/api/v1/me").header("cookie", "boomgate-browser=1; other=2");
    let me = me.header("cookie", format!("boomgate={token}"));
    assert_eq!(good(me.send().await.unwrap(), 200).await["name"], ann.name);
}

#[tokio::test]
async fn two_companies_could_not_each_have_an_ann() {
    let app = TestApp::open().await;
    let stranger = app.stranger().await;
    let elsewhere = app.tenant_of(&stranger).await;
    let here = UserId::from_uuid(uuid::Uuid::now_v7());
    app.user(app.tenant, here, "ann").await;
    app.give(here, Some(app.site), "guard").await;
    let there = UserId::from_uuid(uuid::Uuid::now_v7());
    app.user(elsewhere, there, "Ann").await;
    // A wrong password says nothing of how many there are.
    let wrong = problem(log_in(&app, "ann", "guess").await, 401).await;
    assert_eq!((&wrong["code"], &wrong["choices"]), (&json!("WRONG-LOGIN"), &Value::Null));
    let which = problem(log_in(&app, "ann", PASSWORD).await, 409).await;
    assert_eq!(which["code"], "TENANT-NEEDED");
    let names: Vec<&str> =
        which["choices"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2, "{which}");
    for (tenant, id) in [(app.tenant, here), (elsewhere, there)] {
        let body = json!({ "name": "ann", "password": PASSWORD, "tenant": tenant });
        let request = app.request("POST", "/api/v1/login").json(&body);
        let answer = good(request.send().await.unwrap(), 200).await;
        assert_eq!(answer["user"]["id"], json!(id));
    }
    // Where the password is right in one of them only, nobody is asked.
    app.run("update users set password_hash = 'x' where name = 'Ann'").await;
    let answer = good(log_in(&app, "ann", PASSWORD).await, 200).await;
    assert_eq!(answer["user"]["tenant"], json!(app.tenant));
}
