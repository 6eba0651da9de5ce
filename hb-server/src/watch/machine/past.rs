//! What a new run takes over: what the configuration says, and what an earlier run kept.
//!
//! A restart opens and closes no incident, and tells nobody anything twice. Not here: where it is kept (`store`).

use std::collections::BTreeMap;
use std::time::Duration;

use hb_core::alert::{self, Acknowledged, Channel, Record, Snoozed, Told};
use hb_core::beat::State;
use hb_core::expect::{self, Expected, How, Place};
use hb_core::hold::Reasons;
use hb_core::id::{Glob, OwnedIdentity, Who};
use hb_core::incident::{self, Belief, Ending, Number, Parent, Subject};
use hb_core::repair;
use hb_core::window::{self, Hours, Kind, Mute, MuteId, Scope, When};
use hb_lease::time::Wall;
use jiff::tz::TimeZone;

use crate::store::row;
use crate::watch::Config;

use super::cases::{Case, Kept, KeptWord};
use super::{App, Dark, Machine, Moment, Output, steps};

/// Who says what the configuration says.
pub(super) const CONFIG: &str = "config";

/// What an earlier run kept.
#[derive(Debug, Default)]
pub struct Past {
    /// What the registry took over, as it believes it now.
    pub apps: Vec<(OwnedIdentity, Belief)>,
    /// Incidents that had not ended.
    pub incidents: Vec<row::Incident>,
    /// Incidents that are over, of which people are yet to be told.
    pub untold: Vec<row::Incident>,
    /// The highest number an incident ever had.
    pub last_incident: u64,
    /// The highest number a mute ever had.
    pub last_mute: u64,
    /// Mutes that are not over.
    pub mutes: Vec<row::Mute>,
    /// Who is here to stay.
    pub adoptions: Vec<row::Adoption>,
    /// What people expect beside the configuration.
    pub expectations: Vec<row::Expectation>,
    /// The last word of each signal.
    pub signals: Vec<row::Signal>,
    /// Where repairs stood.
    pub ladders: Vec<row::Ladder>,
    /// Reboots of the last day.
    pub reboots: Vec<row::Repair>,
}

impl Machine {
    /// Begins: with what `config` says, and what an earlier run kept. What can no longer be read is left out.
    pub fn begin(&mut self, at: Moment, config: &Config, past: Past, out: &mut Vec<Output>) {
        self.incidents.resume_after(Number(past.last_incident));
        self.mutes.resume_after(past.last_mute);
        for row in &past.mutes {
            if let Some((id, mute)) = read_mute(row) {
                if matches!(mute.when(), When::During(_)) {
                    self.set.insert(id, row.from);
                }
                self.window(at, window::Input::Restored { id, mute }, out);
            }
        }
        self.plan(at, config, out);
        for signal in past.signals {
            let (Ok(scope), Ok(who)) = (signal.scope.parse(), Who::new(&signal.by, &signal.place)) else {
                continue;
            };
            let row::Signal { open, since, at: heard, .. } = signal;
            let input = window::Input::Heard { scope, open, since, at: heard, who };
            self.window(at, input, out);
        }
        for adoption in &past.adoptions {
            let how = match &*adoption.how {
                "list" => continue,
                "age" => How::Age,
                _ => How::Person,
            };
            self.expected(at, expect::Input::Adopted { id: adoption.app.borrow(), how }, out);
        }
        self.written = config.expect.iter().map(|expected| expected.place.clone()).collect();
        let mut list = config.expect.clone();
        list.extend(past.expectations.iter().filter_map(read_expectation));
        list.truncate(super::ask::MOST_EXPECTED);
        let mut seen = std::collections::BTreeSet::new();
        list.retain(|expected| seen.insert(expected.place.clone()));
        self.expect_all(at, &list, out);
        for reboot in &past.reboots {
            let left = at.time_of(reboot.at) + hb_core::defaults::REBOOT_SPAN;
            let gone = at.wall.as_unix_millis().saturating_sub(reboot.at.as_unix_millis());
            let gone = Duration::from_millis(u64::try_from(gone).unwrap_or(0));
            let left = left.since(at.now).min(hb_core::defaults::REBOOT_SPAN.saturating_sub(gone));
            let host = reboot.app.borrow().host().to_owned();
            self.repair(at, repair::Input::Rebooted { host: &host, left }, out);
        }
        self.judge_rules(at, out);
        self.take_over(at, past.apps, &past.incidents, out);
        for row in &past.untold {
            self.close_again(at, row, out);
        }
        // The incidents took over what is believed of everybody.
        self.welcomed.clear();
        self.begun = true;
        self.darken_rest(at, out);
        for ladder in past.ladders {
            let Some(record) = ladder.record.as_deref().and_then(steps::read_record) else { continue };
            let after = at.wall.as_unix_millis().saturating_sub(ladder.at.as_unix_millis());
            let after = Duration::from_millis(u64::try_from(after).unwrap_or(0));
            self.repair(
                at,
                repair::Input::Restore { id: ladder.app.borrow(), record, after, ticket: None },
                out,
            );
            self.on_trial(at, ladder.app.borrow(), out);
        }
        self.flush(at, out);
    }

