//! Real cameras that misbehave: a network stream that stalls and hangs up, a source that never answers.

#![cfg(feature = "opencv")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use std::process::Command;
use std::time::{Duration, Instant};

use boomgate_edge_agent::camera::Camera;
use boomgate_edge_agent::camera::opencv::OpenCvCamera;
use boomgate_schemas::down;
use boomgate_schemas::topic::Leaf;
use boomgate_schemas::up::Hello;
use rig::film::{Film, State};
use rig::server::Server;
use rig::{Lane, Plan, wait};
use uuid::Uuid;

#[test]
fn a_stream_that_stalls_or_hangs_up_is_an_error_in_time_and_is_opened_again() {
    let film = Film::of("BA123XY");
    let mut camera = OpenCvCamera::open(&film.url()).unwrap();
    wait("the first frame", || camera.frame().ok());
    assert!(camera.check().is_ok());
    for state in [State::Stalls, State::HangsUp] {
        film.set(state);
        let error = wait("silence", || camera.check().err()).to_string();
        assert!(error.contains("http://***@127.0.0.1") && !error.contains("secret"), "{error}");
        camera.begin();
        let begun = Instant::now();
        assert!(camera.frame().is_err());
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        film.set(State::Plays);
        wait("a frame again", || camera.frame().ok());
        assert!(camera.check().is_ok());
    }
    assert!(film.requests() < 20, "{} connections are too many", film.requests());
}

#[test]
fn a_source_that_hangs_in_opencv_is_left_behind_a_few_times_and_taken_up_when_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    // Opening a pipe nobody writes to never comes back, and OpenCV knows no timeout for it.
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut camera = OpenCvCamera::open(&pipe.display().to_string()).unwrap();
    let begun = Instant::now();
    assert!(camera.frame().unwrap_err().to_string().contains("does not answer yet"));
    wait("a new attempt", || {
        camera.check().unwrap_err().to_string().contains("is opened anew").then_some(())
    });
    assert!(begun.elapsed() > Duration::from_secs(13), "not before OpenCV had its time");
    wait("the one that hangs and the new one", || (camera_threads() == 2).then_some(()));
    drop(camera);
    // With somebody at the other end the threads come back, see that they are not wanted, and end.
    let end = std::fs::File::options().write(true).open(&pipe).unwrap();
    drop(end);
    wait("all threads gone", || {
        let _ = std::fs::File::options().read(true).write(true).open(&pipe);
        (camera_threads() == 0).then_some(())
    });
}

fn camera_threads() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let names = threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("comm")));
    names.filter(|name| name.as_ref().is_ok_and(|name| name.trim_end() == "camera")).count()
}

#[test]
fn a_camera_that_stalls_stops_no_lane_and_server_and_doctor_are_told() {
    let (film, server) = (Film::of("BA123XY"), Server::that_opens());
    let camera = format!("kind = \"opencv\"\nsource = \"{}\"", film.url());
    let mut lane = Lane::start(&server, &Plan { camera: camera.clone(), ..Plan::default() });
    let hello =
        |what: &str, fits: &dyn Fn(&Hello) -> bool| wait(what, || server.hello().filter(|hello| fits(hello)));
    let is_blind = |hello: &Hello| hello.faults.contains(&"FAULT-CAMERA".to_owned());

    lane.car("a", "BA123XY");
    lane.wait_for("passed", |report| report["car"] == "a");
    assert_eq!(server.arrivals()[0].reading.as_ref().unwrap().plate, "BA123XY");
    let well = hello("a good view", &|hello| hello.view.is_some());
    assert!(!is_blind(&well) && well.view.as_ref().unwrap().score > 50, "{well:?}");

    // Nobody is at the lane; it notices all the same.
    film.set(State::Stalls);
    let blind = hello("the fault", &is_blind);
    let view = blind.view.unwrap();
    assert!(view.score == 0 && view.advice.contains("http://***@127.0.0.1"), "{view:?}");
    assert!(server.faults().contains(&"FAULT-CAMERA".to_owned()));
    let doctor = Lane::prepare(&server, &Plan { camera, ..Plan::default() });
    let examined = Command::new(env!("CARGO_BIN_EXE_edge-agent"))
        .args(["doctor", "--config"])
        .arg(doctor.path("agent.toml"))
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&examined.stdout).into_owned();
    assert!(report.contains("FAIL  camera and reader: camera http://***@127.0.0.1"), "{report}");

    // A car that is not read is told of in time, and a person lets it in.
    lane.car("b", "BA124XY");
    let arrival =
        wait("an arrival", || server.arrivals().into_iter().find(|arrival| arrival.reading.is_none()));
    let command = down::Command {
        code: "OPEN-MANUAL".into(),
        params: [("operator".to_owned(), Uuid::now_v7().to_string())].into(),
        by: Some("eva".into()),
        ..server.open_command(arrival.arrival)
    };
    server.send(Leaf::Cmd, server.sealed(&command));
    lane.wait_for("passed", |report| report["car"] == "b");

    film.set(State::HangsUp);
    film.show("BA125XY");
    film.set(State::Plays);
    hello("a heartbeat without the fault", &|hello| !is_blind(hello));
    lane.car("c", "BA125XY");
    lane.wait_for("passed", |report| report["car"] == "c");
    let read = server.arrivals().into_iter().filter_map(|arrival| arrival.reading);
    assert!(read.into_iter().any(|reading| reading.plate == "BA125XY"));
    assert!(lane.quit(), "a clean end");
}
