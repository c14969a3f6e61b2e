//! Watches lanes, and removes alarms that were closed long ago.

use anyhow::Result;
use boomgate_operations::alarms as operations;
use boomgate_store::{Transaction, alarms};
use jiff::SignedDuration;

/// How long a closed alarm is kept: a year, and a month to compare it with the same of the year before.
const KEEP: SignedDuration = SignedDuration::from_hours(396 * 24);

/// Raises what no event does, closes what is over.
pub async fn watch(tx: &Transaction<'_>) -> Result<u64> {
    Ok(operations::watch(tx).await?)
}

/// Closed alarms, with their notes.
pub async fn prune(tx: &Transaction<'_>) -> Result<u64> {
    Ok(alarms::prune(tx, KEEP).await?)
}
