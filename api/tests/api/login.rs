//! Sessions: in, out, and refused.

use boomgate_domain::ids::UserId;
use boomgate_store::users;
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, good, problem};

async fn log_in(house: &House, name: &str, password: &str) -> reqwest::Response {
    let body = json!({ "name": name, "password": password });
    house.request("POST", "/api/v1/login").json(&body).send().await.unwrap()
}

#[tokio::test]
async fn the_right_password_opens_a_session_for_programs_and_browsers() {
    let house = House::open().await;
    let ann = house.person("operator").await;
    let response = log_in(&house, &ann.name.to_uppercase(), PASSWORD).await;
    let cookie = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    let answer = good(response, 200).await;
    let token = answer["token"].as_str().unwrap();
    assert_eq!(cookie, format!("boomgate={token}; Path=/; HttpOnly; SameSite=Strict"));
    assert_eq!(answer["user"]["name"], ann.name);
    assert_eq!(answer["user"]["role"], "operator");
    assert_eq!(answer["user"]["sites"][0]["code"], "north");
    let me = house.request("GET", "/api/v1/me").header("authorization", format!("bearer {token}"));
    assert_eq!(good(me.send().await.unwrap(), 200).await, answer["user"]);
    let me = house.request("GET", "/api/v1/me").header("cookie", format!("other=1; boomgate={token}"));
    assert_eq!(good(me.send().await.unwrap(), 200).await["name"], ann.name);
    let sql = format!("select count(*) from sessions where encode(token_hash, 'hex') = '{token}'");
    assert_eq!(house.count(&sql).await, 0, "the token itself is nowhere in the database");
}

