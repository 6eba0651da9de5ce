//! Who is connected, one connection for each node, and whose turn it is. Pure: it is told, and says what to do.
//!
//! Not here: connections, handshakes, messages.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::message::Id;

/// Why a node is not let in.
///
/// ```
/// # use hb_bus::bus::Bus;
/// # use hb_bus::link::memory;
/// # let world = hb_bus::runtime::Simulation::new(1);
/// use hb_bus::node::{MeetError, Node, Refusal};
///
/// let node = Node::builder(&Bus::new(world.handle())).build();
/// let (near, far) = memory::pair(8);
/// let (_, met) = world.run(futures_util::future::join(node.meet(near), node.accept(far)));
/// assert!(matches!(met, Err(MeetError::Refused(Refusal::Oneself))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It did not say who it is.
    #[error("it did not say who it is")]
    Nameless,
    /// It is this very node.
    #[error("that is this node itself")]
    Oneself,
    /// Somebody else than was discovered there.
    #[error("expected {expected} there, but found {found}")]
    Unexpected {
        /// Who was discovered.
        expected: Id,
        /// Who answered.
        found: Id,
    },
    /// There is a connection to it already.
    #[error("{0} is connected already")]
    Known(Id),
    /// There are as many peers as there may be.
    #[error("there are {0} peers already, which is the most")]
    Full(usize),
}

/// What is known of a node when its handshake is over.
#[derive(Clone, Debug)]
pub(super) struct Meeting {
    pub(super) name: Option<Id>,
    /// Who was discovered there.
    pub(super) expected: Option<Id>,
    /// We connected to it, not it to us.
    pub(super) dialled: bool,
    pub(super) replaceable: bool,
    pub(super) capabilities: Vec<String>,
}

/// Somebody was let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admitted<L> {
    pub(super) name: Id,
    /// Tells this connection from an earlier and a later one to the same node.
    pub(super) number: u64,
    /// The link whose place it took, to be closed.
    pub(super) replaced: Option<L>,
}

#[derive(Debug)]
struct Peer<L> {
    number: u64,
    dialled: bool,
    replaceable: bool,
    link: L,
}

#[derive(Debug)]
pub(super) struct Peers<L> {
    own: Id,
    most: usize,
    peers: BTreeMap<Id, Peer<L>>,
    /// Who can do what, next one first.
    turns: HashMap<String, VecDeque<Id>>,
    count: u64,
}

impl<L> Peers<L> {
    pub(super) fn new(own: Id, most: usize) -> Self {
        Self { own, most, peers: BTreeMap::new(), turns: HashMap::new(), count: 0 }
    }

    /// Lets a node in, or says why not.
    ///
    /// Two nodes that connect to each other at the same moment keep the same one of the two connections: that of the
    /// node with the lower name.
    pub(super) fn admit(&mut self, meeting: Meeting, link: L) -> Result<Admitted<L>, Refusal> {
        let name = meeting.name.ok_or(Refusal::Nameless)?;
        if name == self.own {
            return Err(Refusal::Oneself);
        }
        if let Some(expected) = meeting.expected.filter(|expected| *expected != name) {
            return Err(Refusal::Unexpected { expected, found: name });
        }
        match self.peers.get(&name) {
            Some(known) => {
                let crossed = meeting.dialled && !known.dialled && self.own < name;
                if !known.replaceable && !crossed {
                    return Err(Refusal::Known(name));
                }
            }
            None if self.peers.len() >= self.most => return Err(Refusal::Full(self.most)),
            None => {}
        }
        self.count += 1;
        let Meeting { dialled, replaceable, capabilities, .. } = meeting;
        let peer = Peer { number: self.count, dialled, replaceable, link };
        let replaced = self.peers.insert(name, peer).map(|peer| peer.link);
        self.withdraw(name);
        for capability in capabilities {
            let turns = self.turns.entry(capability).or_default();
            if !turns.contains(&name) {
                turns.push_back(name);
            }
        }
        Ok(Admitted { name, number: self.count, replaced })
    }

    /// A connection is over. `false` if another has taken its place.
    pub(super) fn remove(&mut self, name: Id, number: u64) -> bool {
        let current = self.peers.get(&name).is_some_and(|peer| peer.number == number);
        if current {
            self.peers.remove(&name);
            self.withdraw(name);
        }
        current
    }

    /// A node wants nothing more by turns.
    pub(super) fn withdraw(&mut self, name: Id) {
        self.turns.retain(|_, turns| {
            turns.retain(|other| *other != name);
            !turns.is_empty()
        });
    }

    /// The next of those who can do it, each in its turn.
    pub(super) fn next(&mut self, capability: &str) -> Option<(Id, &L)> {
        let turns = self.turns.get_mut(capability)?;
        turns.rotate_left(1);
        let name = *turns.back()?;
        Some((name, &self.peers.get(&name)?.link))
    }

    /// Whether a connection to it would be kept.
    pub(super) fn wanted(&self, name: Id) -> bool {
        name != self.own && self.peers.get(&name).is_none_or(|peer| peer.replaceable)
    }

