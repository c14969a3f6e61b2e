//! Links that work once, by which people choose a password: the invited their first, others a new one.

use boomgate_domain::ids::UserId;
use boomgate_store::GenericClient;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::notices::{self, NoticeKind};
use boomgate_store::one_time_links::{self as stored, NewLink};
use boomgate_store::users::{self as stored_users, UserRow};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::access::{Actor, Authorized, SignedIn, UsersManage, Who};
use crate::error::OperationError;
use crate::unit::Unit;
use crate::{tokens, users};

pub use boomgate_store::one_time_links::LinkKind;

/// How long an invitation is good.
const INVITATION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a link to another password is good.
const RESET: SignedDuration = SignedDuration::from_hours(24);

/// How long the set-up's link is good.
const SETUP: SignedDuration = SignedDuration::from_mins(15);

/// A link that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Shown this once.
    pub token: String,
    /// What it is for.
    pub kind: LinkKind,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// A link that is good, and for whom.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it is for.
    pub kind: LinkKind,
    /// Who chooses a password.
    pub user: UserRow,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// A link by which somebody chooses a password; links they had before are good no more.
///
/// # Errors
/// No such user of the tenant, or they are disabled; the database's.
pub async fn make(
    unit: &Unit<'_>,
    by: &Authorized<UsersManage>,
    user: UserId,
) -> Result<Made, OperationError> {
    by.everywhere(unit.tx()).await?;
    let row = users::of_tenant(unit.tx(), by.actor().tenant, user).await?;
    if row.disabled_at.is_some() {
        let why = format!("{} is disabled: no password lets them in", row.name);
        return Err(OperationError::conflict("USER-DISABLED", why));
    }
    let invited = row.password_set_at.is_none();
    let (kind, lifetime) =
        if invited { (LinkKind::Invitation, INVITATION) } else { (LinkKind::Reset, RESET) };
    let person = users::person_of(unit.tx(), user).await?;
    let action = AuditAction::UserPasswordLink { user: user.as_uuid(), kind };
    users::note(unit.tx(), by, &[&person.sees()], action).await?;
    insert(unit, kind, Some(user), lifetime).await
}

/// The link of the set-up; one made before is good no more.
///
/// # Errors
/// The database's.
pub(crate) async fn setup(unit: &Unit<'_>) -> Result<Made, OperationError> {
    insert(unit, LinkKind::Setup, None, SETUP).await
}

async fn insert(
    unit: &Unit<'_>,
    kind: LinkKind,
    user: Option<UserId>,
    lifetime: SignedDuration,
) -> Result<Made, OperationError> {
    stored::remove_of(unit.tx(), user).await?;
    let (token, token_hash) = tokens::new();
    let created_at = Timestamp::now();
    let expires_at = created_at + lifetime;
    stored::insert(unit.tx(), &NewLink { token_hash, kind, user, created_at, expires_at }).await?;
    Ok(Made { token, kind, expires_at })
}

/// The link of this token and its user.
///
/// # Errors
/// It was used or has expired, or there never was one: one answer for all; the database's.
pub async fn look_up(client: &impl GenericClient, token: &str) -> Result<Found, OperationError> {
    let found = stored::find(client, &tokens::hash(token), Timestamp::now()).await?;
    of_user(client, found).await
}

/// Sets the password with this hash for the user of the link, which is good no more. Their sessions end.
///
/// # Errors
/// As [`look_up`].
pub async fn redeem(unit: &Unit<'_>, token: &str, hash: &str) -> Result<(), OperationError> {
    let tx = unit.tx();
    let found = stored::take(tx, &tokens::hash(token), Timestamp::now()).await?;
    let user = of_user(tx, found).await?.user;
    users::reset_password(tx, user.id, hash).await?;
    notices::insert(tx, user.id, NoticeKind::PasswordChanged, &json!({})).await?;
    note_password(unit, &user).await
}

async fn of_user(
    client: &impl GenericClient,
    link: Option<stored::OneTimeLink>,
) -> Result<Found, OperationError> {
    let gone = OperationError::NotFound("a link that is still good");
    let Some(link) = link else { return Err(gone) };
    let (Some(kind), Some(user)) = (LinkKind::parse(&link.kind), link.user_id) else { return Err(gone) };
    let user = stored_users::get(client, user).await?.filter(|user| user.disabled_at.is_none());
    Ok(Found { kind, user: user.ok_or(gone)?, expires_at: link.expires_at })
}

/// The line of the audit that somebody chose their own password.
pub(crate) async fn note_password(unit: &Unit<'_>, user: &UserRow) -> Result<(), OperationError> {
    let person = users::person_of(unit.tx(), user.id).await?;
    let actor = Actor {
        who: Who::Person(user.id),
        tenant: user.tenant_id,
        name: user.name.clone(),
        roles: Vec::new(),
        session: None,
        stepped_up: false,
        request_id: None,
    };
    let action = AuditAction::UserPassword { user: user.id.as_uuid() };
    users::note(unit.tx(), &Authorized::<SignedIn>::check(actor)?, &[&person.sees()], action).await
}

/// Sets another password for the caller, who gave the present one. All their other sessions end.
///
/// # Errors
/// The database's.
pub async fn change_own(
    unit: &Unit<'_>,
    by: &Authorized<SignedIn>,
    hash: &str,
) -> Result<(), OperationError> {
    let user = by.actor().user().ok_or(OperationError::NotFound("user"))?;
    let row = users::of_tenant(unit.tx(), by.actor().tenant, user).await?;
    stored_users::set_password(unit.tx(), user, hash).await?;
    stored_users::close_other_sessions(unit.tx(), user, by.actor().session).await?;
    notices::insert(unit.tx(), user, NoticeKind::PasswordChanged, &json!({})).await?;
    note_password(unit, &row).await
}
