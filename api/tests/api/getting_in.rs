//! How people and programs get in: a second factor, links that work once, notices, tokens, and who may ask for them.

use std::sync::{Arc, Mutex};

use boomgate_api::RouteInfo;
use boomgate_operations::mail::{Mail, MailError, Mailer};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret};
use uuid::Uuid;

use crate::access::from_browser;
use crate::test_app::{PASSWORD, TestApp, TestUser, good, problem};

/// Routes that only somebody in a browser gets to, who has just proved again who they are.
pub const NEEDS_A_BROWSER: [&str; 3] = ["/api/v1/me/step-up", "/api/v1/me/totp", "/api/v1/me/recovery-codes"];

/// Routes whose success says nothing more.
pub const WITHOUT_CONTENT: [&str; 6] = [
    "DELETE /api/v1/vehicles/{plate}",
    "POST /api/v1/me/step-up",
    "PUT /api/v1/me/password",
    "DELETE /api/v1/me/totp",
    "DELETE /api/v1/me/notices/{id}",
    "POST /api/v1/links/redeem",
];

/// POSTs that create nothing, or whose repetition the link or the state tells apart: they take no Idempotency-Key.
pub const WITHOUT_A_KEY: [&str; 19] = [
    "/api/tickets",
    "/api/v1/vehicles/import/trial",
    "/api/v1/login",
    "/api/v1/logout",
    "/api/v1/oauth/token",
    "/api/v1/me/step-up",
    "/api/v1/me/totp",
    "/api/v1/me/recovery-codes",
    "/api/v1/users/{id}/unlock",
    "/api/v1/links/look-up",
    "/api/v1/links/redeem",
    "/api/v1/setup",
    "/api/v1/setup/look-up",
    "/api/v1/setup/price",
    "/api/v1/setup/totp",
    "/api/v1/tariffs/check",
    "/api/v1/tariffs/simulate",
    "/api/v1/tariffs/what-if",
    "/api/v1/tariffs/holidays",
];

/// Another password than [`PASSWORD`].
const OTHER: &str = "the loop under seven wet lorries";

/// A request that would succeed if its sender may; none for routes of another file.
pub async fn case(app: &TestApp, route: &RouteInfo, by: Option<&TestUser>) -> Option<RequestBuilder> {
    let plain =
        || app.request(&route.method, &route.path).header("idempotency-key", Uuid::now_v7().to_string());
    let token = json!({ "token": "setup" });
    Some(match (&*route.method, &*route.path) {
        ("PUT", "/api/v1/me/password") => plain().json(&json!({ "current": PASSWORD, "new": OTHER })),
        ("POST" | "DELETE", "/api/v1/me/totp") | ("GET", "/api/v1/me/notices" | "/api/v1/setup") => plain(),
        ("PUT", "/api/v1/me/totp") => {
            set_secret(app, by, "null").await;
            plain().json(&json!({ "otp": code(&[5; 20]) }))
        }
        ("POST", "/api/v1/me/recovery-codes") => {
            set_secret(app, by, "now()").await;
            plain()
        }
        ("DELETE", "/api/v1/me/notices/{id}") => {
            let id = Uuid::now_v7();
            if let Some(by) = by {
                let sql = "insert into notices (user_id, id, kind, at) values";
                app.run(&format!("{sql} ('{}', '{id}', 'new_device', now())", by.id)).await;
            }
            app.request("DELETE", &format!("/api/v1/me/notices/{id}"))
        }
        ("POST", "/api/v1/oauth/token") => {
            let somebody = app.person("guard").await;
            plain().form(&[("grant_type", "password"), ("username", &somebody.name), ("password", PASSWORD)])
        }
        ("POST", "/api/v1/links/look-up") => plain().json(&json!({ "token": link(app).await })),
        ("POST", "/api/v1/links/redeem") => {
            plain().json(&json!({ "token": link(app).await, "password": OTHER }))
        }
        ("POST", "/api/v1/users/{id}/password-link" | "/api/v1/users/{id}/unlock") => {
            let somebody = app.person("guard").await;
            let path = route.path.replace("{id}", &somebody.id.to_string());
            app.request("POST", &path).header("idempotency-key", "k")
        }
        ("POST", "/api/v1/setup/look-up") => {
            app.setup_link("setup").await;
            plain().json(&token)
        }
        ("POST", "/api/v1/setup/price") => {
            app.setup_link("setup").await;
            let tariff = json!({ "template": "hourly", "price": 200 });
            plain()
                .json(&json!({ "token": "setup", "tariff": tariff, "currency": "EUR", "time_zone": "UTC" }))
        }
        ("POST", "/api/v1/setup/totp") => {
            app.setup_link("setup").await;
            plain().json(&json!({ "token": "setup", "name": "eva" }))
        }
        ("POST", "/api/v1/setup") => {
            app.setup_link("setup").await;
            plain().json(&crate::setup::wishes("setup"))
        }
        _ => return None,
    })
}

