//! How many of something one address may hold at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts seats by address. The table holds only addresses that sit.
#[derive(Clone, Debug)]
pub(super) struct Crowd {
    limit: usize,
    seated: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One seat; dropping it frees it.
#[derive(Debug)]
#[must_use = "a dropped seat is free again"]
pub(super) struct Seat {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, seated: Arc::default() }
    }

    /// A seat for `address`, unless it has as many as it may.
    pub(super) fn seat(&self, address: IpAddr) -> Option<Seat> {
        let mut seated = self.lock();
        let held = seated.entry(address).or_default();
        if *held >= self.limit {
            return None;
        }
        *held += 1;
        Some(Seat { crowd: self.clone(), address })
    }

    /// How many sit, of all addresses.
    pub(super) fn len(&self) -> usize {
        self.lock().values().sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.seated.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seated = self.crowd.lock();
        if let Some(held) = seated.get_mut(&self.address) {
            *held -= 1;
            if *held == 0 {
                seated.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_by_address_and_given_back() {
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let crowd = Crowd::new(2);
        let (first, second) = (crowd.seat(a), crowd.seat(a));
        assert!(first.is_some() && second.is_some() && crowd.seat(a).is_none());
        assert!(crowd.seat(b).is_some_and(|_seat| crowd.len() == 3));
        drop(first);
        assert!(crowd.seat(a).is_some());
        drop(second);
        assert!(crowd.lock().is_empty());
    }
}
