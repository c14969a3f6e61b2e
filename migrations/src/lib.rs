//! The database's shape: numbered statements under `sql/` and their runner.
//!
//! Does not depend on what the tables mean. A released file is never edited: a change is a new file, which
//! expands first; what is no longer read is contracted in a later release.

use refinery::Report;
use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("sql");
}

/// Every process that may migrate takes this advisory lock first ("boomgate" as a number, which no other program uses).
const MIGRATION_LOCK: i64 = 0x626f_6f6d_6761_7465;
/// Months of event partitions made ahead of now.
const PARTITIONS_AHEAD: i32 = 3;

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("migration refused")]
    Refused(#[from] refinery::Error),
    #[error("database refused a statement around the migrations")]
    Database(#[from] tokio_postgres::Error),
}

/// The highest version this program knows.
#[must_use]
pub fn latest_version() -> i64 {
    embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or(0)
}

/// Differs whenever any migration differs; names template databases.
#[must_use]
pub fn fingerprint() -> u64 {
    let runner = embedded::migrations::runner();
    runner.get_migrations().iter().fold(0, |sum: u64, one| sum.rotate_left(7) ^ one.checksum())
}

/// Brings the database behind `client` up to date and returns how many migrations were applied.
///
/// `client` must be a connection of its own, not one of a pool: a session-wide advisory lock is held meanwhile, so that
/// of several starting processes one migrates and the others wait.
///
/// # Errors
/// A migration that was edited, is missing or fails; a lost connection.
pub async fn run(client: &mut Client) -> Result<usize, MigrateError> {
    client.batch_execute("set statement_timeout = 0").await?;
    client.execute("select pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    let outcome = migrate(client).await;
    let unlocked = client.execute("select pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await;
    let applied = outcome?;
    unlocked?;
    Ok(applied)
}

async fn migrate(client: &mut Client) -> Result<usize, MigrateError> {
    let report: Report = embedded::migrations::runner().run_async(client).await?;
    let applied = report.applied_migrations().len();
    if applied > 0 {
        tracing::info!(applied, "database schema brought up to date");
    }
    client.execute("select make_event_partitions(now()::date, $1)", &[&PARTITIONS_AHEAD]).await?;
    Ok(applied)
}
