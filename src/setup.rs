//! Making the things a site needs: tenant, site, lane, device with its folder, people. Used by the commands and the demo.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use boomgate_domain::decide::{Direction, Passback, SiteMode};
use boomgate_domain::ids::{DeviceCode, DeviceId, LaneCode, LaneId, SiteCode, SiteId, TenantId, UserId};
use boomgate_domain::money::Currency;
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_store::devices::{self, NewDevice};
use boomgate_store::lanes::{self, NewLane};
use boomgate_store::sites::{self, NewSite};
use boomgate_store::users::{self, NewUser};
use boomgate_store::{GenericClient, Pool};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::operations;
use crate::operations::zone::ZoneName;
use crate::pki::{self, DeviceKeys, Pki};
pub use crate::tenant::tenant;

/// What makes a site different from another.
pub struct SiteWish {
    pub code: SiteCode,
    pub name: String,
    pub time_zone: ZoneName,
    pub currency: Currency,
    pub capacity: Option<u32>,
}

/// The site of this code; made when it is not there.
pub async fn site(pool: &Pool, tenant: TenantId, wish: SiteWish) -> Result<SiteId> {
    let mut client = pool.get().await?;
    if let Some(site) = sites::by_code(&client, &wish.code).await? {
        return Ok(site.id);
    }
    let tx = client.transaction().await?;
    let id = insert_site(&tx, tenant, wish).await?;
    tx.commit().await?;
    Ok(id)
}

/// A site with the settings nobody was asked for.
pub async fn insert_site(tx: &impl GenericClient, tenant: TenantId, wish: SiteWish) -> Result<SiteId> {
    let id = SiteId::from_uuid(Uuid::now_v7());
    let site = NewSite {
        id,
        tenant,
        code: wish.code,
        name: wish.name,
        time_zone: wish.time_zone.as_str().to_owned(),
        currency: wish.currency,
        mode: SiteMode::Open,
        capacity: wish.capacity,
        visitors: true,
        passback: Passback::Deny,
        plate_only_limit_minor: None,
        list_key: rand::random(),
    };
    sites::insert(tx, &site).await?;
    Ok(id)
}

/// The lane of this code; made when it is not there.
pub async fn lane(
    client: &impl GenericClient,
    site: SiteId,
    code: &LaneCode,
    name: &str,
    direction: Direction,
) -> Result<LaneId> {
    if let Some(lane) = lanes::by_code(client, site, code).await? {
        return Ok(lane.id);
    }
    let id = LaneId::from_uuid(Uuid::now_v7());
    lanes::insert(client, &NewLane { site, id, code: code.clone(), name: name.to_owned(), direction })
        .await?;
    Ok(id)
}

/// Issues keys for a device at a lane. An older device of that lane is revoked: one lane has one device.
pub async fn enrol(
    pool: &Pool,
    pki: &Pki,
    site: SiteId,
    lane: LaneId,
    identity: &DeviceIdentity,
) -> Result<DeviceKeys> {
    let mut client = pool.get().await?;
    let tx = client.transaction().await?;
    let keys = enrol_in(&tx, pki, (site, lane), identity).await?;
    tx.commit().await?;
    Ok(keys)
}

/// As [`enrol`], as part of a transaction.
pub async fn enrol_in(
    tx: &impl GenericClient,
    pki: &Pki,
    (site, lane): (SiteId, LaneId),
    identity: &DeviceIdentity,
) -> Result<DeviceKeys> {
    let keys = pki.issue_device(identity)?;
    let now = jiff::Timestamp::now();
    for old in devices::live_of_site(tx, site).await?.into_iter().filter(|old| old.lane_id == lane) {
        devices::revoke(tx, old.site_id, old.id, now).await?;
        devices::changed(tx, &old.code.parse()?).await?;
    }
    let device = NewDevice {
        site,
        id: DeviceId::from_uuid(Uuid::now_v7()),
        lane,
        code: identity.device.clone(),
        signing_key: keys.public_key,
        certificate_sha256: Some(Sha256::digest(&keys.certificate.der).to_vec()),
        certificate_until: Some(keys.certificate.until),
    };
    devices::insert(tx, &device).await.with_context(|| format!("device {}", identity.device))?;
    devices::changed(tx, &identity.device).await?;
    Ok(keys)
}

