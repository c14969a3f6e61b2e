//! Limits the connections of a listener, in all and per address. At the limit a new connection closes the
//! oldest idle one, so that idle connections cannot use up the limit.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::login_limiter::network;

/// Limits of one listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) all: usize,
    pub(crate) per_address: usize,
}

pub(crate) const LIMITS: Limits = Limits { all: 1024, per_address: 256 };

/// Counts the connections of one listener.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionLimiter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    slots: HashMap<u64, Slot>,
}

#[derive(Debug)]
struct Slot {
    /// None for a trusted proxy, which carries many clients.
    address: Option<IpAddr>,
    /// Requests under way; several at a time by HTTP/2.
    requests: usize,
    /// When the last request ended; none while one is under way.
    idle: Option<Instant>,
    end: Arc<Notify>,
}

/// An accepted connection; it is counted until this value is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    limiter: ConnectionLimiter,
    id: u64,
    end: Arc<Notify>,
}

impl ConnectionLimiter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self(Arc::new(Inner { limits, state: Mutex::default() }))
    }

    /// Lets a connection in, if need be in the place of an idle one. None where all are busy.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> Option<ConnectionPermit> {
        let address = address.map(network);
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.make_room(address, self.0.limits) {
            metrics::counter!("boomgate_http_connections_total", "outcome" => "refused").increment(1);
            return None;
        }
        let (id, end) = (state.next, Arc::new(Notify::new()));
        state.next += 1;
        state
            .slots
            .insert(id, Slot { address, requests: 0, idle: Some(Instant::now()), end: Arc::clone(&end) });
        metrics::counter!("boomgate_http_connections_total", "outcome" => "admitted").increment(1);
        Some(ConnectionPermit { limiter: self.clone(), id, end })
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// Whether there is room for one more of this address, after one that is idle had to go.
    fn make_room(&mut self, address: Option<IpAddr>, limits: Limits) -> bool {
        let own = |slot: &Slot| address.is_some() && slot.address == address;
        if self.slots.values().filter(|slot| own(slot)).count() >= limits.per_address {
            return self.drop_oldest_idle(own);
        }
        if self.slots.len() < limits.all {
            return true;
        }
        let crowded = self.most_crowded();
        self.drop_oldest_idle(|slot| slot.address == crowded) || self.drop_oldest_idle(|_| true)
    }

    fn drop_oldest_idle(&mut self, among: impl Fn(&Slot) -> bool) -> bool {
        let idle = self.slots.iter().filter(|(_, slot)| among(slot));
        let oldest = idle.filter_map(|(id, slot)| Some((slot.idle?, *id))).min();
        let Some(slot) = oldest.and_then(|(_, id)| self.slots.remove(&id)) else { return false };
        slot.end.notify_one();
        metrics::counter!("boomgate_http_connections_total", "outcome" => "dropped_idle").increment(1);
        true
    }

    /// The address with the most connections; a proxy of ours is never it, while there is another.
    fn most_crowded(&self) -> Option<IpAddr> {
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for address in self.slots.values().filter_map(|slot| slot.address) {
            *counts.entry(address).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(address, _)| address)
    }
}

impl ConnectionPermit {
    /// Counts it under the client's address that a proxy gave. False when that address has too many.
    pub(crate) fn is_really(&self, address: IpAddr) -> bool {
        let (address, limits) = (Some(network(address)), self.limiter.0.limits);
        self.limiter.with(|state| {
            let own = |slot: &Slot| slot.address == address;
            let crowded = state.slots.values().filter(|slot| own(slot)).count() >= limits.per_address;
            if crowded && !state.drop_oldest_idle(own) {
                return false;
            }
            if let Some(slot) = state.slots.get_mut(&self.id) {
                slot.address = address;
            }
            true
        })
    }

    /// Busy from now on until the returned value is gone.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.change(|slot| {
            slot.requests += 1;
            slot.idle = None;
        });
        Busy(Arc::clone(self))
    }

    fn change(&self, change: impl FnOnce(&mut Slot)) {
        self.limiter.with(|state| state.slots.get_mut(&self.id).map(change));
    }

    /// Returns when there was no request for this long.
    pub(crate) async fn unused_for(&self, limit: Duration) {
        loop {
            let idle = self.limiter.with(|state| state.slots.get(&self.id).and_then(|slot| slot.idle));
            let end = idle.unwrap_or_else(Instant::now) + limit;
            if idle.is_some() && end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }

    /// Returns when another connection is accepted in place of this one.
    pub(crate) async fn dropped(&self) {
        self.end.notified().await;
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limiter.with(|state| drop(state.slots.remove(&self.id)));
    }
}

