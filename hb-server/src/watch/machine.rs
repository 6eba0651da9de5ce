//! All decisions about a house of screens, put together: expectations, mutes, incidents, alerts and repairs.
//!
//! Each is a machine of `hb_core` that knows nothing of the others; this one passes on what one of them says to those
//! that must hear it, and adds no rule of its own but the names under which they speak of the same thing. It is pure:
//! both clocks are an argument, what is to be done and kept comes out as data. Not here: doing it (`shell`).

mod apps;
mod ask;
mod cases;
mod hours;
mod list;
mod moves;
mod opening;
mod past;
mod places;
mod replace;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use hb_core::alert::{self, Alerts, Channel};
use hb_core::beat::State;
use hb_core::expect::{self, Expect, Expected, Place};
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::incident::{self, Belief, Circle, Group, Incidents, Needed, Number, Parent};
use hb_core::repair::{self, Evidence, Failure, Repairs};
use hb_core::window::{self, Hours, MuteId, Mutes};
use hb_lease::time::{Time, Wall};
use jiff::tz::TimeZone;

use crate::notify;
use crate::notify::message::Message;
use crate::store::row::{self, Row};

use super::{Config, Moment, Plan};

pub use ask::{Refusal, Rehearsal, Reply, Request, waiting_for};
pub(crate) use cases::Afterwards;
pub use cases::Open;
pub use past::Past;
pub(crate) use past::{kind_word, read_hours};
pub(crate) use places::how_word;
pub use replace::{Replaced, Replacement};
pub(super) use steps::outcome_word;

use cases::Case;

/// Where it does not matter when: for whoever asks what is held, not what holds.
const BEGINNING: Wall = Wall::from_unix_millis(0);

/// Something that happened outside.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The registry believes something of an app, or believes it anew.
    Believed {
        /// Who.
        id: Identity<'a>,
        /// What.
        belief: Belief,
    },
    /// Two pages answer to the name of an app, or no longer.
    Conflict {
        /// Which.
        id: Identity<'a>,
        /// Whether they do.
        on: bool,
    },
    /// An app has lived for a day, in this run and those before.
    Lived {
        /// Who.
        id: Identity<'a>,
    },
    /// An app is no longer held.
    Removed {
        /// Who.
        id: Identity<'a>,
        /// A person wanted it gone.
        forgotten: bool,
    },
    /// An app speaks from another host now.
    Moved {
        /// As it was called.
        from: Identity<'a>,
        /// As it is called.
        to: Identity<'a>,
    },
    /// What an agent says of the process that draws.
    Evidence {
        /// Who.
        id: Identity<'a>,
        /// What.
        evidence: Evidence,
        /// Whether it began.
        on: bool,
    },
    /// A step that was to be taken has ended.
    Repaired {
        /// For whom.
        id: Identity<'a>,
        /// Which.
        ticket: u64,
        /// What stopped it.
        failure: Option<Failure>,
        /// The first lines of what was said.
        said: &'a str,
    },
    /// Whether the calendar can be trusted, and by how many ms it just stepped.
    Clock {
        /// Whether it can.
        trusted: bool,
        /// Forth, or back.
        step: i64,
    },
    /// Time has passed.
    Tick,
}

/// Something to do, to keep or to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Something to remember.
    Keep(Row),
    /// All that is kept of the first is of the second from now on; together with all other rows of this.
    Renamed(OwnedIdentity, OwnedIdentity),
    /// Somebody is to be told.
    Tell {
        /// By which channel.
        channel: Channel,
        /// What.
        message: Message,
    },
    /// A step is to be taken; [`Input::Repaired`] says how it went.
    Repair(repair::Move),
    /// The app is here to stay.
    Adopted(OwnedIdentity),
    /// Its house is closed, or open again.
    Closed(OwnedIdentity, bool),
    /// What happened, for whoever follows.
    Happened(Happened),
    /// It now stands otherwise with this app than before.
    Changed(OwnedIdentity),
}

/// What happened, for whoever follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// Of an incident.
    Incident(incident::Output),
    /// Of an expectation.
    Expect(expect::Output),
    /// Of a repair.
    Repair(repair::Output),
    /// Of a mute or of opening hours.
    Window(window::Output),
    /// Somebody took an incident on, or did not want to hear of it until then.
    Acknowledged {
        /// Which.
        number: Number,
        /// For a snooze, its end.
        until: Option<Wall>,
        /// Who, and from where.
        who: hb_core::id::Who,
    },
}

/// An app as far as it is known here.
#[derive(Debug)]
struct App {
    belief: Belief,
    /// What it proved of itself with its last word, until it takes that back.
    proof: Option<Evidence>,
    /// Two pages answer to its name.
    conflict: bool,
    groups: Box<[Box<str>]>,
}

