//! Open incidents, as people are told of them and as they are kept.
//!
//! Not here: when one opens ([`hb_core::incident`]), whom to tell and how often ([`hb_core::alert`]).

use std::collections::BTreeSet;
use std::time::Duration;

use hb_core::beat::{Cause, State};
use hb_core::expect::{self, Place};
use hb_core::hold::{Reason, Reasons};
use hb_core::id::{OwnedIdentity, Who};
use hb_core::incident::{self, Ending, Number, Subject};
use hb_core::{alert, repair};
use hb_lease::time::{Time, Wall};
use serde::{Deserialize, Serialize};

use crate::notify::message::{Incident, Kind, Message};
use crate::store::row;

use super::{Happened, Machine, Moment, Output};

/// So many of the apps that an incident covered are kept with it.
const MOST_COVERED: usize = 100;

/// By so much calendar and time may part before that is noticed, ms.
const SLACK: u64 = 500;

/// An open incident.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) subject: Subject,
    pub(super) state: State,
    pub(super) cause: Cause,
    pub(super) since: Wall,
    pub(super) at: Wall,
    pub(super) granted: Duration,
    /// Until when nobody wants to hear of it.
    pub(super) snoozed: Option<Wall>,
    /// The apps that a group's incident covers.
    pub(super) covers: BTreeSet<OwnedIdentity>,
    pub(super) ended: Option<(Wall, Ending)>,
    /// The first [`MOST_COVERED`] that a group's incident ever covered, by name.
    pub(super) covered: BTreeSet<String>,
    /// Of one that is over: what else was kept of it.
    pub(super) last: Kept,
}

/// An open incident, for whoever shows all of them.
#[derive(Clone, Debug)]
pub struct Open {
    /// Its number.
    pub number: Number,
    /// Whom it is about.
    pub subject: Subject,
    /// What is believed.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// When the good states were left.
    pub since: Wall,
    /// Who takes care of it.
    pub acknowledged: Option<Who>,
    /// Until when nobody wants to hear of it.
    pub snoozed: Option<Wall>,
    /// Why its alerts wait.
    pub holds: Reasons,
    /// The apps that it covers, if it is a group's.
    pub covers: Vec<OwnedIdentity>,
}

/// What an incident's row keeps as JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    #[serde(default)]
    pub(super) told: Vec<KeptTold>,
    #[serde(default)]
    pub(super) acknowledged: Option<KeptWord>,
    #[serde(default)]
    pub(super) snoozed: Option<KeptWord>,
    #[serde(default)]
    pub(super) covered_by: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) covered: BTreeSet<String>,
    /// It is over, and people are yet to be told: `store::Reader::untold_incidents` looks for this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) closing: bool,
}

/// Who was told: by name, as the places of channels change with the configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptTold {
    pub(super) channel: String,
    pub(super) rule: usize,
    pub(super) at: i64,
}

/// What is known of an incident that is over, beside its row's own columns.
pub(crate) struct Afterwards {
    /// Who took care of it.
    pub(crate) acknowledged: Option<Who>,
    /// Whom it covered, if it was a group's, by name.
    pub(crate) covered: BTreeSet<String>,
}

impl Afterwards {
    /// What stands in the row.
    pub(crate) fn of(row: &row::Incident) -> Self {
        let Kept { acknowledged, covered, .. } = serde_json::from_str(&row.told).unwrap_or_default();
        Self { acknowledged: acknowledged.and_then(|word| word.who()), covered }
    }
}

/// What a person said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptWord {
    pub(super) at: i64,
    #[serde(default)]
    pub(super) until: Option<i64>,
    pub(super) by: String,
    pub(super) from: String,
}

impl Machine {
    /// All open incidents, the oldest first.
    #[must_use]
    pub fn open_incidents(&self, at: Moment) -> Vec<Open> {
        let open = self.cases.iter().filter(|(_, case)| case.ended.is_none());
        open.map(|(number, case)| {
            let record = self.alerts.record(*number);
            Open {
                number: *number,
                subject: case.subject.clone(),
                state: case.state,
                cause: case.cause,
                since: case.since,
                acknowledged: record
                    .and_then(|record| record.acknowledged.as_ref())
                    .map(|word| word.who.clone()),
                snoozed: case.snoozed.filter(|until| *until > at.wall),
                holds: match &case.subject {
                    Subject::App(id) => self.incidents.holds(id.borrow()),
                    Subject::Parent(parent) => self.incidents.holds_of(parent),
                },
                covers: case.covers.iter().cloned().collect(),
            }
        })
        .collect()
    }

