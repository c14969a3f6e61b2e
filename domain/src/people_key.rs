//! How people and their phone numbers are found while somebody types: without case, accents and separators.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// From so many digits on, a text of digits is looked for in phone numbers; fewer are in too many of them.
pub const FEWEST_PHONE_DIGITS: usize = 4;

/// A text in small letters without accents (`Nguyễn` is `nguyen`), words separated by one space.
pub fn folded(text: &str) -> String {
    let plain: String = text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(plain).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The letters that Unicode does not take apart are written as registers write them in plain letters.
fn plain(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'đ' | 'Đ' | 'ð' | 'Ð' => ('d', None),
        'ł' | 'Ł' => ('l', None),
        'ø' | 'Ø' => ('o', None),
        'ß' | 'ẞ' => ('s', Some('s')),
        'æ' | 'Æ' => ('a', Some('e')),
        'œ' | 'Œ' => ('o', Some('e')),
        other => (other, None),
    };
    first.to_lowercase().chain(second)
}

/// The digits of a phone number.
pub fn digits(phone: &str) -> String {
    phone.nfkd().filter(char::is_ascii_digit).collect()
}

/// What is kept of a contact to be searched: name, owner and phone number, each behind a separator that no search holds.
pub fn people_key(contact_name: &str, owner: &str, phone: &str) -> String {
    format!("{}\n{}\n{}", folded(contact_name), folded(owner), digits(phone))
}

/// What to look for in [`people_key`]; none where a text can be in none.
///
/// A text of digits and the marks between them is a part of a phone number.
pub fn wanted(text: &str) -> Option<String> {
    let is_number = |letter: char| letter.is_ascii_digit() || " +-/().".contains(letter);
    if !text.is_empty() && text.chars().all(is_number) {
        let digits = digits(text);
        return (digits.len() >= FEWEST_PHONE_DIGITS).then_some(digits);
    }
    Some(folded(text)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_found_without_their_accents_and_numbers_without_their_marks() {
        let key = people_key("Nguyễn  Văn Đức", "Straßenbau Müller & Łoś", "+84 (90) 123-45.67");
        assert_eq!(key, "nguyen van duc\nstrassenbau muller & los\n84901234567");
        for text in ["nguyễn v", "DUC", "straßenbau", "Łos", "123 4567", "+84 90"] {
            let wanted = wanted(text).unwrap();
            assert!(key.contains(&wanted), "{text}: {wanted}");
        }
        assert_eq!(wanted("123"), None, "three digits are in too many numbers");
        assert_eq!((wanted(" "), wanted("")), (None, None));
    }

    proptest! {
        #[test]
        fn any_part_of_a_name_that_begins_and_ends_with_a_letter_is_found(name in "[A-Za-zÀ-ỹ]{1,8} [A-Za-zÀ-ỹ]{1,8}", from in 0_usize..8, len in 1_usize..8) {
            let part: String = name.nfc().skip(from).take(len).collect();
            if let Some(part) = wanted(&part) {
                let key = people_key(&name, "", "");
                prop_assert!(key.contains(part.trim()), "{part:?} in {key:?}");
            }
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,20}") {
            prop_assert_eq!(folded(&folded(&text)), folded(&text));
        }
    }
}
