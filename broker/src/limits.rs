//! How many connections there may be, in all and per address; given back when a permit is dropped.
//!
//! Whoever has not said who it is holds its place only as long as nobody else wants it: when an address is full, its
//! oldest such connection yields to the newcomer, one that has not sent a single byte before all others.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::config::Limits;

#[derive(Default)]
struct Counts {
    total: usize,
    of_address: HashMap<IpAddr, Address>,
    /// Connections that have not said who they are, oldest first.
    half_open: BTreeMap<u64, HalfOpen>,
    next: u64,
}

#[derive(Default)]
struct Address {
    live: usize,
    half_open: usize,
}

struct HalfOpen {
    address: IpAddr,
    /// Not a byte came from it yet.
    silent: bool,
    yielding: oneshot::Sender<()>,
}

/// Counts against [`Limits`].
#[derive(Clone)]
pub(crate) struct ConnectionLimiter {
    counts: Arc<Mutex<Counts>>,
    limits: Limits,
}

/// One connection's place in the counts.
pub(crate) struct ConnectionPermit {
    counts: Arc<Mutex<Counts>>,
    address: IpAddr,
    number: u64,
    yielded: oneshot::Receiver<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    Total,
    Address,
}

impl Full {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Address => "address",
        }
    }
}

impl ConnectionLimiter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { counts: Arc::default(), limits }
    }

    /// A place for a connection from `address`; a half-open connection may have to yield for it.
    pub(crate) fn enter(&self, address: IpAddr) -> Result<ConnectionPermit, Full> {
        let mut counts = lock(&self.counts);
        if counts.total >= self.limits.connections && !counts.yield_one(None) {
            return Err(Full::Total);
        }
        let (live, half_open) =
            counts.of_address.get(&address).map_or((0, 0), |entry| (entry.live, entry.half_open));
        let full = live >= self.limits.connections_per_address;
        if (full || half_open >= self.limits.half_open_per_address) && !counts.yield_one(Some(address)) {
            return Err(Full::Address);
        }
        let (number, yielded) = counts.insert(address);
        Ok(ConnectionPermit { counts: Arc::clone(&self.counts), address, number, yielded })
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Counts {
    fn insert(&mut self, address: IpAddr) -> (u64, oneshot::Receiver<()>) {
        let entry = self.of_address.entry(address).or_default();
        entry.live = entry.live.saturating_add(1);
        entry.half_open = entry.half_open.saturating_add(1);
        self.total = self.total.saturating_add(1);
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let (yielding, yielded) = oneshot::channel();
        self.half_open.insert(number, HalfOpen { address, silent: true, yielding });
        (number, yielded)
    }

    /// Makes the oldest half-open connection (of `address`) give up its place at once. `false` if there is none.
    fn yield_one(&mut self, address: Option<IpAddr>) -> bool {
        let candidates =
            || self.half_open.iter().filter(|(_, one)| address.is_none_or(|wanted| wanted == one.address));
        let silent = candidates().find(|(_, one)| one.silent);
        let Some(number) = silent.or_else(|| candidates().next()).map(|(number, _)| *number) else {
            return false;
        };
        if let Some(one) = self.release(number) {
            self.let_go(one.address);
            // Its task may have ended by itself.
            let _ = one.yielding.send(());
        }
        true
    }

    /// The connection is not half-open any more.
    fn release(&mut self, number: u64) -> Option<HalfOpen> {
        let one = self.half_open.remove(&number)?;
        if let Some(entry) = self.of_address.get_mut(&one.address) {
            entry.half_open = entry.half_open.saturating_sub(1);
        }
        Some(one)
    }

    fn let_go(&mut self, address: IpAddr) {
        self.total = self.total.saturating_sub(1);
        if let Some(entry) = self.of_address.get_mut(&address) {
            entry.live = entry.live.saturating_sub(1);
            if entry.live == 0 {
                self.of_address.remove(&address);
            }
        }
    }
}

impl ConnectionPermit {
    /// The first byte has come.
    pub(crate) fn first_byte(&self) {
        if let Some(one) = lock(&self.counts).half_open.get_mut(&self.number) {
            one.silent = false;
        }
    }

    /// Waits until the place is wanted for another, which has it already. Never for a connection that is known.
    pub(crate) async fn yielded(&mut self) {
        if (&mut self.yielded).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The connection has said who it is. `false` if its place was given away before.
    pub(crate) fn known(self) -> Option<IdentifiedPermit> {
        lock(&self.counts).release(self.number)?;
        Some(IdentifiedPermit { counts: Arc::clone(&self.counts), address: self.address })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        if counts.release(self.number).is_some() {
            counts.let_go(self.address);
        }
    }
}

/// The place of a connection that has said who it is.
pub(crate) struct IdentifiedPermit {
    counts: Arc<Mutex<Counts>>,
    address: IpAddr,
}

impl Drop for IdentifiedPermit {
    fn drop(&mut self) {
        lock(&self.counts).let_go(self.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(connections: usize, per_address: usize, half_open: usize) -> ConnectionLimiter {
        ConnectionLimiter::new(Limits {
            connections,
            connections_per_address: per_address,
            half_open_per_address: half_open,
            ..Limits::default()
        })
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, last])
    }

    fn is_asked_to_yield(permit: &mut ConnectionPermit) -> bool {
        permit.yielded.try_recv().is_ok()
    }

    #[test]
    fn a_place_is_given_back_when_its_connection_ends() {
        let limiter = limiter(1, 1, 1);
        let permit = limiter.enter(ip(1)).ok().unwrap().known().unwrap();
        assert_eq!(limiter.enter(ip(2)).err(), Some(Full::Total));
        drop(permit);
        assert!(limiter.enter(ip(2)).is_ok());
    }

    #[test]
    fn silent_strangers_kept_a_lane_of_their_address_out() {
        let limiter = limiter(10, 5, 2);
        let mut talking = limiter.enter(ip(1)).ok().unwrap();
        talking.first_byte();
        let mut silent = limiter.enter(ip(1)).ok().unwrap();
        let mut lane = limiter.enter(ip(1)).ok().unwrap();
        assert!(is_asked_to_yield(&mut silent) && !is_asked_to_yield(&mut talking));
        lane.first_byte();
        let _another = limiter.enter(ip(1)).ok().unwrap();
        assert!(
            is_asked_to_yield(&mut talking) && !is_asked_to_yield(&mut lane),
            "the oldest of those that speak"
        );
        assert!(silent.known().is_none());
        assert!(lane.known().is_some());
    }

    #[test]
    fn only_who_is_not_known_yields() {
        let limiter = limiter(3, 2, 2);
        let _known = [
            limiter.enter(ip(1)).ok().unwrap().known().unwrap(),
            limiter.enter(ip(1)).ok().unwrap().known().unwrap(),
        ];
        assert_eq!(limiter.enter(ip(1)).err(), Some(Full::Address));
        let mut stranger = limiter.enter(ip(2)).ok().unwrap();
        let _third = limiter.enter(ip(3)).ok().unwrap();
        assert!(is_asked_to_yield(&mut stranger), "the whole was full");
    }

    #[test]
    fn a_place_given_away_is_counted_once() {
        let limiter = limiter(10, 5, 1);
        let first = limiter.enter(ip(1)).ok().unwrap();
        let second = limiter.enter(ip(1)).ok().unwrap();
        drop((first, second));
        assert_eq!(lock(&limiter.counts).total, 0);
        assert!(lock(&limiter.counts).of_address.is_empty());
    }
}
