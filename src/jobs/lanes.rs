//! Ends modes at their time, and removes old requests to hold all lanes open and pictures that were only to be looked at.

use anyhow::Result;
use boomgate_operations::{modes, previews};
use boomgate_store::{Transaction, hold_all};
use jiff::SignedDuration;

/// How long a request is kept; the audit keeps that it was for longer.
const KEEP: SignedDuration = SignedDuration::from_hours(396 * 24);

/// Opens lanes whose mode's time is over.
pub async fn end_modes(tx: &Transaction<'_>) -> Result<u64> {
    Ok(modes::end_due(tx).await?)
}

/// Requests of long ago, with their reasons.
pub async fn prune_hold_all(tx: &Transaction<'_>) -> Result<u64> {
    Ok(hold_all::prune(tx, KEEP).await?)
}

/// Pictures of lanes that nobody looks at any more.
pub async fn prune_previews(tx: &Transaction<'_>) -> Result<u64> {
    Ok(previews::prune(tx).await?)
}
