//! Users: added with a role at their sites, changed, given a new password.

mod membership;

use std::fmt;

use boomgate_domain::ids::{SiteCode, TenantId, UserId};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::memberships::{self, Membership};
use boomgate_store::sites::{self as stored_sites, SiteRow};
use boomgate_store::users::{self as stored, NewUser, UserRow};
use boomgate_store::{GenericClient, audit, known_browsers};
use jiff::Timestamp;
use uuid::Uuid;

use crate::access::{Authorized, Grant, Role, UsersManage, Who};
use crate::error::OperationError;
use crate::fault::{Correction, Fault};
use crate::unit::Unit;
use crate::{passwords, sites};

pub use membership::{SetUser, UserSet, set};

/// A new user, or a known one who gets another password.
#[derive(Clone, Debug)]
pub struct AddUser {
    /// To log in with, in any case; used once in the tenant.
    pub name: String,
    /// Of a new user: operator, where none is given. For a known user it must be what is stored.
    pub role: Option<Role>,
    /// Of a new user who is not an admin: the only site there is, where none is given.
    pub sites: Vec<SiteCode>,
    /// Of a new user: where links and notices go.
    pub email: Option<String>,
}

/// A person as they are stored now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// As they log in.
    pub name: String,
    /// What they are where.
    pub memberships: Vec<Membership>,
}

/// Which sites a person sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteVisibility {
    /// Every site of the tenant.
    Every,
    /// By code; may be none.
    These(Vec<String>),
}

impl fmt::Display for SiteVisibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("every site"),
            Self::These(codes) if codes.is_empty() => f.write_str("no site"),
            Self::These(codes) => f.write_str(&codes.join(", ")),
        }
    }
}

impl Person {
    /// Which sites they see.
    #[must_use]
    pub fn sees(&self) -> SiteVisibility {
        if self.memberships.iter().any(|one| one.site.is_none()) {
            return SiteVisibility::Every;
        }
        let codes = self.memberships.iter().filter_map(|one| one.site.as_ref());
        SiteVisibility::These(codes.map(|(_, code)| code.clone()).collect())
    }

    /// The one role they have everywhere; none where they have none, or several.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        let first = self.memberships.first()?.role;
        self.memberships.iter().all(|one| one.role == first).then_some(first)
    }

    /// Their role, or what they are at each site.
    #[must_use]
    pub fn roles(&self) -> String {
        if let Some(role) = self.role() {
            return role.to_string();
        }
        if self.memberships.is_empty() {
            return "nothing".into();
        }
        let at = |one: &Membership| one.site.as_ref().map_or("every site".into(), |(_, code)| code.clone());
        let each: Vec<String> =
            self.memberships.iter().map(|one| format!("{} at {}", one.role, at(one))).collect();
        each.join(", ")
    }
}

/// What became of an addition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAdded {
    /// As they are now.
    pub person: Person,
    /// Known before: role and sites are as they were.
    pub was_known: bool,
}

/// Lets a person in by a password with this hash. One who is known gets the password and stays what they are; their sessions
/// end.
///
/// # Errors
/// What is given differs from what is stored, or a person would see no site; the database's.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    request: &AddUser,
    hash: String,
) -> Result<UserAdded, OperationError> {
    let tx = unit.tx();
    by.everywhere(tx).await?;
    let (id, was_known) = match stored::in_tenant(tx, by.actor().tenant, &request.name).await? {
        Some(known) => {
            refuse_differences(tx, &known, request).await?;
            reset_password(tx, known.id, &hash).await?;
            let person = person(tx, known.id, known.name).await?;
            let action = AuditAction::UserPassword { user: known.id.as_uuid() };
            note(tx, by, &[&person.sees()], action).await?;
            (known.id, true)
        }
        None => (insert(tx, by, request, Some(hash)).await?, false),
    };
    let name = get(tx, id).await?.name;
    Ok(UserAdded { person: person(tx, id, name).await?, was_known })
}

/// Makes a user of somebody who is not known; they have no password until they choose one by a link.
///
/// # Errors
/// The name is taken, or they would see no site; the database's.
pub async fn add_new(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    request: &AddUser,
) -> Result<UserId, OperationError> {
    let (tx, tenant) = (unit.tx(), by.actor().tenant);
    by.everywhere(tx).await?;
    stored::lock(tx, tenant).await?;
    if stored::in_tenant(tx, tenant, &request.name).await?.is_some() {
        return Err(OperationError::conflict(
            "USER-NAME-TAKEN",
            format!("{} is known already", request.name),
        ));
    }
    insert(tx, by, request, None).await
}

/// What somebody is where.
///
/// # Errors
/// There is no such user; the database's.
pub async fn person_of(client: &impl GenericClient, id: UserId) -> Result<Person, OperationError> {
    let name = get(client, id).await?.name;
    person(client, id, name).await
}

