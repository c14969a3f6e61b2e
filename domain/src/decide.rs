//! The one decision about a car at a lane: open, deny or charge, always with a reason.
//!
//! It sees matches, never lists: the server finds them in PostgreSQL, the lane in its keyed store. Total: any input
//! has an answer and nothing panics. It knows no clock, no sign and no command.
//!
//! In free flow everybody passes, under maintenance nobody. Else:
//!
//! Entry, first that applies: blocked, closed to all, not read (ticket path), fact missing offline, inside elsewhere
//! (for those with a right), passback, subscription, reservation, refused by a subscription's terms, full, closed, no visitors,
//! visitor.
//! Exit: blocked, not read, subscription or reservation, its stay (paid, grace, free, charge, supplement), no stay
//! (offline policy, near candidate to confirm, ticket).
//!
//! A block holds for every twin of its plate (0 for O, 1 for I), a right to enter and passback for the exact plate only; at
//! an exit the only twin inside is the car's stay when no exact one is. The caller fills [`Matches`] accordingly.
//!
//! Passback is hard for everybody by default: a plate inside cannot come in again, for one of the two is a clone or a
//! missed exit, and only a person can tell which. An operator's open is the way round it, and is audited.

mod matches;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use self::matches::{
    Arrival, BlockMatch, Credential, MatchSource, Matches, NearStay, OfflineCounted, OfflineEntry,
    OfflineExit, OfflinePolicy, Outside, Passback, ReservationMatch, SiteMode, SiteState, SubscriptionMatch,
    Validity,
};
pub use crate::direction::Direction;
use crate::ids::StayId;
use crate::lane_mode::LaneMode;
use crate::money::Money;
use crate::reading::Verdict;
use crate::reason::Reason;
use crate::stay::Stay;
use crate::subscription::OutsideTerms;
use crate::tariff::{Charge, Tariff};

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The boom opens.
    Open,
    /// The boom stays closed.
    Deny,
    /// The boom opens as soon as the amount is paid.
    Charge,
}

/// What a stay costs, what was paid, what is still owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The price and its lines.
    pub charge: Charge,
    /// Sum of settled payments.
    pub paid: Money,
    /// Never negative.
    pub due: Money,
}

/// A decision: a proposal that a passage may make a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What the lane does.
    pub outcome: Outcome,
    /// Why, with its parameters; shown on the sign.
    pub reason: Reason,
    /// At an exit: the price as computed. With `DENY-NO-STAY`, what an operator may ask for a lost ticket.
    pub charge: Option<Due>,
    /// The open stay this is about; an exit passage closes it.
    pub stay: Option<StayId>,
    /// The one near stay an operator may confirm; never acted on without a person.
    pub suggested: Option<StayId>,
}

/// Decides on an arrival. See the module for the order of rules.
pub fn decide(arrival: &Arrival, matches: &Matches, now: Timestamp) -> Decision {
    match (matches.site.mode, arrival.direction) {
        // The boom is up, whatever is decided.
        (LaneMode::FreeFlow, _) => {
            Decision { stay: stay_id(matches), ..Decision::open(Reason::OpenFreeFlow {}) }
        }
        (LaneMode::Maintenance, _) => {
            Decision { stay: stay_id(matches), ..Decision::deny(Reason::DenyMaintenance {}) }
        }
        (_, Direction::Entry) => decide_entry(arrival, matches, now),
        (_, Direction::Exit) => decide_exit(arrival, matches, now),
    }
}

impl Decision {
    const fn of(outcome: Outcome, reason: Reason) -> Self {
        Self { outcome, reason, charge: None, stay: None, suggested: None }
    }

    const fn open(reason: Reason) -> Self {
        Self::of(Outcome::Open, reason)
    }

    const fn deny(reason: Reason) -> Self {
        Self::of(Outcome::Deny, reason)
    }
}

