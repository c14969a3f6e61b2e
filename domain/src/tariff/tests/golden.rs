//! Charges computed by hand: clock changes both ways, midnight, month end and leap day, in three time zones.

use super::*;

fn zone(name: &str) -> TimeZone {
    let posix = match name {
        "Berlin" => "CET-1CEST,M3.5.0,M10.5.0/3",
        "New York" => "EST5EDT,M3.2.0,M11.1.0",
        _ => "<+07>-7",
    };
    TimeZone::posix(posix).unwrap()
}

/// 1.00 each half hour by day, 3.00 once for a night (22:00 to 06:00), a day at most 20.00, a month at most 100.00;
/// holidays 0.50 each hour.
fn full() -> Tariff {
    let day = |month, day| Holiday {
        name: "holiday".into(),
        from: jiff::civil::date(2026, month, day),
        until: jiff::civil::date(2026, month, day),
        yearly: true,
    };
    let holidays = vec![day(12, 25), day(2, 28)];
    let mut rules = with_night().rules;
    rules.insert(0, Rule { days: vec![Day::Holiday], ..rule("holiday", vec![band(None, Some(60), 50)]) });
    Tariff { daily_cap: Some(2_000), monthly_cap: Some(10_000), holidays, rules, ..plain() }
}

fn full_charge(zone_name: &str, from: &str, until: &str) -> Charge {
    let tariff = full();
    assert_eq!(tariff.faults(), []);
    tariff.charge(at(from), at(until), VehicleType::Car, &zone(zone_name)).unwrap()
}

#[test]
fn stays_cost_what_they_cost_by_hand() {
    #[rustfmt::skip]
    let cases = [
        // Zone, entry, exit, total.
        ("Berlin", "2026-11-20T10:00+01:00", "2026-11-20T11:10+01:00", 300),
        // Midnight: the night is one price, and belongs to the day on which it begins.
        ("Berlin", "2026-11-20T23:59:59+01:00", "2026-11-21T00:00:01+01:00", 300),
        ("Berlin", "2026-11-20T21:00+01:00", "2026-11-21T07:00+01:00", 200 + 300 + 200),
        // The hour that is skipped on 29 March is not charged: 05:00 to 07:00 is the night and one hour.
        ("Berlin", "2026-03-29T01:00+01:00", "2026-03-29T07:00+02:00", 300 + 200),
        ("Berlin", "2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00", 2_000 + 1_200),
        // The hour that comes twice on 25 October is charged twice: the day has 25 hours.
        ("Berlin", "2026-10-25T06:00+01:00", "2026-10-25T08:00+01:00", 400),
        ("Berlin", "2026-10-24T21:00+02:00", "2026-10-25T07:00+01:00", 200 + 300 + 200),
        ("New York", "2026-11-20T10:00-05:00", "2026-11-20T11:10-05:00", 300),
        // Clocks there go forward on 8 March and back on 1 November.
        ("New York", "2026-03-08T01:00-05:00", "2026-03-08T07:00-04:00", 300 + 200),
        ("New York", "2026-10-31T21:00-04:00", "2026-11-01T07:00-05:00", 200 + 300 + 200),
        // Another day there while it is the 21st in Berlin.
        ("New York", "2026-11-21T02:00Z", "2026-11-21T03:10Z", 200 + 300),
        ("Hanoi", "2026-11-20T10:00+07:00", "2026-11-20T11:10+07:00", 300),
        ("Hanoi", "2026-11-20T21:30+07:00", "2026-11-21T06:30+07:00", 100 + 300 + 100),
        // Month end: each month has its cap. Six days of 20.00 are 100.00 in November, the two of December 40.00.
        ("Hanoi", "2026-11-25T06:00+07:00", "2026-12-03T00:00+07:00", 10_000 + 4_000),
        ("Berlin", "2026-11-25T06:00+01:00", "2026-12-03T00:00+01:00", 10_000 + 4_000),
        // Leap day: it is a day of its own, and the yearly holiday of 28 February is not it.
        ("Berlin", "2028-02-28T10:00+01:00", "2028-02-28T12:00+01:00", 100),
        ("Berlin", "2028-02-29T10:00+01:00", "2028-02-29T12:00+01:00", 400),
        ("Berlin", "2028-02-28T22:00+01:00", "2028-02-29T07:00+01:00", 100 + 300 + 200),
        ("Hanoi", "2028-02-29T23:00+07:00", "2028-03-01T07:00+07:00", 300 + 200),
        // Christmas is a holiday by the site's calendar.
        ("New York", "2026-12-25T12:00-05:00", "2026-12-25T14:00-05:00", 100),
        ("Hanoi", "2026-12-24T23:00+07:00", "2026-12-25T10:00+07:00", 300 + 500),
    ];
    for (zone, from, until, total) in cases {
        let charge = full_charge(zone, from, until);
        assert_eq!(charge.total.minor, total, "{zone}, {from} to {until}: {:#?}", lines(&charge));
    }
}

