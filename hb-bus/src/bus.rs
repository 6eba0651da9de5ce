//! The bus: publishing is synchronous, never waits, and gives each item its place in one total order.
//!
//! Every subscriber has a bounded queue of its own. Who is slow loses the oldest of that queue, and is told how many at
//! the very place where they are missing. Not here: topics, request and reply, anything that leaves the process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

/// Publishes items of `T` to all subscribers. A cheap handle: clones speak to the same bus, and when the last is gone
/// the bus is closed. Items are cloned for each subscriber, so wrap what is large in an [`Arc`].
#[derive(Debug)]
pub struct Bus<T>(Arc<Mutex<Hub<T>>>);

/// What a [`Subscription`] hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<T> {
    /// The next item and its number.
    Item {
        /// Its place in the order, from 1.
        seq: u64,
        /// What was published.
        value: T,
    },
    /// This subscriber was too slow: so many items that belong here are lost to it.
    Missed(u64),
    /// The bus was closed and everything before that has been handed out. So will every further call say.
    Closed,
}

impl<T> Received<T> {
    /// Number and value, if this is an item.
    pub fn item(self) -> Option<(u64, T)> {
        match self {
            Self::Item { seq, value } => Some((seq, value)),
            Self::Missed(_) | Self::Closed => None,
        }
    }
}

/// What was asked for cannot be replayed: it left the ring, or was never published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The lowest number to ask for with [`Bus::subscribe_after`] now.
    pub oldest: u64,
    /// The highest number to ask for, that of the last item published.
    pub latest: u64,
}

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot be replayed: expected a number from {} to {}", self.oldest, self.latest)
    }
}

impl std::error::Error for Gone {}

/// The receiving end, with one queue. Dropping it unsubscribes.
#[derive(Debug)]
#[must_use = "dropping a subscription unsubscribes"]
pub struct Subscription<T> {
    /// What was replayed, still to be handed out. It is not bounded by the queue's capacity but by the ring.
    replay: VecDeque<(u64, T)>,
    queue: Arc<Queue<T>>,
}

/// What all handles share. Lock order: the hub, then a queue; never two queues.
#[derive(Debug)]
struct Hub<T> {
    latest: u64,
    /// The last items published, oldest first, without gaps.
    ring: VecDeque<(u64, T)>,
    kept: usize,
    queues: Vec<Weak<Queue<T>>>,
    closed: bool,
}

#[derive(Debug)]
struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    /// Keeps one permit, so that what comes between looking and waiting is not slept through.
    wake: Notify,
}

#[derive(Debug)]
struct Waiting<T> {
    items: VecDeque<(u64, T)>,
    capacity: usize,
    /// Lost since the last item was handed out: all of them older than `items`.
    missed: u64,
    closed: bool,
}

impl<T: Clone> Bus<T> {
    /// A bus that keeps the last `kept` items for replay; 0 keeps none.
    #[must_use]
    pub fn new(kept: usize) -> Self {
        Self(Arc::new(Mutex::new(Hub {
            latest: 0,
            ring: VecDeque::new(),
            kept,
            queues: Vec::new(),
            closed: false,
        })))
    }

    /// Publishes one item to all who are subscribed now and returns its number: 1 for the first, one more for each.
    ///
    /// Never waits for a subscriber. After [`close`](Self::close) nothing is published, and the answer is 0.
    pub fn publish(&self, value: T) -> u64 {
        let mut hub = lock(&self.0);
        if hub.closed {
            return 0;
        }
        hub.latest += 1;
        let seq = hub.latest;
        hub.queues.retain(|queue| match queue.upgrade() {
            Some(queue) => {
                queue.push(seq, value.clone());
                true
            }
            None => false,
        });
        if hub.kept > 0 {
            if hub.ring.len() == hub.kept {
                hub.ring.pop_front();
            }
            hub.ring.push_back((seq, value));
        }
        seq
    }

    /// Subscribes to what is published from now on. At most `capacity` items wait, at least one.
    pub fn subscribe(&self, capacity: usize) -> Subscription<T> {
        lock(&self.0).subscribe(VecDeque::new(), capacity)
    }

    /// Subscribes to everything after number `seq`: first what the ring holds, then what is published, without a gap
    /// and without a duplicate. `0` asks for everything from the first item on.
    ///
    /// # Errors
    /// [`Gone`] if an item after `seq` has left the ring, or `seq` was never published.
    pub fn subscribe_after(&self, seq: u64, capacity: usize) -> Result<Subscription<T>, Gone> {
        let mut hub = lock(&self.0);
        let (latest, kept) = (hub.latest, hub.ring.len() as u64);
        let oldest = latest - kept;
        if seq < oldest || seq > latest {
            return Err(Gone { oldest, latest });
        }
        let seen = usize::try_from(seq - oldest).expect("at most the length of the ring");
        let replay = hub.ring.iter().skip(seen).cloned().collect();
        Ok(hub.subscribe(replay, capacity))
    }

    /// The number of the last item published; 0 before the first.
    #[must_use]
    pub fn latest(&self) -> u64 {
        lock(&self.0).latest
    }

    /// Ends the bus: every subscriber gets what is still waiting for it, then [`Received::Closed`].
    pub fn close(&self) {
        lock(&self.0).close();
    }
}

// By hand: a derive would ask for `T: Clone`, which a handle does not need.
impl<T> Clone for Bus<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Subscription<T> {
    /// Waits for what comes next. Cancelling loses nothing: an item is taken only by the call that returns it.
    pub async fn recv(&mut self) -> Received<T> {
        loop {
            if let Some(received) = self.try_recv() {
                return received;
            }
            self.queue.wake.notified().await;
        }
    }

    /// What comes next, if it is there already.
    pub fn try_recv(&mut self) -> Option<Received<T>> {
        if let Some((seq, value)) = self.replay.pop_front() {
            return Some(Received::Item { seq, value });
        }
        let mut waiting = lock(&self.queue.waiting);
        if waiting.missed > 0 {
            return Some(Received::Missed(std::mem::take(&mut waiting.missed)));
        }
        match waiting.items.pop_front() {
            Some((seq, value)) => Some(Received::Item { seq, value }),
            None => waiting.closed.then_some(Received::Closed),
        }
    }
}

impl<T> Hub<T> {
    fn subscribe(&mut self, replay: VecDeque<(u64, T)>, capacity: usize) -> Subscription<T> {
        let capacity = capacity.max(1);
        let waiting = Waiting { items: VecDeque::new(), capacity, missed: 0, closed: self.closed };
        let queue = Arc::new(Queue { waiting: Mutex::new(waiting), wake: Notify::new() });
        // Here too, so that comings and goings on a quiet bus do not pile up.
        self.queues.retain(|queue| queue.strong_count() > 0);
        self.queues.push(Arc::downgrade(&queue));
        Subscription { replay, queue }
    }

    fn close(&mut self) {
        self.closed = true;
        for queue in self.queues.drain(..).filter_map(|queue| queue.upgrade()) {
            lock(&queue.waiting).closed = true;
            queue.wake.notify_one();
        }
    }
}

impl<T> Drop for Hub<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> Queue<T> {
    fn push(&self, seq: u64, value: T) {
        let mut waiting = lock(&self.waiting);
        if waiting.items.len() == waiting.capacity {
            waiting.items.pop_front();
            waiting.missed += 1;
        }
        waiting.items.push_back((seq, value));
        drop(waiting);
        self.wake.notify_one();
    }
}

/// A panic inside a lock can only come from a `clone` of `T`, before anything was changed by it: the data is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
