//! From what people type or paste to the letters and digits of a plate.
//!
//! Compatibility forms and accents are taken apart by Unicode's NFKD (full-width letters, `Ä`, a `U` with a separate
//! diaeresis), then each character is a symbol, a mark that means nothing on a plate, or refused. Letters of the Greek and
//! Cyrillic alphabets count as the Latin ones they look like; those that look like none are refused. What does not
//! decompose is written as registers of the countries concerned write it in plain letters (ICAO Doc 9303, part 3, section 6).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest text looked at, in bytes: a plate with generous marks between its characters.
const LONGEST_TEXT: usize = 256;

/// The characters of a plate in `text`, or the first character that no plate has. `None` for a text that is far too long.
pub(super) fn symbols(text: &str) -> Option<impl Iterator<Item = Result<char, char>>> {
    (text.len() <= LONGEST_TEXT).then(|| {
        let kept = text.nfkd().filter(|letter| !is_mark(*letter));
        kept.flat_map(|letter| match plain(letter) {
            Plain::One(symbol) => [Some(Ok(symbol)), None],
            Plain::Two(first, second) => [Some(Ok(first)), Some(Ok(second))],
            Plain::None => [Some(Err(letter)), None],
        })
        .flatten()
    })
}

enum Plain {
    One(char),
    Two(char, char),
    None,
}

/// Separators, accents, and characters without width or only for direction.
fn is_mark(letter: char) -> bool {
    letter.is_whitespace()
        || is_combining_mark(letter)
        || is_dash(letter)
        || matches!(letter, '.' | '·' | '•' | '‧' | '∙' | '⋅' | '・' | '_' | '/' | ':' | '|')
        || is_invisible(letter)
}

/// Without width, or only for direction.
pub(super) const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
}

/// The dash punctuation of Unicode (category Pd), and signs people take for a hyphen.
fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'..='\u{2015}')
        || matches!(
            letter,
            '\u{2043}' | '\u{2212}' | '\u{2796}' | '\u{2e17}' | '\u{2e1a}' | '\u{2e3a}' | '\u{2e3b}'
        )
        || matches!(letter, '\u{2e40}' | '\u{301c}' | '\u{3030}' | '\u{30a0}' | '\u{30fc}' | '\u{2d7}')
}

fn plain(letter: char) -> Plain {
    let mut upper = letter.to_uppercase();
    let letter = match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        // Only `ß` of all letters of plates.
        (Some(first @ 'A'..='Z'), Some(second @ 'A'..='Z')) => return Plain::Two(first, second),
        (Some(_) | None, _) => return Plain::None,
    };
    match letter {
        'A'..='Z' | '0'..='9' => Plain::One(letter),
        'Đ' | 'Ð' => Plain::One('D'),
        'Ø' => Plain::One('O'),
        'Ł' => Plain::One('L'),
        'Ħ' => Plain::One('H'),
        'Ŧ' => Plain::One('T'),
        'Æ' => Plain::Two('A', 'E'),
        'Œ' => Plain::Two('O', 'E'),
        'Þ' => Plain::Two('T', 'H'),
        other => look_alike(other).map_or(Plain::None, Plain::One),
    }
}

/// The Latin letter a Greek or Cyrillic capital looks like.
fn look_alike(letter: char) -> Option<char> {
    Some(match letter {
        'Α' | 'А' => 'A',
        'Β' | 'В' => 'B',
        'С' => 'C',
        'Ε' | 'Е' => 'E',
        'Η' | 'Н' => 'H',
        'Ι' | 'І' => 'I',
        'Ј' => 'J',
        'Κ' | 'К' => 'K',
        'Μ' | 'М' => 'M',
        'Ν' => 'N',
        'Ο' | 'О' => 'O',
        'Ρ' | 'Р' => 'P',
        'Ѕ' => 'S',
        'Τ' | 'Т' => 'T',
        'Χ' | 'Х' => 'X',
        'Υ' | 'У' | 'Ү' => 'Y',
        'Ζ' => 'Z',
        _ => return None,
    })
}
