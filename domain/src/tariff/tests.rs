//! Golden charges by hand, both clock changes among them, and what must hold for every tariff.

use jiff::Timestamp;
use jiff::civil::time;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::*;
use crate::reason::Lang;

mod differences;
mod document;
mod golden;
mod properties;
mod validations;
mod week;

/// Central European time by its POSIX rule, so that no test needs the machine's time zone files.
fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

/// Local Berlin time, written `2026-11-20T10:00+01:00`.
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn band(until_minute: Option<u32>, step_minutes: Option<u32>, price: i64) -> Band {
    Band { until_minute, step_minutes, price }
}

fn rule(name: &str, bands: Vec<Band>) -> Rule {
    Rule { name: name.into(), vehicles: vec![], days: vec![], window: None, bands }
}

/// 1.00 EUR for each half hour begun.
fn plain() -> Tariff {
    Tariff {
        id: TariffId::from(Uuid::from_u128(1)),
        version: 1,
        name: "plain".into(),
        currency: Currency::EUR,
        grace_minutes: 0,
        exit_time_minutes: 15,
        free_minutes: 0,
        daily_cap: None,
        cap_24h: None,
        monthly_cap: None,
        vat_basis_points: None,
        holidays: Vec::new(),
        lost_ticket: None,
        rules: vec![rule("day", vec![band(None, Some(30), 100)])],
    }
}

/// The plain tariff with a flat of 3.00 EUR from 22:00 to 06:00.
fn with_night() -> Tariff {
    let night = Rule {
        window: Some(Window { from: time(22, 0, 0, 0), until: time(6, 0, 0, 0) }),
        ..rule("night", vec![band(None, None, 300)])
    };
    Tariff { rules: vec![night, plain().rules.remove(0)], ..plain() }
}

fn cost(tariff: &Tariff, from: &str, until: &str) -> i64 {
    charge(tariff, from, until).total.minor
}

fn charge(tariff: &Tariff, from: &str, until: &str) -> Charge {
    assert_eq!(tariff.faults(), []);
    tariff.charge(at(from), at(until), VehicleType::Car, &berlin()).unwrap()
}

/// Lines as `kind label minutes steps amount`.
fn lines(charge: &Charge) -> Vec<String> {
    let line =
        |l: &ChargeLine| format!("{:?} {} {}min x{} {}", l.kind, l.label, l.minutes, l.steps, l.amount.minor);
    charge.lines.iter().map(line).collect()
}

#[test]
fn a_step_that_has_begun_is_charged() {
    let from = "2026-11-20T10:00+01:00";
    assert_eq!(cost(&plain(), from, "2026-11-20T10:00+01:00"), 0);
    assert_eq!(cost(&plain(), from, "2026-11-20T10:00:01+01:00"), 100);
    assert_eq!(cost(&plain(), from, "2026-11-20T10:30+01:00"), 100);
    assert_eq!(cost(&plain(), from, "2026-11-20T10:30:01+01:00"), 200);
    assert_eq!(cost(&plain(), from, "2026-11-20T09:00+01:00"), 0, "an exit before the entry is no stay");
}

#[test]
fn grace_is_all_or_nothing_and_free_minutes_are_taken_off() {
    let grace = Tariff { grace_minutes: 10, ..plain() };
    let free = Tariff { free_minutes: 10, ..plain() };
    let (from, short, long) = ("2026-11-20T10:00+01:00", "2026-11-20T10:10+01:00", "2026-11-20T10:35+01:00");
    assert_eq!((cost(&grace, from, short), cost(&grace, from, long)), (0, 200));
    assert_eq!((cost(&free, from, short), cost(&free, from, long)), (0, 100));
    assert_eq!(lines(&charge(&grace, from, short)), ["Grace grace 10min x0 0"]);
    assert_eq!(lines(&charge(&free, from, long)), ["Free free minutes 10min x0 0", "Rate day 25min x1 100"]);
}

#[test]
fn a_part_of_a_second_is_nothing_and_no_grace_is_claimed_for_it() {
    let (from, until) = ("2026-11-20T10:00:00.1+01:00", "2026-11-20T10:00:00.9+01:00");
    assert_eq!(lines(&charge(&plain(), from, until)), [] as [&str; 0]);
    assert_eq!(cost(&plain(), from, until), 0);
    let kind = Tariff { grace_minutes: 5, ..plain() };
    assert_eq!(lines(&charge(&kind, from, until)), ["Grace grace 0min x0 0"]);
}

