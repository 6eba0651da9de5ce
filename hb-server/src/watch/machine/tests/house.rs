//! A house in virtual time: the machine, what it said, and what a store would keep of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hb_core::alert::{self, Rule};
use hb_core::beat::{Cause, State};
use hb_core::id::OwnedIdentity;
use hb_core::incident::Belief;
use hb_core::repair::{Failure, Move};
use hb_core::window::Hours;
use hb_lease::time::{Time, Wall};

use crate::notify;
use crate::notify::channel::Channel;
use crate::notify::channel::command::Command;
use crate::notify::message::{Kind, Message};
use crate::store::row::{self, Row};
use crate::watch::machine::{Input, Machine, Output, Past, Refusal, Replaced, Replacement, Reply, Request};
use crate::watch::{Config, Moment};

/// 2026-06-01T08:00:00Z, a Monday.
pub(super) const START: i64 = 1_780_300_800_000;

pub(super) struct House {
    config: Config,
    hours: Vec<Option<Hours>>,
    pub(super) machine: Machine,
    now: Time,
    wall: i64,
    pub(super) all: Vec<Message>,
    /// By which channel each of `all` went.
    pub(super) by: Vec<alert::Channel>,
    pub(super) steps: Vec<Move>,
    /// What the registry was told in this run: whether an app is closed.
    pub(super) closed: Vec<bool>,
    pub(super) repairs: BTreeMap<(i64, String), row::Repair>,
    incidents: BTreeMap<u64, row::Incident>,
    mutes: BTreeMap<u64, row::Mute>,
    adoptions: BTreeMap<OwnedIdentity, row::Adoption>,
    expectations: BTreeMap<String, row::Expectation>,
    signals: BTreeMap<String, row::Signal>,
    ladders: BTreeMap<OwnedIdentity, row::Ladder>,
    beliefs: BTreeMap<OwnedIdentity, (State, Cause, Wall)>,
}

/// One rule for each of `hours`, each with a channel of its own; the first gets the opening report.
fn alerts(hours: Vec<Option<Hours>>) -> notify::Config {
    let channel = Arc::new(Channel::Command(Command::new(&["true".to_owned()]).unwrap()));
    let all = (0..u16::MAX).zip(&hours);
    let named = all.clone().map(|(n, _)| notify::Named {
        name: format!("guards {n}").into(),
        channel: Arc::clone(&channel),
        report: n == 0,
        pictures: false,
    });
    let (channels, rules) =
        (named.collect(), all.map(|(n, _)| Rule::everything(vec![alert::Channel(n)])).collect());
    notify::Config { channels, rules, hours }
}

impl House {
    pub(super) fn new(config: Config) -> Self {
        Self::telling(config, vec![None])
    }

    /// With a rule for each of these hours.
    pub(super) fn telling(config: Config, hours: Vec<Option<Hours>>) -> Self {
        let mut house = Self {
            machine: Machine::new(&config, &alerts(hours.clone())).unwrap(),
            hours,
            config,
            now: Time::ZERO,
            wall: START,
            all: Vec::new(),
            by: Vec::new(),
            steps: Vec::new(),
            closed: Vec::new(),
            repairs: BTreeMap::new(),
            incidents: BTreeMap::new(),
            mutes: BTreeMap::new(),
            adoptions: BTreeMap::new(),
            expectations: BTreeMap::new(),
            signals: BTreeMap::new(),
            ladders: BTreeMap::new(),
            beliefs: BTreeMap::new(),
        };
        house.begin(Past::default());
        house
    }

    fn begin(&mut self, past: Past) {
        let (at, mut out) = (self.at(), Vec::new());
        self.machine.handle(at, Input::Clock { trusted: true, step: 0 }, &mut out);
        self.machine.begin(at, &self.config, past, &mut out);
        self.keep(out);
    }

    /// The process is killed; `seconds` later the next one begins with what was kept.
    pub(super) fn restart(self, seconds: u64) -> Self {
        let config = self.config.clone();
        self.restart_with(seconds, config)
    }