    fn plan(&mut self, at: Moment, config: &Config, out: &mut Vec<Output>) {
        let who = || Who::new(CONFIG, "hb.toml").expect("both read as they look");
        for (scope, hours) in &config.calendars {
            let input =
                window::Input::Calendar { scope: scope.clone(), hours: Some(hours.clone()), who: who() };
            self.window(at, input, out);
        }
        for window in &config.windows {
            let when = When::During(window.hours.clone());
            let mute = Mute::new(window.scope.clone(), when, Kind::Maintenance, who(), &window.reason);
            if let Ok(mute) = mute {
                self.window(at, window::Input::Add(mute), out);
            }
        }
    }

    /// Incidents first, then who was told of them.
    fn take_over(
        &mut self,
        at: Moment,
        apps: Vec<(OwnedIdentity, Belief)>,
        rows: &[row::Incident],
        out: &mut Vec<Output>,
    ) {
        let mut open: BTreeMap<OwnedIdentity, &row::Incident> = BTreeMap::new();
        let mut parents: BTreeMap<u64, Parent> = BTreeMap::new();
        for row in rows {
            match subject(row) {
                Some(Subject::App(id)) => drop(open.insert(id, row)),
                Some(Subject::Parent(parent)) => {
                    self.cases.insert(Number(row.number), case(row, Subject::Parent(parent.clone())));
                    parents.insert(row.number, parent);
                }
                None => {}
            }
        }
        for (id, belief) in &apps {
            let groups = self.named_groups(id).into();
            self.apps.insert(id.clone(), App::new(*belief, groups));
            self.meet(at, id.borrow(), out);
            self.believed(at, id.borrow(), belief.state, out);
        }
        // Only now is it known where nothing runs.
        for (id, row) in open.iter().filter(|(_, row)| row.state == State::Missing) {
            self.stay_dark(at, id, row, out);
        }
        for (id, own) in apps {
            let belief = self.belief(id.borrow()).unwrap_or(own);
            let row = open.remove(&id);
            self.resume(at, &id, belief, row, &parents, out);
            self.prove(at, id.borrow(), None, out);
        }
        // Whose app is not held speaks for a dark place, or is over.
        for (id, row) in open {
            match self.belief(id.borrow()) {
                Some(belief) => self.resume(at, &id, belief, Some(row), &parents, out),
                None => self.close_again(at, &removed(at, row), out),
            }
        }
        for row in rows {
            self.recall(at, row, out);
        }
        for id in rows.iter().filter(|row| row.state == State::Missing).filter_map(|row| row.app.as_ref()) {
            let expected = self.expect.is_missing(&Place::of(id.borrow())).is_some();
            if !expected && self.state(id.borrow()) == Some(State::Done) {
                self.let_go(at, id.borrow(), out);
            }
        }
    }

