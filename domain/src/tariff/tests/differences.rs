//! What is another in a version, in words.

use super::*;

fn texts(before: &Tariff, after: &Tariff, lang: Lang) -> Vec<String> {
    after.differences(before).iter().map(|difference| difference.text(lang)).collect()
}

#[test]
fn every_difference_is_named_once_and_in_words() {
    let before = Tariff { grace_minutes: 10, daily_cap: Some(1_800), ..with_night() };
    let mut after = Tariff {
        name: "dearer".into(),
        grace_minutes: 5,
        daily_cap: None,
        vat_basis_points: Some(2_000),
        ..before.clone()
    };
    after.rules[0].window = Some(Window { from: time(21, 0, 0, 0), until: time(6, 0, 0, 0) });
    after.rules[1].bands[0].price = 120;
    after.rules.insert(0, Rule { days: vec![Day::Sun], ..rule("sunday", vec![band(None, Some(60), 0)]) });
    assert_eq!(
        texts(&before, &after, Lang::En),
        [
            "The name was \"plain\" and is \"dearer\".",
            "Grace: 10 min before, 5 min now.",
            "Daily cap: 18.00 EUR before, none now.",
            "VAT included: none before, 20 % now.",
            "New rule \"sunday\": all vehicles, sun, all day; 0.00 EUR for each 60 min begun.",
            "Rule \"night\" was for all vehicles, every day, 22:00 to 06:00 and is for all vehicles, every day, 21:00 to 06:00.",
            "Rule \"day\": 1.00 EUR for each 30 min begun before, 1.20 EUR for each 30 min begun now.",
        ]
    );
    assert_eq!(
        texts(&before, &after, Lang::Vi)[1],
        "Vào ra nhanh miễn phí: trước là 10 phút, nay là 5 phút."
    );
    let codes: Vec<_> =
        after.differences(&before).iter().map(super::super::differences::Difference::code).collect();
    assert_eq!(codes, ["name", "setting", "setting", "setting", "rule-added", "rule-when", "rule-prices"]);
}

#[test]
fn the_same_is_no_difference_and_order_is_one() {
    assert_eq!(texts(&with_night(), &Tariff { version: 9, ..with_night() }, Lang::En), [] as [&str; 0]);
    let mut turned = with_night();
    turned.rules.reverse();
    assert_eq!(
        texts(&with_night(), &turned, Lang::En),
        ["The order of the rules was night, day and is day, night."]
    );
    let mut without = with_night();
    without.rules.remove(0);
    assert_eq!(
        texts(&with_night(), &without, Lang::En),
        ["Rule \"night\" is gone: all vehicles, every day, 22:00 to 06:00; 3.00 EUR once."]
    );
}
