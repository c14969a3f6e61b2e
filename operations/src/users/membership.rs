//! What a person is and which sites they see, changed.

use boomgate_domain::ids::{SiteCode, UserId};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::sites::SiteRow;
use boomgate_store::users as stored;
use boomgate_store::{GenericClient, memberships};

use super::{Person, SiteVisibility, by_codes, keep_an_admin, note, person};
use crate::access::{Authorized, Role, UsersManage};
use crate::error::OperationError;
use crate::fault::{Change, Correction, Fault};
use crate::unit::Unit;

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

/// What became of a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSet {
    /// As they are now.
    pub person: Person,
    /// `role` and `sites`, as far as they changed.
    pub changes: Vec<Change>,
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
    by.everywhere(tx).await?;
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