    /// A place that was missing still is, if it is expected and nothing runs there: in the same name.
    fn stay_dark(&mut self, at: Moment, face: &OwnedIdentity, row: &row::Incident, out: &mut Vec<Output>) {
        let place = Place::of(face.borrow());
        self.expected(at, expect::Input::Missing { place: &place }, out);
        if self.expect.is_missing(&place) == Some(true) {
            let (state, cause, since) = (row.state, row.cause, at.time_of(row.since));
            let belief = Belief { state, cause, since, granted: Duration::ZERO, down_at: since };
            self.dark.entry(place).or_insert_with(|| Dark { face: face.clone(), belief });
            self.equip(at, face.borrow(), out);
        }
    }

    fn resume(
        &mut self,
        at: Moment,
        id: &OwnedIdentity,
        belief: Belief,
        row: Option<&row::Incident>,
        parents: &BTreeMap<u64, Parent>,
        out: &mut Vec<Output>,
    ) {
        if row.is_none() && self.is_stranger(id.borrow()) {
            return;
        }
        let kept = row.map(kept).unwrap_or_default();
        let covered = kept.covered_by.and_then(|by| Some((parents.get(&by)?, Number(by))));
        let open = row.map(|row| (Number(row.number), at.time_of(row.since)));
        if let Some(row) = row {
            self.cases.insert(Number(row.number), case(row, Subject::App(id.clone())));
        }
        self.hold(at, id.borrow(), out);
        self.incident(at, incident::Input::Restored { id: id.borrow(), belief, open, covered }, out);
        self.repair(at, repair::Input::State { id: id.borrow(), state: belief.state }, out);
    }

    /// Who was told of an incident that is still open.
    fn recall(&mut self, at: Moment, row: &row::Incident, out: &mut Vec<Output>) {
        let number = Number(row.number);
        let Some(subject) = subject(row) else { return };
        let holds = match &subject {
            Subject::App(id) if self.incidents.of(id.borrow()) == Some(number) => {
                self.incidents.holds(id.borrow())
            }
            Subject::Parent(parent) if self.incidents.of_parent(parent) == Some(number) => {
                self.incidents.holds_of(parent)
            }
            // Nothing goes on with it: its group is no more, or nobody of it.
            Subject::Parent(_) => {
                self.close_again(at, &removed(at, row), out);
                return;
            }
            Subject::App(_) => return,
        };
        let record = Box::new(self.record(at, row, subject));
        self.alert(at, alert::Input::Restored { record, holds }, out);
    }

    /// Who was told of an incident that is over is still to be told of its end.
    fn close_again(&mut self, at: Moment, row: &row::Incident, out: &mut Vec<Output>) {
        let (number, Some(subject), Some(ended)) = (Number(row.number), subject(row), row.ended) else {
            return;
        };
        let word = row.ending.as_deref().and_then(Ending::from_word);
        let ending = word.unwrap_or(Ending::Removed);
        let case = Case { ended: Some((ended, ending)), last: kept(row), ..case(row, subject.clone()) };
        self.cases.insert(number, case);
        let record = Box::new(self.record(at, row, subject.clone()));
        self.alert(at, alert::Input::Restored { record, holds: Reasons::default() }, out);
        let closed = incident::Output::Closed { number, subject, at: at.time_of(ended), ending };
        self.alert(at, alert::Input::Incident(&closed), out);
        self.touched.insert(number);
        // Nobody was told, or no channel of those is configured any more.
        if !self.alerts.is_closing(number) {
            self.over.push(number);
        }
    }