#[test]
fn what_was_charged_before_counts_against_the_cap_of_the_month_of_the_entry() {
    let tariff = Tariff { monthly_cap: Some(1_000), ..plain() };
    let charge = |prior: i64, from: &str, until: &str| {
        let prior = Prior { month_minor: prior, ..Prior::default() };
        tariff.charge_after(at(from), at(until), VehicleType::Car, &berlin(), &prior).unwrap()
    };
    let (from, until) = ("2026-11-30T22:00+01:00", "2026-11-30T23:00+01:00");
    assert_eq!(lines(&charge(700, from, until)), ["Rate day 60min x2 200"]);
    assert_eq!(
        lines(&charge(900, from, until)),
        ["Rate day 60min x2 200", "MonthlyCap monthly cap 60min x0 -100"]
    );
    assert_eq!(charge(5_000, from, until).total.minor, 0);
    assert_eq!(charge(900, from, "2026-12-01T02:00+01:00").total.minor, 100 + 400, "December has its own");
}

#[test]
fn a_cap_of_24_hours_and_one_of_the_month_stand_beside_each_other() {
    let tariff = Tariff { cap_24h: Some(1_000), monthly_cap: Some(1_500), ..plain() };
    let charge = charge(&tariff, "2026-11-29T12:00+01:00", "2026-12-02T12:00+01:00");
    // 24 hours: 10.00; the twelve until December: 5.00 are left of the month; then 5.00 of the same 24 hours, and 10.00.
    assert_eq!(charge.total.minor, 1_000 + 500 + 500 + 1_000);
}

#[test]
fn vat_is_what_of_the_total_it_is_rounded_half_up_once() {
    let vat = |minor, rate, code: &str| {
        Vat::included(Money::new(minor, Currency::parse(code).unwrap()), rate).amount.to_string()
    };
    assert_eq!(vat(1_200, 2_000, "EUR"), "2.00 EUR");
    assert_eq!(vat(100, 1_900, "EUR"), "0.16 EUR");
    assert_eq!(vat(3, 10_000, "EUR"), "0.02 EUR", "a half goes up");
    assert_eq!(vat(11_000, 1_000, "VND"), "1000 VND");
    assert_eq!(vat(1_050, 500, "KWD"), "0.050 KWD");
    assert_eq!(vat(0, 2_000, "EUR"), "0.00 EUR");
    let tariff = Tariff { vat_basis_points: Some(2_000), ..plain() };
    let vat = charge(&tariff, "2026-11-20T10:00+01:00", "2026-11-20T11:10+01:00").vat.unwrap();
    assert_eq!((vat.amount.minor, vat.rate().as_str()), (50, "20 %"));
    assert_eq!(Vat { basis_points: 550, ..vat }.rate(), "5.5 %");
}

#[test]
fn amounts_are_in_the_decimals_of_their_currency() {
    for (code, words) in [("VND", "100 VND"), ("EUR", "1.00 EUR"), ("KWD", "0.100 KWD")] {
        let tariff = Tariff { currency: Currency::parse(code).unwrap(), ..plain() };
        let charge = charge(&tariff, "2026-11-20T10:00+01:00", "2026-11-20T10:10+01:00");
        assert_eq!(charge.total.to_string(), words);
        assert_eq!(charge.lines[0].text(Lang::En), format!("day: 1 x 30 min at {words}"));
    }
}
