//! Bytes that several queues hold together, and the most that they may.
//!
//! Not here: what a message weighs, and what is lost ([`queue`](super::queue)).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bound in bytes for all subscriptions that are given it, in [`Options::quota`](super::Options::quota). A cheap
/// handle: clones are the same bound.
///
/// While more is held than allowed, a subscription keeps nothing but its newest message, and is told how many it lost.
///
/// ```
/// # use hb_bus::bus::{Bus, Filter, Options, Quota, Received};
/// # use hb_bus::message::{Message, Topic};
/// # let bus = Bus::new(hb_bus::runtime::Simulation::new(1).handle());
/// let quota = Quota::new(1000);
/// let options = Options { quota: Some(quota.clone()), ..Filter::all().into() };
/// let mut slow = bus.subscribe(options);
/// for _ in 0..5 {
///     bus.publish(Message::new(Topic::DEFAULT, vec![0; 400]))?;
/// }
/// assert_eq!((slow.try_recv(), quota.held()), (Some(Received::Missed(3)), 800));
/// # Ok::<(), hb_bus::pending::Closed>(())
/// ```
#[derive(Clone, Debug)]
pub struct Quota(Arc<Ledger>);

#[derive(Debug)]
struct Ledger {
    most: usize,
    held: AtomicUsize,
}

impl Quota {
    /// At most `most` bytes, and one message more for each subscription. Only bytes count: a value within a process has
    /// none.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Ledger { most, held: AtomicUsize::new(0) }))
    }

    /// Bytes held now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    pub(crate) fn take(&self, bytes: usize) {
        self.0.held.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn give_back(&self, bytes: usize) {
        self.0.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn is_exceeded(&self) -> bool {
        self.held() > self.0.most
    }
}
