//! Devices of lanes: added with keys of their own, given new certificates, revoked.

use std::error::Error;

use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{DeviceCode, DeviceId, LaneCode, LaneId, SiteCode, SiteId, TenantId};
use boomgate_domain::money::Currency;
use boomgate_domain::reason::Lang;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::devices::{self as stored, DeviceRow, NewDevice};
use boomgate_store::lanes::{self as stored_lanes, LaneRow, direction_name};
use boomgate_store::pool::Object;
use boomgate_store::sites::{self as stored_sites, SiteRow};
use boomgate_store::{GenericClient, StoreError, audit, tariffs};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::access::{Authorized, DevicesManage};
use crate::error::OperationError;
use crate::fault::{Correction, Fault};
use crate::sites::{AddSite, TIME_ZONE};
use crate::time_zone::ZoneName;
use crate::unit::{self, Unit};
use crate::{lanes, sites};

/// The place of a device, as in its certificate and its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePlace {
    /// Of its site.
    pub site: SiteCode,
    /// Of its lane.
    pub lane: LaneCode,
    /// Of itself, used once.
    pub device: DeviceCode,
    /// Which way the lane leads.
    pub direction: Direction,
    /// Of the site, as it is stored.
    pub time_zone: String,
    /// Of the sign: `en`, `vi`.
    pub language: String,
}

/// What the server stores of an issued certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of its DER form.
    pub sha256: [u8; 32],
    /// When it ends.
    pub until: Timestamp,
}

/// Why a certificate was not issued.
pub type IssuerError = Box<dyn Error + Send + Sync>;

/// Holds the key of the certificate authority and makes the devices' keys. What it makes is removed
/// unless `keep` is called.
pub trait CertificateIssuer {
    /// Reasons not to issue, found before anything changes.
    fn faults(&mut self) -> Vec<Fault>;

    /// Makes keys and a certificate for a new device. Returns the public half of the key it signs with, and the
    /// certificate.
    ///
    /// # Errors
    /// The keys or the place they are written to.
    fn issue(&mut self, device: &DevicePlace) -> Result<([u8; 32], Certificate), IssuerError>;

    /// A new certificate for a device that is known, for the key it has where that is at hand.
    ///
    /// # Errors
    /// The keys or the place they are written to.
    fn renew(&mut self, device: &DevicePlace) -> Result<Certificate, IssuerError>;

    /// What was issued is stored, or may be: nothing of it is removed.
    fn keep(&mut self);
}

