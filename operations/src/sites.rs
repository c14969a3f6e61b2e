//! Tenants and their sites: opened, found by their code, corrected.

use boomgate_domain::decide::{Passback, SiteMode};
use boomgate_domain::ids::{SiteCode, SiteId, TenantId};
use boomgate_domain::money::Currency;
use boomgate_domain::reason::Lang;
use boomgate_store::GenericClient;
use boomgate_store::audit::{self, NewAudit};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::devices::{self, DeviceRow};
use boomgate_store::sites::{self as stored, NewSite, SiteRow, SiteSettings};
use uuid::Uuid;

use crate::access::{AccessError, Authorized, SettingsWrite, SiteRef};
use crate::error::OperationError;
use crate::fault::{Change, Correction, Fault};
use crate::time_zone::ZoneName;
use crate::unit::Unit;

/// Of a new site, where none is given.
pub const TIME_ZONE: &str = "Europe/Bratislava";

/// A site to be opened, with what makes it different from another.
#[derive(Clone, Debug)]
pub struct AddSite {
    /// Used once in the whole installation.
    pub code: SiteCode,
    /// As people read it.
    pub name: String,
    /// In which its tariffs' hours are meant.
    pub time_zone: ZoneName,
    /// In which it charges.
    pub currency: Currency,
    /// Of its signs and pages, the preferred one first; at least one.
    pub languages: Vec<Lang>,
    /// Spaces for visitors; none where they are not counted.
    pub capacity: Option<u32>,
}

/// What is to be another than it is; none stays.
#[derive(Clone, Debug)]
pub struct SetSite {
    /// Of the site.
    pub site: SiteCode,
    /// As people read it.
    pub name: Option<String>,
    /// In which its tariffs' hours are meant.
    pub time_zone: Option<ZoneName>,
    /// In which it charges.
    pub currency: Option<Currency>,
    /// Of its signs and pages, the preferred one first; not empty.
    pub languages: Option<Vec<Lang>>,
    /// Spaces for visitors; none of it: nobody counts.
    pub capacity: Option<Option<u32>>,
}

/// What became of it.
#[derive(Debug)]
pub struct SiteSet {
    /// What is another now.
    pub changes: Vec<Change>,
    /// The site's devices that are not revoked; their configuration contains the time zone, too.
    pub devices: Vec<DeviceRow>,
}

/// The company of a one-tenant installation; made on first use.
///
/// # Errors
/// The database's.
pub async fn tenant(client: &impl GenericClient, name: &str) -> Result<TenantId, OperationError> {
    if let Some(tenant) = stored::first_tenant(client).await? {
        return Ok(tenant);
    }
    let tenant = TenantId::from_uuid(Uuid::now_v7());
    stored::insert_tenant(client, tenant, name).await?;
    Ok(tenant)
}

/// Creates a site with default settings; returns the one of this code where it exists.
///
/// # Errors
/// The code belongs to another tenant's site; the database's.
pub async fn ensure(
    client: &impl GenericClient,
    by: &Authorized<SettingsWrite>,
    new: AddSite,
) -> Result<SiteId, OperationError> {
    let tenant = by.actor().tenant;
    match stored::by_code(client, &new.code).await? {
        Some(site) if site.tenant_id == tenant => Ok(site.id),
        Some(_) => Err(taken(&new.code)),
        None => insert(client, tenant, new).await,
    }
}

/// Opens a site for a caller who holds the permission at every site of the tenant: only they will see it.
///
/// # Errors
/// `SITE-CODE-TAKEN`; the caller manages some sites only; the database's.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<SettingsWrite>,
    new: AddSite,
) -> Result<SiteRow, OperationError> {
    let (tx, code) = (unit.tx(), new.code.clone());
    if stored::by_code(tx, &code).await?.is_some() {
        return Err(taken(&code));
    }
    let id = insert(tx, by.actor().tenant, new).await.map_err(|error| taken_meanwhile(error, &code))?;
    let site = by.site(tx, Some(&SiteRef::Id(id))).await.map_err(|error| match error {
        AccessError::NotFound(_) => AccessError::Forbidden,
        AccessError::Forbidden
        | AccessError::StepUpNeeded
        | AccessError::SiteNeeded
        | AccessError::Store(_) => error,
    })?;
    audit::insert_many(tx, &[by.audit_line(id, AuditAction::SiteAdd { code: code.to_string() })]).await?;
    Ok(site)
}

/// Two who open a site of the same code at once: one wins.
fn taken_meanwhile(error: OperationError, code: &SiteCode) -> OperationError {
    if let OperationError::Store(stored) = &error
        && stored.is_duplicate()
    {
        return taken(code);
    }
    error
}

pub(crate) fn taken(code: &SiteCode) -> OperationError {
    OperationError::conflict("SITE-CODE-TAKEN", format!("the site code {code} is taken"))
}

pub(crate) async fn insert(
    client: &impl GenericClient,
    tenant: TenantId,
    new: AddSite,
) -> Result<SiteId, OperationError> {
    let id = SiteId::from_uuid(Uuid::now_v7());
    let site = NewSite {
        id,
        tenant,
        code: new.code,
        name: new.name,
        time_zone: new.time_zone.as_str().to_owned(),
        currency: new.currency,
        languages: new.languages,
        mode: SiteMode::Open,
        capacity: new.capacity,
        visitors: true,
        passback: Passback::Deny,
        plate_only_limit_minor: None,
        list_key: rand::random(),
    };
    stored::insert(client, &site).await?;
    Ok(id)
}

