//! Plates that differ in nothing but twins (0 for O, 1 for I): many alphabets draw these the same.
//!
//! A right needs the exact plate. A block holds for every twin of its plate, because a false stop asks a person. A search
//! and an exit without an exact match look for twins.

use super::Plate;

/// The letters that have a twin, and the digits they are twins of: every twin of a plate has the same key. The function
/// `twin_key` of the database must agree.
const TWINS: [(u8, u8); 2] = [(b'O', b'0'), (b'I', b'1')];

impl Plate {
    /// The same for all twins of a plate, and for them only: each O as 0, each I as 1.
    #[must_use]
    pub fn twin_key(&self) -> Self {
        let folded = self.as_str().bytes().map(|symbol| {
            let twin = TWINS.iter().find(|(letter, _)| *letter == symbol);
            char::from(twin.map_or(symbol, |(_, digit)| *digit))
        });
        Self(folded.collect())
    }

    /// Whether the two are equal or differ in twins only.
    pub fn is_twin_of(&self, other: &Self) -> bool {
        self.twin_key() == other.twin_key()
    }
}

/// The candidate of exactly this plate; without one, its only twin. Two twins are no answer.
pub fn exact_or_only_twin<T>(plate: &Plate, candidates: impl Iterator<Item = (T, Plate)>) -> Option<T> {
    let mut twins = Vec::new();
    for (candidate, other) in candidates {
        if other == *plate {
            return Some(candidate);
        }
        if other.is_twin_of(plate) {
            twins.push(candidate);
        }
    }
    let only = twins.pop();
    only.filter(|_| twins.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::grammar::are_twins;
    use super::super::{ALPHABET, symbol_index};
    use super::*;

    fn plate(text: &str) -> Plate {
        Plate::parse(text).unwrap()
    }

    #[test]
    fn twins_have_one_key_and_others_have_not() {
        assert_eq!(plate("IABC1O0").twin_key(), plate("1ABCI0O").twin_key());
        assert!(plate("WPI1234").is_twin_of(&plate("WP11234")));
        assert!(!plate("WPI1234").is_twin_of(&plate("WP1234")));
        assert!(!plate("DQ").is_twin_of(&plate("00")), "look-alikes are no twins");
    }

    #[test]
    fn the_key_and_the_grammar_mean_the_same_twins() {
        for a in *ALPHABET {
            for b in *ALPHABET {
                let (one, other) = (plate(&char::from(a).to_string()), plate(&char::from(b).to_string()));
                let index = |symbol| symbol_index(symbol).unwrap();
                assert_eq!(one.is_twin_of(&other), are_twins(index(a), index(b)), "{one} {other}");
            }
        }
    }

    #[test]
    fn an_exact_candidate_comes_before_its_twins_and_two_twins_are_no_answer() {
        let found = |candidates: &[&'static str]| {
            let candidates = candidates.iter().map(|text| (*text, plate(text)));
            exact_or_only_twin(&plate("WP11234"), candidates)
        };
        assert_eq!(found(&["WPI1234", "WP11234"]), Some("WP11234"));
        assert_eq!(found(&["WPI1234", "ABC123"]), Some("WPI1234"));
        assert_eq!(found(&["WPI1234", "WPII234"]), None);
        assert_eq!(found(&["ABC123"]), None);
    }
}
