//! Whatever goes wrong is a problem in words, and every reply carries the same headers.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::test_app::{ALLOWED_ORIGIN, PASSWORD, TestApp, TestUser, good, problem};

#[tokio::test]
async fn nothing_and_a_wrong_method_are_told_apart() {
    let app = TestApp::open().await;
    for (method, path) in [
        ("GET", "/api/v1/nothing"),
        ("POST", "/api/nowhere"),
        ("GET", "/live.css.map"),
        ("DELETE", "/api/v2/lanes"),
    ] {
        assert_eq!(
            problem(app.request(method, path).send().await.unwrap(), 404).await["code"],
            "NO-ROUTE",
            "{path}"
        );
    }
    for (method, path, allow) in [
        ("GET", "/api/v1/login", "POST"),
        ("DELETE", "/api/v1/lanes", "GET, POST"),
        ("PUT", "/api/v1/stays/x/payments", "POST"),
        ("POST", "/healthz", "GET"),
        ("POST", "/live", "GET"),
    ] {
        let response = app.request(method, path).send().await.unwrap();
        assert_eq!(response.headers()["allow"], allow, "{method} {path}");
        assert_eq!(problem(response, 405).await["code"], "METHOD");
    }
    let guard = app.person("guard").await;
    let plain = app.get("/api/v1/live", &guard).send().await.unwrap();
    assert_eq!(problem(plain, 426).await["code"], "WEBSOCKET-ONLY");
    let head = app.request("HEAD", "/healthz").send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.text().await.unwrap()), (200, String::new()));
}

