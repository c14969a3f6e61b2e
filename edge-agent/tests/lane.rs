//! Stories of one lane process against a scripted server.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for single kinds")]

mod rig;

use std::sync::atomic::{AtomicBool, Ordering};

use boomgate_domain::listing::{ListingKey, PlateTag};
use boomgate_domain::plate::Plate;
use boomgate_edge_agent::spool::store::Store;
use boomgate_schemas::bytes::{Epoch, Octets};
use boomgate_schemas::down::{Command, ListEntry, ListKind, SyncPart};
use boomgate_schemas::envelope::{self, Header};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_schemas::up::{Answer, ClockState, Event, EventBody, Fault, Hello, Params, PassageKind};
use ed25519_dalek::SigningKey;
use rig::server::{Server, list_key, topic};
use rig::{Lane, Plan, wait};
use uuid::Uuid;

#[test]
fn a_car_is_read_let_in_and_seen_to_pass() {
    let server = Server::that_opens();
    let mut lane = Lane::start(&server, &Plan::default());
    lane.car("a", "BA123XY");
    lane.wait_for("passed", |report| report["car"] == "a" && report["arrival"].is_string());
    let arrival = &server.arrivals()[0];
    assert_eq!(arrival.reading.as_ref().unwrap().plate, "BA123XY");
    let passage = wait("the passage at the server", || {
        server.with(|shared| {
            shared.events.iter().find_map(|event| match &event.body {
                EventBody::Passage(passage) => Some(passage.clone()),
                _ => None,
            })
        })
    });
    assert_eq!((passage.arrival, passage.kind), (Some(arrival.arrival), PassageKind::Passed));
    let decision = lane.wait_for("decision", |report| report["car"] == "a");
    assert_eq!((decision["code"].as_str(), decision["local"].as_bool()), (Some("OPEN-VISITOR"), Some(false)));
    assert!(
        decision["loop_to_command_ms"].as_i64().unwrap()
            >= decision["publish_to_command_ms"].as_i64().unwrap()
    );
    assert!(lane.path("evidence").join(format!("{}.jpg", arrival.evidence.unwrap())).is_file());
    let opened = lane.wait_for("drive", |report| report["request"] == "open");
    assert_eq!(
        opened["command"].as_str().map(str::to_owned),
        server.results().first().map(|r| r.command.to_string())
    );
    let reported = wait("a heartbeat with the camera's view", || server.hello()?.view);
    assert!(reported.score > 50 && reported.plates == 1000 && !reported.advice.is_empty(), "{reported:?}");
    assert!(lane.quit(), "a clean end");
}

