//! From TLS to a name: the server's TLS settings and the identity in a verified client certificate.

use std::sync::Arc;

use boomgate_schemas::identity::DeviceIdentity;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{what} is not PEM that can be read")]
    Pem { what: &'static str, source: rustls::pki_types::pem::Error },
    #[error("CA file holds no certificate")]
    NoCa,
    #[error("client certificates cannot be verified with this CA")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
    #[error("certificate and key do not serve")]
    Tls(#[from] rustls::Error),
}

/// TLS 1.3/1.2 with client certificates of any CA in `ca_pem` required (several allow a CA to be replaced).
pub fn server_config(ca_pem: &[u8], cert_pem: &[u8], key_pem: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = Arc::new(roots(ca_pem)?);
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider)).build()?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates("server certificate", cert_pem)?, key(key_pem)?)?;
    Ok(Arc::new(config))
}

fn roots(ca_pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("CA", ca_pem)? {
        roots.add(certificate)?;
    }
    if roots.is_empty() { Err(TlsError::NoCa) } else { Ok(roots) }
}

fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|source| TlsError::Pem { what, source })
}

fn key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|source| TlsError::Pem { what: "server key", source })
}

/// The device in a certificate: exactly one SAN URI of ours. `None` for anything else.
pub(crate) fn of_certificate(certificate: &CertificateDer<'_>) -> Option<DeviceIdentity> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = &parsed.subject_alternative_name().ok()??.value.general_names;
    let mut uris = names.iter().filter_map(|name| {
        let GeneralName::URI(uri) = name else { return None };
        Some(uri.parse::<DeviceIdentity>().ok())
    });
    let first = uris.next()??;
    uris.next().is_none().then_some(first)
}
