//! One row that is written now and then: whether anything can be committed.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::error::SqlState;

use crate::error::StoreError;
use crate::statement::execute;

/// Commits a change of the probe's own row.
///
/// # Errors
/// Whatever keeps anything from being committed; [`StoreError::NotFound`] when the row is gone.
pub async fn write(client: &impl GenericClient, now: Timestamp) -> Result<(), StoreError> {
    match execute(client, include_str!("../queries/write_probe/write.sql"), &[&now]).await? {
        0 => Err(StoreError::NotFound { what: "row of the write probe", id: "1".into() }),
        _ => Ok(()),
    }
}

/// What keeps the database from committing, in a text that reveals nothing else to an unauthenticated reader.
#[must_use]
pub fn failure(error: &StoreError) -> &'static str {
    const FULL: [SqlState; 2] = [SqlState::DISK_FULL, SqlState::INSUFFICIENT_RESOURCES];
    match error.sql_state() {
        Some(state) if FULL.contains(state) => "the database's disk is full",
        Some(state) if *state == SqlState::READ_ONLY_SQL_TRANSACTION => "the database is read-only",
        Some(state) if *state == SqlState::IO_ERROR => "the database's disk fails",
        Some(_) => "the database refuses to write",
        None => "the database does not answer",
    }
}