    /// Nobody wants to hear of an incident until then.
    pub(super) fn snooze(
        &mut self,
        at: Moment,
        number: Number,
        until: Wall,
        who: Who,
        out: &mut Vec<Output>,
    ) {
        if let Some(case) = self.cases.get_mut(&number) {
            case.snoozed = Some(until);
        }
        self.alert(at, alert::Input::Snooze { number, until: at.time_of(until), who }, out);
    }

    /// A snooze ends when the calendar says so, also where that was set, or this time stood still.
    pub(super) fn consult_calendar(&mut self, at: Moment, out: &mut Vec<Output>) {
        let ahead = at.wall_of(Time::ZERO);
        if ahead.as_unix_millis().abs_diff(self.ahead.as_unix_millis()) < SLACK {
            return;
        }
        self.ahead = ahead;
        let open = self.cases.iter().filter(|(_, case)| case.ended.is_none());
        let ends: Vec<_> = open.filter_map(|(number, case)| Some((*number, case.snoozed?))).collect();
        for (number, until) in ends {
            self.alert(at, alert::Input::SnoozeEnds { number, until: at.time_of(until) }, out);
        }
    }

    pub(super) fn incident(&mut self, at: Moment, input: incident::Input<'_>, out: &mut Vec<Output>) {
        let mut told = Vec::new();
        self.incidents.handle(at.now, input, &mut told);
        for output in told {
            self.follow(at, output, out);
        }
    }

    /// What the incidents say goes to all that must hear it.
    fn follow(&mut self, at: Moment, output: incident::Output, out: &mut Vec<Output>) {
        self.note(at, &output);
        self.alert(at, alert::Input::Incident(&output), out);
        if let incident::Output::Held { id, reason, on, .. } = &output {
            self.repair(at, repair::Input::Held { id: id.borrow(), reason: *reason, on: *on }, out);
            if *reason == Reason::Group {
                let place = Place::of(id.borrow());
                self.expected(at, expect::Input::Group { place: &place, silent: *on }, out);
            }
            out.push(Output::Changed(id.clone()));
        }
        if let incident::Output::Opened { subject: Subject::App(id), .. }
        | incident::Output::Closed { subject: Subject::App(id), .. } = &output
        {
            out.push(Output::Changed(id.clone()));
        }
        if let incident::Output::Closed { number, .. } = &output {
            self.flush(at, out);
            // Whoever was told that it began is told of its end a little later, in the words that are kept until then.
            if !self.alerts.is_closing(*number) {
                self.cases.remove(number);
            }
        }
        out.push(Output::Happened(Happened::Incident(output)));
    }

    fn note(&mut self, at: Moment, output: &incident::Output) {
        match output {
            incident::Output::Opened { number, subject, state, cause, since, at: when, granted, .. } => {
                let case = Case {
                    subject: subject.clone(),
                    state: *state,
                    cause: *cause,
                    since: at.wall_of(*since),
                    at: at.wall_of(*when),
                    granted: *granted,
                    snoozed: None,
                    covers: BTreeSet::new(),
                    ended: None,
                    covered: BTreeSet::new(),
                    last: Kept::default(),
                };
                self.cases.insert(*number, case);
                self.touched.insert(*number);
            }
            incident::Output::Changed { number, state, cause, at: when } => {
                if let Some(case) = self.cases.get_mut(number) {
                    (case.state, case.cause, case.at) = (*state, *cause, at.wall_of(*when));
                    self.touched.insert(*number);
                }
            }
            incident::Output::Covered { by, id, on } => {
                if let Some(case) = self.cases.get_mut(by) {
                    if *on && case.covered.len() < MOST_COVERED {
                        case.covered.insert(id.to_string());
                    }
                    if *on {
                        case.covers.insert(id.clone())
                    } else {
                        case.covers.remove(id)
                    };
                }
            }
            incident::Output::Works { .. } => {}
            incident::Output::Quiet { number, .. } => drop(self.touched.insert(*number)),
            incident::Output::Held { number, .. } => self.touched.extend(*number),
            incident::Output::Closed { number, at: when, ending, .. } => {
                let last = self.cases.get(number).map(|case| self.kept(at, *number, case));
                if let (Some(case), Some(last)) = (self.cases.get_mut(number), last) {
                    case.last = last;
                    case.ended = Some((at.wall_of(*when), *ending));
                    self.touched.insert(*number);
                }
            }
        }
    }

    pub(super) fn alert(&mut self, at: Moment, input: alert::Input<'_>, out: &mut Vec<Output>) {
        let mut told = Vec::new();
        self.alerts.handle(at.now, input, &mut told);
        for alert::Message { channel, kind, incidents } in told {
            self.touched.extend(incidents.iter().copied());
            let message = self.message(at, kind.into(), &incidents);
            out.push(Output::Tell { channel, message });
            if kind == alert::Kind::Closing {
                self.over.extend(incidents);
            }
        }
    }

