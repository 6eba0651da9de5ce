//! Places that should show something: what expectations say, in the words of incidents.
//!
//! Incidents know apps. A dark place speaks in the name of one: of whom it should show and was heard last there, else of
//! the first app of its list; until it is lit again, so that it stays one incident. Not here: when a place is missing
//! ([`hb_core::expect`]).

use std::time::Duration;

use hb_core::beat::{Cause, State};
use hb_core::expect::{self, Expected, How, Place};
use hb_core::id::{Glob, Identity, OwnedIdentity, Who};
use hb_core::incident::{self, Belief};
use hb_core::repair;
use hb_lease::time::Time;

use crate::store::row;

use super::{App, Dark, Happened, Machine, Moment, Output};

impl Machine {
    /// Takes the list as a whole: what the configuration says, and what people added.
    pub(super) fn expect_all(&mut self, at: Moment, list: &[Expected], out: &mut Vec<Output>) {
        self.listed = list.iter().enumerate().map(|(nth, expected)| (expected.place.clone(), nth)).collect();
        self.list = list.to_vec();
        self.expected(at, expect::Input::List(list), out);
        self.phases.retain(|place, _| self.listed.contains_key(place));
        self.rehold(at, out);
    }

    pub(super) fn expected(&mut self, at: Moment, input: expect::Input<'_>, out: &mut Vec<Output>) {
        let mut told = Vec::new();
        self.expect.handle(at.now, input, &mut told);
        for output in told {
            match &output {
                // Without a grace, before it is known what runs and what is told already.
                expect::Output::Missing { .. } if !self.begun => continue,
                expect::Output::Present { place, .. } if !self.begun && !self.dark.contains_key(place) => {
                    continue;
                }
                expect::Output::Missing { place, since, .. } => self.darken(at, place, *since, out),
                expect::Output::Present { place, at: since } => {
                    self.lighten(at, place, Some(*since), out);
                }
                expect::Output::Unlisted { place, .. } => self.lighten(at, place, None, out),
                expect::Output::Adopted { id, at: when, how, who } => {
                    self.adopted(at, id, *when, *how, who.as_ref(), out);
                }
                expect::Output::Full { .. } => {}
            }
            out.push(Output::Happened(Happened::Expect(output)));
        }
    }

    /// Places that were missing at once when this run began, and are dark in nobody's name yet.
    pub(super) fn darken_rest(&mut self, at: Moment, out: &mut Vec<Output>) {
        let missing =
            |place: &&Place| self.expect.is_missing(place) == Some(true) && !self.dark.contains_key(*place);
        let places = self.list.iter().map(|expected| &expected.place).filter(missing).cloned();
        for place in places.collect::<Vec<_>>() {
            self.darken(at, &place, at.now, out);
            let missing = expect::Output::Missing { place, since: at.now, why: expect::Why::Start };
            out.push(Output::Happened(Happened::Expect(missing)));
        }
    }

    fn darken(&mut self, at: Moment, place: &Place, since: Time, out: &mut Vec<Output>) {
        let Some(face) = self.face(place) else { return };
        let belief = Belief {
            state: State::Missing,
            cause: Cause::None,
            since,
            granted: Duration::ZERO,
            down_at: since,
        };
        self.dark.insert(place.clone(), Dark { face: face.clone(), belief });
        self.hold(at, face.borrow(), out);
        self.equip(at, face.borrow(), out);
        self.settle(at, face.borrow(), out);
        out.push(Output::Changed(face));
    }

    /// `since`: something runs there. Otherwise it is no longer expected.
    pub(super) fn lighten(&mut self, at: Moment, place: &Place, since: Option<Time>, out: &mut Vec<Output>) {
        let Some(Dark { face, belief }) = self.dark.remove(place) else { return };
        let id = face.borrow();
        if self.apps.contains_key(&face) {
            self.allow(at, id, out);
        } else {
            self.repair(at, repair::Input::Forget { id }, out);
        }
        match (self.belief(id).map(|belief| belief.state), since) {
            (Some(State::Done), None) => self.let_go(at, id, out),
            (Some(_), _) => self.settle(at, id, out),
            // Another app of the list shows there: the place is back, and its name of no further use.
            (None, Some(since)) => {
                let belief = Belief { state: State::Up, since, ..belief };
                self.incident(at, incident::Input::Believed { id, belief }, out);
                self.incident(at, incident::Input::Removed { id }, out);
            }
            (None, None) => self.incident(at, incident::Input::Removed { id }, out),
        }
        out.push(Output::Changed(face));
    }

