//! Keys and certificates for devices, from the server's key folder into a folder to carry to the device.

pub mod folder;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use boomgate_domain::decide::Direction;
use boomgate_operations::devices::{Certificate, CertificateIssuer, DevicePlace, IssuerError};
use boomgate_operations::fault::Fault;
use boomgate_schemas::identity::DeviceIdentity;
use sha2::{Digest, Sha256};

use self::folder::NewFolder;
use crate::pki::{self, DeviceCertificate, DeviceKeys, Pki, host};

/// How a device reaches its server, and the hardware in its configuration.
#[derive(Clone, Debug)]
pub struct AgentSettings<'a> {
    /// The server's name or address, in the form of [`host::canonical`].
    pub server: String,
    /// Names of the server's certificate by configuration.
    pub hosts: &'a [String],
    pub mqtt_port: u16,
    pub https_port: u16,
    /// Sections of `agent.toml` about wires and camera.
    pub hardware: &'a str,
}

/// Issues for one device into one folder.
pub struct FolderIssuer<'a> {
    /// The server's key folder.
    keys: &'a Path,
    out: PathBuf,
    /// Of the `agent.toml` to be written; none writes keys only.
    agent: Option<AgentSettings<'a>>,
    folder: Option<NewFolder>,
    /// What was made, once it was.
    pub made: Made,
}

/// What an issuer made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The device's configuration file.
    pub file: Option<PathBuf>,
    /// The server's certificate is for another name, too, from now on.
    pub new_host: bool,
    /// Whether a renewal made another key, to be carried to the device too.
    pub new_key: bool,
}

impl<'a> FolderIssuer<'a> {
    /// For a device whose folder is `out`.
    pub fn new(keys: &'a Path, out: PathBuf, agent: Option<AgentSettings<'a>>) -> Self {
        Self { keys, out, agent, folder: None, made: Made::default() }
    }

    fn try_issue(&mut self, device: &DevicePlace) -> Result<([u8; 32], Certificate)> {
        let pki = self.open_keys()?;
        let keys = pki.issue_device(&identity(device))?;
        write_keys(&self.out, &keys, &pki.ca_pem()?)?;
        if let Some(agent) = &self.agent {
            self.made.file = Some(write_agent(&self.out, device, agent, &pki)?);
        }
        Ok((keys.public_key, certificate(&keys.certificate)))
    }

    /// The keys, with a certificate of the server for the name by which this device knows it.
    fn open_keys(&mut self) -> Result<Pki> {
        let Some(agent) = &self.agent else { return Pki::open_or_create(self.keys, &[]) };
        let was_there = self.keys.join("server.pem").exists();
        let before = Pki::open_or_create(self.keys, agent.hosts)?.is_for(&agent.server)?;
        let pki =
            Pki::open_or_create(self.keys, &[agent.hosts, std::slice::from_ref(&agent.server)].concat())?;
        if !pki.is_for(&agent.server)? {
            bail!("--server: the server's certificate is not for {}", agent.server);
        }
        self.made.new_host = was_there && !before;
        Ok(pki)
    }

    fn try_renew(&mut self, device: &DevicePlace) -> Result<Certificate> {
        let (pki, known) = (Pki::open(self.keys)?, known_key(&self.out)?);
        self.made.new_key = known.is_none();
        let made = pki.certify_device(&identity(device), known.as_deref())?;
        // Written before the commit: a certificate that is not stored is accepted nowhere.
        make_folder(&self.out)?;
        if self.made.new_key {
            pki::write_secret(&self.out.join("device.key"), made.key_pem.as_bytes())?;
        }
        pki::write_public(&self.out.join("device.pem"), made.pem.as_bytes())?;
        pki::write_public(&self.out.join("ca.pem"), pki.ca_pem()?.as_bytes())?;
        Ok(certificate(&made))
    }
}

impl CertificateIssuer for FolderIssuer<'_> {
    fn faults(&mut self) -> Vec<Fault> {
        let fault = |message| Fault::new("keys", "SERVER-KEYS", message);
        let mut faults: Vec<Fault> = Pki::lost_files(self.keys).into_iter().map(fault).collect();
        faults.extend(Pki::can_issue(self.keys).err().map(fault));
        match NewFolder::open(&self.out) {
            Ok(folder) => self.folder = Some(folder),
            Err(message) => faults.push(Fault::new("out", "FOLDER", message)),
        }
        faults
    }

    fn issue(&mut self, device: &DevicePlace) -> Result<([u8; 32], Certificate), IssuerError> {
        Ok(self.try_issue(device)?)
    }

    fn renew(&mut self, device: &DevicePlace) -> Result<Certificate, IssuerError> {
        Ok(self.try_renew(device)?)
    }

    fn keep(&mut self) {
        if let Some(folder) = self.folder.take() {
            folder.keep();
        }
    }
}

