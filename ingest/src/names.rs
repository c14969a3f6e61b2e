//! Words of the wire as words of columns and of the domain.

use boomgate_domain::decide::Outcome;
use boomgate_domain::reading::Verdict;
use boomgate_schemas::down::Action;
use boomgate_schemas::up::{self, Answer, Boom, ClockState, EventBody, PassageKind};
use boomgate_store::commands::CommandState;

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

pub(crate) const fn passage(kind: PassageKind) -> &'static str {
    match kind {
        PassageKind::Passed => "passed",
        PassageKind::BackedOut => "backed_out",
        PassageKind::Tailgated => "tailgated",
    }
}

pub(crate) const fn boom(boom: Boom) -> &'static str {
    match boom {
        Boom::Closed => "closed",
        Boom::Opening => "opening",
        Boom::Open => "open",
        Boom::Closing => "closing",
        Boom::Held => "held",
        Boom::Broken => "broken",
        Boom::Unknown => "unknown",
    }
}

pub(crate) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "open",
        Outcome::Deny => "deny",
        Outcome::Charge => "charge",
    }
}

pub(crate) const fn local_outcome(outcome: up::Outcome) -> &'static str {
    match outcome {
        up::Outcome::Open => "open",
        up::Outcome::Deny => "deny",
        up::Outcome::Charge => "charge",
    }
}

pub(crate) const fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Done => "done",
        Answer::Ignored => "ignored",
        Answer::Refused => "refused",
    }
}

/// How an order ends by the lane's answer.
pub(crate) const fn command_state(answer: Answer) -> CommandState {
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
