//! Cars: who stands on the arming loop, who is under the boom, and how each passage ended.

use super::action::{LaneAction, Sign};
use super::state::{Boom, Front, Grant, Origin, Passage, Stage, Waiting};
use super::{Lane, NewArrival};
use crate::ids::ArrivalId;
use crate::loops::LoopState;
use crate::reading::Verdict;
use crate::reason::Reason;
use crate::stay::PassageKind;
use crate::time::Monotonic;

/// How often one occupancy may become a new arrival after its opening ended without it.
const MAX_RENEWALS: u32 = 1;

impl Lane {
    /// Turns changes of the loops into cars. The arming loop goes first, so a car that leaves it and reaches the
    /// safety loop in one step is still known.
    pub(super) fn follow_cars(&mut self, new_arrival: NewArrival<'_>) {
        if !self.is_ready() {
            return;
        }
        let (arming, safety) = (self.inputs.arming.state(), self.inputs.safety.state());
        if arming != std::mem::replace(&mut self.inputs.followed_arming, arming) {
            match arming {
                LoopState::Occupied => self.arming_rises(new_arrival),
                LoopState::Clear => self.arming_falls(),
                LoopState::Unknown(_) => {}
            }
        }
        if safety != std::mem::replace(&mut self.inputs.followed_safety, safety) {
            match safety {
                LoopState::Occupied => self.safety_rises(),
                LoopState::Clear => self.safety_falls(),
                LoopState::Unknown(_) => {}
            }
        }
        if let Some(passage) = &mut self.passage {
            passage.passable |= !self.boom.is_closed();
        }
    }

    pub(super) fn reading_done(&mut self, arrival: ArrivalId, verdict: Verdict) {
        match self.front {
            Front::Waiting(waiting) if waiting.id == arrival => {
                if let Stage::Reading { .. } = waiting.stage {
                    self.reported(waiting, verdict);
                }
            }
            Front::Empty | Front::WrongWay | Front::Waiting(_) => self.report_moved_on(arrival, verdict),
        }
    }

    pub(super) fn run_car_timers(&mut self) {
        if let Front::Waiting(waiting) = self.front {
            match waiting.stage {
                Stage::Reading { until, .. } if until <= self.now => {
                    self.out.push(LaneAction::StopFrames { arrival: waiting.id });
                    self.reported(waiting, Verdict::Unreadable);
                }
                Stage::Deciding { until, read } if until <= self.now || !self.uplink => {
                    self.decide_locally(waiting, read);
                }
                Stage::Reading { .. }
                | Stage::Deciding { .. }
                | Stage::DecidingLocally { .. }
                | Stage::Decided { .. } => {}
            }
        }
        let late =
            self.unreported.iter().filter(|(_, until)| *until <= self.now).map(|(arrival, _)| *arrival);
        for arrival in late.collect::<Vec<_>>() {
            self.report_moved_on(arrival, Verdict::Unreadable);
        }
        while let Some((arrival, left)) = self.in_transit.front().copied()
            && self.now >= left.plus_ms(self.config.loop_gap_ms)
        {
            self.gone(arrival);
        }
    }

    pub(super) fn cars_due(&self) -> Option<Monotonic> {
        let stage = match self.front {
            Front::Waiting(Waiting {
                stage: Stage::Reading { until, .. } | Stage::Deciding { until, .. },
                ..
            }) => Some(until),
            Front::Waiting(_) | Front::Empty | Front::WrongWay => None,
        };
        let unreported = self.unreported.iter().map(|(_, until)| *until).min();
        let transit = self.in_transit.front().map(|(_, left)| left.plus_ms(self.config.loop_gap_ms));
        [stage, unreported, transit].into_iter().flatten().min()
    }

    /// A car that stood still through its whole opening, or a second one close behind a first, is looked at again.
    pub(super) fn renew_spent_arrival(&mut self, new_arrival: NewArrival<'_>) {
        let Front::Waiting(waiting) = self.front else {
            return;
        };
        let due = waiting.spent && self.boom.is_closed() && !self.is_out_of_service();
        if due && waiting.renewals < MAX_RENEWALS {
            self.out.push(LaneAction::ReportDeparture { arrival: waiting.id });
            self.arrives(new_arrival(), waiting.renewals.saturating_add(1));
        }
    }