fn identity(device: &DevicePlace) -> DeviceIdentity {
    DeviceIdentity { site: device.site.clone(), lane: device.lane.clone(), device: device.device.clone() }
}

fn certificate(made: &DeviceCertificate) -> Certificate {
    Certificate { sha256: Sha256::digest(&made.der).into(), until: made.until }
}

fn known_key(dir: &Path) -> Result<Option<String>> {
    let path = dir.join("device.key");
    match fs::read_to_string(&path) {
        Ok(pem) => Ok(Some(pem)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn make_folder(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))
}

/// Writes the keys of a device; they are never written over.
pub fn write_keys(dir: &Path, keys: &DeviceKeys, ca_pem: &str) -> Result<()> {
    make_folder(dir)?;
    if dir.join("device.key").exists() {
        bail!("{} holds the keys of a device already; choose another folder or move it away", dir.display());
    }
    pki::write_secret(&dir.join("device.key"), keys.certificate.key_pem.as_bytes())?;
    pki::write_secret(&dir.join("sign.key"), keys.sign_key_pem.as_bytes())?;
    pki::write_public(&dir.join("device.pem"), keys.certificate.pem.as_bytes())?;
    pki::write_public(&dir.join("ca.pem"), ca_pem.as_bytes())
}

fn write_agent(dir: &Path, device: &DevicePlace, agent: &AgentSettings<'_>, pki: &Pki) -> Result<PathBuf> {
    let server = host::before_port(&agent.server);
    AgentFile {
        dir,
        identity: &identity(device),
        direction: device.direction,
        mqtt: format!("{server}:{}", agent.mqtt_port),
        https: format!("https://{server}:{}", agent.https_port),
        server_key: pki.signing_key()?.verifying_key().to_bytes(),
        hardware: agent.hardware,
        time_scale: 1.0,
        time_zone: &device.time_zone,
        language: &device.language,
    }
    .write()
    .context("agent.toml")
}

/// What an agent's configuration says.
pub struct AgentFile<'a> {
    pub dir: &'a Path,
    pub identity: &'a DeviceIdentity,
    pub direction: Direction,
    pub mqtt: String,
    pub https: String,
    /// Public half of the key the server signs with.
    pub server_key: [u8; 32],
    /// Further sections, as TOML.
    pub hardware: &'a str,
    pub time_scale: f64,
    pub time_zone: &'a str,
    /// Of the sign: `en`, `vi`.
    pub language: &'a str,
}

impl AgentFile<'_> {
    /// Writes `agent.toml` beside the keys.
    pub fn write(&self) -> Result<PathBuf> {
        let DeviceIdentity { site, lane, device } = self.identity;
        let direction = match self.direction {
            Direction::Entry => "entry",
            Direction::Exit => "exit",
        };
        let scale = if (self.time_scale - 1.0).abs() > f64::EPSILON {
            format!("time_scale = {:?}\n", self.time_scale)
        } else {
            String::new()
        };
        let text = format!(
            "# Configuration of one lane; `edge-agent check-config --config agent.toml` explains what is wrong with it.\n\
             site = \"{site}\"\nlane = \"{lane}\"\ndevice = \"{device}\"\ndirection = \"{direction}\"\ntime_zone = \"{zone}\"\n{scale}\n\
             [server]\nmqtt = \"{mqtt}\"\nhttps = \"{https}\"\nca = \"ca.pem\"\ncert = \"device.pem\"\nkey = \"device.key\"\n\
             sign_key = \"sign.key\"\npublic_key = \"{public}\"\n\n[spool]\npath = \"spool.db\"\n\n[sign]\nlanguage = \"{language}\"\n\n{hardware}",
            zone = self.time_zone,
            language = self.language,
            mqtt = self.mqtt,
            https = self.https,
            public = hex::encode(self.server_key),
            hardware = self.hardware,
        );
        let path = self.dir.join("agent.toml");
        pki::write_public(&path, text.as_bytes())?;
        Ok(path)
    }
}
