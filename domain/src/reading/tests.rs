//! Readings: fusing, folding by the grammar, verdicts, and that the order of frames does not matter.

use proptest::prelude::*;

use super::*;
use crate::plate::grammar::Grammar;
use crate::plate::symbol_index;

fn frame(number: u32, text: &str, sure: f32) -> FrameReading {
    let chars = text.bytes().map(|symbol| CharDist::certain(symbol, sure)).collect();
    FrameReading { frame: number, weight: 1.0, plate: 1.0, chars }
}

/// Replaces place `at` by a choice between symbols.
fn torn(mut frame: FrameReading, at: usize, choice: &[(u8, f32)]) -> FrameReading {
    let mut place = [0.0005; 36];
    for (symbol, p) in choice {
        place[symbol_index(*symbol).unwrap()] = *p;
    }
    frame.chars[at] = CharDist(place);
    frame
}

fn read(frames: &[FrameReading], countries: &[&str]) -> Reading {
    fuse(frames, &Grammar::for_countries(countries).unwrap(), &Thresholds::default())
}

fn plate(reading: &Reading) -> &str {
    reading.plate.as_ref().unwrap().as_str()
}

#[test]
fn no_frame_is_unreadable() {
    assert_eq!(read(&[], &["DE"]), Reading::nothing());
    assert_eq!(read(&[frame(1, "", 0.9)], &["DE"]).verdict, Verdict::Unreadable);
}

#[test]
fn clear_frames_are_accepted_with_the_clearest_as_evidence() {
    let reading =
        read(&[frame(3, "BAB123", 0.9), frame(4, "BAB123", 0.97), frame(5, "BAB123", 0.8)], &["DE"]);
    assert_eq!((plate(&reading), reading.verdict), ("BAB123", Verdict::Accept));
    assert_eq!((reading.frames, reading.best_frame), (3, Some(4)));
    assert_eq!(reading.series.as_deref(), Some("DE/standard"));
    assert!(reading.certainty() > 0.99 && reading.confidence.iter().all(|c| *c > 0.95));
}

#[test]
fn one_torn_character_makes_the_whole_reading_unsure() {
    let torn = torn(frame(1, "BAB123", 0.99), 5, &[(b'3', 0.5), (b'9', 0.45)]);
    let reading = read(&[torn], &["DE"]);
    assert_eq!((plate(&reading), reading.verdict), ("BAB123", Verdict::Unsure));
    assert_eq!(reading.candidates[1].text.as_str(), "BAB129");
}

#[test]
fn doubt_that_all_characters_share_is_for_the_margin_to_judge() {
    let blurred = frame(1, "BAB423", 0.65);
    let reading = read(std::slice::from_ref(&blurred), &["DE"]);
    assert_eq!(
        (reading.verdict, reading.confidence.iter().all(|c| *c < 0.7)),
        (Verdict::Accept, true),
        "{reading:?}"
    );
    assert_eq!(read(std::slice::from_ref(&blurred), &[]).verdict, Verdict::Unsure, "no form speaks for six");
    let torn = torn(blurred, 5, &[(b'3', 0.4), (b'9', 0.02)]);
    assert_eq!(read(&[torn], &["DE"]).verdict, Verdict::Unsure, "one character is less sure than the others");
    assert_eq!(read(&[frame(1, "BAB423", 0.3)], &["DE"]).verdict, Verdict::Unreadable);
}

#[test]
fn a_form_does_not_make_up_for_a_character_seen_otherwise() {
    let reading = read(&[torn(frame(1, "64K5040", 0.99), 6, &[(b'D', 0.97), (b'0', 0.02)])], &["CZ"]);
    assert_ne!(reading.verdict, Verdict::Accept, "{reading:?}: D and 0 are no twins");
}

#[test]
fn a_look_alike_is_settled_by_its_place() {
    let torn = torn(frame(1, "1230BCD", 0.99), 3, &[(b'O', 0.6), (b'0', 0.38)]);
    let reading = read(&[torn], &["ES"]);
    assert_eq!((plate(&reading), reading.verdict), ("1230BCD", Verdict::Accept));
    assert_eq!(reading.raw, "123OBCD");
}