    /// And with another configuration.
    pub(super) fn restart_with(mut self, seconds: u64, config: Config) -> Self {
        self.config = config;
        self.closed.clear();
        self.machine = Machine::new(&self.config, &alerts(self.hours.clone())).unwrap();
        self.now = Time::ZERO;
        self.wall += i64::try_from(seconds * 1000).unwrap();
        let moment = self.at();
        let apps = self.beliefs.iter().map(|(id, &(state, cause, since))| {
            let good = matches!(state, State::Up | State::Starting | State::Reconnecting);
            let (state, cause) = if good { (State::Unknown, Cause::Restart) } else { (state, cause) };
            let since = moment.time_of(since);
            let granted = Duration::from_secs(6);
            (id.clone(), Belief { state, cause, since, granted, down_at: since + granted * 2 })
        });
        let past = Past {
            apps: apps.collect(),
            incidents: self.incidents.values().filter(|row| row.ended.is_none()).cloned().collect(),
            untold: self
                .incidents
                .values()
                .filter(|row| row.told.contains("\"closing\":true"))
                .cloned()
                .collect(),
            last_incident: self.incidents.keys().last().copied().unwrap_or(0),
            last_mute: self.mutes.keys().last().copied().unwrap_or(0),
            mutes: self.mutes.values().filter(|row| row.lifted.is_none()).cloned().collect(),
            adoptions: self.adoptions.values().cloned().collect(),
            expectations: self.expectations.values().filter(|row| row.lifted.is_none()).cloned().collect(),
            signals: self.signals.values().cloned().collect(),
            ladders: self.ladders.values().cloned().collect(),
            reboots: self.repairs.values().filter(|row| row.action == "reboot").cloned().collect(),
        };
        self.begin(past);
        self
    }

    pub(super) fn at(&self) -> Moment {
        Moment { now: self.now, wall: Wall::from_unix_millis(self.wall) }
    }

    pub(super) fn wall_in(&self, seconds: i64) -> Wall {
        Wall::from_unix_millis(self.wall + seconds * 1000)
    }

