//! Who may come in, and for how long: gogistry's rules over the one table of leases.
//!
//! A machine without a clock; [`Keeper`] is the thin shell around it. Not here: how requests travel (`responder`), and
//! the registrant's side (`registrant`).

use std::hash::Hash;
use std::time::Duration;

use hb_lease::time::Time;

use super::members::{Event, Input, Members, Name, Protocol};
use super::schedule::Growth;

mod keeper;

pub use keeper::Keeper;

/// What a rejected registrant is told to wait: 24 h.
pub const TOMORROW: Duration = Duration::from_secs(24 * 60 * 60);

/// The protocol under which a registry keeps its members.
pub const HEART: Protocol = Protocol("heart");

/// What a registrant says.
///
/// The example of [`Registry`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<K, P> {
    /// Its name.
    pub key: K,
    /// What service it looks for.
    pub service: String,
    /// What it says about itself.
    pub info: P,
    /// Whether it goes.
    pub disconnect: bool,
}

/// What a registry answers.
///
/// ```
/// # use std::time::Duration;
/// # use hb_bus::heart::registry::{Answer, Response};
/// let response = Response {
///     registry: "10.0.0.2:4242",
///     service: "lamps".to_owned(),
///     candidates: vec!["10.0.0.3:4242"],
///     answer: Answer::Granted(Duration::from_secs(1)),
/// };
/// assert!(matches!(response.answer, Answer::Granted(lease) if !lease.is_zero()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<I> {
    /// Who answers.
    pub registry: I,
    /// What service it keeps.
    pub service: String,
    /// Other registries to turn to when this one is gone.
    pub candidates: Vec<I>,
    /// Whether the registrant is in.
    pub answer: Answer,
}

/// Whether a registrant is in.
///
/// The example of [`Registry`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// For so long, and then not without another request.
    Granted(Duration),
    /// No, and it should not ask again before `retry` is over.
    Rejected {
        /// [`TOMORROW`].
        retry: Duration,
        /// Why.
        why: Rejection,
    },
}

/// Why a registrant is not in.
///
/// The example of [`Registry`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There are as many members as the registry takes.
    #[error("the registry is full")]
    Full,
    /// It is a registry for another service.
    #[error("the registry keeps another service")]
    WrongService,
    /// The registrant said that it goes.
    #[error("goodbye")]
    Disconnected,
}

/// The rules of one registry: capacity, one kind of service, leases that grow.
///
/// The members may stand in one table with those of other protocols; only its own count.
///
/// ```
/// use std::time::Duration;
/// use hb_bus::heart::members::Members;
/// use hb_bus::heart::registry::{Answer, Registry, Rejection, Request, TOMORROW};
/// use hb_lease::time::Time;
///
/// let registry = Registry::new("lamps", 1);
/// let mut members = Members::default();
/// let mut out = Vec::new();
/// let mut ask = |key| {
///     let request = Request { key, service: "lamps".into(), info: (), disconnect: false };
///     registry.handle(Time::ZERO, request, &mut members, &mut out)
/// };
/// assert_eq!(ask("hall"), Answer::Granted(Duration::from_secs(1)));
/// assert_eq!(ask("door"), Answer::Rejected { retry: TOMORROW, why: Rejection::Full });
/// assert_eq!(ask("hall"), Answer::Granted(Duration::from_millis(5_500)), "renewing needs no free place");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// The service it keeps.
    pub service: String,
    /// How many members it takes.
    pub capacity: usize,
    /// How long they are let in.
    pub growth: Growth,
    /// What is forgiven beyond that. 100 ms: an answer to the very end of a lease is not late.
    pub grace: Duration,
}

impl Registry {
    /// A registry with the times of gogistry.
    pub fn new(service: impl Into<String>, capacity: usize) -> Self {
        let grace = Duration::from_millis(100);
        Self { service: service.into(), capacity, growth: Growth::default(), grace }
    }

    /// Decides on one request; what follows from it for `members` is appended to `out`. O(1).
    ///
    /// A lease that ended by `now` counts as over: its place is free and its growth begins anew.
    pub fn handle<K: Hash + Eq + Clone, P: Clone>(
        &self,
        now: Time,
        request: Request<K, P>,
        members: &mut Members<K, P>,
        out: &mut Vec<Event<K, P>>,
    ) -> Answer {
        let rejected = |why| Answer::Rejected { retry: TOMORROW, why };
        let name = Name { protocol: HEART, key: request.key };
        members.handle(now, Input::Tick, out);
        if request.service != self.service {
            return rejected(Rejection::WrongService);
        }
        if request.disconnect {
            members.handle(now, Input::Leave(name), out);
            return rejected(Rejection::Disconnected);
        }
        let last = members.find(&name).map(|member| member.granted);
        if last.is_none() && members.count(HEART) >= self.capacity {
            return rejected(Rejection::Full);
        }
        let granted = self.growth.grant(last);
        let keep = Input::Keep { name, granted, grace: self.grace, payload: request.info };
        members.handle(now, keep, out);
        Answer::Granted(granted)
    }
}
