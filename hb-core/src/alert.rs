//! From an incident to people: one opening and one closing message per incident and channel, reminders in between.
//!
//! The machine is level-triggered: it does not act on edges but asks, at every input, what is still true and since when.
//! So nothing is lost when a mute, a group's incident or an outage of something else ends, and nothing is told twice
//! when it begins. What is due for one channel in one moment is one message; a closing waits for what closes soon after
//! it, so that screens that come back together are one message too. Not here: what is believed
//! ([`crate::incident`]), calendars, delivery and its retries (the shell's outbox, which tells each message at least once).
//!
//! ```
//! use core::time::Duration;
//! use hb_core::alert::{Alerts, Channel, Input, Kind, Rule};
//! use hb_core::beat::{Cause, State};
//! use hb_core::hold::Reasons;
//! use hb_core::id::Identity;
//! use hb_core::incident::{Number, Output, Subject};
//! use hb_lease::time::Time;
//!
//! let mut alerts = Alerts::new(vec![Rule::everything(vec![Channel(0)])]);
//! let opened = Output::Opened {
//!     number: Number(1),
//!     subject: Subject::App(Identity::new("kiosk-7", "", "Tetris").unwrap().to_owned()),
//!     state: State::Stalled,
//!     cause: Cause::NoFrames,
//!     since: Time::ZERO,
//!     at: Time::ZERO,
//!     granted: Duration::from_secs(6),
//!     holds: Reasons::default(),
//! };
//! let mut out = Vec::new();
//! alerts.handle(Time::ZERO, Input::Incident(&opened), &mut out);
//! assert!(out.is_empty(), "nobody is told of a hiccup");
//! let due = alerts.next_timeout().unwrap();
//! assert_eq!(due, Time::from_millis(15_000));
//! alerts.handle(due, Input::Tick, &mut out);
//! assert_eq!((out[0].kind, &out[0].incidents[..]), (Kind::Opening, &[Number(1)][..]));
//! ```

mod case;
mod rule;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use hb_lease::time::Time;

use crate::defaults;
use crate::hold::{Reason, Reasons};
use crate::id::Who;
use crate::incident::{self, Number, Subject};

pub use case::{Acknowledged, Record, Snoozed, Told};
pub use rule::{Channel, Rule};

use case::Case;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It works again.
    Closing,
    /// Something does not work.
    Opening,
    /// It still does not.
    Reminder,
}

/// One message to one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// To whom.
    pub channel: Channel,
    /// Of what kind.
    pub kind: Kind,
    /// About which incidents, in order of their numbers. Never empty.
    pub incidents: Vec<Number>,
}

/// Something that happened outside.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// What the incidents told.
    Incident(&'a incident::Output),
    /// A person takes it on: no more reminders.
    Acknowledge {
        /// Which incident.
        number: Number,
        /// Who, and from where.
        who: Who,
    },
    /// A person wants to hear nothing of it for a while.
    Snooze {
        /// Which incident.
        number: Number,
        /// Until when.
        until: Time,
        /// Who, and from where.
        who: Who,
    },
    /// The end of a snooze is another moment than was thought: it stands in a calendar, which was set, or went on while this
    /// time stood still. Of an incident that nobody snoozed, nothing.
    SnoozeEnds {
        /// Which incident.
        number: Number,
        /// When.
        until: Time,
    },
    /// Whom an incident is about is called otherwise now: rules that name it so are for it from now on.
    Renamed {
        /// Which incident.
        number: Number,
        /// By its new name.
        subject: Subject,
    },
    /// The hours of a rule begin or end. Rules without hours are always active.
    RuleActive {
        /// Its place in the list.
        rule: usize,
        /// Whether its hours begin.
        active: bool,
    },
    /// What was true before the server restarted, after the incidents were restored.
    Restored {
        /// What was kept.
        record: Box<Record>,
        /// Why its alerts wait now ([`Incidents::holds`](incident::Incidents::holds), of a group
        /// [`Incidents::holds_of`](incident::Incidents::holds_of)).
        holds: Reasons,
    },
    /// Time has passed. Only this tells anybody: first take all else that is known of this moment, since what is due
    /// now is told to nobody if it is also muted from now on.
    Tick,
}

/// The rules, and which of them are in their hours.
#[derive(Debug)]
struct Book {
    rules: Vec<Rule>,
    active: Vec<bool>,
}

/// All open incidents, as far as people are concerned.
#[derive(Debug)]
pub struct Alerts {
    book: Book,
    now: Time,
    cases: BTreeMap<Number, Case>,
    agenda: BTreeSet<(Time, Number)>,
    /// Incidents that are over, of which people are yet to be told.
    closed: BTreeMap<Number, Record>,
    /// When they are, at the latest.
    close_at: Time,
}

