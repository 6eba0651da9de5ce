//! The shell of a registry: the clock, the lock, the bus of events, and the service that a responder drives.
//!
//! Not here: any rule.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hash::Hash;
use std::task::{Context, Poll};

use hb_lease::time::Time;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::{Registry, Request, Response};
use crate::bus::{Events, Feed};
use crate::heart::members::{Event, Input, Member, Members, Name};
use crate::runtime::{Handle, timeout};
use crate::sync::{Arc, Mutex, lock};

/// A registry at work. A cheap handle: clones share the members.
///
/// It is a [`Service`] from [`Request`] to [`Response`], which a [`ResponderHeart`](crate::heart::ResponderHeart) can
/// drive. Members of other protocols come in by [`handle`](Self::handle). Leases end on time only while
/// [`run`](Self::run) is polled; without it they end when the next request comes.
///
/// ```
/// use std::time::Duration;
/// use hb_bus::heart::registry::{Answer, Keeper, Registry, Request};
/// use hb_bus::runtime::Simulation;
/// use tower::Service;
///
/// let world = Simulation::new(1);
/// let mut keeper = Keeper::new(world.handle(), "registry", Registry::new("lamps", 8));
/// let hello = Request { key: "hall", service: "lamps".into(), info: "60 W", disconnect: false };
/// let response = world.run(keeper.call(hello)).expect("it always answers");
/// assert_eq!(response.answer, Answer::Granted(Duration::from_secs(1)));
/// assert_eq!(keeper.members().len(), 1);
/// world.run(world.handle().sleep(Duration::from_millis(1_100)));
/// assert!(keeper.members().is_empty());
/// ```
pub struct Keeper<I, K, P> {
    runtime: Handle,
    registry: Arc<Registry>,
    id: I,
    candidates: Arc<Mutex<Vec<I>>>,
    members: Arc<Mutex<Members<K, P>>>,
    events: Feed<Event<K, P>>,
    /// The earliest end of a lease may have come nearer.
    sooner: Arc<Notify>,
}

impl<I: Clone, K, P> Clone for Keeper<I, K, P> {
    fn clone(&self) -> Self {
        Self {
            runtime: Arc::clone(&self.runtime),
            registry: Arc::clone(&self.registry),
            id: self.id.clone(),
            candidates: Arc::clone(&self.candidates),
            members: Arc::clone(&self.members),
            events: self.events.clone(),
            sooner: Arc::clone(&self.sooner),
        }
    }
}

impl<I, K: Hash + Eq + Clone, P: Clone> Keeper<I, K, P> {
    /// An empty registry that calls itself `id`.
    pub fn new(runtime: Handle, id: I, registry: Registry) -> Self {
        Self {
            runtime,
            registry: Arc::new(registry),
            id,
            candidates: Arc::default(),
            members: Arc::default(),
            events: Feed::new(),
            sooner: Arc::default(),
        }
    }

    /// Tells registrants from now on where else they may turn.
    pub fn recommend(&self, candidates: Vec<I>) {
        *lock(&self.candidates) = candidates;
    }

    /// Events from now on. Who leaves more than `capacity` of them waiting is told how many were lost.
    pub fn subscribe(&self, capacity: usize) -> Events<Event<K, P>> {
        self.events.listen(capacity)
    }

    /// A copy of all members of all protocols, at one moment.
    #[must_use]
    pub fn members(&self) -> Vec<(Name<K>, Member<P>)> {
        self.change(|_, members, _| members.members())
    }

    /// An input of another protocol that keeps its members in the same table.
    pub fn handle(&self, input: Input<K, P>) {
        self.change(|now, members, out| members.handle(now, input, out));
    }

    /// Ends leases on time until `cancel`.
    pub async fn run(&self, cancel: &CancellationToken) {
        let beat = async {
            loop {
                self.change(|_, _, _| ());
                let next = lock(&self.members).next_timeout();
                let limit = next.map(|at| at.since(self.runtime.now()));
                // Whether a lease ends or another one ends sooner: look again.
                let _why = timeout(&*self.runtime, limit, self.sooner.notified()).await;
            }
        };
        cancel.run_until_cancelled(beat).await.unwrap_or(());
    }

    /// One change under the lock. Publishing never blocks, and under the lock the events have the order of the changes.
    fn change<T>(&self, change: impl FnOnce(Time, &mut Members<K, P>, &mut Vec<Event<K, P>>) -> T) -> T {
        let mut out = Vec::new();
        let mut members = lock(&self.members);
        let before = members.next_timeout();
        let now = self.runtime.now();
        members.handle(now, Input::Tick, &mut out);
        let result = change(now, &mut members, &mut out);
        for event in out {
            self.events.tell(&event);
        }
        let after = members.next_timeout();
        drop(members);
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.sooner.notify_one();
        }
        result
    }
}

impl<I: Clone, K: Hash + Eq + Clone, P: Clone> Service<Request<K, P>> for Keeper<I, K, P> {
    type Response = Response<I>;
    type Error = Infallible;
    type Future = Ready<Result<Response<I>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<K, P>) -> Self::Future {
        let answer = self.change(|now, members, out| self.registry.handle(now, request, members, out));
        let (registry, service) = (self.id.clone(), self.registry.service.clone());
        ready(Ok(Response { registry, service, candidates: lock(&self.candidates).clone(), answer }))
    }
}

impl<I: std::fmt::Debug, K, P> std::fmt::Debug for Keeper<I, K, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper")
            .field("id", &self.id)
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}