#[test]
fn bands_follow_each_other_without_a_gap() {
    let bands = vec![band(Some(60), Some(30), 100), band(Some(180), Some(60), 150), band(None, Some(60), 50)];
    let tariff = Tariff { rules: vec![rule("day", bands)], ..plain() };
    let charge = charge(&tariff, "2026-11-20T08:00+01:00", "2026-11-20T12:30+01:00");
    assert_eq!(charge.total.minor, 2 * 100 + 2 * 150 + 2 * 50);
    assert_eq!(lines(&charge), ["Rate day 60min x2 200", "Rate day 120min x2 300", "Rate day 90min x2 100"]);
}

#[test]
fn a_night_is_paid_once_and_over_midnight() {
    assert_eq!(cost(&with_night(), "2026-11-20T21:00+01:00", "2026-11-21T07:00+01:00"), 200 + 300 + 200);
    assert_eq!(cost(&with_night(), "2026-11-20T23:00+01:00", "2026-11-21T05:59+01:00"), 300);
    assert_eq!(cost(&with_night(), "2026-11-21T05:00+01:00", "2026-11-21T06:30+01:00"), 300 + 100);
    let two = charge(&with_night(), "2026-11-20T23:00+01:00", "2026-11-22T05:00+01:00");
    assert_eq!(
        lines(&two),
        ["Rate night 420min x1 300", "Rate day 960min x32 3200", "Rate night 420min x1 300"]
    );
}

#[test]
fn a_step_that_begins_before_the_night_ends_in_it() {
    let charge = charge(&with_night(), "2026-11-20T21:45+01:00", "2026-11-20T22:30+01:00");
    assert_eq!(lines(&charge), ["Rate day 30min x1 100", "Rate night 15min x1 300"]);
}

#[test]
fn weekday_windows_belong_to_the_day_they_begin_on() {
    let friday = Rule { days: vec![Day::Fri], ..with_night().rules.remove(0) };
    let tariff = Tariff { rules: vec![friday, plain().rules.remove(0)], ..plain() };
    assert_eq!(
        cost(&tariff, "2026-11-20T23:00+01:00", "2026-11-21T05:00+01:00"),
        300,
        "Friday into Saturday"
    );
    assert_eq!(cost(&tariff, "2026-11-21T23:00+01:00", "2026-11-22T05:00+01:00"), 1_200, "Saturday night");
}

#[test]
fn sundays_can_be_free() {
    let sunday = Rule { days: vec![Day::Sun], ..rule("sunday", vec![band(None, Some(60), 0)]) };
    let tariff = Tariff { rules: vec![sunday, plain().rules.remove(0)], ..plain() };
    assert_eq!(cost(&tariff, "2026-11-21T23:00+01:00", "2026-11-23T01:00+01:00"), 200 + 200);
}

#[test]
fn a_daily_cap_holds_per_local_day() {
    let tariff = Tariff { daily_cap: Some(1_000), ..plain() };
    let charge = charge(&tariff, "2026-11-20T12:00+01:00", "2026-11-22T01:00+01:00");
    assert_eq!(charge.total.minor, 1_000 + 1_000 + 200);
    assert_eq!(
        lines(&charge),
        [
            "Rate day 720min x24 2400",
            "Cap daily cap 720min x0 -1400",
            "Rate day 1440min x48 4800",
            "Cap daily cap 1440min x0 -3800",
            "Rate day 60min x2 200"
        ]
    );
}

#[test]
fn a_day_that_costs_just_the_cap_has_no_line_for_it() {
    let tariff = Tariff { daily_cap: Some(1_000), ..plain() };
    let charge = charge(&tariff, "2026-11-20T12:00+01:00", "2026-11-20T17:00+01:00");
    assert_eq!(lines(&charge), ["Rate day 300min x10 1000"]);
}

