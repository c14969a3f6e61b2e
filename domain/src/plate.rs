//! A number plate as an identifier: parsed once, canonical ever after.
//!
//! Look-alikes live here and nowhere else: [`grammar`] folds them by the type of their place, [`distance`]
//! weighs them for suggestions. Nothing here may decide that a car gets in.

pub mod distance;
mod folding;
pub mod grammar;
pub mod look_alikes;
pub mod packs;
pub mod strangers;
pub mod twins;
mod typed;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use typed::TypedPlate;

/// Longest plate kept, in characters; the longest issued ones have 10.
pub const MAX_PLATE: usize = 12;

/// What a plate consists of, in the order every distribution over characters uses.
pub const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Why a text is not a plate. The text is never repeated: it is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum PlateError {
    #[error("plate has no letters or digits")]
    Empty,
    #[error("plate has more than 12 letters and digits")]
    TooLong,
    #[error("plate contains {0:?}, which no plate has")]
    Character(char),
}

/// A canonical plate: 1 to 12 of `A-Z0-9`, no separators.
///
/// `Display` writes it whole; `Debug` masks it, so that a derived `Debug` in a log line shows no personal datum.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Plate(String);

impl Plate {
    /// Drops separators and invisible marks, raises case, folds accents as plates do (`Ä` is `A`, `Đ` is `D`), full-width
    /// letters and Greek or Cyrillic ones that look Latin.
    pub fn parse(text: &str) -> Result<Self, PlateError> {
        let mut plate = String::with_capacity(MAX_PLATE);
        for symbol in folding::symbols(text).ok_or(PlateError::TooLong)? {
            let symbol = symbol.map_err(PlateError::Character)?;
            if plate.len() == MAX_PLATE {
                return Err(PlateError::TooLong);
            }
            plate.push(symbol);
        }
        if plate.is_empty() { Err(PlateError::Empty) } else { Ok(Self(plate)) }
    }

    /// The canonical text; personal, so not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first two characters and stars, for logs: `AB*****`.
    pub fn masked(&self) -> String {
        let shown = self.0.len().min(2);
        format!("{}{}", &self.0[..shown], "*".repeat(self.0.len().saturating_sub(shown)))
    }
}

/// Position of an upper-case letter or digit in [`ALPHABET`].
pub fn symbol_index(symbol: u8) -> Option<usize> {
    match symbol {
        b'0'..=b'9' => Some(usize::from(symbol.abs_diff(b'0'))),
        b'A'..=b'Z' => Some(usize::from(symbol.abs_diff(b'A')).saturating_add(10)),
        _ => None,
    }
}

impl fmt::Display for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plate({})", self.masked())
    }
}

impl FromStr for Plate {
    type Err = PlateError;
    fn from_str(text: &str) -> Result<Self, PlateError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Plate {
    type Error = PlateError;
    fn try_from(text: String) -> Result<Self, PlateError> {
        Self::parse(&text)
    }
}

impl From<Plate> for String {
    fn from(plate: Plate) -> String {
        plate.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn separators_case_and_accents_do_not_matter() {
        for text in ["bö-ab 123", "BO AB123", "BÖ·AB–123"] {
            assert_eq!(Plate::parse(text).unwrap().as_str(), "BOAB123");
        }
        assert_eq!(Plate::parse("51đ-123.45").unwrap().as_str(), "51D12345");
    }

    #[test]
    fn what_people_type_or_paste_is_folded_and_not_refused() {
        for (text, plate) in [
            ("BO\u{308}-AB 123", "BOAB123"),
            ("\u{202a}BÖ\u{200b}\u{2011}AB\u{a0}123\u{202c}\u{feff}", "BOAB123"),
            ("BO\u{2212}AB\u{2010}12\u{2014}3", "BOAB123"),
            ("ＡＢ１２３", "AB123"),
            ("АВ 1234 ЕН", "AB1234EH"),
            ("Ζην-1234", "ZHN1234"),
            ("ć æ ñ đ š ž č", "CAENDSZC"),
            ("łó 12345", "LO12345"),
            ("st·raße", "STRASSE"),
            ("Þ 12", "TH12"),
            ("29-ĐA 123.45", "29DA12345"),
        ] {
            assert_eq!(Plate::parse(text).unwrap().as_str(), plate, "{text:?}");
        }
        assert_eq!(Plate::parse("Ж123"), Err(PlateError::Character('Ж')), "looks like no Latin letter");
        assert_eq!(Plate::parse("京A12345"), Err(PlateError::Character('京')));
        assert_eq!(Plate::parse(&"\u{301}".repeat(200)), Err(PlateError::TooLong));
    }

    #[test]
    fn what_is_no_plate_is_refused_without_repeating_it() {
        assert_eq!(Plate::parse(" - "), Err(PlateError::Empty));
        assert_eq!(Plate::parse("ABCDEFGHIJKLM"), Err(PlateError::TooLong));
        assert_eq!(Plate::parse("AB#1").unwrap_err().to_string(), "plate contains '#', which no plate has");
    }

    #[test]
    fn debug_masks_and_display_does_not() {
        let plate = Plate::parse("ABC123").unwrap();
        assert_eq!(format!("{plate:?} {plate}"), "Plate(AB****) ABC123");
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent(text in "\\PC{0,16}") {
            if let Ok(plate) = Plate::parse(&text) {
                prop_assert_eq!(Plate::parse(plate.as_str()).unwrap(), plate);
            }
        }
    }
}
