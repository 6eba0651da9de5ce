//! The opening report: at the end of the grace after opening, one message that says who is ready, also when all are.
//!
//! Not here: when it opens ([`hb_core::window`]), how the message reads (`notify::render`).

use std::collections::BTreeSet;

use hb_core::beat::{Cause, State};
use hb_core::expect::Place;
use hb_core::id::OwnedIdentity;
use hb_core::incident::Subject;
use hb_core::window::{Phase, Scope};

use crate::notify::message::{Incident, Kind, Message};

use super::{Machine, Moment, Output};

impl Machine {
    /// Reports on every scope whose grace is over now.
    pub(super) fn report(&mut self, at: Moment, out: &mut Vec<Output>) {
        let mut ready = Vec::new();
        for (scope, phase) in self.mutes.phases() {
            let name = scope.to_string();
            match phase {
                Phase::Opening { .. } => drop(self.opening.insert(name)),
                Phase::Closed => drop(self.opening.remove(&name)),
                Phase::Open => ready.extend(self.opening.remove(&name).then(|| scope.clone())),
            }
        }
        for scope in ready {
            let message = self.state_of(at, &scope);
            let tell = |&channel: &_| Output::Tell { channel, message: message.clone() };
            out.extend(self.reports.iter().map(tell));
        }
    }

    /// How things stand with all that `scope` covers and that should work.
    fn state_of(&self, at: Moment, scope: &Scope) -> Message {
        let (mut all, mut ready, mut incidents) = (0, 0, Vec::new());
        let mut seen: BTreeSet<OwnedIdentity> = BTreeSet::new();
        let mut count = |id: &OwnedIdentity, state: State, cause: Cause, since: i64, number: u64| {
            all += 1;
            if state == State::Up {
                ready += 1;
            } else {
                let incident = Incident::new(number, &Subject::App(id.clone()), (state, cause), since);
                incidents.push(incident.in_hall(self.named_groups(id).first().map(|name| &**name)));
            }
        };
        for expected in &self.list {
            let Some(face) = self.best(&expected.place) else { continue };
            seen.extend(self.apps_at(&expected.place).map(|(id, _)| id.clone()));
            if self.ask(face.borrow(), |subject| scope.covers(subject)) {
                let belief = self.belief(face.borrow());
                let (state, cause) =
                    belief.map_or((State::Missing, Cause::None), |belief| (belief.state, belief.cause));
                let since = belief.map_or(at.wall, |belief| at.wall_of(belief.since));
                let number = self.incidents.of(face.borrow()).map_or(0, |number| number.0);
                count(&face, state, cause, since.as_unix_millis(), number);
            }
        }
        for (id, app) in &self.apps {
            let asked = !seen.contains(id)
                && self.expect.adopted(id.borrow()).is_some()
                && app.belief.state != State::Done
                && self.ask(id.borrow(), |subject| scope.covers(subject));
            if asked {
                let since = at.wall_of(app.belief.since).as_unix_millis();
                let number = self.incidents.of(id.borrow()).map_or(0, |number| number.0);
                count(id, app.belief.state, app.belief.cause, since, number);
            }
        }
        Message { kind: Kind::Report, at: at.wall.as_unix_millis(), incidents, ready: Some((ready, all)) }
    }

    /// Of what a place may show, what works best; else in whose name it is dark.
    fn best(&self, place: &Place) -> Option<OwnedIdentity> {
        let shows = self.shows(place)?;
        let fits =
            self.apps_at(place).filter(|(id, _)| shows.iter().any(|glob| glob.matches(id.borrow().app())));
        // `up` is nearly last in the order of the states; what is off or done shows nothing.
        let works =
            fits.filter(|(_, app)| app.belief.state <= State::Up).max_by_key(|(_, app)| app.belief.state);
        works.map(|(id, _)| id.clone()).or_else(|| self.face(place))
    }
}
