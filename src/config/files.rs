//! Files that the configuration names: that they exist, can be read and are of the right kind.

use std::fs;
use std::path::{Path, PathBuf};

use super::check::Check;
use crate::pki::{Pki, host, reloading};

impl Check {
    /// A text that no file of ours holds itself; an empty one is none.
    pub(super) fn secret(&mut self, field: &str, file: PathBuf) -> Option<String> {
        let path = self.path(file);
        match fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => {
                self.fault(field, &format!("{} is empty", path.display()));
                None
            }
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) => {
                self.fault(field, &format!("{} cannot be read: {error}", path.display()));
                None
            }
        }
    }

    /// Whether a certificate and a key can be used together.
    pub(super) fn certificate(&mut self, (cert_field, cert): (&str, &Path), (key_field, key): (&str, &Path)) {
        let mut readable = true;
        for (field, path) in [(cert_field, cert), (key_field, key)] {
            if let Err(error) = fs::read(path) {
                readable = false;
                self.fault(field, &format!("{} cannot be read: {error}", path.display()));
            }
        }
        if !readable {
            return;
        }
        if let Err(error) = reloading::ReloadedCertificate::load(cert, key) {
            self.fault(cert_field, &format!("{error:#}"));
        }
    }

    /// PEM texts of a client's certificate and key.
    pub(super) fn client_certificate(&mut self, field: &str, (cert, key): (&str, &str)) {
        if let Err(error) = reloading::together(cert.as_bytes(), key.as_bytes()) {
            self.fault(field, &format!("{error:#}"));
        }
    }

    /// The key folder may be missing, for it is made then; half of a pair may not.
    pub(super) fn key_folder(&mut self, dir: &Path) {
        for lost in Pki::lost_files(dir) {
            self.fault("pki.dir", &lost);
        }
    }

    pub(super) fn hosts(&mut self, given: Vec<String>) -> Vec<String> {
        let mut hosts = Vec::new();
        for text in given {
            // A certificate may be for all names of a domain, though no device reaches a server by such a name.
            let (star, name) = text.strip_prefix("*.").map_or(("", &*text), |name| ("*.", name));
            match host::canonical(name) {
                Ok(host) => hosts.push(format!("{star}{host}")),
                Err(fault) => self.fault("pki.hosts", &fault),
            }
        }
        hosts
    }
}