    pub(super) fn has_grant(&self, arrival: ArrivalId) -> bool {
        self.grants.iter().any(|grant| grant.arrival == Some(arrival))
    }

    pub(super) fn give_grant(&mut self, arrival: Option<ArrivalId>) {
        self.grants.retain(|grant| grant.arrival != arrival);
        self.grants.push(Grant { arrival, since: self.now });
    }

    /// Whether this arrival is between the arming loop and the end of its passage.
    pub(super) fn is_on_the_way(&self, arrival: ArrivalId) -> bool {
        let transit = self.in_transit.iter().any(|(id, _)| *id == arrival);
        let under = self.passage.as_ref().is_some_and(|passage| {
            matches!(passage.origin, Origin::Before { arrival: id, .. } if id == arrival)
                || passage.followers.iter().any(|(id, _)| *id == arrival)
        });
        transit || under
    }

    fn arming_rises(&mut self, new_arrival: NewArrival<'_>) {
        if self.front != Front::Empty || self.is_out_of_service() {
            return;
        }
        match &mut self.passage {
            Some(Passage { origin: Origin::Beyond { reached_arming }, .. }) => {
                *reached_arming = true;
                self.front = Front::WrongWay;
            }
            Some(Passage { origin: Origin::Before { .. }, .. }) | None => {
                self.forget_turned_away();
                self.arrives(new_arrival(), 0);
            }
        }
    }

    /// Whoever was not let in and made room for the next car has left backwards, not through.
    fn forget_turned_away(&mut self) {
        if self.is_kept_up() {
            return;
        }
        let in_transit = self.in_transit.iter().map(|(arrival, _)| *arrival);
        for arrival in in_transit.filter(|arrival| !self.has_grant(*arrival)).collect::<Vec<_>>() {
            self.gone(arrival);
        }
    }

    fn arrives(&mut self, id: ArrivalId, renewals: u32) {
        let until = self.now.plus_ms(self.config.reading_timeout_ms);
        self.front = Front::Waiting(Waiting {
            id,
            stage: Stage::Reading { until, decided: None },
            spent: false,
            backed: false,
            renewals,
        });
        self.out.push(LaneAction::TakeFrames { arrival: id });
        if !self.is_fire() {
            self.show(Sign::Wait);
        }
    }

    fn arming_falls(&mut self) {
        let Front::Waiting(waiting) = std::mem::replace(&mut self.front, Front::Empty) else {
            return;
        };
        if let Stage::Reading { until, .. } = waiting.stage {
            self.out.push(LaneAction::StopFrames { arrival: waiting.id });
            self.unreported.push((waiting.id, until));
        }
        match &mut self.passage {
            Some(Passage { origin: Origin::Before { arrival, left_arming }, .. })
                if *arrival == waiting.id =>
            {
                *left_arming = true;
            }
            Some(passage) => passage.followers.push((waiting.id, self.now)),
            None if waiting.backed => self.gone(waiting.id),
            None => self.in_transit.push_back((waiting.id, self.now)),
        }
    }

    fn safety_rises(&mut self) {
        if self.passage.is_some() {
            return;
        }
        let origin = match (self.in_transit.pop_front(), self.front) {
            (Some((arrival, _)), _) => Origin::Before { arrival, left_arming: true },
            (None, Front::Waiting(waiting)) => Origin::Before { arrival: waiting.id, left_arming: false },
            (None, Front::Empty | Front::WrongWay) => Origin::Beyond { reached_arming: false },
        };
        self.passage = Some(Passage { origin, passable: !self.boom.is_closed(), followers: Vec::new() });
    }

    fn safety_falls(&mut self) {
        let Some(passage) = self.passage.take() else {
            return;
        };
        if passage.passable {
            self.end_passage(passage.origin);
        }
        for (arrival, since) in passage.followers {
            self.end_follower(arrival, since, passage.passable);
        }
        self.show_rest();
    }

