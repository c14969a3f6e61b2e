//! Sessions: opened after the right password, looked up with every request, ended.

use boomgate_domain::ids::UserId;
use boomgate_store::GenericClient;
use boomgate_store::known_browsers;
use boomgate_store::users::{self, ListedSession, NewSession, UserRow};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::access::{Actor, Authorized, SignedIn, Who};
use crate::error::OperationError;
use crate::tokens;
use crate::unit::Unit;

/// A session ends after a working day, whatever happens.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(8);

/// How long a browser is known after the last login there.
pub const BROWSER_KNOWN: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Most tenants in which one name is tried.
const MOST_TENANTS: usize = 8;

/// How long a step-up holds.
pub const STEP_UP: SignedDuration = SignedDuration::from_mins(10);

/// The last use of a session is stored to the minute.
const NOTED: SignedDuration = SignedDuration::from_mins(1);

/// The kind of client that logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Our page, with a cookie; else a program.
    pub browser: bool,
    /// The token by which the browser would be known.
    pub browser_token: Option<String>,
    /// Network address.
    pub address: String,
    /// As it calls itself.
    pub agent: String,
}

/// A session that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Shown once.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// By which the browser is known from now on.
    pub browser_token: Option<String>,
}

/// Everybody of this name who may log in, at most one in each tenant.
///
/// # Errors
/// The database's.
pub async fn candidates(client: &impl GenericClient, name: &str) -> Result<Vec<UserRow>, OperationError> {
    let mut found = users::by_name(client, name).await?;
    found.retain(|user| user.disabled_at.is_none());
    found.truncate(MOST_TENANTS);
    Ok(found)
}

/// The hash of a browser's token, if one of these users has logged in there before.
///
/// # Errors
/// The database's.
pub async fn known_browser(
    client: &impl GenericClient,
    token: Option<&str>,
    of: &[UserRow],
) -> Result<Option<[u8; 32]>, OperationError> {
    let Some(hash) = token.map(tokens::hash) else { return Ok(None) };
    for user in of {
        if known_browsers::knows(client, &hash, Some(user.id), Timestamp::now()).await? {
            return Ok(Some(hash));
        }
    }
    Ok(None)
}

/// Opens a session for a user whose password was right, and stores their browser as known.
///
/// # Errors
/// The database's.
pub async fn open(unit: &Unit<'_>, user: UserId, from: Origin) -> Result<Opened, OperationError> {
    let (token, token_hash) = tokens::new();
    let now = Timestamp::now();
    let browser = from.browser;
    let session = NewSession {
        token_hash,
        user,
        kind: if browser { "browser" } else { "bearer" },
        created_at: now,
        expires_at: now + LIFETIME,
        address: from.address,
        agent: from.agent,
    };
    users::open_session(unit.tx(), &session).await?;
    let browser_token =
        if browser { Some(remember_browser(unit, user, from.browser_token, now).await?) } else { None };
    Ok(Opened { token, expires_at: session.expires_at, browser_token })
}

/// The browser's token: the one it has, or a new one. A token that this server did not issue is replaced: an attacker may
/// have planted it.
async fn remember_browser(
    unit: &Unit<'_>,
    user: UserId,
    given: Option<String>,
    now: Timestamp,
) -> Result<String, OperationError> {
    let (mut token, mut hash) = tokens::new();
    if let Some(given) = given
        && known_browsers::knows(unit.tx(), &tokens::hash(&given), None, now).await?
    {
        hash = tokens::hash(&given);
        token = given;
    }
    known_browsers::remember(unit.tx(), &hash, user, now, now + BROWSER_KNOWN).await?;
    Ok(token)
}

/// The actor of this session's token; none where it has ended. Records its use.
///
/// # Errors
/// The database's.
pub async fn bearer(
    client: &impl GenericClient,
    token: &str,
    request_id: Option<String>,
) -> Result<Option<Actor>, OperationError> {
    let (hash, now) = (tokens::hash(token), Timestamp::now());
    let Some(session) = users::session(client, &hash, now).await? else { return Ok(None) };
    if now.duration_since(session.last_seen) > NOTED {
        users::touch_session(client, &hash, now).await?;
    }
    let roles = session.roles();
    let recent = session.stepped_up_at.is_some_and(|at| now.duration_since(at) < STEP_UP);
    Ok(Some(Actor {
        who: Who::Person(session.user_id),
        tenant: session.tenant_id,
        name: session.name,
        roles,
        stepped_up: recent && session.kind == "browser",
        request_id,
    }))
}

/// Ends the session of this token.
///
/// # Errors
/// The database's.
pub async fn close(unit: &Unit<'_>, token: &str) -> Result<(), OperationError> {
    Ok(users::close_session(unit.tx(), &tokens::hash(token)).await?)
}

/// Notes that whoever bears this token gave their password again.
///
/// # Errors
/// The database's.
pub async fn step_up(unit: &Unit<'_>, token: &str) -> Result<(), OperationError> {
    Ok(users::step_up(unit.tx(), &tokens::hash(token), Timestamp::now()).await?)
}

/// The sessions of whoever asks, the one used last first.
///
/// # Errors
/// The database's.
pub async fn own(
    client: &impl GenericClient,
    by: &Authorized<SignedIn>,
) -> Result<Vec<ListedSession>, OperationError> {
    let user = by.actor().user().ok_or(OperationError::NotFound("user"))?;
    Ok(users::sessions_of(client, user, Timestamp::now()).await?)
}

/// The id of the session of this token.
///
/// # Errors
/// The database's.
pub async fn id_of(client: &impl GenericClient, token: &str) -> Result<Option<Uuid>, OperationError> {
    let session = users::session(client, &tokens::hash(token), Timestamp::now()).await?;
    Ok(session.map(|session| session.id))
}

/// Ends one of one's own sessions; its screens close within seconds.
///
/// # Errors
/// There is no such session of this user; the database's.
pub async fn end(unit: &Unit<'_>, by: &Authorized<SignedIn>, id: Uuid) -> Result<(), OperationError> {
    let user = by.actor().user().ok_or(OperationError::NotFound("user"))?;
    if users::close_session_by_id(unit.tx(), user, id).await? {
        return Ok(());
    }
    Err(OperationError::NotFound("session"))
}
