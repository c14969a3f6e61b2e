//! Logs and results that cannot be written: the programs go on.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use boomgate_store::testing::TestDatabase;
use boomgate_tests::programs::program;
use boomgate_tests::scratch::Scratch;
use boomgate_tests::wait;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A configuration on free ports; its file and the people's address.
fn configured(dir: &Scratch, database: &TestDatabase) -> (PathBuf, SocketAddr) {
    let people = free_port();
    let text = format!(
        "[api]\nlisten = \"{people}\"\n[broker]\nlisten = \"{}\"\n[device_https]\nlisten = \"{}\"\n[metrics]\nlisten = \"{}\"\n[database]\nurl = {}\n",
        free_port(),
        free_port(),
        free_port(),
        toml::Value::from(database.url()),
    );
    let path = dir.path().join("boomgate.toml");
    std::fs::write(&path, text).unwrap();
    (path, people)
}

fn boomgate(arguments: &[&str], config: &PathBuf) -> Command {
    let mut command = Command::new(program("boomgate"));
    command.args(arguments).arg("--config").arg(config).stdin(Stdio::null());
    for name in ["DATABASE_URL", "DATABASE_URL_FILE", "BOOMGATE_CONFIG"] {
        command.env_remove(name);
    }
    command
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_error_on_a_full_disk_ended_the_server() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (dir, database) = (Scratch::new(), TestDatabase::new().await);
    let (config, people) = configured(&dir, &database);
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let mut command = boomgate(&["serve"], &config);
    // Every request says something, too.
    let child = command.env("RUST_LOG", "debug").stdout(full()).stderr(full()).spawn().unwrap();
    let mut server = Running(child);
    let client = reqwest::Client::new();
    wait::until("the server serves", async || {
        assert_eq!(server.0.try_wait().unwrap(), None, "it ended");
        client
            .get(format!("http://{people}/readyz"))
            .send()
            .await
            .ok()
            .filter(|answer| answer.status() == 200)
    })
    .await;
    for _ in 0..20 {
        let answer = client.get(format!("http://{people}/api/v1/lanes")).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(server.0.try_wait().unwrap(), None, "it ended");
    kill(Pid::from_raw(i32::try_from(server.0.id()).unwrap()), Signal::SIGTERM).unwrap();
    let status = wait::until("the end", async || server.0.try_wait().unwrap()).await;
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_went_away_made_the_doctor_panic() {
    let (dir, database) = (Scratch::new(), TestDatabase::new().await);
    let (config, _) = configured(&dir, &database);
    let log = dir.path().join("doctor.log");
    let mut doctor = boomgate(&["doctor"], &config)
        .stdout(Stdio::piped())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    // As `| head -1` does.
    let mut line = String::new();
    BufReader::new(doctor.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let mut doctor = Running(doctor);
    let status = wait::until("the end", async || doctor.0.try_wait().unwrap()).await;
    let output = std::fs::read_to_string(&log).unwrap();
    assert!(status.code().is_some_and(|code| code < 2), "{status}: {output}");
    assert!(!output.contains("panicked"), "{output}");
    // A full disk under the result is no success.
    let full = Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let status = boomgate(&["check-config"], &config).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(1));
}
