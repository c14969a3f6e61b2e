//! A device's numbers and clock as a batch sees them.

use std::collections::BTreeMap;

use boomgate_store::devices::{DeviceFacts, InboxRange, Mark};
use jiff::Timestamp;
use uuid::Uuid;

use super::seq_set::SeqSet;

/// A device's clock and what is kept of it.
pub(crate) struct DeviceView {
    pub facts: DeviceFacts,
    pub kept: SeqSet,
    /// The ranges beyond the mark as they stand in the database.
    pub stored: BTreeMap<i64, i64>,
    /// The newest start of which an event came, and the highest number known before its first one.
    events_boot: Option<i64>,
    before_boot: i64,
    /// The lowest number that came with another event than the one that is kept under it.
    taken: Option<i64>,
}

impl DeviceView {
    pub(super) fn new<'a>(facts: DeviceFacts, ranges: impl Iterator<Item = &'a InboxRange>) -> Self {
        let stored: BTreeMap<i64, i64> = ranges.map(|range| (range.seq, range.last_seq)).collect();
        let kept = SeqSet::new(facts.kept_upto, stored.iter().map(|(first, last)| (*first, *last)));
        let (events_boot, before_boot) = (facts.events_boot, facts.before_boot);
        Self { facts, kept, stored, events_boot, before_boot, taken: None }
    }

    /// The numbers of an event are kept from now on; `boot` is the start it is of.
    pub(crate) fn keep(&mut self, ranges: &[(i64, i64)], boot: i64) {
        if self.events_boot.is_none_or(|known| boot > known) {
            self.events_boot = Some(boot);
            self.before_boot = self.kept.highest();
        }
        for (first, last) in ranges {
            self.kept.add(*first, *last);
        }
    }

    /// A number came with another event than the one kept under it.
    pub(crate) fn number_taken(&mut self, seq: i64) {
        self.taken = Some(self.taken.map_or(seq, |known| known.min(seq)));
    }

    /// Whether this start of the device was found behind already.
    pub(super) fn is_behind(&self) -> bool {
        self.taken.is_some() || (self.facts.epoch.is_some() && self.facts.epoch == self.facts.behind_epoch)
    }

    /// Up to where everything is kept, and above what the device's events must go, if its numbers are taken.
    pub(crate) fn acknowledged(&self) -> (i64, Option<i64>) {
        match self.taken {
            Some(taken) => {
                // A start that was sent above already is sent there again, not above its own new numbers.
                let own = self.facts.epoch.is_some() && self.facts.epoch == self.facts.behind_epoch;
                let before = self.facts.behind_above.filter(|above| own && taken <= *above);
                let above = before.unwrap_or_else(|| self.kept.highest().max(taken));
                (self.kept.upto().min(taken.saturating_sub(1)), Some(above))
            }
            None => (self.kept.upto(), None),
        }
    }

    pub(crate) fn changed_mark(&self, site_id: Uuid, at: Timestamp) -> Option<Mark> {
        let (kept, before) = (self.kept.upto(), self.facts.kept_upto);
        let behind_above = self.acknowledged().1;
        let changed = kept != before || self.events_boot != self.facts.events_boot || behind_above.is_some();
        changed.then_some(Mark {
            site_id,
            device_id: self.facts.device_id,
            kept,
            before,
            at,
            events_boot: self.events_boot,
            before_boot: self.before_boot,
            behind_above,
        })
    }
}
