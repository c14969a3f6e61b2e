//! The list of codes, their parameters and their texts.

use super::*;
use crate::money::Currency;
use uuid::Uuid;

pub(super) trait Sample {
    fn sample() -> Self;
}
macro_rules! sample {
    ($($type:ty = $value:expr),+ $(,)?) => { $(impl Sample for $type { fn sample() -> Self { $value } })+ };
}
sample!(
    u32 = 7,
    u64 = u64::MAX,
    String = "a b, {c}".to_owned(),
    Money = Money::new(1250, Currency::EUR),
    SubscriptionId = SubscriptionId::from_uuid(Uuid::from_u128(1)),
    ReservationId = ReservationId::from_uuid(Uuid::from_u128(2)),
    UserId = UserId::from_uuid(Uuid::from_u128(3)),
    LoopRole = LoopRole::Safety,
    LoopFault = LoopFault::WireCut,
);

/// Codes are for ever: this list may only grow.
const FROZEN: &str = "OPEN-SUBSCRIPTION OPEN-RESERVATION OPEN-VISITOR OPEN-PAID OPEN-GRACE OPEN-FREE OPEN-MANUAL \
    OPEN-TICKET OPEN-FIRE OPEN-FAIL-SAFE OPEN-OFFLINE-VISITOR OPEN-FREE-FLOW DENY-BLOCKLISTED DENY-FULL DENY-CLOSED \
    DENY-CLOSED-TO-ALL DENY-NO-VISITORS DENY-PASSBACK DENY-POOL-FULL DENY-OTHER-TIME DENY-OTHER-LANE \
    DENY-PAUSED DENY-USED-UP DENY-ELSEWHERE DENY-UNREADABLE DENY-UNSURE DENY-NO-STAY \
    DENY-NEAR-STAY DENY-TICKET-NEEDED DENY-CHARGE-FAILED DENY-OFFLINE DENY-MANUAL DENY-MAINTENANCE CHARGE-DUE CHARGE-SUPPLEMENT \
    CMD-ALREADY-OPEN CMD-ALREADY-CLOSED CMD-ALREADY-SO CMD-DECIDED-LOCALLY CMD-DECIDED CMD-NOT-ADDRESSED \
    CMD-EPOCH CMD-EXPIRED CMD-REPLAY CMD-NO-VEHICLE CMD-ARRIVAL-GONE CMD-NO-READING CMD-UNSAFE CMD-FIRE \
    CMD-STARTING CMD-LOCAL-RESET CMD-BROKEN CMD-OUT-OF-SERVICE CMD-MODE CMD-BUSY CMD-LANE-NOT-HEARD CMD-COUNTER-SPENT \
    CMD-SUPERSEDED CMD-RESTARTED CMD-SIGNATURE CMD-UNKNOWN FAULT-LOOP FAULT-OPEN-TIMEOUT FAULT-CLOSE-TIMEOUT FAULT-OBSTRUCTED \
    FAULT-BOOM-MOVED FAULT-BOOM-BROKEN FAULT-FIRE FAULT-TAILGATE FAULT-WRONG-WAY FAULT-UNAUTHORISED \
    FAULT-HELD-TOO-LONG FAULT-REPLAY FAULT-CAMERA FAULT-READER FAULT-SPOOL FAULT-CLOCK FAULT-UPLINK \
    FAULT-EVENTS-LOST FAULT-POWER FAULT-STORE-BEHIND FAULT-CERTIFICATE REJECT-SIGNATURE REJECT-MALFORMED REJECT-VERSION REJECT-TOO-LARGE \
    REJECT-DEVICE REJECT-TOPIC REJECT-SEQ REJECT-TIME REJECT-ARRIVAL REJECT-POISON";

#[test]
fn the_list_of_codes_is_frozen() {
    assert_eq!(Reason::CODES, FROZEN.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn every_reason_round_trips_through_its_parts_and_json() {
    for reason in Reason::samples() {
        assert_eq!(Reason::from_parts(reason.code(), &reason.params()).unwrap(), reason);
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), reason, "{json}");
    }
}

#[test]
fn every_code_has_a_text_in_each_language_with_only_its_own_parameters() {
    for reason in Reason::samples() {
        for lang in [Lang::En, Lang::Vi] {
            let template = Reason::template(reason.code(), lang).unwrap();
            assert!(template.len() > 5, "{reason} has no text in {lang:?}");
            for place in template.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                assert!(reason.params().contains_key(place), "{reason} has no parameter {place:?}");
            }
        }
        assert_ne!(Reason::template(reason.code(), Lang::En), Reason::template(reason.code(), Lang::Vi));
    }
}

#[test]
fn texts_carry_their_parameters() {
    let reason = Reason::ChargeDue { amount: Money::new(1250, Currency::EUR) };
    assert_eq!(reason.text(Lang::En), "Please pay 12.50 EUR.");
    assert_eq!(reason.text(Lang::Vi), "Vui lòng thanh toán 12.50 EUR.");
    let fault = Reason::FaultLoop { position: LoopRole::Safety, fault: LoopFault::WireCut };
    assert!(fault.text(Lang::En).starts_with("The safety loop is wire-cut;"), "{}", fault.text(Lang::En));
}

#[test]
fn what_is_no_reason_is_refused_with_its_cause() {
    let none = BTreeMap::new();
    let missing = Reason::from_parts("CHARGE-DUE", &none).unwrap_err();
    assert_eq!(missing.to_string(), "reason CHARGE-DUE lacks its parameter \"amount\"");
    let wrong = BTreeMap::from([("amount".to_owned(), "much".to_owned())]);
    let wrong = Reason::from_parts("CHARGE-DUE", &wrong).unwrap_err();
    assert_eq!(wrong.to_string(), "reason CHARGE-DUE has a wrong \"amount\": \"much\"");
    assert!(Reason::from_parts("OPEN-SESAME", &none).is_err());
}