#[test]
fn a_cap_of_24_hours_counts_from_the_entry_and_midnight_does_not_matter() {
    let hourly = Tariff { rules: vec![rule("day", vec![band(None, Some(60), 250)])], ..plain() };
    let (from, until) = ("2026-11-20T20:00+01:00", "2026-11-21T06:00+01:00");
    assert_eq!(cost(&Tariff { daily_cap: Some(1_000), ..hourly.clone() }, from, until), 2_000);
    let capped = Tariff { cap_24h: Some(1_000), free_minutes: 30, ..hourly };
    assert_eq!(
        lines(&charge(&capped, from, until)),
        ["Free free minutes 30min x0 0", "Rate day 570min x10 2500", "Cap24h 24-hour cap 570min x0 -1500"]
    );
    // A second period begins 24 hours after charging began, here at 20:30, by elapsed time.
    assert_eq!(cost(&capped, from, "2026-11-21T20:30+01:00"), 1_000);
    assert_eq!(cost(&capped, from, "2026-11-21T20:30:01+01:00"), 1_250);
    assert_eq!(cost(&capped, from, "2026-11-23T20:30+01:00"), 3_000);
    assert_eq!(cost(&capped, "2026-10-24T20:00+02:00", "2026-10-25T19:30+01:00"), 1_000, "25 local hours");
}

#[test]
fn a_step_longer_than_the_capped_period_counts_where_it_begins() {
    let two_days = Tariff { rules: vec![rule("day", vec![band(None, Some(2_880), 700)])], ..plain() };
    for capped in
        [Tariff { daily_cap: Some(500), ..two_days.clone() }, Tariff { cap_24h: Some(500), ..two_days }]
    {
        assert_eq!(cost(&capped, "2026-11-20T20:00+01:00", "2026-11-24T06:00+01:00"), 1_000);
    }
}

#[test]
fn two_kinds_of_cap_do_not_stand_beside_each_other() {
    let both = Tariff { daily_cap: Some(500), cap_24h: Some(500), ..plain() };
    let faults: Vec<String> = both.faults().iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["cap_24h: stands beside daily_cap; a stay has one kind of cap"]);
}

#[test]
fn a_rule_that_never_applies_is_named() {
    let weekend = Rule { days: vec![Day::Sat, Day::Sun], ..rule("weekend", vec![band(None, Some(60), 10)]) };
    let behind = Tariff { rules: vec![plain().rules.remove(0), weekend.clone()], ..plain() };
    let faults: Vec<String> = behind.faults().iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("rules[1]: \"weekend\" never applies"), "{faults:?}");
    let before = Tariff { rules: vec![weekend.clone(), plain().rules.remove(0)], ..plain() };
    assert_eq!(before.faults(), []);
    // Covered by several rules together: all of Saturday in two halves, and Sunday.
    let half = |name: &str, from, until| Rule {
        window: Some(Window { from: time(from, 0, 0, 0), until: time(until, 0, 0, 0) }),
        ..rule(name, vec![band(None, Some(60), 10)])
    };
    let rules = vec![half("early", 0, 12), half("late", 12, 0), weekend, plain().rules.remove(0)];
    let faults: Vec<String> =
        Tariff { rules, ..plain() }.faults().iter().map(|fault| fault.path.clone()).collect();
    assert_eq!(faults, ["rules[2]", "rules[3]"]);
}

