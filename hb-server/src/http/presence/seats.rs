//! The seats for presence sockets: so many for one address. Where all are taken, a socket whose page never spoke gives way,
//! the oldest first: anybody can open sockets for boots that he made up, and none of a real page is turned away for them.
//!
//! Not here: what a socket does (`presence`), seats that nobody gives up (`crowd`).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// All seats; a handle, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Seats {
    limit: usize,
    taken: Arc<Mutex<HashMap<IpAddr, Vec<Arc<Sitter>>>>>,
}

#[derive(Debug, Default)]
struct Sitter {
    /// Its page has spoken.
    known: AtomicBool,
    leave: CancellationToken,
}

/// One seat; dropping it frees it.
#[derive(Debug)]
#[must_use = "a dropped seat is free again"]
pub(super) struct Seat {
    seats: Seats,
    address: IpAddr,
    sitter: Arc<Sitter>,
}

impl Seats {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, taken: Arc::default() }
    }

    /// A seat for `address`; `None` where it has as many as it may, and all of them are of pages that spoke.
    pub(super) fn seat(&self, address: IpAddr) -> Option<Seat> {
        let mut taken = self.lock();
        let here = taken.entry(address).or_default();
        if here.len() >= self.limit {
            let oldest = here.iter().position(|sitter| !sitter.known.load(Ordering::Relaxed))?;
            here.remove(oldest).leave.cancel();
        }
        let sitter = Arc::<Sitter>::default();
        here.push(Arc::clone(&sitter));
        drop(taken);
        Some(Seat { seats: self.clone(), address, sitter })
    }

    /// How many sit, of all addresses.
    pub(super) fn len(&self) -> usize {
        self.lock().values().map(Vec::len).sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Vec<Arc<Sitter>>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Whether its app still knows its page, which then is not asked to leave.
    pub(super) fn know(&self, known: bool) {
        self.sitter.known.store(known, Ordering::Relaxed);
    }

    /// Ends when somebody else needs this seat.
    pub(super) async fn needed(&self) {
        self.sitter.leave.cancelled().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if let Some(here) = taken.get_mut(&self.address) {
            // Nothing, if it was asked to leave.
            here.retain(|sitter| !Arc::ptr_eq(sitter, &self.sitter));
            if here.is_empty() {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_never_spoke_gives_way_and_seats_are_counted_by_address_and_given_back() {
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let seats = Seats::new(3);
        let mut held: Vec<Seat> = (0..3).filter_map(|_| seats.seat(a)).collect();
        held[0].know(true);
        let elsewhere = seats.seat(b).unwrap();
        held.extend(seats.seat(a));
        let left: Vec<bool> = held.iter().map(|seat| seat.sitter.leave.is_cancelled()).collect();
        assert_eq!((left, seats.len()), (vec![false, true, false, false], 4), "the oldest that never spoke");
        held.iter().for_each(|seat| seat.know(true));
        assert!(seats.seat(a).is_none(), "all are of pages");
        held[2].know(false);
        held.extend(seats.seat(a));
        assert!(held[2].sitter.leave.is_cancelled(), "its app has forgotten it");
        held.pop();
        let free = seats.seat(a).unwrap();
        drop((held, elsewhere, free));
        assert!(seats.lock().is_empty());
    }
}
