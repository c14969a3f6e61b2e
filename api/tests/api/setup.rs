//! The first run, by the link that whoever started the server was shown.

use boomgate_api::{Front, ProxyHeaders, TrustedProxies};
use reqwest::Response;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::getting_in::{code, secret_of};
use crate::test_app::{TestApp, good, problem};

const PASSWORD: &str = "seven wet lorries under the loop";

/// Everything a car park needs before its first car.
pub fn wishes(token: &str) -> Value {
    json!({
        "token": token,
        "company": "Garage Group",
        "site": { "code": "west", "name": "West garage", "time_zone": "Asia/Ho_Chi_Minh", "currency": "VND",
                  "languages": ["vi", "en"], "capacity": 40 },
        "admin": { "name": "Eva", "email": "eva@example.org", "password": PASSWORD },
        "lanes": [
            { "code": "in-1", "name": "Entry", "direction": "entry" },
            { "code": "out-1", "name": "Exit", "direction": "exit" },
        ],
        "tariff": { "template": "day_and_night", "price": 10_000 },
    })
}

impl TestApp {
    /// The set-up's link, as `boomgate setup link` makes it.
    pub async fn setup_link(&self, token: &str) {
        let hash = hex::encode(Sha256::digest(token));
        self.run(&format!(
            "delete from one_time_links where kind = 'setup';
             insert into one_time_links (token_hash, kind, created_at, expires_at)
             values (decode('{hash}', 'hex'), 'setup', now(), now() + interval '15 min')"
        ))
        .await;
    }

    async fn set_up(&self, step: &str, body: &Value) -> Response {
        let request = self.request("POST", &format!("/api/v1/setup{step}")).header("origin", self.url(""));
        request.json(body).send().await.unwrap()
    }
}

#[tokio::test]
async fn a_link_sets_the_installation_up_once_with_a_second_factor() {
    let app = TestApp::open().await;
    let state = async || good(app.request("GET", "/api/v1/setup").send().await.unwrap(), 200).await;
    assert_eq!(state().await["needed"], true, "the fixture's company has no admin yet");
    app.setup_link("t").await;
    let options = good(app.set_up("/look-up", &json!({ "token": "t" })).await, 200).await;
    assert_eq!(options["templates"], json!(["hourly", "day_and_night", "per_day"]));
    assert!(options["currencies"].as_array().unwrap().contains(&json!("VND")));
    let priced = json!({ "token": "t", "tariff": { "template": "day_and_night", "price": 10_000 },
        "currency": "VND", "time_zone": "Asia/Ho_Chi_Minh" });
    let priced = good(app.set_up("/price", &priced).await, 200).await;
    let amounts: Vec<i64> = priced["examples"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["amount"]["minor"].as_i64().unwrap())
        .collect();
    assert_eq!(amounts, [10_000, 30_000, 90_000, 20_000, 100_000]);

    let factor = good(app.set_up("/totp", &json!({ "token": "t", "name": "Eva" })).await, 200).await;
    let mut all = wishes("t");
    all["admin"]["totp"] = json!({ "secret": factor["secret"], "otp": "000000" });
    let wrong = problem(app.set_up("", &all).await, 422).await;
    assert_eq!(wrong["errors"][0]["field"], "admin.totp.otp");
    assert_eq!(state().await["needed"], true, "nothing was made, and the link is still good");
    all["admin"]["totp"]["otp"] = json!(code(&secret_of(&factor["secret"])));
    let answer = app.set_up("", &all).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let done = good(answer, 200).await;
    assert_eq!(done["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(done["user"]["totp"], true);
    let lanes = app.request("GET", "/api/v1/lanes?site=west").header("cookie", cookie).send().await.unwrap();
    let lanes = good(lanes, 200).await;
    assert_eq!(lanes["items"].as_array().unwrap().len(), 2, "the admin is logged in: {lanes}");
    assert_eq!(state().await["needed"], false);
    assert_eq!(app.set_up("", &all).await.status(), 404, "the link is good no more");
    assert_eq!(app.audited("setup.done").await["detail"]["user"], done["user"]["id"]);
    let tariffs = "select count(*) from tariffs t join sites s on s.id = t.site_id where s.code = 'west'
        and s.languages = '{vi,en}' and s.capacity = 40 and s.currency = 'VND'";
    assert_eq!(app.count(tariffs).await, 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_setup_is_said_by_field_and_nothing_is_made() {
    let app = TestApp::open().await;
    app.setup_link("t").await;
    for (field, change) in [
        ("company", json!({ "company": " " })),
        ("site.code", json!({ "site": { "code": "West!" } })),
        ("site.time_zone", json!({ "site": { "time_zone": "Europe/Viena" } })),
        ("site.currency", json!({ "site": { "currency": "XXX" } })),
        ("site.languages", json!({ "site": { "languages": ["xx"] } })),
        ("admin.email", json!({ "admin": { "email": "eva" } })),
        ("admin.password", json!({ "admin": { "password": "garage group" } })),
        (
            "lanes[1].code",
            json!({ "lanes": [{ "code": "a", "name": "A", "direction": "entry" },
            { "code": "a", "name": "B", "direction": "exit" }] }),
        ),
        ("tariff.price", json!({ "tariff": { "price": 0 } })),
    ] {
        let mut all = wishes("t");
        merge(&mut all, &change);
        let answer = app.set_up("", &all).await;
        assert!(answer.status() == 400 || answer.status() == 422, "{field}: {}", answer.status());
        assert_eq!(answer.json::<Value>().await.unwrap()["errors"][0]["field"], field);
    }
    assert_eq!(app.count("select count(*) from sites where code = 'west'").await, 0);
    assert_eq!(app.set_up("", &wishes("wrong")).await.status(), 404);
}

fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(&mut into[key], value);
            }
        }
        (into, change) => *into = change.clone(),
    }
}

#[tokio::test]
async fn set_up_is_not_done_over_a_network_in_the_clear_nor_from_another_site() {
    let proxies =
        TrustedProxies { networks: vec!["127.0.0.1".parse().unwrap()], headers: ProxyHeaders::XForwarded };
    let app = TestApp::open_behind(Front { proxies, proxy_protocol: false }, Front::default()).await;
    app.setup_link("t").await;
    let ask = async |origin: &str, address: &str, scheme: &str| {
        let request = app.request("POST", "/api/v1/setup/look-up").json(&json!({ "token": "t" }));
        let request = request.header("origin", origin).header("x-forwarded-for", address);
        let request = request.header("x-forwarded-proto", scheme).header("x-forwarded-host", "gate.example");
        request.send().await.unwrap()
    };
    let own = "https://gate.example";
    assert_eq!(ask(own, "192.0.2.7", "https").await.status(), 200);
    assert_eq!(ask(own, "127.0.0.1", "http").await.status(), 200);
    assert_eq!(problem(ask(own, "192.0.2.7", "http").await, 403).await["code"], "SET-UP-ELSEWHERE");
    assert_eq!(
        problem(ask("https://evil.example", "192.0.2.7", "https").await, 403).await["code"],
        "CROSS-SITE"
    );
}
