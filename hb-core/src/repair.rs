//! The repair ladder: what is done about a screen that is proved to be broken, and what is not.
//!
//! Law: **only on evidence, never from silence**. What a client says of itself, an exited process or a dead browser
//! must hold for [`Config::hold`]; a lost GPU context, which browsers restore within a second or never, for
//! [`Config::context_wait`], and then only what brings contexts back is tried. No step while anything forbids it, none
//! beyond the caps, one host of a group at a time. Moves that do not help lead up the ladder with growing pauses, and at
//! its end a person is called, once. Apps that are not adopted with repairs only hear what would be done.
//!
//! Everything is judged by the freshest facts: other than the registry, a late tick does not act for the past. Not here:
//! how a step is carried out, opening hours, groups that fell silent: the shell says when they begin and end.
//!
//! ```
//! use hb_core::id::Identity;
//! use hb_core::repair::{Action, Adoption, Config, Evidence, Input, Output, Repairs};
//! use hb_lease::time::Time;
//!
//! let mut repairs = Repairs::new(Config::default());
//! let id = Identity::new("kiosk-17", "", "Tetris").unwrap();
//! let mut out = Vec::new();
//! let zero = Time::ZERO;
//! repairs.handle(zero, Input::Clock { trusted: true }, &mut out);
//! repairs.handle(zero, Input::Adopt { id, adoption: Adoption::Repairs }, &mut out);
//! repairs.handle(zero, Input::Evidence { id, evidence: Evidence::NoFrames, on: true }, &mut out);
//! assert_eq!(repairs.next_timeout(), Some(Time::from_millis(30_000)));
//!
//! repairs.handle(Time::from_millis(30_000), Input::Tick, &mut out);
//! let Some(Output::Run(first)) = out.pop() else { panic!() };
//! assert_eq!((first.action, first.why), (Action::Reload, Evidence::NoFrames));
//! ```

mod config;
mod evidence;
mod facts;
mod hosts;
mod input;
mod ladder;
mod limit;
mod look;
mod record;
#[cfg(test)]
mod tests;
mod unit;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Time;

use crate::id::{Identity, OwnedIdentity};

pub use config::Config;
pub use evidence::{Evidence, Signs};
pub use input::{Adoption, Failure, Input, Move, Outcome, Output, Refusal};
pub use ladder::{Action, InvalidLadder, Ladder, MOST_STEPS, Step};
pub use limit::Limit;
pub use record::{Past, Record};

use hosts::Hosts;
use unit::{Course, Unit};

/// What is shown of an app beside its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing is being done.
    #[default]
    Idle,
    /// This is being done, or its effect awaited.
    Running(Action),
    /// The end of the ladder was reached and alerted, and the screen has not worked since.
    GaveUp,
}

/// The ladders of all apps of a server.
#[derive(Debug)]
pub struct Repairs {
    config: Config,
    now: Time,
    /// Whether the calendar can be trusted.
    trusted: bool,
    /// The last ticket given; zero is none.
    ticket: u64,
    units: BTreeMap<OwnedIdentity, Unit>,
    timers: BTreeSet<(Time, OwnedIdentity)>,
    /// Those that wait for others, longest first.
    waiting: BTreeSet<(Time, OwnedIdentity)>,
    hosts: Hosts,
    /// A step ended: others may begin.
    released: bool,
    refused: u64,
}

