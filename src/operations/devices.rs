//! Devices of lanes: added with keys of their own and a folder to carry to them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{DeviceCode, LaneId, SiteId};
use boomgate_domain::money::Currency;
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_store::devices::{self, DeviceRow};
use boomgate_store::lanes::{self, LaneRow, direction_name};
use boomgate_store::sites::{self, SiteRow};
use boomgate_store::{GenericClient, audit, tariffs};
use serde_json::json;

use super::folder::NewFolder;
use super::sites::TIME_ZONE;
use super::zone::ZoneName;
use super::{Refused, audit_line};
use crate::pki::{Pki, host};
use crate::setup::{self, AgentFolder, SiteWish};

/// A device to be added.
#[derive(Clone, Debug)]
pub struct AddDevice<'a> {
    pub identity: DeviceIdentity,
    pub direction: Direction,
    /// Of the site. For one that is known they must be what is stored.
    pub time_zone: Option<ZoneName>,
    pub currency: Option<Currency>,
    /// How the device reaches the server, in the form of [`host::canonical`].
    pub server: String,
    pub out: PathBuf,
    pub keys: ServerKeys<'a>,
    /// Sections of `agent.toml` about wires and camera.
    pub hardware: &'a str,
}

/// The server's key folder and what of its configuration devices need.
#[derive(Clone, Copy, Debug)]
pub struct ServerKeys<'a> {
    pub dir: &'a Path,
    /// Names of the server's certificate by configuration.
    pub hosts: &'a [String],
    pub mqtt_port: u16,
    pub https_port: u16,
}

/// What became of it.
#[derive(Debug)]
pub struct DeviceAdded {
    /// The device's configuration file.
    pub file: PathBuf,
    /// Time zone and currency of a site that was not there before.
    pub made_site: Option<(String, String)>,
    pub made_lane: bool,
    /// Who stood there and may not speak any more.
    pub replaced: Option<String>,
    /// The server's certificate is for another name, too, from now on.
    pub new_host: bool,
    /// Whoever leaves this site pays nothing.
    pub is_free: bool,
}

/// What is stored already.
struct Stored {
    site: Option<SiteRow>,
    lane: Option<LaneRow>,
    at_lane: Option<DeviceRow>,
}

/// Makes keys and the folder of a device; its site and lane where they are new. The device that stood there is revoked.
///
/// The folder is written before the commit: when that fails nothing has happened. When the connection ends during the
/// commit, it may have happened all the same: the folder stays.
///
/// # Errors
/// [`Refused`], with everything that stands against it; the file system's, the database's.
pub async fn add(client: &mut impl GenericClient, request: &AddDevice<'_>) -> Result<DeviceAdded> {
    let tx = client.transaction().await?;
    let (stored, mut reasons) = look(&tx, request).await?;
    reasons.extend(Pki::lost_files(request.keys.dir));
    reasons.extend(Pki::can_issue(request.keys.dir).err());
    let folder =
        NewFolder::open(&request.out).map_err(|reason| reasons.push(format!("--out: {reason}"))).ok();
    Refused::unless_empty(reasons)?;

    let (site, time_zone) = the_site(&tx, request, stored.site.as_ref()).await?;
    let lane = the_lane(&tx, request, site, stored.lane.as_ref()).await?;
    let (pki, new_host) = open_keys(&request.keys, &request.server)?;
    let keys = setup::enrol_in(&tx, &pki, (site, lane), &request.identity).await?;
    setup::write_keys(&request.out, &keys, &pki.ca_pem()?)?;
    let file = write_agent(request, &pki, &time_zone)?;
    let replaced = stored.at_lane.map(|device| device.code);
    let detail = json!({ "device": request.identity.device, "replaced": replaced });
    audit::insert_many(&tx, &[audit_line(site, Some(lane), "device.add", detail)]).await?;
    let free = tariffs::sites_without(&tx, jiff::Timestamp::now()).await?;
    let committed = tx.commit().await;
    // What PostgreSQL itself refuses is rolled back; when the connection ends, nobody knows.
    let refused = committed.as_ref().is_err_and(|error| error.as_db_error().is_some());
    if let Some(folder) = folder.filter(|_| !refused) {
        folder.keep();
    }
    if refused {
        committed?;
    } else {
        committed.with_context(|| {
            let (device, out) = (&request.identity.device, request.out.display());
            format!("whether device {device} was stored is not known; `boomgate lane list` shows it. Its keys are in {out}")
        })?;
    }
    let currency = request.currency.unwrap_or(Currency::EUR).to_string();
    Ok(DeviceAdded {
        file,
        made_site: stored.site.is_none().then_some((time_zone, currency)),
        made_lane: stored.lane.is_none(),
        replaced,
        new_host,
        is_free: free.iter().any(|code| *code == *request.identity.site.as_str()),
    })
}

/// Ends a device's right to speak; a live connection ends soon.
///
/// # Errors
/// No device of this code is known; the database's.
pub async fn revoke(client: &mut impl GenericClient, code: &DeviceCode) -> Result<()> {
    let tx = client.transaction().await?;
    let device = devices::by_code(&tx, code).await?.with_context(|| format!("no device {code} is known"))?;
    devices::revoke(&tx, device.site_id, device.id, jiff::Timestamp::now()).await?;
    let line = audit_line(device.site_id, Some(device.lane_id), "device.revoke", json!({ "device": code }));
    audit::insert_many(&tx, &[line]).await?;
    devices::changed(&tx, code).await?;
    Ok(tx.commit().await?)
}

