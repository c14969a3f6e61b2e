//! The rules of deciding, one sentence each, and that every input has an answer.

mod terms;

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ids::{PaymentId, TariffId};
use crate::money::Currency;
use crate::plate::Plate;
use crate::stay::Payment;
use crate::tariff::VehicleType;
use crate::tariff::{Band, Rule};

fn id<T: From<Uuid>>(number: u128) -> T {
    T::from(Uuid::from_u128(number))
}

fn now() -> Timestamp {
    "2026-11-20T12:00Z".parse().unwrap()
}

fn minutes_ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn car(direction: Direction) -> Arrival {
    Arrival {
        id: id(1),
        direction,
        plate: Some(Plate::parse("ABC123").unwrap()),
        verdict: Verdict::Accept,
        credential: Credential::Plate,
        vehicle: VehicleType::Car,
    }
}

fn nothing() -> Matches {
    Matches::none(TimeZone::UTC)
}

fn always() -> Validity {
    Validity { from: Timestamp::UNIX_EPOCH, until: None }
}

fn subscribed() -> Option<SubscriptionMatch> {
    Some(SubscriptionMatch::plain(id(2), always()))
}

/// 1.00 EUR an hour, 10 minutes grace, 15 minutes exit time, 20.00 EUR for a lost ticket.
fn tariff() -> Arc<Tariff> {
    Arc::new(Tariff {
        id: id::<TariffId>(3),
        version: 1,
        name: "hourly".into(),
        currency: Currency::EUR,
        grace_minutes: 10,
        exit_time_minutes: 15,
        free_minutes: 0,
        daily_cap: None,
        cap_24h: None,
        monthly_cap: None,
        vat_basis_points: None,
        holidays: Vec::new(),
        lost_ticket: Some(2_000),
        rules: vec![Rule {
            name: "hour".into(),
            vehicles: vec![],
            days: vec![],
            window: None,
            bands: vec![Band { until_minute: None, step_minutes: Some(60), price: 100 }],
        }],
    })
}

fn stay_since(minutes: i64) -> Stay {
    let plate = Some(Plate::parse("ABC123").unwrap());
    Stay { tariff: Some(tariff()), ..Stay::opened(id(4), id(5), plate, minutes_ago(minutes)) }
}

fn paid(mut stay: Stay, minor: i64, ago: i64) -> Stay {
    let amount = Money::new(minor, Currency::EUR);
    stay.record_payment(Payment { id: id::<PaymentId>(6), amount, at: minutes_ago(ago) }).unwrap();
    stay
}

fn inside(stay: Stay) -> Matches {
    Matches { stay: Some(stay), tariff: Some(tariff()), ..nothing() }
}

fn code(arrival: &Arrival, matches: &Matches) -> &'static str {
    decide(arrival, matches, now()).reason.code()
}

fn entry(matches: &Matches) -> &'static str {
    code(&car(Direction::Entry), matches)
}

fn exit(matches: &Matches) -> &'static str {
    code(&car(Direction::Exit), matches)
}

fn site(mode: LaneMode) -> SiteState {
    SiteState { mode, ..SiteState::default() }
}

#[test]
fn subscribers_and_reservations_enter_when_full_and_closed_but_not_when_closed_to_all() {
    let reservation = Some(ReservationMatch { id: id(7), validity: always() });
    for (mode, visitor) in
        [(LaneMode::Open, "OPEN-VISITOR"), (LaneMode::Full, "DENY-FULL"), (LaneMode::Closed, "DENY-CLOSED")]
    {
        let at_site = Matches { site: site(mode), ..nothing() };
        assert_eq!(entry(&at_site), visitor);
        assert_eq!(entry(&Matches { subscription: subscribed(), ..at_site.clone() }), "OPEN-SUBSCRIPTION");
        assert_eq!(entry(&Matches { reservation, ..at_site }), "OPEN-RESERVATION");
    }
    let closed = Matches { site: site(LaneMode::ClosedToAll), subscription: subscribed(), ..nothing() };
    assert_eq!(entry(&closed), "DENY-CLOSED-TO-ALL");
}

