//! The loop with a real spool and a real reader, and wires in the tests' hands.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use boomgate_domain::lane::LaneConfig;
use boomgate_domain::loops::{LoopFault, RawLevel};
use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::Thresholds;
use boomgate_plate_reader::reading_settings::ReadingSettings;
use boomgate_plate_reader::recogniser::{ModelPaths, Recogniser};
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down;
use boomgate_schemas::up::{Boom, Event, PassageKind, ReportedMode};

use super::*;
use crate::clock::wall_ms;
use crate::gpio::{Drive, GpioError};
use crate::observer::Unobserved;
use crate::preview::PreviewFrame;
use crate::sim::camera::{SimCamera, Stage};
use crate::spool::Outlets;

#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Vec<Drive>>>);

impl Recorded {
    fn last(&self) -> Option<Drive> {
        self.0.lock().unwrap().last().copied()
    }
}

impl Relays for Recorded {
    fn drive(&mut self, drive: Drive) -> Result<(), GpioError> {
        self.0.lock().unwrap().push(drive);
        Ok(())
    }
}

struct Rig {
    looping: EventLoop,
    inbox: Inbox,
    samples: mpsc::Sender<Sample>,
    uplink_events: mpsc::Sender<UplinkEvent>,
    relays: Recorded,
    live: mpsc::Receiver<Event>,
    frames: mpsc::Receiver<PreviewFrame>,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Rig {
    /// A lane whose program began so long ago; nothing was sampled since.
    fn new(uptime: Duration) -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::started_before(uptime);
        let (live, fresh) = mpsc::channel(1_000);
        let (health, spool_health) = mpsc::unbounded_channel();
        let (spool, start, _) =
            Spool::start(&folder.path().join("spool.db"), 1_000_000, &clock, Outlets { live, health })
                .unwrap();
        let grammar = Grammar::for_countries::<String>(&[]).unwrap();
        let recogniser = Recogniser::load(&ModelPaths::default(), &grammar).unwrap();
        let reading_settings = ReadingSettings { grammar, thresholds: Thresholds::default() };
        let (vision_events, vision_inbox) = mpsc::channel(8);
        let camera = Box::new(SimCamera::new(Stage::default()));
        let (frames, frames_taken) = mpsc::channel(1);
        let vision = Vision::start(camera, recogniser, reading_settings, vision_events, frames).unwrap();
        let lane_snapshot = LaneSnapshot {
            boom: Boom::Unknown,
            mode: String::new(),
            command_counter: 0,
            list_version: 0,
            faults: Vec::new(),
            view: None,
            lane_mode: ReportedMode { version: 0, mode: "open".into() },
            loops: None,
        };
        let (samples, samples_inbox) = mpsc::channel(1_000);
        let (uplink_events, uplink_inbox) = mpsc::channel(8);
        let (wakes, wakes_inbox) = mpsc::channel(8);
        let relays = Recorded::default();
        let settings = Settings {
            direction: Direction::Entry,
            addressee: Addressee { site: "north".parse().unwrap(), lane: "in-1".parse().unwrap() },
            epoch: Octets([1; 16]),
            offline: OfflinePolicy::default(),
            time_zone: TimeZone::UTC,
            language: Lang::En,
            expiry: None,
            stale_after: Duration::from_millis(200),
        };
        let parts = Parts {
            lane: Lane::new(LaneConfig::default(), Monotonic::ZERO),
            relays: Box::new(relays.clone()),
            under_boom: Arc::default(),
            clock: clock.clone(),
            spool,
            vision,
            evidence_store: EvidenceStore::open(folder.path(), 1_000_000),
            commands: start.commands,
            mode: start.mode,
            lane_snapshot: watch::channel(lane_snapshot).0,
            wakes,
            observer: Box::new(Unobserved),
            settings,
        };
        let inbox = Inbox {
            samples: samples_inbox,
            wakes: wakes_inbox,
            uplink_events: uplink_inbox,
            vision_events: vision_inbox,
            health: spool_health,
        };
        Rig {
            looping: EventLoop::new(parts),
            inbox,
            samples,
            uplink_events,
            relays,
            live: fresh,
            frames: frames_taken,
            clock,
            _folder: folder,
        }
    }

    fn take(&mut self, at_ms: u64, inputs: Inputs) {
        let at = Monotonic::from_millis(at_ms);
        self.looping.wake(Wake::Sample(Sample { at, inputs: Ok(inputs) }));
    }

    fn is_stale(&self) -> bool {
        let faults = self.looping.parts.lane.faults();
        faults.iter().any(|fault| matches!(fault, Reason::FaultLoop { fault: LoopFault::Stale, .. }))
    }

    /// The bodies that became events so far.
    async fn next_event(&mut self, fits: impl Fn(&EventBody) -> bool) -> EventBody {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.live.recv()).await.unwrap();
            let body = next.unwrap().body;
            if fits(&body) {
                return body;
            }
        }
    }
}

