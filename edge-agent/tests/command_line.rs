//! What a person meets at the command line.

#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Output};

use boomgate_edge_agent::camera::scene::{Light, Scene, View};
use rig::film::jpeg;
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

/// Motion JPEG: an empty lane, a car, another car.
fn film() -> Vec<u8> {
    let scene = Scene::new();
    let car = |plate: &str, frame| {
        scene.draw(&View { plate: plate.into(), country: "SK".into(), light: Light::Day, seed: 5, frame })
    };
    let mut frames = vec![scene.empty(Light::Day, 1)];
    frames.extend((0..3).map(|frame| car("BA123XY", frame)));
    frames.push(scene.empty(Light::Day, 2));
    frames.extend((0..3).map(|frame| car("KE777AB", frame)));
    frames.iter().flat_map(jpeg).collect()
}

#[test]
fn a_video_is_told_frame_by_frame_and_vehicle_by_vehicle() {
    let folder = tempfile::tempdir().unwrap();
    let (path, drawn) = (folder.path().join("lane.mjpeg"), folder.path().join("seen"));
    std::fs::write(&path, film()).unwrap();
    let (file, seen) = (path.display().to_string(), drawn.display().to_string());
    let read = agent(&["read", &file, "--country", "SK", "--json", "--draw", &seen]);
    assert!(read.status.success(), "{}", text(&read.stderr));
    let told: Vec<Value> =
        text(&read.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (vehicles, frames): (Vec<&Value>, Vec<&Value>) =
        told.iter().partition(|one| !one["vehicle"].is_null());
    let numbers: Vec<_> = frames.iter().map(|frame| frame["frame"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..8).collect::<Vec<_>>());
    assert_eq!((frames[0]["plate"].as_str(), frames[2]["plate"].as_str()), (None, Some("BA123XY")));
    let plates: Vec<_> = vehicles.iter().map(|one| one["plate"].as_str().unwrap()).collect();
    assert_eq!(plates, ["BA123XY", "KE777AB"]);
    let span = |one: &Value| {
        ["number", "first_frame", "last_frame"].map(|key| one["vehicle"][key].as_u64().unwrap())
    };
    assert_eq!([span(vehicles[0]), span(vehicles[1])], [[1, 1, 3], [2, 5, 7]]);
    for vehicle in vehicles {
        assert!(vehicle["boxes"][0]["corners"].is_array() && vehicle["ms"]["total"].as_f64().unwrap() > 0.0);
        assert!(drawn.join(format!("lane-frame-{}.png", vehicle["frame"])).is_file(), "{vehicle}");
    }

    // A folder of pictures and videos, one of them cut short: everything else is read, and the status says so.
    std::fs::write(&path, &film()[..film().len() - 1000]).unwrap();
    jpeg_of_a_car(&folder.path().join("a.jpg"));
    let read = agent(&["read", &folder.path().display().to_string(), "--country", "SK"]);
    let said = text(&read.stdout);
    for part in ["a.jpg: BA555XY", "frames 1 to 3: BA123XY (accept", "frames 5 to 6: KE777AB"] {
        assert!(said.contains(part), "{part} not in {said}");
    }
    let wrong = text(&read.stderr);
    assert!(
        wrong.contains("frame 7: video ") && wrong.contains("ends in the middle of a picture"),
        "{wrong}"
    );
    assert_eq!(read.status.code(), Some(1));
}

fn jpeg_of_a_car(path: &Path) {
    let view = View { plate: "BA555XY".into(), country: "SK".into(), light: Light::Day, seed: 5, frame: 0 };
    std::fs::write(path, jpeg(&Scene::new().draw(&view))).unwrap();
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
    let help = text(&agent(&["read", "--help"]).stdout);
    for part in ["IMAGE|VIDEO|DIR", "--country", "--draw", "motion JPEG", "feature opencv", "lane.mp4"] {
        assert!(help.contains(part), "{part} not in {help}");
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
