//! One subscriber's queue: bounded, with one reader, who sleeps until something comes.
//!
//! Not here: numbers, filters, the order of locks.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use super::quota::Quota;
use crate::sync::{Mutex, lock};

/// Loses its oldest when it is full, and says how many.
#[derive(Debug)]
pub(crate) struct Queue<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    capacity: usize,
    /// Lost since the last one was handed out: all of them older than `items`.
    missed: u64,
    closed: bool,
    reader: Option<Waker>,
    weighed: Option<Weighed<T>>,
}

/// What bounds a queue in bytes.
#[derive(Debug)]
pub(crate) struct Weighed<T> {
    pub(crate) quota: Quota,
    /// How many bytes an item has: always the same for one item.
    pub(crate) weigh: fn(&T) -> usize,
}

/// What a queue hands out.
///
/// ```
/// # use hb_bus::bus::{Events, Taken};
/// /// All that is there already, and how much of it was lost to who reads too slowly.
/// fn all<T>(events: &mut Events<T>) -> (Vec<T>, u64) {
///     let (mut items, mut lost) = (Vec::new(), 0);
///     while let Some(taken) = events.try_recv() {
///         match taken {
///             Taken::Item(item) => items.push(item),
///             Taken::Missed(count) => lost += count,
///             Taken::Closed => break,
///         }
///     }
///     (items, lost)
/// }
/// # use hb_bus::{bus::Bus, node::Node, runtime::Simulation};
/// # let node = Node::builder(&Bus::new(Simulation::new(1).handle())).build();
/// # let mut events = node.events(1);
/// # assert_eq!(all(&mut events), (Vec::new(), 0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken<T> {
    /// What comes next.
    Item(T),
    /// Its reader was too slow: so many that belong here are lost to it.
    Missed(u64),
    /// Nothing comes any more, and everything before that has been handed out. So will every further call say.
    Closed,
}

impl<T> Queue<T> {
    /// A queue for `capacity` items, at least one.
    pub(crate) fn new(capacity: usize) -> Self {
        Self::within(capacity, None)
    }

    /// The same, whose items count towards a quota.
    pub(crate) fn within(capacity: usize, weighed: Option<Weighed<T>>) -> Self {
        let (items, capacity) = (VecDeque::new(), capacity.max(1));
        Self(Mutex::new(State { items, capacity, missed: 0, closed: false, reader: None, weighed }))
    }

    /// Adds an item. The waker, if any, is to be woken once the caller's own lock is free, and `lost`, what did not fit or
    /// came after the end, to be dropped: both are code of users.
    pub(crate) fn push(&self, item: T, lost: &mut Vec<T>) -> Option<Waker> {
        let mut state = lock(&self.0);
        if state.closed {
            lost.push(item);
            return None;
        }
        if state.items.len() == state.capacity {
            state.lose(lost);
        }
        if let Some(Weighed { quota, weigh }) = &state.weighed {
            quota.take(weigh(&item));
        }
        state.items.push_back(item);
        // The newest is kept in any case: who is told of something at all is told where it stands now.
        while state.items.len() > 1
            && state.weighed.as_ref().is_some_and(|weighed| weighed.quota.is_exceeded())
        {
            state.lose(lost);
        }
        state.reader.take()
    }

    /// Hands out what is there, then that it is closed.
    pub(crate) fn close(&self) -> Option<Waker> {
        let mut state = lock(&self.0);
        state.closed = true;
        state.reader.take()
    }

    /// What comes next, if it is there.
    pub(crate) fn take(&self) -> Option<Taken<T>> {
        lock(&self.0).take()
    }

    /// What comes next. The last who asked is woken.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Taken<T>> {
        let mut state = lock(&self.0);
        if let Some(taken) = state.take() {
            return Poll::Ready(taken);
        }
        if !state.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
            let other = state.reader.replace(cx.waker().clone());
            // The last of another task may go with it, and that may hold anything.
            drop(state);
            drop(other);
        }
        Poll::Pending
    }
}

impl<T> State<T> {
    fn take(&mut self) -> Option<Taken<T>> {
        if self.missed > 0 {
            return Some(Taken::Missed(std::mem::take(&mut self.missed)));
        }
        match self.pop() {
            Some(item) => Some(Taken::Item(item)),
            None => self.closed.then_some(Taken::Closed),
        }
    }

    fn lose(&mut self, lost: &mut Vec<T>) {
        lost.extend(self.pop());
        self.missed += 1;
    }

    fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        if let Some(Weighed { quota, weigh }) = &self.weighed {
            quota.give_back(weigh(&item));
        }
        Some(item)
    }
}

impl<T> Drop for State<T> {
    fn drop(&mut self) {
        while self.weighed.is_some() && self.pop().is_some() {}
    }
}
