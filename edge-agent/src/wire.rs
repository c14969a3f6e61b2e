//! Conversions between types of the domain and of the messages; the only place of the agent that knows both.

use boomgate_domain::decide::{
    BlockMatch, Direction, MatchSource, OfflinePolicy, Outcome, SubscriptionMatch, Validity,
};
use boomgate_domain::ids::{ArrivalId, BlockId, CommandId, SubscriptionId};
use boomgate_domain::lane::{Answer, Authority, BoomState, Command, Order};
use boomgate_domain::listing::Listed;
use boomgate_domain::loops::{LoopState, RawLevel};
use boomgate_domain::reading::{Reading, Verdict};
use boomgate_domain::reason::{Lang, Reason, ReasonError};
use boomgate_domain::stay::PassageKind;
use boomgate_domain::subscription::{OutsideTerms, Pause, SubscriptionTerms, WeekWindow, Weekdays};
use boomgate_schemas::down::{self, Action, ListKind, ListTerms, ListWindow};
use boomgate_schemas::up;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use boomgate_plate_reader::advice::Health;

/// The rule that opened when a person on the spot did, with a key or a button.
pub const KEY_SWITCH: &str = "key-switch";
/// Longest list of candidates that travels.
const CANDIDATES: usize = 5;

/// The loops before and under the boom.
pub fn loops((arming, safety): (LoopState, LoopState)) -> up::LoopStates {
    let state = |state| match state {
        LoopState::Clear => up::LoopState::Clear,
        LoopState::Occupied => up::LoopState::Occupied,
        LoopState::Unknown(_) => up::LoopState::Unknown,
    };
    up::LoopStates { arming: state(arming), safety: state(safety) }
}

pub fn direction(direction: Direction) -> up::Direction {
    match direction {
        Direction::Entry => up::Direction::Entry,
        Direction::Exit => up::Direction::Exit,
    }
}

pub fn verdict(verdict: Verdict) -> up::Verdict {
    match verdict {
        Verdict::Accept => up::Verdict::Accept,
        Verdict::Unsure => up::Verdict::Unsure,
        Verdict::Unreadable => up::Verdict::Unreadable,
    }
}

pub fn outcome(outcome: Outcome) -> up::Outcome {
    match outcome {
        Outcome::Open => up::Outcome::Open,
        Outcome::Deny => up::Outcome::Deny,
        Outcome::Charge => up::Outcome::Charge,
    }
}

pub fn boom(state: BoomState) -> up::Boom {
    match state {
        BoomState::Unknown => up::Boom::Unknown,
        BoomState::Closed => up::Boom::Closed,
        BoomState::Opening => up::Boom::Opening,
        BoomState::Open => up::Boom::Open,
        BoomState::Closing => up::Boom::Closing,
        BoomState::Held => up::Boom::Held,
        BoomState::Broken => up::Boom::Broken,
    }
}

/// A reading that found a plate; None if it found nothing.
pub fn reading(reading: &Reading) -> Option<up::Reading> {
    let plate = reading.plate.as_ref()?.to_string();
    let chars: Vec<u16> = reading.confidence.iter().map(|c| permille(*c)).collect();
    // The confidences belong to the plate's characters; a free text of another length would have none of its own.
    let same_length = reading.raw.chars().count() == chars.len();
    let raw = if same_length { reading.raw.clone() } else { plate.clone() };
    let others = reading.candidates.iter().map(|c| c.text.to_string()).filter(|text| *text != plate);
    Some(up::Reading {
        candidates: others.take(CANDIDATES).collect(),
        raw,
        series: reading.series.clone(),
        chars,
        margin: permille(1.0 - (-reading.margin_nats).exp()),
        frames: u16::try_from(reading.frames).unwrap_or(u16::MAX),
        verdict: verdict(reading.verdict),
        plate,
    })
}

/// How well plates are seen. Without pictures nothing is seen, however good the last ones were.
pub fn view(health: Option<Health>, trouble: Option<&Reason>) -> Option<up::View> {
    let plates = health.as_ref().map_or(0, |health| permille(health.plates));
    let (score, advice) = match (trouble, health) {
        (Some(trouble), _) => (0, trouble.text(Lang::En)),
        (None, Some(health)) => (health.score, health.advice),
        (None, None) => return None,
    };
    let end = advice.floor_char_boundary(up::View::LONGEST);
    Some(up::View { score, advice: advice[..end].to_owned(), plates })
}

fn permille(share: f32) -> u16 {
    (share.clamp(0.0, 1.0) * 1000.0).round() as u16
}

pub fn passage(kind: PassageKind) -> up::PassageKind {
    match kind {
        PassageKind::Passed => up::PassageKind::Passed,
        PassageKind::Tailgated => up::PassageKind::Tailgated,
        PassageKind::BackedOut => up::PassageKind::BackedOut,
        PassageKind::WrongWay => up::PassageKind::WrongWay,
    }
}

pub fn fault(reason: &Reason, raised: bool) -> up::EventBody {
    up::EventBody::Fault(up::Fault { code: reason.code().to_owned(), params: reason.params(), raised })
}

