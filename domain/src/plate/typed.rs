//! A plate as a person wrote it: the canonical one is compared, the text is kept for show.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::{Plate, PlateError, folding};

/// A plate with the text it was read from.
///
/// `Display` writes the text; `Debug` masks both.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedPlate {
    plate: Plate,
    text: String,
}

impl TypedPlate {
    /// Keeps the text as it was written, less what nobody sees: marks without width and of direction, spaces around it, more
    /// than one space between.
    ///
    /// # Errors
    /// As [`Plate::parse`].
    pub fn parse(text: &str) -> Result<Self, PlateError> {
        let plate = Plate::parse(text)?;
        let seen: String = text.nfc().filter(|letter| !folding::is_invisible(*letter)).collect();
        Ok(Self { plate, text: seen.split_whitespace().collect::<Vec<_>>().join(" ") })
    }

    /// What is compared.
    pub const fn plate(&self) -> &Plate {
        &self.plate
    }

    /// What is shown.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl From<Plate> for TypedPlate {
    /// Without a typed text, as for a plate that was read by a camera, the plate itself is shown.
    fn from(plate: Plate) -> Self {
        let text = plate.to_string();
        Self { plate, text }
    }
}

impl fmt::Display for TypedPlate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for TypedPlate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypedPlate({})", self.plate.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_was_lost_behind_what_is_compared() {
        for (typed, shown, plate) in [
            ("bö-ab 123", "bö-ab 123", "BOAB123"),
            (" BO\u{308}-AB\u{a0} 123 ", "BÖ-AB 123", "BOAB123"),
            ("\u{202a}51Đ-\u{200b}123.45\u{202c}", "51Đ-123.45", "51D12345"),
            ("АВ 1234 ЕН", "АВ 1234 ЕН", "AB1234EH"),
        ] {
            let read = TypedPlate::parse(typed).unwrap();
            assert_eq!((read.text(), read.plate().as_str()), (shown, plate), "{typed:?}");
        }
        assert_eq!(TypedPlate::parse("京A12345"), Err(PlateError::Character('京')));
        assert_eq!(TypedPlate::from(Plate::parse("a1").unwrap()).to_string(), "A1");
        assert_eq!(format!("{:?}", TypedPlate::parse("bö-ab 123").unwrap()), "TypedPlate(BO*****)");
    }
}
