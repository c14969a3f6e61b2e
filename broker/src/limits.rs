//! Who is in the hall: counts of connections in all and per address, given back when a guard is dropped.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Limits;

#[derive(Default)]
struct Counts {
    total: usize,
    of_address: HashMap<IpAddr, Address>,
}

#[derive(Default)]
struct Address {
    live: usize,
    half_open: usize,
}

/// Counts against [`Limits`].
#[derive(Clone)]
pub(crate) struct Gatekeeper {
    counts: Arc<Mutex<Counts>>,
    limits: Limits,
}

/// One connection's place in the counts.
pub(crate) struct Place {
    counts: Arc<Mutex<Counts>>,
    address: IpAddr,
    half_open: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    Total,
    Address,
    HalfOpen,
}

impl Full {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Address => "address",
            Self::HalfOpen => "half_open",
        }
    }
}

impl Gatekeeper {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { counts: Arc::default(), limits }
    }

    pub(crate) fn enter(&self, address: IpAddr) -> Result<Place, Full> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.total >= self.limits.connections {
            return Err(Full::Total);
        }
        let entry = counts.of_address.entry(address).or_default();
        if entry.live >= self.limits.connections_per_address {
            return Err(Full::Address);
        }
        if entry.half_open >= self.limits.half_open_per_address {
            return Err(Full::HalfOpen);
        }
        entry.live += 1;
        entry.half_open += 1;
        counts.total += 1;
        Ok(Place { counts: Arc::clone(&self.counts), address, half_open: true })
    }
}

impl Place {
    /// The connection has said who it is.
    pub(crate) fn known(&mut self) {
        if std::mem::take(&mut self.half_open) {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(entry) = counts.of_address.get_mut(&self.address) {
                entry.half_open -= 1;
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.known();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total -= 1;
        if let Some(entry) = counts.of_address.get_mut(&self.address) {
            entry.live -= 1;
            if entry.live == 0 {
                counts.of_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper(connections: usize, per_address: usize, half_open: usize) -> Gatekeeper {
        Gatekeeper::new(Limits {
            connections,
            connections_per_address: per_address,
            half_open_per_address: half_open,
            ..Limits::default()
        })
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, last])
    }

    #[test]
    fn a_place_is_given_back_when_its_connection_ends() {
        let keeper = keeper(1, 1, 1);
        let place = keeper.enter(ip(1)).ok().unwrap();
        assert_eq!(keeper.enter(ip(2)).err(), Some(Full::Total));
        drop(place);
        assert!(keeper.enter(ip(2)).is_ok());
    }

    #[test]
    fn strangers_who_say_nothing_fill_only_their_own_half_open_places() {
        let keeper = keeper(10, 5, 2);
        let mut first = keeper.enter(ip(1)).ok().unwrap();
        let _second = keeper.enter(ip(1)).ok().unwrap();
        assert_eq!(keeper.enter(ip(1)).err(), Some(Full::HalfOpen));
        assert!(keeper.enter(ip(2)).is_ok());
        first.known();
        assert!(keeper.enter(ip(1)).is_ok());
    }

    #[test]
    fn one_address_has_its_own_limit() {
        let keeper = keeper(10, 1, 5);
        let _place = keeper.enter(ip(1)).ok().unwrap();
        assert_eq!(keeper.enter(ip(1)).err(), Some(Full::Address));
    }
}
