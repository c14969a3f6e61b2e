//! Users: added with a role at their sites, changed, given a new password.

use std::fmt;

use boomgate_domain::ids::{SiteCode, TenantId, UserId};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::memberships::{self, Membership};
use boomgate_store::sites::{self as stored_sites, SiteRow};
use boomgate_store::users::{self as stored, NewUser, UserRow};
use boomgate_store::{GenericClient, audit, known_browsers};
use jiff::Timestamp;
use uuid::Uuid;

use crate::access::{Authorized, Role, UsersManage, Who};
use crate::error::OperationError;
use crate::fault::{Change, Correction, Fault};
use crate::unit::Unit;
use crate::{passwords, sites};

/// A new user, or a known one who gets another password.
#[derive(Clone, Debug)]
pub struct AddUser {
    /// To log in with, in any case; used once in the tenant.
    pub name: String,
    /// Of a new user: operator, where none is given. For a known user it must be what is stored.
    pub role: Option<Role>,
    /// Of a new user who is not an admin: the only site there is, where none is given.
    pub sites: Vec<SiteCode>,
    /// The new one.
    pub password: String,
}

/// A change of a user; what is none stays.
#[derive(Clone, Debug)]
pub struct SetUser {
    /// Of a known user.
    pub name: String,
    /// With `give` the role at those sites; else at every site they have.
    pub role: Option<Role>,
    /// Sites they see from now on.
    pub give: Vec<SiteCode>,
    /// Sites they see no more.
    pub take: Vec<SiteCode>,
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

/// What became of a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSet {
    /// As they are now.
    pub person: Person,
    /// `role` and `sites`, as far as they changed.
    pub changes: Vec<Change>,
}

/// Lets a person in. One who is known gets the password and stays what they are; their sessions end.
///
/// # Errors
/// What is given differs from what is stored, or a person would see no site; the database's.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    request: &AddUser,
) -> Result<UserAdded, OperationError> {
    let hash = passwords::hash(&request.password)?;
    let tx = unit.tx();
    let (id, was_known) = match stored::in_tenant(tx, by.actor().tenant, &request.name).await? {
        Some(known) => {
            refuse_differences(tx, &known, request).await?;
            reset_password(tx, known.id, &hash).await?;
            let person = person(tx, known.id, known.name).await?;
            let action = AuditAction::UserPassword { user: known.id.as_uuid() };
            note(tx, by, &[&person.sees()], action).await?;
            (known.id, true)
        }
        None => (insert(tx, by, request, hash).await?, false),
    };
    let name = get(tx, id).await?.name;
    Ok(UserAdded { person: person(tx, id, name).await?, was_known })
}