/// The plates of `shared` cases: each was bent into a neighbour's form and accepted, twins left out of the margin.
#[test]
fn a_plate_of_a_country_that_is_not_expected_is_not_bent_into_an_expected_form() {
    let neighbours = ["SK", "CZ", "PL", "DE", "AT"];
    for (stands, bent) in [
        ("1ABC123", "IABC123"),
        ("ZH123456", "ZHI23456"),
        ("B06123", "BO6123"),
        ("WPI1234", "WP11234"),
        ("01V1234", "0IV1234"),
    ] {
        let reading = read(&[frame(1, stands, 0.98)], &neighbours);
        assert!(plate(&reading) == stands || reading.verdict == Verdict::Unsure, "{stands}: {reading:?}");
        // Where the glyphs leave it open, nobody is let in by a form.
        let places = stands.bytes().zip(bent.bytes()).enumerate().filter(|(_, (a, b))| a != b);
        let open = places
            .fold(frame(1, stands, 0.98), |frame, (at, (a, b))| torn(frame, at, &[(a, 0.5), (b, 0.49)]));
        let reading = read(&[open], &neighbours);
        assert!(
            plate(&reading) == stands || reading.verdict == Verdict::Unsure,
            "{stands} open: {reading:?}"
        );
    }
}

#[test]
fn a_clearly_different_text_stays_free() {
    let reading = read(&[frame(1, "HAPPY7", 0.99)], &["NO"]);
    assert_eq!((plate(&reading), reading.series.as_deref()), ("HAPPY7", None));
    assert_eq!(reading.verdict, Verdict::Accept);
    let reading = read(&[frame(1, "K1NG7", 0.99)], &["NO"]);
    assert_eq!((plate(&reading), reading.verdict), ("K1NG7", Verdict::Unsure), "or KING7: no form says");
    for countries in [vec!["NO"], vec!["US"], vec![]] {
        let reading = read(&[frame(1, "MARKET", 0.99)], &countries);
        assert_eq!((plate(&reading), reading.verdict), ("MARKET", Verdict::Unsure), "a word on a van");
    }
}

#[test]
fn of_two_forms_a_text_has_the_more_common_one_wins() {
    let reading = read(&[frame(1, "BA123CD", 0.99)], &["PL", "SK"]);
    assert_eq!(reading.series.as_deref(), Some("SK/standard"), "though PL has LL DDDKK");
}

#[test]
fn a_text_is_of_a_kind_and_each_kind_has_its_limits() {
    let kind = |text, countries: &[&str]| read(&[frame(1, text, 0.99)], countries).kind;
    assert_eq!(kind("BAB123", &["DE"]), Some(Kind::Formed));
    assert_eq!(kind("123456", &["US"]), Some(Kind::Bare));
    assert_eq!(kind("TURBO", &["DE"]), Some(Kind::Word), "no German number begins with 0");
    assert_eq!(kind("7AB1C2D", &["DE"]), Some(Kind::Free));
    assert_eq!(kind("HAPPY77", &["US"]), Some(Kind::Free), "vanity plates are a form that says nothing");
    assert_eq!(kind("MARKET", &["US"]), Some(Kind::Word));
    assert_eq!(kind("", &["US"]), None);
    let thresholds = Thresholds::default();
    assert_eq!(thresholds.limits(Kind::Bare), Some(thresholds.bare));
    assert_eq!(thresholds.limits(Kind::Word), None);
}

#[test]
fn certainty_grows_with_the_margin_and_falls_with_every_doubtful_character() {
    let certainty = |kind, margin_nats, confidence: &[f32]| {
        Reading { kind: Some(kind), margin_nats, confidence: confidence.to_vec(), ..Reading::nothing() }
            .certainty()
    };
    let of_form = |margin, confidence| certainty(Kind::Formed, margin, confidence);
    assert!(of_form(4.0, &[0.99, 0.9, 0.99]) > of_form(3.0, &[0.99, 0.9, 0.99]));
    assert!(of_form(3.0, &[0.99, 0.9, 0.99]) > of_form(3.0, &[0.99, 0.9, 0.9]));
    assert_eq!(of_form(3.0, &[0.5; 6]), of_form(3.0, &[0.99; 6]), "doubt that all share is in the margin");
    assert!(certainty(Kind::Free, 3.0, &[0.5; 6]) < certainty(Kind::Free, 3.0, &[0.99; 6]));
    assert!(of_form(99.0, &[1.0; 6]) <= 1.0 && of_form(0.0, &[0.9, 0.4]) < 0.5);
    assert_eq!(Reading::nothing().certainty(), 0.0);
}

#[test]
fn what_may_be_no_plate_is_not_accepted_however_clear_its_text() {
    let sign = FrameReading { plate: 0.2, ..frame(1, "BAB123", 0.99) };
    assert_eq!(read(std::slice::from_ref(&sign), &["DE"]).verdict, Verdict::Unsure);
    assert_eq!(read(&[sign, frame(2, "BAB123", 0.99)], &["DE"]).verdict, Verdict::Accept);
}

