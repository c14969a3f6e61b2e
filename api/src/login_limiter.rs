//! Slows down guessing of passwords without locking accounts: failures count per name and address together, a little per name and
//! per address alone, and per browser where a person has logged in before.
//!
//! Checking a password takes 19 MiB and a tenth of a second: few at a time, and no endless queue before them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use boomgate_operations::passwords;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::error::ApiError;

/// Keys whose failures are remembered at a time; the oldest go first.
const MAX_KEYS: usize = 10_000;
/// Failures older than this do not count.
const FAILURE_WINDOW: Duration = Duration::from_secs(900);
/// Passwords checked at a time, whatever the machine has.
const MAX_CONCURRENT: usize = 4;
/// Logins that may wait for their turn; and as many again from browsers that are known.
const QUEUE: usize = 64;
/// When it is worth coming back to a full queue, in seconds.
const QUEUE_RETRY: u64 = 5;

/// What failures are counted by. Names are hashed: a long one costs no more than a short one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    NameAt([u8; 32], IpAddr),
    Name([u8; 32]),
    Address(IpAddr),
    Browser([u8; 32], [u8; 32]),
    /// One-time codes of a user whose password is known to whoever tries.
    Code(Uuid),
}

impl Key {
    /// Failures that cost nothing, and the longest wait after more.
    const fn limits(self) -> (u32, Duration) {
        match self {
            Self::NameAt(..) | Self::Browser(..) | Self::Code(_) => (5, FAILURE_WINDOW),
            Self::Name(_) => (5, Duration::from_secs(5)),
            Self::Address(_) => (30, Duration::from_secs(5)),
        }
    }

    /// Whether a success ends the count: not where others' failures are counted too.
    const fn is_own(self) -> bool {
        matches!(self, Self::NameAt(..) | Self::Browser(..) | Self::Code(_))
    }
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

/// One try to log in.
pub(crate) struct Attempt<'a> {
    pub(crate) name: &'a str,
    pub(crate) address: IpAddr,
    /// Hash of the token of a browser from which this user has logged in before.
    pub(crate) browser: Option<[u8; 32]>,
    /// The stored hashes of the users of this name; empty if there is none.
    pub(crate) stored: Vec<String>,
    pub(crate) given: String,
}

/// An attempt whose password was right; it is a success once nothing more is to be proved.
#[derive(Debug)]
pub(crate) struct RightPassword {
    /// For which of the stored hashes: at least one.
    pub(crate) of: Vec<usize>,
    keys: Vec<Key>,
    /// The browser is known: a stranger's failures do not count against it.
    known: bool,
}

impl RightPassword {
    /// Of somebody who has a session already: their password is not asked for.
    pub(crate) fn assumed(attempt: &Attempt<'_>) -> Self {
        Self { of: vec![0], keys: attempt.keys(), known: false }
    }

    fn keys_of_code(&self, user: Uuid) -> Vec<Key> {
        let code = (!self.known).then_some(Key::Code(user));
        self.keys.iter().copied().chain(code).collect()
    }
}

impl Attempt<'_> {
    fn keys(&self) -> Vec<Key> {
        let name = name_hash(self.name);
        match self.browser {
            Some(browser) => vec![Key::Browser(browser, name)],
            None => {
                let address = network(self.address);
                vec![Key::NameAt(name, address), Key::Name(name), Key::Address(address)]
            }
        }
    }
}

pub(crate) struct LoginLimiter {
    failures: Mutex<HashMap<Key, Failures>>,
    /// Of everybody.
    permits: Semaphore,
    /// Of those who come from no known browser: fewer, so that a core is left for those who do.
    stranger_permits: Semaphore,
    strangers: AtomicUsize,
    known: AtomicUsize,
}

impl Default for LoginLimiter {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            failures: Mutex::default(),
            permits: Semaphore::new(cores.min(MAX_CONCURRENT)),
            stranger_permits: Semaphore::new(cores.min(MAX_CONCURRENT).saturating_sub(1).max(1)),
            strangers: AtomicUsize::new(0),
            known: AtomicUsize::new(0),
        }
    }
}

