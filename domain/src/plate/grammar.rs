//! What plates a site expects: series of letter and digit places, and look-alikes folded by them.
//!
//! A misread `O` in a digit place can only be `0`; the same `O` in a letter place stays.
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        reason = "places in patterns and tables that are compiled in or already checked"
    )
)]

mod error;
mod form;
mod pattern;
mod slot;

use std::sync::LazyLock;

pub use error::GrammarError;
pub use form::{Form, Origin};
pub use slot::{LOOK_ALIKES, Slot, are_twins, confusion};

use super::packs::{self, Pack, Series};
use pattern::expand;

/// The forms a site expects, and those of all other countries, whose cars come too.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grammar {
    forms: Vec<Form>,
    others: Vec<Form>,
    expected_countries: usize,
}

/// Share of vehicles whose plate has no form known here.
const FREE_SHARE: f32 = 0.01;
/// Share of vehicles from any one country that is not expected: a guess on the high side, because a form that is not
/// considered is a plate read wrongly.
const OTHER_SHARE: f32 = 0.002;
/// How much rarer they are from another region: cars seldom cross an ocean.
const FAR: f32 = 0.1;

impl Grammar {
    /// No expectation: nothing is folded, every reading is free.
    pub const fn free() -> Self {
        Self { forms: Vec::new(), others: Vec::new(), expected_countries: 0 }
    }

    /// All countries count alike.
    pub fn new(packs: &[&Pack]) -> Result<Self, GrammarError> {
        let mut forms: Vec<Form> = Vec::new();
        for pack in packs {
            let total: f32 = pack.series.iter().map(|series| series.share).sum();
            let share = 1.0 / packs.len() as f32;
            for series in &pack.series {
                let within = series.share / total.max(f32::MIN_POSITIVE) / series.patterns.len() as f32;
                for pattern in &series.patterns {
                    let expanded = expand(pack, series, pattern, within)?;
                    forms.extend(expanded.into_iter().map(|form| form.of_share(share)));
                }
            }
        }
        let expected = |country: &str| packs.iter().any(|pack| pack.country == country);
        let others = SHIPPED_FORMS.iter().filter(|(pack, _)| !expected(&pack.country));
        let of_pack = |(pack, forms): &(&Pack, Vec<Form>)| {
            let near = packs.iter().any(|one| one.region == pack.region);
            let (origin, part) = if near { (Origin::Near, 1.0) } else { (Origin::Far, FAR) };
            forms
                .iter()
                .map(move |form| Form { origin, share: form.share * part, ..form.clone() })
                .collect::<Vec<_>>()
        };
        let others = others.flat_map(of_pack).collect();
        Ok(Self { forms, others, expected_countries: packs.len() })
    }

    /// The shipped series of these countries (`DE`, `VN`, ...) and regions (`EU`).
    pub fn for_countries<S: AsRef<str>>(wanted: &[S]) -> Result<Self, GrammarError> {
        let mut packs: Vec<&Pack> = Vec::new();
        for name in wanted {
            let found = packs::named(name.as_ref());
            if found.is_empty() {
                return Err(unknown_country(name.as_ref()));
            }
            packs.extend(found);
        }
        packs.sort_by(|a, b| a.country.cmp(&b.country));
        packs.dedup_by(|a, b| a.country == b.country);
        Self::new(&packs)
    }

    /// What speaks for a text without an expected form, in nats; see [`Form::prior`].
    pub fn free_prior() -> f32 {
        FREE_SHARE.ln()
    }

    /// The share of all vehicles that come from any one country that is not expected.
    pub const fn share_of_other_country() -> f32 {
        OTHER_SHARE
    }

    /// The part of that share which a country of another region has.
    pub const fn part_of_far_country() -> f32 {
        FAR
    }

    /// What speaks for a text by its form alone, in nats: the best of its forms anywhere, or having none.
    pub fn prior(&self, symbols: &[usize]) -> f32 {
        let forms = self.forms.iter().chain(&self.others);
        let of_forms = forms.filter(|form| form.fits(symbols)).map(Form::prior);
        of_forms.fold(Self::free_prior(), f32::max)
    }

    /// Where plates are made like this text, and what speaks for it there: [`Form::prior`] among the vehicles of that
    /// country alone, whatever their share here.
    pub fn at_home(&self, symbols: &[usize]) -> impl Iterator<Item = (Origin, f32)> {
        let forms = self.forms.iter().chain(&self.others);
        let made_like_it = forms.filter(|form| form.fits(symbols) && !form.is_any());
        made_like_it.map(|form| (form.origin, form.within.ln() + form.narrowness()))
    }

    /// How many countries are expected; zero is a grammar without forms.
    pub const fn expected_countries(&self) -> usize {
        self.expected_countries
    }

    /// The expected forms.
    pub fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// The forms of all shipped countries that are not expected.
    pub fn other_forms(&self) -> &[Form] {
        &self.others
    }
}

/// The forms of every shipped country as they weigh where it is not expected; those that say nothing left out.
static SHIPPED_FORMS: LazyLock<Vec<(&'static Pack, Vec<Form>)>> = LazyLock::new(|| {
    let of_pack = |pack: &'static Pack| {
        let total: f32 = pack.series.iter().map(|series| series.share).sum();
        let of_series = |series: &Series| {
            let within = series.share / total.max(f32::MIN_POSITIVE) / series.patterns.len() as f32;
            let of_pattern = |pattern: &String| {
                expand(pack, series, pattern, within).expect("a test reads every shipped file")
            };
            let forms = series.patterns.iter().flat_map(of_pattern);
            forms.map(|form| form.of_share(OTHER_SHARE)).collect::<Vec<_>>()
        };
        let forms = pack.series.iter().flat_map(of_series).filter(|form| !form.is_any());
        (pack, forms.collect())
    };
    packs::shipped().iter().map(of_pack).collect()
});

