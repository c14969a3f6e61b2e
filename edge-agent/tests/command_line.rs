//! What a person meets at the command line.

#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use std::os::unix::net::UnixStream;
use std::process::{Command, Output};

use boomgate_edge_agent::camera::scene::{Light, Scene, View};
use rig::server::Server;
use rig::{Lane, Plan, wait};
use serde_json::Value;

fn agent(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_edge-agent")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_picture_is_read_and_one_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("car.png"), folder.path().join("not.png"));
    let view = View { plate: "BA123XY".into(), country: "SK".into(), light: Light::Day, seed: 5, frame: 0 };
    Scene::new().draw(&view).save(&good).unwrap();
    std::fs::write(&bad, "hello").unwrap();
    let good = good.display().to_string();
    let read = agent(&["read", &good, "--countries", "SK", "--json"]);
    let found: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!((found["plate"].as_str(), found["verdict"].as_str()), (Some("BA123XY"), Some("accept")));
    assert!(read.status.success());
    let both = agent(&["read", &good, &bad.display().to_string()]);
    assert!(text(&both.stdout).contains("BA123XY") && text(&both.stderr).contains("not.png"));
    assert_eq!(both.status.code(), Some(1));
}

#[test]
fn a_bad_file_is_refused_with_every_fault_and_status_78() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.toml");
    std::fs::write(&file, "site = 'North!'\ncolour = 'red'\n").unwrap();
    let file = file.display().to_string();
    for command in ["check-config", "run", "doctor"] {
        let done = agent(&[command, "--config", &file]);
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(78), "{command}: {said}");
        for part in ["agent.toml", "site: ", "colour: unknown key", "server: this section is missing"] {
            assert!(said.contains(part), "{command}: {part} not in {said}");
        }
    }
}

#[test]
fn a_right_file_is_right_and_the_doctor_says_what_answers() {
    let server = Server::start();
    let lane = Lane::prepare(&server, &Plan::default());
    let file = lane.path("agent.toml").display().to_string();
    let checked = agent(&["check-config", "--config", &file]);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let examined = agent(&["doctor", "--config", &file]);
    let said = text(&examined.stdout);
    assert!(examined.status.success(), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("ok")).count(), 6, "{said}");
    std::fs::remove_file(lane.path("sign.key")).unwrap();
    let examined = agent(&["doctor", "--config", &file]);
    assert!(
        !examined.status.success() && text(&examined.stdout).contains("FAIL  keys"),
        "{}",
        text(&examined.stdout)
    );
}

#[test]
fn help_names_every_command() {
    let help = text(&agent(&["--help"]).stdout);
    for command in ["run", "check-config", "read", "doctor"] {
        assert!(help.contains(command), "{help}");
    }
}

#[test]
fn a_lane_told_to_ends_with_its_parent() {
    let server = Server::start();
    let lane = Lane::prepare(&server, &Plan::default());
    let socket = lane.path("ctl.sock");
    let mut parent = Command::new("sh")
        .args(["-c", "\"$0\" run --exit-with-parent --config \"$1\" 2>\"$2\" & wait"])
        .args([env!("CARGO_BIN_EXE_edge-agent").as_ref(), lane.path("agent.toml").as_os_str()])
        .arg(lane.log_path())
        .spawn()
        .unwrap();
    wait("the control socket", || UnixStream::connect(&socket).ok());
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait("a clean end", || lane.log().contains("the lane has ended").then_some(()));
    assert!(!socket.exists());
}
