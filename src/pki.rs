//! Keys and certificates of one installation: a CA, the server's certificate, and one certificate per device.
//!
//! ```text
//!   <dir>/ca.pem  ca.key            who may speak at all (ECDSA P-256)
//!   <dir>/server.pem  server.key    the MQTT listener and the device HTTPS listener
//!   <dir>/server-sign.key           Ed25519: what the server orders
//! ```
//!
//! Keys are written with mode 0600 and never replaced by this module once they exist. The server's certificate is renewed
//! for the same key near its end, and shown without a restart.

mod certificate;
pub mod expiry;
pub mod host;
pub mod reloading;

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use boomgate_schemas::identity::DeviceIdentity;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use sha2::Sha256;

use crate::private;

use reloading::ReloadedCertificate;

const CA_DAYS: i64 = 3650;
const SERVER_DAYS: i64 = 397;
const DEVICE_DAYS: i64 = 90;

/// The opened key folder.
pub struct Pki {
    dir: PathBuf,
}

/// What a device is given: its certificate, its key, and the key it signs with.
pub struct DeviceKeys {
    pub certificate: DeviceCertificate,
    pub sign_key_pem: String,
    /// Public half of the signing key.
    pub public_key: [u8; 32],
}

/// A certificate with its key.
pub struct DeviceCertificate {
    pub pem: String,
    pub der: Vec<u8>,
    pub key_pem: String,
    pub until: Timestamp,
}

impl Pki {
    /// Opens the folder, making the CA, the server's certificate for `hosts`, and the signing key where missing.
    pub fn open_or_create(dir: &Path, hosts: &[String]) -> Result<Self> {
        if let Some(lost) = Self::lost_files(dir).first() {
            bail!("{lost}");
        }
        private::folder(dir)?;
        let pki = Self { dir: dir.to_owned() };
        if !pki.path("ca.pem").exists() {
            pki.create_ca()?;
        }
        if !pki.path("server.pem").exists() {
            pki.create_server(hosts)?;
        }
        pki.renew_server_if_due(hosts)?;
        if !pki.path("server-sign.key").exists() {
            write_secret(&pki.path("server-sign.key"), new_signing_key()?.0.as_bytes())?;
        }
        Ok(pki)
    }

    /// Files that stand alone though they belong to another one: nothing is made in the place of what was lost.
    pub fn lost_files(dir: &Path) -> Vec<String> {
        let is_there = |name: &str| dir.join(name).exists();
        let pairs = [("ca.key", "ca.pem"), ("server.pem", "server.key"), ("server.key", "server.pem")];
        let lost = pairs.into_iter().filter(|(there, missing)| is_there(there) && !is_there(missing));
        lost.map(|(there, missing)| {
            let dir = dir.display();
            format!("{dir}/{missing} is missing beside {there}; copy it there again")
        })
        .collect()
    }

    /// Whether a certificate can be issued in this folder, now or once it is made.
    ///
    /// # Errors
    /// The CA's key is elsewhere.
    pub fn can_issue(dir: &Path) -> Result<(), String> {
        let has_key = dir.join("ca.key").exists() || !dir.join("ca.pem").exists();
        let missing =
            format!("{}/ca.key is missing: without the CA's key no certificate is issued", dir.display());
        if has_key { Ok(()) } else { Err(missing) }
    }

    /// Whether the server's certificate is for this name already.
    pub fn is_for(&self, host: &str) -> Result<bool> {
        Ok(has_name(&certificate::names(&self.server_pem()?)?, host))
    }

    /// Opens a folder that must be complete.
    pub fn open(dir: &Path) -> Result<Self> {
        let pki = Self { dir: dir.to_owned() };
        for name in ["ca.pem", "server.pem", "server.key", "server-sign.key"] {
            if !pki.path(name).exists() {
                bail!(
                    "{} is missing; run `boomgate device add` once, or copy the keys there",
                    pki.path(name).display()
                );
            }
        }
        Ok(pki)
    }

    pub fn ca_pem(&self) -> Result<String> {
        self.read("ca.pem")
    }

    pub fn server_pem(&self) -> Result<String> {
        self.read("server.pem")
    }

    pub fn server_key_pem(&self) -> Result<String> {
        self.read("server.key")
    }

    /// The key the server signs its orders with.
    pub fn signing_key(&self) -> Result<SigningKey> {
        let path = self.path("server-sign.key");
        SigningKey::from_pkcs8_pem(&self.read("server-sign.key")?).map_err(|error| {
            anyhow::anyhow!("{} is not an Ed25519 key in PKCS#8 PEM: {error}", path.display())
        })
    }

