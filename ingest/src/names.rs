//! Words of the wire as words of columns and of the domain.

use boomgate_domain::decide::{Direction, Outcome};
use boomgate_domain::reading::Verdict;
use boomgate_schemas::down::{Action, WantedMode};
use boomgate_schemas::up::{self, Answer, Boom, ClockState, EventBody, PassageKind};
use boomgate_store::words::{
    BoomPosition, CommandState, DecisionOutcome, LaneDirection, PassageOutcome, ReadingVerdict,
};
use jiff::Timestamp;

pub(crate) const fn direction(direction: up::Direction) -> &'static str {
    match direction {
        up::Direction::Entry => "entry",
        up::Direction::Exit => "exit",
    }
}

pub(crate) const fn clock(clock: ClockState) -> &'static str {
    match clock {
        ClockState::Synced => "synced",
        ClockState::Unsynced => "unsynced",
    }
}

pub(crate) const fn kind(body: &EventBody) -> &'static str {
    match body {
        EventBody::Arrival(_) => "arrival",
        EventBody::Decided(_) => "decided",
        EventBody::Passage(_) => "passage",
        EventBody::Result(_) => "result",
        EventBody::Fault(_) => "fault",
        EventBody::Boom(_) => "boom",
        EventBody::Gap(_) => "gap",
    }
}

pub(crate) const fn event_direction(direction: up::Direction) -> LaneDirection {
    match direction {
        up::Direction::Entry => LaneDirection::Entry,
        up::Direction::Exit => LaneDirection::Exit,
    }
}

pub(crate) const fn lane_direction(direction: Direction) -> LaneDirection {
    match direction {
        Direction::Entry => LaneDirection::Entry,
        Direction::Exit => LaneDirection::Exit,
    }
}

pub(crate) const fn passage(kind: PassageKind) -> PassageOutcome {
    match kind {
        PassageKind::Passed => PassageOutcome::Passed,
        PassageKind::BackedOut => PassageOutcome::BackedOut,
        PassageKind::Tailgated => PassageOutcome::Tailgated,
        PassageKind::WrongWay => PassageOutcome::WrongWay,
    }
}

pub(crate) const fn event_verdict(verdict: up::Verdict) -> ReadingVerdict {
    match verdict {
        up::Verdict::Accept => ReadingVerdict::Accept,
        up::Verdict::Unsure => ReadingVerdict::Unsure,
        up::Verdict::Unreadable => ReadingVerdict::Unreadable,
    }
}

pub(crate) const fn boom(boom: Boom) -> BoomPosition {
    match boom {
        Boom::Closed => BoomPosition::Closed,
        Boom::Opening => BoomPosition::Opening,
        Boom::Open => BoomPosition::Open,
        Boom::Closing => BoomPosition::Closing,
        Boom::Held => BoomPosition::Held,
        Boom::Broken => BoomPosition::Broken,
        Boom::Unknown => BoomPosition::Unknown,
    }
}

pub(crate) const fn outcome(outcome: Outcome) -> DecisionOutcome {
    match outcome {
        Outcome::Open => DecisionOutcome::Open,
        Outcome::Deny => DecisionOutcome::Deny,
        Outcome::Charge => DecisionOutcome::Charge,
    }
}

pub(crate) const fn local_outcome(outcome: up::Outcome) -> DecisionOutcome {
    match outcome {
        up::Outcome::Open => DecisionOutcome::Open,
        up::Outcome::Deny => DecisionOutcome::Deny,
        up::Outcome::Charge => DecisionOutcome::Charge,
    }
}

pub(crate) const fn answer(answer: Answer) -> CommandState {
    match answer {
        Answer::Done => CommandState::Done,
        Answer::Ignored => CommandState::Ignored,
        Answer::Refused => CommandState::Refused,
    }
}

/// The order that carries a decision to its lane.
pub(crate) const fn action_of(outcome: Outcome) -> Action {
    match outcome {
        Outcome::Open => Action::Open,
        Outcome::Deny => Action::Refuse,
        Outcome::Charge => Action::Charge,
    }
}

pub(crate) const fn action(action: Action) -> &'static str {
    match action {
        Action::Open => "open",
        Action::Refuse => "refuse",
        Action::Charge => "charge",
        Action::Close => "close",
        Action::Hold => "hold",
        Action::Release => "release",
        Action::Preview => "preview",
    }
}

pub(crate) fn read_action(name: &str) -> Option<Action> {
    use Action::{Charge, Close, Hold, Open, Preview, Refuse, Release};
    [Open, Refuse, Charge, Close, Hold, Release, Preview].into_iter().find(|one| action(*one) == name)
}

pub(crate) const fn verdict(verdict: up::Verdict) -> Verdict {
    match verdict {
        up::Verdict::Accept => Verdict::Accept,
        up::Verdict::Unsure => Verdict::Unsure,
        up::Verdict::Unreadable => Verdict::Unreadable,
    }
}

/// A wish for a mode, as it travels.
pub(crate) fn wanted_mode(version: i64, mode: &str, until: Option<Timestamp>) -> WantedMode {
    let until_ms = until.map(Timestamp::as_millisecond);
    WantedMode { version: version.unsigned_abs(), mode: mode.to_owned(), until_ms }
}
