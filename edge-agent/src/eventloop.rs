//! The event loop of the lane: samples, timers, frames, commands, uplink and spool, in one order.
//!
//! The loop feeds `domain::lane` and performs what it answers. Nothing here waits: what takes time (the disk, the list, a
//! picture) is done elsewhere and returns as another event, so that a close request is dropped within one sample.
//! Samples are taken on a thread of their own, each with its time. A loop that was late processes them first, each
//! at its time, so that lateness alone makes no input stale; closing the boom also requires the newest sample.

mod car;
mod cars;
mod commands;
mod condition;
mod inputs;
mod list;
mod mode;
mod partial_list;
mod pending;
mod perform;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_domain::decide::OfflinePolicy;
use boomgate_domain::direction::Direction;
use boomgate_domain::ids::{ArrivalId, CommandId};
use boomgate_domain::lane::command::{Addressee, CommandLog};
use boomgate_domain::lane::{Lane, LaneEvent};
use boomgate_domain::reason::{Lang, Reason};
use boomgate_domain::time::Monotonic;
use boomgate_plate_reader::advice::RecentShots;
use boomgate_schemas::bytes::Epoch;
use boomgate_schemas::down::ListTerms;
use boomgate_schemas::up::EventBody;
use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch};
use tracing::{debug, info, warn};
use uuid::Uuid;

use crate::cause::Cause;
use crate::clock::Clock;
use crate::evidence::EvidenceStore;
use crate::gpio::{Inputs, Relays};
use crate::notify::Supervisor;
use crate::observer::LaneObserver;
use crate::sampling::{Sample, UnderBoom};
use crate::spool::store::StoredMode;
use crate::spool::{Health, NewEvent, Spool};
use crate::uplink::certificate::Expiry;
use crate::uplink::{LaneSnapshot, UplinkEvent};
use crate::vision::{Vision, VisionEvent};
use car::Car;
use partial_list::PartialList;
use pending::Pending;

const HOUR: Duration = Duration::from_secs(3_600);

/// All events of the loop.
#[derive(Debug)]
pub enum Wake {
    /// A sample of the inputs.
    Sample(Sample),
    /// The lane machine's own timer.
    Timer,
    /// Time to check when the certificates end.
    Certificate,
    VisionEvent(VisionEvent),
    UplinkEvent(UplinkEvent),
    Spool(Health),
    /// A command's counter is stored, or could not be.
    CommandStored {
        stored: bool,
        pending: Box<Pending>,
    },
    /// The offline list's entry for an arrival that waits for the lane's own decision.
    Listed {
        arrival: ArrivalId,
        entries: Vec<ListTerms>,
    },
    ListStored {
        version: u64,
    },
    /// The mode of this version is stored.
    ModeStored {
        version: u64,
    },
}