async fn refuse_differences(
    tx: &impl GenericClient,
    known: &UserRow,
    request: &AddUser,
) -> Result<(), OperationError> {
    let name = &known.name;
    let person = person(tx, known.id, name.clone()).await?;
    let mut faults = Vec::new();
    if let Some(given) = request.role.filter(|given| person.role() != Some(*given)) {
        let stored = person.roles();
        let message = format!(
            "{given} is given, but {name} is known as {stored}; leave it out for a new password only"
        );
        let correction = Correction::SetRole { name: name.clone(), role: given.as_str() };
        faults.push(Fault::new("role", "USER-KNOWN", message).with(correction));
    }
    let sees = person.sees();
    let is_seen = |code: &SiteCode| matches!(&sees, SiteVisibility::These(codes) if codes.iter().any(|seen| seen == code.as_str()));
    for given in request.sites.iter().filter(|given| sees != SiteVisibility::Every && !is_seen(given)) {
        let message = format!(
            "{given} is given, but {name} is known and sees {sees}; leave it out for a new password only"
        );
        let correction = Correction::GiveSite { name: name.clone(), role: None, site: Some(given.clone()) };
        faults.push(Fault::new("site", "USER-KNOWN", message).with(correction));
    }
    if known.disabled_at.is_some() {
        let message = format!("{name} is known and disabled: no password lets them in");
        faults.push(Fault::new("name", "USER-DISABLED", message));
    }
    OperationError::unless_empty(faults)
}

async fn insert(
    tx: &impl GenericClient,
    by: &Authorized<UsersManage>,
    request: &AddUser,
    hash: Option<String>,
) -> Result<UserId, OperationError> {
    let role = request.role.unwrap_or(Role::Operator);
    let given = sites_of_new(tx, by, request, role).await?;
    let id = UserId::from_uuid(Uuid::now_v7());
    let (tenant, name) = (by.actor().tenant, request.name.clone());
    let password_set_at = hash.as_ref().map(|_| Timestamp::now());
    let password_hash = hash.unwrap_or_else(|| passwords::NOBODY.to_owned());
    let email = request.email.clone();
    let new = NewUser { tenant, id, name: name.clone(), email, password_hash, password_set_at };
    stored::insert(tx, &new).await?;
    if role == Role::Admin {
        memberships::put(tx, id, None, role).await?;
    }
    for site in &given {
        memberships::put(tx, id, Some(site.id), role).await?;
    }
    let person = person(tx, id, name).await?;
    let action = AuditAction::UserAdd { user: id.as_uuid(), role: role.to_string() };
    note(tx, by, &[&person.sees()], action).await?;
    Ok(id)
}

/// A user without a site can do nothing: one who is not an admin is given at least one.
async fn sites_of_new(
    tx: &impl GenericClient,
    by: &Authorized<UsersManage>,
    request: &AddUser,
    role: Role,
) -> Result<Vec<SiteRow>, OperationError> {
    if role == Role::Admin {
        let message = "an admin sees every site; leave it out, or choose another role";
        let fault = Fault::new("site", "ADMIN-SEES-ALL", message);
        return if request.sites.is_empty() { Ok(Vec::new()) } else { Err(fault.into()) };
    }
    if !request.sites.is_empty() {
        return by_codes(tx, by, &request.sites).await;
    }
    let all = stored_sites::of_tenant(tx, by.actor().tenant).await?;
    if all.len() == 1 {
        return Ok(all);
    }
    let fault = if all.is_empty() {
        let message = format!("a new {role} needs a site to see, and {}", sites::known(&all));
        Fault::new("site", "SITE-NEEDED", message).with(Correction::BeAdmin)
    } else {
        let message = format!("say which sites the new {role} sees; {}", sites::known(&all));
        Fault::new("site", "SITE-NEEDED", message)
    };
    Err(fault.into())
}

async fn by_codes(
    tx: &impl GenericClient,
    by: &Authorized<UsersManage>,
    codes: &[SiteCode],
) -> Result<Vec<SiteRow>, OperationError> {
    let mut found = Vec::new();
    for code in codes {
        found.push(sites::by_code(tx, by.actor().tenant, code).await?);
    }
    Ok(found)
}

/// Sets a new password: ends all sessions and forgets all browsers of the user.
pub(crate) async fn reset_password(
    client: &impl GenericClient,
    id: UserId,
    hash: &str,
) -> Result<(), OperationError> {
    stored::set_password(client, id, hash).await?;
    stored::close_sessions_of(client, id).await?;
    known_browsers::forget_all_of(client, id).await?;
    Ok(())
}

/// One line in the audit of each site that is seen.
pub(crate) async fn note<G: Grant>(
    tx: &impl GenericClient,
    by: &Authorized<G>,
    seen: &[&SiteVisibility],
    action: AuditAction,
) -> Result<(), OperationError> {
    let is_seen = |site: &SiteRow| {
        seen.iter().any(|sees| match sees {
            SiteVisibility::Every => true,
            SiteVisibility::These(codes) => codes.contains(&site.code),
        })
    };
    let all = stored_sites::of_tenant(tx, by.actor().tenant).await?;
    let lines: Vec<_> =
        all.iter().filter(|site| is_seen(site)).map(|site| by.audit_line(site.id, action.clone())).collect();
    Ok(audit::insert_many(tx, &lines).await?)
}