impl Alerts {
    /// A machine with these rules. Several may tell the same channel; the first that is due does.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        let book = Book { active: vec![true; rules.len()], rules };
        let (cases, agenda, closed) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        Self { book, now: Time::ZERO, cases, agenda, closed, close_at: Time::MAX }
    }

    /// Takes one input; messages that follow are appended to `out`. A `now` before an earlier one counts as that one.
    ///
    /// O(log n) in the number of open incidents for what is about one of them, times the number of rules;
    /// [`Input::RuleActive`] O(n log n).
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Vec<Message>) {
        self.now = self.now.max(now);
        let mut due = Vec::new();
        match input {
            Input::Incident(output) => self.incident(output),
            Input::Acknowledge { number, who } => {
                let at = self.now;
                self.change(number, |case, _| case.acknowledge(Acknowledged { at, who }));
            }
            Input::Snooze { number, until, who } => {
                let at = self.now;
                self.change(number, |case, _| case.snooze(Snoozed { at, until, who }));
            }
            Input::SnoozeEnds { number, until } => self.change(number, |case, _| case.wake(until)),
            Input::Renamed { number, subject } => {
                self.change(number, |case, book| case.rename(subject, book));
            }
            Input::RuleActive { rule, active } => {
                if let Some(was) = self.book.active.get_mut(rule) {
                    *was = active;
                    let all: Vec<Number> = self.cases.keys().copied().collect();
                    all.into_iter().for_each(|number| self.change(number, |_, _| ()));
                }
            }
            Input::Restored { record, holds } => {
                let number = record.number;
                self.drop(number);
                self.cases.insert(number, Case::new(*record, holds, &self.book));
                self.change(number, |_, _| ());
            }
            Input::Tick => self.tell(&mut due),
        }
        gather(due, out);
    }

    /// Nobody hears of something new before it is said that the old is over.
    fn tell(&mut self, due: &mut Vec<(Channel, Kind, Number)>) {
        while let Some(&(at, number)) = self.agenda.first()
            && at <= self.now
        {
            let now = self.now;
            self.change(number, |case, book| {
                case.tell(now, book, |channel, kind| due.push((channel, kind, number)));
            });
        }
        if self.close_at <= self.now || !due.is_empty() {
            self.close_at = Time::MAX;
            for (number, record) in core::mem::take(&mut self.closed) {
                due.extend(record.told.iter().map(|told| (told.channel, Kind::Closing, number)));
            }
        }
    }

    /// When [`Input::Tick`] is due.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        let closing = Some(self.close_at).filter(|&at| at < Time::MAX);
        self.agenda.first().map(|&(at, _)| at).into_iter().chain(closing).min()
    }

    /// What a restart has to know of an incident; `None` if it is not open, and people know that. Of one that is over it
    /// is to be given back with its [`Output::Closed`](incident::Output::Closed).
    #[must_use]
    pub fn record(&self, number: Number) -> Option<&Record> {
        self.cases.get(&number).map(Case::record).or_else(|| self.closed.get(&number))
    }

    /// Whether an incident is over, and people are yet to be told.
    #[must_use]
    pub fn is_closing(&self, number: Number) -> bool {
        self.closed.contains_key(&number)
    }

    /// Open incidents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether none is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    fn incident(&mut self, output: &incident::Output) {
        use incident::Output;
        match output {
            Output::Opened { number, subject, state, cause, since, at, granted, holds } => {
                let record = Record {
                    number: *number,
                    subject: subject.clone(),
                    state: *state,
                    cause: *cause,
                    since: *since,
                    at: *at,
                    granted: *granted,
                    acknowledged: None,
                    snoozed: None,
                    told: Vec::new(),
                };
                let case = Case::new(record, *holds, &self.book);
                self.drop(*number);
                self.cases.insert(*number, case);
                self.change(*number, |_, _| ());
            }
            Output::Changed { number, state, cause, at } => {
                self.change(*number, |case, book| case.turn((*state, *cause), *at, book));
            }
            Output::Held { number: Some(number), reason, on, .. } => {
                let now = self.now;
                self.change(*number, |case, _| case.hold(*reason, *on, now));
            }
            Output::Quiet { number, on } => {
                let now = self.now;
                self.change(*number, |case, _| case.hold(Reason::Closed, *on, now));
            }
            Output::Works { number, on } => self.change(*number, |case, _| case.work(*on)),
            Output::Held { number: None, .. } | Output::Covered { .. } => {}
            Output::Closed { number, .. } => {
                if let Some(case) = self.drop(*number).filter(|case| !case.record().told.is_empty()) {
                    self.closed.insert(*number, case.into_record());
                    self.close_at = self.close_at.min(self.now + defaults::CLOSING_WAIT);
                }
            }
        }
    }

    fn drop(&mut self, number: Number) -> Option<Case> {
        let case = self.cases.remove(&number)?;
        self.agenda.remove(&(case.next, number));
        Some(case)
    }

    /// Does something to a case and looks anew when it is next due.
    fn change(&mut self, number: Number, how: impl FnOnce(&mut Case, &Book)) {
        let Some(case) = self.cases.get_mut(&number) else { return };
        self.agenda.remove(&(case.next, number));
        how(case, &self.book);
        case.next = case.next_due(&self.book);
        if case.next < Time::MAX {
            self.agenda.insert((case.next, number));
        }
    }
}

/// Makes one message of all that is due for one channel.
fn gather(mut due: Vec<(Channel, Kind, Number)>, out: &mut Vec<Message>) {
    due.sort_unstable();
    let own = out.len();
    for (channel, kind, number) in due {
        match out[own..].last_mut() {
            Some(last) if (last.channel, last.kind) == (channel, kind) => last.incidents.push(number),
            _ => out.push(Message { channel, kind, incidents: vec![number] }),
        }
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod together;
