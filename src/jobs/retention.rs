//! Removes old rows. Ages are computed with the database's clock.

use anyhow::Result;
use boomgate_store::{
    Transaction, idempotency, known_browsers, live_feed, notices, one_time_links, users, vehicle_imports,
};
use jiff::SignedDuration;

use super::job::JobContext;

/// A client that was away for longer loads afresh.
pub async fn live_feed(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    Ok(live_feed::prune(tx, context.keep.live_feed).await?)
}

/// How long a person can read back what happened to their account.
const NOTICES: SignedDuration = SignedDuration::from_hours(365 * 24);

/// Sessions that ended a while ago, links that are good no more, and old notices.
pub async fn sessions(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    let sessions = users::prune_sessions(tx, context.keep.expired_sessions).await?;
    Ok(sessions + one_time_links::prune(tx).await? + notices::prune(tx, NOTICES).await?)
}

/// Browsers without a recent login.
pub async fn known_browsers(tx: &Transaction<'_>) -> Result<u64> {
    Ok(known_browsers::prune(tx).await?)
}

/// Answers to requests that are not repeated any more.
pub async fn idempotency_keys(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    Ok(idempotency::prune(tx, context.keep.idempotency_keys).await?)
}

/// What imports did to vehicles, when they can be taken back no more.
pub async fn vehicle_imports(tx: &Transaction<'_>) -> Result<u64> {
    Ok(vehicle_imports::prune(tx).await?)
}
