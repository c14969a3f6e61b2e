//! Keys by which programs act: made with the permissions and sites they need, shown once, revoked.

use boomgate_domain::ids::{ApiKeyId, SiteCode, SiteId};
use boomgate_store::api_keys::{self as stored, NewApiKey};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::users as stored_users;
use boomgate_store::{GenericClient, audit, sites as stored_sites};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::access::{Actor, Authorized, Held, KeyScope, KeysManage, Permission, Who};
use crate::error::OperationError;
use crate::fault::Fault;
use crate::unit::Unit;
use crate::{sites, tokens};

/// How long a key is good at most.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// When a use was last noted matters to the minute.
const NOTED: SignedDuration = SignedDuration::from_mins(1);

/// A key to be made.
#[derive(Clone, Debug)]
pub struct AddKey {
    /// Used once among the tenant's live keys.
    pub name: String,
    /// The user it acts for: it never holds more than this user has.
    pub user: String,
    /// What it is for.
    pub permissions: Vec<Permission>,
    /// Empty: every site the user sees.
    pub sites: Vec<SiteCode>,
    /// How long it is good.
    pub lifetime: SignedDuration,
}

/// A key as it is shown, once.
#[derive(Clone, Debug)]
pub struct KeyAdded {
    /// For `Authorization: Bearer`.
    pub key: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Makes a key.
///
/// # Errors
/// A permission the user does not hold or that no key can hold; an unknown user or site; the name is taken.
pub async fn add(
    unit: &Unit<'_>,
    by: &Authorized<KeysManage>,
    request: &AddKey,
) -> Result<KeyAdded, OperationError> {
    let (tx, tenant) = (unit.tx(), by.actor().tenant);
    by.everywhere(tx).await?;
    let user = stored_users::in_tenant(tx, tenant, &request.user).await?;
    let user =
        user.ok_or_else(|| OperationError::Unknown(format!("nobody named {} is known", request.user)))?;
    let memberships = boomgate_store::memberships::of_user(tx, user.id).await?;
    let held = |permission: Permission| {
        memberships.iter().any(|one| matches!(permission.held_by(one.role), Held::Yes | Held::Own))
    };
    OperationError::unless_empty(faults(request, held))?;
    let mut named: Vec<SiteId> = Vec::new();
    for code in &request.sites {
        named.push(sites::by_code(tx, tenant, code).await?.id);
    }
    let (token, _) = tokens::new();
    let key = format!("{}{token}", tokens::KEY_PREFIX);
    let (id, now) = (ApiKeyId::from_uuid(Uuid::now_v7()), Timestamp::now());
    let expires_at = now + request.lifetime;
    let new = NewApiKey {
        tenant,
        id,
        name: request.name.clone(),
        token_hash: tokens::hash(&key),
        permissions: request.permissions.iter().map(|permission| permission.as_str()).collect(),
        sites: (!named.is_empty()).then(|| named.clone()),
        created_by: user.id,
        created_at: now,
        expires_at,
    };
    stored::insert(tx, &new).await.map_err(|error| {
        if error.is_duplicate() {
            OperationError::conflict(
                "KEY-NAME-TAKEN",
                format!("there is a key named {} already", request.name),
            )
        } else {
            error.into()
        }
    })?;
    let permissions = new.permissions.iter().map(|word| (*word).to_owned()).collect();
    note(tx, by, &named, AuditAction::KeyAdd { key: id.as_uuid(), permissions }).await?;
    Ok(KeyAdded { key, expires_at })
}

fn faults(request: &AddKey, held: impl Fn(Permission) -> bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    if request.permissions.is_empty() {
        faults.push(Fault::new("permissions", "PERMISSION-NEEDED", "say what the key is for"));
    }
    for permission in request.permissions.iter().filter(|permission| !held(**permission)) {
        let word = permission.as_str();
        let message = format!("{} does not hold {word} without a step-up, so a key cannot", request.user);
        faults.push(Fault::new("permissions", "PERMISSION-NOT-HELD", message));
    }
    if request.lifetime <= SignedDuration::ZERO || request.lifetime > LONGEST {
        let days = LONGEST.as_hours() / 24;
        faults.push(Fault::new(
            "lifetime",
            "LIFETIME-OUT-OF-RANGE",
            format!("a key is good for 1 to {days} days"),
        ));
    }
    faults
}

/// Ends the key of this name or id; the next request with it is refused.
///
/// # Errors
/// No live key of this name; the database's.
pub async fn revoke(unit: &Unit<'_>, by: &Authorized<KeysManage>, name: &str) -> Result<(), OperationError> {
    let (tx, tenant) = (unit.tx(), by.actor().tenant);
    by.everywhere(tx).await?;
    let Some(key) = stored::revoke(tx, tenant, name, Timestamp::now()).await? else {
        return Err(OperationError::Unknown(format!("no live key is named {name}")));
    };
    note(tx, by, &[], AuditAction::KeyRevoke { key: key.as_uuid() }).await
}

/// All keys of the tenant, the live ones first.
///
/// # Errors
/// The database's.
pub async fn all(
    client: &impl GenericClient,
    by: &Authorized<KeysManage>,
) -> Result<Vec<stored::ListedApiKey>, OperationError> {
    by.everywhere(client).await?;
    Ok(stored::list(client, by.actor().tenant).await?)
}

/// The actor of this key; none where it is not valid. Records its use.
///
/// # Errors
/// The database's.
pub async fn bearer(
    client: &impl GenericClient,
    key: &str,
    request_id: Option<String>,
) -> Result<Option<Actor>, OperationError> {
    let now = Timestamp::now();
    let Some(row) = stored::find(client, &tokens::hash(key), now).await? else { return Ok(None) };
    if row.last_used.is_none_or(|last| now.duration_since(last) > NOTED) {
        stored::touch(client, row.id, now).await?;
    }
    let roles = row.roles();
    let scope = KeyScope {
        id: row.id,
        permissions: row.permissions.iter().filter_map(|word| Permission::parse(word)).collect(),
        sites: row.sites.map(|sites| sites.into_iter().map(SiteId::from_uuid).collect()),
    };
    Ok(Some(Actor {
        who: Who::Program { maker: row.created_by, scope },
        tenant: row.tenant_id,
        name: format!("{} (key of {})", row.name, row.maker),
        roles,
        session: None,
        stepped_up: false,
        request_id,
    }))
}

/// One line in the audit of each site the key is for.
async fn note(
    tx: &impl GenericClient,
    by: &Authorized<KeysManage>,
    sites: &[SiteId],
    action: AuditAction,
) -> Result<(), OperationError> {
    let all = stored_sites::of_tenant(tx, by.actor().tenant).await?;
    let of = all.iter().filter(|site| sites.is_empty() || sites.contains(&site.id));
    let lines: Vec<_> = of.map(|site| by.audit_line(site.id, action.clone())).collect();
    Ok(audit::insert_many(tx, &lines).await?)
}
