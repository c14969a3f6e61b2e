//! Chromium, driven through chromedriver: WebDriver is JSON over HTTP on loopback, and this is all of it that is needed.
//!
//! Keys and clicks go through the browser's own input, so focus, forms and dialogs behave as for a person. It knows
//! nothing of the page it shows.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use boomgate_tests::programs::{self, Process};
use boomgate_tests::wait;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// Keys as WebDriver names them.
pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";
pub const TAB: &str = "\u{e004}";

/// A loaded machine takes its time to start a browser.
const ANSWER: Duration = Duration::from_secs(90);

/// What the browser itself complained of: errors of scripts, requests that failed, violations of the page's policy.
#[derive(Clone, Debug)]
pub struct ConsoleError(pub String);

#[derive(Debug)]
pub struct Browser {
    http: reqwest::Client,
    /// `http://127.0.0.1:PORT/session/ID`
    session: String,
    // Ends with this.
    _driver: Process,
    profile: PathBuf,
}

impl Browser {
    /// Starts chromedriver and a Chromium with a fresh profile in `dir`.
    ///
    /// # Panics
    /// When one of them is not installed or does not start.
    pub async fn start(dir: &Path) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().no_proxy().timeout(ANSWER).build().unwrap();
        let profile = dir.join("profile");
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").env("TMPDIR", dir).env("HOME", dir);
        let driver = Process::start(&mut command, &dir.join("chromedriver.log"));
        let port = wait::until("chromedriver listens", async || port_in(&driver.output())).await;
        let mut browser =
            Self { http, session: format!("http://127.0.0.1:{port}/session"), _driver: driver, profile };
        let made = browser.post("", &capabilities(&browser.profile)).await;
        let id = made["sessionId"].as_str().expect("a new session has an id");
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    pub async fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url })).await;
    }

    pub async fn reload(&self) {
        self.post("/refresh", &json!({})).await;
    }

    /// Presses and releases every key of `text`, one after the other, wherever the focus is.
    pub async fn keys(&self, text: &str) {
        let presses = text.chars().flat_map(|key| {
            [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
        });
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": presses.collect::<Vec<_>>() });
        self.post("/actions", &json!({ "actions": [keyboard] })).await;
    }

    /// Clicks with the mouse into the middle of the first element that fits `selector`.
    pub async fn click(&self, selector: &str) {
        self.click_found("css selector", selector).await;
    }

    async fn click_found(&self, using: &str, value: &str) {
        let found = self.post("/element", &json!({ "using": using, "value": value })).await;
        let id = found.as_object().and_then(|names| names.values().next()?.as_str()).expect("an element");
        self.post(&format!("/element/{id}/click"), &json!({})).await;
    }

    /// Clicks the first element with `role` whose text is `name`.
    pub async fn click_named(&self, role: &str, name: &str) {
        let path = format!("//*[@role='{role}'][normalize-space()='{name}']");
        self.click_found("xpath", &path).await;
    }

    /// Runs `script` in every page from now on, before the page's own.
    pub async fn before_pages(&self, script: &str) {
        let command =
            json!({ "cmd": "Page.addScriptToEvaluateOnNewDocument", "params": { "source": script } });
        self.post("/goog/cdp/execute", &command).await;
    }

    /// What a script's `return` gives; `arguments[0]` is `argument`.
    pub async fn ask(&self, script: &str, argument: Value) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [argument] })).await
    }

    /// As if the system were set to `scheme`: `light` or `dark`.
    pub async fn prefer(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.post("/goog/cdp/execute", &json!({ "cmd": "Emulation.setEmulatedMedia", "params": media }))
            .await;
    }

    /// The value of a cookie, also of one that no script can see.
    pub async fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.get("/cookie").await;
        let cookie = cookies.as_array()?.iter().find(|cookie| cookie["name"] == name)?;
        cookie["value"].as_str().map(str::to_owned)
    }

    pub async fn set_cookie(&self, name: &str, value: &str) {
        self.post("/cookie", &json!({ "cookie": { "name": name, "value": value, "httpOnly": true } })).await;
    }

    /// What was complained of since this was asked last.
    pub async fn console_errors(&self) -> Vec<ConsoleError> {
        let entries = self.post("/se/log", &json!({ "type": "browser" })).await;
        let entries = entries.as_array().expect("a log is a list").iter();
        let bad = entries.filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        bad.map(|entry| ConsoleError(entry["message"].as_str().unwrap_or_default().to_owned())).collect()
    }

    /// Closes Chromium and ends chromedriver.
    ///
    /// # Panics
    /// When Chromium does not go.
    pub async fn end(self) {
        let answer = self.http.delete(&self.session).send().await.unwrap();
        assert!(answer.status().is_success(), "Chromium closes: {}", answer.status());
        wait::until("the end of Chromium", async || {
            programs::mentioning(&self.profile).is_empty().then_some(())
        })
        .await;
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.session)).json(body);
        self.answer(path, request).await
    }

    async fn get(&self, path: &str) -> Value {
        self.answer(path, self.http.get(format!("{}{path}", self.session))).await
    }

    async fn answer(&self, path: &str, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let status = answer.status();
        let mut read: Value = answer.json().await.unwrap();
        let value = read["value"].take();
        assert!(status.is_success(), "WebDriver {path}: {}: {}", value["error"], value["message"]);
        value
    }
}

impl Drop for Browser {
    /// A story that failed must not leave a browser behind; chromedriver goes with its process.
    fn drop(&mut self) {
        for pid in programs::mentioning(&self.profile) {
            kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
        }
    }
}

/// From `ChromeDriver was started successfully on port 40123.`
fn port_in(output: &str) -> Option<u16> {
    let (_, rest) = output.split_once("started successfully on port ")?;
    rest.split('.').next()?.parse().ok()
}

fn capabilities(profile: &Path) -> Value {
    let arguments = json!([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-proxy-server",
        "--lang=en-GB",
        "--window-size=1300,1000",
        format!("--user-data-dir={}", profile.display()),
    ]);
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "acceptInsecureCerts": true,
        "goog:chromeOptions": { "binary": "/usr/bin/chromium", "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    } } })
}
