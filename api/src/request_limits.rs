//! How many requests an address and an account or key may send, and the headers that say how many are left.
//!
//! A short burst is free; after it requests are let through at a steady rate (GCRA). Devices, health and the app's files do not
//! count.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderName};
use uuid::Uuid;

use crate::error::ApiError;
use crate::login_limiter::network;

/// Keys from which old ones are dropped.
const MANY_KEYS: usize = 10_000;

/// Requests per minute; a burst may be a quarter of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// Of one address: many people may share it.
    pub per_address: NonZeroU32,
    /// Of one session or key.
    pub per_account: NonZeroU32,
}

impl RequestLimits {
    /// So many a minute of one session or key, and five times as many of one address.
    #[must_use]
    pub fn per_minute(requests: u32) -> Self {
        let at_least_one = |requests| NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN);
        Self { per_account: at_least_one(requests), per_address: at_least_one(requests.saturating_mul(5)) }
    }
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self::per_minute(1_200)
    }
}

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

pub(crate) struct RequestLimiter {
    addresses: Limiter<IpAddr>,
    accounts: Limiter<Uuid>,
    limits: RequestLimits,
}

/// What is left of the limit that a request counted against last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    /// Requests per minute.
    limit: u32,
    remaining: u32,
    /// Until the whole burst is free again, in seconds.
    reset: u64,
}

/// Of one request; set as it is counted, read for the headers of its answer.
#[derive(Clone, Default)]
pub(crate) struct Counted(Arc<Mutex<Option<Left>>>);

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counted")
    }
}

fn quota(per_minute: NonZeroU32) -> Quota {
    Quota::per_minute(per_minute)
        .allow_burst(NonZeroU32::new(per_minute.get() / 4).unwrap_or(NonZeroU32::MIN))
}

fn limiter<K: std::hash::Hash + Eq + Clone>(per_minute: NonZeroU32) -> Limiter<K> {
    let quota = quota(per_minute);
    RateLimiter::dashmap(quota).with_middleware()
}

impl RequestLimiter {
    pub(crate) fn new(limits: RequestLimits) -> Self {
        Self { addresses: limiter(limits.per_address), accounts: limiter(limits.per_account), limits }
    }

    /// Counts a request of this address.
    pub(crate) fn count_address(&self, address: IpAddr, counted: &Counted) -> Result<(), ApiError> {
        count(&self.addresses, &network(address), self.limits.per_address, counted)
    }

    /// Counts a request of this session or key.
    pub(crate) fn count_account(&self, id: Uuid, counted: &Counted) -> Result<(), ApiError> {
        count(&self.accounts, &id, self.limits.per_account, counted)
    }
}

fn count<K: std::hash::Hash + Eq + Clone>(
    limiter: &Limiter<K>,
    key: &K,
    limit: NonZeroU32,
    counted: &Counted,
) -> Result<(), ApiError> {
    if limiter.len() > MANY_KEYS {
        limiter.retain_recent();
    }
    let burst = quota(limit).burst_size().get();
    let (remaining, outcome) = match limiter.check_key(key) {
        Ok(state) => (state.remaining_burst_capacity(), Ok(())),
        Err(denied) => {
            let wait = denied.wait_time_from(DefaultClock::default().now());
            (0, Err(ApiError::TooManyRequests(wait.as_secs() + 1)))
        }
    };
    let used = u64::from(burst.saturating_sub(remaining));
    let left = Left { limit: limit.get(), remaining, reset: (used * 60).div_ceil(u64::from(limit.get())) };
    *counted.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    outcome
}

impl Counted {
    /// Says what is left, where the request counted.
    pub(crate) fn say(&self, headers: &mut HeaderMap) {
        let Some(left) = *self.0.lock().unwrap_or_else(PoisonError::into_inner) else { return };
        headers.insert(HeaderName::from_static("ratelimit-limit"), left.limit.into());
        headers.insert(HeaderName::from_static("ratelimit-remaining"), left.remaining.into());
        headers.insert(HeaderName::from_static("ratelimit-reset"), left.reset.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_minute: u32) -> RequestLimiter {
        let limit = NonZeroU32::new(per_minute).unwrap();
        RequestLimiter::new(RequestLimits { per_address: limit, per_account: limit })
    }

    #[test]
    fn a_burst_is_free_and_what_comes_after_it_waits() {
        let (limiter, counted) = (limiter(40), Counted::default());
        let home: IpAddr = "192.0.2.1".parse().unwrap();
        for left in (0..10).rev() {
            limiter.count_address(home, &counted).unwrap();
            let mut headers = HeaderMap::new();
            counted.say(&mut headers);
            assert_eq!(headers["ratelimit-limit"], "40");
            assert_eq!(headers["ratelimit-remaining"], left.to_string().as_str());
        }
        let denied = limiter.count_address(home, &counted);
        assert!(matches!(denied, Err(ApiError::TooManyRequests(1..=2))), "{denied:?}");
        limiter.count_address("192.0.2.2".parse().unwrap(), &counted).unwrap();
        limiter.count_account(Uuid::nil(), &counted).unwrap();
    }

    #[test]
    fn what_is_remembered_of_addresses_is_bounded() {
        let (limiter, counted) = (limiter(u32::MAX), Counted::default());
        for address in 0..3 * MANY_KEYS as u32 {
            limiter.count_address(IpAddr::V4(address.into()), &counted).unwrap();
        }
        assert!(limiter.addresses.len() <= MANY_KEYS + 1, "{}", limiter.addresses.len());
    }
}