/// A device to be added.
#[derive(Clone, Debug)]
pub struct AddDevice {
    /// Of its site; a new one is opened.
    pub site: SiteCode,
    /// Of its lane; a new one is made.
    pub lane: LaneCode,
    /// The display name of a new lane; its code where none is given.
    pub lane_name: Option<String>,
    /// Of itself, used once.
    pub device: DeviceCode,
    /// Which way the lane leads. For one that is known it must be what is stored.
    pub direction: Direction,
    /// Of the site. For one that is known it must be what is stored.
    pub time_zone: Option<ZoneName>,
    /// Of the site. For one that is known it must be what is stored.
    pub currency: Option<Currency>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAdded {
    /// Time zone and currency of a site that was not there before.
    pub made_site: Option<(String, String)>,
    /// Whether the lane was not there before.
    pub made_lane: bool,
    /// The device that was at the lane before and is now revoked.
    pub replaced: Option<String>,
    /// Whether leaving this site is free.
    pub is_free: bool,
}

/// What is stored already.
struct Stored {
    site: Option<SiteRow>,
    lane: Option<LaneRow>,
    at_lane: Option<DeviceRow>,
}

/// Adds a device, with its site and lane where they are new. The lane's device before it is revoked.
///
/// The keys are made before the commit: when that fails nothing has happened. When the connection ends during the
/// commit, it may have happened all the same: the keys stay.
///
/// # Errors
/// All faults of the request; the issuer's; the database's.
pub async fn add(
    client: &mut Object,
    by: &Authorized<DevicesManage>,
    request: &AddDevice,
    issuer: &mut (dyn CertificateIssuer + Send),
) -> Result<DeviceAdded, OperationError> {
    let added = unit::run(client, async |unit| add_in(unit, by, request, issuer).await).await;
    keep_unless_failed(issuer, &added);
    added
}

fn keep_unless_failed<T>(issuer: &mut dyn CertificateIssuer, done: &Result<T, OperationError>) {
    if matches!(done, Ok(_) | Err(OperationError::Store(StoreError::Unconfirmed(_)))) {
        issuer.keep();
    }
}

async fn add_in(
    unit: &Unit<'_>,
    by: &Authorized<DevicesManage>,
    request: &AddDevice,
    issuer: &mut (dyn CertificateIssuer + Send),
) -> Result<DeviceAdded, OperationError> {
    let (tx, tenant) = (unit.tx(), by.actor().tenant);
    let (known, mut faults) = look(tx, tenant, request).await?;
    faults.extend(issuer.faults());
    OperationError::unless_empty(faults)?;
    let language = known.site.as_ref().map_or_else(|| Lang::En.as_str().to_owned(), sign_language);
    let (site, time_zone, currency) = the_site(tx, tenant, request, known.site.as_ref()).await?;
    let name = request.lane_name.as_deref().unwrap_or(request.lane.as_str());
    let lane = lanes::ensure(tx, site, &request.lane, name, request.direction).await?;
    enrol(tx, issuer, (site, lane), &place(request, &time_zone, language)).await?;
    let replaced = known.at_lane.map(|device| device.code);
    let action = AuditAction::DeviceAdd { device: request.device.to_string(), replaced: replaced.clone() };
    let mut line = by.audit_line(site, action);
    line.lane_id = Some(lane.as_uuid());
    audit::insert_many(tx, &[line]).await?;
    let free = tariffs::sites_without(tx, Timestamp::now()).await?;
    Ok(DeviceAdded {
        made_site: known.site.is_none().then_some((time_zone, currency)),
        made_lane: known.lane.is_none(),
        replaced,
        is_free: free.iter().any(|code| *code == *request.site.as_str()),
    })
}

/// What the site's signs speak.
fn sign_language(site: &SiteRow) -> String {
    site.languages.first().cloned().unwrap_or_else(|| Lang::En.as_str().to_owned())
}

fn place(request: &AddDevice, time_zone: &str, language: String) -> DevicePlace {
    DevicePlace {
        site: request.site.clone(),
        lane: request.lane.clone(),
        device: request.device.clone(),
        direction: request.direction,
        time_zone: time_zone.to_owned(),
        language,
    }
}

/// Issues keys for a device at a lane. An older device of that lane is revoked: one lane has one device.
async fn enrol(
    tx: &impl GenericClient,
    issuer: &mut (dyn CertificateIssuer + Send),
    (site, lane): (SiteId, LaneId),
    place: &DevicePlace,
) -> Result<(), OperationError> {
    let (signing_key, certificate) = issuer.issue(place).map_err(OperationError::Issuer)?;
    let now = Timestamp::now();
    for old in stored::live_of_site(tx, site).await?.into_iter().filter(|old| old.lane_id == lane) {
        stored::revoke(tx, old.site_id, old.id, now).await?;
        stored::changed(tx, &stored_code(&old.code)?).await?;
    }
    let device = NewDevice {
        site,
        id: DeviceId::from_uuid(Uuid::now_v7()),
        lane,
        code: place.device.clone(),
        signing_key,
        certificate_sha256: Some(certificate.sha256.to_vec()),
        certificate_until: Some(certificate.until),
    };
    stored::insert(tx, &device).await?;
    Ok(stored::changed(tx, &place.device).await?)
}

fn stored_code<T: std::str::FromStr>(code: &str) -> Result<T, OperationError> {
    code.parse().map_err(|_| OperationError::Broken(format!("the stored code {code:?} is none")))
}

/// Revokes a device; an open connection is closed within seconds.
///
/// # Errors
/// No device of this code is known; the database's.
pub async fn revoke(
    unit: &Unit<'_>,
    by: &Authorized<DevicesManage>,
    code: &DeviceCode,
) -> Result<(), OperationError> {
    let tx = unit.tx();
    let device = by_code(tx, by.actor().tenant, code).await?;
    stored::revoke(tx, device.site_id, device.id, Timestamp::now()).await?;
    audit::insert_many(tx, &[line(by, &device, AuditAction::DeviceRevoke { device: code.to_string() })])
        .await?;
    Ok(stored::changed(tx, code).await?)
}

/// A new certificate for a device that is known. The one before stays good for `overlap`, or until the new one is used.
/// When the new one ends.
///
/// # Errors
/// No live device of this code is known; the issuer's; the database's.
pub async fn renew(
    client: &mut Object,
    by: &Authorized<DevicesManage>,
    code: &DeviceCode,
    overlap: SignedDuration,
    issuer: &mut (dyn CertificateIssuer + Send),
) -> Result<Timestamp, OperationError> {
    let renewed = unit::run(client, async |unit| renew_in(unit, by, code, overlap, issuer).await).await;
    keep_unless_failed(issuer, &renewed);
    renewed
}

async fn renew_in(
    unit: &Unit<'_>,
    by: &Authorized<DevicesManage>,
    code: &DeviceCode,
    overlap: SignedDuration,
    issuer: &mut (dyn CertificateIssuer + Send),
) -> Result<Timestamp, OperationError> {
    let tx = unit.tx();
    let device = by_code(tx, by.actor().tenant, code).await?;
    if device.revoked_at.is_some() {
        let why = format!("{code} is revoked; add a new device with another code");
        return Err(OperationError::conflict("DEVICE-REVOKED", why));
    }
    let site = stored_sites::get(tx, device.site_id).await?.ok_or(OperationError::NotFound("site"))?;
    let place = DevicePlace {
        site: stored_code(&device.site_code)?,
        lane: stored_code(&device.lane_code)?,
        device: code.clone(),
        direction: stored_sites::read_word("lanes.direction", &device.direction)?,
        language: sign_language(&site),
        time_zone: site.time_zone,
    };
    let Certificate { sha256, until } = issuer.renew(&place).map_err(OperationError::Issuer)?;
    let ends = Timestamp::now() + overlap;
    stored::set_certificate(tx, (device.site_id, device.id), &sha256, until, ends).await?;
    audit::insert_many(tx, &[line(by, &device, AuditAction::DeviceRenew { device: code.to_string() })])
        .await?;
    stored::changed(tx, code).await?;
    Ok(until)
}

fn line(by: &Authorized<DevicesManage>, device: &DeviceRow, action: AuditAction) -> audit::NewAudit {
    let mut line = by.audit_line(device.site_id, action);
    line.lane_id = Some(device.lane_id.as_uuid());
    line
}

async fn by_code(
    tx: &impl GenericClient,
    tenant: TenantId,
    code: &DeviceCode,
) -> Result<DeviceRow, OperationError> {
    let unknown = || OperationError::Unknown(format!("no device {code} is known"));
    let device = stored::by_code(tx, code).await?.ok_or_else(unknown)?;
    let site = stored_sites::get(tx, device.site_id).await?;
    site.filter(|site| site.tenant_id == tenant).map(|_| device).ok_or_else(unknown)
}

/// What is stored, and every difference to what is given.
async fn look(
    tx: &impl GenericClient,
    tenant: TenantId,
    request: &AddDevice,
) -> Result<(Stored, Vec<Fault>), OperationError> {
    let mut faults = Vec::new();
    faults.extend(stored::by_code(tx, &request.device).await?.map(|known| used_code(request, &known)));
    let Some(site) = stored_sites::by_code(tx, &request.site).await? else {
        return Ok((Stored { site: None, lane: None, at_lane: None }, faults));
    };
    if site.tenant_id != tenant {
        return Err(sites::taken(&request.site));
    }
    faults.extend(sites::faults(&site));
    faults.extend(other_zone(request, &site));
    faults.extend(other_currency(request, &site));
    let lane = stored_lanes::by_code(tx, site.id, &request.lane).await?;
    faults.extend(lane.as_ref().and_then(|lane| other_direction(request, lane)));
    let live = stored::live_of_site(tx, site.id).await?;
    let at_lane = live.into_iter().find(|one| lane.as_ref().is_some_and(|lane| lane.id == one.lane_id));
    Ok((Stored { site: Some(site), lane, at_lane }, faults))
}

fn used_code(request: &AddDevice, known: &DeviceRow) -> Fault {
    let DeviceRow { code, site_code, lane_code, .. } = known;
    let state = if known.revoked_at.is_some() { "was revoked there" } else { "may speak there" };
    let message = format!(
        "{code} is known already, at {site_code}/{lane_code}, and {state}; a code is used once, choose another"
    );
    let fault = Fault::new("device", "DEVICE-KNOWN", message);
    if known.revoked_at.is_some() {
        return fault;
    }
    fault.with(Correction::RenewDevice { device: request.device.clone() })
}

fn other_zone(request: &AddDevice, site: &SiteRow) -> Option<Fault> {
    let (code, stored) = (&site.code, &site.time_zone);
    let given = request.time_zone.as_ref().filter(|given| given.as_str() != stored)?;
    let message = format!("{given} is given, but site {code} has {stored}");
    Some(Fault::new("time_zone", "SITE-DIFFERS", message).with(set_site(
        request,
        "time_zone",
        given.as_str(),
    )))
}

fn other_currency(request: &AddDevice, site: &SiteRow) -> Option<Fault> {
    let (code, stored) = (&site.code, &site.currency);
    let given = request.currency.filter(|given| given.as_str() != stored)?;
    let message = format!("{given} is given, but site {code} has {stored}");
    Some(Fault::new("currency", "SITE-DIFFERS", message).with(set_site(request, "currency", given.as_str())))
}

fn set_site(request: &AddDevice, setting: &'static str, value: &str) -> Correction {
    Correction::SetSite { site: request.site.clone(), setting, value: value.to_owned() }
}

fn other_direction(request: &AddDevice, lane: &LaneRow) -> Option<Fault> {
    let (given, stored) = (direction_name(request.direction), &lane.direction);
    let (site, code) = (&request.site, &lane.code);
    (given != stored).then(|| {
        let message = format!("{given} is given, but lane {code} of site {site} has {stored}");
        let correction =
            Correction::SetLane { site: site.clone(), lane: request.lane.clone(), direction: given };
        Fault::new("direction", "LANE-DIFFERS", message).with(correction)
    })
}

/// The site with its time zone and currency; made where it is new.
async fn the_site(
    tx: &impl GenericClient,
    tenant: TenantId,
    request: &AddDevice,
    known: Option<&SiteRow>,
) -> Result<(SiteId, String, String), OperationError> {
    if let Some(site) = known {
        return Ok((site.id, site.time_zone.clone(), site.currency.clone()));
    }
    let standard =
        || TIME_ZONE.parse().map_err(|_| OperationError::Broken(format!("{TIME_ZONE} is unknown")));
    let time_zone: ZoneName = request.time_zone.clone().map_or_else(standard, Ok)?;
    let currency = request.currency.unwrap_or(Currency::EUR);
    let new = AddSite {
        code: request.site.clone(),
        name: request.site.to_string(),
        time_zone: time_zone.clone(),
        currency,
        capacity: None,
        languages: vec![Lang::En],
    };
    Ok((sites::insert(tx, tenant, new).await?, time_zone.to_string(), currency.to_string()))
}
