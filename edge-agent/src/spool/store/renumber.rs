//! New numbers for everything that waits, when the server has the old ones under other events.
//!
//! One transaction: afterwards the file has all old numbers or all new ones, never a mix, and every event
//! with its own id.

use boomgate_schemas::strict;
use boomgate_schemas::up::Event;
use rusqlite::{Transaction, params};

use super::{BLOCK, Store, StoreError, classified, meta, set_meta};

/// Events rewritten at a time, to keep memory flat over a long backlog.
const PART: u64 = 500;

impl Store {
    /// The lowest number that waits.
    pub fn lowest(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.connection.query_row("select min(seq) from event", [], |row| row.get(0))?)
    }

    /// Stores `leading` with the numbers they have, and gives what waited numbers behind them, in the same order; each
    /// says which one it had. Numbers up to `above` count as answered. Returns the last number given.
    ///
    /// The numbers of `leading` are above all that wait and above `above`.
    pub fn renumber(&mut self, above: u64, leading: &[Event]) -> Result<u64, StoreError> {
        let change = self.change()?;
        let first = leading.last().map_or(above, |event| event.seq) + 1;
        let last = move_up(&change, first)?;
        for event in leading {
            insert(&change, event)?;
        }
        let acked = meta(&change, "acked")?;
        set_meta(&change, "acked", acked.max(above))?;
        set_meta(&change, "reserved", last + BLOCK)?;
        change.commit().map_err(classified)?;
        Ok(last)
    }
}

/// Numbers everything anew from `first` on. Returns the last number given, or the one before `first`.
fn move_up(change: &Transaction<'_>, first: u64) -> Result<u64, StoreError> {
    let mut last = first - 1;
    loop {
        let part = oldest_below(change, first)?;
        if part.is_empty() {
            return Ok(last);
        }
        for body in part {
            let mut event: Event =
                strict::decode(&body).map_err(|error| StoreError::Damaged(error.to_string()))?;
            last += 1;
            change.execute("delete from event where seq = ?1", [event.seq]).map_err(classified)?;
            event.was = Some(event.seq);
            event.seq = last;
            insert(change, &event)?;
        }
    }
}

fn oldest_below(change: &Transaction<'_>, first: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut select = change.prepare_cached("select body from event where seq < ?1 order by seq limit ?2")?;
    let bodies = select.query_map(params![first, PART], |row| row.get(0))?;
    bodies.collect::<Result<_, _>>().map_err(classified)
}

fn insert(change: &Transaction<'_>, event: &Event) -> Result<(), StoreError> {
    let mut insert = change.prepare_cached("insert into event (seq, body) values (?1, ?2)")?;
    insert.execute(params![event.seq, strict::encode(event)]).map_err(classified)?;
    Ok(())
}