    /// Nobody but a person can help: whoever was told of the incident is told that too.
    pub(super) fn give_up(&mut self, at: Moment, id: &OwnedIdentity, out: &mut Vec<Output>) {
        let Some(number) = self.incidents.of(id.borrow()) else { return };
        let Some(record) = self.alerts.record(number) else { return };
        let channels: Vec<_> = record.told.iter().map(|told| told.channel).collect();
        for channel in channels {
            let message = self.message(at, Kind::GaveUp, &[number]);
            out.push(Output::Tell { channel, message });
        }
    }

    fn message(&self, at: Moment, kind: Kind, incidents: &[Number]) -> Message {
        let incidents = incidents.iter().filter_map(|number| self.told(*number)).collect();
        Message { kind, at: at.wall.as_unix_millis(), incidents, ready: None }
    }

    /// An incident that is held, as people are told of it.
    #[must_use]
    pub fn told(&self, number: Number) -> Option<Incident> {
        let case = self.cases.get(&number)?;
        let since = case.since.as_unix_millis();
        let mut incident = Incident::new(number.0, &case.subject, (case.state, case.cause), since);
        if let Subject::App(id) = &case.subject {
            incident = incident.in_hall(self.named_groups(id).first().map(|name| &**name));
        }
        if matches!(case.subject, Subject::Parent(_)) {
            incident = incident.covering(case.covers.iter());
        }
        incident.until = case.ended.map(|(wall, _)| wall.as_unix_millis());
        incident.ending = case.ended.map(|(_, ending)| ending.word().into());
        Some(incident)
    }

    /// Keeps every incident that is otherwise than it was kept.
    pub(super) fn flush(&mut self, at: Moment, out: &mut Vec<Output>) {
        for number in std::mem::take(&mut self.touched) {
            out.extend(self.incident_row(at, number).map(|row| Output::Keep(row.into())));
        }
        for number in std::mem::take(&mut self.over) {
            self.cases.remove(&number);
        }
    }

    fn incident_row(&self, at: Moment, number: Number) -> Option<row::Incident> {
        let case = self.cases.get(&number)?;
        let kept = self.kept(at, number, case);
        let (about, app, parent) = match &case.subject {
            Subject::App(id) => ("app", Some(id.clone()), None),
            Subject::Parent(incident::Parent::Host(name)) => ("host", None, Some(name.to_string())),
            Subject::Parent(incident::Parent::Group(name)) => ("group", None, Some(name.to_string())),
        };
        let ending = case.ended.map(|(_, ending)| ending.word());
        Some(row::Incident {
            number: number.0,
            about: about.into(),
            holds: app.as_ref().map(|id| self.incidents.holds(id.borrow())).unwrap_or_default(),
            app,
            parent,
            state: case.state,
            cause: case.cause,
            since: case.since,
            at: case.at,
            granted: u64::try_from(case.granted.as_millis()).unwrap_or(u64::MAX),
            acknowledged: kept.acknowledged.is_some(),
            snoozed: kept.snoozed.as_ref().and_then(|word| word.until).map(Wall::from_unix_millis),
            told: serde_json::to_string(&kept).expect("texts and numbers are always JSON"),
            ended: case.ended.map(|(wall, _)| wall),
            ending: ending.map(Into::into),
        })
    }

    fn kept(&self, at: Moment, number: Number, case: &Case) -> Kept {
        if case.ended.is_some() {
            return Kept { closing: self.alerts.is_closing(number), ..case.last.clone() };
        }
        let by = match &case.subject {
            Subject::App(id) => self.incidents.covered_by(id.borrow()),
            Subject::Parent(_) => None,
        };
        let covered = case.covered.clone();
        let mut kept = Kept { covered_by: by.map(|by| by.0), covered, ..Kept::default() };
        let Some(record) = self.alerts.record(number) else { return kept };
        let millis = |time| at.wall_of(time).as_unix_millis();
        kept.told.extend(record.told.iter().filter_map(|told| {
            let channel = self.channels.get(usize::from(told.channel.0))?.to_string();
            Some(KeptTold { channel, rule: told.rule, at: millis(told.at) })
        }));
        kept.acknowledged = record.acknowledged.as_ref().map(|word| KeptWord {
            at: millis(word.at),
            until: None,
            by: word.who.by().into(),
            from: word.who.from().into(),
        });
        kept.snoozed = record.snoozed.as_ref().map(|word| KeptWord {
            at: millis(word.at),
            until: case.snoozed.map(Wall::as_unix_millis),
            by: word.who.by().into(),
            from: word.who.from().into(),
        });
        kept
    }
}
