//! A host took the place of another: a move of all its apps that a person declares.
//!
//! What people said of the host goes along as a whole: mutes, words of switches, what is expected of its windows; and with
//! each app all that goes along with one that moves. Who speaks on the new host already is believed. Not here: what goes
//! along with an app (`moves`), its past (`store`).

use std::collections::BTreeSet;

use hb_core::beat::State;
use hb_core::expect::{self, Expected, Place};
use hb_core::id::{Identity, OwnedIdentity, Pattern, Who};
use hb_core::repair;
use hb_core::window::{self, Mute, MuteId, Scope};

use crate::store::row;

use super::places::first;
use super::{Dark, Machine, Moment, Output, Refusal, Reply, list, past};

/// Most apps that one host hands over.
const MOST: usize = 1_000;

/// Which host took the place of which.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// The host that is gone.
    pub old: Box<str>,
    /// The one that stands there now.
    pub new: Box<str>,
    /// Apps of the old one of which only the memory knows.
    pub kept: Vec<OwnedIdentity>,
}

/// What went along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Apps, with their past.
    pub apps: usize,
    /// Mutes of people.
    pub mutes: usize,
    /// Places that people expect to show something.
    pub places: usize,
}

impl Machine {
    pub(super) fn replace(
        &mut self,
        at: Moment,
        who: &Who,
        replacement: &Replacement,
        out: &mut Vec<Output>,
    ) -> Result<Reply, Refusal> {
        let Replacement { old, new, .. } = replacement;
        let apps = self.leaving(replacement)?;
        let places: Vec<Place> =
            self.list.iter().map(|it| &it.place).filter(|place| place.host() == &**old).cloned().collect();
        let mutes = self.retarget(at, old, new, out);
        self.repeat_signals(at, old, new, out);
        let dark = self.move_dark(&places, new);
        for from in &apps {
            let to = called(from, new);
            self.hand_over(at, from.borrow(), to.borrow(), who, out);
            out.push(Output::Renamed(from.clone(), to));
        }
        self.expect_instead(at, who, &places, new, out);
        for place in dark {
            self.expected(at, expect::Input::Missing { place: &place }, out);
            if self.expect.is_missing(&place) != Some(true) {
                self.lighten(at, &place, Some(at.now), out);
            }
        }
        self.rehold(at, out);
        Ok(Reply::Replaced(Replaced { apps: apps.len(), mutes, places: places.len() }))
    }

    /// The apps of the host that is gone, if it is.
    fn leaving(&self, replacement: &Replacement) -> Result<BTreeSet<OwnedIdentity>, Refusal> {
        let Replacement { old, new, kept } = replacement;
        if old == new {
            return Err(Refusal::SameHost);
        }
        // As the scope of a mute it would mean others too.
        if new.contains('*') {
            return Err(Refusal::PatternHost);
        }
        let written = self.written.iter().find(|place| place.host() == &**old);
        let dark = self.dark.iter().filter(|(place, _)| place.host() == &**old).map(|(_, dark)| &dark.face);
        let held = self.apps_of(old).map(|(id, _)| id).chain(dark);
        let kept = kept.iter().filter(|id| id.borrow().host() == &**old);
        let apps: BTreeSet<OwnedIdentity> = held.chain(kept).cloned().collect();
        let said = |(_, mute, _): (MuteId, &Mute, bool)| mute.scope().moved(old, new).is_some();
        let listed = self.list.iter().any(|it| it.place.host() == &**old);
        let silenced = self.mutes.list(super::BEGINNING).any(said);
        // Of two names that are wrong the first is told first.
        if apps.is_empty() && !listed && !silenced && written.is_none() {
            return Err(Refusal::NoHost(old.clone()));
        }
        if self.apps_of(new).next().is_none() {
            return Err(Refusal::NoSuccessor(new.clone()));
        }
        if let Some(place) = written {
            return Err(Refusal::Configured(place.clone()));
        }
        let alive = |(_, state): &(_, State)| {
            !matches!(state, State::Down | State::Done | State::Unknown | State::Missing)
        };
        if let Some((id, _)) = self.apps_of(old).find(alive) {
            return Err(Refusal::Alive(id.clone()));
        }
        if apps.len() > MOST {
            return Err(Refusal::TooMany(apps.len()));
        }
        Ok(apps)
    }

