//! When certificates end, and that people are told in time: metric, log once a day, and the list `doctor` shows.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use boomgate_store::{Pool, StoreError, devices};
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// From so many days before its end a certificate is spoken of.
pub const WARN_DAYS: i64 = 30;
const LOOK: Duration = Duration::from_secs(3600);
/// A little less than a day: the look after the next look must not fall just short.
const SAID_AGAIN: SignedDuration = SignedDuration::from_mins(23 * 60 + 30);

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

/// Whole days until then, negative when it is over.
pub fn days_left(until: Timestamp, now: Timestamp) -> i64 {
    until.duration_since(now).as_secs().div_euclid(24 * 3600)
}

/// When the first certificate of a PEM text ends.
pub fn end(pem: &str) -> Result<Timestamp> {
    with_first(pem, |certificate| Ok(Timestamp::from_second(certificate.validity().not_after.timestamp())?))
}

/// The names and addresses a certificate is for.
pub fn names(pem: &str) -> Result<Vec<String>> {
    with_first(pem, |certificate| {
        let Some(found) = certificate.subject_alternative_name()? else { return Ok(Vec::new()) };
        Ok(found.value.general_names.iter().filter_map(name).collect())
    })
}

fn with_first<T>(pem: &str, read: impl FnOnce(&X509Certificate<'_>) -> Result<T>) -> Result<T> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).context("no certificate in PEM form")?;
    let (_, certificate) =
        X509Certificate::from_der(&der).map_err(|error| anyhow!("certificate cannot be read: {error}"))?;
    read(&certificate)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "an enum of another crate with many kinds")]
fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => Some(std::net::IpAddr::from(<[u8; 4]>::try_from(*bytes).ok()?).to_string()),
            16 => Some(std::net::IpAddr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()),
            _ => None,
        },
        _ => None,
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

    /// Renews the server's own and tells of all in time, for as long as the server runs.
    pub async fn watch(self, pool: Pool) {
        let mut said = HashMap::new();
        loop {
            self.look(&pool, &mut said, Timestamp::now()).await;
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn look(&self, pool: &Pool, said: &mut HashMap<String, Timestamp>, now: Timestamp) {
        let renewed = super::Pki::open(&self.pki).and_then(|pki| pki.renew_server_if_due(&self.hosts));
        if let Err(error) = renewed {
            tracing::warn!(error = format!("{error:#}"), "the server's certificate cannot be renewed");
        }
        let files = self.of_files().unwrap_or_else(|error| {
            tracing::warn!(error = format!("{error:#}"), "a certificate cannot be looked at");
            Vec::new()
        });
        let devices = of_devices(pool).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the devices' certificates cannot be looked at now");
            Vec::new()
        });
        for one in files.into_iter().chain(devices) {
            let days_left = one.days_left(now);
            #[expect(clippy::cast_precision_loss, reason = "days fit a double")]
            metrics::gauge!("boomgate_certificate_days_left", "of" => one.of.clone()).set(days_left as f64);
            let due = said.get(&one.of).is_none_or(|last| now.duration_since(*last) > SAID_AGAIN);
            if days_left <= WARN_DAYS && due {
                tracing::warn!(of = one.of, days_left, advice = one.advice, "a certificate ends soon");
                said.insert(one.of, now);
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
