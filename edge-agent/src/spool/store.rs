//! The spool's SQLite file: all statements of the agent.
//!
//! WAL with `synchronous=FULL`: what a function here has returned from survives a power cut. Synchronous, one thread,
//! no policy: what to shed and when is `spool.rs`'s business.

mod list;
mod renumber;
mod singles;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use boomgate_domain::lane::command::CommandLog;
use boomgate_domain::listing::ListingKey;
use boomgate_schemas::down::{ListTerms, Rejected};
use boomgate_schemas::up::Event;
use boomgate_schemas::{bytes::Octets, strict};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, params};
use thiserror::Error;

use super::lock::LockError;
pub use singles::StoredMode;

/// Sequence numbers made durable at a time.
pub const BLOCK: u64 = 4096;

const SCHEMA: &str = "
create table if not exists meta (name text primary key, value integer not null) strict;
create table if not exists event (seq integer primary key, body blob not null) strict;
create table if not exists dead_letter (seq integer primary key, code text not null, body blob not null) strict;
create table if not exists command_log (one integer primary key check (one = 1), body text not null) strict;
create table if not exists list_entry (tag blob not null, kind text not null, until_ms integer, primary key (tag, kind)) strict;
create table if not exists list_terms (tag blob not null, body blob not null) strict;
create index if not exists list_terms_by_tag on list_terms (tag);
create table if not exists list_key (one integer primary key check (one = 1), key blob not null) strict;
create table if not exists identity (one integer primary key check (one = 1), id blob not null) strict;
create table if not exists lane_mode (one integer primary key check (one = 1), body text not null) strict;
insert or ignore into identity (one, id) values (1, randomblob(16));
";

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("no room or no right to write the spool")]
    Full(#[source] rusqlite::Error),
    #[error("spool database failed")]
    Database(#[from] rusqlite::Error),
    #[error("spool file is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("the spool is not open")]
    Closed,
}

/// Where the last run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub boot: u32,
    pub next_seq: u64,
    /// Numbers that may or may not have been used by a run that did not end well.
    pub gap: Option<(u64, u64)>,
    pub acked: u64,
    pub backlog: u64,
    pub commands: CommandLog,
    pub list_version: u64,
    pub mode: StoredMode,
    /// Drawn when the file was made: another one is another spool.
    pub spool: Option<Octets<16>>,
}

impl Default for Start {
    /// A first run without a file.
    fn default() -> Start {
        Start {
            boot: 1,
            next_seq: 1,
            gap: None,
            acked: 0,
            backlog: 0,
            commands: CommandLog::default(),
            list_version: 0,
            mode: StoredMode::default(),
            spool: None,
        }
    }
}

pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens or makes the file and checks it. A damaged file is refused, never repaired by guessing.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        make_private(path);
        let connection = Connection::open(path).map_err(classified)?;
        connection.pragma_update(None, "journal_mode", "wal").map_err(classified)?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "journal_size_limit", 1_048_576)?;
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        let found: String =
            connection.query_row("pragma quick_check(1)", [], |row| row.get(0)).map_err(classified)?;
        if found != "ok" {
            return Err(StoreError::Damaged(found));
        }
        let knew_terms = list::knows_terms(&connection)?;
        connection.execute_batch(SCHEMA).map_err(classified)?;
        if !knew_terms {
            list::forget_version(&connection).map_err(classified)?;
        }
        Ok(Store { connection })
    }

    /// Opens the file read-only, without disturbing a running agent.
    pub fn inspect(path: &Path) -> Result<Store, StoreError> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let readable = |connection: Connection| -> rusqlite::Result<Connection> {
            connection.busy_timeout(std::time::Duration::from_secs(2))?;
            connection.query_row("select count(*) from meta", [], |row| row.get::<_, u64>(0))?;
            Ok(connection)
        };
        let live = Connection::open_with_flags(path, flags).and_then(readable);
        let connection = match live {
            Err(error) if matches!(classified_kind(&error), Kind::Full) => {
                // On a disk that takes nothing the log's index cannot be made; the file alone can be read as it is.
                Connection::open_with_flags(immutable(path), flags).and_then(readable)
            }
            other => other,
        };
        Ok(Store { connection: connection.map_err(classified)? })
    }

    /// What a run would begin with, without beginning it.
    pub fn peek(&self, noted: Option<u64>) -> Result<Start, StoreError> {
        start(&self.connection, noted)
    }

    /// Begins a run: raises the boot counter and reserves the first block behind everything the last run reserved.
    pub fn begin(&mut self) -> Result<Start, StoreError> {
        self.begin_after(None)
    }

    /// The same, if it is known how far the last run used its numbers.
    pub fn begin_after(&mut self, noted: Option<u64>) -> Result<Start, StoreError> {
        let change = self.change()?;
        let start = start(&change, noted)?;
        set_meta(&change, "boot", u64::from(start.boot))?;
        set_meta(&change, "reserved", start.next_seq - 1 + BLOCK)?;
        change.commit().map_err(classified)?;
        Ok(start)
    }

    /// Reserves numbers so that `upto` and a block behind it may be used. Returns the highest number reserved.
    pub fn reserve(&mut self, upto: u64) -> Result<u64, StoreError> {
        let reserved = upto + BLOCK;
        let change = self.change()?;
        set_meta(&change, "reserved", reserved)?;
        change.commit().map_err(classified)?;
        Ok(reserved)
    }

    /// Ends a run well: numbers behind `last` were not used and may be.
    pub fn end(&mut self, last: u64) -> Result<(), StoreError> {
        let change = self.change()?;
        set_meta(&change, "reserved", last)?;
        set_meta(&change, "ended", last)?;
        change.commit().map_err(classified)
    }

    pub fn append(&mut self, events: &[Event]) -> Result<(), StoreError> {
        let change = self.change()?;
        {
            let mut insert = change.prepare_cached("insert into event (seq, body) values (?1, ?2)")?;
            for event in events {
                insert.execute(params![event.seq, strict::encode(event)]).map_err(classified)?;
            }
        }
        change.commit().map_err(classified)
    }

    /// Everything up to `upto` is in the server's database, or rejected: rejected ones become dead letters.
    pub fn acked(&mut self, upto: u64, rejected: &[Rejected]) -> Result<(), StoreError> {
        let change = self.change()?;
        for one in rejected {
            change.execute(
                "insert or replace into dead_letter (seq, code, body) select seq, ?2, body from event where seq = ?1",
                params![one.seq, one.code],
            )?;
            change.execute("delete from event where seq = ?1", [one.seq])?;
        }
        change.execute("delete from event where seq <= ?1", [upto])?;
        let before = meta(&change, "acked")?;
        set_meta(&change, "acked", before.max(upto))?;
        change.commit().map_err(classified)
    }

    /// Stored events behind `after`, oldest first.
    pub fn backlog(&self, after: u64, limit: usize) -> Result<Vec<Event>, StoreError> {
        let mut select =
            self.connection.prepare_cached("select body from event where seq > ?1 order by seq limit ?2")?;
        let bodies = select.query_map(params![after, limit as u64], |row| row.get::<_, Vec<u8>>(0))?;
        bodies
            .map(|body| strict::decode(&body?).map_err(|error| StoreError::Damaged(error.to_string())))
            .collect()
    }

    pub fn count(&self) -> Result<u64, StoreError> {
        Ok(self.connection.query_row("select count(*) from event", [], |row| row.get(0))?)
    }

    pub fn dead_letters(&self) -> Result<Vec<Rejected>, StoreError> {
        let mut select = self.connection.prepare_cached("select seq, code from dead_letter order by seq")?;
        let rows = select.query_map([], |row| Ok(Rejected { seq: row.get(0)?, code: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Stores what must not be forgotten about commands; called before anything moves.
    pub fn save_commands(&mut self, log: &CommandLog) -> Result<(), StoreError> {
        let body = serde_json::to_string(log).map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.connection
            .execute("insert or replace into command_log (one, body) values (1, ?1)", [body])
            .map_err(classified)?;
        Ok(())
    }

    /// Stores what the lane is for.
    pub fn save_mode(&mut self, mode: &StoredMode) -> Result<(), StoreError> {
        singles::save_mode(&self.connection, mode).map_err(classified)
    }

    /// Takes a whole offline list in place of the old one.
    pub fn replace_list(
        &mut self,
        version: u64,
        key: &Octets<32>,
        entries: &[ListTerms],
    ) -> Result<(), StoreError> {
        let change = self.change()?;
        list::replace(&change, key, entries).map_err(classified)?;
        set_meta(&change, list::VERSION, version)?;
        change.commit().map_err(classified)
    }

    /// The key of the list's tags, if there is a list.
    pub fn list_key(&self) -> Result<Option<ListingKey>, StoreError> {
        Ok(list::key(&self.connection)?)
    }

    /// The list's entries for a tag.
    pub fn listed(&self, tag: &[u8; 16]) -> Result<Vec<ListTerms>, StoreError> {
        Ok(list::entries(&self.connection, tag)?)
    }

    fn change(&mut self) -> Result<Transaction<'_>, StoreError> {
        self.connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(classified)
    }
}

/// The next run as the file has it now.
fn start(connection: &Connection, noted: Option<u64>) -> Result<Start, StoreError> {
    let reserved = meta(connection, "reserved")?;
    // A note beyond what was ever reserved is another file's.
    let reserved = noted.filter(|noted| *noted <= reserved).unwrap_or(reserved);
    let acked = meta(connection, "acked")?;
    let used: u64 = connection.query_row("select coalesce(max(seq), 0) from event", [], |row| row.get(0))?;
    let backlog = connection.query_row("select count(*) from event", [], |row| row.get(0))?;
    let last = used.max(acked).max(meta(connection, "ended")?);
    Ok(Start {
        boot: u32::try_from(meta(connection, "boot")?).unwrap_or(u32::MAX).saturating_add(1),
        next_seq: last.max(reserved) + 1,
        gap: (last < reserved).then_some((last + 1, reserved)),
        acked,
        backlog,
        commands: command_log(connection)?,
        list_version: meta(connection, list::VERSION)?,
        mode: singles::mode(connection)?,
        spool: singles::identity(connection)?,
    })
}

/// Makes the file readable by its owner alone, before SQLite makes it for everybody; SQLite's own files follow it.
fn make_private(path: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
}

fn immutable(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte))
            }
            other => uri.push_str(&format!("%{other:02x}")),
        }
    }
    uri + "?immutable=1"
}

