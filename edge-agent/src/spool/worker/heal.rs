//! Back to the file after a time without it: opened at last, caught up with, and what was lost declared.

use std::sync::atomic::Ordering;
use std::time::Instant;

use boomgate_schemas::up::Event;
use tracing::{info, warn};

use super::{File, SpoolWorker, begun};
use crate::spool::job::{Health, RETRY};
use crate::spool::lock::LockError;
use crate::spool::store::{self, StoreError};

impl SpoolWorker {
    /// Tries again what could not be written, and declares what was lost. An error is another program's lock.
    pub(super) fn heal(&mut self) -> Result<(), LockError> {
        self.shed += self.lost.swap(0, Ordering::Relaxed);
        if let Some(tried) = self.failed_at {
            if tried.elapsed() < RETRY {
                return Ok(());
            }
            self.failed_at = Some(Instant::now());
        }
        let was_shut = !self.file.is_open();
        if (was_shut && !self.open_late()?) || !self.catch_up() {
            return Ok(());
        }
        let was_failed = self.failed_at.take().is_some();
        if was_shut {
            self.begin_late();
        }
        self.number_waiting();
        self.declare_shed();
        if was_failed && self.failed_at.is_none() {
            let acked = self.acked;
            let done = self.file.writable().and_then(|store| {
                store.acked(acked, &[])?;
                store.count()
            });
            self.stored = self.note(done).unwrap_or(self.stored);
            let _ = self.outlets.health.send(Health::Healed);
            info!("the spool can be written again");
        }
        Ok(())
    }

    /// Opens the file that could not be opened before; false if it still cannot.
    fn open_late(&mut self) -> Result<bool, LockError> {
        let (store, start) = match begun(&self.path, &mut self.lock) {
            Ok(begun) => begun,
            Err(StoreError::Lock(held @ LockError::Held(_))) => return Err(held),
            Err(failure) => {
                let _ = self.note::<()>(Err(failure));
                return Ok(false);
            }
        };
        info!(boot = start.boot, next_seq = start.next_seq, "the spool could be opened");
        self.file = File::Open(store);
        self.next_seq = start.next_seq.max(self.next_seq);
        self.reserved = start.next_seq - 1 + store::BLOCK;
        self.stored = start.backlog;
        self.acked = start.acked.max(self.acked);
        self.start = start;
        Ok(true)
    }

    /// Whatever a run begins with, now that there is a file; then the facts that waited for numbers.
    fn begin_late(&mut self) {
        let _ = self.outlets.health.send(Health::Opened(Box::new(self.start.clone())));
        let (first_free, next) = (self.start.next_seq, self.next_seq);
        if next > self.reserved {
            self.reserve();
        }
        self.declare_unused();
        if next > first_free {
            // Another file than the one that was read before: its numbers stay behind those of that one.
            self.declare_gap(first_free, next - 1, "spool_renewed");
        }
    }

    /// Numbers and stores the facts that waited for it.
    fn number_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.unnumbered);
        let fresh = waiting.into_iter().filter_map(|new| self.number(new)).collect();
        self.keep(fresh);
    }

    /// Stores what was held; false if there is still no room.
    pub(super) fn catch_up(&mut self) -> bool {
        if self.held.is_empty() {
            return self.failed_at.is_none() || self.reserve();
        }
        let held: Vec<Event> = self.held.iter().cloned().collect();
        let done = self.file.writable().and_then(|store| store.append(&held));
        if self.note(done).is_none() {
            return false;
        }
        self.stored += held.len() as u64;
        self.held.clear();
        true
    }

    /// Declares events that were never numbered: exactly as many numbers as events.
    fn declare_shed(&mut self) {
        if self.shed == 0 || self.stored >= self.max_events {
            return;
        }
        let first = self.next_seq;
        self.next_seq += self.shed;
        warn!(first, count = self.shed, "events were shed while the spool could not take them");
        self.shed = 0;
        if self.next_seq > self.reserved {
            self.reserve();
        }
        self.declare_gap(first, self.next_seq - 1, "spool_full");
    }
}
