//! What a person meets at the command line.

#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use boomgate_plate_reader::scene::{Light, SceneRenderer, View};
use rig::film::jpeg;
use rig::server::Server;
use rig::{Lane, Plan, wait};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
    SceneRenderer::new().draw(&view).save(&good).unwrap();
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

/// A JPEG with EXIF behind its start that says it lies on its right side (orientation 6).
fn lying(jpeg: &[u8]) -> Vec<u8> {
    let tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap().to_be_bytes();
    [&jpeg[..2], b"\xff\xe1", &length, b"Exif\0\0", tiff, &jpeg[2..]].concat()
}

#[test]
fn a_picture_turned_by_exif_had_no_plate_and_one_cut_short_did_not_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let view = View { plate: "BA555XY".into(), country: "SK".into(), light: Light::Day, seed: 5, frame: 0 };
    let upright = SceneRenderer::new().draw(&view);
    let turned = folder.path().join("turned.jpg");
    std::fs::write(&turned, lying(&jpeg(&image::imageops::rotate270(&upright)))).unwrap();
    let read = agent(&["read", &turned.display().to_string(), "--country", "SK"]);
    assert!(text(&read.stdout).contains("turned.jpg: BA555XY (accept"), "{}", text(&read.stdout));
    assert_eq!((read.status.code(), text(&read.stderr).as_str()), (Some(0), ""));

    let (cut, whole) = (folder.path().join("cut.jpg"), jpeg(&upright));
    for (left, plate) in [(whole.len() - 40, "BA555XY"), (whole.len() / 8, "no plate")] {
        std::fs::write(&cut, &whole[..left]).unwrap();
        let read = agent(&["read", &cut.display().to_string(), "--country", "SK"]);
        assert!(text(&read.stdout).contains(&format!("cut.jpg: {plate}")), "{}", text(&read.stdout));
        assert!(text(&read.stderr).contains("cut.jpg is cut short"), "{}", text(&read.stderr));
        assert_eq!(read.status.code(), Some(1));
    }
    std::fs::write(&cut, &whole[..20]).unwrap();
    let read = agent(&["read", &cut.display().to_string()]);
    assert!(
        text(&read.stderr).contains("cut.jpg is cut short, and nothing is left of it"),
        "{}",
        text(&read.stderr)
    );
}