impl Repairs {
    /// Nothing known, and the clock not trusted.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            now: Time::ZERO,
            trusted: false,
            ticket: 0,
            units: BTreeMap::new(),
            timers: BTreeSet::new(),
            waiting: BTreeSet::new(),
            hosts: Hosts::default(),
            released: false,
            refused: 0,
        }
    }

    /// Takes in what happened; appends what to do and to tell to `out`, in order. A `now` before an earlier one counts
    /// as that one.
    ///
    /// O(log n) in the number of apps, and O(n) in those that wait for others where a step ends.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        let now = self.now;
        match input {
            Input::Evidence { id, evidence, on } => {
                self.with(now, id, on, out, |unit, _| unit.facts.note(now, evidence, on));
            }
            Input::Context { id, lost } => {
                self.with(now, id, lost, out, |unit, config| {
                    unit.facts.context(now, lost, unit.adoption != Adoption::New, config);
                });
            }
            Input::Held { id, reason, on } => {
                self.with(now, id, on, out, |unit, _| unit.facts.hold(reason, on));
            }
            Input::Adopt { id, adoption } => {
                self.with(now, id, adoption != Adoption::New, out, |unit, _| unit.adopt(adoption));
            }
            Input::Ladder { id, ladder } => self.with(now, id, true, out, |unit, _| {
                if unit.ladder.as_ref() != Some(&ladder) {
                    unit.ladder = Some(ladder);
                    unit.restart_ladder();
                }
            }),
            Input::State { id, state } => {
                self.with(now, id, false, out, |unit, _| unit.facts.state = Some(state));
            }
            Input::Touched { id } => {
                self.with(now, id, false, out, |unit, config| unit.facts.touch(now, config));
            }
            Input::Result { id, ticket, failure } => self.result(now, id, ticket, failure, out),
            Input::Now { id, who } => self.press(now, id, who, out),
            Input::Restore { id, record, after, ticket } => {
                self.restore(now, id, &record, (after, ticket), out);
            }
            Input::Rebooted { host, left } => {
                self.hosts.spare(host, now + left.min(self.config.reboot_span));
            }
            Input::Forget { id } => self.forget(now, id, out),
            Input::Groups { host, groups } => {
                self.hosts.place(host, groups);
                self.released = true;
            }
            Input::Clock { trusted } => {
                self.trusted = trusted;
                let all: Vec<_> = self.units.keys().cloned().collect();
                for id in all {
                    self.look(now, &id, out);
                }
            }
            Input::Tick => {
                self.tick(now, out);
                self.wake(now, out);
            }
        }
    }

    /// When [`Input::Tick`] is next needed; an early one is harmless.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        let woken = (self.released && !self.waiting.is_empty()).then_some(self.now);
        woken.or_else(|| self.timers.first().map(|&(at, _)| at))
    }

    /// What is shown of an app beside its state.
    #[must_use]
    pub fn status(&self, id: Identity<'_>) -> Status {
        let incident = self.units.get(&id.to_owned()).and_then(|unit| unit.incident.as_ref());
        match incident.map(|incident| (incident.course, incident.gave_up)) {
            Some((Course::Running { action, dry: false, .. }, _)) => Status::Running(action),
            Some((_, true)) => Status::GaveUp,
            Some((_, false)) | None => Status::Idle,
        }
    }

    /// Whether something was done about an app that has not worked for [`Config::settle`] since: until then, nobody knows
    /// whether it helped.
    #[must_use]
    pub fn is_trying(&self, id: Identity<'_>) -> bool {
        let incident = self.units.get(&id.to_owned()).and_then(|unit| unit.incident.as_ref());
        incident.is_some_and(|incident| incident.tried)
    }

    /// What an app would keep over a restart of the server; `None` where that is nothing.
    #[must_use]
    pub fn record(&self, now: Time, id: Identity<'_>) -> Option<Record> {
        let unit = self.units.get(&id.to_owned())?;
        let record = Record::of(unit, self.now.max(now));
        Some(record).filter(|record| !record.is_empty())
    }

    /// What everybody would keep, in the order of their names.
    pub fn records(&self, now: Time) -> impl Iterator<Item = (&OwnedIdentity, Record)> {
        self.units.keys().filter_map(move |id| Some((id, self.record(now, id.borrow())?)))
    }

    /// Hosts that may not be rebooted, and for how long: the other half of what is kept over a restart of the server.
    pub fn reboots(&self, now: Time) -> impl Iterator<Item = (&str, Duration)> {
        self.hosts.reboots(self.now.max(now))
    }

    /// Hosts and groups of which anything is known.
    #[must_use]
    pub fn hosts(&self) -> usize {
        self.hosts.len()
    }

    /// Apps of which anything is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether nothing is known of any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Words that were dropped because [`Config::apps`] others are known.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }
}