#[tokio::test]
async fn wrong_unknown_and_disabled_answer_alike() {
    let house = House::open().await;
    let (ann, gone) = (house.person("operator").await, house.person("operator").await);
    house.run(&format!("update users set disabled_at = now() where id = '{}'", gone.id)).await;
    let wrong = problem(log_in(&house, &ann.name, "guess").await, 401).await;
    let unknown = problem(log_in(&house, "nobody at all", "guess").await, 401).await;
    let disabled = problem(log_in(&house, &gone.name, PASSWORD).await, 401).await;
    assert_eq!(wrong, unknown);
    assert_eq!(wrong, disabled);
    assert_eq!(wrong["code"], "WRONG-LOGIN");
    problem(house.get("/api/v1/me", &gone).send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn guessing_is_slowed_down_and_says_for_how_long() {
    let house = House::open().await;
    let ann = house.person("operator").await;
    for _ in 0..5 {
        problem(log_in(&house, &ann.name, "guess").await, 401).await;
    }
    let slow = log_in(&house, &ann.name, PASSWORD).await;
    let seconds: u64 = slow.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    assert_eq!(problem(slow, 429).await["code"], "SLOW-DOWN");
    good(house.get("/api/v1/me", &ann).send().await.unwrap(), 200).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    good(log_in(&house, &ann.name, PASSWORD).await, 200).await;
    problem(log_in(&house, &ann.name, "guess").await, 401).await;
}

#[tokio::test]
async fn logging_out_and_a_deleted_session_bite_at_once() {
    let house = House::open().await;
    let (ann, bob) = (house.person("operator").await, house.person("guard").await);
    let out = house.post("/api/v1/logout", &ann, &json!({})).send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!(out.headers()[SET_COOKIE], "boomgate=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    problem(house.get("/api/v1/me", &ann).send().await.unwrap(), 401).await;
    good(house.get("/api/v1/me", &bob).send().await.unwrap(), 200).await;
    let client = house.db.pool.get().await.unwrap();
    assert_eq!(users::close_sessions_of(&client, bob.id).await.unwrap(), 1);
    problem(house.get("/api/v1/me", &bob).send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn an_expired_session_is_none() {
    let house = House::open().await;
    let ann = house.person("operator").await;
    house.run(&format!("update sessions set expires_at = now() where user_id = '{}'", ann.id)).await;
    problem(house.get("/api/v1/me", &ann).send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn another_site_cannot_use_the_cookie_nor_log_somebody_in() {
    let house = House::open().await;
    let ann = house.person("operator").await;
    let cookie = format!("boomgate={}", ann.token);
    let path = format!("/api/v1/lanes/{}/commands", house.entry);
    let order = json!({ "action": "open", "reason": "evil" });
    let send = |origin: Option<String>, fetched: &'static str| {
        let request = house.request("POST", &path).header("cookie", &cookie).header("idempotency-key", "k1");
        let request = request.header("sec-fetch-site", fetched).json(&order);
        origin.into_iter().fold(request, |request, origin| request.header("origin", origin)).send()
    };
    let own = format!("http://{}", house.people);
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
    assert_eq!(house.count("select count(*) from commands").await, 0);
    good(send(Some(own), "same-origin").await.unwrap(), 202).await;
    let login = house.request("POST", "/api/v1/login").header("origin", "https://evil.example");
    let body: Value = json!({ "name": ann.name, "password": PASSWORD });
    assert_eq!(problem(login.json(&body).send().await.unwrap(), 403).await["code"], "CROSS-SITE");
}

/// A login from a browser with these cookies; the `Set-Cookie` lines as the next request would send them.
async fn from_browser(
    house: &House,
    name: &str,
    password: &str,
    cookies: &str,
) -> (reqwest::Response, Vec<String>) {
    let own = format!("http://{}", house.people);
    let body = json!({ "name": name, "password": password });
    let request = house.request("POST", "/api/v1/login").header("origin", own).header("cookie", cookies);
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
    let house = House::open().await;
    let (ann, bob) = (house.person("operator").await, house.person("operator").await);
    let (response, set) = from_browser(&house, &ann.name, PASSWORD, "").await;
    assert_eq!(response.status(), 200);
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(set[1].ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=7776000"), "{}", set[1]);
    let browser = sent_back(&set[1]).to_owned();
    // A stranger at the same address, as behind a NAT: no address of its own tells them apart.
    for _ in 0..7 {
        drop(log_in(&house, &ann.name, "guess").await);
    }
    problem(log_in(&house, &ann.name, PASSWORD).await, 429).await;
    let (response, set) = from_browser(&house, &ann.name, PASSWORD, &browser).await;
    assert_eq!(response.status(), 200, "the owner is let in where she was before");
    assert_eq!(sent_back(&set[1]), browser, "and the browser stays the one it is");
    // The browser is known for her, not for whomever.
    for _ in 0..5 {
        drop(log_in(&house, &bob.name, "guess").await);
    }
    let (response, _) = from_browser(&house, &bob.name, PASSWORD, &browser).await;
    assert_eq!(response.status(), 429);
    // A planted token is not taken over, a revoked one is none.
    let (_, set) = from_browser(&house, &ann.name, PASSWORD, &format!("{browser}; x=1")).await;
    assert_eq!(sent_back(&set[1]), browser);
    let planted = format!("boomgate-browser={}", "ab".repeat(32));
    house.run("delete from known_browsers").await;
    for cookie in [&planted, &browser] {
        let (response, _) = from_browser(&house, &ann.name, PASSWORD, cookie).await;
        assert_eq!(response.status(), 429, "{cookie}");
    }
    let carol = house.person("guard").await;
    let (_, set) = from_browser(&house, &carol.name, PASSWORD, &planted).await;
    assert_ne!(sent_back(&set[1]), planted);
}

/// A login as bare text, to leave out what a client would add.
async fn bare(house: &House, version: &str, headers: &str, body: &Value) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let body = body.to_string();
    let mut stream = tokio::net::TcpStream::connect(house.people).await.unwrap();
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
    let house = House::open().await;
    let ann = house.person("operator").await;
    let body = json!({ "name": ann.name, "password": PASSWORD });
    let from_page = "origin: https://gate.example.org\r\nsec-fetch-site: same-origin\r\n";
    let elsewhere = "origin: https://evil.example\r\nsec-fetch-site: cross-site\r\n";
    let unknown = "origin: https://evil.example\r\n";
    for (headers, status) in [(from_page, "200 OK"), (elsewhere, "403 Forbidden"), (unknown, "403 Forbidden")]
    {
        let answer = bare(&house, "HTTP/1.0", headers, &body).await;
        assert!(answer.ends_with(status), "{headers}: {answer}");
    }
}

#[tokio::test]
async fn a_browser_by_http2_sent_its_session_in_the_second_cookie_field_and_was_logged_out() {
    let house = House::open().await;
    let ann = house.person("operator").await;
    let token = &ann.token;
    let me = house.request("GET", "/api/v1/me").header("cookie", "boomgate-browser=1; other=2");
    let me = me.header("cookie", format!("boomgate={token}"));
    assert_eq!(good(me.send().await.unwrap(), 200).await["name"], ann.name);
}

#[tokio::test]
async fn two_companies_could_not_each_have_an_ann() {
    let house = House::open().await;
    let stranger = house.stranger().await;
    let elsewhere = house.tenant_of(&stranger).await;
    let here = UserId::from_uuid(uuid::Uuid::now_v7());
    house.user(house.tenant, here, "ann").await;
    house.give(here, Some(house.site), "guard").await;
    let there = UserId::from_uuid(uuid::Uuid::now_v7());
    house.user(elsewhere, there, "Ann").await;
    // A wrong password says nothing of how many there are.
    let wrong = problem(log_in(&house, "ann", "guess").await, 401).await;
    assert_eq!((&wrong["code"], &wrong["choices"]), (&json!("WRONG-LOGIN"), &Value::Null));
    let which = problem(log_in(&house, "ann", PASSWORD).await, 409).await;
    assert_eq!(which["code"], "TENANT-NEEDED");
    let names: Vec<&str> =
        which["choices"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2, "{which}");
    for (tenant, id) in [(house.tenant, here), (elsewhere, there)] {
        let body = json!({ "name": "ann", "password": PASSWORD, "tenant": tenant });
        let request = house.request("POST", "/api/v1/login").json(&body);
        let answer = good(request.send().await.unwrap(), 200).await;
        assert_eq!(answer["user"]["id"], json!(id));
    }
    // Where the password is right in one of them only, nobody is asked.
    house.run("update users set password_hash = 'x' where name = 'Ann'").await;
    let answer = good(log_in(&house, "ann", PASSWORD).await, 200).await;
    assert_eq!(answer["user"]["tenant"], json!(house.tenant));
}
