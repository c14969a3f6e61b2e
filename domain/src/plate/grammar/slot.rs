//! One place of a form, and the symbols that are taken for one another.
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        reason = "places in patterns and tables that are compiled in or already checked"
    )
)]

use crate::plate::{ALPHABET, symbol_index};

/// One place of a form: which symbols it can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub(super) u64);

pub(super) const DIGITS: u64 = (1 << 10) - 1;

impl Slot {
    /// Any symbol.
    pub const ANY: Self = Self((1 << 36) - 1);
    /// Any digit.
    pub const DIGIT: Self = Self(DIGITS);
    /// Any letter.
    pub const LETTER: Self = Self(((1 << 36) - 1) & !DIGITS);

    /// A place that holds the symbol at `index` of [`ALPHABET`] and no other.
    pub const fn only(index: usize) -> Self {
        Self(1 << index)
    }

    pub(super) fn of(symbols: &str) -> Self {
        let bits = symbols.bytes().filter_map(symbol_index).fold(0, |bits, index| bits | 1 << index);
        Self(bits)
    }

    /// How many symbols it allows.
    pub const fn size(self) -> u32 {
        self.0.count_ones()
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
