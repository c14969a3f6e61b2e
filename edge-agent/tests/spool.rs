//! The spool under trouble: a full disk, a kill at any moment, acks that lie.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for single kinds")]

mod rig;

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use boomgate_edge_agent::clock::Clock;
use boomgate_edge_agent::spool::store::{Start, Store};
use boomgate_edge_agent::spool::{Health, NewEvent, Outlets, Renumbered, Spool};
use boomgate_schemas::bounds::MAX_NUMBER;
use boomgate_schemas::down::Rejected;
use boomgate_schemas::up::{Boom, BoomState, Event, EventBody, Passage, PassageKind};
use rig::disk::SmallDisk;
use tokio::sync::mpsc;
use uuid::Uuid;

const LIMIT: Duration = Duration::from_secs(20);

struct Rig {
    spool: Spool,
    start: Start,
    thread: JoinHandle<()>,
    live: mpsc::Receiver<Event>,
    health: mpsc::UnboundedReceiver<Health>,
    clock: Clock,
}

impl Rig {
    fn open(path: &Path, max_events: u64) -> Rig {
        let clock = Clock::start(1.0);
        let (live, fresh) = mpsc::channel(10_000);
        let (health, health_receiver) = mpsc::unbounded_channel();
        let (spool, start, thread) =
            Spool::start(path, max_events, &clock, Outlets { live, health }).unwrap();
        Rig { spool, start, thread, live: fresh, health: health_receiver, clock }
    }

    fn fact(&self) {
        let body = EventBody::Passage(Passage {
            arrival: None,
            direction: boomgate_schemas::up::Direction::Entry,
            kind: PassageKind::Passed,
        });
        self.append(body);
    }

    fn telemetry(&self) {
        self.append(EventBody::Boom(BoomState { state: Boom::Open, cause: "rule:test".into() }));
    }

    fn append(&self, body: EventBody) {
        self.spool.append(NewEvent { id: Uuid::now_v7(), moment: self.clock.moment(), body });
    }

    async fn backlog(&self) -> Vec<Event> {
        let mut all: Vec<Event> = Vec::new();
        loop {
            let part = self.spool.backlog(all.last().map_or(0, |event| event.seq), 500).await;
            if part.is_empty() {
                return all;
            }
            all.extend(part);
        }
    }

    async fn health(&mut self) -> Health {
        tokio::time::timeout(LIMIT, self.health.recv()).await.unwrap().unwrap()
    }

    fn end(self) {
        self.spool.end();
        self.thread.join().unwrap();
    }
}

/// Every number is an event's or lies in a declared gap; returns the sum of what gaps cover.
fn declared(events: &[Event]) -> u64 {
    let mut next = events.first().map_or(1, |event| event.seq);
    let mut missing = 0;
    for event in events {
        match &event.body {
            EventBody::Gap(gap) => {
                assert!(gap.last == event.seq - 1 && gap.first >= next, "{gap:?} before {}", event.seq);
                missing += gap.last + 1 - gap.first;
            }
            _ => assert_eq!(event.seq, next, "an undeclared hole"),
        }
        next = event.seq + 1;
    }
    missing
}

#[tokio::test]
async fn events_come_back_in_order_until_they_are_acked() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::open(&folder.path().join("spool.db"), 1_000_000);
    (0..300).for_each(|_| rig.fact());
    let events = rig.backlog().await;
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=300).collect::<Vec<_>>());
    assert_eq!(rig.live.recv().await.unwrap(), events[0], "the live event is the stored one");
    rig.spool.acked(200, vec![Rejected { seq: 7, code: "REJECT-SIGNATURE".into() }]);
    assert_eq!(rig.backlog().await.first().unwrap().seq, 201);
    rig.spool.acked(900, vec![]);
    assert_eq!(rig.backlog().await.len(), 100, "an ack for numbers never used is not believed");
    rig.end();
    let store = Store::open(&folder.path().join("spool.db")).unwrap();
    assert_eq!(store.dead_letters().unwrap(), [Rejected { seq: 7, code: "REJECT-SIGNATURE".into() }]);
}

