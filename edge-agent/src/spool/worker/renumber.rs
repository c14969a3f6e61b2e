//! New numbers above the server's, for everything that waits.

use boomgate_domain::reason::Reason;
use boomgate_schemas::bounds::MAX_NUMBER;
use boomgate_schemas::up::{Event, EventBody, Gap};
use tracing::warn;
use uuid::Uuid;

use super::SpoolWorker;
use crate::spool::job::Renumbered;
use crate::spool::store::{self, Store, StoreError};
use crate::wire;

/// A lane gives no number above this: no server can read it.
const HIGHEST: u64 = MAX_NUMBER;

impl SpoolWorker {
    /// Moves everything that waits above the numbers the server has under other events: all of it, or nothing. An ack
    /// that asks for this again finds it done.
    pub(super) fn renumber(&mut self, above: u64) -> Renumbered {
        let behind = self.is_behind(above);
        match self.note(behind) {
            Some(false) => Renumbered::Already,
            Some(true) => self.move_above(above).map_or(Renumbered::Failed, Renumbered::Above),
            None => Renumbered::Failed,
        }
    }

    /// Whether anything that waits, or the next number, is not above this one.
    fn is_behind(&self, above: u64) -> Result<bool, StoreError> {
        let lowest = self.file.readable().map(Store::lowest).transpose()?.flatten();
        let lowest = lowest.or(self.held.front().map(|event| event.seq));
        Ok(above >= self.next_seq || lowest.is_some_and(|lowest| lowest <= above))
    }

    /// Whether there are numbers above `base` for all that waits, and for those a run reserves.
    fn is_room_above(&self, base: u64) -> bool {
        let wanted = self.stored + self.held.len() as u64 + 2 + store::BLOCK;
        base.checked_add(wanted).is_some_and(|last| last <= HIGHEST)
    }

    /// Returns the number above which everything is now; none if it could not be done.
    fn move_above(&mut self, above: u64) -> Option<u64> {
        let base = above.max(self.next_seq - 1);
        // What is held goes into the file first: numbers given in memory alone could be given again after a crash.
        if !self.file.is_open() || !self.is_room_above(base) || !self.catch_up() {
            return None;
        }
        let leading = self.leading(base, above);
        let done = self.file.writable().and_then(|store| store.renumber(above, &leading));
        let last = self.note(done)?;
        warn!(
            above,
            base, last, "the server has this spool's numbers under other events; new ones were given"
        );
        self.next_seq = last + 1;
        self.reserved = last + store::BLOCK;
        self.stored += leading.len() as u64;
        self.acked = self.acked.max(above);
        Some(base)
    }

    /// What goes before everything else above `base`: which numbers will never come from here, and word of it to people.
    fn leading(&self, base: u64, above: u64) -> Vec<Event> {
        let unused = (self.acked < base).then(|| {
            EventBody::Gap(Gap { first: self.acked + 1, last: base, reason: "store_behind".to_owned() })
        });
        let fault = wire::fault(&Reason::FaultStoreBehind { above }, true);
        let moment = self.clock.moment();
        let event = |(body, seq)| Event {
            seq,
            boot: self.start.boot,
            id: Uuid::now_v7(),
            at_ms: moment.wall_ms,
            clock: moment.clock,
            uptime_ms: moment.uptime_ms,
            body,
            was: None,
        };
        unused.into_iter().chain([fault]).zip(base + 1..).map(event).collect()
    }
}
