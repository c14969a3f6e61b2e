//! Sessions: opened for whoever gave the right password, looked up with every request, ended.

use boomgate_domain::ids::UserId;
use boomgate_store::GenericClient;
use boomgate_store::known_browsers;
use boomgate_store::users::{self, NewSession, UserRow};
use jiff::{SignedDuration, Timestamp};

use crate::access::{Actor, Who};
use crate::error::OperationError;
use crate::tokens;
use crate::unit::Unit;

/// A session ends after a working day, whatever happens.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(8);

/// How long a browser is known after the last login there.
pub const BROWSER_KNOWN: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Most tenants in which one name is tried.
const MOST_TENANTS: usize = 8;

/// When somebody was last seen matters to the minute.
const NOTED: SignedDuration = SignedDuration::from_mins(1);

/// Where somebody logs in from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// A page of ours, which keeps a cookie; else a program.
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

/// Opens a session for somebody whose password was right, and remembers their browser.
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

/// The browser's token: the one it has, or a new one. A token that we never gave is not taken over: whoever planted it
/// would know it too.
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

/// Whoever bears this session's token now; none where it has ended. Notes that they were seen.
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
    Ok(Some(Actor {
        who: Who::Person(session.user_id),
        tenant: session.tenant_id,
        name: session.name,
        roles,
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