async fn set_secret(app: &TestApp, by: Option<&TestUser>, confirmed: &str) {
    let Some(by) = by else { return };
    let secret = hex::encode([5; 20]);
    app.run(&format!(
        "update users set totp_secret = decode('{secret}', 'hex'), totp_confirmed_at = {confirmed} where id = '{}'",
        by.id
    ))
    .await;
}

/// The token of a link for somebody.
async fn link(app: &TestApp) -> String {
    let (somebody, token) = (app.person("guard").await, Uuid::now_v7().to_string());
    let hash = hex::encode(Sha256::digest(&token));
    app.run(&format!(
        "insert into one_time_links (token_hash, kind, user_id, created_at, expires_at)
         values (decode('{hash}', 'hex'), 'reset', '{}', now(), now() + interval '1 h')",
        somebody.id
    ))
    .await;
    token
}

/// The present code of a secret.
pub fn code(secret: &[u8]) -> String {
    let totp = Builder::new().with_secret(Secret::new(secret.into())).with_account_name("x").build().unwrap();
    totp.generate_current().to_string()
}

/// The code of the step after the present one: the server takes it, too.
fn next_code(secret: &[u8]) -> String {
    let totp = Builder::new().with_secret(Secret::new(secret.into())).with_account_name("x").build().unwrap();
    totp.generate(totp.next_step_current()).to_string()
}

pub fn secret_of(base32: &Value) -> Vec<u8> {
    Secret::try_from_base32(base32.as_str().unwrap()).unwrap().as_bytes().to_vec()
}

