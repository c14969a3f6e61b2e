//! Numbers of tickets: `PS-`, eight characters drawn by chance, and one that checks them, in Crockford's base 32.
//!
//! The check character is Crockford's (the value modulo 37). Numbers whose check would be none of the 32 characters are not
//! given out, so that a number holds letters and digits only, wherever it is typed, printed or scanned.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Crockford's 32 characters: no I, L, O, U.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "PS-";
/// Characters that are drawn; five bits each.
const DRAWN: usize = 8;
const BITS: u32 = 40;
const CHECK_MODULUS: u64 = 37;

/// Why a text is no number of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum TicketNumberError {
    #[error("a ticket's number is PS- and 9 letters or digits")]
    Form,
    #[error("the number does not check: one of its characters is wrong")]
    Check,
}

/// The number of a ticket, as it is printed: `PS-4F7K2M9QX`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TicketNumber(String);

impl TicketNumber {
    /// The number made of the lowest 40 bits of `chance`; none for one of those that are not given out (5 in 37).
    #[must_use]
    pub fn draw(chance: u64) -> Option<Self> {
        let value = chance & ((1 << BITS) - 1);
        let check = symbol(value % CHECK_MODULUS)?;
        let mut text = String::from(PREFIX);
        for shift in (0..BITS).step_by(5).rev() {
            text.push(symbol((value >> shift) & 31)?);
        }
        text.push(check);
        Some(Self(text))
    }

    /// As people type it: small letters, spaces and hyphens anywhere, O for 0, I and L for 1, with or without `PS`.
    ///
    /// # Errors
    /// Not of this form, or its check character does not fit.
    pub fn parse(text: &str) -> Result<Self, TicketNumberError> {
        let plain = plain(text);
        let plain = if plain.len() > DRAWN + 1 { plain.strip_prefix("PS").unwrap_or(&plain) } else { &plain };
        let values: Option<Vec<u64>> = plain.bytes().map(value).collect();
        let values = values.filter(|values| values.len() == DRAWN + 1).ok_or(TicketNumberError::Form)?;
        let (check, drawn) = values.split_last().ok_or(TicketNumberError::Form)?;
        let number = drawn.iter().fold(0_u64, |number, value| number << 5 | value);
        if number % CHECK_MODULUS != *check {
            return Err(TicketNumberError::Check);
        }
        Self::draw(number).ok_or(TicketNumberError::Check)
    }

    /// The whole number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In groups that are easy to read aloud: `PS-4F7K 2M9Q X`.
    #[must_use]
    pub fn grouped(&self) -> String {
        let (first, rest) = self.0.split_at(PREFIX.len().saturating_add(4));
        let (second, check) = rest.split_at(4);
        format!("{first} {second} {check}")
    }
}

/// The beginning of a number as people type it, as it is stored; none where it can be the beginning of no number.
#[must_use]
pub fn number_prefix(text: &str) -> Option<String> {
    let plain = plain(text);
    let rest = plain.strip_prefix("PS")?;
    let known = rest.len() <= DRAWN + 1 && rest.bytes().all(|symbol| value(symbol).is_some());
    known.then(|| format!("{PREFIX}{rest}"))
}

/// Capital letters and digits only, with the ones that look alike replaced.
fn plain(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase());
    letters
        .map(|letter| match letter {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

fn symbol(value: u64) -> Option<char> {
    usize::try_from(value).ok().and_then(|value| SYMBOLS.get(value)).map(|symbol| char::from(*symbol))
}

fn value(symbol: u8) -> Option<u64> {
    let place = SYMBOLS.iter().position(|known| *known == symbol)?;
    u64::try_from(place).ok()
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TicketNumber {
    type Err = TicketNumberError;
    fn from_str(text: &str) -> Result<Self, TicketNumberError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for TicketNumber {
    type Error = TicketNumberError;
    fn try_from(text: String) -> Result<Self, TicketNumberError> {
        Self::parse(&text)
    }
}

impl From<TicketNumber> for String {
    fn from(number: TicketNumber) -> String {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawn(mut chance: u64) -> TicketNumber {
        loop {
            if let Some(number) = TicketNumber::draw(chance) {
                return number;
            }
            chance = chance.wrapping_add(1);
        }
    }

    #[test]
    fn a_number_is_read_however_it_is_typed() {
        let number = drawn(0x12_3456_789A);
        assert_eq!(number.as_str().len(), 12);
        let typed = number.grouped().to_lowercase().replace('0', "o").replace('1', "l");
        assert_eq!(TicketNumber::parse(&typed), Ok(number.clone()));
        assert_eq!(TicketNumber::parse(&number.as_str()[3..]), Ok(number), "without its prefix, too");
    }

    #[test]
    fn what_is_no_number_says_why() {
        assert_eq!(TicketNumber::parse("PS-"), Err(TicketNumberError::Form));
        assert_eq!(TicketNumber::parse("PS-UUUUUUUUU"), Err(TicketNumberError::Form), "U is none of the 32");
        assert_eq!(TicketNumber::parse("PS-00000000Z"), Err(TicketNumberError::Check));
        assert_eq!(TicketNumber::parse("PS-000000000").unwrap().as_str(), "PS-000000000");
    }

    #[test]
    fn the_beginning_of_a_number_is_known_from_a_plate() {
        assert_eq!(number_prefix("ps-4f7").as_deref(), Some("PS-4F7"));
        assert_eq!(number_prefix("BA123"), None);
        assert_eq!(number_prefix("PSU1"), None);
    }

    proptest! {
        #[test]
        fn a_wrong_character_or_two_that_changed_places_are_noticed(chance: u64, place in 3usize..12, other in 0usize..32) {
            let number = drawn(chance);
            let mut wrong = number.as_str().as_bytes().to_vec();
            wrong[place] = SYMBOLS[other];
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(TicketNumber::parse(&wrong).is_ok(), wrong == number.as_str());
            let mut swapped = number.as_str().as_bytes().to_vec();
            swapped.swap(place, if place == 11 { 10 } else { place + 1 });
            let swapped = String::from_utf8(swapped).unwrap();
            prop_assert_eq!(TicketNumber::parse(&swapped).is_ok(), swapped == number.as_str());
        }

        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_stays_the_same(text in "\\PC{0,20}") {
            if let Ok(number) = TicketNumber::parse(&text) {
                prop_assert_eq!(TicketNumber::parse(number.as_str()), Ok(number));
            }
        }
    }
}
