//! What plates a site expects: series of letter and digit places, and look-alikes folded by them.
//!
//! A misread `O` in a digit place can only be `0`; the same `O` in a letter place stays. So folding adds no false
//! accept while one form applies. Where forms disagree, nothing is folded: an ambiguous text stays as read.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::countries;
use super::{ALPHABET, MAX_PLATE, Plate, PlateError, symbol_index};

/// A series of one country, as data (also what a `plates/*.toml` file holds).
///
/// Patterns: `L` a letter of `letters`, `K` a letter of `serials`, `D` a digit, `A` letter or digit, `[EH]` one of the
/// named characters; `{m,n}` repeats the place before it. Each pattern may expand to several forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Such as `DE` or `VN`.
    pub country: String,
    /// Such as `standard` or `motorcycle`.
    pub name: String,
    pub patterns: Vec<String>,
    #[serde(default = "all_letters")]
    pub letters: String,
    /// Letters of `K` places; those of `letters` when empty.
    #[serde(default)]
    pub serials: String,
}

fn all_letters() -> String {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ".to_owned()
}

/// Why series cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    #[error("no plate series for country {country:?}; known are {known}")]
    UnknownCountry { country: String, known: String },
    #[error("series {series}: pattern {pattern:?} is wrong at position {position}: {what}")]
    Pattern { series: String, pattern: String, position: usize, what: &'static str },
}

/// One place of a form: which symbols it can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(u64);

const DIGITS: u64 = (1 << 10) - 1;

impl Slot {
    pub const ANY: Self = Self((1 << 36) - 1);
    pub const DIGIT: Self = Self(DIGITS);
    pub const LETTER: Self = Self(((1 << 36) - 1) & !DIGITS);

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

/// One exact form: so many places, each with its symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// `country/name` of its series.
    pub series: String,
    pub slots: Vec<Slot>,
}

/// The forms a site expects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grammar {
    forms: Vec<Form>,
}

impl Grammar {
    /// No expectation: nothing is folded, every reading is free.
    pub const fn free() -> Self {
        Self { forms: Vec::new() }
    }

    pub fn new(series: &[Series]) -> Result<Self, GrammarError> {
        let mut forms: Vec<Form> = Vec::new();
        for one in series {
            for pattern in &one.patterns {
                forms.extend(expand(one, pattern)?);
            }
        }
        forms.dedup();
        Ok(Self { forms })
    }

    /// The built-in series of these countries (`DE`, `VN`, ...).
    pub fn for_countries<S: AsRef<str>>(wanted: &[S]) -> Result<Self, GrammarError> {
        let mut series = Vec::new();
        for country in wanted {
            let found = countries::series_of(country.as_ref());
            if found.is_empty() {
                return Err(unknown_country(country.as_ref()));
            }
            series.extend(found);
        }
        Self::new(&series)
    }

    pub fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// The series whose form this plate has exactly.
    pub fn series_of(&self, plate: &Plate) -> Option<&str> {
        let symbols = symbols_of(plate);
        self.forms.iter().find(|form| fits(form, &symbols)).map(|form| form.series.as_str())
    }
}

fn unknown_country(country: &str) -> GrammarError {
    GrammarError::UnknownCountry { country: country.to_owned(), known: countries::known().join(", ") }
}

/// The one key under which a plate is stored and compared at a site: parsed, look-alikes folded where sure.
///
/// Applying it twice changes nothing. A text that has a form as it stands is never folded.
pub fn canonical(text: &str, grammar: &Grammar) -> Result<Plate, PlateError> {
    let plate = Plate::parse(text)?;
    if grammar.series_of(&plate).is_some() {
        return Ok(plate);
    }
    Ok(folded(&plate, grammar).unwrap_or(plate))
}

/// Groups of listed plates that fall together under `grammar`: the warning a site must see.
pub fn collapsing(texts: &[&str], grammar: &Grammar) -> Vec<(Plate, Vec<Plate>)> {
    let mut groups: std::collections::BTreeMap<Plate, Vec<Plate>> = std::collections::BTreeMap::new();
    for (plate, key) in
        texts.iter().filter_map(|t| Some((Plate::parse(t).ok()?, canonical(t, grammar).ok()?)))
    {
        let group = groups.entry(key).or_default();
        if !group.contains(&plate) {
            group.push(plate);
        }
    }
    groups.into_iter().filter(|(_, plates)| plates.len() > 1).collect()
}