impl LoginLimiter {
    /// A place in the queue for a login from no known browser. Taken before anything is looked up for it: a flood of guesses
    /// costs the database little.
    pub(crate) fn admit_stranger(&self, name: &str, address: IpAddr) -> Result<QueueSlot<'_>, ApiError> {
        let attempt = Attempt { name, address, browser: None, stored: Vec::new(), given: String::new() };
        self.check_backoff(&attempt.keys())?;
        QueueSlot::take(&self.strangers)
    }

    /// Checks a password for which there is a place in the queue already.
    pub(crate) async fn check_admitted(
        &self,
        attempt: Attempt<'_>,
        slot: Option<QueueSlot<'_>>,
    ) -> Result<RightPassword, ApiError> {
        match slot {
            Some(_slot) if attempt.browser.is_none() => self.check_in_turn(attempt).await,
            Some(_) | None => self.check(attempt).await,
        }
    }

    /// Checks a password, taking the same time whether or not there is such a user.
    pub(crate) async fn check(&self, attempt: Attempt<'_>) -> Result<RightPassword, ApiError> {
        self.check_backoff(&attempt.keys())?;
        let queue = if attempt.browser.is_some() { &self.known } else { &self.strangers };
        let _slot = QueueSlot::take(queue)?;
        self.check_in_turn(attempt).await
    }

    async fn check_in_turn(&self, attempt: Attempt<'_>) -> Result<RightPassword, ApiError> {
        let (keys, known) = (attempt.keys(), attempt.browser.is_some());
        let _stranger = match known {
            false => Some(self.stranger_permits.acquire().await.map_err(ApiError::internal)?),
            true => None,
        };
        let _permit = self.permits.acquire().await.map_err(ApiError::internal)?;
        // Many may have come at once and failed while this one queued.
        self.check_backoff(&keys)?;
        let (stored, given) = (attempt.stored, attempt.given);
        let right = tokio::task::spawn_blocking(move || right_ones(&stored, &given));
        let of = right.await.map_err(ApiError::internal)?;
        if of.is_empty() {
            self.remember(&keys, false);
            return Err(ApiError::WrongLogin);
        }
        Ok(RightPassword { of, keys, known })
    }

    /// Whether a one-time code of this user may be tried now.
    pub(crate) fn admit_code(&self, right: &RightPassword, user: Uuid) -> Result<(), ApiError> {
        self.check_backoff(&right.keys_of_code(user))
    }

    /// The code was wrong: as bad as a wrong password.
    pub(crate) fn wrong_code(&self, right: &RightPassword, user: Uuid) {
        self.remember(&right.keys_of_code(user), false);
    }

    /// Everything was right.
    pub(crate) fn passed(&self, right: &RightPassword, user: Uuid) {
        self.remember(&right.keys_of_code(user), true);
    }

    /// Forgets the failures of a name, wherever they came from, and of the user's codes.
    pub(crate) fn forget(&self, name: &str, user: Uuid) {
        let hash = name_hash(name);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|key, _| match key {
            Key::NameAt(name, _) | Key::Name(name) | Key::Browser(_, name) => *name != hash,
            Key::Code(code) => *code != user,
            Key::Address(_) => true,
        });
    }

    fn check_backoff(&self, keys: &[Key]) -> Result<(), ApiError> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = keys.iter().filter_map(|key| {
            let Failures { count, last } = failures.get(key)?;
            let (free, longest) = key.limits();
            let doubled = 1u64.checked_shl(count.checked_sub(free)?).unwrap_or(u64::MAX);
            Duration::from_secs(doubled).min(longest).checked_sub(last.elapsed())
        });
        match waits.max() {
            Some(wait) => Err(ApiError::SlowDown(wait.as_secs() + 1)),
            None => Ok(()),
        }
    }

    fn remember(&self, keys: &[Key], success: bool) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if success {
            for key in keys.iter().filter(|key| key.is_own()) {
                failures.remove(key);
            }
            return;
        }
        make_room(&mut failures);
        let now = Instant::now();
        for key in keys {
            let entry = failures.entry(*key).or_insert(Failures { count: 0, last: now });
            let before = if entry.last.elapsed() > FAILURE_WINDOW { 0 } else { entry.count };
            *entry = Failures { count: before.saturating_add(1), last: now };
        }
    }
}

