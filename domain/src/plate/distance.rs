//! How far two plates are apart, for suggestions only: operator search and exit pairing.
//!
//! An entry never opens on a near match: with 500 permits, allowing one substitution would admit one unknown car in 345.
#![cfg_attr(
    not(test),
    expect(clippy::arithmetic_side_effects, reason = "a plate has at most MAX_PLATE characters")
)]

use super::Plate;
use super::grammar::LOOK_ALIKES;

/// An edit of two unlike characters; costs are in tenths of one edit.
pub const EDIT: u32 = 10;
const LOOK_ALIKE: u32 = 4;
const SIMILAR: u32 = 7;

/// Shapes that blur into each other without being look-alikes.
const SIMILAR_SHAPES: [&[u8]; 8] = [b"38B", b"EFP", b"KHRMNX", b"VYTU", b"CGO0", b"17T", b"4A", b"LIE"];

/// A character counts at least so much of an edit, in permille, however unsure it is.
const LEAST_WEIGHT: u32 = 300;
const FULL_WEIGHT: u32 = 1000;
/// What another text that a reading may mean adds to its distance.
const OTHER_TEXT: u32 = 2;

/// Confusion-weighted edit distance in tenths: 4 for a look-alike, 7 for a similar shape, 10 otherwise.
pub fn distance(a: &Plate, b: &Plate) -> u32 {
    edits(a, |_| FULL_WEIGHT, b)
}

/// A plate as a camera read it or a person typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The text that is most likely.
    pub plate: Plate,
    /// How sure each of its characters is, in permille; empty where that is not known.
    pub confidence: Vec<u16>,
    /// Other texts it may mean.
    pub others: Vec<Plate>,
}

impl Sighting {
    /// A text of which nothing more is known.
    pub const fn of(plate: Plate) -> Self {
        Self { plate, confidence: Vec::new(), others: Vec::new() }
    }

    /// As [`distance`], where an edit of an unsure character counts less, down to three tenths of it, and a text that
    /// it may mean as well is near, too.
    pub fn distance(&self, other: &Plate) -> u32 {
        let known = self.confidence.len() == self.plate.as_str().len();
        let sure = |place: usize| self.confidence.get(place).filter(|_| known).copied();
        let weight =
            |place| sure(place).map_or(FULL_WEIGHT, |sure| u32::from(sure).clamp(LEAST_WEIGHT, FULL_WEIGHT));
        let others = self.others.iter().map(|text| distance(text, other) + OTHER_TEXT);
        others.chain([edits(&self.plate, weight, other)]).min().unwrap_or(u32::MAX)
    }
}

/// `weight`: how much of an edit each character of `a` counts, in permille.
fn edits(a: &Plate, weight: impl Fn(usize) -> u32, b: &Plate) -> u32 {
    let (a, b) = (a.as_str().as_bytes(), b.as_str().as_bytes());
    let mut row: Vec<u32> = (0..).step_by(EDIT as usize).take(b.len() + 1).collect();
    for (i, from) in a.iter().enumerate() {
        let weighted = |cost: u32| cost * weight(i) / FULL_WEIGHT;
        let mut diagonal = row[0];
        row[0] += weighted(EDIT);
        for (j, to) in b.iter().enumerate() {
            let swapped = diagonal + weighted(substitution(*from, *to));
            diagonal = row[j + 1];
            row[j + 1] = swapped.min(row[j] + EDIT).min(diagonal + weighted(EDIT));
        }
    }
    row[b.len()]
}

/// Candidates at most `most` tenths away, nearest first, then by their order.
pub fn suggest<'a, T>(
    plate: &Plate,
    candidates: &'a [T],
    key: impl Fn(&T) -> &Plate,
    most: u32,
) -> Vec<(&'a T, u32)> {
    let mut near: Vec<_> = candidates.iter().map(|one| (one, distance(plate, key(one)))).collect();
    near.retain(|(_, distance)| *distance <= most);
    near.sort_by_key(|(_, distance)| *distance);
    near
}

fn substitution(a: u8, b: u8) -> u32 {
    let together = |groups: &[&[u8]]| groups.iter().any(|group| group.contains(&a) && group.contains(&b));
    match () {
        () if a == b => 0,
        () if together(&LOOK_ALIKES) => LOOK_ALIKE,
        () if together(&SIMILAR_SHAPES) => SIMILAR,
        () => EDIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plate(text: &str) -> Plate {
        Plate::parse(text).unwrap()
    }

    #[test]
    fn look_alikes_are_nearer_than_strangers() {
        assert_eq!(distance(&plate("ABC123"), &plate("ABC123")), 0);
        assert_eq!(distance(&plate("ABC123"), &plate("A8C123")), 4);
        assert_eq!(distance(&plate("ABC123"), &plate("A3C123")), 7);
        assert_eq!(distance(&plate("ABC123"), &plate("AWC123")), 10);
        assert_eq!(distance(&plate("ABC123"), &plate("ABC1234")), 10);
    }

    #[test]
    fn suggestions_come_nearest_first() {
        let stays = [plate("XYZ999"), plate("ABC124"), plate("A8C123")];
        let near = suggest(&plate("ABC123"), &stays, |p| p, EDIT);
        assert_eq!(
            near.iter().map(|(p, d)| (p.as_str(), *d)).collect::<Vec<_>>(),
            [("A8C123", 4), ("ABC124", 10)]
        );
    }

    #[test]
    fn an_unsure_character_and_another_meaning_bring_a_plate_nearer() {
        let unsure = Sighting {
            plate: plate("ABC123"),
            confidence: vec![990, 350, 990, 990, 990, 100],
            others: vec![plate("ABX123")],
        };
        assert_eq!(unsure.distance(&plate("AWC123")), 3, "the second character was hardly read");
        assert_eq!(unsure.distance(&plate("ABC12X")), 3, "the last one counts three tenths at least");
        assert_eq!(unsure.distance(&plate("WBC123")), 9);
        assert_eq!(unsure.distance(&plate("ABX123")), 2, "the reading may mean it");
        let typed = Sighting::of(plate("ABC123"));
        assert_eq!(typed.distance(&plate("AWC123")), 10);
        let other_length = Sighting { confidence: vec![100], ..typed };
        assert_eq!(other_length.distance(&plate("AWC123")), 10, "confidences of another text say nothing");
    }

    proptest! {
        #[test]
        fn what_is_known_of_characters_never_takes_a_plate_further_away(
            a in "[A-Z0-9]{1,12}", b in "[A-Z0-9]{1,12}", sure in 0_u16..=1000,
        ) {
            let (a, b) = (plate(&a), plate(&b));
            let sighting = Sighting { confidence: vec![sure; a.as_str().len()], ..Sighting::of(a.clone()) };
            prop_assert!(sighting.distance(&b) <= distance(&a, &b));
            prop_assert_eq!(Sighting::of(a.clone()).distance(&b), distance(&a, &b));
        }

        #[test]
        fn distance_is_a_symmetric_measure(a in "[A-Z0-9]{1,12}", b in "[A-Z0-9]{1,12}") {
            let (a, b) = (plate(&a), plate(&b));
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
        }
    }
}
