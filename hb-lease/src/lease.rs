//! A table of leases: keys with a value and a deadline each.
//!
//! Renewing is O(1) and touches only the lease itself: a deadline that moves away is written down, and the wheel finds
//! out when it comes by (lazy re-arming). Records live in pages that never move, so that growth copies nothing but the
//! index of 8-byte words. Not here: what expiry means.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash};

use crate::index::Index;
use crate::time::Time;
use crate::wheel::{Node, Nodes, Wheel};

/// Leases per page: enough that the list of pages stays in the nearest cache at a million leases. Untouched ones cost
/// address space, not memory.
const PAGE: usize = 4096;

/// Names a lease until it is removed; afterwards the name may be given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

/// Keys with a value and a deadline each. [`Time::MAX`] as a deadline means never.
///
/// See the [crate's example](crate).
#[derive(Debug)]
pub struct Table<K, V, S> {
    index: Index,
    hasher: S,
    leases: Pages<K, V>,
    wheel: Wheel,
}

#[derive(Debug)]
struct Lease<K, V> {
    key: K,
    node: Node,
    /// `None` while the record waits for its next use.
    value: Option<V>,
}

#[derive(Debug)]
struct Pages<K, V> {
    pages: Vec<Vec<Lease<K, V>>>,
    free: Vec<u32>,
    used: u32,
}

impl<K, V, S: Default> Default for Table<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K, V, S> Table<K, V, S> {
    /// An empty table whose keys are hashed by `hasher`. Give it one with a secret where peers choose the keys.
    pub fn with_hasher(hasher: S) -> Self {
        Self {
            index: Index::default(),
            hasher,
            leases: Pages { pages: Vec::new(), free: Vec::new(), used: 0 },
            wheel: Wheel::default(),
        }
    }

    /// Number of leases.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.len() == 0
    }

    /// The key of a lease; of one that was removed, its last one until the slot is another's.
    #[must_use]
    pub fn key(&self, slot: Slot) -> &K {
        &self.leases.at(slot.0).key
    }

    /// The value of a lease.
    ///
    /// # Panics
    /// If the lease was removed.
    #[must_use]
    pub fn value(&self, slot: Slot) -> &V {
        self.leases.at(slot.0).value.as_ref().expect("the slot of a lease that was removed")
    }

    /// The value of a lease, to change it.
    ///
    /// # Panics
    /// If the lease was removed.
    pub fn value_mut(&mut self, slot: Slot) -> &mut V {
        self.leases.at_mut(slot.0).value.as_mut().expect("the slot of a lease that was removed")
    }

    /// The deadline of a lease; of one that was removed, its last one until the slot is another's.
    #[must_use]
    pub fn deadline(&self, slot: Slot) -> Time {
        self.leases.at(slot.0).node.deadline()
    }

    /// Moves the deadline, in either direction. O(1); allocates nothing; moving it away touches only the lease.
    ///
    /// # Panics
    /// If the lease was removed, and its slot is not another's by now.
    pub fn renew(&mut self, slot: Slot, deadline: Time) {
        assert!(self.leases.at(slot.0).value.is_some(), "the slot of a lease that was removed");
        self.wheel.schedule(&mut self.leases, slot.0, deadline);
    }

    /// The next lease whose deadline is not after `now`, with that deadline, in order of deadlines.
    ///
    /// It stays in the table without a deadline in force: renew or remove it.
    pub fn pop_expired(&mut self, now: Time) -> Option<(Slot, Time)> {
        let index = self.wheel.pop(&mut self.leases, now)?;
        Some((Slot(index), self.leases.at(index).node.deadline()))
    }

    /// When [`Table::pop_expired`] is worth a call: never after the earliest deadline, possibly before it.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        self.wheel.next_timeout()
    }

    /// All leases, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &K, &V)> {
        let all = self.leases.pages.iter().flatten().enumerate();
        all.filter_map(|(at, lease)| Some((Slot(u32::try_from(at).ok()?), &lease.key, lease.value.as_ref()?)))
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Table<K, V, S> {
    /// The lease of `key`. O(1).
    pub fn find(&self, key: &K) -> Option<Slot> {
        self.index.find(self.hasher.hash_one(key), |at| self.leases.at(at).key == *key).map(Slot)
    }

    /// Adds a lease. If `key` has one already, its value and deadline are replaced.
    pub fn insert(&mut self, key: K, value: V, deadline: Time) -> Slot {
        let slot = match self.find(&key) {
            Some(slot) => {
                self.leases.at_mut(slot.0).value = Some(value);
                slot
            }
            None => {
                let hash = self.hasher.hash_one(&key);
                let slot = Slot(self.leases.put(key, value));
                self.index.insert(hash, slot.0);
                slot
            }
        };
        self.renew(slot, deadline);
        slot
    }

    /// Ends a lease and returns its value.
    ///
    /// # Panics
    /// If it was removed before.
    pub fn remove(&mut self, slot: Slot) -> V {
        self.wheel.unlink(&mut self.leases, slot.0);
        self.unindex(slot);
        let value = self.leases.at_mut(slot.0).value.take().expect("the slot of a lease that was removed");
        self.leases.free.push(slot.0);
        value
    }

    /// Gives a lease another key; slot, value and deadline stay. `false`, and nothing changes, if `key` is taken.
    pub fn rekey(&mut self, slot: Slot, key: K) -> bool {
        if self.find(&key).is_some() {
            return false;
        }
        self.unindex(slot);
        let hash = self.hasher.hash_one(&key);
        self.leases.at_mut(slot.0).key = key;
        self.index.insert(hash, slot.0);
        true
    }

    fn unindex(&mut self, slot: Slot) {
        let hash = self.hasher.hash_one(&self.leases.at(slot.0).key);
        self.index.remove(hash, slot.0);
    }
}

impl<K, V> Pages<K, V> {
    fn at(&self, index: u32) -> &Lease<K, V> {
        &self.pages[index as usize / PAGE][index as usize % PAGE]
    }

    fn at_mut(&mut self, index: u32) -> &mut Lease<K, V> {
        &mut self.pages[index as usize / PAGE][index as usize % PAGE]
    }

    fn put(&mut self, key: K, value: V) -> u32 {
        let lease = Lease { key, node: Node::default(), value: Some(value) };
        if let Some(index) = self.free.pop() {
            *self.at_mut(index) = lease;
            return index;
        }
        let index = self.used;
        // The free list's and the wheel's "none" is u32::MAX, which no machine's memory reaches.
        self.used = index.checked_add(1).expect("fewer than 2^32 leases");
        if (index as usize).is_multiple_of(PAGE) {
            self.pages.push(Vec::with_capacity(PAGE));
        }
        self.pages[index as usize / PAGE].push(lease);
        index
    }
}

impl<K, V> Nodes for Pages<K, V> {
    fn node(&mut self, index: u32) -> &mut Node {
        &mut self.at_mut(index).node
    }
}

#[cfg(test)]
mod tests;
