//! Removes pictures: the oldest first, when they are too old or when all together are too large.

use anyhow::{Result, anyhow};
use boomgate_store::Transaction;
use boomgate_store::evidence::{self, SurplusPicture};
use object_store::{ObjectStore, ObjectStoreExt};

use super::job::JobContext;

/// Removed in one run: a run that is cut short does little again. More in the next.
const AT_A_TIME: i64 = 2000;

/// Removes what is too much. The bytes go before their row: a crash between leaves a row that is looked at again, never a
/// picture without a row. Returns how many were removed.
///
/// # Errors
/// Fails when none of the due pictures could be removed; one failure does not stop the others.
pub async fn remove_surplus(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    let keep = context.evidence.keep;
    let most = i64::try_from(context.evidence.max_bytes).unwrap_or(i64::MAX);
    let total = evidence::total(tx, keep).await?;
    #[expect(clippy::cast_precision_loss, reason = "bytes to within a few")]
    metrics::gauge!("boomgate_evidence_bytes").set(total.bytes as f64);
    if total.bytes <= most && !total.too_old {
        return Ok(0);
    }
    let (mut removed, mut left) = (0, None);
    for picture in evidence::surplus(tx, most, keep, AT_A_TIME).await? {
        match remove_bytes(&*context.pictures, &picture).await {
            Ok(sha256) => {
                evidence::delete(tx, picture.site_id, &sha256).await?;
                removed += 1;
            }
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "cannot remove a picture");
                left = Some(error);
            }
        }
    }
    metrics::counter!("boomgate_evidence_removed_total").increment(removed);
    match left {
        Some(error) if removed == 0 => Err(error),
        _ => Ok(removed),
    }
}

async fn remove_bytes(pictures: &dyn ObjectStore, picture: &SurplusPicture) -> Result<[u8; 32]> {
    let sha256 = picture.sha256.as_slice().try_into().map_err(|_| anyhow!("a picture without a hash"))?;
    match pictures.delete(&boomgate_api::picture_path(picture.site_id, &sha256)).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(sha256),
        Err(error) => Err(error.into()),
    }
}