/// Corrects a site, for every event that comes from now on.
///
/// # Errors
/// Another currency where money was counted already; an unknown site; the database's.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<SettingsWrite>,
    request: &SetSite,
) -> Result<SiteSet, OperationError> {
    let tx = unit.tx();
    // A batch of events reads the site under this lock.
    stored::lock(tx, by_code(tx, by.actor().tenant, &request.site).await?.id).await?;
    let site = by_code(tx, by.actor().tenant, &request.site).await?;
    let time_zone = request.time_zone.as_ref().map_or(&*site.time_zone, ZoneName::as_str);
    let settings = SiteSettings {
        name: request.name.clone().unwrap_or_else(|| site.name.clone()),
        time_zone: time_zone.to_owned(),
        currency: request.currency.map_or_else(|| Currency::parse(&site.currency), Ok)?,
        languages: request.languages.as_deref().map_or_else(|| site.languages.clone(), words),
        capacity: request.capacity.unwrap_or_else(|| site.capacity.and_then(|spaces| spaces.try_into().ok())),
    };
    let changes: Vec<Change> = [
        Change::of("name", &site.name, &settings.name),
        Change::of("time_zone", &site.time_zone, &settings.time_zone),
        Change::of("currency", &site.currency, settings.currency.as_str()),
        Change::of("languages", &site.languages.join(","), &settings.languages.join(",")),
        Change::of("capacity", &spaces(site.capacity), &spaces(settings.capacity)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if changes.iter().any(|change| change.field == "currency") {
        refuse_counted_money(tx, &site, settings.currency).await?;
    }
    if !changes.is_empty() {
        stored::set(tx, site.id, &settings).await?;
        audit::insert_many(tx, &[line(by, &site, &changes)]).await?;
    }
    Ok(SiteSet { changes, devices: devices::live_of_site(tx, site.id).await? })
}

fn words(languages: &[Lang]) -> Vec<String> {
    languages.iter().map(|language| language.as_str().to_owned()).collect()
}

fn spaces(capacity: Option<impl std::fmt::Display>) -> String {
    capacity.map_or_else(|| "not counted".to_owned(), |spaces| spaces.to_string())
}

fn line(by: &Authorized<SettingsWrite>, site: &SiteRow, changes: &[Change]) -> NewAudit {
    let pair = |field| Change::pair(changes, field);
    let action = AuditAction::SiteSet {
        name: pair("name"),
        time_zone: pair("time_zone"),
        currency: pair("currency"),
        languages: pair("languages"),
        capacity: pair("capacity"),
    };
    by.audit_line(site.id, action)
}

/// Amounts that were counted in one currency are not to be read as another.
async fn refuse_counted_money(
    tx: &impl GenericClient,
    site: &SiteRow,
    wanted: Currency,
) -> Result<(), OperationError> {
    let money = stored::money(tx, site.id).await?;
    if money.open_stays == 0 && money.ledger_entries == 0 {
        return Ok(());
    }
    let message = format!(
        "{wanted} is given, but site {} has counted in {}: {} cars are inside, {} entries are in its ledger; open another site for {wanted}",
        site.code, site.currency, money.open_stays, money.ledger_entries
    );
    Err(Fault::new("currency", "MONEY-COUNTED", message).into())
}

/// What of a stored site cannot be used. Sites of earlier versions may be so.
#[must_use]
pub fn faults(site: &SiteRow) -> Vec<Fault> {
    let SiteRow { code, time_zone, currency, .. } = site;
    let correct = |setting, value: &str| {
        SiteCode::parse(code).ok().map(|site| Correction::SetSite { site, setting, value: value.to_owned() })
    };
    let zone = time_zone.parse::<ZoneName>().is_err().then(|| Fault {
        correction: correct("time_zone", TIME_ZONE),
        ..Fault::new(
            "site",
            "SITE-TIME-ZONE-UNKNOWN",
            format!("site {code} has the time zone {time_zone:?}, which nobody knows"),
        )
    });
    let money = Currency::parse(currency).is_err().then(|| Fault {
        correction: correct("currency", Currency::EUR.as_str()),
        ..Fault::new(
            "site",
            "SITE-CURRENCY-UNKNOWN",
            format!("site {code} has the currency {currency:?}, which nobody knows"),
        )
    });
    zone.into_iter().chain(money).collect()
}

/// The tenant's site of this code.
///
/// # Errors
/// It does not exist; the message lists those that do.
pub async fn by_code(
    client: &impl GenericClient,
    tenant: TenantId,
    code: &SiteCode,
) -> Result<SiteRow, OperationError> {
    match stored::by_code(client, code).await? {
        Some(site) if site.tenant_id == tenant => Ok(site),
        _ => {
            let all = stored::of_tenant(client, tenant).await?;
            Err(OperationError::Unknown(format!("no site {code} is known; {}", known(&all))))
        }
    }
}

/// The only site the tenant has.
///
/// # Errors
/// There are several, or none.
pub async fn only(client: &impl GenericClient, tenant: TenantId) -> Result<SiteRow, OperationError> {
    let mut sites = stored::of_tenant(client, tenant).await?;
    match sites.pop() {
        Some(site) if sites.is_empty() => Ok(site),
        Some(last) => {
            sites.push(last);
            Err(OperationError::Unknown(format!("say which site; {}", known(&sites))))
        }
        None => Err(OperationError::Unknown(known(&[]))),
    }
}

/// Which sites there are, in words.
#[must_use]
pub fn known(sites: &[SiteRow]) -> String {
    let codes: Vec<&str> = sites.iter().map(|site| site.code.as_str()).collect();
    if codes.is_empty() { "there is no site yet".into() } else { format!("there are: {}", codes.join(", ")) }
}
