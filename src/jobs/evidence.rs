//! How many pictures are kept: the oldest go when they are too old, or when all together are too large.

use anyhow::{Result, anyhow};
use boomgate_store::evidence::{self, Surplus};
use boomgate_store::{GenericClient, Transaction};
use object_store::{ObjectStore, ObjectStoreExt};

use super::job::JobContext;

/// Removed at a time, and how often in one run; more in the next.
const AT_A_TIME: i64 = 2000;
const TIMES: usize = 10;

/// Removes what is too much. The bytes go before their row: a crash between leaves a row that is looked at again, never a
/// picture that nobody knows of. Returns how many went.
pub async fn remove_surplus(context: &JobContext, tx: &Transaction<'_>) -> Result<u64> {
    let keep = context.evidence.keep;
    let most = i64::try_from(context.evidence.max_bytes).unwrap_or(i64::MAX);
    let mut removed = 0;
    for _ in 0..TIMES {
        let total = evidence::total(tx, keep).await?;
        #[expect(clippy::cast_precision_loss, reason = "bytes to within a few")]
        metrics::gauge!("boomgate_evidence_bytes").set(total.bytes as f64);
        if total.bytes <= most && !total.too_old {
            break;
        }
        let surplus = evidence::surplus(tx, most, keep, AT_A_TIME).await?;
        removed += surplus.len() as u64;
        for picture in surplus {
            remove(tx, &*context.pictures, &picture).await?;
        }
    }
    metrics::counter!("boomgate_evidence_removed_total").increment(removed);
    Ok(removed)
}

async fn remove(tx: &impl GenericClient, pictures: &dyn ObjectStore, picture: &Surplus) -> Result<()> {
    let sha256 = picture.sha256.as_slice().try_into().map_err(|_| anyhow!("a picture without a hash"))?;
    match pictures.delete(&boomgate_api::picture_path(picture.site_id, sha256)).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(evidence::delete(tx, picture.site_id, sha256).await?)
}