/// A place that shows nothing it should.
#[derive(Debug)]
struct Dark {
    /// The app in whose name it is said.
    face: OwnedIdentity,
    belief: Belief,
}

/// All machines of one house.
#[derive(Debug)]
pub struct Machine {
    incidents: Incidents,
    alerts: Alerts,
    mutes: Mutes,
    /// When mutes that come again and again were set.
    set: BTreeMap<MuteId, Wall>,
    expect: Expect,
    repairs: Repairs,
    groups: Vec<Group>,
    /// The zone of the house.
    zone: TimeZone,
    /// Apps that others depend on.
    needed: BTreeSet<OwnedIdentity>,
    plans: Vec<Plan>,
    /// The names of the channels, by their places.
    channels: Vec<Box<str>>,
    /// Who gets the opening report.
    reports: Vec<Channel>,
    /// The hours of each rule, and whether it was last told to be in them.
    rules: Vec<(Option<Hours>, bool)>,
    list: Vec<Expected>,
    /// Where each place stands in the list.
    listed: BTreeMap<Place, usize>,
    /// Places of the list that the configuration names.
    written: BTreeSet<Place>,
    apps: BTreeMap<OwnedIdentity, App>,
    dark: BTreeMap<Place, Dark>,
    phases: BTreeMap<Place, expect::Phase>,
    /// When groups and hosts close, as it was told.
    closings: BTreeMap<Parent, Option<Time>>,
    /// Scopes, as text, that are opening.
    opening: BTreeSet<String>,
    cases: BTreeMap<Number, Case>,
    /// Incidents whose record changed and is not kept yet.
    touched: BTreeSet<Number>,
    /// Incidents of whose end everybody was told.
    over: Vec<Number>,
    /// Steps under way.
    steps: BTreeMap<u64, row::Repair>,
    hosts: BTreeSet<Box<str>>,
    /// Whoever is no longer new since the last input: the incidents have not heard of them yet.
    welcomed: Vec<OwnedIdentity>,
    /// What an earlier run kept was taken over: whatever is missing now is told.
    begun: bool,
    /// What the calendar showed as this time began, when that was last looked at.
    ahead: Wall,
}

impl Machine {
    /// What `config` wants, and whom `alerts` would tell; nobody known yet. Opening hours and the list count from
    /// [`Machine::begin`] on.
    ///
    /// # Errors
    /// Apps that wait for each other in a circle.
    pub fn new(config: &Config, alerts: &notify::Config) -> Result<Self, Circle> {
        let expect = expect::Config { boot_grace: config.boot_grace, ..expect::Config::default() };
        let mutes = window::Config { boot_grace: config.boot_grace, ..window::Config::default() };
        let reports = (0..u16::MAX).zip(&alerts.channels).filter(|(_, named)| named.report);
        let needed = config.tree.dependencies.iter().filter_map(|dependency| match &dependency.on {
            Needed::App(id) => Some(id),
            Needed::Group(_) => None,
        });
        Ok(Self {
            incidents: Incidents::new(config.tree.clone())?,
            alerts: Alerts::new(alerts.rules.clone()),
            mutes: Mutes::new(mutes),
            set: BTreeMap::new(),
            expect: Expect::new(expect),
            repairs: Repairs::new(repair::Config::default()),
            groups: config.tree.groups.clone(),
            zone: config.zone.clone(),
            needed: needed.cloned().collect(),
            plans: config.repairs.clone(),
            channels: alerts.channels.iter().map(|named| named.name.clone()).collect(),
            reports: reports.map(|(place, _)| Channel(place)).collect(),
            rules: alerts.hours.iter().map(|hours| (hours.clone(), true)).collect(),
            list: Vec::new(),
            listed: BTreeMap::new(),
            written: BTreeSet::new(),
            apps: BTreeMap::new(),
            dark: BTreeMap::new(),
            phases: BTreeMap::new(),
            closings: BTreeMap::new(),
            opening: BTreeSet::new(),
            cases: BTreeMap::new(),
            touched: BTreeSet::new(),
            over: Vec::new(),
            steps: BTreeMap::new(),
            hosts: BTreeSet::new(),
            welcomed: Vec::new(),
            begun: false,
            ahead: Wall::from_unix_millis(0),
        })
    }

