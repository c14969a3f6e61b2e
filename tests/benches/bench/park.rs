//! The car park under measurement: a durable PostgreSQL of its own, sites with enrolled lanes, `boomgate serve`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result};
use boomgate::commands::command_line;
use boomgate::pki::{DeviceKeys, Pki};
use boomgate_domain::decide::Direction;
use boomgate_operations::devices::{
    self, AddDevice, Certificate, CertificateIssuer, DevicePlace, IssuerError,
};
use boomgate_operations::fault::Fault;
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_store::cluster::{Cluster, ClusterConfig};
use boomgate_store::{Address, Pool};
use boomgate_tests::programs::{Process, program};
use boomgate_tests::scratch::Scratch;
use boomgate_tests::wait;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{SigningKey, VerifyingKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub const SITES: usize = 4;
const CONNECTIONS: usize = 8;

/// What one lane has in its pocket.
pub struct LaneKeys {
    pub identity: DeviceIdentity,
    pub direction: Direction,
    pub keys: DeviceKeys,
    pub sign: SigningKey,
    pub tls: Arc<rustls::ClientConfig>,
}

/// A running `boomgate serve`. Killed when dropped.
pub struct Server {
    pub process: Process,
    pub mqtt: u16,
    pub device_https: u16,
}

/// Processes end before the folder goes.
pub struct Park {
    pub server: Option<Server>,
    pub pool: Pool,
    pub lanes: Vec<LaneKeys>,
    pub server_key: VerifyingKey,
    pub pki: Pki,
    pub cluster: Cluster,
    dir: Scratch,
}

impl Park {
    /// `lanes` entry lanes on [`SITES`] sites (the first lane's site is the first, and so on in turns), and the server.
    pub async fn open(lanes: usize) -> Result<Self> {
        let dir = Scratch::new();
        let cluster = Cluster::start(ClusterConfig::new(dir.path().join("postgres"))).await?;
        let pool = Address::of_cluster(&cluster).prepare(CONNECTIONS).await?;
        let pki = Pki::open_or_create(&dir.path().join("data/pki"), &[])?;
        let server_key = pki.signing_key()?.verifying_key();
        let lanes = populate(&pool, &pki, lanes).await?;
        write_config(dir.path(), Some(&cluster.url()), None)?;
        let mut park = Self { server: None, pool, lanes, server_key, pki, cluster, dir };
        park.start_server().await?;
        Ok(park)
    }

    pub async fn start_server(&mut self) -> Result<()> {
        self.server = Some(Server::start(self.dir.path()).await?);
        Ok(())
    }

    pub async fn stop_server(&mut self) {
        if let Some(server) = self.server.take() {
            server.process.stop().await;
        }
    }

    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("the server runs while something is measured")
    }

    pub fn server_pid(&self) -> i32 {
        self.server().process.pid().as_raw()
    }

    pub fn postgres_pid(&self) -> i32 {
        self.cluster.pid().expect("a started cluster has a process")
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn url(&self) -> String {
        self.cluster.url()
    }

    /// Everything ends, in order, and no log may know of a panic.
    pub async fn close(mut self) -> Result<()> {
        self.stop_server().await;
        self.pool.close();
        let Self { cluster, dir, .. } = self;
        tokio::task::spawn_blocking(move || cluster.stop()).await??;
        dir.assert_no_panic();
        Ok(())
    }
}

impl Server {
    /// Starts the server on the configuration in `dir` and waits until it serves.
    pub async fn start(dir: &Path) -> Result<Self> {
        let log = dir.join("serve.log");
        let before = std::fs::read_to_string(&log).unwrap_or_default().len();
        let mut process = Self::launch(dir);
        wait::until("the server serves", async || {
            let text = process.log();
            if let Some(status) = process.has_ended() {
                panic!("boomgate serve ended: {status}; {}", &text[before..]);
            }
            text.get(before..)?.lines().find_map(serving)
        })
        .await
        .map(|(mqtt, device_https)| Self { process, mqtt, device_https })
        .context("the server named no MQTT address")
    }

    /// The process alone, not waited for.
    pub fn launch(dir: &Path) -> Process {
        let mut command = Command::new(program("boomgate"));
        command.arg("serve").arg("--config").arg(dir.join("boomgate.toml"));
        Process::start(&mut command, &dir.join("serve.log"))
    }
}

/// The ports in the log line that says so.
fn serving(line: &str) -> Option<Option<(u16, u16)>> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").filter(|fields| fields["message"] == "serving")?;
    let port = |name: &str| {
        let text = fields[name].as_str()?.trim_start_matches("Some(").trim_end_matches(')');
        Some(text.parse::<SocketAddr>().ok()?.port())
    };
    Some(port("mqtt").zip(port("device_https")))
}

