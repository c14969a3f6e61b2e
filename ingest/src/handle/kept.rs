//! Which sequence numbers of a device are kept: all up to a mark, and ranges beyond it. Pure.

use std::collections::BTreeMap;

/// A mark and what lies beyond it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    upto: i64,
    /// First to last of ranges beyond the mark; neither touching it nor one another.
    beyond: BTreeMap<i64, i64>,
}

impl Kept {
    pub(crate) fn new(upto: i64, ranges: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let mut kept = Self { upto, beyond: BTreeMap::new() };
        ranges.into_iter().for_each(|(first, last)| kept.add(first, last));
        kept
    }

    /// Everything up to here is kept.
    pub(crate) fn upto(&self) -> i64 {
        self.upto
    }

    pub(crate) fn contains(&self, seq: i64) -> bool {
        seq <= self.upto || self.beyond.range(..=seq).next_back().is_some_and(|(_, last)| seq <= *last)
    }

    /// Adds `first..=last`; the mark moves over everything it now touches.
    pub(crate) fn add(&mut self, first: i64, last: i64) {
        let (mut first, mut last) = (first, last);
        let touching: Vec<i64> = self
            .beyond
            .range(..=last.saturating_add(1))
            .filter(|(_, end)| end.saturating_add(1) >= first)
            .map(|(start, _)| *start)
            .collect();
        for start in touching {
            let end = self.beyond.remove(&start).unwrap_or(start);
            first = first.min(start);
            last = last.max(end);
        }
        if first <= self.upto.saturating_add(1) {
            self.upto = self.upto.max(last);
        } else {
            self.beyond.insert(first, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_moves_over_what_closes_the_hole() {
        let mut kept = Kept::new(4, [(7, 9), (12, 12)]);
        assert!(kept.contains(3) && kept.contains(8) && !kept.contains(5) && !kept.contains(10));
        kept.add(5, 6);
        assert_eq!(kept.upto(), 9);
        kept.add(10, 11);
        assert_eq!(kept, Kept { upto: 12, beyond: BTreeMap::new() });
    }

    #[test]
    fn any_order_of_the_same_ranges_ends_the_same() {
        let ranges = [(1, 1), (2, 3), (5, 5), (4, 4), (8, 9), (3, 6), (2, 2)];
        let forwards = Kept::new(0, ranges);
        let backwards = Kept::new(0, ranges.into_iter().rev());
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.upto(), 6);
        assert!(!forwards.contains(7) && forwards.contains(9));
    }

    #[test]
    fn what_lies_behind_the_mark_changes_nothing() {
        let mut kept = Kept::new(10, []);
        kept.add(2, 5);
        assert_eq!(kept, Kept::new(10, []));
    }
}
