//! How many apps there may be, in all and from one address, so that no page and no peer can fill the table.
//!
//! Asked only when an identity appears for the first time: a beat of a known app never comes here.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hb_lease::time::Time;

/// Limits on identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Apps in all; a new one beyond is refused, existing ones go on. Default 100 000.
    pub apps: usize,
    /// Apps that one address (or all web pages on this machine) may have brought; beyond, a new one takes the place of
    /// the one that gives way ([`Registry::gives_way`](hb_core::registry::Registry::gives_way)), and is refused if none
    /// does. Default 1024.
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
    addresses: Mutex<HashMap<IpAddr, Account>>,
}

/// What one address has brought.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    held: usize,
    /// Nobody on it gives way before; known since the last look at all of them.
    firm_until: Time,
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
        let mut addresses = self.addresses();
        let held = addresses.get(&address).map_or(0, |account| account.held);
        if held >= per_address {
            self.apps.fetch_sub(1, Ordering::AcqRel);
            return Err(Full::Address(per_address));
        }
        addresses.insert(address, Account { held: held + 1, firm_until: Time::ZERO });
        Ok(())
    }

    /// Whether it is worth looking at `now` for somebody on the account of `address` who gives way. A page that is refused
    /// a thousand times makes nobody look a thousand times.
    pub(super) fn is_worth_a_look(&self, address: IpAddr, now: Time) -> bool {
        self.addresses().get(&address).is_some_and(|account| account.firm_until <= now)
    }

    /// Nobody on the account of `address` gives way before `time`, unless others come.
    pub(super) fn is_firm_until(&self, address: IpAddr, time: Time) {
        if let Some(account) = self.addresses().get_mut(&address) {
            account.firm_until = time;
        }
    }

    /// Gives `places` back to the whole.
    pub(super) fn give_back(&self, places: usize) {
        self.apps.fetch_sub(places, Ordering::AcqRel);
    }

    /// Gives one place back to `address`.
    pub(super) fn give_back_to(&self, address: IpAddr) {
        let mut addresses = self.addresses();
        if let Some(account) = addresses.get_mut(&address) {
            account.held -= 1;
            // The table holds only addresses that hold something, so it is bounded by the number of apps.
            if account.held == 0 {
                addresses.remove(&address);
            }
        }
    }

    /// Apps held.
    pub(super) fn apps(&self) -> usize {
        self.apps.load(Ordering::Acquire)
    }

    fn addresses(&self) -> MutexGuard<'_, HashMap<IpAddr, Account>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn where_nobody_gives_way_nobody_is_looked_for_until_somebody_may() {
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let capacity = Capacity::new(Limits { apps: 4, per_address: 2 });
        let (before, then) = (Time::from_millis(4), Time::from_millis(5));
        assert!(!capacity.is_worth_a_look(a, then), "it has brought nobody");
        capacity.take(Some(a)).unwrap();
        assert!(capacity.is_worth_a_look(a, before));
        capacity.is_firm_until(a, then);
        assert!(!capacity.is_worth_a_look(a, before) && capacity.is_worth_a_look(a, then));
        capacity.is_firm_until(b, then);
        assert_eq!(capacity.addresses().len(), 1, "a look leaves nothing behind");
        capacity.take(Some(a)).unwrap();
        assert!(capacity.is_worth_a_look(a, before), "somebody new has come beside who was known");
    }
}