#[test]
fn forged_replayed_expired_and_foreign_commands_move_nothing_and_an_honest_resend_is_answered() {
    let server = Server::start();
    let mut lane =
        Lane::start(&server, &Plan { more: "[timings]\ndecision_timeout_ms = 60000", ..Plan::default() });
    lane.car("a", "BA123XY");
    let arrival = wait("the arrival", || server.arrivals().first().map(|a| a.arrival));
    let good = server.open_command(arrival);

    for (leaf, bytes) in forgeries(&server, &good) {
        server.send(leaf, bytes);
    }
    let expired = Command { counter: good.counter + 1, not_after_ms: 1, ..good.clone() };
    server.send(Leaf::Cmd, server.sealed(&expired));
    let other_start =
        Command { counter: good.counter + 2, epoch: Epoch::from_slice(&[1; 16]).unwrap(), ..good.clone() };
    server.send(Leaf::Cmd, server.sealed(&other_start));
    let refusals = wait("two refusals", || Some(server.results()).filter(|results| results.len() >= 2));
    let codes: Vec<_> = refusals.iter().map(|r| (r.result, r.code.clone().unwrap())).collect();
    assert_eq!(codes, [(Answer::Refused, "CMD-EXPIRED".into()), (Answer::Refused, "CMD-EPOCH".into())]);
    assert_eq!(lane.reports("drive").iter().filter(|report| report["request"] == "open").count(), 0);
    assert!(server.faults().contains(&"FAULT-REPLAY".to_owned()), "{:?}", server.faults());

    let fresh = Command { counter: good.counter + 3, ..good.clone() };
    let bytes = server.sealed(&fresh);
    server.send(Leaf::Cmd, bytes.clone());
    lane.wait_for("passed", |report| report["car"] == "a");
    server.send(Leaf::Cmd, bytes);
    let answers = wait("the stored answer", || {
        Some(server.results()).filter(|r| r.iter().filter(|r| r.counter == fresh.counter).count() >= 2)
    });
    assert!(answers.iter().filter(|r| r.counter == fresh.counter).all(|r| r.result == Answer::Done));
    let replay = Command { id: Uuid::now_v7(), ..fresh };
    server.send(Leaf::Cmd, server.sealed(&replay));
    let until = std::time::Instant::now() + std::time::Duration::from_millis(300);
    while std::time::Instant::now() < until {
        assert_eq!(lane.reports("drive").iter().filter(|report| report["request"] == "open").count(), 1);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// The good command made bad in each way that its bytes allow.
fn forgeries(server: &Server, good: &Command) -> Vec<(Leaf, Vec<u8>)> {
    let honest = server.sealed(good);
    let mut flipped = honest.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let stranger = SigningKey::from_bytes(&[1; 32]);
    let by_stranger = envelope::seal(&topic(Leaf::Cmd), &Header::server(), good.encode(), &stranger);
    let elsewhere = Topic::new("north".parse().unwrap(), "in-2".parse().unwrap(), Leaf::Cmd);
    let for_other_lane = envelope::seal(&elsewhere, &Header::server(), good.encode(), &server.signing);
    let other_device = Command { device: "pi-2".into(), ..good.clone() };
    let mut trailing = honest.clone();
    trailing.push(0);
    vec![
        (Leaf::Cmd, flipped),
        (Leaf::Cmd, by_stranger),
        (Leaf::Cmd, for_other_lane),
        (Leaf::Cmd, server.sealed(&other_device)),
        (Leaf::Cmd, trailing),
        (Leaf::Cmd, vec![]),
        (Leaf::Cmd, vec![0x9b; 4000]),
        (Leaf::Ack, honest.clone()),
        (Leaf::List, honest),
    ]
}

#[test]
fn a_killed_lane_uses_no_number_twice_and_declares_only_what_is_missing() {
    let server = Server::that_opens();
    let mut lane = Lane::start(&server, &Plan::default());
    for round in 0..3 {
        let car = format!("car-{round}");
        lane.car(&car, &format!("BA10{round}XY"));
        lane.wait_for("boom", |report| report["state"] == "opening");
        lane.kill();
        lane.run();
    }
    lane.car("last", "BA999XY");
    let arrival = |plate: &str| {
        server
            .arrivals()
            .iter()
            .find(|a| a.reading.as_ref().is_some_and(|r| r.plate == plate))
            .map(|a| a.arrival)
    };
    wait("the last arrival", || arrival("BA999XY"));
    let next = wait("all acked", || {
        let hello = server.hello()?;
        server.with(|shared| (shared.watermark() + 1 >= hello.next_seq).then_some(hello.next_seq))
    });
    assert!(next > 1);
    server.with(|shared| {
        let mut ids = std::collections::BTreeMap::new();
        for event in &shared.events {
            let known = ids.entry(event.seq).or_insert(event.id);
            assert_eq!(*known, event.id, "number {} was used for two events", event.seq);
        }
        // Three kills: what may be missing is what was on its way to the disk just then, not a block of thousands.
        let missing = |event: &Event| match &event.body {
            EventBody::Gap(gap) => gap.last + 1 - gap.first,
            _ => 0,
        };
        let missing: u64 =
            ids.keys().filter_map(|seq| shared.events.iter().find(|e| e.seq == *seq)).map(missing).sum();
        assert!(missing < 100 && shared.watermark() < 1_000, "{missing} numbers declared missing");
        let boots: std::collections::BTreeSet<u32> = shared.hellos.iter().map(|hello| hello.boot).collect();
        assert_eq!(boots.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4]);
    });
}

#[test]
fn without_its_server_a_lane_decides_from_its_list_and_tells_it_all_later() {
    let server = Server::start();
    let mut lane = Lane::start(&server, &Plan::default());
    wait("the request for the list", || server.with(|shared| (shared.sync_requests > 0).then_some(())));
    let tag = |plate: &str| {
        let tag = ListingKey::from_bytes(list_key().0).tag(&Plate::parse(plate).unwrap());
        Octets(*tag.as_bytes())
    };
    let entries = vec![
        ListEntry { tag: tag("BA123XY"), kind: ListKind::Subscription, until_ms: None },
        ListEntry { tag: tag("BA666XY"), kind: ListKind::Block, until_ms: None },
    ];
    let parts = entries.into_iter().enumerate();
    for (part, entry) in parts {
        let part = SyncPart {
            version: 7,
            part: part as u32,
            parts: 2,
            key: list_key(),
            entries: vec![entry],
            terms: vec![],
        };
        server.send_list(&part);
    }
    wait("the list in the spool", || lane.log().contains("stored a new offline list").then_some(()));
    server.with(|shared| shared.refuse = true);
    server.cut();
    lane.wait_for("boom", |report| report["state"] == "closed");

    lane.order(serde_json::json!({"do": "car", "car": "blocked", "plate": "BA666XY", "patience_ms": 12_000}));
    lane.car("subscriber", "BA123XY");
    let decision = lane.wait_for("decision", |report| report["car"] == "blocked");
    assert_eq!(
        (decision["code"].as_str(), decision["local"].as_bool()),
        (Some("DENY-BLOCKLISTED"), Some(true))
    );
    let decision = lane.wait_for("decision", |report| report["car"] == "subscriber");
    assert_eq!(
        (decision["code"].as_str(), decision["local"].as_bool()),
        (Some("OPEN-SUBSCRIPTION"), Some(true))
    );
    lane.wait_for("passed", |report| report["car"] == "subscriber");

    server.with(|shared| shared.refuse = false);
    wait("what happened meanwhile", || {
        server.with(|shared| {
            let passed = shared.events.iter().any(|event| matches!(event.body, EventBody::Passage(_)));
            let decided =
                shared.events.iter().filter(|event| matches!(event.body, EventBody::Decided(_))).count();
            (passed && decided == 2).then_some(())
        })
    });
    assert_eq!(server.arrivals().len(), 2);
}

#[test]
fn without_its_server_a_lane_let_in_the_twin_of_a_blocked_plate() {
    let server = Server::start();
    let mut lane = Lane::start(&server, &Plan::default());
    wait("the request for the list", || server.with(|shared| (shared.sync_requests > 0).then_some(())));
    let (key, plate) = (ListingKey::from_bytes(list_key().0), |text: &str| Plate::parse(text).unwrap());
    let entry = |tag: PlateTag, kind| ListEntry { tag: Octets(*tag.as_bytes()), kind, until_ms: None };
    // As if people had written the blocked plate with a nought; and another car's right has the key of BA123XO.
    let entries = vec![
        entry(key.block_tag(&plate("BA123X0")), ListKind::Block),
        entry(key.tag(&plate("BA456X0")), ListKind::Subscription),
    ];
    server.send_list(&SyncPart { version: 7, part: 0, parts: 1, key: list_key(), entries, terms: vec![] });
    wait("the list in the spool", || lane.log().contains("stored a new offline list").then_some(()));
    server.with(|shared| shared.refuse = true);
    server.cut();
    lane.wait_for("boom", |report| report["state"] == "closed");
    for (car, plate, code) in
        [("blocked", "BA123XO", "DENY-BLOCKLISTED"), ("another", "BA456XO", "DENY-OFFLINE")]
    {
        lane.order(serde_json::json!({"do": "car", "car": car, "plate": plate, "patience_ms": 3_000}));
        let decision = lane.wait_for("decision", |report| report["car"] == car);
        assert_eq!(
            (decision["code"].as_str(), decision["local"].as_bool()),
            (Some(code), Some(true)),
            "{plate}"
        );
    }
}

#[test]
fn events_nobody_acked_are_sent_again_until_someone_does() {
    let server = Server::that_opens();
    server.with(|shared| shared.withhold_acks = true);
    let mut lane = Lane::start(&server, &Plan::default());
    lane.car("a", "BA123XY");
    lane.wait_for("passed", |report| report["car"] == "a");
    let first = server.with(|shared| shared.events.first().map(|event| event.seq)).unwrap();
    wait("the same event twice", || {
        server.with(|shared| {
            (shared.events.iter().filter(|event| event.seq == first).count() >= 2).then_some(())
        })
    });
    server.with(|shared| shared.withhold_acks = false);
    wait("an empty spool", || {
        let hello = server.hello()?;
        (hello.backlog == 0 && hello.acked_seq + 1 == hello.next_seq).then_some(())
    });
}

/// How many different events lie at the server under numbers of the lane's own.
fn passages(server: &Server) -> usize {
    server.with(|shared| {
        let passages = shared.events.iter().filter(|event| matches!(event.body, EventBody::Passage(_)));
        passages.map(|event| event.id).collect::<std::collections::BTreeSet<_>>().len()
    })
}

#[test]
fn a_lane_whose_spool_is_behind_the_server_goes_on_above_and_loses_nothing() {
    let server = Server::that_opens();
    server.with(|shared| shared.taken = 5_000);
    let mut lane = Lane::prepare(&server, &Plan::default());
    let ids = fill(&lane.path("spool.db"), 20);
    lane.run();
    lane.car("a", "BA123XY");
    lane.wait_for("passed", |report| report["car"] == "a");
    wait("the passage under a number of its own", || (passages(&server) == 1).then_some(()));
    let hello = wait("all acked", || {
        let all = |hello: &Hello| hello.next_seq > 5_000 && hello.acked_seq + 1 == hello.next_seq;
        server.hello().filter(|hello| all(hello) && hello.backlog == 0)
    });
    assert!(hello.next_seq > 5_000 && hello.spool.is_some(), "{hello:?}");
    assert!(server.faults().contains(&"FAULT-STORE-BEHIND".to_owned()));
    server.with(|shared| {
        let reported = shared.events.iter().filter(|event| ids.contains(&event.id));
        let reported: std::collections::BTreeMap<_, _> =
            reported.map(|event| (event.id, event.was)).collect();
        assert_eq!(reported.len(), ids.len(), "what waited is there");
        assert!(reported.values().all(Option::is_some), "who was renumbered says so: {reported:?}");
        let same = |username: &String| *username == hex::encode(hello.epoch.0);
        assert!(!shared.usernames.is_empty() && shared.usernames.iter().all(same), "{:?}", shared.usernames);
    });
    assert!(lane.quit());
}

#[test]
fn a_kill_while_a_long_backlog_is_renumbered_leaves_old_numbers_or_new_ones() {
    let server = Server::start();
    server.with(|shared| (shared.taken, shared.withhold_acks) = (1_000_000, true));
    let mut lane = Lane::prepare(&server, &Plan::default());
    let path = lane.path("spool.db");
    let ids = fill(&path, 6_000);
    let mut moved = 0;
    for round in 0..12 {
        lane.run();
        // From before the first hello to after the last number, a little later each time.
        let limit = std::time::Instant::now() + std::time::Duration::from_millis(40 * round);
        while std::time::Instant::now() < limit && !lane.log().contains("new ones were given") {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        lane.kill();
        let store = Store::inspect(&path).unwrap();
        let events: Vec<_> = all(&store).into_iter().filter(|event| ids.contains(&event.id)).collect();
        assert_eq!(events.len(), ids.len(), "round {round}: an event is missing");
        let new = events.iter().filter(|event| event.seq > 1_000_000).count();
        assert!(new == 0 || new == ids.len(), "round {round}: {new} of {} have new numbers", ids.len());
        moved = new;
    }
    if moved == 0 {
        lane.run();
        wait("new numbers", || lane.log().contains("new ones were given").then_some(()));
    }
    assert!(!std::fs::read_to_string(lane.log_path()).unwrap().contains("damaged"));
}

fn fill(path: &std::path::Path, count: u64) -> std::collections::BTreeSet<Uuid> {
    let mut store = Store::open(path).unwrap();
    let first = store.begin().unwrap().next_seq;
    let event = |seq| Event {
        seq,
        boot: 1,
        id: Uuid::now_v7(),
        at_ms: 5,
        clock: ClockState::Synced,
        uptime_ms: 5,
        body: EventBody::Fault(Fault { code: "FAULT-POWER".into(), params: Params::new(), raised: true }),
        was: None,
    };
    store.reserve(first + count).unwrap();
    let events: Vec<Event> = (first..first + count).map(event).collect();
    store.append(&events).unwrap();
    store.end(first + count - 1).unwrap();
    events.into_iter().map(|event| event.id).collect()
}

fn all(store: &Store) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let part = store.backlog(events.last().map_or(0, |event| event.seq), 1_000).unwrap();
        if part.is_empty() {
            return events;
        }
        events.extend(part);
    }
}

