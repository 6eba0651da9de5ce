//! What should be lit, and who is here to stay: the `expect` list, and the adoption of ids never seen before.
//!
//! A place of the list is missing when nothing that it should show runs at the end of the grace after opening, server
//! start or a group's incident, or a minute after its app said goodbye in opening hours. What runs badly is not missing:
//! that is told of the app. Once missing, a place stays so until something runs there, whatever opens or closes. Not
//! here: the calendar, alerts; `new` apps that fall silent ([`crate::registry`] forgets them).
//!
//! ```
//! use hb_core::beat::State;
//! use hb_core::expect::{Config, Expect, Expected, Input, Output, Place, Why};
//! use hb_core::id::{Glob, Identity};
//! use hb_lease::time::Time;
//!
//! let place = Place::new("kiosk-22", "").unwrap();
//! let list = [Expected { place: place.clone(), shows: vec![Glob::new("Tetris").unwrap()] }];
//! let mut expect = Expect::new(Config::default());
//! let mut out = Vec::new();
//! expect.handle(Time::ZERO, Input::List(&list), &mut out);
//!
//! let grace = expect.next_timeout().unwrap();
//! expect.handle(grace, Input::Tick, &mut out);
//! assert_eq!(out.pop(), Some(Output::Missing { place: place.clone(), since: grace, why: Why::Start }));
//!
//! let id = Identity::new("kiosk-22", "", "Tetris").unwrap();
//! expect.handle(grace, Input::State { id, state: State::Starting }, &mut out);
//! assert_eq!(out.pop(), Some(Output::Present { place, at: grace }));
//! ```

mod input;
mod list;
mod screen;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Time;

use crate::beat::State;
use crate::defaults;
use crate::id::{Identity, Who};

pub use input::{How, Input, Output, Phase, Why};
pub use list::{Expected, Place};

use screen::{Screen, is_running};

/// How patient expectations are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// After server start, opening and a group's incident. Default [`defaults::BOOT_GRACE`].
    pub boot_grace: Duration,
    /// After a goodbye. Default [`defaults::GOODBYE_WAIT`].
    pub goodbye: Duration,
    /// Life by which an app is adopted. Default [`defaults::ADOPT_AFTER`].
    pub adopt_after: Duration,
    /// Most adopted apps that are remembered while they are not held. Default [`defaults::ABSENT`].
    pub absent: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            boot_grace: defaults::BOOT_GRACE,
            goodbye: defaults::GOODBYE_WAIT,
            adopt_after: defaults::ADOPT_AFTER,
            absent: defaults::ABSENT,
        }
    }
}