/// Without `database` the server has a private cluster; without `mqtt` it takes any port.
pub fn write_config(dir: &Path, database: Option<&str>, mqtt: Option<u16>) -> Result<()> {
    let database =
        database.map_or(String::new(), |url| format!("[database]\nurl = {}\n", toml::Value::from(url)));
    let text = format!(
        "data = \"data\"\n[log]\njson = true\n{database}[broker]\nlisten = \"127.0.0.1:{}\"\n\
         [api]\nlisten = \"127.0.0.1:0\"\n[device_https]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n",
        mqtt.unwrap_or(0)
    );
    Ok(std::fs::write(dir.join("boomgate.toml"), text)?)
}

/// Sites and their lanes, every lane with keys.
pub async fn populate(pool: &Pool, pki: &Pki, lanes: usize) -> Result<Vec<LaneKeys>> {
    let mut client = pool.get().await?;
    let by = command_line(&client).await?;
    let mut made = Vec::with_capacity(lanes);
    for number in 0..lanes {
        let direction = Direction::Entry;
        let identity = DeviceIdentity {
            site: format!("site-{}", number % SITES).parse()?,
            lane: format!("in-{number}").parse()?,
            device: format!("pi-{number}").parse()?,
        };
        let first_of_site = number < SITES;
        let new = AddDevice {
            site: identity.site.clone(),
            lane: identity.lane.clone(),
            lane_name: Some("Entry".into()),
            device: identity.device.clone(),
            direction,
            time_zone: first_of_site.then(|| "Europe/Vienna".parse()).transpose()?,
            currency: None,
        };
        let mut issuer = Issuer { pki, made: None };
        devices::add(&mut client, &by, &new, &mut issuer).await?;
        let keys = issuer.made.context("no keys were made")?;
        let tls = client_tls(&pki.ca_pem()?, &keys)?;
        let sign = SigningKey::from_pkcs8_pem(&keys.sign_key_pem).context("the signing key just made")?;
        made.push(LaneKeys { identity, direction, keys, sign, tls });
    }
    Ok(made)
}

/// Issues without a folder.
struct Issuer<'a> {
    pki: &'a Pki,
    made: Option<DeviceKeys>,
}

impl CertificateIssuer for Issuer<'_> {
    fn faults(&mut self) -> Vec<Fault> {
        Vec::new()
    }

    fn issue(&mut self, device: &DevicePlace) -> Result<([u8; 32], Certificate), IssuerError> {
        let identity = DeviceIdentity {
            site: device.site.clone(),
            lane: device.lane.clone(),
            device: device.device.clone(),
        };
        let keys = self.pki.issue_device(&identity)?;
        let sha256 = Sha256::digest(&keys.certificate.der).into();
        let certificate = Certificate { sha256, until: keys.certificate.until };
        let public = keys.public_key;
        self.made = Some(keys);
        Ok((public, certificate))
    }

    fn renew(&mut self, _: &DevicePlace) -> Result<Certificate, IssuerError> {
        Err("nothing is renewed in a benchmark".into())
    }

    fn keep(&mut self) {}
}

pub fn client_tls(ca: &str, keys: &DeviceKeys) -> Result<Arc<rustls::ClientConfig>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes())?)?;
    let chain = vec![CertificateDer::from_pem_slice(keys.certificate.pem.as_bytes())?];
    let key = PrivateKeyDer::from_pem_slice(keys.certificate.key_pem.as_bytes())?;
    let builder = rustls::ClientConfig::builder().with_root_certificates(roots);
    Ok(Arc::new(builder.with_client_auth_cert(chain, key)?))
}
