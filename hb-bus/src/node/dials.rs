//! Where others can be reached, and when to try again. Pure: it is told, and says what to do.
//!
//! Not here: connections. Exponential back-off, as in the gRPC connection back-off protocol, without its jitter: two
//! nodes that connect to each other at the same moment agree on which connection stays.

use std::collections::BTreeMap;
use std::time::Duration;

use hb_lease::time::Time;

use super::discovery::Sighting;
use crate::message::Id;

/// The wait after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Endpoint {
    name: Option<Id>,
    state: State,
    failures: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Waiting(Time),
    Dialling,
    Connected(Id),
}

/// To be dialled now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dial {
    pub(super) endpoint: String,
    /// Who should answer.
    pub(super) name: Option<Id>,
}

#[derive(Debug)]
pub(super) struct Dials {
    most: usize,
    endpoints: BTreeMap<String, Endpoint>,
}

impl Dials {
    /// Keeps `most` endpoints: a neighbour that announces more is not heard.
    pub(super) fn new(most: usize) -> Self {
        Self { most, endpoints: BTreeMap::new() }
    }

    pub(super) fn sighted(&mut self, now: Time, sighting: Sighting) {
        match sighting {
            Sighting::Found { endpoint, name } => {
                let room = self.endpoints.len() < self.most;
                match self.endpoints.get_mut(&endpoint) {
                    Some(known) => known.name = name,
                    None if room => {
                        let new = Endpoint { name, state: State::Waiting(now), failures: 0 };
                        self.endpoints.insert(endpoint, new);
                    }
                    None => {}
                }
            }
            Sighting::Lost { endpoint } => drop(self.endpoints.remove(&endpoint)),
        }
    }

    /// What to dial now, of those that are `wanted`; each is to be [`finished`](Self::finished).
    pub(super) fn due(&mut self, now: Time, wanted: impl Fn(Id) -> bool) -> Vec<Dial> {
        let mut due = Vec::new();
        for (endpoint, known) in &mut self.endpoints {
            let State::Waiting(at) = known.state else { continue };
            if at > now {
                continue;
            }
            if known.name.is_none_or(&wanted) {
                known.state = State::Dialling;
                due.push(Dial { endpoint: endpoint.clone(), name: known.name });
            } else if let Some(name) = known.name {
                known.state = State::Connected(name);
            }
        }
        due
    }

    /// Dialling is over: somebody is connected, or not.
    pub(super) fn finished(&mut self, now: Time, endpoint: &str, connected: Option<Id>) {
        let Some(known) = self.endpoints.get_mut(endpoint) else { return };
        match connected {
            Some(name) => {
                known.state = State::Connected(name);
                known.failures = 0;
            }
            None => {
                let wait = FIRST.saturating_mul(1 << known.failures.min(16)).min(LONGEST);
                known.state = State::Waiting(now + wait);
                known.failures += 1;
            }
        }
    }

    /// A node is gone: it is looked for where it was, after the first wait.
    pub(super) fn left(&mut self, now: Time, name: Id) {
        for known in self.endpoints.values_mut() {
            if known.state == State::Connected(name) {
                known.state = State::Waiting(now + FIRST);
            }
        }
    }

    /// When to ask what is [`due`](Self::due).
    pub(super) fn next_timeout(&self) -> Option<Time> {
        let waiting = |known: &Endpoint| match known.state {
            State::Waiting(at) => Some(at),
            State::Dialling | State::Connected(_) => None,
        };
        self.endpoints.values().filter_map(waiting).min()
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn found(endpoint: &str, name: Option<Id>) -> Sighting {
        Sighting::Found { endpoint: endpoint.to_owned(), name }
    }

    fn at(seconds: u64) -> Time {
        Time::from_millis(1_000 * seconds)
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn who_does_not_answer_is_asked_less_and_less_often() {
        let mut dials = Dials::new(1);
        dials.sighted(at(0), found("there", None));
        dials.sighted(at(0), found("one too many", None));
        let mut waits = Vec::new();
        for _ in 0..8 {
            let now = dials.next_timeout().unwrap();
            assert_eq!(dials.due(now, |_| true), [Dial { endpoint: "there".into(), name: None }]);
            assert_eq!(dials.due(now, |_| true), [], "it is being dialled");
            dials.sighted(now, found("there", None));
            dials.finished(now, "there", None);
            waits.push(dials.next_timeout().unwrap().since(now).as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        dials.sighted(at(200), Sighting::Lost { endpoint: "there".into() });
        assert_eq!(dials.next_timeout(), None);
        dials.finished(at(200), "there", None);
        assert_eq!(dials.next_timeout(), None, "it was lost while it was dialled");
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn who_left_is_looked_for_and_who_is_connected_is_not() {
        let (one, other) = (Id::from_u128(1), Id::from_u128(2));
        let mut dials = Dials::new(9);
        dials.sighted(at(0), found("a", Some(one)));
        dials.sighted(at(0), found("b", None));
        assert_eq!(dials.due(at(0), |name| name != one), [Dial { endpoint: "b".into(), name: None }]);
        dials.finished(at(0), "b", Some(other));
        assert_eq!(dials.next_timeout(), None);
        dials.left(at(5), one);
        assert_eq!(dials.next_timeout(), Some(at(6)));
        let again = Dial { endpoint: "a".into(), name: Some(one) };
        assert_eq!((dials.due(at(5), |_| true), dials.due(at(6), |_| true)), (vec![], vec![again]));
    }
}
