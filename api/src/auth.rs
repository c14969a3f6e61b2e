//! Who asks, and what they may do: opaque sessions kept in PostgreSQL, by cookie for browsers and bearer for programs.
//!
//! A role or a session that ends bites at the next request: nothing is remembered here but failed logins.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::password_hash::SaltString;
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use boomgate_domain::ids::{SiteId, TenantId, UserId};
use boomgate_store::sites::{self, SiteRow};
use boomgate_store::users;
use http::Method;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::App;
use crate::error::ApiError;
use crate::request::Asked;
use crate::router::Right;

/// Cookie of a TLS listener; the prefix binds it to this host and to TLS.
pub(crate) const HOST_COOKIE: &str = "__Host-boomgate";
/// Cookie on a loopback listener without TLS.
const PLAIN_COOKIE: &str = "boomgate";

/// Failed logins that cost nothing, and the longest wait after more.
const FREE_FAILURES: u32 = 5;
const LONGEST_WAIT: Duration = Duration::from_secs(900);
/// Names and addresses whose failures are remembered at a time.
const REMEMBERED: usize = 10_000;

/// A logged-in person.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) id: UserId,
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Admin,
    Operator,
    Guard,
    Resident,
}

impl Role {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "admin" => Some(Self::Admin),
            "operator" => Some(Self::Operator),
            "guard" => Some(Self::Guard),
            "resident" => Some(Self::Resident),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Guard => "guard",
            Self::Resident => "resident",
        }
    }

    /// The table of who may do what.
    fn may(self, right: Right) -> bool {
        match right {
            Right::Public | Right::LoggedIn => true,
            Right::Watch | Right::Drive => matches!(self, Self::Admin | Self::Operator | Self::Guard),
            Right::Money => matches!(self, Self::Admin | Self::Operator),
            Right::Device => false,
        }
    }
}

/// The caller of a request that needs `right`, or why there is none.
pub(crate) async fn caller(app: &App, asked: &Asked, right: Right) -> Result<Caller, ApiError> {
    let (token, from_cookie) = token(asked).ok_or(ApiError::NotLoggedIn)?;
    if from_cookie {
        same_site(asked)?;
    }
    let client = app.client().await?;
    let hash = hash(&token);
    let now = Timestamp::now();
    let session = users::session(&client, &hash, now).await?.ok_or(ApiError::NotLoggedIn)?;
    if now.duration_since(session.last_seen).as_secs() > 60 {
        users::touch_session(&client, &hash, now).await?;
    }
    let caller = person(session.user_id, session.tenant_id, session.name, &session.role)?;
    if caller.role.may(right) { Ok(caller) } else { Err(ApiError::Forbidden) }
}

/// A person from what is stored of them.
pub(crate) fn person(id: UserId, tenant: TenantId, name: String, role: &str) -> Result<Caller, ApiError> {
    let role = Role::parse(role).ok_or(ApiError::Forbidden)?;
    Ok(Caller { id, tenant, name, role })
}

/// The sites this person may see; admins see all of their tenant.
pub(crate) async fn sites_of(app: &App, caller: &Caller) -> Result<Vec<SiteRow>, ApiError> {
    let client = app.client().await?;
    let rows = match caller.role {
        Role::Admin => sites::of_tenant(&client, caller.tenant).await?,
        Role::Operator | Role::Guard | Role::Resident => sites::of_user(&client, caller.id).await?,
    };
    Ok(rows)
}

/// One site the caller may see: the one asked for, or the only one.
pub(crate) async fn site_of(app: &App, caller: &Caller, wanted: Option<SiteId>) -> Result<SiteRow, ApiError> {
    let mut sites = sites_of(app, caller).await?;
    match wanted {
        Some(id) => sites.into_iter().find(|site| site.id == id).ok_or(ApiError::NotFound("site")),
        None if sites.len() == 1 => Ok(sites.remove(0)),
        None if sites.is_empty() => Err(ApiError::NotFound("site")),
        None => Err(ApiError::invalid("site", "is needed: you see several sites")),
    }
}

fn token(asked: &Asked) -> Option<(String, bool)> {
    if let Some(bearer) = asked.header("authorization").and_then(bearer) {
        return Some((bearer.to_owned(), false));
    }
    let wanted = cookie_name(asked.peer.tls);
    let cookies = asked.header("cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
    cookies.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| (value.to_owned(), true))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A browser that changes something must come from our own page. Reading is safe: nothing answers cross-origin.
fn same_site(asked: &Asked) -> Result<(), ApiError> {
    let upgrade = asked.header("upgrade").is_some();
    if !upgrade && matches!(asked.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    if asked.header("origin").is_none() { Err(ApiError::CrossSite) } else { not_foreign(asked) }
}

/// No page of another site may log somebody in either. Programs send no origin.
pub(crate) fn not_foreign(asked: &Asked) -> Result<(), ApiError> {
    let own = asked.header("host").unwrap_or_default();
    let host = |origin: &str| origin.split_once("://").is_some_and(|(_, host)| host == own);
    let from_here = asked.header("origin").is_none_or(host);
    let fetched_here = asked.header("sec-fetch-site").is_none_or(|site| site == "same-origin");
    if from_here && fetched_here { Ok(()) } else { Err(ApiError::CrossSite) }
}

fn cookie_name(tls: bool) -> &'static str {
    if tls { HOST_COOKIE } else { PLAIN_COOKIE }
}

/// The `Set-Cookie` of a session, or its deletion with `token` none.
pub(crate) fn set_cookie(tls: bool, token: Option<&str>) -> String {
    let secure = if tls { "; Secure" } else { "" };
    let age = if token.is_some() { "" } else { "; Max-Age=0" };
    format!(
        "{}={}; Path=/; HttpOnly; SameSite=Strict{secure}{age}",
        cookie_name(tls),
        token.unwrap_or_default()
    )
}

/// A fresh token (256 bits, hex) and the hash that is stored.
pub(crate) fn new_token() -> (String, [u8; 32]) {
    let token = hex::encode(rand::random::<[u8; 32]>());
    let hash = hash(&token);
    (token, hash)
}

pub(crate) fn token_hash(asked: &Asked) -> Option<[u8; 32]> {
    token(asked).map(|(token, _)| hash(&token))
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Hashes a new password (argon2id, 19 MiB, 2 passes).
pub fn hash_password(password: &str) -> Result<String, ApiError> {
    let salt =
        SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|error| anyhow::anyhow!("salt: {error}"));
    let salt = salt.map_err(ApiError::Internal)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| ApiError::Internal(anyhow::anyhow!("argon2: {error}")))
}