async fn log_in(app: &TestApp, body: Value) -> Response {
    app.request("POST", "/api/v1/login").json(&body).send().await.unwrap()
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_of_its_codes_works_once() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    let begun = good(from_browser(&app, "POST", "/api/v1/me/totp", &eva).send().await.unwrap(), 200).await;
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/"), "{begun}");
    assert!(begun["qr_svg"].as_str().unwrap().contains("<svg"), "{begun}");
    let secret = secret_of(&begun["secret"]);
    // It counts only once a code was given.
    assert_eq!(log_in(&app, json!({ "name": eva.name, "password": PASSWORD })).await.status(), 200);
    let confirm = |otp: &str| from_browser(&app, "PUT", "/api/v1/me/totp", &eva).json(&json!({ "otp": otp }));
    let wrong = problem(confirm("000000").send().await.unwrap(), 422).await;
    assert_eq!(wrong["errors"][0]["code"], "WRONG-OTP");
    let first = code(&secret);
    let codes = good(confirm(&first).send().await.unwrap(), 200).await["recovery_codes"].clone();
    assert_eq!(codes.as_array().unwrap().len(), 10);

    let with = |otp: &str| json!({ "name": eva.name, "password": PASSWORD, "otp": otp });
    let asked = log_in(&app, json!({ "name": eva.name, "password": PASSWORD })).await;
    assert_eq!(problem(asked, 401).await["code"], "OTP-NEEDED");
    let guessed = log_in(&app, json!({ "name": eva.name, "password": "guess" })).await;
    assert_eq!(
        problem(guessed, 401).await["code"],
        "WRONG-LOGIN",
        "a guess learns nothing of a second factor"
    );
    assert_eq!(problem(log_in(&app, with(&first)).await, 401).await["code"], "WRONG-OTP", "it was used");
    let next = next_code(&secret);
    let me = good(log_in(&app, with(&next)).await, 200).await["user"].clone();
    assert_eq!((&me["totp"], &me["recovery_codes_left"]), (&json!(true), &json!(10)));
    assert_eq!(problem(log_in(&app, with(&next)).await, 401).await["code"], "WRONG-OTP", "it was used, too");

    let recovery = codes[3].as_str().unwrap().to_uppercase().replace('-', " ");
    let me = good(log_in(&app, with(&recovery)).await, 200).await["user"].clone();
    assert_eq!(me["recovery_codes_left"], 9);
    assert_eq!(problem(log_in(&app, with(&recovery)).await, 401).await["code"], "WRONG-OTP");
    let notices = from_browser(&app, "GET", "/api/v1/me/notices", &eva).send().await.unwrap();
    let notices = good(notices, 200).await;
    let kinds: Vec<&str> =
        notices["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"second_factor_on") && kinds.contains(&"recovery_code_used"), "{kinds:?}");
}

#[tokio::test]
async fn a_code_does_for_a_step_up_and_without_one_the_factor_stays_as_it_is() {
    let app = TestApp::open().await;
    let eva = app.stepped_up("admin").await;
    set_secret(&app, Some(&eva), "now()").await;
    app.run("update sessions set stepped_up_at = null").await;
    for (method, path) in [("DELETE", "/api/v1/me/totp"), ("POST", "/api/v1/me/recovery-codes")] {
        let refused = problem(from_browser(&app, method, path, &eva).send().await.unwrap(), 403).await;
        assert_eq!(refused["code"], "STEP-UP-NEEDED", "{method} {path}");
    }
    let step_up = |body: Value| from_browser(&app, "POST", "/api/v1/me/step-up", &eva).json(&body);
    let both = step_up(json!({ "password": PASSWORD, "otp": code(&[5; 20]) }));
    assert_eq!(problem(both.send().await.unwrap(), 400).await["code"], "INVALID");
    let wrong = step_up(json!({ "otp": "000000" }));
    assert_eq!(problem(wrong.send().await.unwrap(), 401).await["code"], "WRONG-OTP");
    assert_eq!(step_up(json!({ "otp": code(&[5; 20]) })).send().await.unwrap().status(), 204);
    let off = from_browser(&app, "DELETE", "/api/v1/me/totp", &eva).send().await.unwrap();
    assert_eq!(off.status(), 204);
    assert_eq!(log_in(&app, json!({ "name": eva.name, "password": PASSWORD })).await.status(), 200);
    assert_eq!(app.audited("user.second_factor").await["detail"]["on"], false);
}

#[tokio::test]
async fn a_link_chooses_a_password_once_and_ends_what_was_open() {
    let app = TestApp::open().await;
    let (eva, ann) = (app.stepped_up("admin").await, app.person("guard").await);
    let path = format!("/api/v1/users/{}/password-link", ann.id);
    let ask = || from_browser(&app, "POST", &path, &eva);
    let first = good(ask().send().await.unwrap(), 201).await;
    let second = good(ask().send().await.unwrap(), 201).await;
    assert_eq!(second["kind"], "reset");
    let token = |link: &Value| link["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let look_up = async |token: &str| {
        app.request("POST", "/api/v1/links/look-up").json(&json!({ "token": token })).send().await.unwrap()
    };
    assert_eq!(look_up(&token(&first)).await.status(), 404, "the second link took its place");
    let found = good(look_up(&token(&second)).await, 200).await;
    assert_eq!((&found["name"], &found["company"]), (&json!(ann.name), &json!("North Parking")));
    let redeem = async |token: &str, password: &str| {
        let body = json!({ "token": token, "password": password });
        app.request("POST", "/api/v1/links/redeem").json(&body).send().await.unwrap()
    };
    for (weak, rule) in [("short", "PASSWORD-SHORT"), ("northparking1", "PASSWORD-WEAK")] {
        let refused = problem(redeem(&token(&second), weak).await, 422).await;
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
            (&json!("password"), &json!(rule))
        );
    }
    assert_eq!(redeem(&token(&second), OTHER).await.status(), 204);
    assert_eq!(redeem(&token(&second), OTHER).await.status(), 404, "it works once");
    assert_eq!(app.get("/api/v1/me", &ann).send().await.unwrap().status(), 401, "her sessions ended");
    assert_eq!(log_in(&app, json!({ "name": ann.name, "password": PASSWORD })).await.status(), 401);
    assert_eq!(log_in(&app, json!({ "name": ann.name, "password": OTHER })).await.status(), 200);
    let expired = good(ask().send().await.unwrap(), 201).await;
    app.run(
        "update one_time_links set created_at = now() - interval '2 d', expires_at = now() - interval '1 s'",
    )
    .await;
    assert_eq!(look_up(&token(&expired)).await.status(), 404);
}

