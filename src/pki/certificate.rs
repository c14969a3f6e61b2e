//! Reads a certificate in PEM: when it ends, and for which names it is.

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// From so many days before its end a certificate is spoken of.
pub const WARN_DAYS: i64 = 30;

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
