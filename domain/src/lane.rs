//! The lane machine: events and the time in, actions out. No I/O, no clock, no ids of its own.
//!
//! ```text
//!            boom                        arming loop                 under the boom
//!   Unknown (start-up, S4)          Empty <------------.         none <----------------.
//!      |  inputs stable 2 s           | car             | gone     | safety loop rises  | falls
//!      v                              v                 |          v                    |
//!   Closed --open--> Opening --> Open Waiting: reading -+--> moves on --> Passage ------'
//!      ^                |          |    -> deciding                  passed | backed out |
//!      |            timeout        |    -> deciding locally          tailgated | wrong way
//!      '-- Closing <---- clear ----'    -> decided (grant)
//!            | safety, edge, fire: open again at once
//!   over all: fire (latched, reset on the spot), obstruction lock (S5), hold, mode, Broken
//! ```
//!
//! One car has one arrival id, minted when the arming loop rises. A grant lets one car through: it is given to the
//! car that stands there, used up by its passage, and ends when the boom closes without it. The boom closes only by
//! [`barrier`], and only while the safety input is known to be clear.
//!
//! Two loops cannot tell everything. A car that leaves the arming loop completely and then reverses looks like a car
//! that passed while the next one drew up; a car bumper to bumper with the next looks like one that backed out.
//! Both are reported as what they are most often.

pub mod action;
mod barrier;
mod cars;
pub mod command;
pub mod event;
mod mode;
mod orders;
mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

pub use action::{Answer, BoomState, LaneAction, Sign};
pub use event::{Authority, BoomPosition, Command, LaneEvent, Order};
pub use state::LaneConfig;

use crate::ids::ArrivalId;
use crate::lane_mode::LaneMode;
use crate::loops::{Loop, LoopFault, LoopRole, LoopState, RawLevel};
use crate::reason::Reason;
use crate::time::Monotonic;
use state::{Boom, Drive, Fire, Front, Grant, Passage, Service};

/// Where new arrival ids come from.
pub type NewArrival<'a> = &'a mut dyn FnMut() -> ArrivalId;

/// One lane.
#[derive(Debug, Clone)]
pub struct Lane {
    config: LaneConfig,
    started: Monotonic,
    now: Monotonic,
    inputs: Inputs,
    service: Service,
    /// What the lane is for; a wish of people, not an order.
    mode: LaneMode,
    uplink: bool,

    boom: Boom,
    drive: Drive,
    position: Option<BoomPosition>,
    fire: Fire,
    hold: bool,
    /// The arming loop is faulty and the lane fails open.
    failing_open: bool,
    /// Obstructions since the boom was last down.
    obstructions: u32,
    /// The last moment at which something kept the boom up.
    kept_until: Monotonic,
    last_open: Option<Monotonic>,
    last_close: Option<Monotonic>,
    closings: VecDeque<Monotonic>,
    up_since: Option<Monotonic>,

    front: Front,
    /// Off the arming loop and not yet at the safety loop.
    in_transit: VecDeque<(ArrivalId, Monotonic)>,
    passage: Option<Passage>,
    grants: Vec<Grant>,
    /// Cars that moved on before they were read.
    unreported: Vec<(ArrivalId, Monotonic)>,
    /// Cars through since the boom was last down.
    passed: u32,

    faults: Vec<Reason>,
    sign: Sign,
    shown: BoomState,
    generation: u64,
    out: Vec<LaneAction>,
}

/// The supervised inputs and what the lane last made of them.
#[derive(Debug, Clone)]
struct Inputs {
    arming: Loop,
    safety: Loop,
    photocell: Option<Loop>,
    followed_arming: LoopState,
    followed_safety: LoopState,
    /// Since when everything under the boom is known to be clear.
    clear_since: Option<Monotonic>,
}