/// The places of the list, and the apps that a registry holds. Beyond those it remembers [`Config::absent`] adoptions.
#[derive(Debug)]
pub struct Expect {
    config: Config,
    now: Time,
    screens: BTreeMap<Place, Screen>,
    apps: BTreeMap<Place, BTreeMap<Box<str>, App>>,
    absent: usize,
    /// Of screens, and of apps that may be adopted by age.
    timers: BTreeSet<(Time, Place, Option<Box<str>>)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct App {
    /// `None` while it is adopted and not held.
    state: Option<State>,
    adopted: Option<How>,
    /// When it has lived long enough; `None` once it was looked at.
    grown: Option<Time>,
}

impl App {
    /// Whether it can be said to live.
    fn lives(&self) -> bool {
        self.state.is_some_and(|state| is_running(state) && state != State::Unknown)
    }
}

impl Expect {
    /// Nothing expected, nobody known.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            now: Time::ZERO,
            screens: BTreeMap::new(),
            apps: BTreeMap::new(),
            absent: 0,
            timers: BTreeSet::new(),
        }
    }

    /// Takes in what happened; appends what followed to `out`, in order. What was over before `now` is told first; who
    /// comes in the very millisecond in which a wait is over comes in time. A `now` before an earlier one counts as
    /// that one.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        let now = self.now;
        self.settle(|at| at < now, out);
        match input {
            Input::List(list) => self.list(now, list, out),
            Input::Phase { place, phase } => {
                self.with(place, |screen, config| screen.phase(now, phase, config));
            }
            Input::Group { place, silent } => {
                self.with(place, |screen, config| screen.group(now, silent, config));
            }
            Input::State { id, state } => self.state(now, id, state, out),
            Input::Removed { id, forgotten } => self.removed(now, id, forgotten),
            Input::Adopt { id, who } => self.adopt(now, id, who, out),
            Input::Adopted { id, how } => {
                if self.app(id).is_some() || self.absent < self.config.absent {
                    self.enter(id).adopted = Some(how);
                    self.retime(&Place::of(id), Some(id.app()), None);
                }
            }
            Input::Missing { place } => {
                let running = self.runs(place);
                self.with(place, |screen, _| screen.missing |= !running);
            }
            Input::Tick => {}
        }
        self.settle(|at| at <= now, out);
    }

    /// When [`Input::Tick`] is next needed; an early one is harmless.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        self.timers.first().map(|&(at, _, _)| at)
    }

    /// Whether a place is missing; `None` where it is not expected.
    #[must_use]
    pub fn is_missing(&self, place: &Place) -> Option<bool> {
        self.screens.get(place).map(|screen| screen.missing)
    }

    /// Whether somebody named this very app: in the list, without a pattern, or by adopting it.
    #[must_use]
    pub fn is_named(&self, id: Identity<'_>) -> bool {
        let listed = self.screens.get(&Place::of(id)).is_some_and(|screen| screen.names(id.app()));
        listed || self.adopted(id) == Some(How::Person)
    }

    /// How an app was adopted; `None` while it is new.
    #[must_use]
    pub fn adopted(&self, id: Identity<'_>) -> Option<How> {
        self.app(id)?.adopted
    }

    /// Apps of which anything is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.apps.values().map(BTreeMap::len).sum()
    }

    /// Whether nothing is known of any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.apps.is_empty()
    }

    fn app(&self, id: Identity<'_>) -> Option<&App> {
        self.apps.get(&Place::of(id))?.get(id.app())
    }

    /// The record of an app; one that is not held, if there was none.
    fn enter(&mut self, id: Identity<'_>) -> &mut App {
        let apps = self.apps.entry(Place::of(id)).or_default();
        apps.entry(id.app().into()).or_insert_with(|| {
            self.absent += 1;
            App::default()
        })
    }

    fn runs(&self, place: &Place) -> bool {
        let (Some(screen), Some(apps)) = (self.screens.get(place), self.apps.get(place)) else {
            return false;
        };
        apps.iter().any(|(name, app)| app.state.is_some_and(is_running) && screen.fits(name))
    }

    fn with(&mut self, place: &Place, change: impl FnOnce(&mut Screen, &Config)) {
        if let Some(screen) = self.screens.get_mut(place) {
            change(screen, &self.config);
            let due = screen.due();
            self.retime(place, None, due);
        }
    }

    /// Sets the timer of a screen, or of one of its apps.
    fn retime(&mut self, place: &Place, app: Option<&str>, due: Option<Time>) {
        let timer = match app {
            Some(app) => {
                self.apps.get_mut(place).and_then(|apps| apps.get_mut(app)).map(|app| &mut app.grown)
            }
            None => self.screens.get_mut(place).map(|screen| &mut screen.timer),
        };
        let Some(timer) = timer else { return };
        if let Some(before) = core::mem::replace(timer, due) {
            self.timers.remove(&(before, place.clone(), app.map(Into::into)));
        }
        if let Some(due) = due {
            self.timers.insert((due, place.clone(), app.map(Into::into)));
        }
    }

    fn list(&mut self, now: Time, list: &[Expected], out: &mut Vec<Output>) {
        let listed: BTreeSet<&Place> = list.iter().map(|entry| &entry.place).collect();
        let gone: Vec<Place> = self.screens.keys().filter(|place| !listed.contains(place)).cloned().collect();
        for place in gone {
            self.retime(&place, None, None);
            if self.screens.remove(&place).is_some_and(|screen| screen.missing) {
                out.push(Output::Unlisted { place, at: now });
            }
        }
        for Expected { place, shows } in list {
            if !self.screens.contains_key(place) {
                self.screens.insert(place.clone(), Screen::new(now, shows.clone(), &self.config));
            }
            self.with(place, |screen, config| screen.show(now, shows.clone(), config));
            self.look(now, place, out);
            let names: Vec<_> = self.apps.get(place).into_iter().flat_map(BTreeMap::keys).cloned().collect();
            for name in names {
                self.welcome(now, place, &name, out);
            }
        }
    }

    fn state(&mut self, now: Time, id: Identity<'_>, state: State, out: &mut Vec<Output>) {
        let place = Place::of(id);
        let known = self.app(id).is_some();
        let app = self.enter(id);
        let before = app.state.replace(state);
        let (lives, grown) = (app.lives(), app.grown);
        if before.is_none() {
            self.absent -= 1;
        }
        if !known {
            self.retime(&place, Some(id.app()), Some(now + self.config.adopt_after));
        }
        self.welcome(now, &place, id.app(), out);
        self.look(now, &place, out);
        if known && lives && grown.is_none() && self.adopted(id).is_none() {
            // It was not there when its day was over.
            self.take(now, id, How::Age, None, out);
        }
        if state == State::Done && before != Some(state) {
            self.part(now, &place, id.app());
        }
    }

    fn removed(&mut self, now: Time, id: Identity<'_>, forgotten: bool) {
        let place = Place::of(id);
        let Some(&App { state, adopted, .. }) = self.app(id) else { return };
        self.retime(&place, Some(id.app()), None);
        let keep = adopted == Some(How::Person)
            && !forgotten
            && (state.is_none() || self.absent < self.config.absent);
        if keep {
            self.absent += usize::from(state.is_some());
            self.enter(id).state = None;
        } else if let Some(apps) = self.apps.get_mut(&place) {
            self.absent -= usize::from(state.is_none());
            apps.remove(id.app());
            if apps.is_empty() {
                self.apps.remove(&place);
            }
        }
        if state.is_some_and(|state| state != State::Done) {
            self.part(now, &place, id.app());
        }
    }

    /// An app of a place said goodbye or was removed.
    fn part(&mut self, now: Time, place: &Place, app: &str) {
        if !self.runs(place) {
            self.with(place, |screen, config| {
                if screen.fits(app) {
                    screen.part(now, config);
                }
            });
        }
    }

    /// Looks whether something runs in a place.
    fn look(&mut self, now: Time, place: &Place, out: &mut Vec<Output>) {
        if self.runs(place) {
            let mut found = false;
            self.with(place, |screen, _| found = screen.found());
            if found {
                out.push(Output::Present { place: place.clone(), at: now });
            }
        }
    }

    /// Adopts an app that the list expects.
    fn welcome(&mut self, now: Time, place: &Place, app: &str, out: &mut Vec<Output>) {
        let id = place.app(app);
        let expected = self.screens.get(place).is_some_and(|screen| screen.fits(app));
        if expected && self.adopted(id.borrow()).is_none() {
            self.take(now, id.borrow(), How::List, None, out);
        }
    }

    fn adopt(&mut self, now: Time, id: Identity<'_>, who: Who, out: &mut Vec<Output>) {
        if self.app(id).is_none() && self.absent >= self.config.absent {
            out.push(Output::Full { id: id.to_owned(), who });
        } else if self.adopted(id) != Some(How::Person) {
            self.enter(id);
            self.take(now, id, How::Person, Some(who), out);
        }
    }

    fn take(&mut self, at: Time, id: Identity<'_>, how: How, who: Option<Who>, out: &mut Vec<Output>) {
        self.enter(id).adopted = Some(how);
        self.retime(&Place::of(id), Some(id.app()), None);
        out.push(Output::Adopted { id: id.to_owned(), at, how, who });
    }

    /// Tells what time brought, in its order.
    fn settle(&mut self, is_over: impl Fn(Time) -> bool, out: &mut Vec<Output>) {
        while let Some((at, place, app)) = self.timers.first().filter(|(at, _, _)| is_over(*at)).cloned() {
            if let Some(name) = app {
                self.retime(&place, Some(&name), None);
                let id = place.app(&name);
                if self.app(id.borrow()).is_some_and(App::lives) {
                    self.take(at, id.borrow(), How::Age, None, out);
                }
                continue;
            }
            let running = self.runs(&place);
            self.with(&place, |screen, _| {
                if let Some(Some((since, why))) = screen.pop(|due| due <= at).filter(|_| !running) {
                    screen.missing = true;
                    out.push(Output::Missing { place: place.clone(), since, why });
                }
            });
        }
    }
}
