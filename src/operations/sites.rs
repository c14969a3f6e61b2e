//! Sites: found by their code, and corrected.

use anyhow::{Result, bail};
use boomgate_domain::ids::SiteCode;
use boomgate_domain::money::Currency;
use boomgate_store::devices::{self, DeviceRow};
use boomgate_store::sites::{self, SiteRow, SiteSettings};
use boomgate_store::{GenericClient, audit};

use super::zone::ZoneName;
use super::{Change, Refused, audit_line, changes, changes_detail};

/// Of a new site, where nobody says otherwise.
pub const TIME_ZONE: &str = "Europe/Bratislava";

/// What is to be another than it is; none stays.
#[derive(Clone, Debug)]
pub struct SetSite {
    pub site: SiteCode,
    pub name: Option<String>,
    pub time_zone: Option<ZoneName>,
    pub currency: Option<Currency>,
}

/// What became of it.
#[derive(Debug)]
pub struct SiteSet {
    pub changes: Vec<Change>,
    /// The site's devices that may speak; the time zone stands in their configuration, too.
    pub devices: Vec<DeviceRow>,
}

/// Corrects a site, for every event that comes from now on.
///
/// # Errors
/// [`Refused`] for another currency where money was counted already; an unknown site; the database's.
pub async fn set(client: &mut impl GenericClient, request: &SetSite) -> Result<SiteSet> {
    let tx = client.transaction().await?;
    // A batch of events reads the site under this lock.
    sites::lock(&tx, by_code(&tx, &request.site).await?.id).await?;
    let site = by_code(&tx, &request.site).await?;
    let time_zone = request.time_zone.as_ref().map_or(&*site.time_zone, ZoneName::as_str);
    let settings = SiteSettings {
        name: request.name.clone().unwrap_or_else(|| site.name.clone()),
        time_zone: time_zone.to_owned(),
        currency: request.currency.map_or_else(|| Currency::parse(&site.currency), Ok)?,
    };
    let changed = changes([
        ("name", &site.name, &settings.name),
        ("time zone", &site.time_zone, &settings.time_zone),
        ("currency", &site.currency, settings.currency.as_str()),
    ]);
    if changed.iter().any(|change| change.what == "currency") {
        refuse_counted_money(&tx, &site, settings.currency).await?;
    }
    if !changed.is_empty() {
        sites::set(&tx, site.id, &settings).await?;
        audit::insert_many(&tx, &[audit_line(site.id, None, "site.set", changes_detail(&changed))]).await?;
    }
    let devices = devices::live_of_site(&tx, site.id).await?;
    tx.commit().await?;
    Ok(SiteSet { changes: changed, devices })
}

/// Amounts that were counted in one currency are not to be read as another.
async fn refuse_counted_money(tx: &impl GenericClient, site: &SiteRow, wanted: Currency) -> Result<()> {
    let money = sites::money(tx, site.id).await?;
    if money.open_stays == 0 && money.ledger_entries == 0 {
        return Ok(());
    }
    let reason = format!(
        "currency: {wanted} is given, but site {} has counted in {}: {} cars are inside, {} entries are in its ledger; open another site for {wanted}",
        site.code, site.currency, money.open_stays, money.ledger_entries
    );
    Err(Refused::from(reason).into())
}

/// What of a stored site cannot be used, with the command that corrects it. Sites of earlier versions may be so.
#[must_use]
pub fn faults(site: &SiteRow) -> Vec<String> {
    let SiteRow { code, time_zone, currency, .. } = site;
    let correct = format!("correct it first: boomgate site set --site {code}");
    let zone = time_zone.parse::<ZoneName>().is_err().then(|| {
        format!("site {code} has the time zone {time_zone:?}, which nobody knows; {correct} --time-zone {TIME_ZONE}")
    });
    let money = Currency::parse(currency).is_err().then(|| {
        format!(
            "site {code} has the currency {currency:?}, which nobody knows; {correct} --currency {}",
            Currency::EUR
        )
    });
    zone.into_iter().chain(money).collect()
}

/// The site of this code.
///
/// # Errors
/// There is none; the message says which there are.
pub async fn by_code(client: &impl GenericClient, code: &SiteCode) -> Result<SiteRow> {
    if let Some(site) = sites::by_code(client, code).await? {
        return Ok(site);
    }
    bail!("no site {code} is known; {}", known(&all(client).await?))
}

/// The only site there is.
///
/// # Errors
/// There are several, or none.
pub async fn only(client: &impl GenericClient) -> Result<SiteRow> {
    let mut sites = all(client).await?;
    match (sites.pop(), sites.is_empty()) {
        (Some(site), true) => Ok(site),
        (Some(last), false) => {
            sites.push(last);
            bail!("say which site with --site; {}", known(&sites))
        }
        (None, _) => bail!("{}", known(&[])),
    }
}

/// Every site of this installation.
///
/// # Errors
/// The database's.
pub async fn all(client: &impl GenericClient) -> Result<Vec<SiteRow>> {
    match sites::first_tenant(client).await? {
        Some(tenant) => Ok(sites::of_tenant(client, tenant).await?),
        None => Ok(Vec::new()),
    }
}

/// Which sites there are, in words.
#[must_use]
pub fn known(sites: &[SiteRow]) -> String {
    let codes: Vec<&str> = sites.iter().map(|site| site.code.as_str()).collect();
    if codes.is_empty() {
        "there is no site yet; `boomgate device add` makes one".into()
    } else {
        format!("there are: {}", codes.join(", "))
    }
}
