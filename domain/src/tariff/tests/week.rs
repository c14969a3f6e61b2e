//! The week painted in prices.

use jiff::civil::date;

use super::*;

#[test]
fn a_week_is_painted_by_what_the_first_hour_costs() {
    let holidays = vec![Holiday {
        name: "fair".into(),
        from: date(2026, 11, 18),
        until: date(2026, 11, 18),
        yearly: false,
    }];
    let mut rules = with_night().rules;
    rules.insert(0, Rule { days: vec![Day::Holiday], ..rule("fair", vec![band(None, Some(60), 50)]) });
    let tariff = Tariff { holidays, rules, grace_minutes: 90, ..plain() };
    let week = tariff.week(date(2026, 11, 16), VehicleType::Car, &berlin()).unwrap();
    assert_eq!(week.len(), 7);
    let spans = |day: usize| {
        let span = |span: &super::super::week::PaintedSpan| {
            format!(
                "{} {} {} {}",
                span.from.strftime("%H:%M"),
                span.until.strftime("%H:%M"),
                span.rule,
                span.first_hour
            )
        };
        week[day].spans.iter().map(span).collect::<Vec<_>>()
    };
    assert_eq!(
        spans(0),
        [
            "00:00 05:15 night 300",
            "05:15 05:45 night 400",
            // A quarter of the night, and an hour of the day that is cut off after the first of its half hours.
            "05:45 06:00 night 500",
            "06:00 21:30 day 200",
            "21:30 22:00 day 400",
            "22:00 00:00 night 300"
        ]
    );
    assert_eq!(week[2].holiday.as_deref(), Some("fair"));
    assert_eq!(spans(2), ["00:00 00:00 fair 50"]);
}

#[test]
fn a_day_on_which_the_clocks_change_is_painted_whole() {
    for monday in [date(2026, 3, 23), date(2026, 10, 19)] {
        let week = with_night().week(monday, VehicleType::Car, &berlin()).unwrap();
        let last = week[6].spans.last().unwrap();
        assert_eq!((last.until, last.rule.as_str()), (time(0, 0, 0, 0), "night"));
    }
}
