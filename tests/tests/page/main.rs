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
use desk::{Desk, Refusal, SHOWS_DESK, SHOWS_LOGIN};

/// Contrast of text that everybody can read (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;
/// How the page learns that nobody is logged in.
const NOT_LOGGED_IN: Refusal = ("api/v1/me", 401);
const FEED: &str = "section[aria-labelledby=activity-title] li";
const STAY: &str = "a[data-stay]";
const TOASTS: &str = "[data-testid=toasts]";
const ASKS: &str = "return !!document.querySelector('[data-modal] form input:focus')";
const LIVE: &str = "return document.querySelector('[data-link]')?.innerText === 'live'";
const SHOWS_STAYS: &str =
    "return location.pathname === '/stays' && !!document.querySelector('input[type=search]')";
/// An order for a car that drove on while the operator was typing is refused.
const GONE: &str = "this car does not wait at this lane any more";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn the_right_password_alone_shows_four_lanes_with_pictures_a_growing_feed_and_stays() {
    let desk = Desk::open().await;
    desk.log_in("not-the-password").await;
    desk.until("a refusal in words", "return !!document.querySelector('[role=alert]')?.innerText").await;
    assert_eq!(desk.text("[role=alert]").await, "name or password is wrong");
    assert!(desk.is(SHOWS_LOGIN).await, "nothing is shown");

    // What was typed is still there: each field is typed over.
    desk.browser.ask("document.querySelector('input').select()", Value::Null).await;
    desk.log_in(&desk.password).await;
    desk.until("four lanes", "return document.querySelectorAll('article[data-lane]').length === 4").await;
    let pictures = "return [...document.querySelectorAll('article[data-lane] img')].filter((one) => one.naturalWidth > 0).length === 4";
    desk.until("a picture at each of four lanes", pictures).await;
    let before = feed_length(&desk).await;
    wait::until("more happens", async || (feed_length(&desk).await > before).then_some(())).await;
    assert_eq!(desk.text("[data-link]").await, "live");
    go_to_stays(&desk).await;
    wait::until("stays with plates", async || {
        desk.texts(STAY).await.iter().any(|plate| plate.len() >= 5).then_some(())
    })
    .await;
    desk.end(&[NOT_LOGGED_IN, ("api/v1/login", 401)]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn a_lane_is_opened_by_keyboard_alone_and_the_feed_shows_the_operators_words() {
    let desk = Desk::logged_in().await;
    desk.until("lanes", "return document.querySelectorAll('article[data-lane]').length === 4").await;
    let toast = wait::until("an order that is taken", async || {
        let toast = order(&desk, "a delivery of flowers").await;
        (!toast.starts_with(GONE)).then_some(toast)
    })
    .await;
    assert!(toast.starts_with("Open: ordered at "), "{toast}");
    wait::until("the feed shows it", async || {
        let feed = desk.texts(FEED).await;
        feed.iter().any(|row| row.contains("Open ordered by admin: a delivery of flowers")).then_some(())
    })
    .await;

    desk.browser.keys("1o").await;
    desk.until("a reason is asked for", ASKS).await;
    desk.browser.keys("never mind").await;
    desk.browser.keys(ESCAPE).await;
    desk.until("it is closed", "return !document.querySelector('[data-modal]')").await;
    let before = feed_length(&desk).await;
    wait::until("something else happens", async || (feed_length(&desk).await > before).then_some(())).await;
    assert!(!desk.texts(FEED).await.concat().contains("never mind"), "Esc orders nothing");
    desk.end(&[NOT_LOGGED_IN, ("api/v1/lanes/", 409)]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn a_stay_explains_its_charge_search_filters_and_the_night_is_readable() {
    let desk = Desk::open().await;
    readable(&desk, "the login").await;
    desk.log_in(&desk.password).await;
    desk.until("the desk is shown", SHOWS_DESK).await;
    readable(&desk, "the desk").await;
    go_to_stays(&desk).await;
    desk.until(
        "stays",
        "return document.querySelectorAll('a[data-stay] [data-plate]:not([data-plate=\"\"])').length >= 3",
    )
    .await;
    readable(&desk, "the stays").await;

    open_charged_stay(&desk).await;
    let due = desk.text("[data-sum=due]").await;
    assert!(due.starts_with("Due") && due.contains('€'), "{due}");
    let lines = desk.texts("[data-testid=charge] tbody tr").await;
    assert!(!lines.is_empty(), "and what it is for");
    assert!(lines.iter().all(|line| line.contains(" min") && line.contains('€')), "{lines:?}");
    assert!(!desk.texts("[data-testid=timeline] li").await.is_empty(), "and tells what happened");
    readable(&desk, "a stay").await;
    desk.browser.ask("history.back()", Value::Null).await;
    desk.until("the stays are shown again", SHOWS_STAYS).await;

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
    desk.log_out().await;
    assert_eq!(desk.browser.cookie("boomgate").await, None, "the browser forgets it");
    desk.browser.set_cookie("boomgate", &session).await;
    assert_eq!(desk.status_of("/api/v1/me").await, 401, "and so does the server");
    desk.browser.reload().await;
    desk.until("the login is shown", SHOWS_LOGIN).await;
    console_errors_are_reported(&desk).await;
    desk.end(&[NOT_LOGGED_IN]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn the_page_said_live_for_ever_on_a_line_that_was_dead_and_not_closed() {
    let (desk, line) = Desk::logged_in_over_a_line().await;
    desk.until("live", LIVE).await;
    line.set_silent(true);
    let stale = "return document.querySelector('[data-link]').innerText.startsWith('offline since ')";
    desk.until("the page says that it hears nothing", stale).await;
    let off =
        "return [...document.querySelectorAll('article[data-lane] button')].every((one) => one.disabled)";
    assert!(desk.is(off).await, "nothing can be ordered meanwhile");
    let unsure =
        "return [...document.querySelectorAll('[data-boom]')].every((one) => one.dataset.boom === 'unknown')";
    assert!(desk.is(unsure).await, "and no boom is said to stand anywhere");
    let before = feed_length(&desk).await;
    line.set_silent(false);
    desk.until("live again", LIVE).await;
    wait::until("what happened meanwhile", async || (feed_length(&desk).await > before).then_some(())).await;
    desk.end(&[NOT_LOGGED_IN]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn twelve_thousand_minor_units_of_forints_were_shown_as_twelve_thousand_forints() {
    let desk = Desk::open().await;
    let amounts = json!([
        { "minor": 12000, "currency": "HUF" },
        { "minor": 1250, "currency": "EUR" },
        { "minor": 12000, "currency": "VND" },
        { "minor": -1250, "currency": "KWD" },
        { "minor": 5000, "currency": "ISK" },
    ]);
    desk.browser.before_pages(&stays_of(&amounts)).await;
    desk.browser.reload().await;
    desk.until("the login is shown", SHOWS_LOGIN).await;
    desk.log_in(&desk.password).await;
    desk.until("the desk is shown", SHOWS_DESK).await;
    go_to_stays(&desk).await;
    let expected =
        ["HUF\u{a0}120.00", "\u{20ac}12.50", "\u{20ab}12,000", "-KWD\u{a0}1.250", "ISK\u{a0}5,000"];
    wait::until("the amounts", async || {
        let shown = desk.texts("tbody td:last-child").await;
        (shown == expected).then_some(())
    })
    .await;
    desk.end(&[NOT_LOGGED_IN]).await;
}

/// A script that answers in the server's place when stays are asked for: one for each amount.
fn stays_of(amounts: &Value) -> String {
    format!(
        "const asked = window.fetch;
        window.fetch = (request, options) => {{
            if (!String(request.url ?? request).includes('/api/v1/stays?')) return asked(request, options);
            const items = {amounts}.map((paid, index) => ({{
                id: `00000000-0000-7000-8000-00000000000${{index}}`, status: 'closed', paid, charged: paid, note: '',
            }}));
            return Promise.resolve(Response.json({{ items, next: null }}));
        }};"
    )
}

/// Opens the first lane by keyboard; gives what the page answers.
async fn order(desk: &Desk, reason: &str) -> String {
    let forget = "for (const one of document.querySelectorAll('[data-testid=toasts] button[aria-label=Close]')) one.click()";
    desk.browser.ask(forget, Value::Null).await;
    desk.until("no toast is left", "return !document.querySelector('[data-testid=toasts]').innerText").await;
    desk.browser.keys("1o").await;
    desk.until("a reason is asked for", ASKS).await;
    let title = desk.text("[data-modal] h2").await;
    assert!(title.starts_with("Open "), "{title}");
    desk.browser.keys(&format!("{reason}{ENTER}")).await;
    desk.until("an answer", "return !!document.querySelector('[data-testid=toasts]').innerText").await;
    desk.text(TOASTS).await
}

async fn feed_length(desk: &Desk) -> usize {
    desk.texts(FEED).await.len()
}

async fn go_to_stays(desk: &Desk) {
    desk.browser.keys("gs").await;
    desk.until("the stays are shown", SHOWS_STAYS).await;
}

/// Opens one row after the other, by keyboard, the oldest first, until a stay owes something; subscribers never do.
async fn open_charged_stay(desk: &Desk) {
    wait::within(wait::TIMEOUT * 2, "a stay that owes something", async || {
        let rows = desk.texts(STAY).await.len();
        for row in (0..rows).rev() {
            let focus = "const row = document.querySelectorAll('a[data-stay]')[arguments[0]]; row?.focus(); return !!row";
            if desk.browser.ask(focus, json!(row)).await != true {
                return None;
            }
            desk.browser.keys(ENTER).await;
            desk.until("a stay is shown", "return !!document.querySelector('[data-testid=timeline]')").await;
            let due = desk.text("[data-sum=due]").await;
            if due.starts_with("Due") && !due.contains("0.00") {
                return Some(());
            }
            desk.browser.ask("history.back()", Value::Null).await;
            desk.until("the stays again", SHOWS_STAYS).await;
        }
        None
    })
    .await;
}

/// News must not take the focus away from somebody who walks through the stays.
async fn keeps_the_keyboards_place(desk: &Desk) {
    let start =
        "const row = document.querySelectorAll('a[data-stay]')[2]; row.focus(); return row.dataset.stay";
    let row = desk.browser.ask(start, Value::Null).await;
    let newest = "return document.querySelector('a[data-stay]').dataset.stay";
    let first = desk.browser.ask(newest, Value::Null).await;
    wait::until("a new stay", async || (desk.browser.ask(newest, Value::Null).await != first).then_some(()))
        .await;
    let look = "return { row: document.activeElement.dataset.stay, among: document.activeElement.matches('a[data-stay]'),
        listed: [...document.querySelectorAll('a[data-stay]')].map((one) => one.dataset.stay) }";
    let now = desk.browser.ask(look, Value::Null).await;
    let is_listed = now["listed"].as_array().is_some_and(|rows| rows.contains(&row));
    assert!(now["among"] == true || !is_listed, "the focus is lost: {now}");
    assert!(now["row"] == row || !is_listed, "the focus leaves {row} only with it: {now}");
}

async fn search_filters(desk: &Desk) {
    let plate = desk.text("a[data-stay] [data-plate]:not([data-plate=\"\"])").await;
    desk.browser.ask("document.querySelector('main select').focus()", Value::Null).await;
    desk.browser.keys("a").await;
    desk.browser.ask("document.activeElement.blur()", Value::Null).await;
    desk.browser.keys("/").await;
    desk.until("the search has the focus", "return document.activeElement.matches('input[type=search]')")
        .await;
    desk.browser.keys(&plate).await;
    wait::until("only stays of the searched plate", async || {
        let found = desk.texts("a[data-stay] [data-plate]").await;
        (!found.is_empty() && found.iter().all(|one| *one == plate)).then_some(())
    })
    .await;
    desk.browser.keys("QQQQ").await;
    desk.until("none fits", "return document.querySelector('main').innerText.includes('No stay matches')")
        .await;
    assert!(desk.texts(STAY).await.is_empty(), "and none is shown");
    assert!(desk.is("return location.search.includes('state=all')").await, "the address says what is shown");
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