#[tokio::test]
async fn bad_json_names_the_field() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let stay = app.stay("BA123AB", 10).await;
    let (pay, drive) =
        (format!("/api/v1/stays/{}/payments", stay.id), format!("/api/v1/lanes/{}/commands", app.entry));
    for (path, body, words) in [
        (&pay, r#"{"method":"cash"}"#, "amount"),
        (&pay, r#"{"method":"cash","amount":{"minor":"1","currency":"EUR"}}"#, "amount.minor: invalid type"),
        (&pay, r#"{"method":"cash","amount":{"minor":1,"currency":"euro"}}"#, "amount.currency"),
        (&pay, r#"{"method":"cash","amount":{"minor":-1,"currency":"EUR"}}"#, "amount.minor: must be more"),
        (
            &pay,
            r#"{"method":"shells","amount":{"minor":1,"currency":"EUR"}}"#,
            "method: unknown variant `shells`",
        ),
        (&pay, r#"{"method":"manual","amount":{"minor":1,"currency":"EUR"}}"#, "note"),
        (
            &pay,
            r#"{"method":"cash","note":"a\u0000b","amount":{"minor":1,"currency":"EUR"}}"#,
            "note: holds a control",
        ),
        (&drive, r#"{"action":"open","reason":"x","force":true}"#, "force: unknown field"),
        (&drive, r#"{"action":"open","reason":"x","arrival":"y"}"#, "arrival: "),
        (&drive, r#"{"action":"open","reason":"x"}}"#, "trailing"),
        (&drive, "", "EOF"),
        (&drive, "[]", "body: "),
    ] {
        let request = app.request("POST", path).bearer_auth(&ann.token).header("idempotency-key", "k");
        let problem = problem(request.body(body).send().await.unwrap(), 400).await;
        assert!(problem["message"].as_str().unwrap().contains(words), "{body}: {}", problem["message"]);
    }
    let odd = json!({ "name": "a\u{0}b", "password": "x" });
    problem(app.request("POST", "/api/v1/login").json(&odd).send().await.unwrap(), 400).await;
}

#[tokio::test]
async fn a_body_too_large_is_refused_announced_or_not() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let large = "x".repeat(65 * 1024);
    let path = format!("/api/v1/lanes/{}/commands", app.entry);
    let request = app.request("POST", &path).bearer_auth(&ann.token).body(large.clone());
    assert_eq!(problem(request.send().await.unwrap(), 413).await["code"], "TOO-LARGE");
    let answer = chunked(&app, &ann, &path, &large).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_chunked_body_without_a_length_is_taken() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let path = format!("/api/v1/lanes/{}/commands", app.entry);
    let answer = chunked(&app, &ann, &path, r#"{"action":"open","reason":"a long lorry"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
}

async fn chunked(app: &TestApp, by: &TestUser, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(app.people).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nidempotency-key: c\r\n\
         connection: close\r\ntransfer-encoding: chunked\r\n\r\n",
        by.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for piece in body.as_bytes().chunks(8 * 1024) {
        stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.unwrap();
        stream.write_all(piece).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    rest(&mut stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_body_that_does_not_come_and_a_head_that_does_not_end_are_given_up() {
    let app = TestApp::open().await;
    let mut slow = TcpStream::connect(app.people).await.unwrap();
    slow.write_all(b"POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{").await.unwrap();
    let mut half = TcpStream::connect(app.people).await.unwrap();
    half.write_all(b"GET /healthz HTTP/1.1\r\nho").await.unwrap();
    let mut silent = TcpStream::connect(app.people).await.unwrap();
    let begun = Instant::now();
    let (slow, _, _) = tokio::join!(rest(&mut slow), rest(&mut half), rest(&mut silent));
    assert!(slow.starts_with("HTTP/1.1 408 ") && slow.contains("SLOW-BODY"), "{slow}");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn every_reply_carries_the_headers() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    for (path, status, cache) in [
        ("/", 200, "no-cache"),
        ("/docs", 200, "no-cache"),
        ("/redoc", 200, "no-cache"),
        ("/stays/anything", 200, "no-cache"),
        ("/nothing.js", 404, "no-store"),
        ("/api/nothing", 404, "no-store"),
        ("/healthz", 200, "no-store"),
        ("/metrics", 404, "no-store"),
        ("/api/v1/openapi.json", 200, "no-store"),
        ("/api/v1/lanes", 200, "no-store"),
        ("/api/v1/stays?limit=0", 400, "no-store"),
    ] {
        let response = app.get(path, &ann).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let is_page = headers.get("content-type").is_some_and(|kind| kind == "text/html; charset=utf-8");
        let referrer = if is_page { "same-origin" } else { "no-referrer" };
        assert_eq!(headers["referrer-policy"], referrer, "{path}");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers["strict-transport-security"], "max-age=31536000");
        assert_eq!(headers["cache-control"], cache, "{path}");
    }
}

#[tokio::test]
async fn an_answer_says_how_many_requests_are_left_and_too_many_are_refused() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let left = async |by: &TestUser| {
        let response = app.get("/api/v1/me", by).send().await.unwrap();
        let said = |name: &str| response.headers()[name].to_str().unwrap().parse::<u32>().unwrap();
        (response.status().as_u16(), said("ratelimit-limit"), said("ratelimit-remaining"))
    };
    let (_, limit, first) = left(&ann).await;
    let (_, _, second) = left(&ann).await;
    assert_eq!((limit, first, second), (1200, 299, 298));
    // More come back at 20 a second; this many cannot.
    for _ in 0..3_000 {
        let answer = app.get("/api/v1/me", &ann).send().await.unwrap();
        if answer.status() == 429 {
            assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
            assert_eq!(answer.headers()["ratelimit-remaining"], "0");
            assert_eq!(problem(answer, 429).await["code"], "TOO-MANY-REQUESTS");
            assert_eq!(left(&app.person("operator").await).await.0, 200, "it is this account's limit");
            return;
        }
    }
    panic!("3000 requests in a row were all let through");
}

#[tokio::test]
async fn pages_of_named_origins_may_use_the_api_with_a_token_and_others_may_not() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    for (origin, allowed) in [(ALLOWED_ORIGIN, true), ("https://kiosk.example.org.evil.example", false)] {
        let asked = app.request("OPTIONS", "/api/v1/lanes").header("origin", origin);
        let asked = asked.header("access-control-request-method", "GET").send().await.unwrap();
        assert_eq!(asked.status() == 204, allowed, "{origin}");
        let lanes = app.get("/api/v1/lanes", &ann).header("origin", origin).send().await.unwrap();
        let readable =
            lanes.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(readable, allowed.then_some(origin));
        assert!(
            !lanes.headers().contains_key("access-control-allow-credentials"),
            "no cookies from elsewhere"
        );
        let form = [("grant_type", "password"), ("username", &*ann.name), ("password", PASSWORD)];
        let token = app.request("POST", "/api/v1/oauth/token").header("origin", origin).form(&form);
        assert_eq!(token.send().await.unwrap().status() == 200, allowed, "{origin}");
        let cookie = app.request("POST", "/api/v1/logout").header("origin", origin);
        let cookie = cookie.header("cookie", format!("boomgate={}", ann.token)).send().await.unwrap();
        assert_eq!(problem(cookie, 403).await["code"], "CROSS-SITE", "{origin}");
    }
}

#[tokio::test]
async fn readiness_follows_the_database_and_metrics_name_no_plate() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    good(app.request("GET", "/readyz").send().await.unwrap(), 200).await;
    let stay = app.stay("WU123AB", 10).await;
    app.charged_at_exit(&stay, 100, 1).await;
    let pay = json!({ "method": "cash", "amount": { "minor": 100, "currency": "EUR" } });
    good(app.post(&format!("/api/v1/stays/{}/payments", stay.id), &ann, &pay).send().await.unwrap(), 201)
        .await;
    good(app.get("/api/v1/stays?plate=WU123AB", &ann).send().await.unwrap(), 200).await;
    let numbers = app.metrics(None).await.text().await.unwrap();
    assert!(numbers.contains("boomgate_payments_total{method=\"cash\"}"), "{numbers}");
    assert!(!numbers.contains("WU123AB"), "{numbers}");
    app.db.pool.close();
    let ready = until_not_ready(&app).await;
    let problem_is = "the database does not answer";
    assert_eq!(ready, json!({ "ready": false, "database": false, "parts": true, "problem": problem_is }));
    let away = app.get("/api/v1/lanes", &ann).send().await.unwrap();
    assert_eq!(away.headers()["retry-after"], "5");
    assert_eq!(problem(away, 503).await["code"], "UNAVAILABLE");
    good(app.request("GET", "/healthz").send().await.unwrap(), 200).await;
}

/// What /readyz says once it has noticed; it looks again every second.
async fn until_not_ready(app: &TestApp) -> Value {
    let begun = Instant::now();
    loop {
        let response = app.request("GET", "/readyz").send().await.unwrap();
        if response.status() != 200 {
            return good(response, 503).await;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "ready though nothing can be written");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn it_said_ready_while_nothing_could_be_written() {
    let app = TestApp::open().await;
    good(app.request("GET", "/readyz").send().await.unwrap(), 200).await;
    // A full disk, as PostgreSQL reports it; reading goes on.
    app
        .run(
            "create function full_disk() returns trigger language plpgsql as
             $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
             create trigger full_disk before update on write_probe execute function full_disk()",
        )
        .await;
    assert_eq!(until_not_ready(&app).await["problem"], "the database's disk is full");
    app.run("drop trigger full_disk on write_probe").await;
    until_ready(&app).await;
    // It holds for new connections: those of the pool are ended, by one that is none of them.
    let aside = app.db.address.connect().await.unwrap();
    let name: String = aside.query_one("select current_database()::text", &[]).await.unwrap().get(0);
    aside
        .batch_execute(&format!("alter database {name} set default_transaction_read_only = on"))
        .await
        .unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    aside.query(end, &[]).await.unwrap();
    let begun = Instant::now();
    while until_not_ready(&app).await["problem"] != "the database is read-only" {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never says why");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until_ready(app: &TestApp) {
    let begun = Instant::now();
    while app.request("GET", "/readyz").send().await.unwrap().status() != 200 {
        assert!(begun.elapsed() < Duration::from_secs(5), "not ready again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn strangers_read_the_metrics_on_the_peoples_listener() {
    let app = TestApp::open().await;
    problem(app.request("GET", "/metrics").send().await.unwrap(), 404).await;
    assert_eq!(app.metrics(None).await.status(), 200, "its own listener on loopback");
    let guarded = app.metrics_with("a long token", None).await;
    problem(guarded, 401).await;
    problem(app.metrics_with("a long token", Some("another")).await, 401).await;
    assert_eq!(app.metrics_with("a long token", Some("a long token")).await.status(), 200);
}

#[tokio::test]
async fn a_request_is_found_again_by_its_id_and_a_wrong_field_by_its_name() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let request = app.get("/api/v1/stays?limit=0", &ann).header("x-request-id", "desk-7/42");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "desk-7/42");
    let problem_document = problem(response, 400).await;
    assert_eq!(
        problem_document["errors"],
        json!([{ "field": "limit", "code": "INVALID", "message": "must be 1 to 200" }])
    );
    let fine = app.get("/api/v1/lanes", &ann).send().await.unwrap();
    assert!(fine.headers()["x-request-id"].len() == 36, "one is made");
}