#[test]
fn a_lane_whose_clock_differs_from_the_servers_says_so() {
    let server = Server::that_opens();
    server.with(|shared| shared.ahead_ms = 20_000);
    let lane = Lane::start(&server, &Plan::default());
    wait("the fault", || server.faults().contains(&"FAULT-CLOCK".to_owned()).then_some(()));
    wait("the log", || lane.log().contains("wall clock differs from the server").then_some(()));
    wait("the next hello", || server.hello().filter(|hello| hello.faults == ["FAULT-CLOCK"]));
}

#[test]
fn a_key_switch_and_a_car_that_gives_up_are_told_to_the_server() {
    let server = Server::start();
    let mut lane =
        Lane::start(&server, &Plan { more: "[timings]\ndecision_timeout_ms = 60000", ..Plan::default() });
    lane.wait_for("boom", |report| report["state"] == "closed");
    lane.order(serde_json::json!({"do": "car", "car": "a", "plate": "BA123XY", "country": "SK", "patience_ms": 3_000}));
    lane.wait_for("left", |report| report["car"] == "a");
    let left = wait("the departure", || {
        server.with(|shared| {
            shared.events.iter().find_map(|event| match &event.body {
                EventBody::Passage(passage) => Some(passage.clone()),
                _ => None,
            })
        })
    });
    assert_eq!((left.kind, left.arrival), (PassageKind::BackedOut, Some(server.arrivals()[0].arrival)));
    lane.order(serde_json::json!({"do": "key"}));
    wait("the opening by key", || {
        server.with(|shared| {
            let by_key = |event: &Event| {
                matches!(&event.body, EventBody::Boom(boom) if boom.cause == "rule:key-switch")
            };
            shared.events.iter().any(by_key).then_some(())
        })
    });
}

/// Ends the busy threads whatever happens.
struct Busy<'a>(&'a AtomicBool);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[test]
fn a_busy_machine_makes_no_safety_loop_stale() {
    let server = Server::that_opens();
    let mut lane = Lane::start(&server, &Plan::default());
    let running = AtomicBool::new(true);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let _busy = Busy(&running);
        for _ in 0..2 * cores {
            scope.spawn(|| {
                while running.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        // Up by key, and down again when no car has come for a while: that takes a safety loop that is known to be clear.
        lane.wait_for("boom", |report| report["state"] == "closed");
        lane.order(serde_json::json!({"do": "key"}));
        lane.wait_for("boom", |report| report["state"] == "open");
        lane.wait_for("boom", |report| report["state"] == "closing");
    });
    let is_stale = |event: &Event| {
        matches!(&event.body, EventBody::Fault(fault)
            if fault.code == "FAULT-LOOP" && fault.params.get("fault").is_some_and(|fault| fault == "stale"))
    };
    server.with(|shared| {
        let stale: Vec<_> = shared.events.iter().filter(|event| is_stale(event)).collect();
        assert!(stale.is_empty(), "{stale:?}");
    });
}
