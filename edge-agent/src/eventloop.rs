//! Everything that wakes the lane, in one order: samples, timers, frames, commands, the line, the spool.
//!
//! The loop feeds `domain::lane` and performs what it answers. Nothing here waits: what takes time (the disk, the list, a
//! picture) is done elsewhere and comes back as another wake, so that a close request is dropped within one sample.
//! Samples are taken on a thread of their own and come with their times. A loop that was late takes them over first, each
//! at its time, so its lateness alone makes no input stale; what only moves a boom down asks the newest one besides.

mod condition;
mod perform;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use boomgate_domain::decide::{self, Direction, OfflinePolicy, SiteState, decide};
use boomgate_domain::ids::{ArrivalId, CommandId};
use boomgate_domain::lane::command::{Addressee, Checked, CommandLog, Incoming, Me};
use boomgate_domain::lane::{Answer, BoomPosition, BoomState, Lane, LaneAction, LaneEvent};
use boomgate_domain::listing::offline_matches;
use boomgate_domain::loops::LoopRole;
use boomgate_domain::reading::{Reading, Verdict};
use boomgate_domain::reason::{Lang, Reason};
use boomgate_domain::tariff::VehicleType;
use boomgate_domain::time::Monotonic;
use boomgate_plate_reader::advice::Lately;
use boomgate_schemas::bytes::{Epoch, Octets};
use boomgate_schemas::down::{self, ListEntry, SyncPart};
use boomgate_schemas::up::EventBody;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info, warn};
use uuid::Uuid;

use crate::clock::{Clock, wall_ms};
use crate::evidence::Shelf;
use crate::gpio::{Drive, Inputs, Relays};
use crate::notify::Supervisor;
use crate::sampling::{Sample, UnderBoom};
use crate::sim::SimLane;
use crate::sim::control::Report;
use crate::spool::{Health, NewEvent, Spool};
use crate::uplink::certificate::Expiry;
use crate::uplink::{LaneNow, News};
use crate::vision::{Seen, Sight, Vision};
use crate::wire::{self, KEY_SWITCH};

/// Cars whose readings are remembered: the one waiting and a few that just left.
const CARS: usize = 16;
const HOUR: Duration = Duration::from_secs(3_600);
/// Largest offline list: a thousand parts.
const LIST_PARTS: u32 = 1_000;

/// Everything that wakes the lane.
#[derive(Debug)]
pub enum Wake {
    /// A look at the wires.
    Sample(Sample),
    /// The lane machine's own timer.
    Timer,
    /// Time to look at how long the certificates last.
    Certificate,
    Sight(Sight),
    News(News),
    Spool(Health),
    /// A command's counter is stored, or could not be.
    CommandStored {
        stored: bool,
        pending: Box<Pending>,
    },
    /// What the offline list says about an arrival that waits for the lane's own decision.
    Listed {
        arrival: ArrivalId,
        entries: Vec<ListEntry>,
    },
    ListStored {
        version: u64,
    },
}

/// A command that is to be carried out as soon as its counter is safe.
#[derive(Debug)]
pub struct Pending {
    command: down::Command,
    received: Instant,
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
    pub shelf: Shelf,
    pub commands: CommandLog,
    pub lane_now: watch::Sender<LaneNow>,
    pub wakes: mpsc::Sender<Wake>,
    pub sim: Option<SimLane>,
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
    /// A look at the wires that is older than this, in real time, says nothing of the space under the boom.
    pub stale_after: Duration,
}

/// What comes from the other tasks and threads.
pub struct Inbox {
    pub samples: mpsc::Receiver<Sample>,
    pub wakes: mpsc::Receiver<Wake>,
    pub news: mpsc::Receiver<News>,
    pub sights: mpsc::Receiver<Sight>,
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
    lately: Lately,
    spool_failed: bool,
    clock_fault: Option<Reason>,
    certificate_fault: Option<Reason>,
    /// The sign has nothing to say to a driver.
    resting: bool,
    list: Option<Partial>,
    wires_failed: bool,
    /// The machine asked for a closing that the newest look at the wires did not allow.
    closing_refused: bool,
}

