//! People: let in with a role and the sites they see, and corrected.

use std::fmt;

use anyhow::{Context, Result};
use boomgate_domain::ids::{SiteCode, UserId};
use boomgate_store::sites::SiteRow;
use boomgate_store::users::{self, NewUser, UserRow};
use boomgate_store::{GenericClient, audit, known_browsers};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Change, Refused, audit_line, changes, changes_detail, sites};
use crate::tenant::tenant;

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything, at every site.
    Admin,
    Operator,
    /// As an operator, but without money.
    Guard,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Guard => "guard",
        }
    }
}

/// A person to be let in, or one who is known and gets another password.
#[derive(Clone, Debug)]
pub struct AddUser {
    pub name: String,
    /// Of a new person: an operator, where nobody says otherwise. For one who is known it must be what is stored.
    pub role: Option<Role>,
    /// Of a new person who is not an admin: the only one there is, where nobody says otherwise.
    pub sites: Vec<SiteCode>,
    pub password: String,
}

/// What a person is to be; what is not said stays.
#[derive(Clone, Debug)]
pub struct SetUser {
    pub name: String,
    pub role: Option<Role>,
    pub give: Vec<SiteCode>,
    pub take: Vec<SiteCode>,
}

/// A person as they are stored now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub role: String,
    pub sees: Sees,
}

/// Which sites a person sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sees {
    Every,
    /// By code; may be none.
    These(Vec<String>),
}

impl fmt::Display for Sees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("every site"),
            Self::These(codes) if codes.is_empty() => f.write_str("no site"),
            Self::These(codes) => f.write_str(&codes.join(", ")),
        }
    }
}

/// What became of an addition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAdded {
    pub person: Person,
    /// Known before: role and sites are as they were.
    pub was_known: bool,
}

/// What became of a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSet {
    pub person: Person,
    pub changes: Vec<Change>,
}

/// Lets a person in. One who is known gets the password and stays what they are; their sessions end.
///
/// # Errors
/// [`Refused`] when what is given differs from what is stored, or a person would see no site; the database's.
pub async fn add(client: &mut impl GenericClient, request: &AddUser) -> Result<UserAdded> {
    let hash = boomgate_api::auth::hash_password(&request.password)?;
    let tx = client.transaction().await?;
    let (id, was_known) = match users::by_name(&tx, &request.name).await? {
        Some(known) => {
            refuse_differences(&tx, &known, request).await?;
            reset_password(&tx, known.id, &hash).await?;
            let seen = sites_of(&tx, &person(&tx, known.id).await?).await?;
            note(&tx, &seen, "user.password", &json!({ "user": known.id })).await?;
            (known.id, true)
        }
        None => (insert(&tx, request, hash).await?, false),
    };
    let person = person(&tx, id).await?;
    tx.commit().await?;
    Ok(UserAdded { person, was_known })
}

async fn refuse_differences(tx: &impl GenericClient, known: &UserRow, request: &AddUser) -> Result<()> {
    let (name, stored, typed) = (&known.name, &known.role, typed(&known.name));
    let mut reasons = Vec::new();
    if let Some(given) = request.role.map(Role::as_str).filter(|given| given != stored) {
        reasons.push(format!(
            "--role: {given} is given, but {name} is known as {stored}; leave it out for a new password only, or change the role: boomgate user set {typed} --role {given}"
        ));
    }
    let sees = person(tx, known.id).await?.sees;
    let is_seen = |code: &SiteCode| matches!(&sees, Sees::These(codes) if codes.iter().any(|seen| seen == code.as_str()));
    for given in request.sites.iter().filter(|given| sees != Sees::Every && !is_seen(given)) {
        reasons.push(format!(
            "--site: {given} is given, but {name} is known and sees {sees}; leave it out for a new password only, or give the site: boomgate user set {typed} --give {given}"
        ));
    }
    if known.disabled_at.is_some() {
        reasons.push(format!("{name} is known and disabled: no password lets them in"));
    }
    Ok(Refused::unless_empty(reasons)?)
}

async fn insert(tx: &impl GenericClient, request: &AddUser, password_hash: String) -> Result<UserId> {
    let role = request.role.unwrap_or(Role::Operator);
    let given = sites_of_new(tx, request, role).await?;
    let id = UserId::from_uuid(Uuid::now_v7());
    let tenant = tenant(tx, "Boomgate").await?;
    let name = request.name.clone();
    users::insert(tx, &NewUser { tenant, id, name, password_hash, role: role.as_str() }).await?;
    for site in &given {
        users::give_site(tx, id, site.id).await?;
    }
    let seen = sites_of(tx, &person(tx, id).await?).await?;
    note(tx, &seen, "user.add", &json!({ "user": id, "role": role.as_str() })).await?;
    Ok(id)
}

/// Who sees no site can do nothing: a person who is not an admin is given at least one.
async fn sites_of_new(tx: &impl GenericClient, request: &AddUser, role: Role) -> Result<Vec<SiteRow>> {
    if role == Role::Admin {
        let reason = "--site: an admin sees every site; leave it out, or choose another role".to_owned();
        return if request.sites.is_empty() { Ok(Vec::new()) } else { Err(Refused::from(reason).into()) };
    }
    if !request.sites.is_empty() {
        return by_codes(tx, &request.sites).await;
    }
    let all = sites::all(tx).await?;
    if all.len() == 1 {
        return Ok(all);
    }
    let role = role.as_str();
    let reason = if all.is_empty() {
        format!(
            "a new {role} needs a site to see, and {}; an admin needs none: --role admin",
            sites::known(&all)
        )
    } else {
        format!("--site: say which sites the new {role} sees; {}", sites::known(&all))
    };
    Err(Refused::from(reason).into())
}