fn unknown_country(country: &str) -> GrammarError {
    GrammarError::UnknownCountry { country: country.to_owned(), known: packs::countries().join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plate::{Plate, symbol_index};

    fn pack(series: &str) -> Pack {
        let text = format!("country = 'X'\nsource = 'none'\n[[series]]\nname = 'test'\nshare = 1\n{series}");
        Pack::parse("x.toml", &text).unwrap()
    }

    fn symbols_of(plate: &Plate) -> Vec<usize> {
        plate.as_str().bytes().filter_map(symbol_index).collect()
    }

    #[test]
    fn every_pack_names_its_source_and_knows_its_own_examples() {
        for pack in packs::shipped() {
            assert!(pack.source.len() > 10 && pack.country.len() == 2, "{}", pack.country);
            for series in &pack.series {
                let examples = || series.examples.iter().chain(&series.unconfirmed);
                assert!(examples().count() > 0 && series.share > 0.0, "{} {}", pack.country, series.name);
                let alone = Pack { series: vec![series.clone()], ..pack.clone() };
                let forms = Grammar::new(&[&alone]).unwrap().forms;
                for example in examples() {
                    let plate = Plate::parse(example).unwrap();
                    let fitting: Vec<&Form> =
                        forms.iter().filter(|form| form.fits(&symbols_of(&plate))).collect();
                    let written: Vec<String> = fitting.iter().map(|form| form.written(&plate)).collect();
                    assert!(written.contains(example), "{} {}: {written:?}", pack.country, series.name);
                }
            }
        }
    }

    #[test]
    fn a_common_form_weighs_more_than_a_rare_one_and_any_more_than_none() {
        let grammar = Grammar::for_countries(&["PL", "SK"]).unwrap();
        let prior = |text: &str| grammar.prior(&symbols_of(&Plate::parse(text).unwrap()));
        assert!(prior("BA123CD") > prior("WA1AC23") && prior("WA1AC23") > prior("1234"));
    }

    #[test]
    fn a_region_stands_for_its_countries() {
        let grammar = Grammar::for_countries(&["EU", "SK"]).unwrap();
        let sum: f32 = grammar.forms.iter().map(|form| form.share).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{sum}: SK is not counted twice");
    }

    #[test]
    fn countries_are_found_by_the_names_people_use() {
        let country = |name: &str| {
            let found = packs::named(name);
            assert_eq!(found.len(), 1, "{name}");
            found[0].country.as_str()
        };
        for (name, code) in [
            ("de", "DE"),
            (" PL ", "PL"),
            ("uk", "GB"),
            ("UK", "GB"),
            ("United Kingdom", "GB"),
            ("D", "DE"),
            ("fl", "LI"),
        ] {
            assert_eq!(country(name), code);
        }
        let mut names: Vec<String> = packs::shipped()
            .iter()
            .flat_map(|pack| pack.names.iter().chain([&pack.country]))
            .map(|name| name.to_uppercase())
            .collect();
        names.sort();
        let unique = names.len();
        names.dedup();
        assert_eq!(names.len(), unique, "a name stands for two countries");
    }

    #[test]
    fn plates_of_rarer_kinds_and_of_neighbours_have_a_form() {
        for (country, plate) in [
            ("DE", "B-06123"),
            ("DE", "WOB-VW 123E"),
            ("DE", "Y-123456"),
            ("DE", "B-04123"),
            ("FR", "1234 AB 2A"),
            ("FR", "W-123-AB"),
            ("GB", "Q123 ABC"),
            ("GB", "ABC 123"),
            ("IT", "AB 12345"),
            ("ES", "R-1234-BCD"),
            ("NO", "AB 1234"),
            ("PL", "WPI 1234"),
            ("PL", "WI 12A"),
            ("CZ", "01V 1234"),
            ("SK", "EL-123AB"),
            ("AT", "BP-12345"),
            ("VN", "29-MĐ1 123.45"),
            ("VN", "TM-12-34"),
            ("VN", "80-011-NG-01"),
            ("BE", "1-ABC-123"),
            ("CH", "ZH 123456"),
            ("NL", "GX-123-H"),
            ("DK", "AB 12 345"),
            ("SE", "ABC 12A"),
            ("IE", "131-D-12345"),
            ("HU", "AA AB-123"),
            ("RO", "B 123 ABC"),
            ("BG", "CB 1234 AB"),
            ("TR", "34 ABC 123"),
        ] {
            let plate = Plate::parse(plate).unwrap();
            let grammar = Grammar::for_countries(&[country]).unwrap();
            let fits = |form: &&Form| form.fits(&symbols_of(&plate));
            assert!(grammar.forms().iter().any(|form| fits(&form)), "{country} {plate}");
        }
    }

    #[test]
    fn wrong_patterns_and_countries_are_named() {
        let error = Grammar::new(&[&pack("patterns = ['LL{3,1}']")]).unwrap_err().to_string();
        assert_eq!(error, "series X/test: pattern \"LL{3,1}\" is wrong at position 2: expected {least,most}");
        let error = Grammar::for_countries(&["ZZ"]).unwrap_err().to_string();
        assert!(error.starts_with("no plate series for country \"ZZ\"; known are AL, AT, BA"), "{error}");
    }
}
