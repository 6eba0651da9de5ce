//! Sources of hb-bus over [loom](loom)'s locks, for `tests/` to try every order in which threads can meet.
//!
//! The files are included, not copied: what is checked is what runs. Apart from hb-bus, so that loom comes into no other
//! build. Not here: what can be seen with one thread.

#[path = "../../src/pending.rs"]
pub mod pending;
#[path = "../../src/bus/queue.rs"]
mod queue;
#[path = "../../src/bus/quota.rs"]
pub mod quota;
/// What hb-bus takes from std, taken from loom.
mod sync {
    pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};

    pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().expect("no model panics and goes on")
    }
}

use std::task::{Context, Poll, Waker};

pub use queue::Taken;

/// The subscriber's queue, which hb-bus keeps to itself.
#[derive(Debug)]
pub struct Queue<T>(queue::Queue<T>);

impl<T> Queue<T> {
    /// See hb-bus.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(queue::Queue::new(capacity))
    }

    /// See hb-bus. Wakes, as every caller in hb-bus does.
    pub fn push(&self, item: T) {
        self.0.push(item, &mut Vec::new()).into_iter().for_each(Waker::wake);
    }

    /// See hb-bus. Wakes, as every caller in hb-bus does.
    pub fn close(&self) {
        self.0.close().into_iter().for_each(Waker::wake);
    }

    /// See hb-bus.
    pub fn take(&self) -> Option<Taken<T>> {
        self.0.take()
    }

    /// See hb-bus.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<Taken<T>> {
        self.0.poll(cx)
    }
}
