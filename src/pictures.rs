//! How many pictures are kept: the oldest go when they are too old, or when all together are too large.

use anyhow::{Result, anyhow};
use boomgate_store::{GenericClient, evidence};
use jiff::Timestamp;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::config::Evidence;

/// Removed at a time; more in the next round.
const AT_A_TIME: i64 = 2000;

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
    let surplus = evidence::surplus(tx, most, before, AT_A_TIME).await?;
    let removed = surplus.len() as u64;
    for picture in surplus {
        let sha256 = picture.sha256.as_slice().try_into().map_err(|_| anyhow!("a picture without a hash"))?;
        match pictures.delete(&boomgate_api::picture_path(picture.site_id, sha256)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        evidence::delete(tx, picture.site_id, sha256).await?;
    }
    metrics::counter!("boomgate_evidence_removed_total").increment(removed);
    #[expect(clippy::cast_precision_loss, reason = "bytes to within a few")]
    metrics::gauge!("boomgate_evidence_bytes").set(evidence::total(tx).await? as f64);
    Ok(removed)
}
