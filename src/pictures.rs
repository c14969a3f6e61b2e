//! How many pictures are kept: the oldest go when they are too old, or when all together are too large.

use anyhow::{Result, anyhow};
use boomgate_store::evidence::Surplus;
use boomgate_store::{GenericClient, evidence};
use jiff::Timestamp;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::config::Evidence;

/// Removed at a time, and how often in one job; more in the next.
const AT_A_TIME: i64 = 2000;
const TIMES: usize = 10;

/// Removes what is too much. The bytes go before their row: a crash between leaves a row that is looked at again, never a
/// picture that nobody knows of. Returns how many went.
pub async fn remove_surplus(
    tx: &impl GenericClient,
    pictures: &dyn ObjectStore,
    keep: &Evidence,
    now: Timestamp,
) -> Result<u64> {
    let before = now.checked_sub(keep.keep).unwrap_or(Timestamp::MIN);
    let most = i64::try_from(keep.max_bytes).unwrap_or(i64::MAX);
    let mut removed = 0;
    for _ in 0..TIMES {
        let total = evidence::total(tx).await?;
        #[expect(clippy::cast_precision_loss, reason = "bytes to within a few")]
        metrics::gauge!("boomgate_evidence_bytes").set(total.bytes as f64);
        if total.bytes <= most && total.oldest.is_none_or(|oldest| oldest >= before) {
            break;
        }
        let surplus = evidence::surplus(tx, most, before, AT_A_TIME).await?;
        removed += surplus.len() as u64;
        for picture in surplus {
            remove(tx, pictures, &picture).await?;
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