#[test]
fn in_free_flow_everybody_passes_and_under_maintenance_nobody() {
    let block = Some(BlockMatch { id: id(8), validity: always() });
    let owing = inside(stay_since(600));
    for matches in [nothing(), Matches { block, ..nothing() }, owing.clone()] {
        let with = |mode| Matches { site: site(mode), ..matches.clone() };
        for way in [entry, exit] {
            assert_eq!(way(&with(LaneMode::FreeFlow)), "OPEN-FREE-FLOW");
            assert_eq!(way(&with(LaneMode::Maintenance)), "DENY-MAINTENANCE");
        }
    }
    let free = Matches { site: site(LaneMode::FreeFlow), ..owing };
    let decision = decide(&car(Direction::Exit), &free, now());
    assert_eq!((decision.stay, decision.charge), (Some(id(4)), None), "the passage ends the stay, unpaid");
}

#[test]
fn cars_leave_in_every_mode_that_closes_an_entry() {
    for mode in [LaneMode::Full, LaneMode::Closed, LaneMode::ClosedToAll] {
        assert_eq!(exit(&Matches { site: site(mode), ..inside(stay_since(600)) }), "CHARGE-DUE", "{mode:?}");
    }
}

#[test]
fn the_last_space_is_for_visitors_and_then_it_is_full() {
    let with =
        |free| Matches { site: SiteState { free_spaces: Some(free), ..SiteState::default() }, ..nothing() };
    assert_eq!(entry(&with(1)), "OPEN-VISITOR");
    assert_eq!(entry(&with(0)), "DENY-FULL");
    assert_eq!(entry(&Matches { subscription: subscribed(), ..with(0) }), "OPEN-SUBSCRIPTION");
}

#[test]
fn rights_outside_their_time_or_pool_are_no_rights() {
    let over = Validity { from: Timestamp::UNIX_EPOCH, until: Some(now()) };
    let expired = Some(SubscriptionMatch { validity: over, ..subscribed().unwrap() });
    let pooled = Some(SubscriptionMatch { pool_left: Some(0), ..subscribed().unwrap() });
    assert_eq!(entry(&Matches { subscription: expired.clone(), ..nothing() }), "OPEN-VISITOR");
    assert_eq!(entry(&Matches { subscription: pooled.clone(), ..nothing() }), "OPEN-VISITOR");
    assert_eq!(exit(&Matches { subscription: pooled, ..nothing() }), "OPEN-SUBSCRIPTION");
    let members = SiteState { visitors: false, ..SiteState::default() };
    assert_eq!(entry(&Matches { site: members, subscription: expired, ..nothing() }), "DENY-NO-VISITORS");
}

#[test]
fn a_blocked_plate_is_refused_even_paid_and_staff_are_called() {
    let block = Some(BlockMatch { id: id(8), validity: always() });
    let subscriber = Matches { block, subscription: subscribed(), ..nothing() };
    assert_eq!(entry(&subscriber), "DENY-BLOCKLISTED");
    let paid = Matches { block, ..inside(paid(stay_since(90), 200, 5)) };
    let decision = decide(&car(Direction::Exit), &paid, now());
    assert_eq!((decision.reason.code(), decision.stay), ("DENY-BLOCKLISTED", Some(id(4))));
    assert!(decision.reason.raises_alarm());
}

#[test]
fn a_car_that_is_not_read_for_sure_takes_the_ticket_path() {
    let unsure = Arrival { verdict: Verdict::Unsure, ..car(Direction::Entry) };
    let unread = Arrival { verdict: Verdict::Unreadable, plate: None, ..car(Direction::Entry) };
    let listed = Matches { subscription: subscribed(), ..nothing() };
    assert_eq!(code(&unsure, &listed), "DENY-UNSURE");
    assert_eq!(code(&unread, &listed), "DENY-UNREADABLE");
    let ticket = Arrival { credential: Credential::Ticket, ..unsure };
    assert_eq!(code(&ticket, &listed), "OPEN-TICKET", "a ticket gives no subscription");
}