/// The folded plate with the fewest changes, if all forms that need so few agree on it.
fn folded(plate: &Plate, grammar: &Grammar) -> Option<Plate> {
    let symbols = symbols_of(plate);
    let mut best: Option<(usize, Vec<usize>)> = None;
    let mut agreed = true;
    for result in grammar.forms.iter().filter_map(|form| fold_into(form, &symbols)) {
        let changes = result.iter().zip(&symbols).filter(|(a, b)| a != b).count();
        match &best {
            Some((fewest, _)) if *fewest < changes => {}
            Some((fewest, first)) if *fewest == changes => agreed &= *first == result,
            _ => (best, agreed) = (Some((changes, result)), true),
        }
    }
    let (_, symbols) = best.filter(|_| agreed)?;
    let text: String = symbols.iter().map(|index| char::from(ALPHABET[*index])).collect();
    Plate::parse(&text).ok()
}

fn symbols_of(plate: &Plate) -> Vec<usize> {
    plate.as_str().bytes().filter_map(symbol_index).collect()
}

fn fits(form: &Form, symbols: &[usize]) -> bool {
    form.slots.len() == symbols.len()
        && form.slots.iter().zip(symbols).all(|(slot, index)| slot.allows(*index))
}

fn fold_into(form: &Form, symbols: &[usize]) -> Option<Vec<usize>> {
    if form.slots.len() != symbols.len() {
        return None;
    }
    form.slots.iter().zip(symbols).map(|(slot, index)| slot.fold(*index)).collect()
}

/// A place and how often it may stand: `L{1,3}`.
struct Repeat {
    slot: Slot,
    least: usize,
    most: usize,
}

fn expand(series: &Series, pattern: &str) -> Result<Vec<Form>, GrammarError> {
    let refuse = |(position, what)| GrammarError::Pattern {
        series: format!("{}/{}", series.country, series.name),
        pattern: pattern.to_owned(),
        position,
        what,
    };
    let repeats = parse_pattern(series, pattern).map_err(refuse)?;
    let mut lines = vec![Vec::new()];
    for repeat in &repeats {
        lines = lines.iter().flat_map(|line| repeated(line, repeat)).collect();
    }
    lines.retain(|line| !line.is_empty());
    lines.dedup();
    let name = format!("{}/{}", series.country, series.name);
    Ok(lines.into_iter().map(|slots| Form { series: name.clone(), slots }).collect())
}

fn repeated(line: &[Slot], repeat: &Repeat) -> Vec<Vec<Slot>> {
    let longer = |times| [line, &vec![repeat.slot; times]].concat();
    (repeat.least..=repeat.most).map(longer).filter(|line| line.len() <= MAX_PLATE).collect()
}

