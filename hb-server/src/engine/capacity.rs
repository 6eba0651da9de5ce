//! How many apps there may be, in all and from one address, so that no page and no peer can fill the table.
//!
//! Asked only when an identity appears for the first time: a beat of a known app never comes here.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Limits on identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Apps in all; a new one beyond is refused, existing ones go on. Default 100 000.
    pub apps: usize,
    /// Apps that one address (or all web pages on this machine) may have brought. Default 1024.
    pub per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { apps: 100_000, per_address: 1024 }
    }
}

/// Why a new app was refused. The text is meant for whoever sent the beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// The table is full.
    #[error("this server holds {0} apps, as many as it may: no new one can be registered")]
    Apps(usize),
    /// The address has brought as many as it may.
    #[error("your address has registered {0} apps, as many as one may: no new one can be registered")]
    Address(usize),
}

/// The counts against the limits.
#[derive(Debug)]
pub(super) struct Capacity {
    limits: Limits,
    apps: AtomicUsize,
    addresses: Mutex<HashMap<IpAddr, usize>>,
}

impl Capacity {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, apps: AtomicUsize::new(0), addresses: Mutex::default() }
    }

    /// Takes a place for one new app, brought by `address` (`None`: not counted by address).
    pub(super) fn take(&self, address: Option<IpAddr>) -> Result<(), Full> {
        let Limits { apps, per_address } = self.limits;
        let room = |held: usize| (held < apps).then_some(held + 1);
        self.apps.fetch_update(Ordering::AcqRel, Ordering::Acquire, room).map_err(|_| Full::Apps(apps))?;
        let Some(address) = address else { return Ok(()) };
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let held = addresses.get(&address).copied().unwrap_or(0);
        if held >= per_address {
            self.apps.fetch_sub(1, Ordering::AcqRel);
            return Err(Full::Address(per_address));
        }
        addresses.insert(address, held + 1);
        Ok(())
    }

    /// Gives `places` back to the whole.
    pub(super) fn give_back(&self, places: usize) {
        self.apps.fetch_sub(places, Ordering::AcqRel);
    }

    /// Gives one place back to `address`.
    pub(super) fn give_back_to(&self, address: IpAddr) {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = addresses.get_mut(&address) {
            *held -= 1;
            // The table holds only addresses that hold something, so it is bounded by the number of apps.
            if *held == 0 {
                addresses.remove(&address);
            }
        }
    }

    /// Apps held.
    pub(super) fn apps(&self) -> usize {
        self.apps.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_and_each_address_are_limited() {
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let capacity = Capacity::new(Limits { apps: 4, per_address: 2 });
        assert_eq!(capacity.take(Some(a)), Ok(()));
        assert_eq!(capacity.take(Some(a)), Ok(()));
        assert_eq!(capacity.take(Some(a)), Err(Full::Address(2)));
        assert_eq!(capacity.apps(), 2, "a refusal takes no place");
        assert_eq!(capacity.take(Some(b)), Ok(()));
        assert_eq!(capacity.take(None), Ok(()));
        assert_eq!(capacity.take(None), Err(Full::Apps(4)));
        capacity.give_back(1);
        capacity.give_back_to(a);
        assert_eq!(capacity.take(Some(a)), Ok(()));
        assert_eq!(capacity.addresses.lock().unwrap().len(), 2);
        capacity.give_back_to(b);
        assert_eq!(capacity.addresses.lock().unwrap().len(), 1);
    }
}