fn decide_entry(arrival: &Arrival, matches: &Matches, now: Timestamp) -> Decision {
    let refused = refused_to_all(arrival, matches, now)
        .or_else(|| (matches.site.mode == LaneMode::ClosedToAll).then_some(Reason::DenyClosedToAll {}))
        .or_else(|| not_identified(arrival));
    if let Some(reason) = refused {
        return Decision::deny(reason);
    }
    let right = entry_right(arrival, matches, now);
    match refused_inside(matches, right.is_some()) {
        Some(reason) => Decision { stay: stay_id(matches), ..Decision::deny(reason) },
        None => match right {
            Some(Right::Holds(reason)) => Decision::open(reason),
            Some(Right::Refused(reason)) => Decision::deny(reason),
            None => visitor_entry(arrival, matches),
        },
    }
}

fn decide_exit(arrival: &Arrival, matches: &Matches, now: Timestamp) -> Decision {
    if let Some(reason) = refused_to_all(arrival, matches, now) {
        return Decision { stay: stay_id(matches), ..Decision::deny(reason) };
    }
    if let Some(reason) = not_identified(arrival) {
        let suggested = stay_id(matches).or(only_near(matches));
        return offline_exit(matches).unwrap_or_else(|| Decision { suggested, ..Decision::deny(reason) });
    }
    if let Some(reason) = exit_right(arrival, matches, now) {
        return Decision { stay: stay_id(matches), ..Decision::open(reason) };
    }
    match &matches.stay {
        Some(stay) => decide_stay(arrival, matches, stay, now),
        None => offline_exit(matches).unwrap_or_else(|| without_stay(arrival, matches, now)),
    }
}

/// A blocked plate, however well paid.
fn refused_to_all(arrival: &Arrival, matches: &Matches, now: Timestamp) -> Option<Reason> {
    let read = arrival.plate.is_some() && arrival.verdict == Verdict::Accept;
    let blocked = matches.block.is_some_and(|block| block.validity.covers(now));
    (read && blocked).then_some(Reason::DenyBlocklisted {})
}

/// A car that neither its plate nor a ticket names.
fn not_identified(arrival: &Arrival) -> Option<Reason> {
    match (arrival.credential, &arrival.plate, arrival.verdict) {
        (Credential::Ticket, _, _) | (_, Some(_), Verdict::Accept) => None,
        (Credential::Plate, Some(_), Verdict::Unsure) => Some(Reason::DenyUnsure {}),
        (Credential::Plate, None, Verdict::Accept | Verdict::Unsure)
        | (Credential::Plate, _, Verdict::Unreadable) => Some(Reason::DenyUnreadable {}),
    }
}

/// What a right does for its car at the entry.
enum Right {
    /// It opens.
    Holds(Reason),
    /// Its terms do not allow it now, and nothing less does.
    Refused(Reason),
}

/// At the entry the terms of a subscription count; a reservation helps where they do not allow it.
fn entry_right(arrival: &Arrival, matches: &Matches, now: Timestamp) -> Option<Right> {
    let subscription = matches.subscription.as_ref().filter(|s| named(arrival) && s.validity.covers(now));
    let outside = subscription.and_then(|s| s.outside(matches.source, now, &matches.time_zone));
    if let Some(subscription) = subscription.filter(|_| outside.is_none()) {
        return Some(Right::Holds(Reason::OpenSubscription { subscription: subscription.id }));
    }
    if let Some(reason) = reservation_right(arrival, matches, now) {
        return Some(Right::Holds(reason));
    }
    let refuses = |s: &&SubscriptionMatch| s.terms.outside == OutsideTerms::Refuse;
    subscription.filter(refuses).and(outside).map(|outside| Right::Refused(refusal(outside)))
}

const fn refusal(outside: Outside) -> Reason {
    match outside {
        Outside::Paused => Reason::DenyPaused {},
        Outside::OtherTime => Reason::DenyOtherTime {},
        Outside::OtherLane => Reason::DenyOtherLane {},
        Outside::PoolFull => Reason::DenyPoolFull {},
        Outside::UsedUp => Reason::DenyUsedUp {},
        Outside::NotKnown => Reason::DenyOffline {},
    }
}