#[tokio::test]
async fn a_crowded_spool_sheds_telemetry_and_declares_it_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::open(&folder.path().join("spool.db"), 100);
    (0..100).for_each(|_| rig.fact());
    assert_eq!(rig.backlog().await.len(), 100);
    for _ in 0..30 {
        rig.telemetry();
        rig.fact();
    }
    assert_eq!(rig.backlog().await.len(), 130, "facts are kept, telemetry is shed");
    rig.spool.acked(90, vec![]);
    let begun = Instant::now();
    let events = loop {
        let events = rig.backlog().await;
        if declared(&events) == 30 || begun.elapsed() > LIMIT {
            break events;
        }
        rig.fact();
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(declared(&events), 30);
    rig.end();
}

/// Fills a tmpfs so that SQLite meets a full disk; nothing is tested where one cannot be mounted.
#[tokio::test]
async fn a_full_disk_costs_telemetry_and_no_fact() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else { return };
    let path = folder.path().join("spool.db");
    let mut rig = Rig::open(&path, 1_000_000);
    rig.fact();
    assert_eq!(rig.backlog().await.len(), 1);
    disk.fill();
    (0..200).for_each(|_| rig.fact());
    assert_eq!(rig.health().await, Health::Failed);
    for _ in 0..50 {
        rig.telemetry();
        rig.fact();
    }
    assert_eq!(rig.backlog().await.len(), 251, "facts are held");
    assert!(rig.spool.save_commands(rig.start.commands.clone()).await.is_err(), "no counter, no movement");
    disk.empty();
    assert_eq!(rig.health().await, Health::Healed);
    let events = rig.backlog().await;
    assert_eq!(declared(&events), 50, "what was shed is declared exactly");
    assert!(rig.spool.save_commands(rig.start.commands.clone()).await.is_ok());
    let next = rig.spool.next_seq();
    rig.end();
    let mut store = Store::open(&path).unwrap();
    let start = store.begin().unwrap();
    assert_eq!((start.next_seq, start.gap, start.backlog), (next, None, events.len() as u64));
}

#[tokio::test]
async fn an_older_copy_goes_on_above_what_the_server_has_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::open(&folder.path().join("spool.db"), 1_000_000);
    (0..20).for_each(|_| rig.fact());
    rig.spool.acked(4, vec![]);
    let before = rig.backlog().await;
    assert_eq!(rig.spool.renumber(700).await, Renumbered::Above(700));
    let after = rig.backlog().await;
    let bodies = |events: &[Event]| events.iter().map(|event| event.id).collect::<Vec<_>>();
    assert_eq!(bodies(&after[2..]), bodies(&before), "every event is still there, in its order");
    assert_eq!(after.iter().map(|event| event.seq).collect::<Vec<_>>(), (701..=718).collect::<Vec<_>>());
    assert_eq!(
        after[2..].iter().map(|event| event.was).collect::<Vec<_>>(),
        (5..=20).map(Some).collect::<Vec<_>>()
    );
    let EventBody::Gap(gap) = &after[0].body else { panic!("{:?}", after[0]) };
    assert_eq!((gap.first, gap.last), (5, 700));
    assert!(matches!(&after[1].body, EventBody::Fault(fault) if fault.code == "FAULT-STORE-BEHIND"));
    assert_eq!((rig.spool.next_seq(), rig.spool.acked_seq()), (719, 700));
    assert_eq!(rig.spool.renumber(700).await, Renumbered::Already, "asked again, it is done already");
    rig.spool.acked(300, vec![]);
    rig.fact();
    assert_eq!(rig.backlog().await.len(), 19, "an ack for the old numbers deletes nothing");
    rig.end();
    let start = Store::open(&folder.path().join("spool.db")).unwrap().begin().unwrap();
    assert_eq!((start.next_seq, start.acked, start.gap, start.backlog), (720, 700, None, 19));
}

