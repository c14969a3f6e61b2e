//! Removes rows that nobody needs any more. What is old, the database's clock says.

use anyhow::Result;
use boomgate_store::{Transaction, idempotency, known_browsers, live_feed, users};

use super::job::JobContext;

/// A screen that was away for longer loads afresh.
pub async fn live_feed(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    Ok(live_feed::prune(tx, context.keep.live_feed).await?)
}

/// Sessions that ended a while ago.
pub async fn sessions(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    Ok(users::prune_sessions(tx, context.keep.expired_sessions).await?)
}

/// Browsers nobody logged in with for long.
pub async fn known_browsers(tx: &Transaction<'_>) -> Result<u64> {
    Ok(known_browsers::prune(tx).await?)
}

/// Answers to requests that are not repeated any more.
pub async fn idempotency_keys(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    Ok(idempotency::prune(tx, context.keep.idempotency_keys).await?)
}
