//! Who is there: one table of leases for the members of every protocol.
//!
//! A machine in the shape of the house: inputs with the time, outputs appended, no clock. Not here: who may come in
//! (`registry`), and what a protocol says about its members: that is the payload `P`, best a closed enum.

use std::hash::{Hash, RandomState};
use std::time::Duration;

use hb_lease::lease::Table;
use hb_lease::time::Time;

/// Names a protocol among those that keep members in one table.
///
/// The example of [`Members`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub &'static str);

/// Names a member: two protocols may use the same name for two different things.
///
/// The example of [`Members`] shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<K> {
    /// Who keeps it.
    pub protocol: Protocol,
    /// Its name there.
    pub key: K,
}

/// A member and its lease.
///
/// ```
/// # use std::time::Duration;
/// # use hb_bus::heart::members::Member;
/// # use hb_lease::time::Time;
/// /// How long nothing was heard of it.
/// fn silent<P>(member: &Member<P>, now: Time) -> Duration {
///     now.since(member.seen)
/// }
/// # let (granted, grace) = (Duration::from_secs(1), Duration::ZERO);
/// # let member = Member { since: Time::ZERO, seen: Time::ZERO, granted, grace, payload: () };
/// # assert_eq!(silent(&member, Time::from_millis(700)), Duration::from_millis(700));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<P> {
    /// When it came.
    pub since: Time,
    /// When it last said something.
    pub seen: Time,
    /// What it was promised: it is expected again within this time …
    pub granted: Duration,
    /// … and gone only so long after it.
    pub grace: Duration,
    /// What its protocol says about it.
    pub payload: P,
}

/// What a table is told.
///
/// The example of [`Members`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<K, P> {
    /// A member is alive. Its lease is `granted` + `grace` from now.
    Keep {
        /// Who.
        name: Name<K>,
        /// Until it is expected again.
        granted: Duration,
        /// What is forgiven.
        grace: Duration,
        /// What is known about it now.
        payload: P,
    },
    /// A member says that it goes.
    Leave(Name<K>),
    /// Time went by. Early or late does no harm.
    Tick,
}

/// What happened.
///
/// The example of [`Members`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<K, P> {
    /// A member came.
    New(Name<K>, Member<P>),
    /// A member was renewed: once for each renewal.
    Update(Name<K>, Member<P>),
    /// A lease ran out. [`Event::Disconnect`] follows.
    Timeout(Name<K>),
    /// A member is gone: once, whether it left or was lost.
    Disconnect(Name<K>, Member<P>),
}

/// Members and their leases. Every input is O(1), [`Input::Tick`] in the number of leases that ran out.
///
/// ```
/// use std::time::Duration;
/// use hb_bus::heart::members::{Event, Input, Members, Name, Protocol};
/// use hb_lease::time::Time;
///
/// let name = Name { protocol: Protocol("door"), key: "north" };
/// let (granted, grace) = (Duration::from_secs(1), Duration::from_millis(200));
/// let mut members = Members::default();
/// let mut out = Vec::new();
/// members.handle(Time::ZERO, Input::Keep { name: name.clone(), granted, grace, payload: "open" }, &mut out);
/// assert!(members.next_timeout() <= Some(Time::from_millis(1200)));
///
/// out.clear();
/// members.handle(Time::from_millis(1200), Input::Tick, &mut out);
/// assert_eq!(out[0], Event::Timeout(name));
/// assert!(members.members().is_empty());
/// ```
#[derive(Debug)]
pub struct Members<K, P> {
    leases: Table<Name<K>, Member<P>, RandomState>,
    /// How many each protocol has. As many entries as there are protocols in the program.
    counts: Vec<(Protocol, usize)>,
    now: Time,
}

impl<K, P> Default for Members<K, P> {
    fn default() -> Self {
        Self { leases: Table::default(), counts: Vec::new(), now: Time::ZERO }
    }
}

impl<K: Hash + Eq + Clone, P: Clone> Members<K, P> {
    /// Takes one input; what follows from it is appended to `out`, in order. A `now` before an earlier one counts as
    /// that one. Leases that ran out by `now` end first, whatever the input.
    pub fn handle(&mut self, now: Time, input: Input<K, P>, out: &mut Vec<Event<K, P>>) {
        self.now = self.now.max(now);
        self.expire(out);
        match input {
            Input::Keep { name, granted, grace, payload } => self.keep(name, granted, grace, payload, out),
            Input::Leave(name) => {
                if let Some(slot) = self.leases.find(&name) {
                    let member = self.leases.remove(slot);
                    self.leave(name, member, out);
                }
            }
            Input::Tick => (),
        }
    }

    /// When [`Input::Tick`] is worth a call: never after the earliest end of a lease, possibly before it.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        self.leases.next_timeout()
    }

    /// The member of this name.
    #[must_use]
    pub fn find(&self, name: &Name<K>) -> Option<&Member<P>> {
        self.leases.find(name).map(|slot| self.leases.value(slot))
    }

    /// How many members `protocol` has.
    #[must_use]
    pub fn count(&self, protocol: Protocol) -> usize {
        self.counts.iter().find(|(it, _)| *it == protocol).map_or(0, |(_, count)| *count)
    }

    /// A copy of all members of all protocols, in no particular order.
    #[must_use]
    pub fn members(&self) -> Vec<(Name<K>, Member<P>)> {
        self.leases.iter().map(|(_, name, member)| (name.clone(), member.clone())).collect()
    }

    fn keep(
        &mut self,
        name: Name<K>,
        granted: Duration,
        grace: Duration,
        payload: P,
        out: &mut Vec<Event<K, P>>,
    ) {
        let deadline = self.now + granted + grace;
        if let Some(slot) = self.leases.find(&name) {
            let member = self.leases.value_mut(slot);
            *member = Member { since: member.since, seen: self.now, granted, grace, payload };
            out.push(Event::Update(name, member.clone()));
            self.leases.renew(slot, deadline);
        } else {
            let member = Member { since: self.now, seen: self.now, granted, grace, payload };
            self.leases.insert(name.clone(), member.clone(), deadline);
            match self.counts.iter_mut().find(|(it, _)| *it == name.protocol) {
                Some((_, count)) => *count += 1,
                None => self.counts.push((name.protocol, 1)),
            }
            out.push(Event::New(name, member));
        }
    }

    fn expire(&mut self, out: &mut Vec<Event<K, P>>) {
        while let Some((slot, _)) = self.leases.pop_expired(self.now) {
            let name = self.leases.key(slot).clone();
            let member = self.leases.remove(slot);
            out.push(Event::Timeout(name.clone()));
            self.leave(name, member, out);
        }
    }

    fn leave(&mut self, name: Name<K>, member: Member<P>, out: &mut Vec<Event<K, P>>) {
        if let Some((_, count)) = self.counts.iter_mut().find(|(it, _)| *it == name.protocol) {
            *count -= 1;
        }
        out.push(Event::Disconnect(name, member));
    }
}
