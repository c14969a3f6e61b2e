//! Sessions: opened after the right password, looked up with every request, ended.

use boomgate_domain::ids::UserId;
use boomgate_store::GenericClient;
use boomgate_store::known_browsers;
use boomgate_store::notices::{self, Notice, NoticeKind};
use boomgate_store::users::{self, ListedSession, NewSession, SessionRow, UserRow};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::access::{AccessError, Actor, Authorized, SignedIn, Who};
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

/// Kinds of sessions, as stored.
const BROWSER: &str = "browser";
const BEARER: &str = "bearer";

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
    /// How long the session lasts at most.
    pub lifetime: SignedDuration,
}

/// A session that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// By which it is listed and ended.
    pub id: Uuid,
    /// Shown once.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// By which the browser is known from now on.
    pub browser_token: Option<String>,
    /// Nobody has logged in as this user from there before.
    pub new_device: bool,
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

/// Opens a session for a user who proved who they are, and stores their browser as known. Where it was not known before, the
/// user is given a notice.
///
/// # Errors
/// The database's.
pub async fn open(unit: &Unit<'_>, user: UserId, from: Origin) -> Result<Opened, OperationError> {
    let (token, token_hash) = tokens::new();
    let now = Timestamp::now();
    let new_device = is_new_device(unit, user, &from).await?;
    if new_device {
        let params = json!({ "address": from.address, "agent": from.agent });
        notices::insert(unit.tx(), user, NoticeKind::NewDevice, &params).await?;
    }
    let session = NewSession {
        id: Uuid::now_v7(),
        token_hash,
        user,
        kind: if from.browser { BROWSER } else { BEARER },
        created_at: now,
        expires_at: now + from.lifetime,
        address: from.address,
        agent: from.agent,
    };
    users::open_session(unit.tx(), &session).await?;
    let browser_token =
        if from.browser { Some(remember_browser(unit, user, from.browser_token, now).await?) } else { None };
    Ok(Opened { id: session.id, token, expires_at: session.expires_at, browser_token, new_device })
}

/// Whether a browser is not known, or a program comes from an address without a session of this user. The first login of all
/// surprises nobody.
async fn is_new_device(unit: &Unit<'_>, user: UserId, from: &Origin) -> Result<bool, OperationError> {
    let (tx, now) = (unit.tx(), Timestamp::now());
    let sessions = users::sessions_of(tx, user, now).await?;
    let seen = match (&from.browser_token, from.browser) {
        (Some(token), true) => known_browsers::knows(tx, &tokens::hash(token), Some(user), now).await?,
        (None, true) => false,
        (_, false) => sessions.iter().any(|session| session.address == from.address),
    };
    Ok(!seen && (!sessions.is_empty() || known_browsers::has_any(tx, user).await?))
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
    let now = Timestamp::now();
    match users::session(client, &tokens::hash(token), now).await? {
        Some(session) => Ok(Some(actor(client, session, now, request_id).await?)),
        None => Ok(None),
    }
}

/// The actor of the session with this id; none where it has ended. Records its use.
///
/// # Errors
/// The database's.
pub async fn of_id(
    client: &impl GenericClient,
    id: Uuid,
    request_id: Option<String>,
) -> Result<Option<Actor>, OperationError> {
    let now = Timestamp::now();
    match users::session_by_id(client, id, now).await? {
        Some(session) => Ok(Some(actor(client, session, now, request_id).await?)),
        None => Ok(None),
    }
}

async fn actor(
    client: &impl GenericClient,
    session: SessionRow,
    now: Timestamp,
    request_id: Option<String>,
) -> Result<Actor, OperationError> {
    if now.duration_since(session.last_seen) > NOTED {
        users::touch_session(client, session.id, now).await?;
    }
    let roles = session.roles();
    let recent = session.stepped_up_at.is_some_and(|at| now.duration_since(at) < STEP_UP);
    Ok(Actor {
        who: Who::Person(session.user_id),
        tenant: session.tenant_id,
        name: session.name,
        roles,
        session: Some(session.id),
        stepped_up: recent && session.kind == BROWSER,
        request_id,
    })
}

/// Ends the session the caller came with.
///
/// # Errors
/// The database's.
pub async fn close(unit: &Unit<'_>, by: &Authorized<SignedIn>) -> Result<(), OperationError> {
    match by.actor().session {
        Some(session) => Ok(users::close_session(unit.tx(), session).await?),
        None => Ok(()),
    }
}

/// Notes that whoever came with this session proved again who they are.
///
/// # Errors
/// The database's.
pub async fn step_up(unit: &Unit<'_>, by: &Authorized<SignedIn>) -> Result<(), OperationError> {
    let session = by.actor().session.ok_or(AccessError::Forbidden)?;
    Ok(users::step_up(unit.tx(), session, Timestamp::now()).await?)
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

/// What whoever asks should know about their account, the newest first.
///
/// # Errors
/// The database's.
pub async fn notices(
    client: &impl GenericClient,
    by: &Authorized<SignedIn>,
) -> Result<Vec<Notice>, OperationError> {
    let user = by.actor().user().ok_or(OperationError::NotFound("user"))?;
    Ok(notices::of_user(client, user).await?)
}

/// Whoever asks has seen this notice.
///
/// # Errors
/// There is no such unseen notice of this user; the database's.
pub async fn see_notice(unit: &Unit<'_>, by: &Authorized<SignedIn>, id: Uuid) -> Result<(), OperationError> {
    let user = by.actor().user().ok_or(OperationError::NotFound("user"))?;
    if notices::see(unit.tx(), user, id, Timestamp::now()).await? {
        return Ok(());
    }
    Err(OperationError::NotFound("notice"))
}