impl Lane {
    /// A lane that has just started: nothing is driven and nothing moves until its inputs are stable.
    pub fn new(config: LaneConfig, now: Monotonic) -> Self {
        let inputs = Inputs {
            arming: Loop::new(config.arming.clone(), now),
            safety: Loop::new(config.safety.clone(), now),
            photocell: config.photocell.clone().map(|photocell| Loop::new(photocell, now)),
            followed_arming: LoopState::Clear,
            followed_safety: LoopState::Clear,
            clear_since: None,
        };
        Self {
            config,
            started: now,
            now,
            inputs,
            service: Service::Starting,
            mode: LaneMode::Open,
            uplink: true,
            boom: Boom::Unknown,
            drive: Drive::Off,
            position: None,
            fire: Fire::Off,
            hold: false,
            failing_open: false,
            obstructions: 0,
            kept_until: now,
            last_open: None,
            last_close: None,
            closings: VecDeque::new(),
            up_since: None,
            front: Front::Empty,
            in_transit: VecDeque::new(),
            passage: None,
            grants: Vec::new(),
            unreported: Vec::new(),
            passed: 0,
            faults: Vec::new(),
            sign: Sign::Blank,
            shown: BoomState::Unknown,
            generation: 0,
            out: Vec::new(),
        }
    }

    /// Takes one event. `now` never goes back; `new_arrival` is asked for an id when a car comes.
    pub fn handle(
        &mut self,
        event: LaneEvent,
        now: Monotonic,
        new_arrival: NewArrival<'_>,
    ) -> Vec<LaneAction> {
        self.now = self.now.max(now);
        if let LaneEvent::Level { role, level } = event {
            self.inputs.sample(role, level, self.now);
        }
        self.inputs.tick(self.now);
        self.guard_closing();
        self.note_loop_faults();
        self.finish_start_up();
        self.follow_cars(new_arrival);
        self.apply(event);
        self.run_timers(new_arrival);
        self.publish();
        std::mem::take(&mut self.out)
    }

    /// When `Tick` is due at the latest; every event may change it.
    pub fn wake_at(&self) -> Option<Monotonic> {
        let inputs = self.inputs.all().filter_map(Loop::wake_at);
        let start_up = self.start_up_end().filter(|_| !self.is_ready());
        let timers = [start_up, self.fire_due(), self.barrier_due(), self.cars_due()];
        inputs.chain(timers.into_iter().flatten()).filter(|at| *at > self.now).min()
    }

    /// The lane's settings.
    pub const fn config(&self) -> &LaneConfig {
        &self.config
    }

    /// The arrival that waits on the arming loop, if any.
    pub const fn waiting(&self) -> Option<ArrivalId> {
        match self.front {
            Front::Waiting(waiting) => Some(waiting.id),
            Front::Empty | Front::WrongWay => None,
        }
    }

    /// Whether start-up is over.
    pub const fn is_ready(&self) -> bool {
        !matches!(self.service, Service::Starting)
    }

    /// The boom as last reported, with its generation.
    pub const fn boom(&self) -> (BoomState, u64) {
        (self.shown, self.generation)
    }

    /// Faults that are raised and not yet cleared.
    pub fn faults(&self) -> &[Reason] {
        &self.faults
    }

    /// What the loops before and under the boom say.
    pub const fn loops(&self) -> (LoopState, LoopState) {
        (self.inputs.arming.state(), self.inputs.safety.state())
    }

    /// What the lane is for.
    pub const fn mode(&self) -> LaneMode {
        self.mode
    }

    fn apply(&mut self, event: LaneEvent) {
        match event {
            LaneEvent::Tick | LaneEvent::Level { .. } => {}
            LaneEvent::Boom(position) => self.boom_is(position),
            LaneEvent::Obstructed => self.obstructed(),
            LaneEvent::FireInput { active } => self.fire_input(active),
            LaneEvent::LocalReset => self.local_reset(),
            LaneEvent::LocalOpen => self.local_open(),
            LaneEvent::ReadingDone { arrival, verdict } => self.reading_done(arrival, verdict),
            LaneEvent::LocalDecision { arrival, outcome, reason } => {
                self.local_decision(arrival, outcome, reason)
            }
            LaneEvent::Command(command) => self.obey(command),
            LaneEvent::Uplink { up } => self.uplink = up,
            LaneEvent::Mode(mode) => self.change_mode(mode),
        }
    }

    fn run_timers(&mut self, new_arrival: NewArrival<'_>) {
        self.run_fire_timer();
        self.run_car_timers();
        self.run_barrier_timers();
        self.renew_spent_arrival(new_arrival);
    }