pub fn result(command: Uuid, counter: u64, answer: &Answer) -> up::EventBody {
    let (result, reason) = match answer {
        Answer::Done => (up::Answer::Done, None),
        Answer::Ignored(reason) => (up::Answer::Ignored, Some(reason)),
        Answer::Refused(reason) => (up::Answer::Refused, Some(reason)),
    };
    up::EventBody::Result(up::CommandResult {
        command,
        counter,
        result,
        code: reason.map(|reason| reason.code().to_owned()),
        params: reason.map(Reason::params).unwrap_or_default(),
    })
}

/// Why a command of the server is not one this lane can carry out.
#[derive(Debug, thiserror::Error)]
pub enum NotAnOrder {
    #[error("this lane takes no pictures on command")]
    Preview,
    #[error("its reason is not known here")]
    Reason(#[from] ReasonError),
}

/// The lane's view of a command. Its origin follows from the ids it carries.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few codes of the registry are meant, all others are not"
)]
pub fn command(command: &down::Command) -> Result<Command, NotAnOrder> {
    let reason = Reason::from_parts(&command.code, &command.params)?;
    let order = match command.action {
        Action::Open => Order::Open,
        Action::Refuse => Order::Refuse,
        Action::Charge => Order::AwaitPayment,
        Action::Close => Order::Close,
        Action::Hold => Order::Hold,
        Action::Release => Order::Release,
        Action::Preview => return Err(NotAnOrder::Preview),
    };
    let authority = match &reason {
        _ if command.by.is_some() => Authority::Operator,
        Reason::OpenPaid { .. } => Authority::Payment,
        Reason::OpenTicket {} => Authority::Ticket,
        _ => Authority::Reading,
    };
    let arrival = command.arrival.map(ArrivalId::from_uuid);
    Ok(Command { id: CommandId::from_uuid(command.id), arrival, order, authority, reason })
}

/// What is known of a safety input, in a word.
pub fn safety_name(level: Option<RawLevel>) -> &'static str {
    match level {
        Some(RawLevel::Clear) => "clear",
        Some(RawLevel::Occupied) => "occupied",
        Some(RawLevel::WireCut) | None => "unknown",
    }
}

pub fn action_name(action: Action) -> &'static str {
    match action {
        Action::Open => "open",
        Action::Refuse => "deny",
        Action::Charge => "charge",
        Action::Close => "close",
        Action::Hold => "hold",
        Action::Release => "release",
        Action::Preview => "preview",
    }
}

/// The offline list's entries for one plate, as a decision at `now` takes them: a block that holds, and the right that helps
/// most. They have no ids of rows: those are nil.
pub fn listed(entries: &[ListTerms], now: Timestamp, policy: OfflinePolicy, time_zone: &TimeZone) -> Listed {
    let of = |kind| entries.iter().filter(move |entry| entry.kind == kind);
    let blocks = of(ListKind::Block)
        .map(|entry| BlockMatch { id: BlockId::from_uuid(Uuid::nil()), validity: validity(entry) });
    let block = blocks.max_by_key(|block| block.validity.covers(now));
    let helps = |right: &SubscriptionMatch| {
        let covers = right.validity.covers(now);
        (covers, covers && right.outside(MatchSource::Offline(policy), now, time_zone).is_none())
    };
    let subscription = of(ListKind::Subscription).map(subscription).max_by_key(helps);
    Listed { block, subscription, ..Listed::default() }
}

fn validity(entry: &ListTerms) -> Validity {
    let at = |ms| Timestamp::from_millisecond(ms).ok();
    Validity {
        from: entry.from_ms.and_then(at).unwrap_or(Timestamp::UNIX_EPOCH),
        until: entry.until_ms.and_then(at),
    }
}

fn subscription(entry: &ListTerms) -> SubscriptionMatch {
    let pause = entry.pause.and_then(|pause| {
        let until = pause.until_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        Some(Pause { from: Timestamp::from_millisecond(pause.from_ms).ok()?, until })
    });
    let terms = SubscriptionTerms {
        windows: entry.windows.iter().filter_map(window).collect(),
        pause,
        outside: if entry.refuse { OutsideTerms::Refuse } else { OutsideTerms::Visitor },
        counted: entry.counted,
        some_lanes: entry.elsewhere,
    };
    let id = SubscriptionId::from_uuid(Uuid::nil());
    let lane_allowed = !entry.elsewhere;
    SubscriptionMatch { lane_allowed, terms, ..SubscriptionMatch::plain(id, validity(entry)) }
}

fn window(window: &ListWindow) -> Option<WeekWindow> {
    let days = Weekdays::from_bits(window.days)?;
    Some(WeekWindow { days, from_minute: window.from, to_minute: window.to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_is_that_of_the_last_pictures_unless_there_are_none() {
        let good = Health { score: 91, advice: "plates are well in view".into(), plates: 0.8755 };
        let reported = view(Some(good.clone()), None).unwrap();
        assert_eq!((reported.score, reported.advice, reported.plates), (91, good.advice.clone(), 876));
        assert_eq!(view(None, None), None, "no vehicle yet");
        let silent = Reason::FaultCamera { detail: "ü".repeat(300) };
        let reported = view(Some(good), Some(&silent)).unwrap();
        assert!(
            reported.score == 0 && reported.advice.starts_with("The camera gives no pictures: üü"),
            "{reported:?}"
        );
        assert!(reported.advice.len() <= up::View::LONGEST);
    }
}
