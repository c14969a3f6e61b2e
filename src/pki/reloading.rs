//! The certificate a listener shows, read again when its file changes: a renewal needs no restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// How soon a new file is noticed.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// A certificate with its key, from two PEM files.
#[derive(Debug)]
pub struct ReloadedCertificate {
    cert: PathBuf,
    key: PathBuf,
    now: RwLock<Arc<CertifiedKey>>,
}

impl ReloadedCertificate {
    pub fn load(cert: &Path, key: &Path) -> Result<Arc<Self>> {
        let now = RwLock::new(read(cert, key)?);
        Ok(Arc::new(Self { cert: cert.to_owned(), key: key.to_owned(), now }))
    }

    /// Makes the listeners of this configuration show it.
    pub fn show_by(self: &Arc<Self>, config: Arc<ServerConfig>) -> Arc<ServerConfig> {
        let mut config = Arc::unwrap_or_clone(config);
        config.cert_resolver = Arc::<Self>::clone(self);
        Arc::new(config)
    }

    /// Takes what is in the files now. Whether it is another certificate; what cannot be used changes nothing.
    fn reload(&self) -> Result<bool> {
        let found = read(&self.cert, &self.key)?;
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = now.cert != found.cert;
        *now = found;
        Ok(is_new)
    }

    /// Looks at the files for as long as the server runs.
    pub async fn watch(self: Arc<Self>) {
        let mut failing = false;
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            let file = self.cert.display();
            match self.reload() {
                Ok(true) => tracing::info!(%file, "loaded a new certificate"),
                Ok(false) => {}
                // Between the writing of key and certificate they do not match; only a longer failure is logged.
                Err(error) if !failing => {
                    tracing::warn!(%file, error = format!("{error:#}"), "cannot reload a certificate; the one before stays in use");
                    failing = true;
                    continue;
                }
                Err(_) => continue,
            }
            failing = false;
        }
    }
}

impl ResolvesServerCert for ReloadedCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(cert: &Path, key: &Path) -> Result<Arc<CertifiedKey>> {
    let bytes = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let both = together(&bytes(cert)?, &bytes(key)?);
    both.with_context(|| format!("{} and {}", cert.display(), key.display()))
}

/// A certificate (with its chain) and its key, both PEM.
///
/// # Errors
/// One of them is none, or they do not go together.
pub fn together(cert: &[u8], key: &[u8]) -> Result<Arc<CertifiedKey>> {
    let chain = CertificateDer::pem_slice_iter(cert).collect::<Result<Vec<_>, _>>();
    let chain = chain.context("the certificate is not PEM")?;
    if chain.is_empty() {
        return Err(anyhow!("there is no certificate in PEM form"));
    }
    let private = PrivateKeyDer::from_pem_slice(key).context("the key is not PEM")?;
    let provider = rustls::crypto::ring::default_provider();
    let certified = CertifiedKey::from_der(chain, private, &provider);
    Ok(Arc::new(certified.context("certificate and key do not go together")?))
}

#[cfg(test)]
mod tests {
    use super::super::Pki;
    use super::*;

    #[test]
    fn a_renewed_certificate_was_shown_only_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let pki = Pki::open_or_create(dir.path(), &[]).unwrap();
        let (cert, key) = (dir.path().join("server.pem"), dir.path().join("server.key"));
        let shown = ReloadedCertificate::load(&cert, &key).unwrap();
        let now = || shown.now.read().unwrap().cert.clone();
        let first = now();
        assert!(!shown.reload().unwrap());
        pki.renew_server(&[]).unwrap();
        assert!(shown.reload().unwrap());
        let second = now();
        assert_ne!(first, second);
        // A key of another certificate, half a file, no file: what was good stays.
        let other = tempfile::tempdir().unwrap();
        Pki::open_or_create(other.path(), &[]).unwrap();
        std::fs::copy(other.path().join("server.pem"), &cert).unwrap();
        assert!(shown.reload().is_err());
        std::fs::write(&cert, "-----BEGIN CERTIFICATE-----\nAAAA").unwrap();
        assert!(shown.reload().is_err());
        std::fs::remove_file(&cert).unwrap();
        assert!(shown.reload().is_err());
        assert_eq!(now(), second);
    }
}