    /// S4: nothing moves until every input has been stable for a while and the boom has reported.
    fn finish_start_up(&mut self) {
        let position_known = self.position.is_some() || !self.config.boom_feedback;
        let stable = self.start_up_end().is_some_and(|end| end <= self.now);
        if self.is_ready() || !position_known || !stable {
            return;
        }
        self.service = Service::Serving;
        if self.boom == Boom::Unknown {
            self.settle_boom();
        }
        self.show_rest();
    }

    /// When the inputs will have been stable long enough; none while one has not even settled.
    fn start_up_end(&self) -> Option<Monotonic> {
        let settling = LoopState::Unknown(LoopFault::Settling);
        if self.inputs.all().any(|input| input.state() == settling) {
            return None;
        }
        let since = self.inputs.all().map(Loop::since).fold(self.started, Monotonic::max);
        Some(since.plus_ms(self.config.startup_stable_ms))
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a few codes of the registry are meant, all others are not"
    )]
    fn note_loop_faults(&mut self) {
        let states = self.inputs.roles().map(|(role, input)| (role, input.state())).collect::<Vec<_>>();
        for (role, state) in states {
            let raised = self.faults.iter().find_map(|reason| match reason {
                Reason::FaultLoop { position, fault } if *position == role => Some(*fault),
                _ => None,
            });
            match (raised, state) {
                (None, LoopState::Unknown(fault)) if fault != LoopFault::Settling => {
                    self.raise(Reason::FaultLoop { position: role, fault });
                }
                (Some(fault), LoopState::Clear | LoopState::Occupied) => {
                    self.clear(&Reason::FaultLoop { position: role, fault });
                }
                (Some(_) | None, _) => {}
            }
        }
    }

    fn raise(&mut self, fault: Reason) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault.clone());
            self.out.push(LaneAction::RaiseFault(fault));
        }
    }

    fn clear(&mut self, fault: &Reason) {
        if let Some(index) = self.faults.iter().position(|raised| raised == fault) {
            self.out.push(LaneAction::ClearFault(self.faults.remove(index)));
        }
    }

    fn show(&mut self, sign: Sign) {
        let sign = self.sign_in_mode(sign);
        if self.sign != sign {
            self.sign = sign.clone();
            self.out.push(LaneAction::ShowSign(sign));
        }
    }

    /// What the sign says when no car needs it.
    fn show_rest(&mut self) {
        if !self.is_fire() && !matches!(self.front, Front::Waiting(_)) {
            self.show(self.resting_sign());
        }
    }

    fn publish(&mut self) {
        let state = self.boom_state();
        if state != self.shown {
            self.shown = state;
            self.generation = self.generation.saturating_add(1);
            self.out.push(LaneAction::ReportBoom { state, generation: self.generation });
        }
    }
}

impl Inputs {
    fn roles(&self) -> impl Iterator<Item = (LoopRole, &Loop)> {
        let photocell = self.photocell.as_ref().map(|photocell| (LoopRole::Photocell, photocell));
        [(LoopRole::Arming, &self.arming), (LoopRole::Safety, &self.safety)].into_iter().chain(photocell)
    }

    fn all(&self) -> impl Iterator<Item = &Loop> {
        self.roles().map(|(_, input)| input)
    }

    fn sample(&mut self, role: LoopRole, level: RawLevel, now: Monotonic) {
        match role {
            LoopRole::Arming => self.arming.sample(level, now),
            LoopRole::Safety => self.safety.sample(level, now),
            LoopRole::Photocell => match &mut self.photocell {
                Some(photocell) => photocell.sample(level, now),
                None => return,
            },
        };
    }

    fn tick(&mut self, now: Monotonic) {
        self.arming.tick(now);
        self.safety.tick(now);
        if let Some(photocell) = &mut self.photocell {
            photocell.tick(now);
        }
        self.clear_since = self.under_boom_is_clear(now).then(|| self.clear_since.unwrap_or(now));
    }

    /// Everything under the boom is known to be clear at this moment.
    fn under_boom_is_clear(&self, now: Monotonic) -> bool {
        self.safety.is_known_clear(now)
            && self.photocell.as_ref().is_none_or(|photocell| photocell.is_known_clear(now))
    }
}
