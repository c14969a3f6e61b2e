//! Waiting for a state, with a limit: the only place of the harness where time passes.

use std::time::{Duration, Instant};

/// Long enough for a loaded machine with two cores, short enough to notice a dead end.
pub const TIMEOUT: Duration = Duration::from_secs(30);

const POLL_INTERVAL: Duration = Duration::from_millis(15);

/// Looks until something is found.
///
/// # Panics
/// With `what`, when [`TIMEOUT`] is over.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    within(TIMEOUT, what, look).await
}

/// # Panics
/// With `what`, when `limit` is over.
pub async fn within<T>(limit: Duration, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    at_most(limit, look).await.unwrap_or_else(|| panic!("not within {limit:?}: {what}"))
}

/// Looks until something is found or `limit` is over.
pub async fn at_most<T>(limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if begun.elapsed() > limit {
            return None;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Watches that something does not happen for a while.
///
/// # Panics
/// With `what`, as soon as it is seen.
pub async fn never<T>(limit: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        assert!(look().await.is_none(), "{what}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
