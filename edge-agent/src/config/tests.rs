//! Files as people write them, right and wrong.

use boomgate_domain::direction::Direction;
use boomgate_domain::lane::LaneConfig;

use super::*;

/// A file that is right; `{key}` of the server is 32 bytes of a real key.
pub fn good() -> String {
    let key = hex::encode(ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key().to_bytes());
    format!(
        r#"
site = "north"
lane = "in-1"
device = "pi-1"
direction = "entry"
time_scale = 10

[server]
mqtt = "127.0.0.1:8883"
https = "https://127.0.0.1:8443/"
ca = "ca.pem"
cert = "device.pem"
key = "device.key"
sign_key = "sign.key"
public_key = "{key}"

[spool]
path = "spool.db"

[gpio]
kind = "sim"

[camera]
kind = "sim"

[reader]
countries = ["SK", "DE"]

[timings]
open_hold_ms = 9000
safety = {{ debounce_ms = 25 }}

[sim]
control = "ctl.sock"
"#
    )
}

#[test]
fn the_shipped_example_is_right() {
    let config = Config::parse(include_str!("../../agent.example.toml"), Path::new("/lane")).unwrap();
    assert!(matches!(config.gpio, GpioKind::Pi(_)) && matches!(config.camera, CameraKind::OpenCv(_)));
}

fn faults(text: &str) -> Vec<String> {
    let found = Config::parse(text, Path::new("/lane")).unwrap_err();
    found.into_iter().map(|fault| format!("{}: {}", fault.path, fault.what)).collect()
}

#[test]
fn a_right_file_is_taken_with_paths_beside_it_and_waits_in_real_time() {
    let config = Config::parse(&good(), Path::new("/lane")).unwrap();
    assert_eq!(config.server.ca, Path::new("/lane/ca.pem"));
    assert_eq!((config.server.mqtt_host.as_str(), config.server.mqtt_port), ("127.0.0.1", 8883));
    assert_eq!(config.server.https, "https://127.0.0.1:8443");
    assert_eq!((config.machine.open_hold_ms, config.machine.safety.debounce_ms), (9000, 25));
    let usual = LaneConfig::for_direction(Direction::Entry);
    assert_eq!(config.machine.decision_timeout_ms, usual.decision_timeout_ms * 10);
    assert_eq!(config.machine.close_timeout_ms, usual.close_timeout_ms);
}

#[test]
fn every_fault_is_named_at_once() {
    let bad = good()
        .replace("lane = \"in-1\"", "lane = \"In/1\"\nlamp = 3")
        .replace("direction = \"entry\"", "direction = \"up\"")
        .replace("127.0.0.1:8883", "nowhere")
        .replace("[\"SK\", \"DE\"]", "[\"ZZ\"]\ndetector_kind = \"boxes\"\nreader_config = \"ocr.yaml\"")
        .replace("[camera]\nkind = \"sim\"", "[camera]\nkind = \"folder\"")
        .replace("open_hold_ms", "open_holt_ms")
        .replace("path = \"spool.db\"", "path = \"spool.db\"\nsize = 3");
    let found = faults(&bad).join("\n");
    for expected in [
        "lamp: unknown key",
        "lane: lane code \"In/1\" contains 'I'",
        "direction: \"up\" is neither",
        "server.mqtt: \"nowhere\" is not host:port; write \"nowhere:8883\"",
        "reader.countries: no plate series for country \"ZZ\"",
        "camera.source: kind \"folder\" needs a source",
        "reader.detector_kind: \"boxes\" needs a detector",
        "reader.reader_config: it describes a reader, and none is named",
        "timings: unknown field `open_holt_ms`",
        "spool: unknown field `size`",
    ] {
        assert!(found.contains(expected), "{expected} not in\n{found}");
    }
}

#[test]
fn an_empty_file_names_everything_it_needs() {
    let found = faults("").join("\n");
    for key in ["site", "lane", "device", "direction", "server", "spool", "gpio", "camera"] {
        assert!(found.contains(&format!("{key}: this ")), "{key} not in\n{found}");
    }
}