#[test]
fn a_free_text_is_given_as_it_was_seen() {
    for (text, country) in [("51F1ZB4S", "VN"), ("8E9879", "CZ"), ("2724PEU", "ES")] {
        let reading = read(&[frame(1, text, 0.99)], &[country]);
        assert_eq!(
            (plate(&reading), reading.raw.as_str()),
            (text, text),
            "another car's plate may be a look-alike"
        );
    }
}

#[test]
fn frames_outvote_a_bad_one_character_by_character() {
    let reading = read(
        &[
            torn(frame(1, "BAB123", 0.9), 0, &[(b'8', 0.6), (b'B', 0.3)]),
            torn(frame(2, "BAB123", 0.9), 4, &[(b'7', 0.6), (b'2', 0.3)]),
            frame(3, "BAB123", 0.9),
        ],
        &["DE"],
    );
    assert_eq!((plate(&reading), reading.verdict), ("BAB123", Verdict::Accept));
}

#[test]
fn a_frame_that_lost_a_character_still_helps() {
    let reading = read(&[frame(1, "BAB123", 0.7), frame(2, "BAB23", 0.9), frame(3, "BAB123", 0.7)], &["DE"]);
    assert_eq!(plate(&reading), "BAB123");
    assert!(reading.candidates.iter().any(|c| c.text.as_str() == "BAB23"));
    assert_ne!(reading.best_frame, Some(2));
}

#[test]
fn two_equally_supported_lengths_are_not_accepted() {
    let reading = read(&[frame(1, "BAB1234", 0.95), frame(2, "BAB124", 0.95)], &["DE"]);
    assert_eq!(reading.verdict, Verdict::Unsure, "{reading:?}");
}

#[test]
fn broken_numbers_do_no_harm() {
    let mut broken = frame(1, "BAB123", 0.9);
    broken.chars[0] = CharDist([f32::NAN; 36]);
    broken.chars[1] = CharDist([f32::INFINITY; 36]);
    let reading = read(&[broken], &["DE"]);
    assert_ne!(reading.verdict, Verdict::Accept);
    let weightless = FrameReading { weight: f32::NAN, ..frame(1, "BAB123", 0.9) };
    assert_eq!(read(&[weightless], &["DE"]).verdict, Verdict::Unreadable);
}

#[test]
fn debug_shows_no_plate() {
    let reading = read(&[frame(1, "BAB123", 0.99)], &["DE"]);
    assert!(!format!("{reading:?} {:?}", reading.candidates).contains("BAB123"));
}

fn some_frame() -> impl Strategy<Value = FrameReading> {
    let place = prop::array::uniform32(0.0f32..1.0).prop_map(|some| {
        let mut place = [0.01; 36];
        place[..32].copy_from_slice(&some);
        CharDist(place)
    });
    (0.1f32..2.0, prop::collection::vec(place, 1..9)).prop_map(|(weight, chars)| FrameReading {
        frame: 0,
        weight,
        plate: 1.0,
        chars,
    })
}

proptest! {

    #[test]
    fn the_order_of_frames_does_not_matter(
        frames in prop::collection::vec(some_frame(), 1..5).prop_map(|frames| {
            let numbered = frames.into_iter().enumerate();
            numbered.map(|(n, f)| FrameReading { frame: n as u32, ..f }).collect::<Vec<_>>()
        }),
        by in 0usize..5,
    ) {
        let mut turned = frames.clone();
        let by = by % turned.len();
        turned.rotate_left(by);
        prop_assert_eq!(read(&frames, &["DE", "VN"]), read(&turned, &["DE", "VN"]));
    }

    #[test]
    fn any_frames_give_probabilities_and_ordered_candidates(frames in prop::collection::vec(some_frame(), 0..4)) {
        let reading = read(&frames, &["DE", "VN", "US"]);
        prop_assert!(reading.confidence.iter().all(|c| (0.0..=1.0001).contains(c)));
        prop_assert!(reading.candidates.is_sorted_by(|a, b| a.score >= b.score));
        prop_assert!(reading.margin_nats >= 0.0);
        prop_assert!((0.0..=1.0).contains(&reading.certainty()));
        prop_assert_eq!(reading.plate.as_ref().map_or(0, |p| p.as_str().len()), reading.confidence.len());
    }
}
