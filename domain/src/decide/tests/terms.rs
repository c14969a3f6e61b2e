//! A subscription beyond its terms: places, times, lanes, pauses, entries of a month; with a server and without.

use super::*;
use crate::subscription::{OutsideTerms, Pause, WeekWindow, Weekdays};

fn with(change: impl FnOnce(&mut SubscriptionMatch)) -> Matches {
    let mut subscription = subscribed().unwrap();
    change(&mut subscription);
    Matches { subscription: Some(subscription), ..nothing() }
}

fn never() -> WeekWindow {
    let today = now().to_zoned(TimeZone::UTC).weekday().to_monday_zero_offset();
    let days = Weekdays::from_bits(0x7f & !(1 << today)).unwrap();
    WeekWindow { days, from_minute: 0, to_minute: 1440 }
}

/// One beyond each of its terms, and the code of the refusal.
fn beyond() -> [(Matches, &'static str); 5] {
    let counted = |s: &mut SubscriptionMatch| s.terms.counted = true;
    [
        (with(|s| (counted(s), s.pool_left = Some(0)).1), "DENY-POOL-FULL"),
        (with(|s| (counted(s), s.uses_left = Some(0)).1), "DENY-USED-UP"),
        (with(|s| s.terms.windows = vec![never()]), "DENY-OTHER-TIME"),
        (with(|s| s.terms.pause = Some(Pause { from: now(), until: None })), "DENY-PAUSED"),
        (with(|s| (s.terms.some_lanes, s.lane_allowed) = (true, false)), "DENY-OTHER-LANE"),
    ]
}

#[test]
fn beyond_its_terms_a_subscriber_is_a_visitor_or_refused_as_it_is_set() {
    for (mut matches, refused) in beyond() {
        assert_eq!(entry(&matches), "OPEN-VISITOR", "{refused}");
        let reservation = Some(ReservationMatch { id: id(7), validity: always() });
        assert_eq!(entry(&Matches { reservation, ..matches.clone() }), "OPEN-RESERVATION", "{refused}");
        matches.subscription.as_mut().unwrap().terms.outside = OutsideTerms::Refuse;
        assert_eq!(entry(&matches), refused);
        assert_eq!(entry(&Matches { reservation, ..matches.clone() }), "OPEN-RESERVATION", "{refused}");
        let over = Validity { from: Timestamp::UNIX_EPOCH, until: Some(now()) };
        matches.subscription.as_mut().unwrap().validity = over;
        assert_eq!(entry(&matches), "OPEN-VISITOR", "what is over refuses nobody");
    }
    assert_eq!(entry(&with(|s| s.pool_left = Some(1))), "OPEN-SUBSCRIPTION");
}

#[test]
fn who_came_in_by_the_subscription_leaves_by_it_and_who_came_in_as_a_visitor_pays() {
    for (matches, what) in beyond() {
        let inside = Matches { subscription: matches.subscription, ..inside(stay_since(90)) };
        assert_eq!(exit(&inside), "OPEN-SUBSCRIPTION", "{what}");
        assert_eq!(exit(&Matches { visitor_stay: true, ..inside }), "CHARGE-DUE", "{what}");
    }
    // Somebody who bought a plain subscription while inside leaves by it.
    let bought = Matches { subscription: subscribed(), visitor_stay: true, ..inside(stay_since(90)) };
    assert_eq!(exit(&bought), "OPEN-SUBSCRIPTION");
}

#[test]
fn after_a_reset_a_plate_that_is_inside_comes_in_once_more() {
    let inside = Matches { subscription: subscribed(), ..inside(stay_since(90)) };
    assert_eq!(entry(&inside), "DENY-PASSBACK");
    assert_eq!(entry(&Matches { neutral: true, ..inside }), "OPEN-SUBSCRIPTION");
}

#[test]
fn a_lane_alone_keeps_to_times_and_pauses_and_guesses_what_only_the_server_counts() {
    let alone =
        |policy: OfflinePolicy, matches: Matches| Matches { source: MatchSource::Offline(policy), ..matches };
    let counted = with(|s| s.terms.counted = true);
    let careful = OfflinePolicy { counted: OfflineCounted::Refuse, ..OfflinePolicy::default() };
    assert_eq!(entry(&alone(OfflinePolicy::default(), counted.clone())), "OPEN-SUBSCRIPTION");
    assert_eq!(entry(&alone(careful, counted)), "DENY-OFFLINE");
    for (mut matches, refused) in beyond() {
        assert_eq!(entry(&alone(OfflinePolicy::default(), matches.clone())), "DENY-OFFLINE", "{refused}");
        matches.subscription.as_mut().unwrap().terms.outside = OutsideTerms::Refuse;
        assert_eq!(entry(&alone(OfflinePolicy::default(), matches)), refused);
    }
}
