//! What is shown of screens: what the registry believes of each, and how it stands with it.
//!
//! The watch is asked for many at a time and never for all at once: nobody waits behind a page that looks at everybody.
//! Not here: its JSON (`view`), what is believed (`engine`), what is muted, expected and repaired (`watch`).

use std::collections::{BTreeMap, BTreeSet};

use hb_core::beat::State;
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::registry::Snapshot;
use hb_core::window::Scope;
use hb_lease::time::Time;

use crate::engine::Engine;
use crate::watch::{Standing, Watch};

/// Apps that the watch is asked for at a time.
const CHUNK: usize = 500;

/// Looks at screens; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    pub(super) engine: Engine,
    pub(super) watch: Watch,
}

/// An app, or a place that shows nothing it should, in the name of one.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) id: OwnedIdentity,
    /// What the registry knows; `None` where it never heard of it.
    pub(super) app: Option<Snapshot>,
    pub(super) standing: Standing,
}

impl Sight {
    /// One of them, if there is one of that name.
    pub(super) fn one(&self, id: Identity<'_>) -> Option<Screen> {
        let app = self.engine.snapshot(id);
        let standing = self.standing(id);
        let screen = Screen { id: id.to_owned(), app, standing };
        screen.is_there().then_some(screen)
    }

    /// How it stands with an app.
    pub(super) fn standing(&self, id: Identity<'_>) -> Standing {
        self.watch.look(|machine, at| machine.standing(at, id))
    }

    /// These apps, with how it stands with them.
    pub(super) fn of(&self, apps: Vec<Snapshot>) -> Vec<Screen> {
        self.stand(apps.into_iter().map(|app| (app.id.clone(), Some(app))).collect())
    }

    /// Those that are `wanted`, in that state or any: worst first, in one state the longest first; at most `limit`.
    pub(super) fn worst_first(
        &self,
        state: Option<State>,
        wanted: impl Fn(Identity<'_>) -> bool,
        limit: usize,
    ) -> Vec<Screen> {
        let is_asked = |it: State| state.is_none_or(|state| it == state);
        let mut dark: BTreeMap<OwnedIdentity, Time> = self.watch.look(|machine, _| {
            machine.dark_places().map(|(_, face, belief)| (face.clone(), belief.since)).collect()
        });
        let mut found = Vec::new();
        self.engine.for_each(|app| {
            if !wanted(app.id.borrow()) {
                return;
            }
            let missing = dark.remove(&app.id).map(|since| (State::Missing, since));
            let (state, since) = missing.unwrap_or((app.state, app.since));
            if is_asked(state) {
                found.push((state, since, app.id.clone(), Some(app)));
            }
        });
        let unheard = dark.into_iter().filter(|(id, _)| is_asked(State::Missing) && wanted(id.borrow()));
        found.extend(unheard.map(|(id, since)| (State::Missing, since, id, None)));
        found.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
        found.truncate(limit);
        self.stand(found.into_iter().map(|(.., id, app)| (id, app)).collect())
    }

    /// How many of those that are known now a scope covers; counted where that stands in the way of no beat.
    pub(super) async fn covered(&self, scope: &Scope) -> usize {
        let (sight, scope) = (self.clone(), scope.clone());
        tokio::task::spawn_blocking(move || sight.count(&scope)).await.unwrap_or_default()
    }

    fn count(&self, scope: &Scope) -> usize {
        let mut known: BTreeSet<OwnedIdentity> =
            self.watch.look(|machine, _| machine.dark_places().map(|(_, face, _)| face.clone()).collect());
        self.engine.for_each(|app| {
            known.insert(app.id);
        });
        let known: Vec<_> = known.into_iter().collect();
        let covered = |chunk: &[OwnedIdentity]| {
            self.watch.look(|machine, _| {
                let covers = |id: &&OwnedIdentity| machine.ask(id.borrow(), |subject| scope.covers(subject));
                chunk.iter().filter(covers).count()
            })
        };
        known.chunks(CHUNK).map(covered).sum()
    }

    fn stand(&self, apps: Vec<(OwnedIdentity, Option<Snapshot>)>) -> Vec<Screen> {
        let mut standings = Vec::with_capacity(apps.len());
        for chunk in apps.chunks(CHUNK) {
            self.watch.look(|machine, at| {
                standings.extend(chunk.iter().map(|(id, _)| machine.standing(at, id.borrow())));
            });
        }
        let screens = apps.into_iter().zip(standings);
        let screens = screens.map(|((id, app), standing)| Screen { id, app, standing });
        screens.filter(Screen::is_there).collect()
    }
}

impl Screen {
    /// Whoever is not held is shown only for the place that misses it.
    fn is_there(&self) -> bool {
        self.app.is_some() || self.standing.missing.is_some()
    }
}
