//! The boom: opening, closing, its feedback, fire, obstruction and the duty limit. The only place that drives.
//!
//! Closing waits for a clear safety input, the duty limit and the end of every grant. Opening for fire, safety or a
//! local switch waits for nothing; any other opening leaves the drive `min_reversal_ms` between opposite requests.

use super::action::{BoomState, LaneAction, Sign};
use super::event::BoomPosition;
use super::state::{Boom, Drive, Fire, Front, Next, Opener};
use super::{Inputs, Lane};
use crate::loops::{LoopFault, LoopState};
use crate::reason::Reason;
use crate::time::Monotonic;

/// A minute, for the cycle limit.
const MINUTE_MS: u64 = 60_000;
/// Obstructions after which only a person lets the boom close (S5).
const MAX_OBSTRUCTIONS: u32 = 2;

/// Whether an opening may wait for the drive's duty limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    Ordinary,
    /// Fire, safety, a person at the lane.
    AtOnce,
}

impl Lane {
    pub(super) fn open(&mut self, urgency: Urgency) {
        match self.boom {
            Boom::Open { .. } | Boom::Opening { .. } => {}
            Boom::Broken => {
                if urgency == Urgency::AtOnce {
                    self.set_drive(Drive::Open);
                }
            }
            Boom::Unknown | Boom::Closed { .. } | Boom::Closing { .. } => {
                if urgency == Urgency::Ordinary && self.open_allowed_at() > self.now {
                    self.boom.set_next(Next::Open);
                } else {
                    self.start_opening();
                }
            }
        }
    }

    /// Closes if that is safe now; the reason otherwise.
    pub(super) fn close_now(&mut self) -> Result<(), Reason> {
        if !self.may_close() {
            Err(Reason::CmdUnsafe {})
        } else if self.close_allowed_at() > self.now {
            Err(Reason::CmdBusy {})
        } else {
            self.start_closing();
            Ok(())
        }
    }

    /// S1 and S2: a close request ends the moment it is no longer known to be safe.
    pub(super) fn guard_closing(&mut self) {
        if self.drive == Drive::Close && !self.may_close() {
            self.start_opening();
        }
    }

    pub(super) fn boom_is(&mut self, position: BoomPosition) {
        self.position = Some(position);
        if !self.is_ready() {
            return;
        }
        match (self.boom, position) {
            (_, BoomPosition::Fault) => self.broke(Reason::FaultBoomBroken {}),
            (Boom::Opening { .. }, BoomPosition::Open) => self.note_open(Opener::Lane),
            (Boom::Closing { .. }, BoomPosition::Closed) => self.closed(),
            (Boom::Broken | Boom::Unknown, BoomPosition::Open | BoomPosition::Closed) => self.settle_boom(),
            (Boom::Closed { .. }, BoomPosition::Open | BoomPosition::Between) => self.moved_by_itself(),
            (Boom::Open { .. }, BoomPosition::Closed | BoomPosition::Between) => self.moved_by_itself(),
            (Boom::Opening { .. } | Boom::Closing { .. }, _)
            | (Boom::Closed { .. }, BoomPosition::Closed)
            | (Boom::Open { .. }, BoomPosition::Open)
            | (Boom::Broken | Boom::Unknown, BoomPosition::Between) => {}
        }
    }

    pub(super) fn obstructed(&mut self) {
        if self.drive != Drive::Close {
            return;
        }
        self.obstructions = self.obstructions.saturating_add(1);
        self.start_opening();
        if self.is_locked() {
            self.raise(Reason::FaultObstructed { times: self.obstructions });
        }
    }

    pub(super) fn fire_input(&mut self, active: bool) {
        self.fire = match (self.fire, active) {
            (Fire::Off, true) if !self.is_ready() => Fire::Suspected { since: self.now },
            (Fire::Off | Fire::Latched, true) => Fire::Active,
            (Fire::Active, false) => Fire::Latched,
            (Fire::Suspected { .. }, false) => Fire::Off,
            (unchanged, _) => unchanged,
        };
        self.obey_fire();
    }