    fn apps_of<'a>(&'a self, host: &'a str) -> impl Iterator<Item = (&'a OwnedIdentity, State)> {
        let here = self.apps.range(first(host, "")..).take_while(move |(id, _)| id.borrow().host() == host);
        here.map(|(id, app)| (id, app.belief.state))
    }

    /// What people muted of the old host is muted of the new one; how many.
    fn retarget(&mut self, at: Moment, old: &str, new: &str, out: &mut Vec<Output>) -> usize {
        let by_people = |(_, mute, _): &(MuteId, &Mute, bool)| mute.who().by() != past::CONFIG;
        let held = self.mutes.list(at.wall).filter(by_people);
        let moves: Vec<(MuteId, Scope)> =
            held.filter_map(|(id, mute, _)| Some((id, mute.scope().moved(old, new)?))).collect();
        for (id, scope) in &moves {
            self.window(at, window::Input::Retarget { id: *id, scope: scope.clone() }, out);
            let held = self.mutes.list(at.wall).find(|(held, ..)| held == id);
            let row = held.and_then(|(_, mute, _)| self.mute_row(*id, mute, None));
            out.extend(row.map(|row| Output::Keep(row.into())));
        }
        moves.len()
    }

    /// What a switch said last of the old host counts for the new one, unless one said something of it.
    fn repeat_signals(&mut self, at: Moment, old: &str, new: &str, out: &mut Vec<Output>) {
        let said = self.mutes.signals().filter_map(|said| Some((said.scope.moved(old, new)?, said)));
        let said: Vec<_> = said
            .filter(|(scope, _)| self.mutes.said_since(scope).is_none())
            .map(|(scope, said)| (scope, said.open, said.since, said.at, said.who.clone()))
            .collect();
        for (scope, open, since, heard, who) in said {
            let (by, place) = (who.by().into(), who.from().into());
            let row = row::Signal { scope: scope.to_string(), open, since, at: heard, by, place };
            out.push(Output::Keep(row.into()));
            self.window(at, window::Input::Heard { scope, open, since, at: heard, who }, out);
        }
    }

    /// A place that was dark is dark where it is now, in the same name, until it is known what runs there.
    fn move_dark(&mut self, places: &[Place], new: &str) -> Vec<Place> {
        let mut moved = Vec::new();
        for place in places {
            let Some(Dark { face, belief }) = self.dark.remove(place) else { continue };
            let there = at_host(place, new);
            if !self.dark.contains_key(&there) {
                self.dark.insert(there.clone(), Dark { face: called(&face, new), belief });
                moved.push(there);
            }
        }
        moved
    }

    fn hand_over(
        &mut self,
        at: Moment,
        from: Identity<'_>,
        to: Identity<'_>,
        who: &Who,
        out: &mut Vec<Output>,
    ) {
        let adopted = self.expect.adopted(from);
        if self.apps.contains_key(&from.to_owned()) {
            self.carry(at, from, to, true, out);
        } else {
            self.move_case(at, from, to, true, out);
            self.rename_steps(from, to);
            self.repair(at, repair::Input::Forget { id: from }, out);
            self.expected(at, expect::Input::Removed { id: from, forgotten: true }, out);
            self.hold(at, to, out);
            self.settle(at, to, out);
            self.leave(at, from.host(), out);
        }
        if adopted.is_some() {
            self.expected(at, expect::Input::Adopt { id: to, who: who.clone() }, out);
        }
        out.extend([Output::Changed(from.to_owned()), Output::Changed(to.to_owned())]);
    }

    /// What was expected of the old places is expected of the new ones, unless something is expected there.
    fn expect_instead(&mut self, at: Moment, who: &Who, places: &[Place], new: &str, out: &mut Vec<Output>) {
        if places.is_empty() {
            return;
        }
        let (gone, mut stay): (Vec<Expected>, Vec<Expected>) =
            self.list.iter().cloned().partition(|it| places.contains(&it.place));
        for it in gone {
            out.push(Output::Keep(list::expectation(&it, at.wall, who, Some(at.wall)).into()));
            let it = Expected { place: at_host(&it.place, new), shows: it.shows };
            if !self.listed.contains_key(&it.place) {
                out.push(Output::Keep(list::expectation(&it, at.wall, who, None).into()));
                stay.push(it);
            }
        }
        self.expect_all(at, &stay, out);
    }

    /// Where the configuration names a host: what only a person can change there.
    #[must_use]
    pub fn written_of(&self, host: &str) -> Vec<String> {
        let names = |pattern: &Pattern| pattern.moved(host, "x").is_some();
        let means = |scope: &Scope| scope.moved(host, "x").is_some();
        let groups = self.groups.iter().filter(|group| group.members.iter().any(names));
        let mutes = self.mutes.list(super::BEGINNING).filter(|(_, mute, _)| mute.who().by() == past::CONFIG);
        let hours =
            self.mutes.phases().filter(|(scope, _)| means(scope) && self.mutes.said_since(scope).is_none());
        let plans = self.plans.iter().flat_map(|plan| &plan.apps).filter(|apps| names(apps));
        let groups = groups.map(|group| format!("group {}", group.name));
        let mutes = mutes.filter(|(_, mute, _)| means(mute.scope())).map(|(_, mute, _)| mute.scope());
        groups
            .chain(hours.map(|(scope, _)| format!("hours {scope}")))
            .chain(mutes.map(|scope| format!("mute {scope}")))
            .chain(plans.map(|apps| format!("repair {apps}")))
            .collect()
    }
}

/// The same app on another host.
fn called(app: &OwnedIdentity, host: &str) -> OwnedIdentity {
    let app = app.borrow();
    Identity::new(host, app.slot(), app.app()).expect("an app of that host is known").to_owned()
}

/// The same window of another host.
fn at_host(place: &Place, host: &str) -> Place {
    Place::new(host, place.slot()).expect("an app of that host is known")
}
