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

use std::str::FromStr;
use std::sync::LazyLock;

use super::packs::{self, Pack, Series};
use super::{ALPHABET, MAX_PLATE, Plate, symbol_index};

/// Why series cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum GrammarError {
    #[error("plate series of {file}: {what}")]
    File { file: String, what: String },
    #[error("no plate series for country {country:?}; known are {known}")]
    UnknownCountry { country: String, known: String },
    #[error("series {series}: pattern {pattern:?} is wrong at position {position}: {what}")]
    Pattern { series: String, pattern: String, position: usize, what: &'static str },
}

/// One place of a form: which symbols it can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u64);

const DIGITS: u64 = (1 << 10) - 1;

impl Slot {
    /// Any symbol.
    pub const ANY: Self = Self((1 << 36) - 1);
    /// `0` to `9`.
    pub const DIGIT: Self = Self(DIGITS);
    /// `A` to `Z`.
    pub const LETTER: Self = Self(((1 << 36) - 1) & !DIGITS);

    /// A place that holds the symbol at `index` of [`ALPHABET`] and no other.
    pub const fn only(index: usize) -> Self {
        Self(1 << index)
    }

    fn of(symbols: &str) -> Self {
        let bits = symbols.bytes().filter_map(symbol_index).fold(0, |bits, index| bits | 1 << index);
        Self(bits)
    }

    /// Whether the symbol at `index` of [`ALPHABET`] may stand here.
    pub const fn allows(self, index: usize) -> bool {
        index < 36 && self.0 & (1 << index) != 0
    }

    /// What a symbol read at this place must be: itself, its only possible look-alike, or nothing.
    pub fn fold(self, index: usize) -> Option<usize> {
        if self.allows(index) {
            return Some(index);
        }
        let group = LOOK_ALIKES.iter().find(|group| group.contains(&ALPHABET[index]))?;
        let mut possible = group.iter().filter_map(|s| symbol_index(*s)).filter(|i| self.allows(*i));
        let first = possible.next()?;
        // The digit and the first letter of a group are its rule (0 and O); the rest only when nothing competes.
        let is_rule = group[..2].contains(&ALPHABET[first]);
        (is_rule || possible.next().is_none()).then_some(first)
    }
}

/// Symbols that cameras and people mistake: digit first, then its usual letter.
pub const LOOK_ALIKES: [&[u8]; 6] = [b"0ODQ", b"1I", b"2Z", b"5S", b"8B", b"6G"];

/// Look-alikes that many alphabets draw the very same, so that only their place tells them apart.
const TWINS: [&[u8]; 2] = [b"0O", b"1I"];

/// Whether the symbols at these places of [`ALPHABET`] are the same or drawn alike by many alphabets (0 and O, 1 and I).
pub fn are_twins(a: usize, b: usize) -> bool {
    a == b || together(&TWIN_GROUP, a, b)
}

/// How often a reader takes one symbol for the other with full conviction. Twins are a matter of the alphabet; other
/// look-alikes were wrong once in 500 to 1,600 characters of drawn plates that were at least 95 % sure (`reliability.py`).
pub fn confusion(a: usize, b: usize) -> f32 {
    match () {
        () if a == b => 1.0,
        () if are_twins(a, b) => 0.2,
        () if together(&LOOK_ALIKE_GROUP, a, b) => 0.002,
        () => 0.0,
    }
}

/// Group of each symbol of [`ALPHABET`], counted from one; zero is none. Asked for every pair of symbols at every place
/// of every reading, so not searched for each time.
const TWIN_GROUP: [u8; 36] = grouped(&TWINS);
const LOOK_ALIKE_GROUP: [u8; 36] = grouped(&LOOK_ALIKES);

const fn grouped(groups: &[&[u8]]) -> [u8; 36] {
    let mut of = [0; 36];
    let mut group = 0;
    while group < groups.len() {
        let mut symbol = 0;
        while symbol < 36 {
            let mut member = 0;
            while member < groups[group].len() {
                if groups[group][member] == ALPHABET[symbol] {
                    of[symbol] = group as u8 + 1;
                }
                member += 1;
            }
            symbol += 1;
        }
        group += 1;
    }
    of
}

fn together(group_of: &[u8; 36], a: usize, b: usize) -> bool {
    let group = |symbol: usize| group_of.get(symbol).filter(|group| **group > 0);
    group(a).is_some_and(|of_a| group(b) == Some(of_a))
}

/// One exact form: so many places, each with its symbols.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// `country/name` of its series.
    pub series: String,
    /// Place by place.
    pub slots: Vec<Slot>,
    /// What stands between places: before which place, and what.
    marks: Vec<(usize, char)>,
    /// How many of the expected vehicles have this form, 0 to 1.
    share: f32,
    /// How many of its country's vehicles have it, 0 to 1.
    within: f32,
    origin: Origin,
}

/// Where plates of a form come from, as a site sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A country of another region.
    Far,
    /// A country of the same region as an expected one.
    Near,
    /// From a country the site expects.
    Expected,
}

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
/// How much a place that can hold few symbols speaks for its form. A reader that learned from plates of all forms knows
/// a part of this already; the whole logarithm would count it twice.
const NARROWNESS: f32 = 0.5;

impl Form {
    /// Whether these symbols (places of [`ALPHABET`]) have this form.
    pub fn fits(&self, symbols: &[usize]) -> bool {
        self.slots.len() == symbols.len()
            && self.slots.iter().zip(symbols).all(|(slot, index)| slot.allows(*index))
    }

    /// Whether anything may stand anywhere: such a form says nothing about a text.
    pub fn is_any(&self) -> bool {
        self.slots.iter().all(|slot| slot.allows(0) && slot.allows(ALPHABET.len() - 1))
    }