    /// Lets time pass, and every timer run in its own moment.
    pub(super) fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            let due = self.machine.next_timeout(self.at()).filter(|&due| due <= end);
            let Some(due) = due else { break };
            let due = due.max(self.now + Duration::from_millis(1)).min(end);
            self.go(due);
            self.handle(Input::Tick);
            if due == end {
                break;
            }
        }
        self.go(end);
        self.handle(Input::Tick);
    }

    pub(super) fn go(&mut self, to: Time) {
        self.wall += i64::try_from(to.since(self.now).as_millis()).unwrap();
        self.now = to;
    }

    pub(super) fn handle(&mut self, input: Input<'_>) {
        let (at, mut out) = (self.at(), Vec::new());
        self.machine.handle(at, input, &mut out);
        self.keep(out);
    }

    pub(super) fn ask(&mut self, request: Request) -> Result<Reply, Refusal> {
        let (at, mut out) = (self.at(), Vec::new());
        let reply = self.machine.request(at, &super::ada(), request, &mut out);
        self.keep(out);
        reply
    }

    /// Somebody sets the calendar.
    pub(super) fn set_clock(&mut self, trusted: bool, seconds: i64) {
        self.wall += seconds * 1000;
        self.handle(Input::Clock { trusted, step: seconds * 1000 });
    }

    /// The registry holds it no longer.
    pub(super) fn remove(&mut self, id: &OwnedIdentity, forgotten: bool) {
        self.beliefs.remove(id);
        self.handle(Input::Removed { id: id.borrow(), forgotten });
    }

    /// It speaks from another host.
    pub(super) fn rename(&mut self, from: &OwnedIdentity, to: &OwnedIdentity) {
        let Some(belief) = self.beliefs.remove(from) else { return };
        self.beliefs.insert(to.clone(), belief);
        self.handle(Input::Moved { from: from.borrow(), to: to.borrow() });
    }

    pub(super) fn adopt(&mut self, id: &OwnedIdentity) {
        self.ask(Request::Adopt(id.clone())).unwrap();
    }

    pub(super) fn believe(&mut self, id: &OwnedIdentity, state: State, cause: Cause) {
        let (since, granted) = (self.now, Duration::from_secs(6));
        self.beliefs.insert(id.clone(), (state, cause, self.at().wall));
        let belief = Belief { state, cause, since, granted, down_at: since + granted };
        self.handle(Input::Believed { id: id.borrow(), belief });
    }

    pub(super) fn moved(&mut self, from: &OwnedIdentity, to: &OwnedIdentity) {
        if let Some(belief) = self.beliefs.remove(from) {
            self.beliefs.insert(to.clone(), belief);
        }
        // As the store does with all that it keeps of an app.
        if let Some(row) = self.adoptions.remove(from) {
            self.adoptions.insert(to.clone(), row::Adoption { app: to.clone(), ..row });
        }
        self.handle(Input::Moved { from: from.borrow(), to: to.borrow() });
    }

    /// The last step went so.
    pub(super) fn answer(&mut self, failure: Option<Failure>) {
        let step = self.steps.last().unwrap().clone();
        self.handle(Input::Repaired { id: step.id.borrow(), ticket: step.ticket, failure, said: "" });
    }

    pub(super) fn told(&self, kind: Kind) -> Vec<&Message> {
        self.all.iter().filter(|message| message.kind == kind).collect()
    }

    pub(super) fn actions(&self) -> Vec<&'static str> {
        self.steps.iter().map(|step| step.action.word()).collect()
    }

    pub(super) fn open_incidents(&self) -> Vec<u64> {
        self.incidents.values().filter(|row| row.ended.is_none()).map(|row| row.number).collect()
    }

    /// Every incident there ever was, as it is kept.
    pub(super) const fn rows(&self) -> &BTreeMap<u64, row::Incident> {
        &self.incidents
    }

    /// One host took the place of another; what the store kept of its apps, it keeps of theirs.
    pub(super) fn replace(
        &mut self,
        old: &str,
        new: &str,
        kept: &[OwnedIdentity],
    ) -> Result<Replaced, Refusal> {
        let (old, new, kept) = (old.into(), new.into(), kept.to_vec());
        match self.ask(Request::Replace(Replacement { old, new, kept }))? {
            Reply::Replaced(replaced) => Ok(replaced),
            reply => panic!("{reply:?}"),
        }
    }

    /// Apps of which anything is kept, held or not.
    pub(super) fn names(&self) -> Vec<OwnedIdentity> {
        self.adoptions.keys().chain(self.ladders.keys()).cloned().collect()
    }

    fn rename_rows(&mut self, from: &OwnedIdentity, to: &OwnedIdentity) {
        for row in self.incidents.values_mut().filter(|row| row.app.as_ref() == Some(from)) {
            row.app = Some(to.clone());
        }
        if let Some(row) = self.adoptions.remove(from) {
            self.adoptions.insert(to.clone(), row::Adoption { app: to.clone(), ..row });
        }
        if let Some(row) = self.ladders.remove(from) {
            self.ladders.entry(to.clone()).or_insert(row::Ladder { app: to.clone(), ..row });
        }
        for row in self.repairs.values_mut().filter(|row| row.app == *from) {
            row.app = to.clone();
        }
        if let Some(belief) = self.beliefs.remove(from) {
            self.beliefs.entry(to.clone()).or_insert(belief);
        }
    }

    fn keep(&mut self, out: Vec<Output>) {
        for output in &out {
            if let Output::Renamed(from, to) = output {
                self.rename_rows(from, to);
            }
        }
        for output in out {
            match output {
                Output::Keep(Row::Incident(row)) => drop(self.incidents.insert(row.number, row)),
                Output::Keep(Row::Mute(row)) => drop(self.mutes.insert(row.number, row)),
                Output::Keep(Row::Adoption(row)) => drop(self.adoptions.insert(row.app.clone(), row)),
                Output::Keep(Row::Expectation(row)) => drop(self.expectations.insert(row.host.clone(), row)),
                Output::Keep(Row::Signal(row)) => drop(self.signals.insert(row.scope.clone(), row)),
                Output::Keep(Row::Ladder(row)) => drop(self.ladders.insert(row.app.clone(), row)),
                Output::Keep(Row::Repair(row)) => {
                    self.repairs.insert((row.at.as_unix_millis(), row.action.clone()), row);
                }
                Output::Keep(Row::Acknowledgement(_)) => {}
                Output::Keep(row) => panic!("not kept by this house: {row:?}"),
                Output::Tell { channel, message } => {
                    self.all.push(message);
                    self.by.push(channel);
                }
                Output::Repair(step) => self.steps.push(step),
                Output::Closed(_, on) => self.closed.push(on),
                Output::Adopted(_) | Output::Happened(_) | Output::Changed(_) | Output::Renamed(..) => {}
            }
        }
    }
}
