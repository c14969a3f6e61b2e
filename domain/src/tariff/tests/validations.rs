//! What validations take off, and what must hold for all of them.

use super::*;

pub(super) fn validation(code: &str, benefit: Benefit) -> Validation {
    Validation { code: code.into(), benefit, most_off: None }
}

fn charged(tariff: &Tariff, minutes: i64, validations: Vec<Validation>) -> Charge {
    let from = at("2026-11-20T10:00+01:00");
    let until = Timestamp::from_second(from.as_second() + minutes * 60).unwrap();
    let prior = Prior { validations, ..Prior::default() };
    tariff.charge_after(from, until, VehicleType::Car, &berlin(), &prior).unwrap()
}

#[test]
fn free_time_takes_off_what_the_first_minutes_cost() {
    let free = || vec![validation("SHOP", Benefit::FreeTime { minutes: 60 })];
    assert_eq!(
        lines(&charged(&plain(), 130, free())),
        ["Rate day 130min x5 500", "FreeTime SHOP 60min x0 -200"]
    );
    assert_eq!(
        lines(&charged(&plain(), 40, free())),
        ["Rate day 40min x2 200", "FreeTime SHOP 40min x0 -200"]
    );
    let grace = Tariff { grace_minutes: 10, ..plain() };
    assert_eq!(charged(&grace, 130, free()).total.minor, 300, "the grace of the tariff is another thing");
    assert_eq!(lines(&charged(&grace, 5, free())), ["Grace grace 5min x0 0"]);
}

#[test]
fn free_time_then_percents_then_amounts() {
    let all = vec![
        validation("TEN", Benefit::Amount { minor: 10 }),
        validation("HALF", Benefit::Percent { percent: 50 }),
        validation("CARD", Benefit::Prepaid { minutes: 600 }),
        validation("HOUR", Benefit::FreeTime { minutes: 60 }),
    ];
    let four = vec![all[0].clone(), all[1].clone(), all[3].clone()];
    assert_eq!(
        lines(&charged(&plain(), 240, four)),
        [
            "Rate day 240min x8 800",
            "FreeTime HOUR 60min x0 -200",
            "Discount HALF (50 %) 240min x0 -300",
            "Discount TEN 240min x0 -10"
        ]
    );
    let prepaid = charged(&plain(), 240, all);
    assert_eq!(lines(&prepaid)[2], "Prepaid CARD 180min x0 -600", "an hour was free already");
    assert_eq!(prepaid.total.minor, 0);
}

#[test]
fn a_validation_takes_off_no_more_than_it_may_and_never_more_than_there_is() {
    let capped = Validation { most_off: Some(150), ..validation("HALF", Benefit::Percent { percent: 50 }) };
    assert_eq!(charged(&plain(), 240, vec![capped]).total.minor, 800 - 150);
    let much = validation("MUCH", Benefit::Amount { minor: 5_000 });
    assert_eq!(charged(&plain(), 240, vec![much.clone(), much]).total.minor, 0);
    let odd = Tariff { rules: vec![rule("day", vec![band(None, Some(30), 25)])], ..plain() };
    let half = validation("HALF", Benefit::Percent { percent: 50 });
    assert_eq!(charged(&odd, 30, vec![half]).total.minor, 12, "12.5 off is 13");
}

#[test]
fn vat_is_of_what_is_left() {
    let tariff = Tariff { vat_basis_points: Some(2_000), ..plain() };
    let half = validation("HALF", Benefit::Percent { percent: 50 });
    assert_eq!(charged(&tariff, 180, vec![half]).vat.unwrap().amount.minor, 50);
}

#[test]
fn lines_say_what_they_are_in_every_language() {
    let tariff = Tariff { daily_cap: Some(700), ..plain() };
    let charge = charged(&tariff, 240, vec![validation("HOUR", Benefit::FreeTime { minutes: 60 })]);
    let texts = |lang| charge.lines.iter().map(|line| line.text(lang)).collect::<Vec<_>>();
    assert_eq!(texts(Lang::En), ["day: 8 x 30 min at 1.00 EUR", "daily cap", "HOUR: 60 min free"]);
    assert_eq!(
        texts(Lang::Vi),
        ["day: 8 x 30 phút, giá 1.00 EUR", "mức trần mỗi ngày", "HOUR: 60 phút miễn phí"]
    );
}