fn meta(change: &Connection, name: &str) -> rusqlite::Result<u64> {
    let found =
        change.query_row("select value from meta where name = ?1", [name], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0))
}

fn command_log(change: &Connection) -> Result<CommandLog, StoreError> {
    let body: Option<String> =
        change.query_row("select body from command_log", [], |row| row.get(0)).optional()?;
    let log = body.map(|body| serde_json::from_str(&body)).transpose();
    Ok(log.map_err(|error| StoreError::Damaged(format!("command log: {error}")))?.unwrap_or_default())
}

fn set_meta(change: &Transaction<'_>, name: &str, value: u64) -> Result<(), StoreError> {
    change
        .execute(
            "insert into meta (name, value) values (?1, ?2) on conflict (name) do update set value = ?2",
            params![name, value],
        )
        .map_err(classified)?;
    Ok(())
}

/// The faults that pass (no room, read-only, I/O) and those that do not.
enum Kind {
    Full,
    Damaged,
    Other,
}

fn classified(error: rusqlite::Error) -> StoreError {
    match classified_kind(&error) {
        Kind::Full => StoreError::Full(error),
        Kind::Damaged => StoreError::Damaged(error.to_string()),
        Kind::Other => StoreError::Database(error),
    }
}

fn classified_kind(error: &rusqlite::Error) -> Kind {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::DatabaseBusy,
        ) => Kind::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Kind::Damaged,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use boomgate_domain::ids::{LaneCode, SiteCode};
    use boomgate_domain::lane::action::Answer;
    use boomgate_domain::lane::command::{Addressee, CommandCheck, Incoming, LocalDevice};
    use boomgate_domain::time::Monotonic;
    use boomgate_schemas::up::{BoomState, ClockState, EventBody};
    use uuid::Uuid;

    use super::*;

    pub fn event(seq: u64) -> Event {
        let body =
            EventBody::Boom(BoomState { state: boomgate_schemas::up::Boom::Open, cause: "rule:test".into() });
        Event {
            seq,
            boot: 1,
            id: Uuid::from_u128(seq.into()),
            at_ms: 5,
            clock: ClockState::Synced,
            uptime_ms: 5,
            body,
            was: None,
        }
    }

    fn open(folder: &tempfile::TempDir) -> Store {
        Store::open(&folder.path().join("spool.db")).unwrap()
    }

    fn check(log: &mut CommandLog, counter: u64, body: u8) -> CommandCheck {
        let addressee =
            Addressee { site: SiteCode::parse("s").unwrap(), lane: LaneCode::parse("l").unwrap() };
        let not_after = Monotonic::from_millis(9);
        let incoming =
            Incoming { addressee: addressee.clone(), counter, epoch: 1, not_after, digest: [body; 32] };
        log.check(&incoming, LocalDevice { addressee: &addressee, epoch: 1, now: Monotonic::ZERO })
    }

    #[test]
    fn a_run_that_ended_well_leaves_no_gap() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder);
        assert_eq!(store.begin().unwrap().next_seq, 1);
        store.append(&[event(1), event(2)]).unwrap();
        store.end(2).unwrap();
        drop(store);
        let start = open(&folder).begin().unwrap();
        assert_eq!((start.boot, start.next_seq, start.gap, start.backlog), (2, 3, None, 2));
    }

    #[test]
    fn a_run_that_was_killed_leaves_its_block_as_a_gap_and_repeats_no_number() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder);
        store.begin().unwrap();
        store.append(&[event(1), event(2)]).unwrap();
        store.acked(2, &[]).unwrap();
        drop(store);
        let start = open(&folder).begin().unwrap();
        assert_eq!((start.next_seq, start.gap), (BLOCK + 1, Some((3, BLOCK))));
    }

    #[test]
    fn a_killed_run_whose_last_number_is_known_leaves_exactly_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder);
        store.begin().unwrap();
        store.append(&[event(1), event(2)]).unwrap();
        drop(store);
        let start =
            |noted| open(&folder).begin_after(noted).map(|start| (start.next_seq, start.gap)).unwrap();
        assert_eq!(start(Some(4)), (5, Some((3, 4))), "3 and 4 left the lane and were never stored");
        assert_eq!(start(Some(2)), (3, None));
        assert_eq!(start(Some(1)), (3, None), "what is stored was used");
        assert_eq!(start(Some(9_999_999)), (2 + BLOCK + 1, Some((3, 2 + BLOCK))), "a note from elsewhere");
    }

    #[test]
    fn acked_events_go_and_rejected_ones_stay_as_dead_letters() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder);
        store.append(&(1..=5).map(event).collect::<Vec<_>>()).unwrap();
        store.acked(3, &[Rejected { seq: 2, code: "EVENT-MALFORMED".into() }]).unwrap();
        let left: Vec<u64> = store.backlog(0, 10).unwrap().iter().map(|e| e.seq).collect();
        assert_eq!(left, [4, 5]);
        assert_eq!(store.dead_letters().unwrap(), [Rejected { seq: 2, code: "EVENT-MALFORMED".into() }]);
    }

    #[test]
    fn a_counter_is_good_once_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder);
        let mut log = store.begin().unwrap().commands;
        assert_eq!(check(&mut log, 7, 1), CommandCheck::Execute);
        log.answered(7, Answer::Done);
        store.save_commands(&log).unwrap();
        drop(store);
        let mut log = open(&folder).begin().unwrap().commands;
        assert_eq!(check(&mut log, 7, 1), CommandCheck::Repeat(Answer::Done));
        assert!(matches!(check(&mut log, 7, 2), CommandCheck::Replay(_)));
        assert!(matches!(check(&mut log, 6, 3), CommandCheck::Replay(_)));
        assert_eq!(check(&mut log, 8, 4), CommandCheck::Execute);
    }

    #[test]
    fn a_file_that_is_no_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spool.db"), vec![7; 8192]).unwrap();
        assert!(matches!(Store::open(&folder.path().join("spool.db")), Err(StoreError::Damaged(_))));
    }
}
