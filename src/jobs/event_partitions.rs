//! Makes the monthly partitions of events before they are needed.

use anyhow::Result;
use boomgate_store::{Transaction, events};

/// Months of partitions that are there, this one included.
pub const MONTHS_AHEAD: i32 = 3;

/// Answers how many partitions were made.
pub async fn make(tx: &Transaction<'_>) -> Result<u64> {
    Ok(events::make_partitions(tx, MONTHS_AHEAD).await?)
}