/// What is stored, and every difference to what is given.
async fn look(tx: &impl GenericClient, request: &AddDevice<'_>) -> Result<(Stored, Vec<String>)> {
    let DeviceIdentity { site, lane, device } = &request.identity;
    let mut reasons = Vec::new();
    reasons.extend(devices::by_code(tx, device).await?.map(|known| used_code(&known)));
    let Some(site) = sites::by_code(tx, site).await? else {
        return Ok((Stored { site: None, lane: None, at_lane: None }, reasons));
    };
    reasons.extend(super::sites::faults(&site));
    reasons.extend(other_zone(&site, request.time_zone.as_ref()));
    reasons.extend(other_currency(&site, request.currency));
    let lane = lanes::by_code(tx, site.id, lane).await?;
    reasons.extend(lane.as_ref().and_then(|lane| other_direction(&site, lane, request.direction)));
    let live = devices::live_of_site(tx, site.id).await?;
    let at_lane = live.into_iter().find(|one| lane.as_ref().is_some_and(|lane| lane.id == one.lane_id));
    Ok((Stored { site: Some(site), lane, at_lane }, reasons))
}

fn used_code(known: &DeviceRow) -> String {
    let DeviceRow { code, site_code, lane_code, .. } = known;
    let state = if known.revoked_at.is_some() { "was revoked there" } else { "may speak there" };
    format!(
        "--device: {code} is known already, at {site_code}/{lane_code}, and {state}; a code is used once, choose another (a new certificate for a device that may speak: boomgate device renew {code} --out DIR)"
    )
}

fn other_zone(site: &SiteRow, given: Option<&ZoneName>) -> Option<String> {
    let (code, stored) = (&site.code, &site.time_zone);
    let given = given.filter(|given| given.as_str() != stored)?;
    Some(format!(
        "--time-zone: {given} is given, but site {code} has {stored}; leave it out, or correct the site first: boomgate site set --site {code} --time-zone {given}"
    ))
}

fn other_currency(site: &SiteRow, given: Option<Currency>) -> Option<String> {
    let (code, stored) = (&site.code, &site.currency);
    let given = given.filter(|given| given.as_str() != stored)?;
    Some(format!(
        "--currency: {given} is given, but site {code} has {stored}; leave it out, or correct the site first: boomgate site set --site {code} --currency {given}"
    ))
}

fn other_direction(site: &SiteRow, lane: &LaneRow, given: Direction) -> Option<String> {
    let (given, stored) = (direction_name(given), &lane.direction);
    let (site, lane) = (&site.code, &lane.code);
    (given != stored).then(|| {
        format!(
            "--direction: {given} is given, but lane {lane} of site {site} has {stored}; give {stored}, or correct the lane first: boomgate lane set --site {site} --lane {lane} --direction {given}"
        )
    })
}

/// The site with its time zone; made where it is new.
async fn the_site(
    tx: &impl GenericClient,
    request: &AddDevice<'_>,
    stored: Option<&SiteRow>,
) -> Result<(SiteId, String)> {
    if let Some(site) = stored {
        return Ok((site.id, site.time_zone.clone()));
    }
    let tenant = setup::tenant(tx, "Boomgate").await?;
    let time_zone = request.time_zone.clone().map_or_else(|| TIME_ZONE.parse(), Ok)?;
    let wish = SiteWish {
        code: request.identity.site.clone(),
        name: request.identity.site.to_string(),
        time_zone: time_zone.clone(),
        currency: request.currency.unwrap_or(Currency::EUR),
        capacity: None,
    };
    Ok((setup::insert_site(tx, tenant, wish).await?, time_zone.to_string()))
}

async fn the_lane(
    tx: &impl GenericClient,
    request: &AddDevice<'_>,
    site: SiteId,
    stored: Option<&LaneRow>,
) -> Result<LaneId> {
    let code = &request.identity.lane;
    match stored {
        Some(lane) => Ok(lane.id),
        None => setup::lane(tx, site, code, code.as_str(), request.direction).await,
    }
}

/// The keys, with a certificate of the server for the name by which this device knows it; whether that is a new one.
fn open_keys(keys: &ServerKeys<'_>, server: &str) -> Result<(Pki, bool)> {
    let was_there = keys.dir.join("server.pem").exists();
    let before = Pki::open_or_create(keys.dir, keys.hosts)?.is_for(server)?;
    let pki = Pki::open_or_create(keys.dir, &[keys.hosts, &[server.to_owned()]].concat())?;
    if !pki.is_for(server)? {
        return Err(Refused::from(format!("--server: the server's certificate is not for {server}")).into());
    }
    Ok((pki, was_there && !before))
}

fn write_agent(request: &AddDevice<'_>, pki: &Pki, time_zone: &str) -> Result<PathBuf> {
    let (server, keys) = (host::before_port(&request.server), &request.keys);
    setup::write_agent(&AgentFolder {
        dir: &request.out,
        identity: &request.identity,
        direction: request.direction,
        mqtt: format!("{server}:{}", keys.mqtt_port),
        https: format!("https://{server}:{}", keys.https_port),
        server_key: pki.signing_key()?.verifying_key().to_bytes(),
        hardware: request.hardware.into(),
        time_scale: 1.0,
        time_zone,
    })
    .context("agent.toml")
}