/// Slows down guessing: per name and per address, after some free failures, twice as long each time.
pub(crate) struct LoginGate {
    failures: Mutex<HashMap<String, (u32, Instant)>>,
    /// Argon2 takes memory; this many at a time and no more.
    permits: Semaphore,
}

impl Default for LoginGate {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { failures: Mutex::default(), permits: Semaphore::new(cores) }
    }
}

impl LoginGate {
    /// Checks a password, taking the same time whether or not there is such a user.
    pub(crate) async fn check(
        &self,
        name: &str,
        address: IpAddr,
        stored: Option<&str>,
        given: String,
    ) -> Result<(), ApiError> {
        let keys = [format!("name {}", name.to_lowercase()), format!("address {}", network(address))];
        self.must_not_wait(&keys)?;
        let _permit = self.permits.acquire().await.map_err(ApiError::internal)?;
        // Many may have come at once and failed while this one queued.
        self.must_not_wait(&keys)?;
        let hash = stored.map_or_else(nobody, str::to_owned);
        let known = stored.is_some();
        let right =
            tokio::task::spawn_blocking(move || verify(&hash, &given)).await.map_err(ApiError::internal)?;
        self.remember(&keys, right && known);
        if right && known { Ok(()) } else { Err(ApiError::WrongLogin) }
    }

    fn must_not_wait(&self, keys: &[String; 2]) -> Result<(), ApiError> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = keys.iter().filter_map(|key| failures.get(key)).filter_map(|(count, last)| {
            let extra = count.checked_sub(FREE_FAILURES)?;
            let wait = Duration::from_secs(1u64.checked_shl(extra).unwrap_or(u64::MAX)).min(LONGEST_WAIT);
            wait.checked_sub(last.elapsed())
        });
        match waits.max() {
            Some(wait) => Err(ApiError::SlowDown(wait.as_secs() + 1)),
            None => Ok(()),
        }
    }

    fn remember(&self, keys: &[String; 2], success: bool) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if success {
            keys.iter().for_each(|key| {
                failures.remove(key);
            });
            return;
        }
        if failures.len() >= REMEMBERED {
            failures.retain(|_, (_, last)| last.elapsed() < LONGEST_WAIT);
        }
        for key in keys {
            let entry = failures.entry(key.clone()).or_insert((0, Instant::now()));
            *entry = (entry.0.saturating_add(1), Instant::now());
        }
    }
}

/// What one guesser has to himself: an IPv4 address, or an IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

fn verify(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// A hash no password has, with the usual cost.
fn nobody() -> String {
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn a_right_password_passes_and_a_wrong_one_does_not() {
        let (gate, hash) = (LoginGate::default(), hash_password("open sesame").unwrap());
        gate.check("ann", HOME, Some(&hash), "open sesame".into()).await.unwrap();
        let error = gate.check("ann", HOME, Some(&hash), "open barley".into()).await.unwrap_err();
        assert!(matches!(error, ApiError::WrongLogin));
        let error = gate.check("nobody", HOME, None, "x".into()).await.unwrap_err();
        assert!(matches!(error, ApiError::WrongLogin), "unknown names answer alike");
    }

    #[tokio::test]
    async fn guessing_becomes_slow_but_a_free_try_remains_for_others() {
        let gate = LoginGate::default();
        for _ in 0..FREE_FAILURES {
            drop(gate.check("ann", HOME, None, "x".into()).await);
        }
        assert!(matches!(gate.check("ann", HOME, None, "x".into()).await, Err(ApiError::SlowDown(_))));
        let elsewhere = IpAddr::from([10, 0, 0, 1]);
        assert!(matches!(gate.check("bob", elsewhere, None, "x".into()).await, Err(ApiError::WrongLogin)));
    }

    #[tokio::test]
    async fn a_burst_of_guesses_is_not_free() {
        let gate = std::sync::Arc::new(LoginGate::default());
        let guesses = (0..40).map(|_| {
            let gate = std::sync::Arc::clone(&gate);
            tokio::spawn(async move { gate.check("ann", HOME, None, "x".into()).await })
        });
        let mut tried = 0;
        for guess in guesses.collect::<Vec<_>>() {
            tried += u32::from(matches!(guess.await.unwrap(), Err(ApiError::WrongLogin)));
        }
        let at_once = u32::try_from(std::thread::available_parallelism().map_or(2, usize::from)).unwrap();
        assert!(tried <= FREE_FAILURES + at_once, "{tried} of 40 guesses were tried");
    }

    #[test]
    fn neighbours_in_an_ipv6_network_share_their_failures() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
    }

    #[test]
    fn guards_may_drive_but_not_take_money() {
        assert!(Role::Guard.may(Right::Drive) && !Role::Guard.may(Right::Money));
        assert!(!Role::Resident.may(Right::Watch) && Role::Resident.may(Right::LoggedIn));
    }
}
