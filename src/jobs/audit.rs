//! Seals the audit lines that wait into the chain of their site.

use anyhow::Result;
use boomgate_store::{Transaction, audit};

/// Lines of a site that are sealed at a time.
const MAX_SEALED: i32 = 20_000;

/// Answers how many lines were sealed.
pub async fn seal(tx: &Transaction<'_>) -> Result<u64> {
    Ok(audit::seal(tx, MAX_SEALED).await?)
}
