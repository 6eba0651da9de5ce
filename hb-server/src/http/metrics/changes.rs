//! How often each screen came into which state: heard on the bus, so that nothing is kept for it where beats are taken.
//!
//! What was missed there is not made up for: a count of changes is for rates, and the bus says how much it lost. Not here:
//! all screens together (`engine` counts that), and what a change meant (`watch`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hb_bus::bus::{Filter, Received};
use hb_bus::message::Topic;
use hb_core::beat::State;
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::registry::EventKind;
use tokio_util::sync::CancellationToken;

use crate::engine::{Dated, Engine, Happening};

/// Happenings that may wait for us.
const QUEUE: usize = 4096;

/// By state, in the order of [`State::ALL`].
type Counts = [u32; State::ALL.len()];

/// The counts; a handle, cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes(Arc<Mutex<Ledger>>);

/// Of each screen that is held.
#[derive(Debug, Default)]
struct Ledger(BTreeMap<OwnedIdentity, Counts>);

impl Changes {
    /// Counts what happens from this call on, until `stop`.
    pub(super) fn follow(
        &self,
        engine: &Engine,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + use<> {
        let topics = [Topic::from_static("hb.transition"), Topic::from_static("hb.event")];
        let mut events = engine.bus().subscribe(Filter::only(topics).queue(QUEUE));
        let (changes, engine) = (self.clone(), engine.clone());
        async move {
            loop {
                let received = tokio::select! {
                    received = events.recv() => received,
                    () = stop.cancelled() => return,
                };
                match received {
                    Received::Message { message, .. } => {
                        if let Some(Dated { happening, .. }) = message.value() {
                            changes.ledger().hear(happening);
                        }
                    }
                    Received::Missed(_) => {
                        let mut held = BTreeSet::new();
                        engine.for_each(|app| {
                            held.insert(app.id);
                        });
                        changes.ledger().0.retain(|id, _| held.contains(id));
                    }
                    Received::Closed => return,
                }
            }
        }
    }

    /// Of each of these in turn, how often it came into each state.
    pub(super) fn of<'a>(&self, ids: impl Iterator<Item = &'a OwnedIdentity>) -> Vec<Counts> {
        let ledger = self.ledger();
        ids.map(|id| ledger.0.get(id).copied().unwrap_or_default()).collect()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Nothing that holds this lock can leave a half-made count behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    fn hear(&mut self, happening: &Happening) {
        match happening {
            // The last word about who is removed comes before its removal.
            Happening::Transition { transition, .. } if transition.from != Some(transition.to) => {
                let counts = self.0.entry(transition.id.clone()).or_default();
                counts[transition.to as usize] = counts[transition.to as usize].saturating_add(1);
            }
            Happening::Event(event) => match &event.kind {
                EventKind::Removed { .. } => drop(self.0.remove(&event.id)),
                EventKind::Moved { from } => {
                    let to = event.id.borrow();
                    let before = Identity::new(from, to.slot(), to.app()).ok();
                    if let Some(counts) = before.and_then(|id| self.0.remove(&id.to_owned())) {
                        self.0.insert(event.id.clone(), counts);
                    }
                }
                EventKind::Replaced { by, .. } => {
                    let from = event.id.borrow();
                    let counts = self.0.remove(&event.id);
                    if let (Some(counts), Ok(to)) = (counts, Identity::new(by, from.slot(), from.app())) {
                        let all = self.0.entry(to.to_owned()).or_default();
                        all.iter_mut().zip(counts).for_each(|(all, more)| *all = all.saturating_add(more));
                    }
                }
                EventKind::Reload { .. } | EventKind::Conflict { .. } | EventKind::Slowing { .. } => {}
            },
            Happening::Transition { .. } | Happening::Pause { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use hb_core::beat::Cause;
    use hb_core::registry::{Event, Removal, Transition};
    use hb_lease::time::Time;

    use super::*;

    fn id(host: &str) -> OwnedIdentity {
        Identity::new(host, "", "x").unwrap().to_owned()
    }

    fn change(from: Option<State>, to: State) -> Happening {
        let transition = Transition { id: id("a"), from, to, cause: Cause::None, at: Time::ZERO };
        Happening::Transition { transition, view: None }
    }

    fn event(host: &str, kind: EventKind) -> Happening {
        Happening::Event(Event { id: id(host), at: Time::ZERO, kind })
    }

    fn downs(changes: &Changes, host: &str) -> u32 {
        changes.of([&id(host)].into_iter())[0][State::Down as usize]
    }

    #[test]
    fn a_screen_takes_its_counts_to_its_new_address_and_leaves_none_behind() {
        let changes = Changes::default();
        let hear = |happening| changes.ledger().hear(&happening);
        hear(change(None, State::Up));
        hear(change(Some(State::Up), State::Down));
        // Only its cause changed.
        hear(change(Some(State::Down), State::Down));
        hear(change(Some(State::Up), State::Down));
        assert_eq!((downs(&changes, "a"), downs(&changes, "b")), (2, 0));
        hear(event("b", EventKind::Moved { from: "a".into() }));
        assert_eq!((downs(&changes, "a"), downs(&changes, "b")), (0, 2));
        hear(event("b", EventKind::Removed { why: Removal::Forgotten, beats: 9 }));
        assert!(changes.ledger().0.is_empty());
    }
}