    /// An app that said goodbye, at a place that is no longer expected: its goodbye of then ends no incident of now.
    pub(super) fn let_go(&mut self, at: Moment, id: Identity<'_>, out: &mut Vec<Output>) {
        self.incident(at, incident::Input::Removed { id }, out);
        self.hold(at, id, out);
        self.settle(at, id, out);
    }

    /// What a place of the list should show.
    pub(super) fn shows(&self, place: &Place) -> Option<&[Glob]> {
        self.list.get(*self.listed.get(place)?).map(|expected| &*expected.shows)
    }

    /// The apps of a place: they stand side by side.
    pub(super) fn apps_at<'a>(
        &'a self,
        place: &'a Place,
    ) -> impl Iterator<Item = (&'a OwnedIdentity, &'a App)> {
        let here = move |id: Identity<'_>| id.host() == place.host() && id.slot() == place.slot();
        self.apps.range(first(place.host(), place.slot())..).take_while(move |(id, _)| here(id.borrow()))
    }

    /// In whose name a place is dark.
    pub(super) fn face(&self, place: &Place) -> Option<OwnedIdentity> {
        let shows = self.shows(place)?;
        let fits = |id: &OwnedIdentity| shows.iter().any(|glob| glob.matches(id.borrow().app()));
        let known = self.apps_at(place).filter(|(id, _)| fits(id)).max_by_key(|(_, app)| app.belief.since);
        known.map(|(id, _)| id.clone()).or_else(|| {
            let name = shows.first()?.as_str();
            Some(Identity::new(place.host(), place.slot(), name).ok()?.to_owned())
        })
    }

    pub(super) fn adopted(
        &mut self,
        at: Moment,
        id: &OwnedIdentity,
        when: Time,
        how: How,
        who: Option<&Who>,
        out: &mut Vec<Output>,
    ) {
        let row = row::Adoption {
            app: id.clone(),
            at: at.wall_of(when),
            how: how_word(how).into(),
            by: who.map_or("server", Who::by).into(),
            place: who.map_or("server", Who::from).into(),
        };
        out.extend([Output::Keep(row.into()), Output::Adopted(id.clone())]);
        if self.apps.contains_key(id) {
            self.introduce(at, id.borrow(), out);
            self.prove(at, id.borrow(), None, out);
            self.welcomed.push(id.clone());
            out.push(Output::Changed(id.clone()));
        }
    }

    /// Whoever lived for a day is here to stay, however often the server started meanwhile.
    pub(super) fn lived(&mut self, at: Moment, id: Identity<'_>, out: &mut Vec<Output>) {
        if self.expect.adopted(id).is_none() {
            self.expected(at, expect::Input::Adopted { id, how: How::Age }, out);
            self.adopted(at, &id.to_owned(), at.now, How::Age, None, out);
        }
    }

    /// A dark place whose app nobody ever heard of, for whoever shows all there is.
    pub fn dark_places(&self) -> impl Iterator<Item = (&Place, &OwnedIdentity, &Belief)> {
        self.dark.iter().map(|(place, dark)| (place, &dark.face, &dark.belief))
    }

    pub(super) fn repair(&mut self, at: Moment, input: repair::Input<'_>, out: &mut Vec<Output>) {
        let mut told = Vec::new();
        self.repairs.handle(at.now, input, &mut told);
        self.repaired(at, told, out);
    }
}

/// No app of this place is before it: a name has at least one character, and none is before the space.
pub(super) fn first(host: &str, slot: &str) -> OwnedIdentity {
    Identity::new(host, slot, " ").expect("of a place").to_owned()
}

/// How an app was adopted, in a word that is told and kept.
pub(crate) const fn how_word(how: How) -> &'static str {
    match how {
        How::List => "list",
        How::Person => "person",
        How::Age => "age",
    }
}
