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

/// Confusion-weighted edit distance in tenths: 4 for a look-alike, 7 for a similar shape, 10 otherwise.
pub fn distance(a: &Plate, b: &Plate) -> u32 {
    let (a, b) = (a.as_str().as_bytes(), b.as_str().as_bytes());
    let mut row: Vec<u32> = (0..).step_by(EDIT as usize).take(b.len() + 1).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (i as u32 + 1) * EDIT;
        for (j, to) in b.iter().enumerate() {
            let swapped = diagonal + substitution(*from, *to);
            diagonal = row[j + 1];
            row[j + 1] = swapped.min(row[j] + EDIT).min(diagonal + EDIT);
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

    proptest! {
        #[test]
        fn distance_is_a_symmetric_measure(a in "[A-Z0-9]{1,12}", b in "[A-Z0-9]{1,12}") {
            let (a, b) = (plate(&a), plate(&b));
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
        }
    }
}