#[test]
fn a_plate_that_is_inside_does_not_enter_again() {
    let twice = Matches { subscription: subscribed(), ..inside(stay_since(60)) };
    assert_eq!(entry(&twice), "DENY-PASSBACK");
    assert_eq!(entry(&inside(stay_since(60))), "DENY-PASSBACK");
    let rights_only = SiteState { passback: Passback::DenyRights, ..SiteState::default() };
    assert_eq!(entry(&Matches { site: rights_only.clone(), ..twice.clone() }), "DENY-PASSBACK");
    assert_eq!(entry(&Matches { site: rights_only, ..inside(stay_since(60)) }), "OPEN-VISITOR");
    let off = SiteState { passback: Passback::Allow, ..SiteState::default() };
    assert_eq!(entry(&Matches { site: off, ..twice }), "OPEN-SUBSCRIPTION");
}

#[test]
fn a_right_does_not_open_while_its_plate_is_inside_elsewhere() {
    let elsewhere = Matches { elsewhere: true, subscription: subscribed(), ..nothing() };
    assert_eq!(entry(&elsewhere), "DENY-ELSEWHERE");
    assert_eq!(entry(&Matches { elsewhere: true, ..nothing() }), "OPEN-VISITOR");
}

#[test]
fn at_the_exit_money_is_asked_for_and_explained() {
    let decision = decide(&car(Direction::Exit), &inside(stay_since(90)), now());
    assert_eq!(decision.outcome, Outcome::Charge);
    assert_eq!(decision.reason, Reason::ChargeDue { amount: Money::new(200, Currency::EUR) });
    let due = decision.charge.unwrap();
    assert_eq!((due.charge.lines.len(), due.charge.minutes, due.due.minor), (1, 90, 200));
    assert_eq!(decision.stay, Some(id(4)));
}

#[test]
fn whoever_paid_has_the_exit_time_and_then_pays_the_rest() {
    assert_eq!(exit(&inside(paid(stay_since(130), 200, 15))), "OPEN-PAID");
    let late = decide(&car(Direction::Exit), &inside(paid(stay_since(130), 200, 16)), now());
    let (amount, paid_before) = (Money::new(100, Currency::EUR), Money::new(200, Currency::EUR));
    assert_eq!(late.reason, Reason::ChargeSupplement { amount, paid: paid_before });
    assert_eq!(exit(&inside(paid(stay_since(110), 200, 60))), "OPEN-PAID", "nothing more is due");
}

#[test]
fn grace_and_subscribers_leave_free() {
    assert_eq!(exit(&inside(stay_since(10))), "OPEN-GRACE");
    assert_eq!(exit(&inside(stay_since(11))), "CHARGE-DUE");
    let subscriber = Matches { subscription: subscribed(), ..inside(stay_since(500)) };
    let decision = decide(&car(Direction::Exit), &subscriber, now());
    assert_eq!((decision.reason.code(), decision.stay), ("OPEN-SUBSCRIPTION", Some(id(4))));
    let free = Matches { tariff: None, ..inside(Stay { tariff: None, ..stay_since(500) }) };
    assert_eq!(exit(&free), "OPEN-FREE");
}

#[test]
fn who_leaves_at_once_is_free_but_in_grace_only_where_the_tariff_has_one() {
    assert_eq!(exit(&inside(stay_since(0))), "OPEN-GRACE");
    let strict = Arc::new(Tariff { grace_minutes: 0, ..(*tariff()).clone() });
    let at_once = Stay { tariff: Some(strict.clone()), ..stay_since(0) };
    let decision = decide(&car(Direction::Exit), &inside(at_once), now());
    let due = decision.charge.unwrap();
    assert_eq!((decision.reason, due.charge.minutes), (Reason::OpenFree {}, 0));
    assert_eq!((due.due.minor, due.charge.lines.len()), (0, 0));
    assert_eq!(exit(&inside(Stay { tariff: Some(strict), ..stay_since(1) })), "CHARGE-DUE");
}

#[test]
fn a_plate_alone_does_not_get_to_pay_above_the_limit() {
    let limit = Some(Money::new(150, Currency::EUR));
    let limited = Matches {
        site: SiteState { plate_only_limit: limit, ..SiteState::default() },
        ..inside(stay_since(90))
    };
    assert_eq!(exit(&limited), "DENY-TICKET-NEEDED");
    let ticket = Arrival { credential: Credential::Ticket, ..car(Direction::Exit) };
    assert_eq!(code(&ticket, &limited), "CHARGE-DUE");
}

