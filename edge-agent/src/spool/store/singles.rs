//! Tables of one row: which file it is, and what the lane is for.

use boomgate_domain::lane_mode::LaneMode;
use boomgate_schemas::bytes::Octets;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

/// The mode people wish the lane to have, as it was last heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMode {
    /// Of the wish; 0 before the first.
    pub version: u64,
    pub mode: LaneMode,
    /// Unix milliseconds, from which on the lane is open again.
    pub until_ms: Option<i64>,
}

/// Stores the mode; it holds from the next start on, too.
pub(super) fn save_mode(connection: &Connection, mode: &StoredMode) -> rusqlite::Result<()> {
    let body = serde_json::to_string(mode).expect("numbers and words always have a JSON form");
    connection.execute("insert or replace into lane_mode (one, body) values (1, ?1)", [body]).map(drop)
}

/// The stored mode; open, of no version, for a file that knows none or one of a later program: the server says it again.
pub(super) fn mode(connection: &Connection) -> rusqlite::Result<StoredMode> {
    if !has_table(connection, "lane_mode")? {
        return Ok(StoredMode::default());
    }
    let body: Option<String> =
        connection.query_row("select body from lane_mode", [], |row| row.get(0)).optional()?;
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default())
}

/// None for a file that was made before files had one.
pub(super) fn identity(connection: &Connection) -> rusqlite::Result<Option<Octets<16>>> {
    if !has_table(connection, "identity")? {
        return Ok(None);
    }
    let id = connection.query_row("select id from identity", [], |row| row.get(0)).optional()?;
    Ok(id.map(Octets))
}

/// Whether the file has this table: an older program may have made it.
pub(super) fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection.query_row("select count(*) from sqlite_master where name = ?1", [name], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "create table lane_mode (one integer primary key check (one = 1), body text not null) strict";

    #[test]
    fn the_newest_mode_is_known() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLE).unwrap();
        assert_eq!(mode(&connection).unwrap(), StoredMode::default());
        let wish = |version, mode| StoredMode { version, mode, until_ms: Some(7) };
        save_mode(&connection, &wish(3, LaneMode::FreeFlow)).unwrap();
        save_mode(&connection, &wish(4, LaneMode::Full)).unwrap();
        assert_eq!(mode(&connection).unwrap(), wish(4, LaneMode::Full));
    }

    #[test]
    fn a_file_from_before_the_modes_or_of_a_later_program_knows_none() {
        let connection = Connection::open_in_memory().unwrap();
        assert_eq!(mode(&connection).unwrap(), StoredMode::default());
        connection.execute_batch(TABLE).unwrap();
        let later = r#"{"version":9,"mode":"overnight","until_ms":null}"#;
        connection.execute("insert into lane_mode values (1, ?1)", [later]).unwrap();
        assert_eq!(mode(&connection).unwrap(), StoredMode::default());
    }
}