const IDLE: Inputs = Inputs {
    arming: RawLevel::Clear,
    safety: RawLevel::Clear,
    photocell: None,
    boom_open: false,
    boom_closed: true,
    fire: false,
    reset: false,
    key_switch: false,
};

#[tokio::test]
async fn a_late_loop_does_not_make_fresh_samples_stale_and_an_old_one_is() {
    // Ten seconds of samples waited while the loop did not turn.
    let mut rig = Rig::new(Duration::from_secs(10));
    let now = rig.clock.lane_now().as_millis();
    for at in (0..now).step_by(50) {
        rig.take(at, IDLE);
        assert!(!rig.is_stale(), "stale at {at} of {now}");
    }
    assert!(rig.looping.parts.lane.is_ready(), "the samples count for the time at which they were taken");
    // What is really old: the clock goes on, and no newer sample came.
    rig.looping.feed_at(LaneEvent::Tick, Cause::Rule("timer"), Monotonic::from_millis(now + 300));
    assert!(rig.is_stale());
    rig.take(now + 310, IDLE);
    rig.take(now + 400, IDLE);
    assert!(!rig.is_stale());
}

#[tokio::test]
async fn a_closing_waits_until_the_newest_look_at_the_wires_agrees() {
    let mut rig = Rig::new(Duration::from_secs(10));
    let now = rig.clock.uptime();
    rig.looping.parts.under_boom.note(Some(&Inputs { safety: RawLevel::Occupied, ..IDLE }), now);
    rig.looping.drive(Drive::Close);
    assert_eq!(rig.relays.last(), Some(Drive::Rest), "the machine is behind the wires");
    rig.looping.parts.under_boom.note(Some(&IDLE), now.saturating_sub(Duration::from_secs(1)));
    rig.take(9_000, IDLE);
    assert_eq!(rig.relays.last(), Some(Drive::Rest), "the newest look is old");
    rig.looping.parts.under_boom.note(Some(&IDLE), rig.clock.uptime());
    rig.take(9_050, IDLE);
    assert_eq!(rig.relays.last(), Some(Drive::Close));
    rig.looping.drive(Drive::Rest);
    rig.take(9_100, IDLE);
    assert_eq!(rig.relays.last(), Some(Drive::Rest), "a request withdrawn stays so");
}

#[tokio::test]
async fn an_opening_by_key_and_a_car_that_leaves_are_told_to_the_server() {
    let mut rig = Rig::new(Duration::ZERO);
    for at in (0..3_000).step_by(50) {
        rig.take(at, IDLE);
    }
    for at in (3_000..3_200).step_by(50) {
        rig.take(at, Inputs { arming: RawLevel::Occupied, ..IDLE });
    }
    assert!(rig.looping.parts.lane.waiting().is_some());
    for at in (3_200..9_000).step_by(50) {
        rig.take(at, IDLE);
    }
    let left = rig.next_event(|body| matches!(body, EventBody::Passage(_))).await;
    assert!(matches!(left, EventBody::Passage(passage) if passage.kind == PassageKind::BackedOut));

    rig.take(9_050, Inputs { key_switch: true, ..IDLE });
    assert_eq!(rig.relays.last(), Some(Drive::Open));
    rig.next_event(|body| matches!(body, EventBody::Boom(boom) if boom.cause == "rule:key-switch")).await;
}

/// Ended within a moment, with the relays released.
async fn ends(rig: Rig) -> Result<(), PartEnded> {
    let relays = rig.relays.clone();
    let ended =
        tokio::time::timeout(Duration::from_secs(20), rig.looping.run(rig.inbox, std::future::pending()));
    let ended = ended.await.expect("a ghost");
    assert_eq!(relays.last(), Some(Drive::Rest));
    ended
}

#[tokio::test]
async fn a_panicked_uplink_ends_the_lane_and_leaves_no_ghost() {
    let mut rig = Rig::new(Duration::ZERO);
    let uplink_events = std::mem::replace(&mut rig.uplink_events, mpsc::channel(1).0);
    let panicked = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&panicked);
    tokio::spawn(async move {
        let _uplink_events = uplink_events;
        noted.store(true, Ordering::Relaxed);
        panic!("as any fault in the uplink would");
    });
    assert_eq!(ends(rig).await, Err(PartEnded("line to the server")));
    assert!(panicked.load(Ordering::Relaxed));
}

#[tokio::test]
async fn every_part_that_ends_ends_the_lane_by_name() {
    let mut rig = Rig::new(Duration::ZERO);
    rig.samples = mpsc::channel(1).0;
    assert_eq!(ends(rig).await, Err(PartEnded("sampling of the inputs")));

    let mut rig = Rig::new(Duration::ZERO);
    rig.inbox.vision_events = mpsc::channel(1).1;
    assert_eq!(ends(rig).await, Err(PartEnded("camera and plate reader")));

    let rig = Rig::new(Duration::ZERO);
    rig.looping.parts.spool.end();
    assert_eq!(ends(rig).await, Err(PartEnded("spool")));
}

