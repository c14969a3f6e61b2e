//! The lane's keys: its certificate for TLS, its signing key, and a clock that survives a Pi without a battery.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

use crate::config::Server;

#[derive(Debug, Error)]
pub enum KeyError {
    #[error("{path} is not a readable PEM file: {why}")]
    Pem { path: PathBuf, why: String },
    #[error("{path} is not an Ed25519 key in PKCS#8 PEM: {why}")]
    SigningKey { path: PathBuf, why: String },
    #[error("certificate and key of the device do not make a TLS identity: {0}")]
    Tls(String),
}

/// TLS 1.2 and 1.3 with the site's CA alone, the device's certificate, and the ring provider.
pub fn tls_config(server: &Server) -> Result<Arc<ClientConfig>, KeyError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&server.ca)? {
        roots.add(certificate).map_err(|error| pem(&server.ca, error))?;
    }
    let key = PrivateKeyDer::from_pem_file(&server.key).map_err(|error| pem(&server.key, error))?;
    let failed = |error: rustls::Error| KeyError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| KeyError::Tls(error.to_string()))?;
    let config = ClientConfig::builder_with_details(provider, Arc::new(FloorClock::beside(&server.cert)))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_webpki_verifier(verifier)
        .with_client_auth_cert(certificates(&server.cert)?, key)
        .map_err(failed)?;
    Ok(Arc::new(config))
}

pub fn signing_key(path: &Path) -> Result<SigningKey, KeyError> {
    let failed = |why: String| KeyError::SigningKey { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    SigningKey::from_pkcs8_pem(&text).map_err(|error| failed(error.to_string()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, KeyError> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| pem(path, error))?;
    let found: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| pem(path, error))?;
    if found.is_empty() { Err(pem(path, "it holds no certificate")) } else { Ok(found) }
}

fn pem(path: &Path, why: impl ToString) -> KeyError {
    KeyError::Pem { path: path.to_owned(), why: why.to_string() }
}

/// Wall time, but never before the device's certificate was written: a lane whose clock starts in the past still connects.
#[derive(Debug)]
struct FloorClock {
    floor: Duration,
}

impl FloorClock {
    fn beside(file: &Path) -> FloorClock {
        let written = std::fs::metadata(file).and_then(|data| data.modified()).unwrap_or(UNIX_EPOCH);
        FloorClock { floor: written.duration_since(UNIX_EPOCH).unwrap_or_default() }
    }
}

impl TimeProvider for FloorClock {
    fn current_time(&self) -> Option<UnixTime> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some(UnixTime::since_unix_epoch(now.max(self.floor)))
    }
}
