//! The spool under trouble: a full disk, a kill at any moment, acks that lie.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use boomgate_edge_agent::clock::Clock;
use boomgate_edge_agent::spool::store::{Start, Store};
use boomgate_edge_agent::spool::{Health, NewEvent, Outlets, Spool};
use boomgate_schemas::down::Rejected;
use boomgate_schemas::up::{Boom, BoomState, Event, EventBody, Passage, PassageKind};
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
        let (health, told) = mpsc::unbounded_channel();
        let (spool, start, thread) =
            Spool::start(path, max_events, &clock, Outlets { live, health }).unwrap();
        Rig { spool, start, thread, live: fresh, health: told, clock }
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

struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(folder: &'a Path) -> Option<SmallDisk<'a>> {
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=512k", "tmpfs"])
            .arg(folder)
            .output()
            .is_ok_and(|done| done.status.success());
        mounted.then_some(SmallDisk(folder))
    }

    fn fill(&self) {
        use std::io::Write;
        let mut filler = std::fs::File::create(self.0.join("filler")).unwrap();
        while filler.write_all(&[0; 1024]).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).output();
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
