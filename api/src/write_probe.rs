//! Whether the database commits: one row is written, at most once a second however often it is asked.

use std::time::{Duration, Instant};

use boomgate_store::pool::within;
use boomgate_store::{Pool, write_probe};
use jiff::Timestamp;
use tokio::sync::Mutex;

const PROBE_INTERVAL: Duration = Duration::from_secs(1);
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// The result of the last write, valid for [`PROBE_INTERVAL`].
#[derive(Default)]
pub(crate) struct WriteProbe(Mutex<Option<(Instant, Option<&'static str>)>>);

impl WriteProbe {
    /// Why the database does not commit; none when it committed within the last [`PROBE_INTERVAL`].
    pub(crate) async fn failure(&self, pool: &Pool) -> Option<&'static str> {
        let mut last = self.0.lock().await;
        if let Some((at, found)) = *last
            && at.elapsed() < PROBE_INTERVAL
        {
            return found;
        }
        let write = within(PROBE_TIMEOUT, async {
            let client = pool.get().await?;
            write_probe::write(&client, Timestamp::now()).await
        });
        let found = write.await.err().map(|error| {
            let failure = write_probe::failure(&error);
            tracing::warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                failure,
                "the database does not commit"
            );
            failure
        });
        metrics::gauge!("boomgate_database_writable").set(if found.is_none() { 1.0 } else { 0.0 });
        *last = Some((Instant::now(), found));
        found
    }
}
