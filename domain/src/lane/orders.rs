//! Orders: from the server, from an operator, from the lane's own decision, from a switch on the spot.
//!
//! Every command gets one of three answers: done, ignored (already so), refused (with a reason).

use super::Lane;
use super::action::{Answer, LaneAction, Sign};
use super::barrier::Urgency;
use super::event::{Authority, Command, Order};
use super::state::{Boom, DecidedBy, Front, Stage, Waiting};
use crate::decide::Outcome;
use crate::ids::ArrivalId;
use crate::loops::LoopState;
use crate::reason::Reason;

impl Lane {
    pub(super) fn obey(&mut self, command: Command) {
        let id = command.id;
        let answer =
            if self.is_ready() { self.answer(command) } else { Answer::Refused(Reason::CmdStarting {}) };
        self.out.push(LaneAction::AnswerCommand { command: id, answer });
    }

    pub(super) fn local_decision(&mut self, arrival: ArrivalId, outcome: Outcome, reason: Reason) {
        let Front::Waiting(waiting) = self.front else {
            return;
        };
        if waiting.id != arrival || !matches!(waiting.stage, Stage::DecidingLocally { .. }) {
            return;
        }
        self.decided(waiting, DecidedBy::Lane);
        self.out.push(LaneAction::ReportDecision { arrival, outcome, reason: reason.clone() });
        self.show_reason(reason);
        if outcome == Outcome::Open && !self.is_kept_up() {
            self.give_grant(Some(arrival));
            self.open(Urgency::Ordinary);
        }
    }

    /// S7: key switch, exit button, ticket contact.
    pub(super) fn local_open(&mut self) {
        if !self.is_ready() {
            return;
        }
        self.out.push(LaneAction::ReportLocalOpen);
        self.give_grant(self.waiting());
        self.open(Urgency::AtOnce);
    }

    fn answer(&mut self, command: Command) -> Answer {
        match command.order {
            Order::Open => self.order_open(command),
            Order::Refuse | Order::AwaitPayment => self.order_sign(command),
            Order::Close => self.order_close(),
            Order::Hold => self.order_hold(command),
            Order::Release => self.order_release(),
        }
    }

    fn order_open(&mut self, command: Command) -> Answer {
        let target = match self.target(&command) {
            Ok(target) => target,
            Err(answer) => return answer,
        };
        if let Some(waiting) = target {
            self.decided(waiting, DecidedBy::Server);
        }
        if self.is_kept_up() {
            return Answer::Ignored(Reason::CmdAlreadyOpen {});
        }
        self.give_grant(target.map(|waiting| waiting.id));
        self.show_reason(command.reason);
        self.open(Urgency::Ordinary);
        Answer::Done
    }

    /// The waiting car an opening is for; none for an operator's opening while the loop shows a car nobody read.
    fn target(&self, command: &Command) -> Result<Option<Waiting>, Answer> {
        if self.boom == Boom::Broken {
            return Err(Answer::Refused(Reason::CmdBroken {}));
        }
        if self.is_out_of_service() && command.authority != Authority::Operator {
            return Err(Answer::Refused(Reason::CmdOutOfService {}));
        }
        match (self.front, command.arrival) {
            (Front::Waiting(waiting), Some(arrival)) if waiting.id == arrival => {
                self.target_waiting(waiting, command)
            }
            (_, Some(arrival)) if self.is_on_the_way(arrival) && self.is_up() => {
                Err(Answer::Ignored(Reason::CmdAlreadyOpen {}))
            }
            (_, Some(_)) => Err(Answer::Refused(Reason::CmdArrivalGone {})),
            (_, None) if command.authority == Authority::Reading => {
                Err(Answer::Refused(Reason::CmdNoReading {}))
            }
            (Front::Waiting(waiting), None) => self.target_waiting(waiting, command),
            (Front::Empty | Front::WrongWay, None) if self.inputs.arming.state() == LoopState::Clear => {
                Err(Answer::Refused(Reason::CmdNoVehicle {}))
            }
            (Front::Empty | Front::WrongWay, None) => Ok(None),
        }
    }