fn name_hash(name: &str) -> [u8; 32] {
    Sha256::digest(name.to_lowercase()).into()
}

/// Forgets the older half when there are too many.
fn make_room(failures: &mut HashMap<Key, Failures>) {
    if failures.len() < MAX_KEYS {
        return;
    }
    let mut times: Vec<Instant> = failures.values().map(|one| one.last).collect();
    let middle = times.len() / 2;
    let (_, middle, _) = times.select_nth_unstable(middle);
    let middle = *middle;
    failures.retain(|_, one| one.last > middle);
}

/// A place in the queue before the check.
pub(crate) struct QueueSlot<'a>(&'a AtomicUsize);

impl<'a> QueueSlot<'a> {
    fn take(queue: &'a AtomicUsize) -> Result<Self, ApiError> {
        let slot = Self(queue);
        if queue.fetch_add(1, Ordering::Relaxed) < QUEUE {
            Ok(slot)
        } else {
            metrics::counter!("boomgate_logins_turned_away_total").increment(1);
            Err(ApiError::Busy(QUEUE_RETRY))
        }
    }
}

impl Drop for QueueSlot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What one guesser has to himself: an IPv4 address, or an IPv6 /64.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// Which of the hashes were made of this password; one is checked in vain where there is none.
fn right_ones(stored: &[String], given: &str) -> Vec<usize> {
    if stored.is_empty() {
        // For the time it takes; no password fits.
        let _: bool = passwords::verify(passwords::NOBODY, given);
    }
    let right = stored.iter().enumerate().filter(|(_, hash)| passwords::verify(hash, given));
    right.map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use boomgate_operations::passwords::hash as hash_password;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const BROWSER: [u8; 32] = [7; 32];

    fn attempt<'a>(name: &'a str, address: IpAddr, stored: Option<&'a str>, given: &str) -> Attempt<'a> {
        let stored = stored.map(str::to_owned).into_iter().collect();
        Attempt { name, address, browser: None, stored, given: given.into() }
    }

    #[tokio::test]
    async fn a_right_password_passes_and_a_wrong_one_does_not() {
        let (limiter, hash) = (LoginLimiter::default(), hash_password("open sesame").unwrap());
        limiter.check(attempt("ann", HOME, Some(&hash), "open sesame")).await.unwrap();
        let error = limiter.check(attempt("ann", HOME, Some(&hash), "open barley")).await.unwrap_err();
        assert!(matches!(error, ApiError::WrongLogin));
        let error = limiter.check(attempt("nobody", HOME, None, "x")).await.unwrap_err();
        assert!(matches!(error, ApiError::WrongLogin), "unknown names answer alike");
    }

    #[tokio::test]
    async fn guessing_becomes_slow_but_a_free_try_remains_for_others() {
        let limiter = LoginLimiter::default();
        for _ in 0..5 {
            drop(limiter.check(attempt("ann", HOME, None, "x")).await);
        }
        let slow = limiter.check(attempt("ann", HOME, None, "x")).await;
        assert!(matches!(slow, Err(ApiError::SlowDown(_))));
        for address in [AWAY, HOME] {
            let bob = limiter.check(attempt("bob", address, None, "x")).await;
            assert!(matches!(bob, Err(ApiError::WrongLogin)), "{address}: {bob:?}");
        }
    }

    /// As many failures as one likes, without the time they take.
    fn failed(limiter: &LoginLimiter, attempt: &Attempt<'_>, times: usize) {
        (0..times).for_each(|_| limiter.remember(&attempt.keys(), false));
    }

    #[tokio::test]
    async fn the_failures_of_a_stranger_lock_the_owner_out_for_five_seconds_at_most() {
        let (limiter, hash) = (LoginLimiter::default(), hash_password("open sesame").unwrap());
        failed(&limiter, &attempt("ann", AWAY, Some(&hash), ""), 200);
        let Err(ApiError::SlowDown(stranger)) =
            limiter.check(attempt("ann", AWAY, Some(&hash), "open sesame")).await
        else {
            panic!("the stranger need not wait");
        };
        assert!(stranger > 800, "{stranger}");
        match limiter.check(attempt("ann", HOME, Some(&hash), "open sesame")).await {
            Err(ApiError::SlowDown(owner)) => assert!(owner <= 6, "{owner}"),
            other => panic!("{other:?}: guessing from many addresses is free"),
        }
        let known = Attempt { browser: Some(BROWSER), ..attempt("ann", HOME, Some(&hash), "open sesame") };
        limiter.check(known).await.unwrap();
        // Nor does it matter that the stranger sits behind the same address.
        let known = Attempt { browser: Some(BROWSER), ..attempt("ann", AWAY, Some(&hash), "open sesame") };
        limiter.check(known).await.unwrap();
    }

    #[tokio::test]
    async fn codes_are_not_guessed_by_giving_the_right_password_again() {
        let (limiter, hash) = (LoginLimiter::default(), hash_password("open sesame").unwrap());
        let user = Uuid::from_u128(1);
        let right = limiter.check(attempt("ann", AWAY, Some(&hash), "open sesame")).await.unwrap();
        for _ in 0..9 {
            limiter.wrong_code(&right, user);
        }
        let again = limiter.check(attempt("ann", AWAY, Some(&hash), "open sesame")).await;
        assert!(matches!(again, Err(ApiError::SlowDown(10..))), "{again:?}");
        // Nor from another address.
        let keys = attempt("ann", HOME, None, "").keys();
        let elsewhere = RightPassword { of: vec![0], keys: keys.clone(), known: false };
        assert!(matches!(limiter.admit_code(&elsewhere, user), Err(ApiError::SlowDown(10..))));
        // The owner's browser is not held up, and an admin ends the wait.
        limiter.admit_code(&RightPassword { of: vec![0], keys: Vec::new(), known: true }, user).unwrap();
        limiter.forget("Ann", user);
        limiter.admit_code(&elsewhere, user).unwrap();
    }

    #[tokio::test]
    async fn a_known_browser_in_a_strangers_hands_is_slowed_down_too() {
        let limiter = LoginLimiter::default();
        let guess = || Attempt { browser: Some(BROWSER), ..attempt("ann", HOME, None, "x") };
        failed(&limiter, &guess(), 9);
        assert!(matches!(limiter.check(guess()).await, Err(ApiError::SlowDown(10..))));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limiter = LoginLimiter::default();
        for name in 0..3 * MAX_KEYS {
            failed(&limiter, &attempt(&name.to_string(), HOME, None, ""), 1);
        }
        assert!(limiter.failures.lock().unwrap().len() <= MAX_KEYS + 3);
    }

    #[tokio::test]
    async fn a_burst_of_guesses_is_not_free() {
        let limiter = std::sync::Arc::new(LoginLimiter::default());
        let guesses = (0..40).map(|_| {
            let limiter = std::sync::Arc::clone(&limiter);
            tokio::spawn(async move { limiter.check(attempt("ann", HOME, None, "x")).await })
        });
        let mut tried = 0;
        for guess in guesses.collect::<Vec<_>>() {
            tried += usize::from(matches!(guess.await.unwrap(), Err(ApiError::WrongLogin)));
        }
        assert!(tried <= 5 + MAX_CONCURRENT, "{tried} of 40 guesses were tried");
    }

    #[tokio::test]
    async fn a_full_queue_turns_away_and_keeps_places_for_known_browsers() {
        let limiter = LoginLimiter::default();
        let held =
            limiter.permits.acquire_many(u32::try_from(limiter.permits.available_permits()).unwrap()).await;
        let slots: Vec<_> = (0..QUEUE).map(|_| QueueSlot::take(&limiter.strangers).ok().unwrap()).collect();
        let rejected = limiter.check(attempt("ann", HOME, None, "x")).await;
        assert!(matches!(rejected, Err(ApiError::Busy(QUEUE_RETRY))), "{rejected:?}");
        let known = Attempt { browser: Some(BROWSER), ..attempt("ann", HOME, None, "x") };
        let (known, ()) = tokio::join!(limiter.check(known), async { drop(held) });
        assert!(matches!(known, Err(ApiError::WrongLogin)), "{known:?}");
        drop(slots);
        assert_eq!(limiter.strangers.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn neighbours_in_an_ipv6_network_share_their_failures() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
    }
}
