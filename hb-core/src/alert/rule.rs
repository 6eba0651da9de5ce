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

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::id::Identity;

    #[test]
    fn a_rule_is_about_whom_it_names() {
        let app = |host| Subject::App(Identity::new(host, "", "a").unwrap().to_owned());
        let host = |name: &str| Subject::Parent(Parent::Host(name.into()));
        let hall = Subject::Parent(Parent::Group("hall".into()));
        let subjects = [app("h"), app("g"), host("h"), host("g"), hall];
        let cases: [(&[&str], &[&str], [bool; 5]); 6] = [
            (&[], &[], [true, true, true, true, true]),
            (&["h/a"], &[], [true, false, true, false, true]),
            (&["x/y", "h/*"], &[], [true, false, true, false, true]),
            (&["h/b"], &[], [false, false, true, false, true]),
            (&[], &["yard"], [true, true, true, true, false]),
            (&[], &["yard", "hall"], [true, true, true, true, true]),
        ];
        for (apps, groups, expected) in cases {
            let rule = Rule {
                apps: apps.iter().map(|text| text.parse().unwrap()).collect(),
                groups: groups.iter().map(|&name| name.into()).collect(),
                ..Rule::everything(Vec::new())
            };
            assert_eq!(
                subjects.each_ref().map(|subject| rule.is_about(subject)),
                expected,
                "{apps:?} {groups:?}"
            );
        }
    }

    #[test]
    fn a_rule_tells_of_bad_states_and_of_no_others() {
        let told = |states: Vec<State>| {
            let rule = Rule { states, ..Rule::everything(Vec::new()) };
            State::ALL.iter().copied().filter(|&state| rule.tells_of(state)).collect::<Vec<_>>()
        };
        let bad = [State::Missing, State::Down, State::Stalled, State::Hidden];
        let mut all = told(Vec::new());
        all.sort_by_key(|state| bad.iter().position(|it| it == state));
        assert_eq!(all, bad);
        for &state in State::ALL {
            let expected = if bad.contains(&state) { vec![state] } else { vec![] };
            assert_eq!(told(vec![state]), expected);
        }
    }
}