#[test]
fn a_simulated_camera_on_real_wires_and_a_fast_real_lane_are_refused() {
    let pins = "[gpio]\nkind = \"pi\"\n[gpio.pins]\narming = { pin = 5, active = \"low\" }";
    let found = faults(&good().replace("[gpio]\nkind = \"sim\"", pins)).join("\n");
    assert!(found.contains("gpio: missing field"), "{found}");
}

/// The faults of a good file with this put in place of that.
fn faults_with(changes: &[(&str, &str)]) -> String {
    let bad = changes.iter().fold(good(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    faults(&bad).join("\n")
}

#[test]
fn limits_of_the_reader_outside_zero_to_one_are_refused() {
    let own = "[reader]\nthresholds = { free = { certainty = 7, plate = 0.0 }, unreadable_below = -0.1 }";
    let found = faults_with(&[("[reader]", own)]);
    for key in ["free.certainty: 7 is not", "free.plate: 0 is not", "unreadable_below: -0.1 is not"] {
        assert!(
            found.contains(&format!("reader.thresholds.{key} between 0 and 1; write 0.95")),
            "{key}: {found}"
        );
    }
}

#[test]
fn timings_of_zero_and_of_the_wrong_unit_are_refused_with_what_they_may_be() {
    let own = "open_hold_ms = 0\nclose_after_clear_ms = 0\nopen_timeout_ms = 9000000\nmax_cycles_per_min = 0\n\
               startup_stable_ms = 0\narming = { stuck_on_ms = 0 }";
    let safety = ("safety = { debounce_ms = 25 }", "safety = { stale_ms = 5000, debounce_ms = 0 }");
    let found = faults_with(&[("open_hold_ms = 9000", own), safety]);
    for expected in [
        "timings.open_hold_ms: 0 is not from 1000 to 3600000: how long an open boom waits for its car",
        "timings.close_after_clear_ms: 0 is not from 100 to 60000",
        "timings.open_timeout_ms: 9000000 is not from 500 to 120000",
        "timings.max_cycles_per_min: 0 is not from 1 to 60",
        "timings.startup_stable_ms: 0 is not from 2000",
        "timings.safety.stale_ms: 5000 is not from 100 to 200",
        "timings.safety.debounce_ms: 0 is not from 1 to 1000",
    ] {
        assert!(found.contains(expected), "{expected} not in\n{found}");
    }
    assert!(!found.contains("stuck_on_ms"), "0 is never: {found}");
}

#[test]
fn an_address_that_is_none_is_told_how_to_be_written() {
    let found = faults_with(&[
        ("\"127.0.0.1:8883\"", "\"https://gate.example\""),
        ("https://127.0.0.1:8443/", "https://gate.example:8443:8443"),
    ]);
    assert!(
        found.contains("server.mqtt: \"https://gate.example\" is a URL; write \"gate.example:8883\""),
        "{found}"
    );
    assert!(found.contains("server.https: ") && found.contains("has a port twice"), "{found}");
    let found = faults_with(&[("\"127.0.0.1:8883\"", "\"fd00::17\"")]);
    assert!(found.contains("write \"[fd00::17]:8883\""), "{found}");
}

#[test]
fn the_whole_configuration_printed_shows_no_password() {
    let camera = "kind = \"opencv\"\nsource = \"rtsp://admin:s3cret@10.0.0.2/1\"";
    let text = good().replace("[camera]\nkind = \"sim\"", &format!("[camera]\n{camera}"));
    let config = Config::parse(&text, Path::new("/nowhere")).unwrap();
    let printed = format!(
        "{config:?} {}",
        match &config.camera {
            CameraKind::OpenCv(source) => source.to_string(),
            CameraKind::Sim | CameraKind::Folder(_) => String::new(),
        }
    );
    assert!(printed.contains("10.0.0.2") && !printed.contains("s3cret"), "{printed}");
}

#[test]
fn what_the_machine_lacks_is_named() {
    let text = good().replace("[camera]\nkind = \"sim\"", "[camera]\nkind = \"opencv\"\nsource = \"0\"");
    let config = Config::parse(&text, Path::new("/nowhere")).unwrap();
    let paths: Vec<String> = config.surroundings().into_iter().map(|fault| fault.path).collect();
    assert!(paths.contains(&"server.ca".to_owned()));
    assert_eq!(paths.contains(&"camera.kind".to_owned()), !cfg!(feature = "opencv"));
}
