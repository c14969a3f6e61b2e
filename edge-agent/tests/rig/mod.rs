//! One lane process and a scripted server: real TLS, real MQTT packets, real envelopes, and a script instead of decisions.

#![allow(dead_code, reason = "each test file uses its part of the rig")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for single kinds")]

pub mod disk;
pub mod film;
pub mod server;

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use serde_json::Value;
use server::{Pki, Server};

pub const LIMIT: Duration = Duration::from_secs(30);

/// Waits for something to become so; never longer than the limit.
pub fn wait<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(begun.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A folder with keys and configuration, and the process running in it.
pub struct Lane {
    pub folder: tempfile::TempDir,
    child: Option<Child>,
    reports: Arc<Mutex<Vec<Value>>>,
    control: Option<UnixStream>,
}

pub struct Plan {
    pub direction: &'static str,
    pub speed: u32,
    /// Path of the spool.
    pub spool: &'static str,
    /// What stands in the section [camera].
    pub camera: String,
    pub more: &'static str,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { direction: "entry", speed: 4, spool: "spool.db", camera: "kind = \"sim\"".into(), more: "" }
    }
}

impl Lane {
    pub fn prepare(server: &Server, plan: &Plan) -> Lane {
        let folder = tempfile::tempdir().unwrap();
        let signing = SigningKey::from_bytes(&server::DEVICE_KEY);
        let Pki { ca, device_cert, device_key, .. } = &server.pki;
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        };
        write("ca.pem", ca);
        write("device.pem", device_cert);
        write("device.key", device_key);
        write("sign.key", &signing.to_pkcs8_pem(LineEnding::LF).unwrap());
        write("agent.toml", &config(server, plan));
        Lane { folder, child: None, reports: Arc::default(), control: None }
    }

    pub fn start(server: &Server, plan: &Plan) -> Lane {
        let mut lane = Lane::prepare(server, plan);
        lane.run();
        lane
    }

    /// Starts the process and waits for its control socket.
    pub fn run(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.log_path()).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_edge-agent"))
            .args(["run", "--exit-with-parent", "--config"])
            .arg(self.folder.path().join("agent.toml"))
            .env("RUST_LOG", "info,boomgate_edge_agent=debug")
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        self.child = Some(child);
        let socket = self.folder.path().join("ctl.sock");
        let stream = wait("the control socket", || UnixStream::connect(&socket).ok());
        let (reader, reports) = (BufReader::new(stream.try_clone().unwrap()), Arc::clone(&self.reports));
        std::thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                reports.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        self.control = Some(stream);
    }

    pub fn order(&mut self, order: Value) {
        let stream = self.control.as_mut().unwrap();
        writeln!(stream, "{order}").unwrap();
    }

    /// Another program on the same folder, run to its end.
    pub fn second(&self, command: &str) -> Output {
        let file = self.path("agent.toml");
        Command::new(env!("CARGO_BIN_EXE_edge-agent"))
            .arg(command)
            .arg("--config")
            .arg(file)
            .output()
            .unwrap()
    }

    pub fn car(&mut self, id: &str, plate: &str) {
        self.order(serde_json::json!({"do": "car", "car": id, "plate": plate, "country": "SK", "patience_ms": 60_000}));
    }

    /// Every report of this kind so far.
    pub fn reports(&self, event: &str) -> Vec<Value> {
        let reports = self.reports.lock().unwrap();
        reports.iter().filter(|report| report["event"] == event).cloned().collect()
    }

    pub fn wait_for(&self, event: &str, fits: impl Fn(&Value) -> bool) -> Value {
        wait(&format!("{event}; the log says:\n{}", self.log()), || {
            self.reports(event).into_iter().find(|r| fits(r))
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// SIGKILL: nothing is told, nothing is tidied.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        self.control = None;
        self.reports.lock().unwrap().clear();
    }

    /// SIGTERM by way of the control socket's `quit`; returns whether the process ended well.
    pub fn quit(&mut self) -> bool {
        self.order(serde_json::json!({"do": "quit"}));
        let mut child = self.child.take().unwrap();
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.success();
            }
            assert!(begun.elapsed() < LIMIT, "the lane does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn log_path(&self) -> PathBuf {
        self.folder.path().join("agent.log")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        assert!(
            std::thread::panicking() || !self.log().contains("panicked"),
            "a panic in the log:\n{}",
            self.log()
        );
    }
}

fn config(server: &Server, plan: &Plan) -> String {
    let key = hex::encode(server.signing.verifying_key().to_bytes());
    let Plan { direction, speed, spool, camera, more } = plan;
    format!(
        r#"
site = "north"
lane = "in-1"
device = "pi-1"
direction = "{direction}"
time_scale = {speed}
[server]
mqtt = "localhost:{port}"
https = "https://localhost:1"
ca = "ca.pem"
cert = "device.pem"
key = "device.key"
sign_key = "sign.key"
public_key = "{key}"
[spool]
path = "{spool}"
[gpio]
kind = "sim"
[camera]
{camera}
[reader]
countries = ["SK"]
[sim]
control = "ctl.sock"
{more}
"#,
        port = server.port
    )
}