    /// Takes one input; what follows is appended to `out`, in order.
    pub fn handle(&mut self, at: Moment, input: Input<'_>, out: &mut Vec<Output>) {
        self.consult_calendar(at, out);
        match input {
            Input::Believed { id, belief } => self.believe(at, id, belief, out),
            Input::Conflict { id, on } => self.contest(at, id, on, out),
            Input::Lived { id } => self.lived(at, id, out),
            Input::Removed { id, forgotten } => self.remove(at, id, forgotten, out),
            Input::Moved { from, to } => self.rename(at, from, to, out),
            Input::Evidence { id, evidence, on } => {
                self.repair(at, repair::Input::Evidence { id, evidence, on }, out);
            }
            Input::Repaired { id, ticket, failure, said } => {
                self.heard(ticket, said);
                // It may be called otherwise than when the step began.
                let now = self.steps.get(&ticket).map(|row| row.app.clone());
                let id = now.as_ref().map_or(id, OwnedIdentity::borrow);
                self.repair(at, repair::Input::Result { id, ticket, failure }, out);
            }
            Input::Clock { trusted, step } => {
                // Nothing is repaired by a clock that is wrong, nor before it is known what a right one closes.
                if !trusted {
                    self.repair(at, repair::Input::Clock { trusted }, out);
                }
                self.window(at, window::Input::Clock { trusted, step }, out);
                if trusted {
                    self.repair(at, repair::Input::Clock { trusted }, out);
                }
            }
            Input::Tick => self.tick(at, out),
        }
        self.conclude(at, out);
    }

    /// Steps are taken and people told last, when all that is so in this moment is known.
    fn conclude(&mut self, at: Moment, out: &mut Vec<Output>) {
        self.welcome(at, out);
        self.repair(at, repair::Input::Tick, out);
        self.alert(at, alert::Input::Tick, out);
        self.flush(at, out);
    }

    /// When [`Input::Tick`] is due, if nobody sets the calendar meanwhile.
    #[must_use]
    pub fn next_timeout(&self, at: Moment) -> Option<Time> {
        let rules = self.rules.iter().filter_map(|(hours, _)| hours.as_ref()?.next_change(at.wall));
        let calendar = rules.chain(self.mutes.next_change(at.wall)).min().map(|wall| at.time_of(wall));
        let timers = [
            self.incidents.next_timeout(),
            self.expect.next_timeout(),
            self.alerts.next_timeout(),
            self.repairs.next_timeout(),
            calendar,
        ];
        timers.into_iter().flatten().min()
    }

    fn tick(&mut self, at: Moment, out: &mut Vec<Output>) {
        self.window(at, window::Input::Tick, out);
        self.judge_rules(at, out);
        self.incident(at, incident::Input::Tick, out);
        self.expected(at, expect::Input::Tick, out);
    }

    /// What is believed of an app: that its place is dark, where it is said in its name, is worse than all else.
    fn belief(&self, id: Identity<'_>) -> Option<Belief> {
        let dark = self.dark.get(&Place::of(id)).filter(|dark| dark.face.borrow() == id);
        dark.map(|dark| dark.belief).or_else(|| self.apps.get(&id.to_owned()).map(|app| app.belief))
    }

    /// The windows, to be asked.
    #[must_use]
    pub const fn mutes(&self) -> &Mutes {
        &self.mutes
    }

    /// The incidents, to be asked.
    #[must_use]
    pub const fn incidents(&self) -> &Incidents {
        &self.incidents
    }

    /// The alerts, to be asked.
    #[must_use]
    pub const fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// The expectations, to be asked.
    #[must_use]
    pub const fn expect(&self) -> &Expect {
        &self.expect
    }

    /// All that is expected, and whether the configuration says so.
    pub fn expected_places(&self) -> impl Iterator<Item = (&Expected, bool)> {
        self.list.iter().map(|expected| (expected, self.written.contains(&expected.place)))
    }

    /// The groups, in the order of the configuration.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Whether the registry told of it.
    #[must_use]
    pub fn is_known(&self, id: &OwnedIdentity) -> bool {
        self.apps.contains_key(id)
    }

    /// Since when the place of an app is dark, if that is said in its name.
    pub(super) fn dark_since(&self, id: Identity<'_>) -> Option<Time> {
        let dark = self.dark.get(&Place::of(id)).filter(|dark| dark.face.borrow() == id);
        dark.map(|dark| dark.belief.since)
    }

    /// Since when a place is dark.
    #[must_use]
    pub fn dark_at(&self, place: &Place) -> Option<Time> {
        self.dark.get(place).map(|dark| dark.belief.since)
    }

    /// When the good states were left.
    pub(super) fn since(&self, number: Number) -> Option<Wall> {
        self.cases.get(&number).filter(|case| case.ended.is_none()).map(|case| case.since)
    }

    /// Until when nobody wants to hear of an incident.
    pub(super) fn snoozed(&self, number: Number) -> Option<Wall> {
        self.cases.get(&number)?.snoozed
    }

    /// The apps of which the registry told that are not in `held` any more.
    pub(super) fn gone(&self, held: &BTreeSet<OwnedIdentity>) -> Vec<OwnedIdentity> {
        self.apps.keys().filter(|id| !held.contains(*id)).cloned().collect()
    }

    /// The state of an app, with that of its place.
    #[must_use]
    pub fn state(&self, id: Identity<'_>) -> Option<State> {
        self.belief(id).map(|belief| belief.state)
    }
}

#[cfg(test)]
mod tests;