/// A new certificate for a device that is known. `dir` may be the folder the device was made in: then its key is kept;
/// else a new key is made. The certificate before stays good for `overlap`, or until the new one is used.
pub async fn renew_device(
    pool: &Pool,
    pki: &Pki,
    code: &DeviceCode,
    dir: &Path,
    overlap: SignedDuration,
) -> Result<Renewed> {
    let mut client = pool.get().await?;
    let device =
        devices::by_code(&client, code).await?.with_context(|| format!("no device {code} is known"))?;
    if device.revoked_at.is_some() {
        bail!("{code} is revoked; a new device is made with `boomgate device add`");
    }
    let identity = DeviceIdentity {
        site: device.site_code.parse()?,
        lane: device.lane_code.parse()?,
        device: code.clone(),
    };
    let known = known_key(dir)?;
    let new_key = known.is_none();
    let certificate = pki.certify_device(&identity, known.as_deref())?;
    let now = jiff::Timestamp::now();
    let tx = client.transaction().await?;
    let sha256 = Sha256::digest(&certificate.der);
    let place = (device.site_id, device.id);
    devices::set_certificate(&tx, place, &sha256, certificate.until, now + overlap).await?;
    devices::changed(&tx, code).await?;
    // Written before the commit: a certificate that is good nowhere harms nobody.
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    if new_key {
        pki::write_secret(&dir.join("device.key"), certificate.key_pem.as_bytes())?;
    }
    pki::write_public(&dir.join("device.pem"), certificate.pem.as_bytes())?;
    pki::write_public(&dir.join("ca.pem"), pki.ca_pem()?.as_bytes())?;
    tx.commit().await?;
    Ok(Renewed { until: certificate.until, new_key })
}

/// What became of a renewal.
pub struct Renewed {
    pub until: jiff::Timestamp,
    /// Whether the key is another one, to be carried to the device too.
    pub new_key: bool,
}

fn known_key(dir: &Path) -> Result<Option<String>> {
    let path = dir.join("device.key");
    match fs::read_to_string(&path) {
        Ok(pem) => Ok(Some(pem)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// How an agent reaches its server, and what it stands on.
pub struct AgentFolder<'a> {
    pub dir: &'a Path,
    pub identity: &'a DeviceIdentity,
    pub direction: Direction,
    pub mqtt: String,
    pub https: String,
    /// Public half of the key the server signs with.
    pub server_key: [u8; 32],
    /// Further sections, as TOML.
    pub hardware: String,
    pub time_scale: f64,
    pub time_zone: &'a str,
}

/// Writes the keys of a device; they are never written over.
pub fn write_keys(dir: &Path, keys: &DeviceKeys, ca_pem: &str) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    if dir.join("device.key").exists() {
        bail!("{} holds the keys of a device already; choose another folder or move it away", dir.display());
    }
    pki::write_secret(&dir.join("device.key"), keys.certificate.key_pem.as_bytes())?;
    pki::write_secret(&dir.join("sign.key"), keys.sign_key_pem.as_bytes())?;
    pki::write_public(&dir.join("device.pem"), keys.certificate.pem.as_bytes())?;
    pki::write_public(&dir.join("ca.pem"), ca_pem.as_bytes())
}

/// Writes `agent.toml` beside the keys.
pub fn write_agent(folder: &AgentFolder<'_>) -> Result<PathBuf> {
    let DeviceIdentity { site, lane, device } = folder.identity;
    let direction = match folder.direction {
        Direction::Entry => "entry",
        Direction::Exit => "exit",
    };
    let scale = if (folder.time_scale - 1.0).abs() > f64::EPSILON {
        format!("time_scale = {:?}\n", folder.time_scale)
    } else {
        String::new()
    };
    let text = format!(
        "# Configuration of one lane; `edge-agent check-config --config agent.toml` explains what is wrong with it.\n\
         site = \"{site}\"\nlane = \"{lane}\"\ndevice = \"{device}\"\ndirection = \"{direction}\"\ntime_zone = \"{zone}\"\n{scale}\n\
         [server]\nmqtt = \"{mqtt}\"\nhttps = \"{https}\"\nca = \"ca.pem\"\ncert = \"device.pem\"\nkey = \"device.key\"\n\
         sign_key = \"sign.key\"\npublic_key = \"{public}\"\n\n[spool]\npath = \"spool.db\"\n\n{hardware}",
        zone = folder.time_zone,
        mqtt = folder.mqtt,
        https = folder.https,
        public = hex::encode(folder.server_key),
        hardware = folder.hardware,
    );
    let path = folder.dir.join("agent.toml");
    pki::write_public(&path, text.as_bytes())?;
    Ok(path)
}

/// A person who may come in. With a name that exists, only the password changes.
pub async fn user(
    client: &impl GenericClient,
    tenant: TenantId,
    name: &str,
    role: &'static str,
    password: &str,
) -> Result<UserId> {
    let hash = boomgate_api::auth::hash_password(password)?;
    if let Some(known) = users::by_name(client, name).await? {
        operations::users::reset_password(client, known.id, &hash).await?;
        return Ok(known.id);
    }
    let id = UserId::from_uuid(Uuid::now_v7());
    users::insert(client, &NewUser { tenant, id, name: name.to_owned(), password_hash: hash, role }).await?;
    Ok(id)
}

/// A password a person can read aloud: 4 groups of 4, 80 bits.
pub fn new_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes: [u8; 16] = rand::random();
    let letters: Vec<u8> = bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)]).collect();
    letters.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ_and_can_be_read_aloud() {
        let (one, two) = (new_password(), new_password());
        assert_ne!(one, two);
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
        assert!(!one.contains(['l', 'o', '0', '1']));
    }
}