/// Motion JPEG: an empty lane, a car, another car.
fn film() -> Vec<u8> {
    let scene = SceneRenderer::new();
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
    let reported: Vec<Value> =
        text(&read.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (vehicles, frames): (Vec<&Value>, Vec<&Value>) =
        reported.iter().partition(|one| !one["vehicle"].is_null());
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
    let report = text(&read.stdout);
    for part in ["a.jpg: BA555XY", "frames 1 to 3: BA123XY (accept", "frames 5 to 6: KE777AB"] {
        assert!(report.contains(part), "{part} not in {report}");
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
    std::fs::write(path, jpeg(&SceneRenderer::new().draw(&view))).unwrap();
}

#[test]
fn a_bad_file_is_refused_with_every_fault_and_status_78() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.toml");
    std::fs::write(&file, "site = 'North!'\ncolour = 'red'\n").unwrap();
    let file = file.display().to_string();
    for command in ["check-config", "run", "doctor"] {
        let done = agent(&[command, "--config", &file]);
        let report = text(&done.stderr);
        assert_eq!(done.status.code(), Some(78), "{command}: {report}");
        for part in ["agent.toml", "site: ", "colour: unknown key", "server: this section is missing"] {
            assert!(report.contains(part), "{command}: {part} not in {report}");
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
    let report = text(&examined.stdout);
    assert!(examined.status.success(), "{report}");
    assert_eq!(report.lines().filter(|line| line.starts_with("ok")).count(), 9, "{report}");
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

/// A lane whose camera has a password, in a build without OpenCV or with a camera that does not answer.
fn lane_with_password(server: &Server) -> Lane {
    let camera = "kind = \"opencv\"\nsource = \"rtsp://admin:s3cret@127.0.0.1:1/stream\"".to_owned();
    Lane::prepare(server, &Plan { camera, ..Plan::default() })
}

#[test]
fn no_command_prints_the_cameras_password() {
    let server = Server::start();
    let lane = lane_with_password(&server);
    let file = lane.path("agent.toml").display().to_string();
    for arguments in
        [["doctor", "--config", &file], ["check-config", "--config", &file], ["run", "--config", &file]]
    {
        if arguments[0] == "run" && cfg!(feature = "opencv") {
            continue;
        }
        let done = agent(&arguments);
        let report = text(&done.stdout) + &text(&done.stderr);
        assert!(!report.contains("s3cret"), "{}: {report}", arguments[0]);
    }
    // A fault in the very line is shown with the line.
    let broken = std::fs::read_to_string(&file).unwrap().replace("stream\"", "stream\" x");
    std::fs::write(&file, broken).unwrap();
    let done = agent(&["check-config", "--config", &file]);
    let report = text(&done.stderr);
    assert!(
        done.status.code() == Some(78) && report.contains("***@127.0.0.1") && !report.contains("s3cret"),
        "{report}"
    );
}

#[test]
fn a_reader_that_goes_away_ends_no_command_with_a_panic() {
    let server = Server::start();
    let lane = Lane::prepare(&server, &Plan::default());
    let done = Command::new("sh")
        .args(["-c", "\"$0\" doctor --config \"$1\" | head -n 1; exit 0"])
        .args([env!("CARGO_BIN_EXE_edge-agent").as_ref(), lane.path("agent.toml").as_os_str()])
        .output()
        .unwrap();
    assert!(text(&done.stdout).starts_with("ok"), "{}", text(&done.stdout));
    assert_eq!(text(&done.stderr), "");
    // Before anything is read: every line meets a closed pipe.
    let mut closed = Command::new(env!("CARGO_BIN_EXE_edge-agent"))
        .args(["doctor", "--config", &lane.path("agent.toml").display().to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(closed.stdout.take());
    let done = closed.wait_with_output().unwrap();
    assert_eq!((done.status.code(), text(&done.stderr).as_str()), (Some(141), ""));
}

#[test]
fn a_log_that_cannot_be_written_does_not_end_the_lane() {
    let server = Server::that_opens();
    let lane = Lane::prepare(&server, &Plan::default());
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let (reader, pipe) = std::io::pipe().unwrap();
    drop(reader);
    for log in [Stdio::from(full), Stdio::from(pipe)] {
        let mut running = Command::new(env!("CARGO_BIN_EXE_edge-agent"))
            .args(["run", "--exit-with-parent", "--config", &lane.path("agent.toml").display().to_string()])
            .env("RUST_LOG", "debug")
            .stderr(log)
            .spawn()
            .unwrap();
        let boot = server.hello().map_or(0, |hello| hello.boot);
        wait("a hello of this start", || {
            assert_eq!(running.try_wait().unwrap(), None, "it has ended");
            server.hello().filter(|hello| hello.boot > boot)
        });
        let mut control = wait("the control socket", || UnixStream::connect(lane.path("ctl.sock")).ok());
        writeln!(control, "{{\"do\":\"quit\"}}").unwrap();
        assert!(running.wait().unwrap().success());
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_a_lane_keeps_is_its_users_alone_whatever_the_umask_was() {
    let server = Server::that_opens();
    let lane = Lane::prepare(&server, &Plan::default());
    let evidence = lane.path("evidence");
    std::fs::create_dir(&evidence).unwrap();
    let old = evidence.join("old.part");
    std::fs::write(&old, "a picture of another time").unwrap();
    for (path, open) in
        [("agent.toml", 0o644), ("device.key", 0o640), ("sign.key", 0o604), ("evidence", 0o755)]
    {
        std::fs::set_permissions(lane.path(path), Permissions::from_mode(open)).unwrap();
    }
    let examined = lane.second("doctor");
    let report = text(&examined.stdout);
    for path in ["agent.toml", "device.key", "sign.key"] {
        let advice = format!("chmod 0600 {}", lane.path(path).display());
        assert!(!examined.status.success() && report.contains(&advice), "{advice} not in {report}");
    }
    assert!(report.contains(&format!("chmod 0700 {}", evidence.display())), "{report}");

    let mut running = Command::new("sh")
        .args(["-c", "umask 000; exec \"$0\" run --exit-with-parent --config \"$1\" 2>\"$2\""])
        .args([env!("CARGO_BIN_EXE_edge-agent").as_ref(), lane.path("agent.toml").as_os_str()])
        .arg(lane.log_path())
        .spawn()
        .unwrap();
    let mut control = wait("the control socket", || UnixStream::connect(lane.path("ctl.sock")).ok());
    writeln!(control, "{{\"do\":\"car\",\"car\":\"a\",\"plate\":\"BA123XY\",\"country\":\"SK\"}}").unwrap();
    let arrival = wait("an arrival", || server.arrivals().first().cloned());
    let picture = evidence.join(format!("{}.jpg", arrival.evidence.unwrap()));
    wait("its picture", || picture.is_file().then_some(()));
    for path in
        ["agent.toml", "device.key", "sign.key", "spool.db", "spool.db-wal", "spool.db-shm", "spool.db.lock"]
    {
        assert_eq!(mode(&lane.path(path)), 0o600, "{path}");
    }
    assert_eq!((mode(&evidence), mode(&picture), mode(&old)), (0o700, 0o600, 0o600));
    assert!(lane.log().contains("removed other users' access to a file"), "{}", lane.log());
    assert!(lane.second("doctor").status.success(), "{}", text(&lane.second("doctor").stdout));
    writeln!(control, "{{\"do\":\"quit\"}}").unwrap();
    assert!(running.wait().unwrap().success());
}

#[test]
fn a_certificate_that_ends_soon_or_has_ended_is_said_by_doctor_log_and_hello() {
    let server = Server::start();
    let mut lane = Lane::prepare(&server, &Plan::default());
    let (cert, key) =
        server.pki.device_until(std::time::SystemTime::now() + Duration::from_secs(12 * 86_400 + 60));
    std::fs::write(lane.path("device.pem"), cert).unwrap();
    std::fs::write(lane.path("device.key"), key).unwrap();
    let report = text(&lane.second("doctor").stdout);
    assert!(report.contains("FAIL  certificate: the device's certificate ends in 12 days"), "{report}");
    lane.run();
    wait("the fault", || server.hello().filter(|hello| hello.faults == ["FAULT-CERTIFICATE"]));
    assert!(lane.log().contains("ends in 12 days") && lane.log().contains("renew it"), "{}", lane.log());
    assert!(lane.quit());

    let (cert, key) = server.pki.device_until(std::time::SystemTime::now() - Duration::from_secs(86_400));
    std::fs::write(lane.path("device.pem"), cert).unwrap();
    std::fs::write(lane.path("device.key"), key).unwrap();
    let report = text(&lane.second("doctor").stdout);
    assert!(report.contains("the device's certificate expired on 20"), "{report}");
    lane.run();
    wait("the log", || lane.log().contains("expired on 20").then_some(()));
}

/// Answers one request over TLS with this head.
fn answer_once(server: &Server, head: &'static str) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tokio_rustls::TlsAcceptor::from(server.pki.server_tls());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            listener.set_nonblocking(true).unwrap();
            let (stream, _) = tokio::net::TcpListener::from_std(listener).unwrap().accept().await.unwrap();
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        });
    });
    port
}

#[test]
fn the_doctor_says_how_far_the_clock_is_from_the_servers() {
    let server = Server::start();
    let lane = Lane::prepare(&server, &Plan::default());
    let port = answer_once(
        &server,
        "HTTP/1.1 404 Not Found\r\ndate: Sun, 06 Nov 2022 08:49:37 GMT\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    let file = lane.path("agent.toml");
    let text_of = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text_of.replace("https://localhost:1\"", &format!("https://localhost:{port}\"")))
        .unwrap();
    let report = text(&lane.second("doctor").stdout);
    assert!(
        report.contains("FAIL  clock: it is ") && report.contains(" s ahead of the server's"),
        "{report}"
    );
}