    fn record(&self, at: Moment, row: &row::Incident, subject: Subject) -> Record {
        let kept = kept(row);
        let time = |millis| at.time_of(Wall::from_unix_millis(millis));
        let told = kept.told.iter().filter_map(|told| {
            let channel = self.channels.iter().position(|name| **name == *told.channel)?;
            Some(Told { channel: Channel(u16::try_from(channel).ok()?), rule: told.rule, at: time(told.at) })
        });
        Record {
            number: Number(row.number),
            subject,
            state: row.state,
            cause: row.cause,
            since: at.time_of(row.since),
            at: at.time_of(row.at),
            granted: Duration::from_millis(row.granted),
            acknowledged: kept
                .acknowledged
                .as_ref()
                .and_then(|word| Some(Acknowledged { at: time(word.at), who: word.who()? })),
            snoozed: kept.snoozed.as_ref().and_then(|word| {
                Some(Snoozed { at: time(word.at), until: time(word.until?), who: word.who()? })
            }),
            told: told.collect(),
        }
    }
}

impl KeptWord {
    pub(super) fn who(&self) -> Option<Who> {
        Who::new(&self.by, &self.from).ok()
    }
}

/// An incident that ended with the run that kept it.
fn removed(at: Moment, row: &row::Incident) -> row::Incident {
    row::Incident { ended: Some(at.wall), ending: Some(Ending::Removed.word().into()), ..row.clone() }
}

fn kept(row: &row::Incident) -> Kept {
    serde_json::from_str(&row.told).unwrap_or_default()
}

fn case(row: &row::Incident, subject: Subject) -> Case {
    let Kept { snoozed, covered, .. } = kept(row);
    Case {
        subject,
        state: row.state,
        cause: row.cause,
        since: row.since,
        at: row.at,
        granted: Duration::from_millis(row.granted),
        snoozed: snoozed.and_then(|word| word.until).map(Wall::from_unix_millis),
        covers: Default::default(),
        ended: None,
        covered,
        last: Kept::default(),
    }
}

fn subject(row: &row::Incident) -> Option<Subject> {
    let parent = || row.parent.as_deref().map(Box::<str>::from);
    match &*row.about {
        "app" => row.app.clone().map(Subject::App),
        "host" => parent().map(|name| Subject::Parent(Parent::Host(name))),
        "group" => parent().map(|name| Subject::Parent(Parent::Group(name))),
        _ => None,
    }
}

const KINDS: [(Kind, &str); 3] =
    [(Kind::Closed, "closed"), (Kind::Maintenance, "maintenance"), (Kind::Snooze, "snooze")];

/// The word for a kind of mute, as it is kept.
pub(crate) fn kind_word(kind: Kind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("snooze", |(_, word)| word)
}

/// Hours with their zone, as they are kept.
pub(super) fn written(hours: &Hours) -> String {
    format!("{hours} @{}", hours.zone().iana_name().unwrap_or("UTC"))
}

/// Hours with their zone, as [`written`] keeps them.
pub(crate) fn read_hours(text: &str) -> Option<Hours> {
    let (hours, zone) = text.rsplit_once(" @")?;
    Hours::parse(hours, TimeZone::get(zone).ok()?).ok()
}

fn read_mute(row: &row::Mute) -> Option<(MuteId, Mute)> {
    let when = match (&row.hours, row.opening, row.until) {
        (Some(hours), _, _) => When::During(read_hours(hours)?),
        (None, true, until) => When::UntilOpening { from: row.from, until },
        (None, false, until) => When::Once { from: row.from, until: until? },
    };
    let kind = KINDS.iter().find(|(_, word)| *word == row.kind)?.0;
    let scope: Scope = row.scope.parse().ok()?;
    let mute = Mute::new(scope, when, kind, Who::new(&row.by, &row.place).ok()?, &row.reason).ok()?;
    Some((MuteId::from_number(row.number), mute))
}

fn read_expectation(row: &row::Expectation) -> Option<Expected> {
    let place = Place::new(&row.host, &row.slot).ok()?;
    let shows: Option<Vec<Glob>> = row.shows.split('\n').map(|glob| Glob::new(glob).ok()).collect();
    Some(Expected { place, shows: shows.filter(|shows| !shows.is_empty())? })
}
