//! The first run: company, site, first admin, lanes and tariff of an installation in which nobody may do everything yet.

use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{LaneCode, TenantId, UserId};
use boomgate_domain::tariff::Tariff;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::one_time_links as stored;
use boomgate_store::{GenericClient, audit, sites as stored_sites, users as stored_users};
use jiff::Timestamp;

use crate::access::{Actor, Authorized, Grant, Role, SettingsWrite};
use crate::error::OperationError;
use crate::links::{self, LinkKind, Made};
use crate::second_factor::{self, FirstFactor};
use crate::sites::AddSite;
use crate::unit::Unit;
use crate::users::AddUser;
use crate::{lanes, sites, tariffs, tokens, users};

/// Everything a car park needs before its first car.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Who runs it.
    pub company: String,
    /// The first site.
    pub site: AddSite,
    /// Who may do everything.
    pub admin: FirstAdmin,
    /// Of the site; may be empty.
    pub lanes: Vec<SetupLane>,
    /// In force from now on.
    pub tariff: Tariff,
}

/// The first person.
#[derive(Clone, Debug)]
pub struct FirstAdmin {
    /// To log in with.
    pub name: String,
    /// Where links and notices go.
    pub email: Option<String>,
    /// argon2id in PHC form.
    pub password_hash: String,
    /// A second factor.
    pub totp: Option<FirstFactor>,
}

/// A lane of the first site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupLane {
    /// Used once at the site.
    pub code: LaneCode,
    /// As people read it.
    pub name: String,
    /// Which way it leads.
    pub direction: Direction,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupDone {
    /// The first admin.
    pub user: UserId,
    /// For the day the phone is lost; empty without a second factor. Shown this once.
    pub recovery_codes: Vec<String>,
}

/// Whether nobody may do everything: no admin of a whole company can log in.
///
/// # Errors
/// The database's.
pub async fn is_needed(client: &impl GenericClient) -> Result<bool, OperationError> {
    Ok(stored_users::count_admins(client).await? == 0)
}

/// The link to the page that sets the installation up; one made before is good no more.
///
/// # Errors
/// `SET-UP-ALREADY`; the database's.
pub async fn link(unit: &Unit<'_>) -> Result<Made, OperationError> {
    refuse_second(unit).await?;
    links::setup(unit).await
}

/// Until when the link of this token is good.
///
/// # Errors
/// It was used, or is good no more; the database's.
pub async fn look_up(client: &impl GenericClient, token: &str) -> Result<Timestamp, OperationError> {
    let found = stored::find(client, &tokens::hash(token), Timestamp::now()).await?;
    good(found.as_ref())
}

fn good(link: Option<&stored::OneTimeLink>) -> Result<Timestamp, OperationError> {
    let link = link.filter(|link| LinkKind::parse(&link.kind) == Some(LinkKind::Setup));
    link.map(|link| link.expires_at).ok_or(OperationError::NotFound("a link that is still good"))
}

/// Sets the installation up by the link of this token, which is good no more.
///
/// # Errors
/// As [`look_up`] and [`make`].
pub async fn by_link(unit: &Unit<'_>, token: &str, setup: Setup) -> Result<SetupDone, OperationError> {
    let found = stored::take(unit.tx(), &tokens::hash(token), Timestamp::now()).await?;
    good(found.as_ref())?;
    make(unit, setup).await
}

/// Sets the installation up.
///
/// # Errors
/// `SET-UP-ALREADY`; a wrong code of the second factor, two lanes of one code, a tariff in another currency; the
/// database's.
pub async fn make(unit: &Unit<'_>, setup: Setup) -> Result<SetupDone, OperationError> {
    refuse_second(unit).await?;
    let tenant = company(unit, &setup.company).await?;
    let code = setup.site.code.clone();
    let site = sites::ensure(unit.tx(), &by::<SettingsWrite>(tenant)?, setup.site).await?;
    for lane in &setup.lanes {
        lanes::ensure(unit.tx(), site, &lane.code, &lane.name, lane.direction).await?;
    }
    tariffs::set(unit, &by(tenant)?, &code, setup.tariff).await?;
    let (user, recovery_codes) = first_admin(unit, tenant, setup.admin).await?;
    let action = AuditAction::SetupDone { user: user.as_uuid() };
    audit::insert_many(unit.tx(), &[by::<SettingsWrite>(tenant)?.audit_line(site, action)]).await?;
    stored::remove_of(unit.tx(), None).await?;
    Ok(SetupDone { user, recovery_codes })
}

async fn refuse_second(unit: &Unit<'_>) -> Result<(), OperationError> {
    if is_needed(unit.tx()).await? {
        return Ok(());
    }
    let why = "this installation is set up: an admin can log in";
    Err(OperationError::conflict("SET-UP-ALREADY", why))
}

/// The company there is, under its name from now on, or a new one.
async fn company(unit: &Unit<'_>, name: &str) -> Result<TenantId, OperationError> {
    let tenant = sites::tenant(unit.tx(), name).await?;
    // Two set-ups at once: the second waits here, and finds an admin.
    stored_users::lock(unit.tx(), tenant).await?;
    refuse_second(unit).await?;
    stored_sites::rename_tenant(unit.tx(), tenant, name).await?;
    Ok(tenant)
}

async fn first_admin(
    unit: &Unit<'_>,
    tenant: TenantId,
    admin: FirstAdmin,
) -> Result<(UserId, Vec<String>), OperationError> {
    let new =
        AddUser { name: admin.name.clone(), role: Some(Role::Admin), sites: Vec::new(), email: admin.email };
    users::add(unit, &by(tenant)?, &new, admin.password_hash).await?;
    let user = stored_users::in_tenant(unit.tx(), tenant, &admin.name).await?;
    let user = user.ok_or(OperationError::NotFound("user"))?.id;
    let codes = match admin.totp {
        Some(factor) => second_factor::enrol(unit, user, &factor).await?,
        None => Vec::new(),
    };
    Ok((user, codes))
}

/// Whoever holds the link stands for the command line, which printed it.
fn by<G: Grant>(tenant: TenantId) -> Result<Authorized<G>, OperationError> {
    Ok(Authorized::check(Actor { name: "set-up".into(), ..Actor::command_line(tenant) })?)
}