    /// A passage with the boom up. With the boom down all the while nobody can have passed: a tool, a bicycle.
    fn end_passage(&mut self, origin: Origin) {
        match origin {
            Origin::Before { arrival, left_arming: true } => self.went_through(arrival),
            Origin::Before { arrival, left_arming: false } => {
                self.report_passage(Some(arrival), PassageKind::BackedOut);
                if let Front::Waiting(waiting) = &mut self.front
                    && waiting.id == arrival
                {
                    waiting.backed = true;
                }
            }
            Origin::Beyond { reached_arming: true } => {
                self.report_passage(None, PassageKind::WrongWay);
                self.out.push(LaneAction::Alarm(Reason::FaultWrongWay {}));
            }
            Origin::Beyond { reached_arming: false } => {}
        }
        self.inputs.arming.note_car(origin != Origin::Beyond { reached_arming: false });
        self.boom.take_over();
    }

    fn end_follower(&mut self, arrival: ArrivalId, since: Monotonic, passable: bool) {
        let overlapped = self.now.ms_since(since) >= self.config.tailgate_overlap_ms;
        if passable && overlapped {
            self.went_through(arrival);
        } else {
            self.gone(arrival);
        }
    }

    fn went_through(&mut self, arrival: ArrivalId) {
        let granted = self.take_grant(arrival);
        self.passed = self.passed.saturating_add(1);
        self.inputs.safety.note_car(true);
        if granted || self.is_kept_up() {
            self.report_passage(Some(arrival), PassageKind::Passed);
        } else if self.passed > 1 {
            self.report_passage(Some(arrival), PassageKind::Tailgated);
            self.out.push(LaneAction::Alarm(Reason::FaultTailgate { cars: self.passed }));
        } else {
            self.report_passage(Some(arrival), PassageKind::Passed);
            self.out.push(LaneAction::Alarm(Reason::FaultUnauthorised {}));
        }
    }

    /// Uses up the car's own grant, or one that was given without a known car.
    fn take_grant(&mut self, arrival: ArrivalId) -> bool {
        let own = self.grants.iter().position(|grant| grant.arrival == Some(arrival));
        let index = own.or_else(|| self.grants.iter().position(|grant| grant.arrival.is_none()));
        index.map(|index| self.grants.remove(index)).is_some()
    }

    /// It left the arming loop and never reached the boom.
    fn gone(&mut self, arrival: ArrivalId) {
        self.in_transit.retain(|(id, _)| *id != arrival);
        self.flush_report(arrival);
        let granted = self.has_grant(arrival);
        self.grants.retain(|grant| grant.arrival != Some(arrival));
        if granted && matches!(self.boom, Boom::Open { .. }) {
            // It was let in and vanished: the safety loop may be dead. Several in a row make it a fault.
            self.inputs.safety.note_car(false);
        }
        self.out.push(LaneAction::ReportDeparture { arrival });
        self.show_rest();
    }

    /// A car's arrival is reported before its passage.
    fn report_passage(&mut self, arrival: Option<ArrivalId>, kind: PassageKind) {
        if let Some(arrival) = arrival {
            self.flush_report(arrival);
        }
        self.out.push(LaneAction::ReportPassage { arrival, kind });
    }

    fn flush_report(&mut self, arrival: ArrivalId) {
        self.report_moved_on(arrival, Verdict::Unreadable);
        if let Front::Waiting(waiting) = self.front
            && waiting.id == arrival
            && matches!(waiting.stage, Stage::Reading { .. })
        {
            self.out.push(LaneAction::StopFrames { arrival });
            self.reported(waiting, Verdict::Unreadable);
        }
    }

    fn report_moved_on(&mut self, arrival: ArrivalId, verdict: Verdict) {
        let before = self.unreported.len();
        self.unreported.retain(|(id, _)| *id != arrival);
        if self.unreported.len() < before {
            self.out.push(LaneAction::ReportArrival { arrival, verdict });
        }
    }

    fn reported(&mut self, waiting: Waiting, verdict: Verdict) {
        let stage = match waiting.stage.decided() {
            Some(by) => Stage::Decided { by },
            None => Stage::Deciding {
                until: self.now.plus_ms(self.config.decision_timeout_ms),
                read: verdict == Verdict::Accept,
            },
        };
        self.front = Front::Waiting(Waiting { stage, ..waiting });
        self.out.push(LaneAction::ReportArrival { arrival: waiting.id, verdict });
    }

    fn decide_locally(&mut self, waiting: Waiting, read: bool) {
        self.front = Front::Waiting(Waiting { stage: Stage::DecidingLocally { read }, ..waiting });
        self.out.push(LaneAction::DecideLocally { arrival: waiting.id });
    }
}
