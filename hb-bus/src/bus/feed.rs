//! Typed events to whoever listens: a bus's queues without its messages, for what never leaves the process.
//!
//! Not here: numbers, filters, replay ([`super::Bus`]).

use std::future::poll_fn;
use std::sync::Weak;

use super::queue::{Queue, Taken};
use crate::sync::{Arc, Mutex, lock};

/// The telling end. Clones are the same feed; when the last is gone its listeners are told.
#[derive(Debug)]
pub(crate) struct Feed<T>(Arc<Listeners<T>>);

/// Those that are gone are forgotten when the next event is told or the next listener comes.
#[derive(Debug)]
struct Listeners<T>(Mutex<Vec<Weak<Queue<T>>>>);

/// The listening end, with a queue of its own. Dropping it is enough.
///
/// ```
/// # use hb_bus::bus::{Bus, Taken};
/// # use hb_bus::link::memory;
/// # use hb_bus::node::{Event, Node};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let node = || Node::builder(&Bus::new(world.handle())).build();
/// # let (one, other, (near, far)) = (node(), node(), memory::pair(8));
/// let mut events = one.events(16); // at most 16 wait
/// # world.run(async { futures_util::future::join(one.meet(near), other.accept(far)).await });
/// assert_eq!(world.run(events.recv()), Taken::Item(Event::Joined(other.name())));
/// assert_eq!(events.try_recv(), None, "nothing else has happened yet");
/// ```
#[derive(Debug)]
pub struct Events<T>(Arc<Queue<T>>);

impl<T: Clone> Feed<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Listeners(Mutex::default())))
    }

    /// Events from now on, of which `capacity` may wait, at least one.
    pub(crate) fn listen(&self, capacity: usize) -> Events<T> {
        let queue = Arc::new(Queue::new(capacity));
        let mut listeners = lock(&self.0.0);
        listeners.retain(|listener| listener.strong_count() > 0);
        listeners.push(Arc::downgrade(&queue));
        Events(queue)
    }

    /// Tells all who listen now. Never waits for them.
    pub(crate) fn tell(&self, event: &T) {
        let (mut wakers, mut lost) = (Vec::new(), Vec::new());
        lock(&self.0.0).retain(|listener| {
            let Some(queue) = listener.upgrade() else { return false };
            wakers.extend(queue.push(event.clone(), &mut lost));
            true
        });
        wakers.into_iter().for_each(std::task::Waker::wake);
    }
}

impl<T> Clone for Feed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Listeners<T> {
    fn drop(&mut self) {
        let ended =
            lock(&self.0).iter().filter_map(Weak::upgrade).filter_map(|queue| queue.close()).collect();
        Vec::into_iter(ended).for_each(std::task::Waker::wake);
    }
}

impl<T> Events<T> {
    /// Waits for what comes next. Cancelling loses nothing.
    pub async fn recv(&mut self) -> Taken<T> {
        poll_fn(|cx| self.0.poll(cx)).await
    }

    /// What comes next, if it is there already.
    pub fn try_recv(&mut self) -> Option<Taken<T>> {
        self.0.take()
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn everybody_hears_everything_at_their_own_pace_until_the_end() {
        let feed = Feed::new();
        let (mut quick, mut slow) = (feed.listen(8), feed.listen(2));
        drop(feed.listen(8));
        (1..=3).for_each(|n| feed.tell(&n));
        assert_eq!(lock(&feed.0.0).len(), 2, "who left is forgotten");
        drop(feed.clone());
        feed.tell(&4);
        drop(feed);
        let all = |events: &mut Events<i32>| -> Vec<_> {
            std::iter::from_fn(|| events.try_recv().filter(|taken| *taken != Taken::Closed)).collect()
        };
        assert_eq!(all(&mut quick), [1, 2, 3, 4].map(Taken::Item));
        assert_eq!(all(&mut slow), [Taken::Missed(2), Taken::Item(3), Taken::Item(4)]);
        assert_eq!((quick.try_recv(), slow.try_recv()), (Some(Taken::Closed), Some(Taken::Closed)));
    }
}