/// What is known of a car that came.
struct Car {
    id: ArrivalId,
    reading: Option<Reading>,
    evidence: Option<[u8; 32]>,
    came_wall_ms: i64,
    published: Option<Instant>,
    answered: bool,
}

/// Why something moves: the command in hand, or the rule at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Command(CommandId),
    Rule(&'static str),
}

/// An offline list that is still arriving.
struct Partial {
    version: u64,
    parts: u32,
    key: Octets<32>,
    arrived: Vec<u32>,
    entries: Vec<ListEntry>,
}

impl EventLoop {
    pub fn new(parts: Parts) -> EventLoop {
        EventLoop {
            parts,
            inputs: None,
            cars: VecDeque::with_capacity(CARS),
            cause: Cause::Rule("start"),
            waiting_open: None,
            executing: Vec::new(),
            storing: None,
            alarms: 0,
            trouble: None,
            lately: Lately::default(),
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
                sight = inbox.sights.recv() => sight.map(Wake::Sight).ok_or(PartEnded("camera and plate reader")),
                news = inbox.news.recv() => news.map(Wake::News).ok_or(PartEnded("line to the server")),
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
            Wake::Sight(Sight::Seen(seen)) => self.seen(*seen),
            Wake::Sight(Sight::Camera(trouble)) => self.camera_is(trouble),
            Wake::News(news) => self.news(news),
            Wake::Spool(health) => self.spool_is(health),
            Wake::CommandStored { stored, pending } => self.obey(stored, &pending),
            Wake::Listed { arrival, entries } => self.decide_locally(arrival, &entries),
            Wake::ListStored { version } => {
                info!(version, "the offline list is new");
                self.parts.lane_now.send_modify(|now| now.list_version = version);
            }
        }
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

    /// A command whose opening the duty limit holds back is remembered, so that the movement is known to be its.
    fn note_held_back(&mut self, actions: &[LaneAction]) {
        let Cause::Command(id) = self.cause else { return };
        let moves =
            actions.iter().any(|action| matches!(action, LaneAction::DriveOpen | LaneAction::DriveClose));
        let done = actions
            .iter()
            .any(|action| matches!(action, LaneAction::AnswerCommand { answer: Answer::Done, .. }));
        let is_down = matches!(self.parts.lane.boom().0, BoomState::Closed | BoomState::Closing);
        if done && !moves && is_down {
            self.waiting_open = Some(id);
        }
    }

    fn sample(&mut self, sample: Sample) {
        if self.trouble.is_none()
            && let Some(stuck) = self.parts.vision.stuck()
        {
            self.camera_is(Some(stuck));
        }
        match sample.inputs {
            Ok(inputs) => {
                self.wires_failed = false;
                let before = self.inputs.replace(inputs);
                self.feed_inputs(before, inputs, sample.at);
            }
            Err(why) => self.wires_failed(&why, sample.at),
        }
        if self.closing_refused {
            self.drive(Drive::Close);
        }
    }

    /// A line that cannot be read goes stale in the machine, which then knows nothing and keeps still.
    fn wires_failed(&mut self, why: &str, at: Monotonic) {
        if !std::mem::replace(&mut self.wires_failed, true) {
            error!(why, "the wires cannot be read");
        }
        self.feed_at(LaneEvent::Tick, Cause::Rule("wires-failed"), at);
    }

    fn feed_inputs(&mut self, before: Option<Inputs>, now: Inputs, at: Monotonic) {
        let lines = [
            (LoopRole::Arming, Some(now.arming)),
            (LoopRole::Safety, Some(now.safety)),
            (LoopRole::Photocell, now.photocell),
        ];
        for (role, level) in lines {
            if let Some(level) = level {
                self.feed_at(LaneEvent::Level { role, level }, Cause::Rule("loops"), at);
            }
        }
        let changed = |of: fn(&Inputs) -> bool| before.is_none_or(|before| of(&before) != of(&now));
        if before.map(|inputs| position(&inputs)) != Some(position(&now)) {
            self.feed_at(LaneEvent::Boom(position(&now)), Cause::Rule("boom-switches"), at);
        }
        if changed(|inputs| inputs.fire) {
            self.feed_at(LaneEvent::FireInput { active: now.fire }, Cause::Rule("fire"), at);
        }
        if now.reset && changed(|inputs| inputs.reset) {
            self.feed_at(LaneEvent::LocalReset, Cause::Rule("local-reset"), at);
        }
        if now.key_switch && changed(|inputs| inputs.key_switch) {
            self.feed_at(LaneEvent::LocalOpen, Cause::Rule(KEY_SWITCH), at);
        }
    }

    fn car_came(&mut self, id: ArrivalId) {
        let came_wall_ms = match &self.parts.sim {
            Some(sim) => {
                sim.name_front(&id.to_string());
                sim.front().map_or_else(wall_ms, |(_, arrived)| arrived)
            }
            None => wall_ms(),
        };
        self.cars.truncate(CARS - 1);
        let car = Car { id, reading: None, evidence: None, came_wall_ms, published: None, answered: false };
        self.cars.push_front(car);
    }

    fn car(&mut self, id: ArrivalId) -> Option<&mut Car> {
        self.cars.iter_mut().find(|car| car.id == id)
    }

    fn seen(&mut self, seen: Seen) {
        self.lately.add(seen.shots);
        self.note_trouble(seen.trouble);
        self.tell_view();
        let (arrival, verdict) = (seen.arrival, seen.reading.verdict);
        self.tell_reading(arrival, &seen.reading);
        let kept = seen.evidence.as_ref().map(|evidence| evidence.sha256);
        if let Some(car) = self.car(arrival) {
            car.reading = Some(seen.reading);
            car.evidence = kept;
        }
        if let Some(evidence) = seen.evidence {
            let shelf = self.parts.shelf.clone();
            tokio::task::spawn_blocking(move || {
                if let Err(failure) = shelf.keep(&evidence) {
                    warn!(error = %failure, "an evidence picture could not be kept");
                }
            });
        }
        self.feed(LaneEvent::ReadingDone { arrival, verdict }, Cause::Rule("reading"));
    }

    fn tell_reading(&self, arrival: ArrivalId, reading: &Reading) {
        if let Some(sim) = &self.parts.sim {
            let text = reading.plate.as_ref().map(ToString::to_string).unwrap_or_default();
            let verdict = format!("{:?}", reading.verdict).to_lowercase();
            let car = sim.car_of(&arrival.to_string());
            let arrival = arrival.to_string();
            sim.journal().tell(Report::Read { car, arrival, text, verdict, frames: reading.frames });
        }
    }

    fn news(&mut self, news: News) {
        match news {
            News::Up => self.feed(LaneEvent::Uplink { up: true }, Cause::Rule("uplink")),
            News::Down { why } => {
                debug!(why, "deciding alone from now on");
                self.feed(LaneEvent::Uplink { up: false }, Cause::Rule("uplink"));
            }
            News::Command { command, digest } => self.command(*command, digest),
            News::Forged { why } => {
                warn!(why, "a command that is not the server's moved nothing");
                self.alarm();
            }
            News::ListPart(part) => self.list_part(*part),
            News::Clock { apart_ms, unsure_ms } => self.clock_is(apart_ms, unsure_ms),
            News::Published { arrival, at } => {
                if let Some(car) = self.car(ArrivalId::from_uuid(arrival)) {
                    car.published.get_or_insert(at);
                }
            }
        }
    }

    /// Judges a command the server signed; a new one has its counter stored before it may move anything.
    fn command(&mut self, command: down::Command, digest: [u8; 32]) {
        if self.storing == Some(command.counter) {
            return;
        }
        let checked = self.check(&command, digest);
        let log = self.parts.commands.clone();
        match checked {
            Checked::Execute => {
                self.storing = Some(command.counter);
                let (spool, wakes) = (self.parts.spool.clone(), self.parts.wakes.clone());
                let pending = Box::new(Pending { command, received: Instant::now() });
                tokio::spawn(async move {
                    let stored = spool.save_commands(log).await.is_ok();
                    let _ = wakes.send(Wake::CommandStored { stored, pending }).await;
                });
            }
            Checked::Repeat(_) if self.executing.iter().any(|(_, counter)| *counter == command.counter) => {}
            Checked::Repeat(answer) => self.append(wire::result(command.id, command.counter, &answer)),
            Checked::Refused(reason) => {
                self.parts.spool.answered(log);
                self.append(wire::result(command.id, command.counter, &Answer::Refused(reason)));
            }
            Checked::Replay(reason) => {
                warn!(counter = command.counter, code = reason.code(), "a replayed command moved nothing");
                self.alarm();
            }
        }
    }

    fn check(&mut self, command: &down::Command, digest: [u8; 32]) -> Checked {
        let Settings { addressee, epoch, .. } = &self.parts.settings;
        let mine = short_epoch(epoch);
        // The machine compares the first half of the nonce; the whole must be equal.
        let theirs = if command.epoch == *epoch { mine } else { !mine };
        let incoming = Incoming {
            addressee: addressee.clone(),
            counter: command.counter,
            epoch: theirs,
            not_after: Monotonic::from_millis(command.not_after_ms),
            digest,
        };
        let now = Monotonic::from_millis(self.parts.clock.uptime_ms());
        self.parts.commands.check(&incoming, Me { addressee, epoch: mine, now })
    }

    /// Carries out a command whose counter is safe.
    fn obey(&mut self, stored: bool, pending: &Pending) {
        self.storing = None;
        let down::Command { id, counter, .. } = pending.command;
        let late = self.parts.clock.uptime_ms() > pending.command.not_after_ms;
        let order = wire::command(&pending.command);
        let refusal = match &order {
            _ if !stored => Some(Reason::FaultSpool { detail: "the counter could not be stored".into() }),
            _ if late => Some(Reason::CmdExpired {}),
            Err(why) => {
                warn!(%why, code = pending.command.code, "a command is not understood");
                Some(Reason::CmdUnknown { action: wire::action_name(pending.command.action).into() })
            }
            Ok(_) => None,
        };
        match (refusal, order) {
            (None, Ok(order)) => {
                self.tell_command(pending);
                self.executing.push((order.id, counter));
                let cause = Cause::Command(order.id);
                self.feed(LaneEvent::Command(order), cause);
            }
            (refusal, _) => {
                let reason = refusal.unwrap_or(Reason::CmdBusy {});
                self.answer(CommandId::from_uuid(id), counter, &Answer::Refused(reason));
            }
        }
    }

    /// Notes an answer durably and tells the server.
    fn answer(&mut self, command: CommandId, counter: u64, answer: &Answer) {
        self.parts.commands.answered(counter, answer.clone());
        self.parts.spool.answered(self.parts.commands.clone());
        self.append(wire::result(command.as_uuid(), counter, answer));
    }

    fn tell_command(&mut self, pending: &Pending) {
        let command = &pending.command;
        let (mut since_loop, mut since_publish) = (None, None);
        if let Some(car) = command.arrival.and_then(|arrival| self.car(ArrivalId::from_uuid(arrival)))
            && !std::mem::replace(&mut car.answered, true)
        {
            let held = pending.received.elapsed().as_millis() as i64;
            since_loop = Some(wall_ms() - held - car.came_wall_ms);
            since_publish =
                car.published.map(|at| pending.received.saturating_duration_since(at).as_millis() as i64);
        }
        if let Some(sim) = &self.parts.sim {
            let arrival = command.arrival.map(|arrival| arrival.to_string());
            sim.journal().tell(Report::Decision {
                car: arrival.as_ref().and_then(|arrival| sim.car_of(arrival)),
                arrival,
                code: command.code.clone(),
                outcome: wire::action_name(command.action).into(),
                local: false,
                loop_to_command_ms: since_loop,
                publish_to_command_ms: since_publish,
            });
        }
    }

    /// Counts forged and replayed commands; tells the server at 1, 10, 100 and so on, so that a flood fills nothing.
    fn alarm(&mut self) {
        self.alarms = self.alarms.saturating_add(1);
        if self.alarms == 10_u32.saturating_pow(self.alarms.ilog10()) {
            let reason = Reason::FaultReplay { times: self.alarms };
            self.append(wire::fault(&reason, true));
        }
    }

    fn list_part(&mut self, part: SyncPart) {
        if part.parts > LIST_PARTS {
            return warn!(parts = part.parts, "an offline list is too large");
        }
        if self.list.as_ref().is_none_or(|list| list.version != part.version || list.parts != part.parts) {
            let SyncPart { version, parts, key, .. } = part;
            self.list = Some(Partial { version, parts, key, arrived: Vec::new(), entries: Vec::new() });
        }
        let Some(list) = &mut self.list else { return };
        if !list.arrived.contains(&part.part) {
            list.arrived.push(part.part);
            list.entries.extend(part.entries);
        }
        if list.arrived.len() < list.parts as usize {
            return;
        }
        let Some(Partial { version, key, entries, .. }) = self.list.take() else { return };
        let (spool, wakes) = (self.parts.spool.clone(), self.parts.wakes.clone());
        tokio::spawn(async move {
            if spool.replace_list(version, key, entries).await {
                let _ = wakes.send(Wake::ListStored { version }).await;
            }
        });
    }

    /// Asks the list about an arrival's plate; the answer comes back as a wake.
    fn look_up(&mut self, arrival: ArrivalId) {
        let plate =
            self.car(arrival).and_then(|car| car.reading.as_ref()).and_then(|reading| reading.plate.clone());
        let (spool, wakes) = (self.parts.spool.clone(), self.parts.wakes.clone());
        tokio::spawn(async move {
            let entries = match plate {
                Some(plate) => spool.lookup(plate).await,
                None => Vec::new(),
            };
            let _ = wakes.send(Wake::Listed { arrival, entries }).await;
        });
    }

    fn decide_locally(&mut self, arrival: ArrivalId, entries: &[ListEntry]) {
        let reading = self.car(arrival).and_then(|car| car.reading.clone());
        let settings = &self.parts.settings;
        let listed = wire::listed(entries);
        let matches = offline_matches(
            Some(&listed),
            SiteState::default(),
            settings.offline,
            settings.time_zone.clone(),
        );
        let case = decide::Arrival {
            id: arrival,
            direction: settings.direction,
            plate: reading.as_ref().and_then(|reading| reading.plate.clone()),
            verdict: reading.as_ref().map_or(Verdict::Unreadable, |reading| reading.verdict),
            credential: decide::Credential::Plate,
            vehicle: VehicleType::default(),
        };
        let now = Timestamp::from_millisecond(wall_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
        let decision = decide(&case, &matches, now);
        let event = LaneEvent::LocalDecision { arrival, outcome: decision.outcome, reason: decision.reason };
        self.feed(event, Cause::Rule("local-decision"));
    }

    fn append(&self, body: EventBody) {
        self.parts.spool.append(NewEvent { id: Uuid::now_v7(), moment: self.parts.clock.moment(), body });
    }
}

fn position(inputs: &Inputs) -> BoomPosition {
    match (inputs.boom_open, inputs.boom_closed) {
        (true, false) => BoomPosition::Open,
        (false, true) => BoomPosition::Closed,
        (false, false) => BoomPosition::Between,
        (true, true) => BoomPosition::Fault,
    }
}

fn short_epoch(epoch: &Epoch) -> u64 {
    epoch.0.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Details of a fault travel and are shown: a few words will do.
fn short(text: &str) -> String {
    text.chars().take(160).collect()
}
