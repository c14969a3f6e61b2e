//! What must hold for every tariff and every stay.

use proptest::prelude::*;

use super::*;

prop_compose! {
    fn some_bands()(
        ends in prop::collection::btree_set(1u32..600, 0..3),
        prices in prop::collection::vec((prop::option::weighted(0.8, 1u32..120), 0i64..1_000), 4),
    ) -> Vec<Band> {
        let ends = ends.into_iter().map(Some).chain([None]);
        ends.zip(prices).map(|(end, (step, price))| band(end, step, price)).collect()
    }
}

prop_compose! {
    fn some_tariff()(
        bands in prop::collection::vec(some_bands(), 3),
        (from, until) in (0i8..24, 0i8..24).prop_filter("empty window", |(from, until)| from != until),
        days in prop::sample::subsequence(vec![Day::Mon, Day::Wed, Day::Sat, Day::Sun], 0..4),
        cap in prop::option::of(1i64..5_000),
        by_calendar: bool,
        monthly_cap in prop::option::of(1i64..20_000),
        (grace_minutes, free_minutes) in (0u32..30, 0u32..60),
        vat_basis_points in prop::option::of(0u32..10_000),
        holiday in prop::option::of(0i32..400),
    ) -> Tariff {
        let window = Some(Window { from: time(from, 30, 0, 0), until: time(until, 30, 0, 0) });
        let mut bands = bands.into_iter();
        let mut next = |name: &str| rule(name, bands.next().unwrap());
        let first = jiff::civil::date(2026, 3, 20);
        let holidays: Vec<Holiday> = holiday
            .map(|days| first.saturating_add(jiff::Span::new().days(days)))
            .map(|day| Holiday { name: "holiday".into(), from: day, until: day.tomorrow().unwrap(), yearly: false })
            .into_iter()
            .collect();
        let special = if holidays.is_empty() { Day::Fri } else { Day::Holiday };
        let rules = vec![
            Rule { window, days, ..next("window") },
            Rule { days: vec![special], ..next("special") },
            next("rest"),
        ];
        let (daily_cap, cap_24h) = if by_calendar { (cap, None) } else { (None, cap) };
        let caps = Tariff { daily_cap, cap_24h, monthly_cap, ..plain() };
        Tariff { rules, grace_minutes, free_minutes, vat_basis_points, holidays, ..caps }
    }
}

fn some_benefit() -> impl Strategy<Value = Benefit> {
    prop_oneof![
        (1i64..2_000).prop_map(|minor| Benefit::Amount { minor }),
        (1u8..=100).prop_map(|percent| Benefit::Percent { percent }),
        (1u32..600).prop_map(|minutes| Benefit::FreeTime { minutes }),
        (1u32..1_200).prop_map(|minutes| Benefit::Prepaid { minutes }),
    ]
}

prop_compose! {
    fn some_prior()(
        month_minor in prop_oneof![Just(0), 0i64..20_000],
        validations in prop::collection::vec((some_benefit(), prop::option::weighted(0.2, 1i64..500)), 0..4),
    ) -> Prior {
        let validation = |(benefit, most_off)| Validation { most_off, ..validations::validation("V", benefit) };
        Prior { month_minor, validations: validations.into_iter().map(validation).collect() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// 10,000 tariffs and stays, validated or not: never negative, never less for longer, lines that add up, no more than
    /// without validations, and the stored tariff charges and says the same as the one that was published.
    #[test]
    fn any_tariff_charges_any_stay_soundly(
        tariff in some_tariff(),
        prior in some_prior(),
        start in 1_774_000_000i64..1_806_000_000,
        (first, more) in (0i64..200_000, 0i64..100_000),
        zone in prop::sample::select(vec!["CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "<+07>-7"]),
    ) {
        prop_assert_eq!(tariff.faults(), []);
        let zone = TimeZone::posix(zone).unwrap();
        let from = Timestamp::from_second(start).unwrap();
        let charge = |tariff: &Tariff, seconds: i64, prior: &Prior| {
            let until = Timestamp::from_second(start + seconds).unwrap();
            tariff.charge_after(from, until, VehicleType::Car, &zone, prior).unwrap()
        };
        let (short, long) = (charge(&tariff, first, &prior), charge(&tariff, first + more, &prior));
        prop_assert!(short.total.minor >= 0);
        prop_assert!(short.total.minor <= long.total.minor, "{short:#?} {long:#?}");
        prop_assert_eq!(long.lines.iter().map(|line| line.amount.minor).sum::<i64>(), long.total.minor);
        let without = Prior { validations: Vec::new(), ..prior.clone() };
        prop_assert!(long.total <= charge(&tariff, first + more, &without).total);
        if let Some(vat) = long.vat {
            prop_assert!((0..=long.total.minor).contains(&vat.amount.minor));
        }
        let stored: Tariff = serde_json::from_str(&serde_json::to_string(&tariff).unwrap()).unwrap();
        let again = charge(&stored, first + more, &prior);
        for lang in Lang::ALL {
            let texts = |of: &Charge| of.lines.iter().map(|line| line.text(lang)).collect::<Vec<_>>();
            prop_assert_eq!(texts(&again), texts(&long));
        }
        prop_assert_eq!(again, long);
        prop_assert!(stored.differences(&tariff).is_empty());
    }
}

proptest! {

    #[test]
    fn staying_longer_never_costs_less(
        tariff in some_tariff(),
        start in 1_774_000_000i64..1_794_000_000,
        (first, more) in (0i64..400_000, 0i64..400_000),
    ) {
        prop_assert_eq!(tariff.faults(), []);
        let cost = |seconds: i64| {
            let (from, until) = (Timestamp::from_second(start).unwrap(), Timestamp::from_second(start + seconds).unwrap());
            tariff.charge(from, until, VehicleType::Car, &berlin()).unwrap().total.minor
        };
        prop_assert!(cost(first) <= cost(first + more));
    }

    #[test]
    fn the_lines_add_up_and_follow_each_other(
        tariff in some_tariff(),
        start in 1_774_000_000i64..1_794_000_000,
        seconds in 0i64..400_000,
    ) {
        let (from, until) = (Timestamp::from_second(start).unwrap(), Timestamp::from_second(start + seconds).unwrap());
        let charge = tariff.charge(from, until, VehicleType::Car, &berlin()).unwrap();
        prop_assert_eq!(charge.lines.iter().map(|line| line.amount.minor).sum::<i64>(), charge.total.minor);
        let timed = charge.lines.iter().filter(|line| !matches!(line.kind, LineKind::Cap | LineKind::Cap24h | LineKind::MonthlyCap)).collect::<Vec<_>>();
        prop_assert!(timed.windows(2).all(|pair| pair[0].until == pair[1].from));
        prop_assert!(timed.first().is_none_or(|line| line.from == from));
        prop_assert!(timed.last().is_none_or(|line| line.until == until));
    }

    #[test]
    fn splitting_a_stay_at_a_step_of_a_plain_tariff_costs_the_same(
        start in 1_774_000_000i64..1_794_000_000,
        (steps, rest) in (0i64..500, 0i64..100_000),
    ) {
        let cost = |from: i64, until: i64| {
            let (from, until) = (Timestamp::from_second(from).unwrap(), Timestamp::from_second(until).unwrap());
            plain().charge(from, until, VehicleType::Car, &berlin()).unwrap().total.minor
        };
        let (cut, end) = (start + steps * 1_800, start + steps * 1_800 + rest);
        prop_assert_eq!(cost(start, cut) + cost(cut, end), cost(start, end));
    }
}