/// Lets in somebody who is not known.
///
/// # Errors
/// The name is taken, or they would see no site; the database's.
pub async fn add_new(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    request: &AddUser,
) -> Result<UserId, OperationError> {
    let hash = passwords::hash(&request.password)?;
    let (tx, tenant) = (unit.tx(), by.actor().tenant);
    stored::lock(tx, tenant).await?;
    if stored::in_tenant(tx, tenant, &request.name).await?.is_some() {
        return Err(OperationError::conflict(
            "USER-NAME-TAKEN",
            format!("{} is known already", request.name),
        ));
    }
    insert(tx, by, request, hash).await
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
    password_hash: String,
) -> Result<UserId, OperationError> {
    let role = request.role.unwrap_or(Role::Operator);
    let given = sites_of_new(tx, by, request, role).await?;
    let id = UserId::from_uuid(Uuid::now_v7());
    let (tenant, name) = (by.actor().tenant, request.name.clone());
    stored::insert(tx, &NewUser { tenant, id, name: name.clone(), password_hash }).await?;
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
async fn reset_password(client: &impl GenericClient, id: UserId, hash: &str) -> Result<(), OperationError> {
    stored::set_password(client, id, hash).await?;
    stored::close_sessions_of(client, id).await?;
    known_browsers::forget_all_of(client, id).await?;
    Ok(())
}

/// Changes what a person is and which sites they see, from their next request on.
///
/// # Errors
/// Sites of an admin, no role for a first site, or an admin who would see none; an unknown name or site.
pub async fn set(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    request: &SetUser,
) -> Result<UserSet, OperationError> {
    let tx = unit.tx();
    stored::lock(tx, by.actor().tenant).await?;
    let known = stored::in_tenant(tx, by.actor().tenant, &request.name).await?;
    let known =
        known.ok_or_else(|| OperationError::Unknown(format!("nobody named {} is known", request.name)))?;
    let before = person(tx, known.id, known.name.clone()).await?;
    if before.role() == Some(Role::Admin) && request.role.is_some_and(|role| role != Role::Admin) {
        keep_an_admin(tx, by, known.id).await?;
    }
    let (give, take) = (by_codes(tx, by, &request.give).await?, by_codes(tx, by, &request.take).await?);
    let role = request.role.or_else(|| before.role());
    if role == Some(Role::Admin) && !(give.is_empty() && take.is_empty()) {
        let message = format!("{} is an admin and sees every site", known.name);
        return Err(Fault::new("site", "ADMIN-SEES-ALL", message).into());
    }
    give_sites(tx, known.id, &before, role, &give).await?;
    for site in &take {
        memberships::remove(tx, known.id, site.id).await?;
    }
    if let Some(role) = request.role.filter(|_| give.is_empty()) {
        set_role(tx, known.id, &before, role).await?;
    }
    let after = person(tx, known.id, known.name).await?;
    refuse_blindness(&before, &after, request.role)?;
    let changes: Vec<Change> = [
        Change::of("role", &before.roles(), &after.roles()),
        Change::of("sites", &before.sees().to_string(), &after.sees().to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !changes.is_empty() {
        let pair = |field| Change::pair(&changes, field);
        let action =
            AuditAction::UserSet { user: known.id.as_uuid(), role: pair("role"), sites: pair("sites") };
        note(tx, by, &[&before.sees(), &after.sees()], action).await?;
    }
    Ok(UserSet { person: after, changes })
}

async fn give_sites(
    tx: &impl GenericClient,
    user: UserId,
    before: &Person,
    role: Option<Role>,
    give: &[SiteRow],
) -> Result<(), OperationError> {
    let Some(first) = give.first() else { return Ok(()) };
    let Some(role) = role else {
        let (name, roles) = (&before.name, before.roles());
        let message = format!("{name} is {roles}; say as what they see {}", first.code);
        let site = first.code.parse().ok();
        let correction = Correction::GiveSite { name: name.clone(), role: Some("ROLE"), site };
        return Err(Fault::new("role", "ROLE-NEEDED", message).with(correction).into());
    };
    if before.sees() == SiteVisibility::Every {
        memberships::remove_of_tenant(tx, user).await?;
    }
    for site in give {
        memberships::put(tx, user, Some(site.id), role).await?;
    }
    Ok(())
}

/// One role at every site they have; an admin's holds for the tenant.
async fn set_role(
    tx: &impl GenericClient,
    user: UserId,
    before: &Person,
    role: Role,
) -> Result<(), OperationError> {
    if role == Role::Admin {
        memberships::remove_of_sites(tx, user).await?;
        return Ok(memberships::put(tx, user, None, role).await?);
    }
    if before.role() == Some(Role::Admin) {
        memberships::remove_of_tenant(tx, user).await?;
    }
    for site in before.memberships.iter().filter_map(|one| one.site.as_ref()) {
        memberships::put(tx, user, Some(site.0), role).await?;
    }
    Ok(())
}

/// An admin who becomes something else needs a site to see; who had sites may lose the last one on purpose.
fn refuse_blindness(before: &Person, after: &Person, role: Option<Role>) -> Result<(), OperationError> {
    if before.sees() != SiteVisibility::Every || after.sees() != SiteVisibility::These(Vec::new()) {
        return Ok(());
    }
    let (name, role) = (&after.name, role.unwrap_or(Role::Operator).as_str());
    let message = format!("{name} would be {role} and see no site; give one, too");
    let correction = Correction::GiveSite { name: name.clone(), role: Some(role), site: None };
    Err(Fault::new("site", "SITE-NEEDED", message).with(correction).into())
}

/// One line in the audit of each site that is seen.
async fn note(
    tx: &impl GenericClient,
    by: &Authorized<UsersManage>,
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
    let mut all = Vec::new();
    for row in stored::list(client, by.actor().tenant).await? {
        let person = person(client, row.id, row.name).await?;
        all.push(Listed { id: row.id, person, disabled_at: row.disabled_at });
    }
    Ok(all)
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
