//! The operator's page in a real Chromium, before a real demo: what a person sees, and what they can do with a keyboard.
//!
//! Every story ends with [`desk::Desk::end`]: the browser complained of nothing, neither an error nor a violation of the
//! page's Content-Security-Policy, and every process is gone.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

mod browser;
mod desk;
mod line;
mod secure;

use boomgate_tests::wait;
use serde_json::{Value, json};

use browser::{ENTER, ESCAPE};
use desk::{Desk, Refusal};

/// Contrast of text that everybody can read (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;
/// How the page learns that nobody is logged in.
const NOT_LOGGED_IN: Refusal = ("api/v1/me", 401);
/// An order for a car that drove on while the operator was typing is refused.
const GONE: &str = "this car does not wait at this lane any more";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn the_right_password_alone_shows_four_lanes_with_pictures_a_growing_feed_and_stays() {
    let desk = Desk::open().await;
    desk.log_in("not-the-password").await;
    desk.until("a refusal in words", "return document.getElementById('login-error').innerText !== ''").await;
    assert_eq!(desk.text("#login-error").await, "name or password is wrong");
    assert!(desk.is("return document.getElementById('desk').hidden").await, "nothing is shown");

    desk.browser
        .ask("document.getElementById('login').reset(); document.getElementById('name').focus()", Value::Null)
        .await;
    desk.log_in(&desk.password).await;
    desk.until("four lanes", "return document.querySelectorAll('#desk:not([hidden]) .lane').length === 4")
        .await;
    assert_eq!(desk.text("#login-error").await, "", "the refusal is forgotten");
    let pictures = "return [...document.querySelectorAll('.lane .frame img')].filter((one) => one.naturalWidth > 0).length === 4";
    desk.until("a picture at each of four lanes", pictures).await;
    let before = feed_length(&desk).await;
    wait::until("more happens", async || (feed_length(&desk).await > before).then_some(())).await;
    let plates = desk.texts("#stays .plate:not(.none)").await;
    assert!(plates.iter().any(|plate| plate.len() >= 5), "stays with plates: {plates:?}");
    assert_eq!(desk.text("#link").await, "live");
    desk.end(&[NOT_LOGGED_IN, ("api/v1/login", 401)]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn a_lane_is_opened_by_keyboard_alone_and_the_feed_shows_the_operators_words() {
    let desk = Desk::logged_in().await;
    desk.until("lanes", "return document.querySelectorAll('.lane').length === 4").await;
    let toast = wait::until("an order that is taken", async || {
        let toast = order(&desk, "a delivery of flowers").await;
        (toast != GONE).then_some(toast)
    })
    .await;
    assert!(toast.starts_with("Open: ordered at "), "{toast}");
    wait::until("the feed shows it", async || {
        let feed = desk.texts("#feed li").await;
        feed.iter().any(|row| row.contains("open ordered by admin: a delivery of flowers")).then_some(())
    })
    .await;

    desk.browser.keys("1o").await;
    desk.until("a reason is asked for", "return document.getElementById('reason').open").await;
    desk.browser.keys("never mind").await;
    desk.browser.keys(ESCAPE).await;
    desk.until("it is closed", "return !document.getElementById('reason').open").await;
    let before = feed_length(&desk).await;
    wait::until("something else happens", async || (feed_length(&desk).await > before).then_some(())).await;
    assert!(!desk.text("#feed").await.contains("never mind"), "Esc orders nothing");
    desk.end(&[NOT_LOGGED_IN, ("api/v1/lanes/", 409)]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn a_stay_explains_its_charge_search_filters_and_the_night_is_readable() {
    let desk = Desk::open().await;
    readable(&desk, "the login").await;
    desk.log_in(&desk.password).await;
    desk.until("stays", "return document.querySelectorAll('#stays tr .plate:not(.none)').length >= 3").await;
    readable(&desk, "the desk").await;

    open_charged_stay(&desk).await;
    let lines = desk.texts("#stay-body tr").await;
    let (due, explained) = lines.split_last().unwrap();
    assert!(due.starts_with("Due") && due.contains('€'), "{lines:?}");
    assert!(explained.iter().all(|line| line.contains(" min") && line.contains('€')), "{lines:?}");
    assert!(!desk.texts("#stay-body li").await.is_empty(), "and tells its decisions");
    readable(&desk, "a stay").await;
    desk.browser.keys(ESCAPE).await;
    desk.until("the stay is closed", "return !document.getElementById('stay').open").await;

    keeps_the_keyboards_place(&desk).await;
    search_filters(&desk).await;
    desk.end(&[NOT_LOGGED_IN]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn after_logout_the_login_is_shown_and_the_sessions_cookie_is_dead() {
    let desk = Desk::logged_in().await;
    let session = desk.browser.cookie("boomgate").await.expect("a session has a cookie");
    assert!(desk.is("return !document.cookie.includes('boomgate')").await, "no script sees the cookie");
    assert_eq!(desk.status_of("/api/v1/me").await, 200);
    desk.browser.click("#leave").await;
    desk.until(
        "the login is shown",
        "return document.getElementById('desk').hidden && !document.getElementById('login').hidden",
    )
    .await;
    assert_eq!(desk.browser.cookie("boomgate").await, None, "the browser forgets it");
    desk.browser.set_cookie("boomgate", &session).await;
    assert_eq!(desk.status_of("/api/v1/me").await, 401, "and so does the server");
    desk.browser.reload().await;
    desk.until("the login is shown", "return !document.getElementById('login').hidden").await;
    console_errors_are_reported(&desk).await;
    desk.end(&[NOT_LOGGED_IN]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn the_page_said_live_for_ever_on_a_line_that_was_dead_and_not_closed() {
    let (desk, line) = Desk::logged_in_over_a_line().await;
    desk.until("live", "return document.getElementById('link').innerText === 'live'").await;
    line.set_silent(true);
    let stale =
        "return document.getElementById('link').innerText.startsWith('no word from the server since ')";
    desk.until("the page says that it hears nothing", stale).await;
    let before = feed_length(&desk).await;
    line.set_silent(false);
    desk.until("live again", "return document.getElementById('link').innerText === 'live'").await;
    wait::until("what happened meanwhile", async || (feed_length(&desk).await > before).then_some(())).await;
    desk.end(&[NOT_LOGGED_IN]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn twelve_thousand_minor_units_of_forints_were_shown_as_twelve_thousand_forints() {
    let desk = Desk::open().await;
    let shown = "return import('/money.js').then(({ money }) => arguments[0].map(money))";
    let amounts = json!([
        { "minor": 12000, "currency": "HUF" },
        { "minor": 1250, "currency": "EUR" },
        { "minor": 12000, "currency": "VND" },
        { "minor": -1250, "currency": "KWD" },
        { "minor": 5000, "currency": "ISK" },
    ]);
    let expected =
        json!(["HUF\u{a0}120.00", "\u{20ac}12.50", "\u{20ab}12,000", "-KWD\u{a0}1.250", "ISK\u{a0}5,000"]);
    assert_eq!(desk.browser.ask(shown, amounts).await, expected);
    desk.end(&[NOT_LOGGED_IN]).await;
}

/// Opens the first lane by keyboard; gives what the page answers.
async fn order(desk: &Desk, reason: &str) -> String {
    desk.browser.ask("document.getElementById('toast').classList.remove('shown')", Value::Null).await;
    desk.browser.keys("1o").await;
    desk.until("a reason is asked for", "return document.getElementById('reason').open").await;
    assert!(desk.text("#reason-title").await.starts_with("Open "), "{}", desk.text("#reason-title").await);
    desk.browser.keys(&format!("{reason}{ENTER}")).await;
    desk.until("an answer", "return document.getElementById('toast').classList.contains('shown')").await;
    desk.text("#toast").await
}

async fn feed_length(desk: &Desk) -> usize {
    desk.texts("#feed li:not(.empty)").await.len()
}

/// Opens one row after the other, by keyboard, the oldest first, until a stay owes something; subscribers never do.
async fn open_charged_stay(desk: &Desk) {
    wait::within(wait::TIMEOUT * 2, "a stay that owes something", async || {
        let rows = desk.texts("#stays tr").await.len();
        for row in (0..rows).rev() {
            let focus = "const row = document.querySelectorAll('#stays tr')[arguments[0]]; row?.focus(); return !!row";
            if desk.browser.ask(focus, json!(row)).await != true {
                return None;
            }
            desk.browser.keys(ENTER).await;
            desk.until("a stay is shown", "return document.getElementById('stay').open").await;
            let due = desk.text("#stay-body tr:last-child").await;
            if due.starts_with("Due") && !due.contains("0.00") {
                return Some(());
            }
            desk.browser.keys(ESCAPE).await;
        }
        None
    })
    .await;
}

/// News must not take the focus away from somebody who walks through the stays.
async fn keeps_the_keyboards_place(desk: &Desk) {
    let start =
        "const row = document.querySelector('#stays tr:nth-child(3)'); row.focus(); return row.innerText";
    let row = desk.browser.ask(start, Value::Null).await;
    let first = desk.text("#stays tr").await;
    wait::until("a new stay", async || (desk.text("#stays tr").await != first).then_some(())).await;
    let look =
        "return { row: document.activeElement.innerText, among: document.activeElement.matches('#stays tr'),
        listed: [...document.querySelectorAll('#stays tr')].map((one) => one.innerText) }";
    let now = desk.browser.ask(look, Value::Null).await;
    assert_eq!(now["among"], true, "the focus is lost: {now}");
    let is_listed = now["listed"].as_array().is_some_and(|rows| rows.contains(&row));
    assert!(now["row"] == row || !is_listed, "the focus leaves {row} only with it: {now}");
}

async fn search_filters(desk: &Desk) {
    let plate = desk.text("#stays .plate:not(.none)").await;
    desk.browser.ask("document.getElementById('state').focus()", Value::Null).await;
    desk.browser.keys("a").await;
    desk.browser.ask("document.activeElement.blur()", Value::Null).await;
    desk.browser.keys(&format!("/{plate}")).await;
    wait::until("only stays of the searched plate", async || {
        let found = desk.texts("#stays .plate").await;
        (!found.is_empty() && found.iter().all(|one| *one == plate)).then_some(())
    })
    .await;
    desk.browser.keys("QQQQ").await;
    desk.until("none fits", "return !document.getElementById('stays-empty').hidden").await;
    assert!(desk.texts("#stays tr").await.is_empty(), "and none is shown");
}

/// By day and by night.
async fn readable(desk: &Desk, what: &str) {
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        desk.browser.prefer(scheme).await;
        let looked = desk.browser.ask(include_str!("contrast.js"), json!(READABLE)).await;
        assert_eq!(looked["poor"], json!([]), "{what}, {scheme}");
        assert!(looked["looked_at"].as_u64() > Some(5), "{what}, {scheme}: {looked}");
        grounds.push(looked["body"].clone());
    }
    assert_ne!(grounds[0], grounds[1], "the night is dark");
}

/// That nothing is complained of means something only if complaints arrive: a script of a stranger does not run, and
/// the browser says so.
async fn console_errors_are_reported(desk: &Desk) {
    let stranger = "const own = document.createElement('script'); own.textContent = 'document.title = \"taken\"'; document.body.append(own); return document.title";
    let before = desk.console_errors_except(&[NOT_LOGGED_IN]).await;
    assert!(before.is_empty(), "{before:#?}");
    assert_eq!(desk.browser.ask(stranger, Value::Null).await, "Boomgate", "the policy holds");
    let errors = desk.console_errors_except(&[NOT_LOGGED_IN]).await;
    assert!(errors.iter().any(|one| one.0.contains("Content Security Policy")), "{errors:#?}");
}