#[test]
fn without_a_stay_exactly_one_near_one_is_suggested_and_nothing_opens() {
    let near = |numbers: &[u128]| Matches {
        tariff: Some(tariff()),
        near: numbers.iter().map(|n| NearStay { stay: id(*n), distance: 4 }).collect(),
        ..nothing()
    };
    let one = decide(&car(Direction::Exit), &near(&[9]), now());
    assert_eq!((one.outcome, one.reason.code()), (Outcome::Deny, "DENY-NEAR-STAY"));
    assert_eq!((one.suggested, one.stay), (Some(id(9)), None));
    let two = decide(&car(Direction::Exit), &near(&[9, 10]), now());
    assert_eq!((two.reason.code(), two.suggested), ("DENY-NO-STAY", None));
    assert_eq!(two.charge.unwrap().due.minor, 2_000, "what an operator may ask for a lost ticket");
}

#[test]
fn an_absurdly_long_stay_goes_to_a_person() {
    assert_eq!(exit(&inside(stay_since(60 * 24 * 5_000))), "DENY-CHARGE-FAILED");
}

#[test]
fn offline_entries_fail_closed_and_exits_fail_open() {
    let offline = Matches { source: MatchSource::Offline(OfflinePolicy::default()), ..nothing() };
    assert_eq!(entry(&offline), "DENY-OFFLINE");
    assert_eq!(entry(&Matches { subscription: subscribed(), ..offline.clone() }), "OPEN-SUBSCRIPTION");
    assert_eq!(exit(&offline), "OPEN-FAIL-SAFE");
    let unread = Arrival { verdict: Verdict::Unreadable, plate: None, ..car(Direction::Exit) };
    assert_eq!(code(&unread, &offline), "OPEN-FAIL-SAFE");
    let block = Some(BlockMatch { id: id(8), validity: always() });
    assert_eq!(exit(&Matches { block, ..offline.clone() }), "DENY-BLOCKLISTED");
    let (entry_rule, exit_rule) = (OfflineEntry::Visitors, OfflineExit::Listed);
    let other = OfflinePolicy { entry: entry_rule, exit: exit_rule, ..OfflinePolicy::default() };
    let offline = Matches { source: MatchSource::Offline(other), ..nothing() };
    assert_eq!((entry(&offline), exit(&offline)), ("OPEN-OFFLINE-VISITOR", "DENY-OFFLINE"));
}

prop_compose! {
    fn some_matches()(
        (offline, block, subscription, reservation, stay, elsewhere, tariffed) in any::<(bool, bool, bool, bool, bool, bool, bool)>(),
        mode in prop::sample::select(LaneMode::ALL.to_vec()),
        passback in prop::sample::select(vec![Passback::Deny, Passback::DenyRights, Passback::Allow]),
        free_spaces in prop::option::of(0u32..3),
        minutes in -100i64..10_000_000,
        payment in prop::option::of((1i64..10_000, 0i64..1_000)),
        near in 0usize..3,
        until in prop::option::of(-100i64..100),
    ) -> Matches {
        let validity = Validity { from: Timestamp::UNIX_EPOCH, until: until.map(minutes_ago) };
        let open = stay_since(minutes);
        let open = payment.map_or(open.clone(), |(minor, ago)| paid(open, minor, ago));
        Matches {
            source: if offline { MatchSource::Offline(OfflinePolicy::default()) } else { MatchSource::Full },
            site: SiteState { mode, passback, free_spaces, ..SiteState::default() },
            block: block.then(|| BlockMatch { id: id(8), validity }),
            subscription: subscription
                .then(|| SubscriptionMatch { pool_left: free_spaces, ..SubscriptionMatch::plain(id(2), validity) }),
            reservation: reservation.then(|| ReservationMatch { id: id(7), validity }),
            stay: stay.then_some(open),
            neutral: false,
            visitor_stay: near == 1,
            near: (0..near).map(|n| NearStay { stay: id(100 + n as u128), distance: 4 }).collect(),
            elsewhere,
            tariff: tariffed.then(tariff),
            time_zone: TimeZone::UTC,
        }
    }
}

