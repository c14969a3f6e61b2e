//! Performs the actions of the lane machine: relays, frames, events, sign.

use boomgate_domain::decide::Outcome;
use boomgate_domain::ids::ArrivalId;
use boomgate_domain::lane::{BoomState, LaneAction, Sign};
use boomgate_domain::money::Money;
use boomgate_domain::reason::Reason;
use boomgate_domain::stay::PassageKind;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::up::{Arrival, BoomState as BoomEvent, Decided, EventBody, Passage};
use tracing::{debug, error, info, warn};

use super::EventLoop;
use super::condition::spool_fault;
use crate::cause::Cause;
use crate::gpio::Drive;
use crate::observer::{Decision, SignText};
use crate::wire::{self, KEY_SWITCH};

impl EventLoop {
    pub(super) fn perform(&mut self, action: LaneAction) {
        match action {
            LaneAction::TakeFrames { arrival } => self.parts.vision.look(arrival),
            LaneAction::StopFrames { .. } => self.parts.vision.stop(),
            LaneAction::ReportArrival { arrival, .. } => self.report_arrival(arrival),
            LaneAction::ReportDeparture { arrival } => self.report_departure(arrival),
            LaneAction::ReportPassage { arrival, kind } => self.report_passage(arrival, kind),
            LaneAction::DecideLocally { arrival } => self.look_up(arrival),
            LaneAction::ReportDecision { arrival, outcome, reason } => {
                self.report_decision(arrival, outcome, &reason)
            }
            LaneAction::ReportLocalOpen => self.report_local_open(),
            LaneAction::DriveOpen => self.drive(Drive::Open),
            LaneAction::DriveClose => self.drive(Drive::Close),
            LaneAction::StopDriving => self.drive(Drive::Rest),
            LaneAction::ShowSign(sign) => self.show_from_lane(&sign),
            LaneAction::AnswerCommand { command, answer } => {
                let position = self.executing.iter().position(|(id, _)| *id == command);
                if let Some((command, counter)) = position.map(|at| self.executing.swap_remove(at)) {
                    self.answer(command, counter, &answer);
                }
            }
            LaneAction::RaiseFault(reason) => self.append(wire::fault(&reason, true)),
            LaneAction::ClearFault(reason) => self.append(wire::fault(&reason, false)),
            LaneAction::Alarm(reason) => {
                info!(code = reason.code(), "alarm");
                self.append(wire::fault(&reason, true));
            }
            LaneAction::ReportBoom { state, .. } => self.report_boom(state),
        }
    }

    /// Releases the drive; the last thing the program does.
    pub(super) fn rest(&mut self) {
        self.cause = Cause::Rule("end");
        self.drive(Drive::Rest);
    }

    pub(super) fn drive(&mut self, drive: Drive) {
        let held_back = if drive == Drive::Open { self.waiting_open.take() } else { None };
        let cause = match (self.cause, held_back) {
            // An opening that the duty limit held back still belongs to the command that asked for it.
            (Cause::Rule("timer" | "loops"), Some(command)) => Cause::Command(command),
            (cause, _) => cause,
        };
        let was_refused = std::mem::replace(&mut self.closing_refused, false);
        let drive = self.allowed(drive);
        if was_refused && self.closing_refused {
            return;
        }
        if let Err(failure) = self.parts.relays.drive(drive) {
            error!(error = %failure, ?drive, "cannot switch the relays");
        }
        let safety = self.inputs.map(|inputs| inputs.safety);
        debug!(request = drive.name(), safety = wire::safety_name(safety), ?cause, "drive");
        self.parts.observer.driven(drive, safety, cause);
    }

    /// The machine may be a little behind the inputs. The boom closes only if the newest sample agrees; until it does, or
    /// the machine has learnt the same and withdraws the request, the drive rests.
    fn allowed(&mut self, drive: Drive) -> Drive {
        let parts = &self.parts;
        let (now, oldest) = (parts.clock.uptime(), parts.settings.stale_after);
        if drive != Drive::Close || parts.under_boom.is_clear(now, oldest) {
            return drive;
        }
        warn!("closing is held back: the newest sample of the safety input is not clear");
        self.closing_refused = true;
        Drive::Rest
    }

