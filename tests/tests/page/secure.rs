//! A server of one's own, set up by the command line, with its page behind HTTPS.

use std::path::Path;
use std::process::Command;

use boomgate_tests::postgres::Postgres;
use boomgate_tests::programs::{Process, program};
use boomgate_tests::scratch::Scratch;
use boomgate_tests::wait;
use serde_json::Value;

use crate::browser::{Browser, ENTER, TAB};
use crate::desk::{SHOWS_LOGIN, log_out};

const CONFIG: &str = "data = 'data'\n[api]\nlisten = '127.0.0.1:0'\ncert = 'page.pem'\nkey = 'page.key'\n\
    [broker]\nlisten = '127.0.0.1:0'\n[device_https]\nlisten = '127.0.0.1:0'\n\
    [metrics]\nlisten = '127.0.0.1:0'\n[log]\njson = true\n";

/// Runs `boomgate` to its end, beside the server; what it prints.
fn command(dir: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program("boomgate"));
    command.args(arguments).arg("--config").arg("boomgate.toml").current_dir(dir);
    command.env_remove("DATABASE_URL").env_remove("BOOMGATE_CONFIG");
    let output = command.output().unwrap();
    let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {output_text}");
    String::from_utf8(output.stdout).unwrap() + &output_text
}

fn write_files(dir: &Path) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    std::fs::write(dir.join("page.pem"), made.cert.pem()).unwrap();
    std::fs::write(dir.join("page.key"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(dir.join("boomgate.toml"), CONFIG).unwrap();
}

/// The port of the people's listener, in the log line that says so.
fn port(log: &str) -> Option<u16> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let serving = lines.map(|line| line["fields"].clone()).find(|fields| fields["message"] == "serving")?;
    serving["api"].as_str()?.rsplit(':').next()?.parse().ok()
}

/// The printed password: four groups of four.
fn password(output_text: &str) -> String {
    let is_password = |word: &&str| word.len() == 19 && word.split('-').all(|group| group.len() == 4);
    output_text
        .split_whitespace()
        .find(is_password)
        .unwrap_or_else(|| panic!("no password in {output_text}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium; run by make e2e"]
async fn a_browser_was_offered_http2_and_saw_no_page_then_lost_its_second_session() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let dir = Scratch::new();
    let _postgres = Postgres::Private { dir: dir.path().join("data/postgres") };
    write_files(dir.path());
    let mut serve = Command::new(program("boomgate"));
    serve.args(["serve", "--config", "boomgate.toml"]).current_dir(dir.path());
    let mut server = Process::start(&mut serve, &dir.path().join("serve.log"));
    let port = wait::until("the server serves", async || {
        assert!(server.has_ended().is_none(), "{}", server.log());
        port(&server.log())
    })
    .await;
    let lane = ["--site", "north", "--lane", "in-1", "--direction", "entry", "--device", "pi-1"];
    command(
        dir.path(),
        &[&["device", "add"], &lane[..], &["--server", "localhost", "--out", "pi-1"]].concat(),
    );
    let password = password(&command(dir.path(), &["user", "add", "ann", "--role", "admin"]));

    let browser = Browser::start(dir.path()).await;
    browser.open(&format!("https://localhost:{port}/")).await;
    let run_script = async |script: &str| browser.ask(script, Value::Null).await;
    let protocol = "return performance.getEntriesByType('navigation')[0].nextHopProtocol";
    assert_eq!(run_script(protocol).await, "h2");
    wait::until("the login", async || (run_script(SHOWS_LOGIN).await == true).then_some(())).await;
    browser.keys(&format!("ann{TAB}{password}{ENTER}")).await;
    let live = "return document.querySelector('[data-link]')?.innerText";
    wait::until("the live feed beside HTTP/2", async || (run_script(live).await == "live").then_some(()))
        .await;
    // The second time the browser's own cookie is the older one and comes first, in a field of its own.
    log_out(&browser).await;
    wait::until("the login again", async || (run_script(SHOWS_LOGIN).await == true).then_some(())).await;
    browser.keys(&format!("ann{TAB}{password}{ENTER}")).await;
    wait::until("the second live feed", async || (run_script(live).await == "live").then_some(())).await;
    browser.end().await;
    server.stop().await;
    dir.assert_no_panic();
}