    pub(super) fn local_reset(&mut self) {
        if self.fire == Fire::Latched {
            self.fire = Fire::Off;
            self.clear(&Reason::FaultFire {});
        }
        self.clear(&Reason::FaultObstructed { times: self.obstructions });
        self.obstructions = 0;
        if self.boom == Boom::Broken && self.is_ready() {
            self.settle_boom();
        }
        self.boom.take_over();
        self.show_rest();
    }

    /// Takes the boom for what it reports, without driving it.
    pub(super) fn settle_boom(&mut self) {
        match self.position {
            Some(BoomPosition::Closed) | None => self.closed(),
            Some(BoomPosition::Open | BoomPosition::Between) => {
                self.note_open(Opener::SomebodyElse);
            }
            Some(BoomPosition::Fault) => self.broke(Reason::FaultBoomBroken {}),
        }
    }

    /// A fire input during start-up may be a floating pin: it is believed once it has been stable (S4, then S3).
    pub(super) fn run_fire_timer(&mut self) {
        if self.fire_due().is_some_and(|due| due <= self.now) {
            self.fire = Fire::Active;
            self.obey_fire();
        }
    }

    pub(super) fn fire_due(&self) -> Option<Monotonic> {
        match self.fire {
            Fire::Suspected { since } => Some(since.plus_ms(self.config.startup_stable_ms)),
            Fire::Off | Fire::Active | Fire::Latched => None,
        }
    }

    pub(super) fn run_barrier_timers(&mut self) {
        self.note_failing_open();
        self.run_travel_timer();
        // An opening that waits lapses with its grant: the car has left meanwhile.
        if !self.is_up_requested() && self.grants.is_empty() {
            self.boom.set_next(Next::Rest);
        }
        if self.boom.next() == Next::Open || (self.is_up_requested() && self.boom != Boom::Broken) {
            self.open(Urgency::Ordinary);
        }
        if self.is_kept_up() {
            self.kept_until = self.now;
        }
        if self.close_due().is_some_and(|due| due <= self.now) {
            self.start_closing();
        }
        if self.up_alarm_due().is_some_and(|due| due <= self.now) {
            let seconds = u32::try_from(self.config.up_alarm_ms / 1_000).unwrap_or(u32::MAX);
            self.raise(Reason::FaultHeldTooLong { seconds });
        }
        self.rest_drive();
    }

    pub(super) fn barrier_due(&self) -> Option<Monotonic> {
        let waiting_open = (self.boom.next() == Next::Open).then(|| self.open_allowed_at());
        let failing = self.failing_open_due();
        let dues = [self.travel_due(), waiting_open, self.close_due(), self.up_alarm_due(), failing];
        dues.into_iter().flatten().filter(|at| *at > self.now).min()
    }

    pub(super) const fn boom_state(&self) -> BoomState {
        match self.boom {
            Boom::Unknown => BoomState::Unknown,
            Boom::Closed { .. } => BoomState::Closed,
            Boom::Opening { .. } => BoomState::Opening,
            Boom::Open { .. } if self.is_kept_up() => BoomState::Held,
            Boom::Open { .. } => BoomState::Open,
            Boom::Closing { .. } => BoomState::Closing,
            Boom::Broken => BoomState::Broken,
        }
    }

    /// Something keeps the boom up until it is released or reset.
    pub(super) const fn is_kept_up(&self) -> bool {
        self.is_up_requested() || self.is_locked()
    }

    /// Something wants the boom up wherever it is now. After obstructions nothing is driven until a person resets.
    const fn is_up_requested(&self) -> bool {
        self.is_fire() || self.hold || self.failing_open || self.is_free_flow()
    }

    pub(super) const fn is_fire(&self) -> bool {
        matches!(self.fire, Fire::Active | Fire::Latched)
    }