    /// How much likelier, in nats, a text of this form is than the same text would be among texts of any form.
    pub fn prior(&self) -> f32 {
        self.share.ln() + self.narrowness()
    }

    fn narrowness(&self) -> f32 {
        let narrow = |slot: &Slot| (ALPHABET.len() as f32 / slot.0.count_ones().max(1) as f32).ln();
        NARROWNESS * self.slots.iter().map(narrow).sum::<f32>()
    }

    /// The form of a country whose vehicles are this share of all.
    fn of_share(self, country: f32) -> Self {
        Self { share: country * self.within, ..self }
    }

    /// The plate as it is written: `51F-123.45`; a new line is `/`.
    pub fn written(&self, plate: &Plate) -> String {
        let mut text = plate.as_str().to_owned();
        for (place, mark) in self.marks.iter().rev() {
            if *place <= text.len() {
                text.insert(*place, *mark);
            }
        }
        text
    }
}

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

/// A place, how often it may stand (`L{1,3}`), and what is written before it.
struct Repeat {
    slot: Slot,
    least: usize,
    most: usize,
    mark: Option<char>,
}

fn expand(pack: &Pack, series: &Series, pattern: &str, within: f32) -> Result<Vec<Form>, GrammarError> {
    let name = format!("{}/{}", pack.country, series.name);
    let refuse = |(position, what)| GrammarError::Pattern {
        series: name.clone(),
        pattern: pattern.to_owned(),
        position,
        what,
    };
    let repeats = parse_pattern(series, pattern).map_err(refuse)?;
    let (series, origin) = (name.clone(), Origin::Expected);
    let empty = Form { series, slots: Vec::new(), marks: Vec::new(), share: 0.0, within, origin };
    let mut forms = vec![empty];
    for repeat in &repeats {
        forms = forms.iter().flat_map(|form| repeated(form, repeat)).collect();
    }
    forms.retain(|form| !form.slots.is_empty());
    let each = within / forms.len().max(1) as f32;
    forms.iter_mut().for_each(|form| form.within = each);
    Ok(forms)
}

fn repeated(form: &Form, repeat: &Repeat) -> Vec<Form> {
    let longer = |times| {
        let mut longer = form.clone();
        longer.marks.extend(repeat.mark.filter(|_| times > 0).map(|mark| (form.slots.len(), mark)));
        longer.slots.extend(std::iter::repeat_n(repeat.slot, times));
        longer
    };
    (repeat.least..=repeat.most).map(longer).filter(|form| form.slots.len() <= MAX_PLATE).collect()
}

type PatternFault = (usize, &'static str);

fn parse_pattern(series: &Series, pattern: &str) -> Result<Vec<Repeat>, PatternFault> {
    let mut repeats: Vec<Repeat> = Vec::new();
    let (mut rest, mut mark) = (pattern, None);
    while let Some(first) = rest.chars().next() {
        let position = pattern.len() - rest.len();
        let at = |what| (position, what);
        let mut once = |slot| repeats.push(Repeat { slot, least: 1, most: 1, mark: mark.take() });
        let taken = match first {
            ' ' | '-' | '.' | '/' => {
                mark = Some(first);
                1
            }
            '[' => {
                let end = rest.find(']').ok_or(at("'[' is never closed"))?;
                once(Slot::of(&rest[1..end]));
                end + 1
            }
            '{' => {
                let end = rest.find('}').ok_or(at("'{' is never closed"))?;
                let last = repeats.last_mut().ok_or(at("nothing to repeat"))?;
                (last.least, last.most) = bounds(&rest[1..end]).ok_or(at("expected {least,most}"))?;
                end + 1
            }
            letter => {
                once(place(series, letter).ok_or(at("expected L, K, D, A, [..], {..} or a separator"))?);
                letter.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    Ok(repeats)
}

fn bounds(text: &str) -> Option<(usize, usize)> {
    let (least, most) = text.split_once(',')?;
    let (least, most) = (usize::from_str(least).ok()?, usize::from_str(most).ok()?);
    (least <= most && most <= MAX_PLATE).then_some((least, most))
}

fn place(series: &Series, letter: char) -> Option<Slot> {
    match letter {
        'L' => Some(Slot::of(&series.letters)),
        'K' if series.serials.is_empty() => Some(Slot::of(&series.letters)),
        'K' => Some(Slot::of(&series.serials)),
        'D' => Some(Slot::DIGIT),
        'A' => Some(Slot(Slot::of(&series.letters).0 | DIGITS)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(series: &str) -> Pack {
        let text = format!("country = 'X'\nsource = 'none'\n[[series]]\nname = 'test'\nshare = 1\n{series}");
        Pack::parse("x.toml", &text).unwrap()
    }

    fn symbols_of(plate: &Plate) -> Vec<usize> {
        plate.as_str().bytes().filter_map(symbol_index).collect()
    }

    #[test]
    fn look_alikes_fold_by_the_type_of_their_place() {
        let folds = |slot: Slot, read| slot.fold(symbol_index(read).unwrap()).map(|index| ALPHABET[index]);
        assert_eq!(folds(Slot::DIGIT, b'S'), Some(b'5'));
        assert_eq!(folds(Slot::LETTER, b'8'), Some(b'B'));
        assert_eq!(folds(Slot::DIGIT, b'E'), None, "an E has no digit to be");
        assert_eq!(folds(Slot::ANY, b'8'), Some(b'8'), "what may stand there is left alone");
        assert_eq!(folds(Slot::of("BCDFG"), b'0'), Some(b'D'), "the only look-alike that may");
        assert_eq!(folds(Slot::of("ADQ"), b'O'), None, "D or Q: no guess");
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
