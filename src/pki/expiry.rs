//! When certificates end: a metric, a warning in the log once a day, and the list that `doctor` shows.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use boomgate_store::{Pool, StoreError, devices};
use jiff::{SignedDuration, Timestamp};

pub use super::certificate::{WARN_DAYS, days_left, end, names};

const POLL_INTERVAL: Duration = Duration::from_secs(3600);
/// A little less than a day, so that a daily check is not skipped by a few seconds.
const WARN_INTERVAL: SignedDuration = SignedDuration::from_mins(23 * 60 + 30);

/// A certificate and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// `ca`, `server`, `people`, or the code of a device.
    pub of: String,
    pub until: Timestamp,
    /// What to do about it.
    pub advice: String,
}

impl Expiry {
    pub fn days_left(&self, now: Timestamp) -> i64 {
        days_left(self.until, now)
    }
}

/// Where a server's certificates are.
#[derive(Clone, Debug)]
pub struct Certificates {
    pub pki: std::path::PathBuf,
    /// Of the people's listener.
    pub people: Option<std::path::PathBuf>,
    /// Further names in the server's certificate when it is renewed.
    pub hosts: Vec<String>,
}

impl Certificates {
    /// Those in files.
    pub fn of_files(&self) -> Result<Vec<Expiry>> {
        let mut found = Vec::new();
        for (of, until) in super::Pki::open(&self.pki)?.ends()? {
            let advice = match of {
                "server" => {
                    "a running server renews it by itself where the CA's key is; else run `boomgate pki renew`"
                }
                _ => "every device needs new keys from a new CA: plan it now",
            };
            found.push(Expiry { of: of.into(), until, advice: advice.into() });
        }
        if let Some(path) = &self.people {
            let pem =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            let advice = format!("put a new certificate at {}", path.display());
            found.push(Expiry { of: "people".into(), until: end(&pem)?, advice });
        }
        Ok(found)
    }

    /// Renews the server's own certificate and warns about all others, as long as the server runs.
    pub async fn watch(self, pool: Pool) {
        let mut warned = HashMap::new();
        loop {
            self.look(&pool, &mut warned, Timestamp::now()).await;
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn look(&self, pool: &Pool, warned: &mut HashMap<String, Timestamp>, now: Timestamp) {
        let renewed = super::Pki::open(&self.pki).and_then(|pki| pki.renew_server_if_due(&self.hosts));
        if let Err(error) = renewed {
            tracing::warn!(error = format!("{error:#}"), "cannot renew the server's certificate");
        }
        let files = self.of_files().unwrap_or_else(|error| {
            tracing::warn!(error = format!("{error:#}"), "cannot read a certificate");
            Vec::new()
        });
        let devices = of_devices(pool).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "cannot read the devices' certificates");
            Vec::new()
        });
        for one in files.into_iter().chain(devices) {
            let days_left = one.days_left(now);
            #[expect(clippy::cast_precision_loss, reason = "days fit a double")]
            metrics::gauge!("boomgate_certificate_days_left", "of" => one.of.clone()).set(days_left as f64);
            let due = warned.get(&one.of).is_none_or(|last| now.duration_since(*last) > WARN_INTERVAL);
            if days_left <= WARN_DAYS && due {
                tracing::warn!(of = one.of, days_left, advice = one.advice, "a certificate ends soon");
                warned.insert(one.of, now);
            }
        }
    }
}

/// Those of all live devices, as far as they are known.
pub async fn of_devices(pool: &Pool) -> Result<Vec<Expiry>, StoreError> {
    let rows = devices::all_live(&pool.get().await?).await?;
    let known = rows.into_iter().filter_map(|row| {
        let advice = format!("run `boomgate device renew {} --out DIR` and carry DIR to the lane", row.code);
        Some(Expiry { of: row.code, until: row.certificate_until?, advice })
    });
    Ok(known.collect())
}