    /// The key that signs the access tokens of programs, derived from [`Self::signing_key`]: whoever keeps one keeps both.
    pub fn token_key(&self) -> Result<SigningKey> {
        let mut derived = Hmac::<Sha256>::new_from_slice(self.signing_key()?.as_bytes())?;
        derived.update(b"boomgate access tokens");
        Ok(SigningKey::from_bytes(&derived.finalize().into_bytes().into()))
    }

    /// Fresh keys and a certificate for one device.
    pub fn issue_device(&self, identity: &DeviceIdentity) -> Result<DeviceKeys> {
        let certificate = self.certify_device(identity, None)?;
        let (sign_key_pem, public_key) = new_signing_key()?;
        Ok(DeviceKeys { certificate, sign_key_pem, public_key })
    }

    /// A certificate for one device, for the key it has or for a fresh one.
    pub fn certify_device(&self, identity: &DeviceIdentity, key: Option<&str>) -> Result<DeviceCertificate> {
        let key = match key {
            Some(pem) => KeyPair::from_pem(pem).context("device.key")?,
            None => KeyPair::generate()?,
        };
        let uri = identity.to_string().try_into().context("device name is not a URI")?;
        let mut params = leaf(identity.device.as_str(), vec![SanType::URI(uri)], DEVICE_DAYS);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let until = Timestamp::from_second(params.not_after.unix_timestamp())?;
        let certificate = params.signed_by(&key, &self.issuer()?)?;
        Ok(DeviceCertificate {
            pem: certificate.pem(),
            der: certificate.der().to_vec(),
            key_pem: key.serialize_pem(),
            until,
        })
    }

    /// A new certificate for the server's key, for the names it has and `hosts`. A server that runs shows it soon.
    pub fn renew_server(&self, hosts: &[String]) -> Result<()> {
        let key = KeyPair::from_pem(&self.server_key_pem()?).context("server.key")?;
        let names = with_names(certificate::names(&self.server_pem()?)?, hosts);
        self.certify_server(&key, names)
    }

    /// The server's certificate as listeners show it.
    pub fn shown(&self) -> Result<Arc<ReloadedCertificate>> {
        ReloadedCertificate::load(&self.path("server.pem"), &self.path("server.key"))
    }

    /// When the certificates of this folder end: the CA's and the server's.
    pub fn ends(&self) -> Result<Vec<(&'static str, Timestamp)>> {
        Ok(vec![
            ("ca", certificate::end(&self.ca_pem()?)?),
            ("server", certificate::end(&self.server_pem()?)?),
        ])
    }

    /// Renews the server's certificate in its last month, and where it lacks one of `hosts`; if the CA's key is at hand.
    pub fn renew_server_if_due(&self, hosts: &[String]) -> Result<()> {
        let shown = self.server_pem()?;
        let days_left = certificate::days_left(certificate::end(&shown)?, Timestamp::now());
        let names = certificate::names(&shown)?;
        let has_all = hosts.iter().all(|host| has_name(&names, host));
        if (days_left > certificate::WARN_DAYS && has_all) || !self.path("ca.key").exists() {
            return Ok(());
        }
        self.renew_server(hosts)?;
        tracing::warn!(days_left, ?hosts, "renewed the server's certificate");
        Ok(())
    }

