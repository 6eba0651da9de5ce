//! Who waits for which reply: a key, one waiter, one value.
//!
//! Under requests on the bus, of the dispatcher and over links. Not here: time; whoever waits sets the limit, and
//! dropping the waiter frees the key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::sync::{Arc, Mutex, lock};

/// Somebody waits for a reply with this key already.
///
/// The example of [`Pending`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request with this key is under way: wait for its reply, or drop it")]
pub struct DuplicateKey;

/// It was closed: nothing will come any more.
///
/// ```
/// # use hb_bus::pending::{Closed, Pending};
/// let pending = Pending::<u8, &str>::new();
/// let waiter = pending.expect(8).expect("nobody waits for 8");
/// pending.close();
/// assert_eq!(hb_bus::runtime::Simulation::new(0).run(waiter), Err(Closed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("closed: nothing will come any more")]
pub struct Closed;

/// Why nobody can wait for a key.
///
/// The example of [`Pending`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpectError {
    /// Somebody does already.
    #[error(transparent)]
    DuplicateKey(#[from] DuplicateKey),
    /// The table is closed.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// Keys and who waits for them. A cheap handle: clones share the table. Every call is O(1).
///
/// ```
/// use hb_bus::pending::{ExpectError, DuplicateKey, Pending};
/// use hb_bus::runtime::Simulation;
///
/// let pending = Pending::new();
/// let waiter = pending.expect(8).expect("nobody waits for 8");
/// assert_eq!(pending.expect(8).unwrap_err(), ExpectError::DuplicateKey(DuplicateKey));
/// assert_eq!(pending.fulfil(&8, "reply"), Ok(()));
/// assert_eq!(pending.fulfil(&8, "again"), Err("again"), "a second reply is nobody's");
/// assert_eq!(Simulation::new(0).run(waiter), Ok("reply"));
/// ```
#[derive(Debug)]
pub struct Pending<K, V>(Arc<Mutex<Table<K, V>>>);

#[derive(Debug)]
struct Table<K, V> {
    slots: HashMap<K, Arc<Mutex<Slot<V>>>>,
    closed: bool,
}

#[derive(Debug)]
enum Slot<V> {
    Waiting(Option<Waker>),
    Ready(V),
    Closed,
}

impl<V> Slot<V> {
    /// What it becomes, and who is to be told.
    fn end(&mut self, end: Self) -> Option<Waker> {
        match std::mem::replace(self, end) {
            Self::Waiting(waker) => waker,
            Self::Ready(_) | Self::Closed => None,
        }
    }
}

impl<K: Hash + Eq + Clone, V> Pending<K, V> {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Table { slots: HashMap::new(), closed: false })))
    }

    /// Begins to wait for `key`. Do this before you send the request: a reply that comes before the waiter is polled
    /// is kept.
    ///
    /// # Errors
    /// [`DuplicateKey`] while another waits for it, [`Closed`] after [`close`](Self::close).
    pub fn expect(&self, key: K) -> Result<Waiter<K, V>, ExpectError> {
        let mut table = lock(&self.0);
        if table.closed {
            return Err(Closed.into());
        }
        let Entry::Vacant(place) = table.slots.entry(key.clone()) else { return Err(DuplicateKey.into()) };
        let slot = Arc::clone(place.insert(Arc::new(Mutex::new(Slot::Waiting(None)))));
        Ok(Waiter { table: Arc::clone(&self.0), key, slot })
    }

    /// Hands `value` to who waits for `key`; the key is free again.
    ///
    /// # Errors
    /// The value, if nobody waits: it is late, a duplicate, or was never asked for.
    pub fn fulfil(&self, key: &K, value: V) -> Result<(), V> {
        let Some(slot) = lock(&self.0).slots.remove(key) else { return Err(value) };
        let waker = lock(&slot).end(Slot::Ready(value));
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.0).slots.len()
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Wakes everybody with [`Closed`], now and from now on. A reply that was handed over before still counts.
    pub fn close(&self) {
        let slots = {
            let mut table = lock(&self.0);
            table.closed = true;
            std::mem::take(&mut table.slots)
        };
        for waker in slots.into_values().filter_map(|slot| lock(&slot).end(Slot::Closed)) {
            waker.wake();
        }
    }
}

// By hand: derives would ask for `K: Default` or `V: Clone`, which a handle does not need.
impl<K: Hash + Eq + Clone, V> Default for Pending<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Clone for Pending<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Waits for one reply. Dropping it frees the key.
///
/// ```
/// # use hb_bus::pending::{Pending, Waiter};
/// let pending = Pending::<u8, &str>::new();
/// let waiter: Waiter<u8, &str> = pending.expect(8).expect("nobody waits for 8");
/// drop(waiter);
/// assert!(pending.is_empty() && pending.expect(8).is_ok(), "the key is free again");
/// ```
#[derive(Debug)]
#[must_use = "dropping it frees the key, and the reply will be nobody's"]
pub struct Waiter<K: Hash + Eq, V> {
    table: Arc<Mutex<Table<K, V>>>,
    key: K,
    slot: Arc<Mutex<Slot<V>>>,
}

impl<K: Hash + Eq, V> Future for Waiter<K, V> {
    type Output = Result<V, Closed>;

    /// After the reply was handed out, polling again says [`Closed`].
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = lock(&self.slot);
        match &mut *slot {
            Slot::Waiting(waker) => {
                if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    let other = waker.replace(cx.waker().clone());
                    // The last of another task may go with it, and that may hold anything.
                    drop(slot);
                    drop(other);
                }
                Poll::Pending
            }
            Slot::Ready(_) => match std::mem::replace(&mut *slot, Slot::Closed) {
                Slot::Ready(value) => Poll::Ready(Ok(value)),
                Slot::Waiting(_) | Slot::Closed => Poll::Ready(Err(Closed)),
            },
            Slot::Closed => Poll::Ready(Err(Closed)),
        }
    }
}

impl<K: Hash + Eq, V> Drop for Waiter<K, V> {
    fn drop(&mut self) {
        // What was answered or closed has left the table.
        if !matches!(*lock(&self.slot), Slot::Waiting(_)) {
            return;
        }
        let mut table = lock(&self.table);
        // The key may be another's by now.
        if table.slots.get(&self.key).is_some_and(|slot| Arc::ptr_eq(slot, &self.slot)) {
            table.slots.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::runtime::Simulation;

    #[wasm_bindgen_test(unsupported = test)]
    fn dropping_the_waiter_frees_its_key_and_nobody_elses() {
        let pending = Pending::new();
        drop(pending.expect(1).unwrap());
        let first = pending.expect(1).unwrap();
        assert_eq!(pending.fulfil(&1, "first"), Ok(()));
        let second = pending.expect(1).unwrap();
        drop(first);
        assert_eq!(pending.len(), 1, "the key is the second one's now");
        assert_eq!(pending.fulfil(&1, "second"), Ok(()));
        assert_eq!(Simulation::new(0).run(second), Ok("second"));
        assert!(pending.is_empty());
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn closing_wakes_who_waits_but_takes_nothing_back() {
        let simulation = Simulation::new(0);
        let pending = Pending::new();
        let (answered, waits) = (pending.expect(1).unwrap(), pending.expect(2).unwrap());
        pending.fulfil(&1, "reply").unwrap();
        let closer = pending.clone();
        simulation.handle().spawn(Box::pin(async move { closer.close() }));
        assert_eq!(simulation.run(waits), Err(Closed));
        assert_eq!(simulation.run(answered), Ok("reply"));
        assert_eq!(pending.expect(3).unwrap_err(), ExpectError::Closed(Closed));
    }
}