    /// A car that came and left again did not pass: it is reported as one that backed out.
    fn report_departure(&mut self, arrival: ArrivalId) {
        info!(arrival.id = %arrival, "the car left without passing");
        self.report_passage(Some(arrival), PassageKind::BackedOut);
    }

    /// Reported even when the boom was up already: a car was let through without a decision.
    fn report_local_open(&mut self) {
        info!("opened by a switch at the lane");
        let state = wire::boom(self.parts.lane.boom().0);
        self.append(EventBody::Boom(BoomEvent { state, cause: format!("rule:{KEY_SWITCH}") }));
    }

    fn report_arrival(&mut self, arrival: ArrivalId) {
        let direction = wire::direction(self.parts.settings.direction);
        let car = self.car(arrival);
        let evidence = car.as_ref().and_then(|car| car.evidence).map(Octets);
        let reading = car.and_then(|car| car.reading.as_ref()).and_then(wire::reading);
        self.append(EventBody::Arrival(Arrival {
            arrival: arrival.as_uuid(),
            direction,
            reading,
            evidence,
            vehicle_type: None,
        }));
    }

    fn report_passage(&mut self, arrival: Option<ArrivalId>, kind: PassageKind) {
        let kind = wire::passage(kind);
        let direction = wire::direction(self.parts.settings.direction);
        let arrival = arrival.map(|arrival| arrival.as_uuid());
        self.append(EventBody::Passage(Passage { arrival, direction, kind }));
    }

    fn report_decision(&mut self, arrival: ArrivalId, outcome: Outcome, reason: &Reason) {
        if let Some(car) = self.car(arrival) {
            car.answered = true;
        }
        self.append(EventBody::Decided(Decided {
            arrival: arrival.as_uuid(),
            outcome: wire::outcome(outcome),
            code: reason.code().to_owned(),
            params: reason.params(),
        }));
        let outcome = format!("{outcome:?}").to_lowercase();
        self.parts.observer.decided(&Decision {
            arrival: Some(arrival),
            code: reason.code(),
            outcome: &outcome,
            local: true,
            loop_to_command_ms: None,
            publish_to_command_ms: None,
        });
    }

    fn report_boom(&mut self, state: BoomState) {
        let cause = match self.cause {
            Cause::Command(id) => format!("command:{id}"),
            Cause::Rule(rule) => format!("rule:{rule}"),
        };
        let state = wire::boom(state);
        self.append(EventBody::Boom(BoomEvent { state, cause }));
        self.parts.observer.boom(state);
    }

    fn show_from_lane(&mut self, sign: &Sign) {
        self.resting = *sign == Sign::Idle;
        if self.resting { self.show_resting() } else { self.show(sign) }
    }

    /// While no driver needs the sign, it shows the lane's fault.
    pub(super) fn show_resting(&self) {
        if self.resting {
            let sign = if self.spool_failed { Sign::Reason(spool_fault()) } else { Sign::Idle };
            self.show(&sign);
        }
    }

    fn show(&self, sign: &Sign) {
        let (code, text, amount) = match sign {
            Sign::Blank => ("BLANK", String::new(), None),
            Sign::Idle => ("IDLE", String::new(), None),
            Sign::Wait => ("WAIT", String::new(), None),
            Sign::OutOfService => ("OUT-OF-SERVICE", String::new(), None),
            Sign::Reason(reason) => {
                (reason.code(), reason.text(self.parts.settings.language), amount(reason))
            }
        };
        info!(code, "sign");
        self.parts.observer.sign(&SignText { code, text, amount });
    }
}

/// What the driver is asked to pay, for a sign with a field of its own.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few codes of the registry are meant, all others are not"
)]
fn amount(reason: &Reason) -> Option<&Money> {
    match reason {
        Reason::ChargeDue { amount } | Reason::ChargeSupplement { amount, .. } => Some(amount),
        Reason::OpenPaid { amount } | Reason::DenyTicketNeeded { amount } => Some(amount),
        _ => None,
    }
}