#[tokio::test]
async fn ones_own_password_is_changed_by_whoever_knows_it() {
    let app = TestApp::open().await;
    let ann = app.person("guard").await;
    let elsewhere = good(log_in(&app, json!({ "name": ann.name, "password": PASSWORD })).await, 200).await;
    let change = async |current: &str, new: &str| {
        let body = json!({ "current": current, "new": new });
        app.request("PUT", "/api/v1/me/password").bearer_auth(&ann.token).json(&body).send().await.unwrap()
    };
    assert_eq!(problem(change("guess", OTHER).await, 401).await["code"], "WRONG-LOGIN");
    assert_eq!(problem(change(PASSWORD, "qwertyuiop12").await, 422).await["errors"][0]["field"], "new");
    assert_eq!(change(PASSWORD, OTHER).await.status(), 204);
    assert_eq!(app.get("/api/v1/me", &ann).send().await.unwrap().status(), 200, "this session stays");
    let other = app.request("GET", "/api/v1/me").bearer_auth(elsewhere["token"].as_str().unwrap());
    assert_eq!(other.send().await.unwrap().status(), 401, "the others end");
}

#[tokio::test]
async fn a_login_from_a_new_device_gives_a_notice_and_the_first_of_all_does_not() {
    let app = TestApp::open().await;
    let ann = app.person("guard").await;
    app.run("delete from sessions").await;
    let browser = async |cookie: Option<&str>| {
        let request = app.request("POST", "/api/v1/login").header("origin", app.url(""));
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        request.json(&json!({ "name": ann.name, "password": PASSWORD })).send().await.unwrap()
    };
    let known = |answer: &Response| {
        let cookies = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let own = cookies.filter(|cookie| cookie.starts_with("boomgate-browser"));
        own.map(|cookie| cookie.split(';').next().unwrap().to_owned()).next().unwrap()
    };
    let first = browser(None).await;
    let notices = "select count(*) from notices where kind = 'new_device'";
    assert_eq!(app.count(notices).await, 0);
    assert_eq!(browser(Some(&known(&first))).await.status(), 200);
    assert_eq!(app.count(notices).await, 0, "the same browser");
    assert_eq!(browser(None).await.status(), 200);
    assert_eq!(app.count(notices).await, 1, "another browser");
}

#[tokio::test]
async fn failed_logins_are_forgotten_when_an_admin_says_so() {
    let app = TestApp::open().await;
    let (eva, ann) = (app.stepped_up("admin").await, app.person("guard").await);
    for _ in 0..6 {
        drop(log_in(&app, json!({ "name": ann.name, "password": "guess" })).await);
    }
    let right = json!({ "name": ann.name, "password": PASSWORD });
    assert_eq!(log_in(&app, right.clone()).await.status(), 429);
    let unlock = format!("/api/v1/users/{}/unlock", ann.id);
    assert_eq!(from_browser(&app, "POST", &unlock, &eva).send().await.unwrap().status(), 204);
    assert_eq!(log_in(&app, right).await.status(), 200);
}

async fn token(app: &TestApp, form: &[(&str, &str)]) -> Response {
    app.request("POST", "/api/v1/oauth/token").form(form).send().await.unwrap()
}

#[tokio::test]
async fn a_program_gets_tokens_and_a_refresh_token_used_twice_ends_its_session() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    let password = [("grant_type", "password"), ("username", &*ann.name), ("password", PASSWORD)];
    let first = good(token(&app, &password).await, 200).await;
    assert_eq!((&first["token_type"], &first["expires_in"]), (&json!("Bearer"), &json!(600)));
    let lanes = async |tokens: &Value| {
        let request =
            app.request("GET", "/api/v1/lanes").bearer_auth(tokens["access_token"].as_str().unwrap());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(lanes(&first).await, 200);
    let refresh = async |tokens: &Value| {
        let old = tokens["refresh_token"].as_str().unwrap().to_owned();
        token(&app, &[("grant_type", "refresh_token"), ("refresh_token", &old)]).await
    };
    let second = good(refresh(&first).await, 200).await;
    assert_eq!((lanes(&first).await, lanes(&second).await), (200, 200));
    let stolen = refresh(&first).await;
    assert_eq!(stolen.status(), 400);
    assert_eq!(stolen.json::<Value>().await.unwrap()["error"], "invalid_grant");
    assert_eq!((lanes(&first).await, lanes(&second).await), (401, 401), "the whole family ended");
    assert_eq!(refresh(&second).await.status(), 400);
}

