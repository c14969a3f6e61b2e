//! The lane's card: shared by mistake, full, read-only; and what a second program on it may and may not do.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for single kinds")]

mod rig;

use std::collections::BTreeMap;
use std::process::Output;

use boomgate_schemas::up::{Event, EventBody, Outcome};
use rig::disk::SmallDisk;
use rig::server::Server;
use rig::{Lane, Plan, wait};

fn output_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_second_agent_on_one_folder_is_refused_by_name_and_costs_no_event() {
    let server = Server::that_opens();
    let mut lane = Lane::start(&server, &Plan::default());
    lane.car("a", "BA123XY");
    lane.wait_for("passed", |report| report["car"] == "a");
    let second = lane.second("run");
    let text = output_text(&second);
    assert_eq!(second.status.code(), Some(75), "{text}");
    let holder = format!("in use by process {}, running since 20", lane.pid());
    assert!(text.contains(&holder), "{holder} not in {text}");

    let examined = lane.second("doctor");
    let text = output_text(&examined);
    assert!(examined.status.success() && text.contains(&holder), "{text}");
    assert!(text.contains("left alone"), "the wires are the running program's: {text}");

    lane.car("b", "BA124XY");
    lane.wait_for("passed", |report| report["car"] == "b");
    wait("all acked", || {
        let hello = server.hello()?;
        server.with(|shared| (shared.watermark() + 1 >= hello.next_seq && hello.boot == 1).then_some(()))
    });
    server.with(|shared| {
        assert!(shared.events.iter().all(|event| !matches!(event.body, EventBody::Gap(_))), "a gap");
        assert!(shared.hellos.iter().all(|hello| hello.boot == 1), "another start was counted");
    });
    assert!(lane.quit());
}

const ON_CARD: Plan = Plan {
    direction: "exit",
    speed: 4,
    spool: "card/spool.db",
    camera: String::new(),
    more: "[evidence]\nfolder = \"card/evidence\"",
};

fn on_card() -> Plan {
    Plan { camera: Plan::default().camera, ..ON_CARD }
}

/// Every number from 1 on is an event's or lies in a declared gap, and no number has two events.
fn is_whole(events: &[Event]) -> bool {
    let mut known = BTreeMap::new();
    let mut gaps = Vec::new();
    for event in events {
        assert_eq!(
            *known.entry(event.seq).or_insert(event.id),
            event.id,
            "number {} has two events",
            event.seq
        );
        if let EventBody::Gap(gap) = &event.body {
            gaps.push(gap.first..=gap.last);
        }
    }
    let last = known.keys().next_back().copied().unwrap_or(0);
    (1..=last).all(|seq| known.contains_key(&seq) || gaps.iter().any(|gap| gap.contains(&seq)))
}

fn passages(events: &[Event]) -> usize {
    let mut ids: Vec<_> = events
        .iter()
        .filter(|event| matches!(event.body, EventBody::Passage(_)))
        .map(|event| event.id)
        .collect();
    ids.sort();
    ids.dedup();
    ids.len()
}

fn opened_alone(events: &[Event]) -> bool {
    events
        .iter()
        .any(|event| matches!(&event.body, EventBody::Decided(decided) if decided.outcome == Outcome::Open))
}

#[test]
fn an_exit_that_starts_on_a_full_card_opens_by_its_outage_answers_and_tells_it_all_later() {
    let server = Server::start();
    let mut lane = Lane::prepare(&server, &on_card());
    let Some(disk) = SmallDisk::mount(&lane.path("card")) else { return };
    disk.fill();
    let examined = lane.second("doctor");
    let text = output_text(&examined);
    assert!(!examined.status.success() && text.contains("FAIL  spool: the disk of"), "{text}");
    assert!(text.contains("is full") && text.contains("make room"), "{text}");

    lane.run();
    let hello = wait("a hello with the fault", || {
        server.hello().filter(|hello| hello.faults.contains(&"FAULT-SPOOL".to_owned()))
    });
    assert_eq!((hello.next_seq, hello.spool), (1, None));
    lane.wait_for("sign", |report| report["code"] == "FAULT-SPOOL");
    lane.car("a", "BA123XY");
    let decision = lane.wait_for("decision", |report| report["car"] == "a");
    assert_eq!((decision["outcome"].as_str(), decision["local"].as_bool()), (Some("open"), Some(true)));
    lane.wait_for("passed", |report| report["car"] == "a");
    assert!(lane.log().contains("starts without its spool"), "{}", lane.log());
    wait("the boom closed again", || {
        let booms = lane.reports("boom");
        let raised = booms.iter().position(|report| report["state"] == "open")?;
        booms[raised..].iter().any(|report| report["state"] == "closed").then_some(())
    });
    server.with(|shared| assert_eq!(shared.events, [], "nothing goes out under a number that is not kept"));

    disk.empty();
    wait("what happened meanwhile", || {
        server.with(|shared| (passages(&shared.events) == 1 && opened_alone(&shared.events)).then_some(()))
    });
    let hello = wait("a hello without the fault", || {
        server.hello().filter(|hello| hello.faults.is_empty() && hello.backlog == 0 && hello.spool.is_some())
    });
    server.with(|shared| {
        assert!(is_whole(&shared.events));
        assert_eq!(shared.watermark() + 1, hello.next_seq);
        let missing: u64 = shared
            .events
            .iter()
            .filter_map(|event| match &event.body {
                EventBody::Gap(gap) => Some((gap.first, gap.last + 1 - gap.first)),
                _ => None,
            })
            .collect::<BTreeMap<_, _>>()
            .values()
            .sum();
        // What is shed is the boom's states, and each is one number: opening, open, closing, closed at least.
        assert!((4..20).contains(&missing), "{missing} numbers declared missing");
    });
    lane.wait_for("sign", |report| report["code"] == "IDLE");
    let examined = lane.second("doctor");
    assert!(output_text(&examined).contains("MiB free"), "{}", output_text(&examined));
    assert!(lane.quit());
}