    pub(super) fn links(&self) -> impl Iterator<Item = (Id, &L)> {
        self.peers.iter().map(|(name, peer)| (*name, &peer.link))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    const OWN: Id = Id::from_u128(100);

    fn meeting(name: u128) -> Meeting {
        let name = Some(Id::from_u128(name));
        Meeting { name, expected: None, dialled: false, replaceable: false, capabilities: Vec::new() }
    }

    fn able(name: u128) -> Meeting {
        Meeting { capabilities: vec!["draw".into(), "draw".into()], ..meeting(name) }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn g24_who_is_let_in() {
        let (low, high) = (Id::from_u128(1), Id::from_u128(200));
        let dialled = |meeting: Meeting| Meeting { dialled: true, ..meeting };
        let replaceable = |meeting: Meeting| Meeting { replaceable: true, ..meeting };
        let expecting = |name, meeting: Meeting| Meeting { expected: Some(name), ..meeting };
        for (first, second, result) in [
            (None, meeting(100), Err(Refusal::Oneself)),
            (None, Meeting { name: None, ..meeting(1) }, Err(Refusal::Nameless)),
            (None, expecting(high, meeting(1)), Err(Refusal::Unexpected { expected: high, found: low })),
            (None, expecting(low, meeting(1)), Ok(None)),
            (Some(meeting(1)), meeting(1), Err(Refusal::Known(low))),
            (Some(meeting(1)), meeting(200), Ok(None)),
            // Replaceable, and replaced, by whatever comes.
            (Some(replaceable(meeting(1))), meeting(1), Ok(Some("first"))),
            (Some(replaceable(meeting(1))), replaceable(meeting(1)), Ok(Some("first"))),
            (Some(meeting(1)), replaceable(meeting(1)), Err(Refusal::Known(low))),
            // Crossed: the connection that the lower of the two dialled stays. We are 100.
            (Some(meeting(1)), dialled(meeting(1)), Err(Refusal::Known(low))),
            (Some(meeting(200)), dialled(meeting(200)), Ok(Some("first"))),
            (Some(dialled(meeting(200))), meeting(200), Err(Refusal::Known(high))),
            (Some(dialled(meeting(200))), dialled(meeting(200)), Err(Refusal::Known(high))),
        ] {
            let mut peers = Peers::new(OWN, 2);
            if let Some(first) = first.clone() {
                peers.admit(first, "first").unwrap();
            }
            let admitted = peers.admit(second.clone(), "second").map(|admitted| admitted.replaced);
            assert_eq!(admitted, result, "{first:?}, then {second:?}");
        }
        let mut peers = Peers::new(OWN, 2);
        peers.admit(meeting(1), "").unwrap();
        peers.admit(replaceable(meeting(2)), "").unwrap();
        assert_eq!(peers.admit(meeting(3), "").unwrap_err(), Refusal::Full(2));
        assert!(peers.admit(meeting(2), "").is_ok(), "who replaces needs no place");
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn g28_everybody_who_can_has_a_turn() {
        let mut peers = Peers::new(OWN, 9);
        let join = |peers: &mut Peers<u128>, name| peers.admit(able(name), name).unwrap().number;
        let called = |peers: &mut Peers<u128>, times: usize| -> Vec<u128> {
            (0..times).map(|_| *peers.next("draw").unwrap().1).collect()
        };
        let (a, b) = (join(&mut peers, 1), join(&mut peers, 2));
        join(&mut peers, 3);
        assert_eq!(called(&mut peers, 12), [1, 2, 3].repeat(4));
        join(&mut peers, 4);
        join(&mut peers, 5);
        assert_eq!(called(&mut peers, 15), [1, 2, 3, 4, 5].repeat(3));
        assert!(peers.remove(Id::from_u128(1), a) && peers.remove(Id::from_u128(2), b));
        assert!(!peers.remove(Id::from_u128(1), a), "it is gone");
        assert_eq!(called(&mut peers, 12), [3, 4, 5].repeat(4));
        peers.withdraw(Id::from_u128(4));
        assert_eq!(called(&mut peers, 4), [3, 5, 3, 5]);
        for name in [3, 5] {
            peers.withdraw(Id::from_u128(name));
        }
        assert!(peers.next("draw").is_none() && peers.next("sing").is_none());
        assert_eq!(peers.links().count(), 3, "who withdraws stays connected");
        assert!(peers.turns.is_empty());
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn a_connection_that_was_replaced_removes_nobody() {
        let mut peers = Peers::new(OWN, 9);
        let first = peers.admit(Meeting { replaceable: true, ..able(1) }, "first").unwrap();
        assert!(peers.wanted(first.name) && !peers.wanted(OWN) && peers.wanted(Id::from_u128(2)));
        let second = peers.admit(meeting(1), "second").unwrap();
        assert!(!peers.remove(first.name, first.number));
        assert_eq!(peers.next("draw"), None, "it can no more what it could");
        assert_eq!(peers.links().collect::<Vec<_>>(), [(first.name, &"second")]);
        assert!(!peers.wanted(first.name));
        assert!(peers.remove(second.name, second.number) && peers.is_empty());
    }
}
