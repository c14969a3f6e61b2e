//! What the web app is given of the domain, as committed files: texts of reasons and the digits of currencies. And how its
//! built files are served.

use std::collections::BTreeMap;
use std::path::Path;

use boomgate_domain::money::Currency;
use boomgate_domain::reason::{Lang, Reason};
use serde::Serialize;

use crate::test_app::{TestApp, problem};

/// `UPDATE_WEB=1 cargo nextest run -p boomgate-api the_web_apps` writes the files anew.
fn assert_committed(name: &str, value: &impl Serialize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src").join(name);
    let now = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("UPDATE_WEB").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "{} is out of date; run with UPDATE_WEB=1 and commit it", path.display());
}

fn texts(lang: Lang) -> BTreeMap<&'static str, &'static str> {
    Reason::CODES.iter().filter_map(|code| Some((*code, Reason::template(code, lang)?))).collect()
}

#[test]
fn the_web_apps_reasons_are_the_domains() {
    assert_committed("i18n/reasons.en.json", &texts(Lang::En));
    assert_committed("i18n/reasons.vi.json", &texts(Lang::Vi));
}

#[test]
fn the_web_apps_currencies_have_the_domains_digits() {
    let digits: BTreeMap<String, u32> =
        Currency::all().map(|currency| (currency.to_string(), currency.minor_digits())).collect();
    assert_committed("money/currencies.json", &digits);
}

/// None where the app was not built: then every screen says how to build it.
async fn built_page(app: &TestApp) -> Option<String> {
    let page = app.request("GET", "/").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let text = page.text().await.unwrap();
    if text.contains("id=\"not-built\"") {
        assert!(text.contains("make web"), "{text}");
        return None;
    }
    Some(text)
}

#[tokio::test]
async fn the_app_is_sent_compressed_and_kept_by_name_or_by_tag() {
    let app = TestApp::open().await;
    let Some(page) = built_page(&app).await else { return };
    let get = |path: &str| app.request("GET", path).header("accept-encoding", "gzip, br");
    let small = get("/").send().await.unwrap();
    assert_eq!(small.headers()["content-encoding"], "br");
    assert_eq!(small.headers()["vary"], "accept-encoding");
    assert_eq!(small.headers()["cache-control"], "no-cache");
    let tag = small.headers()["etag"].clone();
    let again = get("/live").header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304, "another screen is the same page");
    assert_eq!(again.bytes().await.unwrap().len(), 0);

    let (_, rest) = page.split_once("src=\"").unwrap();
    let script = rest.split('"').next().unwrap();
    assert!(script.starts_with("/assets/"), "{script}");
    let script = get(script).send().await.unwrap();
    assert_eq!(script.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(script.headers()["content-encoding"], "br");
}

#[tokio::test]
async fn an_unknown_path_is_a_screen_and_an_unknown_address_of_the_api_a_problem() {
    let app = TestApp::open().await;
    built_page(&app).await;
    let screen = app.request("GET", "/stays/0190").send().await.unwrap();
    assert_eq!(screen.status(), 200);
    for path in [
        "/api/v1/nothing",
        "/api",
        "/assets/old-12345678.js",
        "/favicon.ico",
        "/manifest.json",
        "/device/v1/x",
    ] {
        let problem = problem(app.request("GET", path).send().await.unwrap(), 404).await;
        assert_eq!(problem["code"], "NO-ROUTE", "{path}");
    }
    problem(app.request("POST", "/live").send().await.unwrap(), 405).await;
}
