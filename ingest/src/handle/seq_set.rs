//! Which sequence numbers of a device are kept: all up to a mark, and ranges beyond it. Pure.

use std::collections::BTreeMap;

/// Most ranges beyond the mark of one device. An agent has 32 messages under way; while it tells of days alone, live
/// arrivals in between leave a few more.
pub(crate) const MAX_RANGES: usize = 256;

/// How far beyond the mark a number may lie: no lane sheds so many, and one that jumped to the end of the numbers would
/// have none left.
pub(crate) const MAX_DISTANCE: i64 = 1 << 32;

/// A mark and what lies beyond it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeqSet {
    upto: i64,
    /// First to last of ranges beyond the mark; neither touching it nor one another.
    beyond: BTreeMap<i64, i64>,
}

impl SeqSet {
    pub(crate) fn new(upto: i64, ranges: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let mut kept = Self { upto, beyond: BTreeMap::new() };
        ranges.into_iter().for_each(|(first, last)| kept.add(first, last));
        kept
    }

    /// Everything up to here is kept.
    pub(crate) fn upto(&self) -> i64 {
        self.upto
    }

    /// The highest number of which anything is known.
    pub(crate) fn highest(&self) -> i64 {
        self.beyond.last_key_value().map_or(self.upto, |(_, last)| *last)
    }

    /// The ranges beyond the mark.
    pub(crate) fn beyond(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.beyond.iter().map(|(first, last)| (*first, *last))
    }

    pub(crate) fn begins_at(&self, first: i64) -> bool {
        self.beyond.contains_key(&first)
    }

    /// Whether these may be added: few ranges are kept per device, and who makes more holes must send it again later.
    pub(crate) fn has_room_for(&self, ranges: &[(i64, i64)]) -> bool {
        let near = self.upto.saturating_add(MAX_DISTANCE);
        if ranges.iter().any(|(_, last)| *last > near) {
            return false;
        }
        let more = ranges.iter().filter(|(first, last)| !self.touches(*first, *last)).count();
        self.beyond.len().saturating_add(more) <= MAX_RANGES || more == 0
    }

    fn touches(&self, first: i64, last: i64) -> bool {
        let before = self.beyond.range(..=last.saturating_add(1)).next_back();
        first <= self.upto.saturating_add(1) || before.is_some_and(|(_, end)| end.saturating_add(1) >= first)
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
        let mut kept = SeqSet::new(4, [(7, 9), (12, 12)]);
        assert!(kept.contains(3) && kept.contains(8) && !kept.contains(5) && !kept.contains(10));
        kept.add(5, 6);
        assert_eq!(kept.upto(), 9);
        kept.add(10, 11);
        assert_eq!(kept, SeqSet { upto: 12, beyond: BTreeMap::new() });
    }

    #[test]
    fn any_order_of_the_same_ranges_ends_the_same() {
        let ranges = [(1, 1), (2, 3), (5, 5), (4, 4), (8, 9), (3, 6), (2, 2)];
        let forwards = SeqSet::new(0, ranges);
        let backwards = SeqSet::new(0, ranges.into_iter().rev());
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.upto(), 6);
        assert!(!forwards.contains(7) && forwards.contains(9));
    }

    #[test]
    fn five_thousand_holes_were_kept_as_five_thousand_ranges() {
        let mut kept = SeqSet::new(0, []);
        for seq in (2..10_000).step_by(2) {
            if kept.has_room_for(&[(seq, seq)]) {
                kept.add(seq, seq);
            }
        }
        assert_eq!(kept.beyond().count(), MAX_RANGES);
        assert!(!kept.contains(9_998), "beyond the cap it must come again");
        assert_eq!(kept.highest(), 2 * i64::try_from(MAX_RANGES).unwrap());
        // What fills a hole, or goes on from a range, always has room.
        assert!(kept.has_room_for(&[(1, 1)]) && kept.has_room_for(&[(513, 600)]));
        kept.add(1, 1);
        assert_eq!(kept.upto(), 2);
        assert!(kept.has_room_for(&[(9_998, 9_998)]));
        assert!(!kept.has_room_for(&[(9_998, 9_998), (9_000, 9_001)]));
    }

    #[test]
    fn a_number_at_the_end_of_all_numbers_left_a_device_none() {
        let kept = SeqSet::new(10, []);
        assert!(!kept.has_room_for(&[((1 << 53) - 1, (1 << 53) - 1)]));
        assert!(kept.has_room_for(&[(100_000, 100_000)]));
    }

    #[test]
    fn what_lies_behind_the_mark_changes_nothing() {
        let mut kept = SeqSet::new(10, []);
        kept.add(2, 5);
        assert_eq!(kept, SeqSet::new(10, []));
    }
}