#[tokio::test]
async fn no_number_is_given_that_no_server_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::open(&folder.path().join("spool.db"), 1_000_000);
    (0..20).for_each(|_| rig.fact());
    let before = rig.backlog().await;
    for above in [MAX_NUMBER - 10, MAX_NUMBER, 1 << 62, u64::MAX] {
        assert_eq!(rig.spool.renumber(above).await, Renumbered::Failed, "{above}");
    }
    assert_eq!((rig.backlog().await, rig.spool.next_seq()), (before, 21));
    rig.end();
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// Events, honest acks, acks with `above` and restarts in any order: what no honest ack covered is there, once.
    #[test]
    fn nothing_that_waits_is_deleted_by_an_ack_that_says_above(
        steps in proptest::collection::vec((0_u8..5, 0_u64..60), 1..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("spool.db");
            let mut rig = Rig::open(&path, 1_000_000);
            let mut waiting: Vec<Uuid> = Vec::new();
            for (step, amount) in steps {
                match step {
                    0 | 1 => {
                        let id = Uuid::now_v7();
                        let body = EventBody::Passage(Passage {
                            arrival: None,
                            direction: boomgate_schemas::up::Direction::Entry,
                            kind: PassageKind::Passed,
                        });
                        rig.spool.append(NewEvent { id, moment: rig.clock.moment(), body });
                        waiting.push(id);
                    }
                    2 => {
                        let known = rig.backlog().await;
                        let upto = known.get(amount as usize).map_or(0, |event| event.seq);
                        rig.spool.acked(upto, vec![]);
                        let gone: Vec<Uuid> =
                            known.iter().filter(|event| event.seq <= upto).map(|event| event.id).collect();
                        waiting.retain(|id| !gone.contains(id));
                    }
                    3 => {
                        // Below, within and above what waits.
                        let above = rig.spool.next_seq().saturating_sub(20) + amount;
                        let base = rig.spool.renumber(above).await;
                        let lowest = rig.backlog().await.first().map(|event| event.seq);
                        assert!(lowest.is_none_or(|lowest| lowest > above), "{lowest:?} after {above}, {base:?}");
                        assert_eq!(rig.spool.renumber(above).await, Renumbered::Already);
                    }
                    _ => {
                        rig.end();
                        rig = Rig::open(&path, 1_000_000);
                    }
                }
                let known = rig.backlog().await;
                let ids: Vec<Uuid> = known.iter().map(|event| event.id).filter(|id| waiting.contains(id)).collect();
                assert_eq!(ids, waiting, "each once, in the order in which they happened");
                assert!(known.windows(2).all(|pair| pair[0].seq < pair[1].seq));
            }
            rig.end();
        });
    }
}

#[tokio::test]
async fn memory_stays_flat_over_many_events() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::open(&folder.path().join("spool.db"), 1_000_000);
    let round = async |rig: &mut Rig| {
        (0..500).for_each(|_| rig.fact());
        let last = rig.backlog().await.last().unwrap().seq;
        rig.spool.acked(last, vec![]);
        while rig.live.try_recv().is_ok() {}
    };
    for _ in 0..4 {
        round(&mut rig).await;
    }
    let before = resident_kib();
    for _ in 0..20 {
        round(&mut rig).await;
    }
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 8 * 1024, "grew by {grown} KiB");
    rig.end();
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_program_killed_before_its_first_event_left_a_whole_block_as_a_gap() {
    let (folder, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rig = Rig::open(&folder.path().join("spool.db"), 100);
    // What lies on the disk while it runs is what a killed program leaves.
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, killed.path().join(path.file_name().unwrap())).unwrap();
    }
    rig.end();
    let rig = Rig::open(&killed.path().join("spool.db"), 100);
    assert_eq!(rig.backlog().await, []);
    rig.end();
}
