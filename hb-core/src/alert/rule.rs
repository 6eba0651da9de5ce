//! Which incidents are told to whom, and how soon. Not here: what a channel is (the shell's).

use alloc::vec::Vec;
use core::time::Duration;

use crate::beat::State;
use crate::defaults;
use crate::id::Pattern;
use crate::incident::{Parent, Subject};

/// The place of a channel in the shell's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel(pub u16);

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which apps; none for all. An incident of a host is meant where an app of it would be.
    pub apps: Vec<Pattern>,
    /// Which groups' incidents; none for all.
    pub groups: Vec<alloc::boxed::Box<str>>,
    /// Which states; none for all that are bad.
    pub states: Vec<State>,
    /// How long it must be so before anyone is told.
    pub wait: Duration,
    /// How often people are told again until one acknowledges; `None` for never.
    pub remind: Option<Duration>,
    /// Who is told.
    pub channels: Vec<Channel>,
}

impl Rule {
    /// Tells `channels` of everything, after [`defaults::ALERT_FOR`], again every [`defaults::REMINDER`].
    #[must_use]
    pub fn everything(channels: Vec<Channel>) -> Self {
        let (apps, groups, states) = (Vec::new(), Vec::new(), Vec::new());
        Self { apps, groups, states, wait: defaults::ALERT_FOR, remind: Some(defaults::REMINDER), channels }
    }

    /// Whether it is about `subject`.
    pub(super) fn is_about(&self, subject: &Subject) -> bool {
        match subject {
            Subject::App(id) => {
                self.apps.is_empty() || self.apps.iter().any(|pattern| pattern.matches(id.borrow()))
            }
            Subject::Parent(Parent::Host(host)) => {
                self.apps.is_empty() || self.apps.iter().any(|pattern| pattern.may_match_host(host))
            }
            Subject::Parent(Parent::Group(name)) => self.groups.is_empty() || self.groups.contains(name),
        }
    }

    /// Whether `state` is one to tell of. `late` and what is not bad never is.
    pub(super) fn tells_of(&self, state: State) -> bool {
        let bad = matches!(state, State::Missing | State::Down | State::Stalled | State::Hidden);
        bad && (self.states.is_empty() || self.states.contains(&state))
    }
}