    pub(super) const fn is_locked(&self) -> bool {
        self.obstructions >= MAX_OBSTRUCTIONS
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self.boom, Boom::Open { .. } | Boom::Opening { .. })
    }

    fn may_close(&self) -> bool {
        self.is_ready()
            && self.fire == Fire::Off
            && !self.is_locked()
            && self.passage.is_none()
            && Inputs::under_boom_is_clear(&self.inputs, self.now)
    }

    fn obey_fire(&mut self) {
        if self.is_fire() {
            self.raise(Reason::FaultFire {});
            self.show(Sign::Reason(Reason::OpenFire {}));
            self.open(Urgency::AtOnce);
            self.rest_drive();
        }
    }

    fn start_opening(&mut self) {
        self.boom = Boom::Opening { since: self.now };
        self.up_since.get_or_insert(self.now);
        self.set_drive(Drive::Open);
    }

    fn start_closing(&mut self) {
        let granted = |arrival| self.grants.iter().any(|grant| grant.arrival == Some(arrival));
        if let Front::Waiting(waiting) = self.front
            && granted(waiting.id)
        {
            self.front = Front::Waiting(super::state::Waiting { spent: true, ..waiting });
        }
        self.grants.clear();
        self.boom = Boom::Closing { since: self.now, next: Next::Rest };
        self.last_close = Some(self.now);
        self.closings.push_back(self.now);
        self.set_drive(Drive::Close);
    }

    fn note_open(&mut self, by: Opener) {
        self.boom = Boom::Open { since: self.now, by };
        self.up_since.get_or_insert(self.now);
        self.clear_boom_faults();
        self.rest_drive();
    }

    fn closed(&mut self) {
        self.boom = Boom::Closed { next: self.boom.next() };
        self.set_drive(Drive::Off);
        (self.passed, self.up_since) = (0, None);
        if !self.is_locked() {
            self.obstructions = 0;
        }
        self.clear_boom_faults();
        let seconds = u32::try_from(self.config.up_alarm_ms / 1_000).unwrap_or(u32::MAX);
        self.clear(&Reason::FaultHeldTooLong { seconds });
        self.show_rest();
    }

    fn clear_boom_faults(&mut self) {
        self.clear(&Reason::FaultBoomBroken {});
        self.clear(&Reason::FaultBoomMoved {});
        self.clear(&self.open_timeout());
        self.clear(&self.close_timeout());
    }

    fn broke(&mut self, reason: Reason) {
        self.boom = Boom::Broken;
        self.grants.clear();
        self.raise(reason);
        self.rest_drive();
    }

    /// Manual release, wind, a thief: the boom is where it is; the lane does not fight it, unless there is fire.
    fn moved_by_itself(&mut self) {
        if self.position == Some(BoomPosition::Closed) {
            let known = self.boom.was_left_up();
            self.closed();
            self.grants.clear();
            if !known {
                self.out.push(LaneAction::Alarm(Reason::FaultBoomMoved {}));
            }
        } else {
            self.boom = Boom::Open { since: self.now, by: Opener::SomebodyElse };
            self.up_since.get_or_insert(self.now);
            self.raise(Reason::FaultBoomMoved {});
        }
    }

    /// What stands at the drive when nothing moves: "open" while the boom is kept up, else nothing.
    fn rest_drive(&mut self) {
        match self.boom {
            Boom::Open { .. } | Boom::Broken => {
                let hold = self.is_fire() || (self.is_kept_up() && self.boom != Boom::Broken);
                self.set_drive(if hold { Drive::Open } else { Drive::Off });
            }
            Boom::Closed { .. } | Boom::Unknown | Boom::Opening { .. } | Boom::Closing { .. } => {}
        }
    }

    fn set_drive(&mut self, drive: Drive) {
        if self.drive == drive {
            return;
        }
        if self.drive != Drive::Off && drive != Drive::Off {
            self.out.push(LaneAction::StopDriving);
        }
        assert!(
            drive != Drive::Close || self.may_close(),
            "a close request needs a safety input known to be clear"
        );
        self.drive = drive;
        if drive == Drive::Open {
            self.last_open = Some(self.now);
        }
        self.out.push(match drive {
            Drive::Off => LaneAction::StopDriving,
            Drive::Open => LaneAction::DriveOpen,
            Drive::Close => LaneAction::DriveClose,
        });
    }

    fn run_travel_timer(&mut self) {
        if self.travel_due().is_none_or(|due| due > self.now) {
            return;
        }
        match (self.boom, self.config.boom_feedback) {
            (Boom::Opening { .. }, true) => self.broke(self.open_timeout()),
            (Boom::Opening { .. }, false) => self.note_open(Opener::Lane),
            (Boom::Closing { .. }, true) => self.broke(self.close_timeout()),
            (Boom::Closing { .. }, false) => self.closed(),
            (Boom::Unknown | Boom::Closed { .. } | Boom::Open { .. } | Boom::Broken, _) => {}
        }
    }

    fn travel_due(&self) -> Option<Monotonic> {
        let (since, limit) = match self.boom {
            Boom::Opening { since } => (since, self.config.open_timeout_ms),
            Boom::Closing { since, .. } => (since, self.config.close_timeout_ms),
            Boom::Unknown | Boom::Closed { .. } | Boom::Open { .. } | Boom::Broken => return None,
        };
        Some(since.plus_ms(if self.config.boom_feedback { limit } else { self.config.travel_ms }))
    }

    fn open_timeout(&self) -> Reason {
        Reason::FaultOpenTimeout {
            seconds: u32::try_from(self.config.open_timeout_ms / 1_000).unwrap_or(u32::MAX),
        }
    }

    fn close_timeout(&self) -> Reason {
        Reason::FaultCloseTimeout {
            seconds: u32::try_from(self.config.close_timeout_ms / 1_000).unwrap_or(u32::MAX),
        }
    }

    /// When the open boom should close by itself; none while it must not.
    fn close_due(&self) -> Option<Monotonic> {
        let Boom::Open { since, by: Opener::Lane } = self.boom else {
            return None;
        };
        if self.is_kept_up() || !self.may_close() {
            return None;
        }
        let calm = self.inputs.clear_since?.max(since).max(self.kept_until);
        let clear = calm.plus_ms(self.config.close_after_clear_ms);
        let awaited =
            self.grants.iter().map(|grant| grant.since.max(since).plus_ms(self.config.open_hold_ms));
        let on_the_way = self.in_transit.back().map(|(_, left)| left.plus_ms(self.config.loop_gap_ms));
        let due = awaited.chain(on_the_way).fold(clear, Monotonic::max);
        Some(due.max(self.close_allowed_at()))
    }

    fn open_allowed_at(&self) -> Monotonic {
        self.last_close.map_or(self.started, |last| last.plus_ms(self.config.min_reversal_ms))
    }

    /// S8: not too soon after the last opening, not too often in a minute.
    fn close_allowed_at(&self) -> Monotonic {
        let after_open =
            self.last_open.map_or(self.started, |last| last.plus_ms(self.config.min_reversal_ms));
        let recent = self.closings.len().checked_sub(self.config.max_cycles_per_min.max(1));
        let after_cycles = recent.and_then(|index| self.closings.get(index)).map(|at| at.plus_ms(MINUTE_MS));
        after_open.max(after_cycles.unwrap_or(self.started))
    }

    fn up_alarm_due(&self) -> Option<Monotonic> {
        let up_since = self.up_since.filter(|_| !self.is_kept_up())?;
        Some(up_since.max(self.kept_until).plus_ms(self.config.up_alarm_ms))
    }

    fn note_failing_open(&mut self) {
        while self.closings.len() > self.config.max_cycles_per_min.max(1) {
            self.closings.pop_front();
        }
        let settling = self.inputs.arming.state() == LoopState::Unknown(LoopFault::Settling);
        let due = self.failing_open_since().is_some_and(|due| due <= self.now);
        self.failing_open = due || (self.failing_open && settling);
    }

    fn failing_open_due(&self) -> Option<Monotonic> {
        self.failing_open_since().filter(|_| !self.failing_open)
    }

    /// Exits fail open: when a faulty arming loop has been so for long enough.
    fn failing_open_since(&self) -> Option<Monotonic> {
        let arming = &self.inputs.arming;
        let faulty = matches!(arming.state(), LoopState::Unknown(fault) if fault != LoopFault::Settling);
        let applies = self.config.open_on_arming_fault && self.is_ready() && faulty;
        applies.then(|| arming.since().plus_ms(self.config.fail_open_after_ms))
    }
}
