//! Tells sites and holders of subscriptions that end soon, and removes old resets of passback.

use anyhow::Result;
use boomgate_operations::subscriptions;
use boomgate_store::{Transaction, passback, subscription_contracts};
use jiff::SignedDuration;

use super::JobContext;

/// How long a reset is kept; the audit keeps that it was for longer.
const KEEP: SignedDuration = SignedDuration::from_hours(396 * 24);

/// Most mails in one run: a server that is slow must not hold the job beyond its limit.
const MOST_MAILS: usize = 20;

/// An alarm per site and a mail per holder, once for each end. A mail that no server takes is tried again with the next run; one
/// that was taken in a run that failed afterwards is sent again.
pub async fn notice_ending(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    let (told, notices) = subscriptions::notice_ending(tx).await?;
    let Some(mailer) = &context.mailer else { return Ok(told) };
    let mut done = told;
    for notice in notices.into_iter().take(MOST_MAILS) {
        match mailer.send(notice.mail).await {
            Ok(()) => {
                subscription_contracts::mailed(tx, notice.site, notice.subscription).await?;
                done += 1;
            }
            Err(error) => {
                let id = notice.subscription;
                tracing::warn!(error = error.as_ref() as &dyn std::error::Error, subscription.id = %id, "a notice was not mailed");
                break;
            }
        }
    }
    Ok(done)
}

/// Resets of long ago, with their reasons.
pub async fn prune_passback(tx: &Transaction<'_>) -> Result<u64> {
    Ok(passback::prune(tx, KEEP).await?)
}