type PatternFault = (usize, &'static str);

fn parse_pattern(series: &Series, pattern: &str) -> Result<Vec<Repeat>, PatternFault> {
    let mut repeats: Vec<Repeat> = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let position = pattern.len() - rest.len();
        let at = |what| (position, what);
        let taken = match first {
            '[' => {
                let end = rest.find(']').ok_or(at("'[' is never closed"))?;
                repeats.push(once(Slot::of(&rest[1..end])));
                end + 1
            }
            '{' => {
                let end = rest.find('}').ok_or(at("'{' is never closed"))?;
                let last = repeats.last_mut().ok_or(at("nothing to repeat"))?;
                (last.least, last.most) = bounds(&rest[1..end]).ok_or(at("expected {least,most}"))?;
                end + 1
            }
            letter => {
                repeats.push(once(place(series, letter).ok_or(at("expected L, K, D, A, [..] or {..}"))?));
                letter.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    Ok(repeats)
}

const fn once(slot: Slot) -> Repeat {
    Repeat { slot, least: 1, most: 1 }
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
    use proptest::prelude::*;

    fn key(text: &str, countries: &[&str]) -> String {
        canonical(text, &Grammar::for_countries(countries).unwrap()).unwrap().to_string()
    }

    #[test]
    fn look_alikes_fold_by_the_type_of_their_place() {
        assert_eq!(key("4S1O BCD", &["ES"]), "4510BCD");
        assert_eq!(key("A8 I23 CD", &["FR"]), "AB123CD");
        assert_eq!(key("51F-I2E45", &["VN"]), "51FI2E45", "an E has no digit to be");
        assert_eq!(key("51F-I2345", &["VN"]), "51F12345");
        assert_eq!(key("5IF 12345", &["VN"]), "51F12345");
    }

    #[test]
    fn a_plate_that_has_a_form_is_left_alone() {
        assert_eq!(key("ABC1D23", &["BR"]), "ABC1D23");
        assert_eq!(key("ABC1023", &["BR"]), "ABC1023");
        assert_eq!(key("B0SS12", &["US"]), "B0SS12", "vanity plates may hold anything");
    }

    #[test]
    fn where_forms_disagree_nothing_is_folded() {
        let series = |pattern: &str| Series {
            country: "X".into(),
            name: pattern.into(),
            patterns: vec![pattern.into()],
            letters: all_letters(),
            serials: String::new(),
        };
        let grammar = Grammar::new(&[series("LD"), series("DL")]).unwrap();
        assert_eq!(canonical("00", &grammar).unwrap().as_str(), "00");
        assert_eq!(canonical("SS", &grammar).unwrap().as_str(), "SS");
    }

    #[test]
    fn a_letter_the_series_never_uses_becomes_its_only_look_alike() {
        assert_eq!(key("1234 OBC", &["ES"]), "1234DBC", "Spain uses neither O nor Q");
        assert_eq!(key("OB 123 CD", &["FR"]), "OB123CD", "France has D and Q: no guess");
    }

    #[test]
    fn every_country_knows_its_own_plates() {
        let cases = [
            ("DE", "B AB 1234"),
            ("DE", "M-X 1"),
            ("DE", "HH AB 123E"),
            ("SK", "BA 123 CD"),
            ("CZ", "1A2 3456"),
            ("CZ", "1AB 2345"),
            ("PL", "WA 12345"),
            ("PL", "DW 1AC23"),
            ("GB", "AB12 CDE"),
            ("GB", "A123 BCD"),
            ("FR", "AB-123-CD"),
            ("IT", "AB 123 CD"),
            ("ES", "1234 BCD"),
            ("NO", "EL 12345"),
            ("AT", "W 12345 A"),
            ("AT", "GU 1 ABC"),
            ("US", "ABC 1234"),
            ("US", "7ABC123"),
            ("BR", "ABC1234"),
            ("BR", "ABC1D23"),
            ("VN", "51F-123.45"),
            ("VN", "30LD-123.45"),
            ("VN", "59-X1 123.45"),
            ("VN", "29AA-123.45"),
        ];
        for (country, text) in cases {
            let grammar = Grammar::for_countries(&[country]).unwrap();
            let series = grammar.series_of(&Plate::parse(text).unwrap()).map(str::to_owned);
            assert!(series.is_some_and(|s| s.starts_with(country)), "{country} does not know {text}");
        }
    }

    #[test]
    fn listed_plates_that_fall_together_are_named() {
        let grammar = Grammar::for_countries(&["ES"]).unwrap();
        let groups = collapsing(&["1234 BCD", "I234 BCD", "9999 BCD"], &grammar);
        assert_eq!(groups.len(), 1);
        assert_eq!((groups[0].0.as_str(), groups[0].1.len()), ("1234BCD", 2));
    }

    #[test]
    fn wrong_patterns_and_countries_are_named() {
        let series = Series { patterns: vec!["LL{3,1}".into()], ..countries::series_of("NO").remove(0) };
        let error = Grammar::new(&[series]).unwrap_err().to_string();
        assert_eq!(
            error,
            "series NO/standard: pattern \"LL{3,1}\" is wrong at position 2: expected {least,most}"
        );
        let error = Grammar::for_countries(&["ZZ"]).unwrap_err().to_string();
        assert!(error.starts_with("no plate series for country \"ZZ\"; known are AT, BR, CZ"), "{error}");
    }

    proptest! {
        #[test]
        fn canonical_is_idempotent(text in "[A-Z0-9]{1,12}", pick in prop::sample::subsequence(countries::known(), 1..5)) {
            let grammar = Grammar::for_countries(&pick).unwrap();
            let once = canonical(&text, &grammar).unwrap();
            prop_assert_eq!(canonical(once.as_str(), &grammar).unwrap(), once);
        }

        #[test]
        fn folding_changes_only_look_alikes(text in "[A-Z0-9]{1,12}") {
            let grammar = Grammar::for_countries(&countries::known()).unwrap();
            let key = canonical(&text, &grammar).unwrap();
            for (read, kept) in text.bytes().zip(key.as_str().bytes()) {
                let alike = LOOK_ALIKES.iter().any(|group| group.contains(&read) && group.contains(&kept));
                prop_assert!(read == kept || alike);
            }
        }
    }
}