    fn create_ca(&self) -> Result<()> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Boomgate site CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        limit(&mut params, CA_DAYS);
        write_secret(&self.path("ca.key"), key.serialize_pem().as_bytes())?;
        write_public(&self.path("ca.pem"), params.self_signed(&key)?.pem().as_bytes())
    }

    fn create_server(&self, hosts: &[String]) -> Result<()> {
        let key = KeyPair::generate()?;
        let own = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let names = with_names(own, hosts);
        write_secret(&self.path("server.key"), key.serialize_pem().as_bytes())?;
        self.certify_server(&key, names)
    }

    fn certify_server(&self, key: &KeyPair, names: Vec<String>) -> Result<()> {
        let names =
            CertificateParams::new(names).context("a host name of the server certificate")?.subject_alt_names;
        let mut params = leaf("Boomgate server", names, SERVER_DAYS);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(key, &self.issuer()?)?;
        write_public(&self.path("server.pem"), certificate.pem().as_bytes())
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>> {
        let key = KeyPair::from_pem(&self.read("ca.key")?).context("ca.key")?;
        Issuer::from_ca_cert_pem(&self.read("ca.pem")?, key).context("ca.pem")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn read(&self, name: &str) -> Result<String> {
        let path = self.path(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// Whether a certificate for `names` is good for `host`, however either is written.
fn has_name(names: &[String], host: &str) -> bool {
    let form = |name: &str| host::canonical(name).unwrap_or_else(|_| name.to_owned());
    let host = form(host);
    names.iter().any(|name| form(name) == host)
}

fn with_names(mut names: Vec<String>, hosts: &[String]) -> Vec<String> {
    for host in hosts {
        if !has_name(&names, host) {
            names.push(host::canonical(host).unwrap_or_else(|_| host.clone()));
        }
    }
    names
}

fn leaf(common_name: &str, names: Vec<SanType>, days: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.subject_alt_names = names;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    limit(&mut params, days);
    params
}

/// Valid from a day ago: a lane whose clock is a little behind must get in.
fn limit(params: &mut CertificateParams, days: i64) {
    let now = time::OffsetDateTime::now_utc();
    params.not_before = now - time::Duration::days(1);
    params.not_after = now + time::Duration::days(days);
}

fn new_signing_key() -> Result<(String, [u8; 32])> {
    let key = SigningKey::from_bytes(&rand::random());
    let pem =
        key.to_pkcs8_pem(LineEnding::LF).map_err(|error| anyhow::anyhow!("cannot write a key: {error}"))?;
    Ok((pem.to_string(), key.verifying_key().to_bytes()))
}

/// Writes a file only its owner may read, whole or not at all.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, 0o600)
}

pub fn write_public(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, 0o644)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let part = path.with_extension("part");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&part)
        .with_context(|| format!("cannot write {}", part.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_opening_keeps_every_key() {
        let dir = tempfile::tempdir().unwrap();
        let first = Pki::open_or_create(dir.path(), &[]).unwrap();
        let (ca, sign) = (first.ca_pem().unwrap(), first.signing_key().unwrap());
        let second = Pki::open_or_create(dir.path(), &["car.park.example".into()]).unwrap();
        assert_eq!(second.ca_pem().unwrap(), ca);
        assert_eq!(second.signing_key().unwrap().to_bytes(), sign.to_bytes());
    }

    #[test]
    fn secrets_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        Pki::open_or_create(dir.path(), &[]).unwrap();
        for name in ["ca.key", "server.key", "server-sign.key"] {
            assert_eq!(
                fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777,
                0o600,
                "{name}"
            );
        }
    }

    #[test]
    fn a_server_certificate_near_its_end_is_renewed_at_the_start_for_the_same_key_and_names() {
        let dir = tempfile::tempdir().unwrap();
        let pki = Pki::open_or_create(dir.path(), &["gate.example.org".into()]).unwrap();
        let key = KeyPair::from_pem(&pki.server_key_pem().unwrap()).unwrap();
        let mut params = CertificateParams::new(vec!["gate.example.org".into(), "10.0.0.7".into()]).unwrap();
        limit(&mut params, 29);
        let old = params.signed_by(&key, &pki.issuer().unwrap()).unwrap();
        write_public(&pki.path("server.pem"), old.pem().as_bytes()).unwrap();
        let pki = Pki::open_or_create(dir.path(), &["second.example.org".into()]).unwrap();
        let renewed = pki.server_pem().unwrap();
        assert_ne!(renewed, old.pem());
        let names = expiry::names(&renewed).unwrap();
        assert_eq!(names, ["gate.example.org", "10.0.0.7", "second.example.org"]);
        let days = |pem: &str| expiry::days_left(expiry::end(pem).unwrap(), Timestamp::now());
        assert!(days(&renewed) >= SERVER_DAYS - 1, "{}", days(&renewed));
        assert_eq!(
            KeyPair::from_pem(&pki.server_key_pem().unwrap()).unwrap().public_key_raw(),
            key.public_key_raw()
        );
        // One that is not near its end and has all names stays.
        assert_eq!(Pki::open_or_create(dir.path(), &[]).unwrap().server_pem().unwrap(), renewed);
    }

    #[test]
    fn a_device_added_under_another_name_of_the_server_could_not_trust_it() {
        let dir = tempfile::tempdir().unwrap();
        let pki = Pki::open_or_create(dir.path(), &["gate.example.org".into()]).unwrap();
        let first = pki.server_pem().unwrap();
        Pki::open_or_create(dir.path(), &["gate.example.org".into(), "10.0.0.7".into()]).unwrap();
        let second = pki.server_pem().unwrap();
        let names = expiry::names(&second).unwrap();
        assert!(names.ends_with(&["gate.example.org".into(), "10.0.0.7".into()]), "{names:?}");
        assert!(!expiry::names(&first).unwrap().contains(&"10.0.0.7".into()));
    }

    #[test]
    fn an_incomplete_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = Pki::open(dir.path()).err().unwrap().to_string();
        assert!(error.contains("ca.pem is missing"), "{error}");
    }
}
