//! What a lane is for: obeyed at once, kept without a network and over a restart, ended at its time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use boomgate_schemas::down::WantedMode;
use boomgate_schemas::up::{Boom, ReportedMode};
use rig::server::Server;
use rig::{Lane, Plan, wait};

fn wish(version: u64, mode: &str) -> WantedMode {
    WantedMode { version, mode: mode.into(), until_ms: None }
}

/// Waits until the lane says that it obeys this, and has stored it.
fn obeyed(server: &Server, version: u64, mode: &str) {
    let said = ReportedMode { version, mode: mode.into() };
    wait(&format!("{said:?} in a hello"), || {
        server.hello().and_then(|hello| hello.lane_mode).filter(|mode| *mode == said)
    });
}

#[test]
fn free_flow_is_obeyed_at_once_and_holds_after_a_kill_without_a_server() {
    let server = Server::start();
    let mut lane = Lane::start(&server, &Plan::default());
    wait("a greeting", || server.hello());
    lane.wait_for("sign", |report| report["code"] == "IDLE");
    server.send_mode(wish(1, "free_flow"));
    lane.wait_for("sign", |report| report["code"] == "OPEN-FREE-FLOW");
    let driven = lane.wait_for("drive", |report| report["request"] == "open");
    assert_eq!(driven["rule"], "mode");
    obeyed(&server, 1, "free_flow");
    wait("the boom held", || server.hello().filter(|hello| hello.boom == Boom::Held));
    lane.kill();
    drop(server);
    lane.run();
    lane.wait_for("sign", |report| report["code"] == "OPEN-FREE-FLOW");
    lane.wait_for("drive", |report| report["request"] == "open");
    assert!(lane.quit());
}

#[test]
fn an_entry_that_is_full_refuses_visitors_also_by_itself() {
    let server = Server::start();
    let mut lane = Lane::start(
        &server,
        &Plan { more: "[offline]\nentry = \"visitors\"\nexit = \"everybody\"", ..Plan::default() },
    );
    wait("a greeting", || server.hello());
    server.send_mode(wish(4, "full"));
    obeyed(&server, 4, "full");
    lane.car("a", "BA123XY");
    let decided = lane.wait_for("decision", |report| report["car"] == "a");
    assert_eq!((decided["code"].as_str(), decided["local"].as_bool()), (Some("DENY-FULL"), Some(true)));
    assert!(lane.reports("drive").iter().all(|report| report["request"] != "open"));
}

#[test]
fn an_older_wish_or_an_unknown_word_changes_nothing() {
    let server = Server::start();
    let lane = Lane::start(&server, &Plan::default());
    wait("a greeting", || server.hello());
    server.send_mode(wish(5, "closed"));
    obeyed(&server, 5, "closed");
    server.send_mode(wish(4, "free_flow"));
    server.send_mode(wish(6, "overnight"));
    server.send_mode(wish(7, "maintenance"));
    obeyed(&server, 7, "maintenance");
    let signs: Vec<_> = lane.reports("sign").iter().map(|sign| sign["code"].to_string()).collect();
    assert!(!signs.contains(&"\"OPEN-FREE-FLOW\"".to_owned()), "{signs:?}");
}

#[test]
fn a_mode_ends_at_its_time_without_the_server() {
    let server = Server::start();
    let lane = Lane::start(&server, &Plan::default());
    wait("a greeting", || server.hello());
    let now = jiff::Timestamp::now().as_millisecond();
    server.send_mode(WantedMode { until_ms: Some(now + 1_500), ..wish(1, "closed") });
    lane.wait_for("sign", |report| report["code"] == "DENY-CLOSED");
    server.cut();
    wait("the sign at rest", || {
        lane.reports("sign").last().filter(|sign| sign["code"] == "IDLE").map(|_| ())
    });
    assert!(jiff::Timestamp::now().as_millisecond() >= now + 1_500, "not before its time");
    obeyed(&server, 1, "open");
}
