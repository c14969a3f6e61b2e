//! New numbers above the server's, for everything that waits in the file and in memory.

use boomgate_domain::reason::Reason;
use boomgate_schemas::up::{Event, EventBody, Gap};
use tracing::warn;
use uuid::Uuid;

use super::Keeper;
use crate::spool::store::{self, Store};
use crate::wire;

/// Numbers above this are no numbers of a lane: what a column holds, less room for many years.
const HIGHEST: u64 = 1 << 62;

impl Keeper {
    /// Moves everything that waits above the numbers the server has under other events: all of it, or nothing. An ack
    /// that asks for this again finds it done.
    pub(super) fn renumber(&mut self, above: u64) -> Option<u64> {
        let lowest = self.file.readable().map(Store::lowest).transpose();
        let lowest = self.note(lowest).flatten().flatten();
        let lowest = lowest.or(self.held.front().map(|event| event.seq));
        let behind = above >= self.next_seq || lowest.is_some_and(|lowest| lowest <= above);
        if !behind || !self.file.is_open() || above > HIGHEST {
            return None;
        }
        let base = above.max(self.next_seq - 1);
        let leading = self.leading(base, above);
        let done = self.file.writable().and_then(|store| store.renumber(above, &leading));
        let last = self.note(done)?;
        warn!(
            above,
            base, last, "the server has this spool's numbers under other events; new ones were given"
        );
        for (event, seq) in self.held.iter_mut().zip(last + 1..) {
            event.was = Some(event.seq);
            event.seq = seq;
        }
        self.next_seq = last + 1 + self.held.len() as u64;
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