#[tokio::test]
async fn the_token_endpoint_answers_as_rfc_6749_says() {
    let app = TestApp::open().await;
    let ann = app.person("operator").await;
    set_secret(&app, Some(&ann), "now()").await;
    let password = vec![("grant_type", "password"), ("username", &*ann.name), ("password", PASSWORD)];
    let code = code(&[5; 20]);
    let with = |more: &'static str| password.iter().copied().chain([("otp", more)]).collect::<Vec<_>>();
    for (form, error, rule) in [
        (password.clone(), "invalid_grant", "OTP-NEEDED"),
        (with("000000"), "invalid_grant", "WRONG-OTP"),
        (vec![("grant_type", "password"), ("username", "x")], "invalid_request", "INVALID"),
        (vec![("grant_type", "implicit")], "unsupported_grant_type", "INVALID"),
        (vec![("grant_type", "refresh_token"), ("refresh_token", "x")], "invalid_grant", "NOT-LOGGED-IN"),
    ] {
        let answer = token(&app, &form).await;
        assert_eq!(answer.status(), 400, "{form:?}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!((&body["error"], &body["code"]), (&json!(error), &json!(rule)), "{form:?}");
    }
    let json = app.request("POST", "/api/v1/oauth/token").json(&json!({ "grant_type": "password" }));
    assert_eq!(json.send().await.unwrap().status(), 400);
    let given: Vec<(&str, &str)> =
        password.iter().copied().chain([("otp", &*code), ("scope", "all")]).collect();
    let tokens = good(token(&app, &given).await, 200).await;
    // It is revoked at once: the session is looked at with every request.
    app.run("delete from sessions").await;
    let lanes = app.request("GET", "/api/v1/lanes").bearer_auth(tokens["access_token"].as_str().unwrap());
    assert_eq!(lanes.send().await.unwrap().status(), 401);
}

/// Takes every mail, or none.
#[derive(Debug, Default)]
struct Postbox {
    taken: Mutex<Vec<Mail>>,
    closed: bool,
}

#[async_trait::async_trait]
impl Mailer for Postbox {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        if self.closed {
            return Err("closed".into());
        }
        self.taken.lock().unwrap().push(mail);
        Ok(())
    }
}

#[tokio::test]
async fn an_invitation_is_mailed_once_in_the_admins_language_and_a_failure_is_said() {
    let postbox = Arc::new(Postbox::default());
    let app = TestApp::open_with_mail(Arc::<Postbox>::clone(&postbox)).await;
    let eva = app.stepped_up("admin").await;
    let body = json!({ "name": "Ann", "role": "guard", "sites": ["north"], "email": "ann@example.org" });
    let ask = |key: &str| {
        app.request("POST", "/api/v1/users")
            .header("cookie", format!("boomgate={}", eva.token))
            .header("origin", app.url(""))
            .header("idempotency-key", key)
            .header("accept-language", "vi")
    };
    let added = good(ask("a").json(&body).send().await.unwrap(), 201).await;
    assert_eq!(added["link"]["mailed_to"], "ann@example.org");
    assert_eq!(problem(ask("a").json(&body).send().await.unwrap(), 409).await["code"], "SECRET-SHOWN-ONCE");
    let mails = postbox.taken.lock().unwrap().clone();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].subject.contains("bạn được mời"), "{mails:?}");
    assert!(mails[0].text.contains(added["link"]["url"].as_str().unwrap()), "{mails:?}");
    let nonsense = json!({ "name": "Bob", "role": "guard", "sites": ["north"], "email": "bob at home" });
    assert_eq!(
        problem(ask("b").json(&nonsense).send().await.unwrap(), 400).await["errors"][0]["field"],
        "email"
    );

    let closed = TestApp::open_with_mail(Arc::new(Postbox { closed: true, ..Postbox::default() })).await;
    let eva = closed.stepped_up("admin").await;
    let added = from_browser(&closed, "POST", "/api/v1/users", &eva).json(&body).send().await.unwrap();
    let link = &good(added, 201).await["link"];
    assert!(link["mail_problem"].is_string() && link["url"].is_string(), "{link}");
}