/// At the exit its terms do not matter: who came in by the subscription leaves by it, at any time and lane. Who came in as a
/// visitor, because the terms did not allow it then, leaves as one.
fn exit_right(arrival: &Arrival, matches: &Matches, now: Timestamp) -> Option<Reason> {
    let covers = |s: &&SubscriptionMatch| {
        named(arrival) && s.validity.covers(now) && !(matches.visitor_stay && s.terms.is_limited())
    };
    let subscription = matches.subscription.as_ref().filter(covers);
    subscription
        .map(|s| Reason::OpenSubscription { subscription: s.id })
        .or_else(|| reservation_right(arrival, matches, now))
}

fn reservation_right(arrival: &Arrival, matches: &Matches, now: Timestamp) -> Option<Reason> {
    let reservation = matches.reservation.filter(|r| named(arrival) && r.validity.covers(now))?;
    Some(Reason::OpenReservation { reservation: reservation.id })
}

/// A right counts only for a plate that was read for sure, never for a ticket alone.
fn named(arrival: &Arrival) -> bool {
    arrival.verdict == Verdict::Accept && arrival.plate.is_some()
}

/// Two cars with one plate: velocity guards rights, passback guards by the site's policy.
fn refused_inside(matches: &Matches, has_right: bool) -> Option<Reason> {
    let held = match matches.site.passback {
        Passback::Deny => true,
        Passback::DenyRights => has_right,
        Passback::Allow => false,
    };
    match () {
        () if matches.stay.is_some() && !matches.neutral && held => Some(Reason::DenyPassback {}),
        () if matches.elsewhere && has_right => Some(Reason::DenyElsewhere {}),
        () => None,
    }
}

fn visitor_entry(arrival: &Arrival, matches: &Matches) -> Decision {
    let site = &matches.site;
    match (site.mode, matches.source) {
        (LaneMode::FreeFlow, _) => Decision::open(Reason::OpenFreeFlow {}),
        (LaneMode::Maintenance, _) => Decision::deny(Reason::DenyMaintenance {}),
        (LaneMode::ClosedToAll, _) => Decision::deny(Reason::DenyClosedToAll {}),
        (LaneMode::Closed, _) => Decision::deny(Reason::DenyClosed {}),
        (LaneMode::Full, _) => Decision::deny(Reason::DenyFull {}),
        (LaneMode::Open, _) if site.free_spaces == Some(0) => Decision::deny(Reason::DenyFull {}),
        (LaneMode::Open, _) if !site.visitors => Decision::deny(Reason::DenyNoVisitors {}),
        (LaneMode::Open, MatchSource::Offline(OfflinePolicy { entry: OfflineEntry::Listed, .. })) => {
            Decision::deny(Reason::DenyOffline {})
        }
        (LaneMode::Open, MatchSource::Offline(_)) => Decision::open(Reason::OpenOfflineVisitor {}),
        (LaneMode::Open, MatchSource::Full) if arrival.credential == Credential::Ticket => {
            Decision::open(Reason::OpenTicket {})
        }
        (LaneMode::Open, MatchSource::Full) => Decision::open(Reason::OpenVisitor {}),
    }
}

/// Without known stays, the lane's policy decides whether an exit opens or needs an operator.
fn offline_exit(matches: &Matches) -> Option<Decision> {
    match matches.source {
        MatchSource::Full => None,
        MatchSource::Offline(OfflinePolicy { exit: OfflineExit::Everybody, .. }) => {
            Some(Decision::open(Reason::OpenFailSafe {}))
        }
        MatchSource::Offline(OfflinePolicy { exit: OfflineExit::Listed, .. }) => {
            Some(Decision::deny(Reason::DenyOffline {}))
        }
    }
}

