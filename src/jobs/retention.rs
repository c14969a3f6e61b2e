//! Removes old rows. Ages are computed with the database's clock.

use anyhow::Result;
use boomgate_store::{Transaction, idempotency, known_browsers, live_feed, users};

use super::job::JobContext;

/// A client that was away for longer loads afresh.
pub async fn live_feed(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    Ok(live_feed::prune(tx, context.keep.live_feed).await?)
}

/// Sessions that ended a while ago.
pub async fn sessions(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    Ok(users::prune_sessions(tx, context.keep.expired_sessions).await?)
}

/// Browsers without a recent login.
pub async fn known_browsers(tx: &Transaction<'_>) -> Result<u64> {
    Ok(known_browsers::prune(tx).await?)
}

/// Answers to requests that are not repeated any more.
pub async fn idempotency_keys(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    Ok(idempotency::prune(tx, context.keep.idempotency_keys).await?)
}