#[test]
fn times_and_prices_are_read_as_people_write_them_or_refused_in_their_words() {
    let window = |text: &str| serde_json::from_str::<Window>(text).map_err(|error| error.to_string());
    let evening = Window { from: time(22, 0, 0, 0), until: time(0, 0, 0, 0) };
    assert_eq!(window(r#"{"from":"22:00","until":"24:00"}"#), Ok(evening));
    assert_eq!(window(r#"{"from":"22:00:00","until":"00:00:00"}"#), Ok(evening));
    let morning = Window { from: time(8, 0, 0, 0), until: time(9, 30, 0, 0) };
    assert_eq!(window(r#"{"from":"8:00","until":"9:30"}"#), Ok(morning));
    for (text, why) in [
        (r#"{"from":"24:00","until":"06:00"}"#, "a window cannot begin at 24:00; write 00:00"),
        (r#"{"from":"25:00","until":"06:00"}"#, "\"25:00\" is not a time of day like 08:00"),
        (r#"{"from":"8","until":"06:00"}"#, "\"8\" is not a time of day"),
        (r#"{"from":"08:00","until":"8.30"}"#, "\"8.30\" is not a time of day"),
        (r#"{"from":"08:00","until":"06:00:00:00"}"#, "is not a time of day"),
        (r#"{"from":"+8:00","until":"06:00"}"#, "is not a time of day"),
    ] {
        assert!(window(text).is_err_and(|error| error.contains(why)), "{text}");
    }
    let band = |price: &str| serde_json::from_str::<Band>(&format!(r#"{{"price":{price}}}"#));
    assert_eq!(band("250").unwrap().price, 250);
    for (price, why) in [
        ("2.5", "2.5 is not a price: prices are whole minor units, 2.50 is written 250"),
        ("\"2,50\"", "\"2,50\" is not a price"),
        ("18446744073709551615", "too large for a price"),
        ("true", "expected a price in whole minor units, such as 250 for 2.50"),
    ] {
        assert!(band(price).is_err_and(|error| error.to_string().contains(why)), "{price}");
    }
}

#[test]
fn the_short_night_in_spring_has_an_hour_less() {
    // 29 March 2026: 02:00 CET becomes 03:00 CEST. From 01:00 to 04:00 on the clock are two hours.
    assert_eq!(cost(&plain(), "2026-03-29T01:00+01:00", "2026-03-29T04:00+02:00"), 400);
    // A window that begins in the skipped hour begins when the clocks jump.
    let window = Window { from: time(2, 30, 0, 0), until: time(6, 0, 0, 0) };
    let early = Rule { window: Some(window), ..rule("early", vec![band(None, Some(30), 10)]) };
    let tariff = Tariff { rules: vec![early, plain().rules.remove(0)], ..plain() };
    let charge = charge(&tariff, "2026-03-29T01:00+01:00", "2026-03-29T04:00+02:00");
    assert_eq!(lines(&charge), ["Rate day 60min x2 200", "Rate early 60min x2 20"]);
}

#[test]
fn the_long_night_in_autumn_has_an_hour_more() {
    // 25 October 2026: 03:00 CEST becomes 02:00 CET. From 01:00 to 04:00 on the clock are four hours.
    assert_eq!(cost(&plain(), "2026-10-25T01:00+02:00", "2026-10-25T04:00+01:00"), 800);
    let capped = Tariff { daily_cap: Some(4_900), ..plain() };
    assert_eq!(cost(&capped, "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"), 4_900, "a day of 25 hours");
    assert_eq!(cost(&plain(), "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"), 5_000);
    // A window that begins in the repeated hour begins at its first occurrence.
    let window = Window { from: time(2, 30, 0, 0), until: time(6, 0, 0, 0) };
    let early = Rule { window: Some(window), ..rule("early", vec![band(None, Some(30), 10)]) };
    let tariff = Tariff { rules: vec![early, plain().rules.remove(0)], ..plain() };
    let charge = charge(&tariff, "2026-10-25T02:00+02:00", "2026-10-25T03:00+01:00");
    assert_eq!(lines(&charge), ["Rate day 30min x1 100", "Rate early 90min x3 30"]);
}

#[test]
fn vehicles_have_their_own_rules() {
    let trucks =
        Rule { vehicles: vec![VehicleType::Truck], ..rule("truck", vec![band(None, Some(60), 500)]) };
    let tariff = Tariff { rules: vec![trucks, plain().rules.remove(0)], ..plain() };
    let (from, until) = (at("2026-11-20T10:00+01:00"), at("2026-11-20T11:00+01:00"));
    let cost = |vehicle| tariff.charge(from, until, vehicle, &berlin()).unwrap().total.minor;
    assert_eq!((cost(VehicleType::Truck), cost(VehicleType::Car)), (500, 200));
}

#[test]
fn absurd_stays_have_no_price() {
    let (from, until) = (at("2026-11-20T10:00Z"), at("2046-11-20T10:00Z"));
    assert_eq!(plain().charge(from, until, VehicleType::Car, &berlin()), Err(ChargeError::TooLong));
}

#[test]
fn a_lost_ticket_has_its_own_price() {
    let tariff = Tariff { lost_ticket: Some(2_500), ..plain() };
    let charge = tariff.lost_ticket_charge(at("2026-11-20T10:00Z")).unwrap();
    assert_eq!((charge.total.minor, charge.lines[0].kind), (2_500, LineKind::LostTicket));
    assert_eq!(plain().lost_ticket_charge(at("2026-11-20T10:00Z")), None);
}

#[test]
fn all_faults_of_a_tariff_are_named_at_once() {
    let window = Window { from: time(8, 0, 0, 0), until: time(8, 0, 0, 0) };
    let bad = Rule {
        name: " ".into(),
        vehicles: vec![VehicleType::Car],
        days: vec![],
        window: Some(window),
        bands: vec![
            band(Some(60), Some(0), 100),
            band(Some(30), Some(30), -1),
            band(None, Some(30), 1),
            band(Some(90), None, 1),
        ],
    };
    let tariff = Tariff { daily_cap: Some(0), rules: vec![bad], ..plain() };
    let faults: Vec<String> = tariff.faults().iter().map(ToString::to_string).collect();
    for expected in [
        "daily_cap: is 0; leave it out for no cap",
        "rules: no rule without days and window applies to Car: times would have no price",
        "rules: no rule without days and window applies to Bus: times would have no price",
        "rules[0].name: is empty",
        "rules[0].window: begins and ends at the same time; leave it out for the whole day",
        "rules[0].bands[0].step_minutes: is 0",
        "rules[0].bands[1].price: is -1, not within 0 to 1000000000",
        "rules[0].bands[1].until_minute: is 30, not after minute 60",
        "rules[0].bands[2].until_minute: is missing; only the last band may be open-ended",
        "rules[0].bands[3].until_minute: ends the last band; time after it would be free",
    ] {
        assert!(faults.iter().any(|fault| fault == expected), "{expected:?} is not among {faults:#?}");
    }
}

#[test]
fn a_tariff_round_trips_as_data_and_refuses_unknown_fields() {
    let json = serde_json::to_string(&with_night()).unwrap();
    assert_eq!(serde_json::from_str::<Tariff>(&json).unwrap(), with_night());
    assert!(json.contains("\"from\":\"22:00:00\""), "{json}");
    let unknown = json.replacen("\"version\"", "\"grace\":1,\"version\"", 1);
    assert!(
        serde_json::from_str::<Tariff>(&unknown).unwrap_err().to_string().contains("unknown field `grace`")
    );
}

#[test]
fn a_price_too_large_for_money_is_an_error_and_never_a_wrap_or_a_panic() {
    let absurd = |bands, daily_cap| Tariff { rules: vec![rule("day", bands)], daily_cap, ..plain() };
    let stepped = absurd(vec![band(None, Some(30), i64::MAX)], None);
    let flats = vec![band(Some(30), Some(30), i64::MAX), band(None, Some(60), i64::MAX)];
    for tariff in [stepped.clone(), Tariff { daily_cap: Some(i64::MIN), ..stepped }, absurd(flats, Some(1))] {
        let (from, until) = (at("2026-11-20T10:00+01:00"), at("2026-11-22T10:00+01:00"));
        assert_eq!(tariff.charge(from, until, VehicleType::Car, &berlin()), Err(ChargeError::Overflow));
    }
}

#[test]
fn steps_of_no_length_are_a_flat_price_and_not_an_endless_walk() {
    let tariff = Tariff { rules: vec![rule("day", vec![band(None, Some(0), 100)])], ..plain() };
    assert!(!tariff.faults().is_empty(), "such a tariff is refused when it is set");
    let (from, until) = (at("2026-11-20T10:00Z"), at("2026-11-20T11:00Z"));
    let charge = tariff.charge(from, until, VehicleType::Car, &berlin()).unwrap();
    assert_eq!(charge.total.minor, 100);
}

#[test]
fn the_longest_stay_is_charged_and_a_second_more_goes_to_a_person() {
    let entry = at("2016-11-20T10:00Z");
    let charge = |seconds: i64| {
        let until = Timestamp::from_second(entry.as_second() + seconds).unwrap();
        plain().charge(entry, until, VehicleType::Car, &berlin())
    };
    let longest = LONGEST_STAY_DAYS * 86_400;
    assert_eq!(charge(longest).unwrap().total.minor, LONGEST_STAY_DAYS * 48 * 100);
    assert_eq!(charge(longest + 1), Err(ChargeError::TooLong));
}