/// A part of the program that must run as long as the program does, and does not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the part \"{0}\" has ended, so the lane's program ends too; its supervisor starts it anew")]
pub struct PartEnded(pub &'static str);

/// What the loop is made of.
pub struct Parts {
    pub lane: Lane,
    pub relays: Box<dyn Relays>,
    pub under_boom: Arc<UnderBoom>,
    pub clock: Clock,
    pub spool: Spool,
    pub vision: Vision,
    pub evidence_store: EvidenceStore,
    pub commands: CommandLog,
    /// What people wish the lane to be for; the machine knows it already.
    pub mode: StoredMode,
    pub lane_snapshot: watch::Sender<LaneSnapshot>,
    pub wakes: mpsc::Sender<Wake>,
    pub observer: Box<dyn LaneObserver>,
    pub settings: Settings,
}

pub struct Settings {
    pub direction: Direction,
    pub addressee: Addressee,
    pub epoch: Epoch,
    pub offline: OfflinePolicy,
    pub time_zone: TimeZone,
    pub language: Lang,
    /// Which certificate ends first, and when.
    pub expiry: Option<Expiry>,
    /// A sample older than this, in real time, is no evidence about the space under the boom.
    pub stale_after: Duration,
}

/// What comes from the other tasks and threads.
pub struct Inbox {
    pub samples: mpsc::Receiver<Sample>,
    pub wakes: mpsc::Receiver<Wake>,
    pub uplink_events: mpsc::Receiver<UplinkEvent>,
    pub vision_events: mpsc::Receiver<VisionEvent>,
    pub health: mpsc::UnboundedReceiver<Health>,
}

pub struct EventLoop {
    parts: Parts,
    inputs: Option<Inputs>,
    cars: VecDeque<Car>,
    cause: Cause,
    /// The command that opens as soon as the drive may move again.
    waiting_open: Option<CommandId>,
    /// Commands handed to the lane and not yet answered, with their counters.
    executing: Vec<(CommandId, u64)>,
    /// Counter of the command whose counter is being stored.
    storing: Option<u64>,
    alarms: u32,
    trouble: Option<Reason>,
    /// How the camera showed the last vehicles.
    recent_shots: RecentShots,
    spool_failed: bool,
    clock_fault: Option<Reason>,
    certificate_fault: Option<Reason>,
    /// The sign shows nothing to a driver.
    resting: bool,
    list: Option<PartialList>,
    wires_failed: bool,
    /// The machine requested a closing that the newest sample did not allow.
    closing_refused: bool,
}

impl EventLoop {
    pub fn new(parts: Parts) -> EventLoop {
        EventLoop {
            parts,
            inputs: None,
            cars: VecDeque::new(),
            cause: Cause::Rule("start"),
            waiting_open: None,
            executing: Vec::new(),
            storing: None,
            alarms: 0,
            trouble: None,
            recent_shots: RecentShots::default(),
            spool_failed: false,
            clock_fault: None,
            certificate_fault: None,
            resting: false,
            list: None,
            wires_failed: false,
            closing_refused: false,
        }
    }

    /// Runs until `ending` is done or a part of the program has ended, then releases the drive.
    pub async fn run(
        mut self,
        mut inbox: Inbox,
        ending: impl Future<Output = Result<(), PartEnded>>,
    ) -> Result<(), PartEnded> {
        tokio::pin!(ending);
        let mut supervisor = Supervisor::from_environment();
        let mut hours = tokio::time::interval(HOUR);
        let ended = loop {
            supervisor.alive();
            let timer = tokio::time::Instant::from_std(self.timer());
            // A closed channel is a thread or task that is gone, by a panic or otherwise: without it this is no lane.
            let wake = tokio::select! {
                biased;
                ended = &mut ending => break ended,
                sample = inbox.samples.recv() => sample.map(Wake::Sample).ok_or(PartEnded("sampling of the inputs")),
                () = tokio::time::sleep_until(timer) => Ok(Wake::Timer),
                Some(wake) = inbox.wakes.recv() => Ok(wake),
                event = inbox.vision_events.recv() => event.map(Wake::VisionEvent).ok_or(PartEnded("camera and plate reader")),
                uplink_events = inbox.uplink_events.recv() => uplink_events.map(Wake::UplinkEvent).ok_or(PartEnded("line to the server")),
                _ = hours.tick() => Ok(Wake::Certificate),
                health = inbox.health.recv() => health.map(Wake::Spool).ok_or(PartEnded("spool")),
            };
            match wake {
                Ok(wake) => self.wake(wake),
                Err(part) => break Err(part),
            }
        };
        self.rest();
        ended
    }

    fn timer(&self) -> Instant {
        let at = self.parts.lane.wake_at().map(|at| self.parts.clock.instant_of(at));
        at.unwrap_or_else(|| Instant::now() + Duration::from_secs(1))
    }

    fn wake(&mut self, wake: Wake) {
        match wake {
            Wake::Sample(sample) => self.sample(sample),
            Wake::Timer => self.feed(LaneEvent::Tick, Cause::Rule("timer")),
            Wake::Certificate => self.look_at_certificate(),
            Wake::VisionEvent(VisionEvent::VisionResult(result)) => self.vision_result(*result),
            Wake::VisionEvent(VisionEvent::Camera(trouble)) => self.camera_is(trouble),
            Wake::UplinkEvent(event) => self.uplink_event(event),
            Wake::Spool(health) => self.spool_is(health),
            Wake::CommandStored { stored, pending } => self.obey(stored, &pending),
            Wake::Listed { arrival, entries } => self.decide_locally(arrival, &entries),
            Wake::ListStored { version } => {
                info!(version, "stored a new offline list");
                self.parts.lane_snapshot.send_modify(|now| now.list_version = version);
            }
            Wake::ModeStored { version } => self.mode_stored(version),
        }
        self.end_mode_if_due();
        self.publish_state();
    }

    /// One event into the machine, and what it answers done at once.
    fn feed(&mut self, event: LaneEvent, cause: Cause) {
        self.feed_at(event, cause, self.parts.clock.lane_now());
    }

    fn feed_at(&mut self, event: LaneEvent, cause: Cause, now: Monotonic) {
        self.cause = cause;
        let mut minted = None;
        let mut mint = || *minted.insert(ArrivalId::from_uuid(Uuid::now_v7()));
        let actions = self.parts.lane.handle(event, now, &mut mint);
        if let Some(id) = minted {
            self.car_came(id);
        }
        self.note_held_back(&actions);
        for action in actions {
            self.perform(action);
        }
    }

    fn uplink_event(&mut self, event: UplinkEvent) {
        match event {
            UplinkEvent::Up => self.feed(LaneEvent::Uplink { up: true }, Cause::Rule("uplink")),
            UplinkEvent::Down { why } => {
                debug!(why, "the lane decides by itself from now on");
                self.feed(LaneEvent::Uplink { up: false }, Cause::Rule("uplink"));
            }
            UplinkEvent::Command { command, digest } => self.command(*command, digest),
            UplinkEvent::Forged { why } => {
                warn!(why, "ignored a command that is not the server's");
                self.alarm();
            }
            UplinkEvent::ListPart(part) => self.list_part(*part),
            UplinkEvent::WantedMode(wanted) => self.wanted_mode(&wanted),
            UplinkEvent::Clock { apart_ms, unsure_ms } => self.clock_is(apart_ms, unsure_ms),
            UplinkEvent::Published { arrival, at } => {
                if let Some(car) = self.car(ArrivalId::from_uuid(arrival)) {
                    car.published.get_or_insert(at);
                }
            }
        }
    }

    fn append(&self, body: EventBody) {
        self.parts.spool.append(NewEvent { id: Uuid::now_v7(), moment: self.parts.clock.moment(), body });
    }
}
