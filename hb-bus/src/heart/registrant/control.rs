//! What the shell of a registrant, its hearts and its users share: the machine, its clock, its events.
//!
//! Not here: where to go (`failover`).

use std::hash::Hash;
use std::time::Duration;

use tokio::sync::Notify;

use super::{Event, Failover, Input, Output};
use crate::bus::{Events, Feed};
use crate::runtime::Handle;
use crate::sync::{Arc, Mutex, lock};

/// A handle to a [`Registrant`](super::Registrant), whether it runs or not. Cheap to clone.
///
/// ```
/// # use std::{convert::Infallible, num::NonZeroUsize};
/// # use hb_bus::heart::registrant::{Call, Control, Registrant};
/// # use hb_bus::heart::registry::Request;
/// # use hb_bus::heart::requester::Sent;
/// # let runtime = hb_bus::runtime::Simulation::new(1).handle();
/// # let transport = tower::service_fn(|_: Sent<Call<&str, &str, ()>>| std::future::pending());
/// # let hello = Request { key: "lamp", service: "lamps".into(), info: (), disconnect: false };
/// # let lamp = Registrant::<_, _, _, _, Infallible>::new(runtime, transport, hello, NonZeroUsize::MIN);
/// let control: Control<&str, Infallible> = lamp.control();
/// control.add_candidates(vec!["the hall's", "the cellar's"]);
/// control.blacklist("the cellar's");
/// assert!(control.connections().is_empty(), "it does not run yet");
/// ```
pub struct Control<I, E> {
    pub(super) runtime: Handle,
    failover: Arc<Mutex<Machine<I>>>,
    changed: Arc<Notify>,
    events: Feed<Event<I, E>>,
}

struct Machine<I> {
    failover: Failover<I>,
    /// What it said and the shell has not done yet: at most one thing for each heart.
    out: Vec<Output<I>>,
}

impl<I, E> Clone for Control<I, E> {
    fn clone(&self) -> Self {
        Self {
            runtime: Arc::clone(&self.runtime),
            failover: Arc::clone(&self.failover),
            changed: Arc::clone(&self.changed),
            events: self.events.clone(),
        }
    }
}

impl<I: Hash + Eq + Clone, E: Clone> Control<I, E> {
    pub(super) fn new(runtime: Handle, failover: Failover<I>) -> Self {
        let failover = Arc::new(Mutex::new(Machine { failover, out: Vec::new() }));
        Self { runtime, failover, changed: Arc::default(), events: Feed::new() }
    }

    /// Registries to turn to, the best first, after those known already.
    pub fn add_candidates(&self, candidates: Vec<I>) {
        self.tell(Input::Heard(candidates));
    }

    /// Never turns to `registry` again. A connection that exists is kept.
    pub fn blacklist(&self, registry: I) {
        self.tell(Input::Bar { registry, after: None });
    }

    /// The registries that have let us in.
    #[must_use]
    pub fn connections(&self) -> Vec<I> {
        lock(&self.failover).failover.connections()
    }

    /// Events from now on. Who leaves more than `capacity` of them waiting is told how many were lost.
    pub fn subscribe(&self, capacity: usize) -> Events<Event<I, E>> {
        self.events.listen(capacity)
    }

    pub(super) fn tell(&self, input: Input<I>) {
        let now = self.runtime.now();
        let mut machine = lock(&self.failover);
        let Machine { failover, out } = &mut *machine;
        failover.handle(now, input, out);
        drop(machine);
        self.changed.notify_one();
    }

    /// The end of a run. What it did not do any more is forgotten.
    pub(super) fn stop(&self) {
        let mut machine = lock(&self.failover);
        let Machine { failover, out } = &mut *machine;
        failover.handle(self.runtime.now(), Input::Stop, out);
        out.clear();
    }

    /// What is to be done now.
    pub(super) fn outputs(&self) -> Vec<Output<I>> {
        let now = self.runtime.now();
        let mut machine = lock(&self.failover);
        let Machine { failover, out } = &mut *machine;
        failover.handle(now, Input::Tick, out);
        std::mem::take(out)
    }

    /// How long nothing will be to be done by itself.
    pub(super) fn wait(&self) -> Option<Duration> {
        let next = lock(&self.failover).failover.next_timeout();
        next.map(|at| at.since(self.runtime.now()))
    }

    /// Something was told since the last look.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    pub(super) fn publish(&self, event: &Event<I, E>) {
        self.events.tell(event);
    }
}

impl<I, E> std::fmt::Debug for Control<I, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}