fn decide_stay(arrival: &Arrival, matches: &Matches, stay: &Stay, now: Timestamp) -> Decision {
    let of_stay = |decision: Decision| Decision { stay: Some(stay.id), ..decision };
    let Some(tariff) = stay.tariff.as_ref().or(matches.tariff.as_ref()) else {
        return of_stay(Decision::open(Reason::OpenFree {}));
    };
    match amount_due(stay, tariff, &matches.time_zone, now) {
        Some(due) => {
            let (outcome, reason) = settle(arrival, matches, stay, tariff, &due, now);
            of_stay(Decision { charge: Some(due), ..Decision::of(outcome, reason) })
        }
        None => of_stay(Decision::deny(Reason::DenyChargeFailed {})),
    }
}

/// What `stay` owes at `now`; none if it has no price (absurd length, other currency).
pub fn amount_due(stay: &Stay, tariff: &Tariff, time_zone: &TimeZone, now: Timestamp) -> Option<Due> {
    let charge = if stay.is_lost {
        tariff.lost_ticket_charge(stay.entered_at)?
    } else {
        tariff.charge_after(stay.entered_at, now, stay.vehicle, time_zone, &stay.prior).ok()?
    };
    let paid = stay.paid_in(tariff.currency).ok()?;
    let owed = charge.total.checked_sub(paid).ok()?;
    let due = if owed.is_positive() { owed } else { Money::zero(tariff.currency) };
    Some(Due { charge, paid, due })
}

fn settle(
    arrival: &Arrival,
    matches: &Matches,
    stay: &Stay,
    tariff: &Tariff,
    due: &Due,
    now: Timestamp,
) -> (Outcome, Reason) {
    let (amount, paid) = (due.due, due.paid);
    let in_exit_time = stay.may_still_leave(paid, now);
    let in_grace = !stay.is_lost && tariff.grace_minutes > 0 && due.charge.minutes <= tariff.grace_minutes;
    let over_limit = matches.site.plate_only_limit.is_some_and(|limit| amount > limit);
    match () {
        () if in_exit_time || (amount.is_zero() && paid.is_positive()) => {
            (Outcome::Open, Reason::OpenPaid { amount: paid })
        }
        () if amount.is_zero() && in_grace => {
            (Outcome::Open, Reason::OpenGrace { minutes: due.charge.minutes })
        }
        () if amount.is_zero() => (Outcome::Open, Reason::OpenFree {}),
        () if over_limit && arrival.credential == Credential::Plate => {
            (Outcome::Deny, Reason::DenyTicketNeeded { amount })
        }
        () if paid.is_positive() => (Outcome::Charge, Reason::ChargeSupplement { amount, paid }),
        () => (Outcome::Charge, Reason::ChargeDue { amount }),
    }
}

fn without_stay(arrival: &Arrival, matches: &Matches, now: Timestamp) -> Decision {
    if let Some(stay) = only_near(matches) {
        return Decision { suggested: Some(stay), ..Decision::deny(Reason::DenyNearStay {}) };
    }
    match &matches.tariff {
        // Where nothing is charged, a missing stay is no reason to refuse the exit.
        None if arrival.credential == Credential::Plate => Decision::open(Reason::OpenFree {}),
        None => Decision::deny(Reason::DenyNoStay {}),
        Some(tariff) => {
            Decision { charge: lost_ticket(tariff, now), ..Decision::deny(Reason::DenyNoStay {}) }
        }
    }
}

fn lost_ticket(tariff: &Tariff, now: Timestamp) -> Option<Due> {
    let charge = tariff.lost_ticket_charge(now)?;
    let (due, paid) = (charge.total, Money::zero(tariff.currency));
    Some(Due { charge, paid, due })
}

/// The near stay, if there is exactly one.
fn only_near(matches: &Matches) -> Option<StayId> {
    match matches.near.as_slice() {
        [near] => Some(near.stay),
        _ => None,
    }
}

fn stay_id(matches: &Matches) -> Option<StayId> {
    matches.stay.as_ref().map(|stay| stay.id)
}
