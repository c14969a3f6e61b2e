//! Sessions of programs that log in with a person's name and password (OAuth 2, RFC 6749, sections 4.3 and 6): a short access token,
//! and a refresh token that works once.

use boomgate_domain::ids::UserId;
use boomgate_store::refresh_tokens as stored;
use boomgate_store::users as stored_users;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::OperationError;
use crate::sessions::{self, Origin};
use crate::tokens;
use crate::unit::Unit;

/// How long a program's session lasts at most.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A session of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// What access tokens name.
    pub session: Uuid,
    /// Shown this once.
    pub refresh_token: String,
    /// Nobody has logged in as this user from there before.
    pub new_device: bool,
}

/// What came of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// It was good, and is used now.
    Granted(UserId, Granted),
    /// It is unknown or has expired.
    Unknown,
    /// It had been used: somebody else has it. The session is ended.
    Reused,
}

/// Opens a session for a user who proved who they are.
///
/// # Errors
/// The database's.
pub async fn open(unit: &Unit<'_>, user: UserId, from: Origin) -> Result<Granted, OperationError> {
    let opened = sessions::open(unit, user, Origin { lifetime: LIFETIME, browser: false, ..from }).await?;
    grant(unit, opened.id, opened.expires_at, opened.new_device).await
}

async fn grant(
    unit: &Unit<'_>,
    session: Uuid,
    expires_at: Timestamp,
    new_device: bool,
) -> Result<Granted, OperationError> {
    let (refresh_token, hash) = tokens::new();
    stored::insert(unit.tx(), &hash, session, Timestamp::now(), expires_at).await?;
    Ok(Granted { session, refresh_token, new_device })
}

/// Takes a refresh token and gives the next one.
///
/// # Errors
/// The database's.
pub async fn refresh(unit: &Unit<'_>, token: &str) -> Result<Refreshed, OperationError> {
    let (tx, hash, now) = (unit.tx(), tokens::hash(token), Timestamp::now());
    let Some(found) = stored::lock(tx, &hash).await? else { return Ok(Refreshed::Unknown) };
    if found.used_at.is_some() {
        stored_users::close_session(tx, found.session_id).await?;
        return Ok(Refreshed::Reused);
    }
    let session = stored_users::session_by_id(tx, found.session_id, now).await?;
    let Some(session) = session.filter(|_| found.expires_at > now) else { return Ok(Refreshed::Unknown) };
    stored::set_used(tx, &hash, now).await?;
    let next = grant(unit, session.id, found.expires_at, false).await?;
    Ok(Refreshed::Granted(session.user_id, next))
}