async fn by_codes(tx: &impl GenericClient, codes: &[SiteCode]) -> Result<Vec<SiteRow>> {
    let mut found = Vec::new();
    for code in codes {
        found.push(sites::by_code(tx, code).await?);
    }
    Ok(found)
}

/// A new password: whoever is logged in with the one before is no longer, and no browser is known.
///
/// # Errors
/// The database's.
pub async fn reset_password(client: &impl GenericClient, id: UserId, hash: &str) -> Result<()> {
    users::set_password(client, id, hash).await?;
    users::close_sessions_of(client, id).await?;
    known_browsers::forget_all_of(client, id).await?;
    Ok(())
}

/// Changes a person's role and sites, from their next request on.
///
/// # Errors
/// [`Refused`] for sites of an admin, or when somebody who loses the admin's role would see none; an unknown name or site.
pub async fn set(client: &mut impl GenericClient, request: &SetUser) -> Result<UserSet> {
    let tx = client.transaction().await?;
    let known = users::by_name(&tx, &request.name).await?;
    let known = known.with_context(|| {
        format!("nobody named {} is known; `boomgate user list` shows who is", request.name)
    })?;
    let before = person(&tx, known.id).await?;
    let (give, take) = (by_codes(&tx, &request.give).await?, by_codes(&tx, &request.take).await?);
    let role = request.role.map_or(known.role.as_str(), |role| role.as_str());
    if role == Role::Admin.as_str() && !(give.is_empty() && take.is_empty()) {
        return Err(Refused::from(format!("{} is an admin and sees every site", known.name)).into());
    }
    users::set_role(&tx, known.id, role).await?;
    for site in &give {
        users::give_site(&tx, known.id, site.id).await?;
    }
    for site in &take {
        users::take_site(&tx, known.id, site.id).await?;
    }
    let after = person(&tx, known.id).await?;
    refuse_blindness(&before, &after)?;
    let changed = changes([
        ("role", &before.role, &after.role),
        ("sites", &before.sees.to_string(), &after.sees.to_string()),
    ]);
    if !changed.is_empty() {
        let mut detail = changes_detail(&changed);
        detail["user"] = json!(known.id);
        note(&tx, &seen_by_either(&tx, [&before.sees, &after.sees]).await?, "user.set", &detail).await?;
    }
    tx.commit().await?;
    Ok(UserSet { person: after, changes: changed })
}

/// An admin who becomes something else must be told which sites; who had sites may lose the last one on purpose.
fn refuse_blindness(before: &Person, after: &Person) -> Result<(), Refused> {
    if before.sees != Sees::Every || after.sees != Sees::These(Vec::new()) {
        return Ok(());
    }
    let (name, role, typed) = (&after.name, &after.role, typed(&after.name));
    Err(format!("{name} would be {role} and see no site; give one, too: boomgate user set {typed} --role {role} --give SITE").into())
}

async fn sites_of(tx: &impl GenericClient, person: &Person) -> Result<Vec<SiteRow>> {
    seen_by_either(tx, [&person.sees, &person.sees]).await
}

async fn seen_by_either(tx: &impl GenericClient, seen: [&Sees; 2]) -> Result<Vec<SiteRow>> {
    let is_seen = |code: &String| {
        seen.iter().any(|sees| match sees {
            Sees::Every => true,
            Sees::These(codes) => codes.contains(code),
        })
    };
    Ok(sites::all(tx).await?.into_iter().filter(|site| is_seen(&site.code)).collect())
}

/// One line in the audit of each site.
async fn note(
    tx: &impl GenericClient,
    sites: &[SiteRow],
    action: &'static str,
    detail: &Value,
) -> Result<()> {
    let lines: Vec<_> = sites.iter().map(|site| audit_line(site.id, None, action, detail.clone())).collect();
    Ok(audit::insert_many(tx, &lines).await?)
}

/// A name as it is typed at a shell.
#[must_use]
pub fn typed(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'));
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}

/// Everybody by name, and whether they are disabled.
///
/// # Errors
/// The database's.
pub async fn all(client: &impl GenericClient) -> Result<Vec<(Person, bool)>> {
    let Some(tenant) = boomgate_store::sites::first_tenant(client).await? else { return Ok(Vec::new()) };
    let rows = users::list(client, tenant).await?.into_iter();
    Ok(rows
        .map(|row| {
            (
                Person { sees: sees(&row.role, row.sites), name: row.name, role: row.role },
                row.disabled_at.is_some(),
            )
        })
        .collect())
}

fn sees(role: &str, given: Vec<String>) -> Sees {
    if role == Role::Admin.as_str() { Sees::Every } else { Sees::These(given) }
}

async fn person(client: &impl GenericClient, id: UserId) -> Result<Person> {
    let row = users::get(client, id).await?.context("the person is gone")?;
    let given = users::given_sites(client, id).await?.into_iter().map(|site| site.code).collect();
    Ok(Person { sees: sees(&row.role, given), name: row.name, role: row.role })
}
