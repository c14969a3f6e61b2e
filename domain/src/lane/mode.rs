//! Modes: what a lane is for while nothing more urgent says otherwise. A mode never moves the boom against a rule: free flow
//! requests "open" like a hold does, and all others only refuse.

use super::Lane;
use super::action::Sign;
use crate::direction::Direction;
use crate::lane_mode::LaneMode;
use crate::loops::LoopState;
use crate::reason::Reason;

impl Lane {
    pub(super) fn change_mode(&mut self, mode: LaneMode) {
        let before = std::mem::replace(&mut self.mode, mode);
        if before == mode || !self.is_ready() {
            return;
        }
        if before == LaneMode::Maintenance {
            // A car that stands there already is looked at as soon as the lane serves again.
            self.inputs.followed_arming = LoopState::Clear;
        }
        if before == LaneMode::FreeFlow {
            // The boom may have been found up at a start: people wished it up, and wish it down now.
            self.boom.take_over();
        }
        self.show_rest();
    }

    pub(super) const fn is_out_of_service(&self) -> bool {
        matches!(self.mode, LaneMode::Maintenance)
    }

    /// The boom stays up for everybody, once the lane may move it at all (S4).
    pub(super) const fn is_free_flow(&self) -> bool {
        matches!(self.mode, LaneMode::FreeFlow) && self.is_ready()
    }

    /// In free flow no car is addressed; fire goes before everything.
    pub(super) fn sign_in_mode(&self, sign: Sign) -> Sign {
        if self.is_free_flow() && !self.is_fire() { self.resting_sign() } else { sign }
    }

    /// What the sign says when no car needs it.
    pub(super) fn resting_sign(&self) -> Sign {
        match (self.mode, self.config.direction) {
            (LaneMode::Maintenance, _) => Sign::OutOfService,
            (LaneMode::FreeFlow, _) => Sign::Reason(Reason::OpenFreeFlow {}),
            (LaneMode::Full, Direction::Entry) => Sign::Reason(Reason::DenyFull {}),
            (LaneMode::Closed, Direction::Entry) => Sign::Reason(Reason::DenyClosed {}),
            (LaneMode::ClosedToAll, Direction::Entry) => Sign::Reason(Reason::DenyClosedToAll {}),
            (LaneMode::Open, _)
            | (LaneMode::Full | LaneMode::Closed | LaneMode::ClosedToAll, Direction::Exit) => Sign::Idle,
        }
    }
}