/// A person in the list of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Of the person.
    pub id: UserId,
    /// What they are where.
    pub person: Person,
    /// Where links and notices go.
    pub email: Option<String>,
    /// They were invited and have chosen no password yet.
    pub invited: bool,
    /// They are asked for one-time codes.
    pub totp: bool,
    /// Since when they are not let in.
    pub disabled_at: Option<Timestamp>,
}

/// Everybody of the tenant by name.
///
/// # Errors
/// The database's.
pub async fn all(
    client: &impl GenericClient,
    by: &Authorized<UsersManage>,
) -> Result<Vec<Listed>, OperationError> {
    by.everywhere(client).await?;
    let mut all = Vec::new();
    for row in stored::list(client, by.actor().tenant).await? {
        all.push(Listed {
            person: person(client, row.id, row.name).await?,
            id: row.id,
            email: row.email,
            invited: row.password_set_at.is_none(),
            totp: row.totp_confirmed_at.is_some(),
            disabled_at: row.disabled_at,
        });
    }
    Ok(all)
}

/// One user of the tenant, as [`all`] lists them.
///
/// # Errors
/// There is no such user of the tenant; the database's.
pub async fn one(
    client: &impl GenericClient,
    by: &Authorized<UsersManage>,
    id: UserId,
) -> Result<Listed, OperationError> {
    by.everywhere(client).await?;
    let row = of_tenant(client, by.actor().tenant, id).await?;
    Ok(Listed {
        person: person(client, id, row.name).await?,
        id,
        email: row.email,
        invited: row.password_set_at.is_none(),
        totp: row.totp_confirmed_at.is_some(),
        disabled_at: row.disabled_at,
    })
}

/// Where links and notices for somebody go; none: nowhere.
///
/// # Errors
/// There is no such user of the tenant; the database's.
pub async fn set_email(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    id: UserId,
    email: Option<&str>,
) -> Result<(), OperationError> {
    by.everywhere(unit.tx()).await?;
    of_tenant(unit.tx(), by.actor().tenant, id).await?;
    Ok(stored::set_email(unit.tx(), id, email).await?)
}

/// Lets somebody in no more, from their next request on; their sessions end. Or lets them in again.
///
/// # Errors
/// The last admin; oneself; no such user of the tenant; the database's.
pub async fn set_disabled(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    id: UserId,
    disabled: bool,
) -> Result<Person, OperationError> {
    let (tx, tenant) = (unit.tx(), by.actor().tenant);
    by.everywhere(tx).await?;
    stored::lock(tx, tenant).await?;
    let known = of_tenant(tx, tenant, id).await?;
    if disabled && by.actor().user() == Some(id) {
        return Err(OperationError::conflict("OWN-ACCOUNT", "nobody disables their own account"));
    }
    let person = person(tx, id, known.name).await?;
    if disabled && person.role() == Some(Role::Admin) {
        keep_an_admin(tx, by, id).await?;
    }
    stored::set_disabled(tx, id, disabled.then(Timestamp::now)).await?;
    if disabled {
        stored::close_sessions_of(tx, id).await?;
    }
    let action = AuditAction::UserDisabled { user: id.as_uuid(), disabled };
    note(tx, by, &[&person.sees()], action).await?;
    Ok(person)
}

/// Notes that failed logins of somebody are forgotten. Returns the name they log in with.
///
/// # Errors
/// There is no such user of the tenant; the database's.
pub async fn unlock(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    id: UserId,
) -> Result<String, OperationError> {
    by.everywhere(unit.tx()).await?;
    let name = of_tenant(unit.tx(), by.actor().tenant, id).await?.name;
    let person = person(unit.tx(), id, name.clone()).await?;
    note(unit.tx(), by, &[&person.sees()], AuditAction::UserUnlocked { user: id.as_uuid() }).await?;
    Ok(name)
}

/// The tenant's user of this id.
///
/// # Errors
/// There is none; the database's.
pub async fn of_tenant(
    client: &impl GenericClient,
    tenant: TenantId,
    id: UserId,
) -> Result<UserRow, OperationError> {
    let user = stored::get(client, id).await?.filter(|user| user.tenant_id == tenant);
    user.ok_or(OperationError::NotFound("user"))
}

/// Somebody must be left who may do everything; the command line can make another admin whenever it is needed.
async fn keep_an_admin(
    tx: &impl GenericClient,
    by: &Authorized<UsersManage>,
    id: UserId,
) -> Result<(), OperationError> {
    let actor = by.actor();
    if actor.who == Who::CommandLine || stored::count_other_admins(tx, actor.tenant, id).await? > 0 {
        return Ok(());
    }
    Err(OperationError::conflict("LAST-ADMIN", "this is the last admin; make another one first"))
}

async fn get(client: &impl GenericClient, id: UserId) -> Result<UserRow, OperationError> {
    stored::get(client, id).await?.ok_or(OperationError::NotFound("user"))
}

async fn person(client: &impl GenericClient, id: UserId, name: String) -> Result<Person, OperationError> {
    Ok(Person { name, memberships: memberships::of_user(client, id).await? })
}