proptest! {
    #[test]
    fn every_arrival_has_an_answer_whose_outcome_fits_its_code(
        matches in some_matches(),
        direction in prop::sample::select(vec![Direction::Entry, Direction::Exit]),
        verdict in prop::sample::select(vec![Verdict::Accept, Verdict::Unsure, Verdict::Unreadable]),
        credential in prop::sample::select(vec![Credential::Plate, Credential::Ticket]),
        read: bool,
    ) {
        let plate = car(direction).plate.filter(|_| read);
        let arrival = Arrival { plate, verdict, credential, ..car(direction) };
        let decision = decide(&arrival, &matches, now());
        let prefix = match decision.outcome {
            Outcome::Open => "OPEN-",
            Outcome::Deny => "DENY-",
            Outcome::Charge => "CHARGE-",
        };
        prop_assert!(decision.reason.code().starts_with(prefix));
        let charged = decision.outcome != Outcome::Charge
            || (decision.stay.is_some() && decision.charge.as_ref().is_some_and(|due| due.due.is_positive()));
        prop_assert!(charged, "a charge without an amount or a stay");
        let blocked = matches.block.is_some_and(|block| block.validity.covers(now()));
        let recognised = read && verdict == Verdict::Accept;
        let guarded = matches.site.mode != LaneMode::FreeFlow && decision.outcome == Outcome::Open;
        prop_assert!(!(blocked && recognised && guarded), "a blocked plate was let through");
        let entering_unread = direction == Direction::Entry && !recognised && credential == Credential::Plate;
        prop_assert!(!(entering_unread && guarded), "an unread plate was let in");
    }
}

#[test]
fn a_right_holds_from_its_first_instant_to_just_before_its_last() {
    let second = SignedDuration::from_secs(1);
    let lasting = |from, until| Validity { from, until: Some(until) };
    assert!(lasting(now(), now() + second).covers(now()));
    assert!(lasting(now() - second, now() + second).covers(now()));
    assert!(!lasting(now() - second, now()).covers(now()), "its end is excluded");
    assert!(!lasting(now() + second, now() + second + second).covers(now()));
}

#[test]
fn a_refused_entry_names_the_stay_that_is_in_the_way() {
    let decision = decide(&car(Direction::Entry), &inside(stay_since(60)), now());
    assert_eq!((decision.reason.code(), decision.stay), ("DENY-PASSBACK", Some(id(4))));
}

#[test]
fn an_unread_car_at_the_exit_is_refused_with_the_one_stay_it_may_be() {
    let near = vec![NearStay { stay: id(9), distance: 4 }];
    let unsure = Arrival { verdict: Verdict::Unsure, ..car(Direction::Exit) };
    let decision = decide(&unsure, &Matches { near, ..nothing() }, now());
    assert_eq!((decision.reason.code(), decision.suggested), ("DENY-UNSURE", Some(id(9))));
    let decision = decide(&unsure, &inside(stay_since(90)), now());
    assert_eq!(
        (decision.stay, decision.suggested),
        (None, Some(id(4))),
        "its own stay, if that is what was read"
    );
}

#[test]
fn an_unsure_reading_of_a_blocked_plate_accuses_nobody() {
    let blocked = Matches { block: Some(BlockMatch { id: id(8), validity: always() }), ..nothing() };
    let unsure = Arrival { verdict: Verdict::Unsure, ..car(Direction::Entry) };
    assert_eq!(code(&unsure, &blocked), "DENY-UNSURE");
    let unread = Arrival { plate: None, ..car(Direction::Entry) };
    assert_eq!(code(&unread, &blocked), "DENY-UNREADABLE");
}

#[test]
fn what_the_plate_alone_may_owe_is_a_limit_that_may_be_reached() {
    let site = |limit| {
        let mut matches = inside(stay_since(120));
        matches.site.plate_only_limit = Some(Money::new(limit, Currency::EUR));
        matches
    };
    assert_eq!(code(&car(Direction::Exit), &site(200)), "CHARGE-DUE");
    assert_eq!(code(&car(Direction::Exit), &site(199)), "DENY-TICKET-NEEDED");
}

#[test]
fn where_nothing_is_charged_a_car_without_a_stay_leaves_and_a_ticket_without_one_does_not() {
    assert_eq!(code(&car(Direction::Exit), &nothing()), "OPEN-FREE");
    let ticket = Arrival { credential: Credential::Ticket, ..car(Direction::Exit) };
    assert_eq!(code(&ticket, &nothing()), "DENY-NO-STAY");
}