/// A request is being answered on this connection.
#[derive(Debug)]
pub(crate) struct Busy(Arc<ConnectionPermit>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.change(|slot| {
            slot.requests = slot.requests.saturating_sub(1);
            if slot.requests == 0 {
                slot.idle = Some(Instant::now());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, last]))
    }

    async fn is_dropped(permit: &ConnectionPermit) -> bool {
        tokio::time::timeout(Duration::from_millis(10), permit.dropped()).await.is_ok()
    }

    #[tokio::test]
    async fn the_oldest_idle_of_ones_own_address_yields_and_a_busy_one_does_not() {
        let limiter = ConnectionLimiter::new(Limits { all: 100, per_address: 2 });
        let other = limiter.admit(address(2)).unwrap();
        let (first, second) =
            (Arc::new(limiter.admit(address(1)).unwrap()), Arc::new(limiter.admit(address(1)).unwrap()));
        let busy = first.busy();
        let third = limiter.admit(address(1)).unwrap();
        assert!(is_dropped(&second).await && !is_dropped(&first).await && !is_dropped(&other).await);
        let third = Arc::new(third);
        let _busy_too = third.busy();
        assert!(limiter.admit(address(1)).is_none(), "all of this address are at work");
        drop(busy);
        assert!(limiter.admit(address(1)).is_some());
        assert!(is_dropped(&first).await);
    }

    #[tokio::test]
    async fn a_connection_counted_as_idle_when_the_first_of_its_requests_was_answered() {
        let limiter = ConnectionLimiter::new(Limits { all: 1, per_address: 1 });
        let permit = Arc::new(limiter.admit(address(1)).unwrap());
        let (first, second) = (permit.busy(), permit.busy());
        drop(first);
        assert!(limiter.admit(address(1)).is_none(), "the second is still at work");
        drop(second);
        assert!(limiter.admit(address(1)).is_some());
    }

    #[tokio::test]
    async fn a_connection_is_unused_only_once_all_its_requests_are_answered() {
        let limiter = ConnectionLimiter::new(Limits { all: 1, per_address: 1 });
        let permit = Arc::new(limiter.admit(address(1)).unwrap());
        let limit = Duration::from_millis(50);
        let busy = permit.busy();
        assert!(tokio::time::timeout(limit * 3, permit.unused_for(limit)).await.is_err());
        let answered = Instant::now();
        drop(busy);
        permit.unused_for(limit).await;
        assert!(answered.elapsed() >= limit);
    }

    #[tokio::test]
    async fn a_full_listener_drops_an_idle_one_of_the_most_crowded_address() {
        let limiter = ConnectionLimiter::new(Limits { all: 5, per_address: 4 });
        let lonely = limiter.admit(address(1)).unwrap();
        let crowd: Vec<_> = (0..4).map(|_| limiter.admit(address(2)).unwrap()).collect();
        let newcomer = limiter.admit(address(3)).unwrap();
        assert!(is_dropped(&crowd[0]).await && !is_dropped(&crowd[1]).await);
        assert!(!is_dropped(&lonely).await && !is_dropped(&newcomer).await);
    }

    #[tokio::test]
    async fn a_proxy_of_ours_is_limited_by_the_whole_only_and_its_guests_by_their_own_address() {
        let limiter = ConnectionLimiter::new(Limits { all: 10, per_address: 2 });
        let through: Vec<_> = (0..6).map(|_| limiter.admit(None).unwrap()).collect();
        assert!(through[..2].iter().all(|permit| permit.is_really(IpAddr::from([10, 0, 0, 7]))));
        assert!(through[2].is_really(IpAddr::from([10, 0, 0, 7])));
        assert!(is_dropped(&through[0]).await && !is_dropped(&through[1]).await);
    }

    #[test]
    fn a_place_is_free_when_its_connection_is_gone() {
        let limiter = ConnectionLimiter::new(Limits { all: 1, per_address: 1 });
        for _ in 0..3 {
            let permit = Arc::new(limiter.admit(address(1)).unwrap());
            let _busy = permit.busy();
            assert!(limiter.admit(address(1)).is_none());
        }
        assert_eq!(limiter.0.state.lock().unwrap().slots.len(), 0);
    }
}