#[tokio::test]
async fn clocks_apart_are_a_fault_until_they_agree_again() {
    let mut rig = Rig::new(Duration::ZERO);
    let faults = |rig: &Rig| rig.looping.parts.lane_snapshot.borrow().faults.clone();
    let clock_differs = |rig: &mut Rig, apart_ms, unsure_ms| {
        rig.looping.wake(Wake::UplinkEvent(UplinkEvent::Clock { apart_ms, unsure_ms }))
    };
    clock_differs(&mut rig, 1_900, 0);
    clock_differs(&mut rig, 6_000, 5_000);
    assert_eq!(faults(&rig), Vec::<String>::new(), "what the way there and back explains is no fault");
    clock_differs(&mut rig, -3_600_000, 20);
    assert_eq!(faults(&rig), ["FAULT-CLOCK"]);
    let raised = rig.next_event(|body| matches!(body, EventBody::Fault(_))).await;
    let EventBody::Fault(fault) = raised else { unreachable!() };
    assert!(fault.raised && fault.params["detail"] == "it is 3600.0 s behind the server's", "{fault:?}");
    clock_differs(&mut rig, 1_500, 0);
    assert_eq!(faults(&rig), ["FAULT-CLOCK"], "no fault comes and goes at its limit");
    clock_differs(&mut rig, 900, 0);
    assert_eq!(faults(&rig), Vec::<String>::new());
}

#[tokio::test]
async fn a_certificate_about_to_end_is_a_fault() {
    let mut rig = Rig::new(Duration::ZERO);
    let in_days = |days: i64| {
        let ends_s = wall_ms() / 1_000 + days * 86_400 + 60;
        Some(Expiry { whose: "the device's certificate", ends_s })
    };
    for (days, faults) in
        [(31, vec![]), (29, vec!["FAULT-CERTIFICATE"]), (-2, vec!["FAULT-CERTIFICATE"]), (90, vec![])]
    {
        rig.looping.parts.settings.expiry = in_days(days);
        rig.looping.wake(Wake::Certificate);
        assert_eq!(rig.looping.parts.lane_snapshot.borrow().faults, faults, "{days} days");
    }
}

fn preview_order(rig: &Rig, counter: u64) -> down::Command {
    down::Command {
        id: Uuid::now_v7(),
        device: "pi-1".into(),
        arrival: None,
        action: down::Action::Preview,
        code: "PREVIEW".into(),
        params: down::Params::new(),
        amount: None,
        pay_url: None,
        by: Some("gus".into()),
        reason: Some("a look through the camera".into()),
        counter,
        epoch: rig.looping.parts.settings.epoch,
        not_after_ms: rig.clock.uptime_ms() + 10_000,
    }
}

fn answer_to(command: Uuid) -> impl Fn(&EventBody) -> bool {
    move |body| matches!(body, EventBody::Result(result) if result.command == command)
}

#[tokio::test]
async fn a_person_who_asks_for_pictures_is_answered_at_once_and_cars_are_read_as_ever() {
    let mut rig = Rig::new(Duration::from_secs(10));
    let order = preview_order(&rig, 1);
    rig.looping.command(order.clone(), [1; 32]);
    let Some(stored) = rig.inbox.wakes.recv().await else { panic!("the counter is stored first") };
    rig.looping.wake(stored);
    let answer = rig.next_event(answer_to(order.id)).await;
    assert!(
        matches!(answer, EventBody::Result(result) if result.result == boomgate_schemas::up::Answer::Done)
    );
    for _ in 0..2 {
        let frame = tokio::time::timeout(Duration::from_secs(20), rig.frames.recv()).await.unwrap().unwrap();
        assert_eq!(frame.command, order.id);
        assert!(frame.picture.width() > 100);
    }
    // Nobody takes the pictures now, as if the network stood still: the camera goes on with the next car.
    let arrival = ArrivalId::from_uuid(Uuid::now_v7());
    rig.looping.parts.vision.look(arrival);
    rig.looping.parts.vision.stop();
    let read = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if let Some(VisionEvent::VisionResult(result)) = rig.inbox.vision_events.recv().await {
                break result;
            }
        }
    });
    assert_eq!(read.await.unwrap().arrival, arrival);
}

#[tokio::test]
async fn pictures_are_refused_while_the_camera_gives_none() {
    let mut rig = Rig::new(Duration::from_secs(10));
    rig.looping.trouble = Some(Reason::FaultCamera { detail: "no light".into() });
    let order = preview_order(&rig, 1);
    rig.looping.command(order.clone(), [1; 32]);
    let stored = rig.inbox.wakes.recv().await.unwrap();
    rig.looping.wake(stored);
    let answer = rig.next_event(answer_to(order.id)).await;
    let EventBody::Result(result) = answer else { unreachable!() };
    assert_eq!(result.code.as_deref(), Some("FAULT-CAMERA"));
}
