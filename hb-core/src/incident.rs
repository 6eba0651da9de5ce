//! From leaving the good states until back: one incident per app, or one per parent whose apps fall silent together.
//!
//! Continuity is the whole point: an app that goes from stalled to down to reconnecting to stalled has *one* incident, and
//! neither a restart of the server nor a move nor the edge of a mute opens or closes any; and while a repair is on trial,
//! or an app fails again and again, no picture of some seconds closes one. Why alerts and repairs wait
//! ([`Reason`]) is kept here too, per app, for both machines that ask. Not here: whom to tell ([`crate::alert`]), what to
//! do, calendars (the shell tells when they matter).
//!
//! ```
//! use core::time::Duration;
//! use hb_core::beat::{Cause, State};
//! use hb_core::id::Identity;
//! use hb_core::incident::{Belief, Incidents, Input, Output, Tree};
//! use hb_lease::time::Time;
//!
//! let mut incidents = Incidents::new(Tree::default()).unwrap();
//! let id = Identity::new("kiosk-7", "", "Tetris").unwrap();
//! let mut out = Vec::new();
//! for (at, state) in [(0, State::Up), (6, State::Late), (12, State::Down), (20, State::Reconnecting), (21, State::Up)] {
//!     let since = Time::from_millis(at * 1_000);
//!     let belief =
//!         Belief { state, cause: Cause::Silence, since, granted: Duration::from_secs(6), down_at: Time::from_millis(12_000) };
//!     incidents.handle(since, Input::Believed { id, belief }, &mut out);
//! }
//! assert!(matches!(out[0], Output::Opened { since, .. } if since == Time::from_millis(6_000)));
//! assert!(matches!(out[1], Output::Closed { at, .. } if at == Time::from_millis(21_000)));
//! assert_eq!(out.len(), 2);
//! ```

mod input;
mod member;
mod outage;
mod over;
mod silence;
mod tree;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use hb_lease::time::Time;

use crate::beat::State;
use crate::hold::{Reason, Reasons};
use crate::id::{Identity, OwnedIdentity};

pub use input::{Belief, Ending, Input, Number, Output, Subject};
pub use silence::window;
pub use tree::{Circle, Dependency, Group, Needed, Parent, Tree};

use member::Member;
use silence::Crowd;

/// All incidents of one server.
///
/// Every input costs O(log n) in the number of apps, one that opens or ends a group's incident O(m log n) in that
/// group's.
#[derive(Debug, Default)]
pub struct Incidents {
    tree: Tree,
    now: Time,
    last: Number,
    places: BTreeMap<OwnedIdentity, usize>,
    members: Vec<Option<Member>>,
    free: Vec<usize>,
    crowds: BTreeMap<Parent, (Crowd, Vec<usize>)>,
    /// Parents whose incident may hold the repairs of its members: nobody else is looked at when time passes.
    holding: BTreeSet<Parent>,
    /// When apps that fail again and again will have worked for long enough, by their places.
    settling: BTreeSet<(Time, usize)>,
    /// When parents close.
    closings: BTreeMap<Parent, Time>,
    /// How many open reasons each dependency has for its dependants to wait.
    down: Vec<usize>,
}

impl Incidents {
    /// No incidents yet, over the given groups and dependencies.
    ///
    /// # Errors
    /// Apps that wait for each other in a circle.
    pub fn new(tree: Tree) -> Result<Self, Circle> {
        tree.check()?;
        let down = vec![0; tree.dependencies.len()];
        Ok(Self { tree, down, ..Self::default() })
    }

    /// The next incident gets a higher number than `last`.
    pub fn resume_after(&mut self, last: Number) {
        self.last = self.last.max(last);
    }

    /// Takes one input; what follows from it is appended to `out`, in order. A `now` before an earlier one counts as
    /// that one.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        self.settle(out);
        self.calm(out);
        match input {
            Input::Believed { id, belief } => {
                let place = self.place(id, out);
                self.believe(place, belief, out);
            }
            Input::Held { reason: Reason::Group | Reason::Covered | Reason::Dependency, .. }
            | Input::Tick => {}
            Input::Held { id, reason, on } => {
                let place = self.place(id, out);
                self.hold(place, reason, on, out);
            }
            Input::Tried { id, on } => self.tried(id, on, out),
            Input::Removed { id } => self.remove(id, out),
            Input::Moved { from, to } => self.rename(from, to, out),
            Input::Closing { parent, at } => self.closes(parent, at, out),
            Input::Restored { id, belief, open, covered } => {
                let place = self.place(id, out);
                self.restore(place, belief, open, out);
                if let Some((parent, number)) = covered {
                    self.resume(place, belief, parent, number, out);
                }
            }
        }
    }

    /// When [`Input::Tick`] is due: the next moment at which a group's incident holds its members no longer, or an app that
    /// fails again and again has worked for long enough.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        let held = self.holding.iter().filter_map(|parent| self.crowds.get(parent)?.0.open?.until).min();
        held.into_iter().chain(self.settling.first().map(|&(at, _)| at)).min()
    }

    /// The open incident of an app.
    #[must_use]
    pub fn of(&self, id: Identity<'_>) -> Option<Number> {
        self.member(id)?.open.map(|(number, _)| number)
    }

    /// The open incident of a group or a host that the silence of an app is part of.
    #[must_use]
    pub fn covered_by(&self, id: Identity<'_>) -> Option<Number> {
        self.member(id)?.covered_by
    }

    /// The open incident of a group or a host.
    #[must_use]
    pub fn of_parent(&self, parent: &Parent) -> Option<Number> {
        self.crowds.get(parent)?.0.open.map(|outage| outage.number)
    }

    /// Whether something is being done about an app, as it was told.
    #[must_use]
    pub fn is_tried(&self, id: Identity<'_>) -> bool {
        self.member(id).is_some_and(|member| member.tried)
    }

    /// Why alerts and repairs of an app wait.
    #[must_use]
    pub fn holds(&self, id: Identity<'_>) -> Reasons {
        self.member(id).map(|member| member.holds).unwrap_or_default()
    }

    /// Why alerts of the open incident of a group or a host wait.
    #[must_use]
    pub fn holds_of(&self, parent: &Parent) -> Reasons {
        let open = self.crowds.get(parent).and_then(|(crowd, _)| crowd.open);
        open.map(outage::of_parent).unwrap_or_default()
    }

    /// Whether anything was told of an app.
    #[must_use]
    pub fn knows(&self, id: Identity<'_>) -> bool {
        self.places.contains_key(&id.to_owned())
    }

    /// The apps known, in the order of their names.
    pub fn apps(&self) -> impl Iterator<Item = &OwnedIdentity> {
        self.places.keys()
    }

    /// Apps known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no app is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    fn member(&self, id: Identity<'_>) -> Option<&Member> {
        self.members[*self.places.get(&id.to_owned())?].as_ref()
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod members;
#[cfg(test)]
mod tests;
