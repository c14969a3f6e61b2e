//! A demo of its own and a browser on its page.

use std::process::Command;
use std::time::Duration;

use boomgate_tests::postgres::Postgres;
use boomgate_tests::programs::{Process, program};
use boomgate_tests::scratch::Scratch;
use boomgate_tests::wait;
use serde_json::{Value, json};

use crate::browser::{Browser, ConsoleError, ENTER, TAB};
use crate::line::Line;

/// Making a database and starting four lanes, on a loaded machine.
const START: Duration = Duration::from_secs(90);
/// Until cars have been everywhere and done everything, at five times the speed of life.
const TRAFFIC: Duration = Duration::from_secs(90);

/// The app with somebody logged in.
pub const SHOWS_DESK: &str = "return !!document.querySelector('article[data-lane]')";
/// The app with nobody logged in.
pub const SHOWS_LOGIN: &str =
    "return !!document.querySelector('input[type=password]') && !document.querySelector('article, nav')";
/// Opens the menu, where the log-out is.
const MENU: &str = "button[aria-label^='Menu']";

/// The start of a path, and the status it was refused with.
pub type Refusal = (&'static str, u16);

/// The page, as it was opened first: nobody is logged in.
pub struct Desk {
    // Dropped in this order: the folder goes last.
    pub browser: Browser,
    demo: Process,
    _postgres: Postgres,
    address: String,
    pub password: String,
    dir: Scratch,
}

impl Desk {
    pub async fn open() -> Self {
        Self::start().await.shown().await
    }

    /// As [`Desk::logged_in`], over a line that can fall silent.
    pub async fn logged_in_over_a_line() -> (Self, Line) {
        let mut desk = Self::start().await;
        let server = desk.address.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        let line = Line::to(server).await;
        desk.address = format!("http://{}/", line.at);
        let desk = desk.shown().await;
        desk.log_in(&desk.password).await;
        desk.until("the desk is shown", SHOWS_DESK).await;
        (desk, line)
    }

    async fn start() -> Self {
        let dir = Scratch::new();
        let postgres = Postgres::Private { dir: dir.path().join("data/postgres") };
        let mut command = Command::new(program("boomgate"));
        command.args(["demo", "--speed", "5", "--lanes", "4", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(dir.path().join("data")).current_dir(dir.path()).env("TMPDIR", dir.path());
        let mut demo = Process::start(&mut command, &dir.path().join("demo.log"));
        let (address, password) = announced(&mut demo).await;
        let browser = Browser::start(dir.path()).await;
        Self { browser, demo, _postgres: postgres, address, password, dir }
    }

    async fn shown(self) -> Self {
        self.browser.open(&self.address).await;
        self.until("the login is shown", SHOWS_LOGIN).await;
        self
    }

    /// The page with an operator at it.
    pub async fn logged_in() -> Self {
        let desk = Self::open().await;
        desk.log_in(&desk.password).await;
        desk.until("the desk is shown", SHOWS_DESK).await;
        desk
    }

    /// By keyboard: the page has put the focus into the name.
    pub async fn log_in(&self, password: &str) {
        self.browser.keys(&format!("admin{TAB}{password}{ENTER}")).await;
    }

    /// By the menu, as a person does.
    pub async fn log_out(&self) {
        log_out(&self.browser).await;
        self.until("the login is shown", SHOWS_LOGIN).await;
    }

    pub async fn is(&self, script: &str) -> bool {
        self.browser.ask(script, Value::Null).await == true
    }

    pub async fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        self.browser.ask(script, json!(selector)).await.as_str().unwrap_or_default().to_owned()
    }

    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)";
        serde_json::from_value(self.browser.ask(script, json!(selector)).await).unwrap()
    }

    /// Waits until a script says true.
    pub async fn until(&self, what: &str, script: &str) {
        wait::within(TRAFFIC, what, async || self.is(script).await.then_some(())).await;
    }

    /// Status of a request the page could make.
    pub async fn status_of(&self, path: &str) -> u64 {
        let script = "return fetch(arguments[0]).then((answer) => answer.status)";
        self.browser.ask(script, json!(path)).await.as_u64().unwrap()
    }

    /// The end of every look at the page: nothing was complained of but the refusals that the story provoked, and every
    /// process ends well.
    pub async fn end(self, refusals: &[Refusal]) {
        let errors = self.console_errors_except(refusals).await;
        assert!(errors.is_empty(), "the browser complains: {errors:#?}");
        self.browser.end().await;
        self.demo.stop().await;
        self.dir.assert_no_panic();
    }

    /// What the browser complained of since this was asked last, without what was to be expected.
    pub async fn console_errors_except(&self, refusals: &[Refusal]) -> Vec<ConsoleError> {
        let mut errors = self.browser.console_errors().await;
        errors.retain(|error| !self.is_expected(&error.0, refusals));
        errors
    }

    /// A browser tells of every request that failed.
    fn is_expected(&self, errors: &str, refusals: &[Refusal]) -> bool {
        let Some(errors) = errors.strip_prefix(&self.address) else { return false };
        refusals.iter().any(|(path, status)| {
            errors.starts_with(path) && errors.contains(&format!("responded with a status of {status} "))
        })
    }
}

/// Asks for the end of the session by the menu.
pub async fn log_out(browser: &Browser) {
    browser.click(MENU).await;
    let menu = "return !!document.querySelector('[role=menu]:not([data-starting-style])')";
    wait::until("the menu", async || (browser.ask(menu, Value::Null).await == true).then_some(())).await;
    browser.click_named("menuitem", "Log out").await;
}

/// Page and password, as the demo tells the person who started it.
async fn announced(demo: &mut Process) -> (String, String) {
    wait::within(START, "the demo runs", async || {
        let log = demo.log();
        assert!(demo.has_ended().is_none(), "the demo ended: {log}");
        log.contains("Ctrl-C stops it").then(|| (word_after(&log, "page "), word_after(&log, "password ")))
    })
    .await
}

fn word_after(log: &str, label: &str) -> String {
    let line = log.lines().find_map(|line| line.trim_start().strip_prefix(label));
    let word = line.and_then(|rest| rest.split_whitespace().next());
    word.unwrap_or_else(|| panic!("the demo tells no {label}: {log}")).to_owned()
}