#[test]
fn a_lane_that_starts_on_a_read_only_card_keeps_its_numbers_and_its_counters() {
    let server = Server::that_opens();
    let mut lane = Lane::prepare(&server, &on_card());
    let Some(disk) = SmallDisk::mount(&lane.path("card")) else { return };
    lane.run();
    lane.car("a", "BA123XY");
    lane.wait_for("passed", |report| report["car"] == "a");
    wait("all acked", || server.hello().filter(|hello| hello.backlog == 0 && hello.command_counter == 1));
    assert!(lane.quit());
    disk.remount("ro");
    let examined = lane.second("doctor");
    assert!(output_text(&examined).contains("is read-only"), "{}", output_text(&examined));

    lane.run();
    let second = wait("the second start", || {
        server.hello().filter(|hello| hello.boot == 2 && hello.faults.contains(&"FAULT-SPOOL".to_owned()))
    });
    assert_eq!(second.command_counter, 1, "what was obeyed is known although nothing can be written");
    lane.car("b", "BA124XY");
    lane.wait_for("passed", |report| report["car"] == "b");
    assert!(server.results().iter().all(|result| result.counter == 1), "no counter, no movement");
    disk.remount("rw");
    wait("the second passage", || server.with(|shared| (passages(&shared.events) == 2).then_some(())));
    server.with(|shared| assert!(is_whole(&shared.events)));
    assert!(lane.quit());
}

#[test]
fn an_older_copy_on_a_full_card_loses_nothing_to_an_ack_until_it_has_its_new_numbers() {
    let server = Server::start();
    server.with(|shared| shared.withhold_acks = true);
    let mut lane = Lane::prepare(&server, &on_card());
    let Some(disk) = SmallDisk::mount(&lane.path("card")) else { return };
    lane.run();
    lane.car("a", "BA123XY");
    lane.wait_for("passed", |report| report["car"] == "a");
    let waiting = wait("the passage", || {
        server.with(|shared| (passages(&shared.events) == 1).then(|| shared.events.clone()))
    });
    assert!(lane.quit());

    disk.fill();
    server.with(|shared| {
        shared.taken = 3;
        shared.events.clear();
        shared.hellos.clear();
    });
    lane.run();
    let hello = wait("a hello with the fault", || {
        server.hello().filter(|hello| hello.faults.contains(&"FAULT-SPOOL".to_owned()))
    });
    let sent = hello.next_seq - 1;
    wait("what waits", || server.with(|shared| (shared.strangers.len() >= 3).then_some(())));
    let before = server.with(|shared| shared.hellos.len());
    server.send_ack(0, Some(3));
    server.send_ack(sent, None);
    let hello = wait("the next hello", || server.with(|shared| shared.hellos.get(before).cloned()));
    assert_eq!((hello.acked_seq, hello.next_seq), (0, sent + 1), "an ack for others' events");
    // What is owed outlives the connection; this server does not ask again.
    server.cut();
    server.with(|shared| shared.withhold_acks = false);
    disk.empty();
    wait("all under new numbers, and acked", || {
        server.hello().filter(|hello| hello.backlog == 0 && hello.acked_seq > sent && hello.faults.is_empty())
    });
    server.with(|shared| {
        for event in &waiting {
            let mut renewed = shared.events.iter().filter(|known| known.id == event.id && known.seq > sent);
            assert!(renewed.any(|known| known.was == Some(event.seq)), "{event:?} is lost");
        }
    });
    assert!(lane.quit());
}

#[test]
fn a_lane_with_a_damaged_spool_runs_and_takes_a_new_one_when_the_old_is_moved_away() {
    let server = Server::start();
    let mut lane = Lane::prepare(&server, &Plan { direction: "exit", ..Plan::default() });
    std::fs::write(lane.path("spool.db"), vec![7; 8_192]).unwrap();
    assert!(output_text(&lane.second("doctor")).contains("FAIL  spool: spool file is damaged"));
    lane.run();
    wait("the fault", || server.hello().filter(|hello| hello.faults == ["FAULT-SPOOL"]));
    lane.car("a", "BA123XY");
    lane.wait_for("passed", |report| report["car"] == "a");
    std::fs::rename(lane.path("spool.db"), lane.path("spool.damaged")).unwrap();
    wait("what happened meanwhile", || server.with(|shared| (passages(&shared.events) == 1).then_some(())));
    server.with(|shared| assert!(is_whole(&shared.events)));
    wait("a hello without the fault", || server.hello().filter(|hello| hello.faults.is_empty()));
    assert!(lane.quit());
}

#[test]
fn a_second_agent_is_refused_on_a_read_only_card_too() {
    let server = Server::start();
    let mut lane = Lane::prepare(&server, &on_card());
    let Some(disk) = SmallDisk::mount(&lane.path("card")) else { return };
    disk.remount("ro");
    lane.run();
    wait("the fault", || server.hello().filter(|hello| hello.faults == ["FAULT-SPOOL"]));
    assert_eq!(lane.second("run").status.code(), Some(75), "the folder is locked where no file can be made");
    assert!(lane.quit());
}