    fn target_waiting(&self, waiting: Waiting, command: &Command) -> Result<Option<Waiting>, Answer> {
        let by_reading = command.authority == Authority::Reading;
        match waiting.stage.decided() {
            Some(DecidedBy::Lane) if by_reading => Err(Answer::Ignored(Reason::CmdDecidedLocally {})),
            _ if self.has_grant(waiting.id) => Err(Answer::Ignored(Reason::CmdAlreadyOpen {})),
            Some(DecidedBy::Server) if by_reading => Err(Answer::Ignored(Reason::CmdDecided {})),
            None if by_reading && !waiting.stage.is_read() => Err(Answer::Refused(Reason::CmdNoReading {})),
            Some(DecidedBy::Lane | DecidedBy::Server) | None => Ok(Some(waiting)),
        }
    }

    /// Refuse or await payment: only the sign changes. An operator's refusal also takes back an unused opening.
    fn order_sign(&mut self, command: Command) -> Answer {
        let Front::Waiting(waiting) = self.front else {
            return Answer::Refused(Reason::CmdArrivalGone {});
        };
        if command.arrival.is_some_and(|arrival| arrival != waiting.id) {
            return Answer::Refused(Reason::CmdArrivalGone {});
        }
        match (waiting.stage.decided(), command.authority) {
            (Some(DecidedBy::Lane), Authority::Reading) => Answer::Ignored(Reason::CmdDecidedLocally {}),
            (Some(DecidedBy::Server), Authority::Reading) => Answer::Ignored(Reason::CmdDecided {}),
            (Some(_) | None, _) => {
                self.decided(waiting, DecidedBy::Server);
                self.grants.retain(|grant| grant.arrival != Some(waiting.id));
                self.show_reason(command.reason);
                Answer::Done
            }
        }
    }

    fn order_close(&mut self) -> Answer {
        match self.boom {
            _ if self.is_fire() => Answer::Refused(Reason::CmdFire {}),
            _ if self.is_locked() => Answer::Refused(Reason::CmdLocalReset {}),
            _ if self.failing_open => Answer::Refused(Reason::CmdUnsafe {}),
            _ if self.is_free_flow() => Answer::Refused(Reason::CmdMode {}),
            Boom::Closed { .. } | Boom::Closing { .. } => Answer::Ignored(Reason::CmdAlreadyClosed {}),
            Boom::Broken => Answer::Refused(Reason::CmdBroken {}),
            Boom::Opening { .. } | Boom::Unknown => Answer::Refused(Reason::CmdBusy {}),
            Boom::Open { .. } => match self.close_now() {
                Ok(()) => {
                    self.hold = false;
                    Answer::Done
                }
                Err(reason) => Answer::Refused(reason),
            },
        }
    }

    fn order_hold(&mut self, command: Command) -> Answer {
        match self.boom {
            _ if self.is_fire() => Answer::Refused(Reason::CmdFire {}),
            Boom::Broken => Answer::Refused(Reason::CmdBroken {}),
            _ if self.hold => Answer::Ignored(Reason::CmdAlreadySo {}),
            Boom::Unknown
            | Boom::Closed { .. }
            | Boom::Opening { .. }
            | Boom::Open { .. }
            | Boom::Closing { .. } => {
                self.hold = true;
                self.show_reason(command.reason);
                self.open(Urgency::Ordinary);
                Answer::Done
            }
        }
    }

    fn order_release(&mut self) -> Answer {
        if self.is_fire() {
            Answer::Refused(Reason::CmdFire {})
        } else if !self.hold {
            Answer::Ignored(Reason::CmdAlreadySo {})
        } else {
            self.hold = false;
            self.show_rest();
            Answer::Done
        }
    }

    fn decided(&mut self, waiting: Waiting, by: DecidedBy) {
        let stage = match waiting.stage {
            Stage::Reading { until, .. } => Stage::Reading { until, decided: Some(by) },
            Stage::Deciding { .. } | Stage::DecidingLocally { .. } | Stage::Decided { .. } => {
                Stage::Decided { by }
            }
        };
        self.front = Front::Waiting(Waiting { stage, ..waiting });
    }

    fn show_reason(&mut self, reason: Reason) {
        if !self.is_fire() {
            self.show(Sign::Reason(reason));
        }
    }
}
