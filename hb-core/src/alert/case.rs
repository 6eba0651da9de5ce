//! One open incident as people are concerned: who was told, who waits to be told, until when.

use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Time;

use super::{Book, Channel, Kind};
use crate::beat::{Cause, State};
use crate::defaults;
use crate::hold::{Reason, Reasons, Stops};
use crate::id::Who;
use crate::incident::{self, Number, Subject};

/// A channel that was told of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which one.
    pub channel: Channel,
    /// The rule by which it was, by its place in the list.
    pub rule: usize,
    /// When it was last told.
    pub at: Time,
}

/// A person takes an incident on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Since when.
    pub at: Time,
    /// Who, and from where.
    pub who: Who,
}

/// A person wants to hear nothing of an incident for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snoozed {
    /// Since when.
    pub at: Time,
    /// Until when.
    pub until: Time,
    /// Who, and from where.
    pub who: Who,
}

/// What a restart has to know of an open incident. Why it waits is not among it: that is proved anew.
///
/// Moments are those of the run that reads it: whoever keeps a record moves them, and what lies before the run began is
/// [`Time::ZERO`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which one.
    pub number: Number,
    /// Whom it is about.
    pub subject: Subject,
    /// What was believed.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// When the good states were left.
    pub since: Time,
    /// When it became as bad as this.
    pub at: Time,
    /// Time it was granted.
    pub granted: Duration,
    /// The first person who took it on.
    pub acknowledged: Option<Acknowledged>,
    /// The last who wanted to hear nothing of it for a while.
    pub snoozed: Option<Snoozed>,
    /// Who was told.
    pub told: Vec<Told>,
}

/// One open incident.
#[derive(Debug)]
pub(super) struct Case {
    record: Record,
    /// Why it waits.
    holds: Reasons,
    /// For each rule: since when it has been fulfilled without a break.
    fulfilled: Vec<Option<Time>>,
    /// Nothing is told before: what is still bad after a wait is judged after one more promise.
    not_before: Time,
    /// It works, and is not over yet.
    works: bool,
    /// It was part of a group's incident: nobody needs to see whether more follow.
    covered: bool,
    /// When it next may have something to tell.
    pub(super) next: Time,
}

impl Case {
    pub(super) fn new(record: Record, holds: Reasons, book: &Book) -> Self {
        let (state, cause, at) = (record.state, record.cause, record.at);
        let fulfilled = alloc::vec![None; book.rules.len()];
        let (not_before, next) = (Time::ZERO, Time::MAX);
        let mut case = Self { record, holds, fulfilled, not_before, works: false, covered: false, next };
        case.turn((state, cause), at, book);
        case
    }

    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn into_record(self) -> Record {
        self.record
    }

    pub(super) fn acknowledge(&mut self, by: Acknowledged) {
        self.record.acknowledged.get_or_insert(by);
    }

    pub(super) fn snooze(&mut self, by: Snoozed) {
        self.record.snoozed = Some(by);
    }

    /// The snooze, if there is one, ends then.
    pub(super) fn wake(&mut self, until: Time) {
        if let Some(snoozed) = &mut self.record.snoozed {
            snoozed.until = until;
        }
    }

    /// It is bad in this way since `at`.
    pub(super) fn turn(&mut self, (state, cause): (State, Cause), at: Time, book: &Book) {
        (self.record.state, self.record.cause) = (state, cause);
        for (since, rule) in self.fulfilled.iter_mut().zip(&book.rules) {
            let fulfilled = rule.tells_of(state) && rule.is_about(&self.record.subject);
            *since = fulfilled.then(|| since.unwrap_or(at));
        }
        // A hidden page is somebody's second window at first.
        if state == State::Hidden {
            self.not_before = self.not_before.max(at + defaults::HIDDEN);
        }
    }

    /// It is called so now. What a rule that means only the new name waits for began when it became as bad as this.
    pub(super) fn rename(&mut self, subject: Subject, book: &Book) {
        self.record.subject = subject;
        self.turn((self.record.state, self.record.cause), self.record.at, book);
    }

    pub(super) fn hold(&mut self, reason: Reason, on: bool, now: Time) {
        let waited = self.waits();
        let changed = self.holds.set(reason, on);
        let together = reason == Reason::Covered || matches!(self.record.subject, Subject::Parent(_));
        if changed && !on && together {
            // A group and whom it covered are told of together: they have no promise in common, so they wait anew.
            self.covered = true;
            self.fulfilled.iter_mut().flatten().for_each(|since| *since = now);
        } else if waited && !self.waits() {
            self.not_before = self.not_before.max(now + self.record.granted);
        }
    }

    /// Nobody is told that it does not work while it does.
    pub(super) fn work(&mut self, on: bool) {
        self.works = on;
    }

    fn waits(&self) -> bool {
        self.holds.stop(Stops::Alerts)
    }

    /// The earliest moment at which something may be told.
    pub(super) fn free_at(&self) -> Time {
        if self.waits() || self.works {
            return Time::MAX;
        }
        self.not_before.max(self.record.snoozed.as_ref().map_or(Time::ZERO, |snoozed| snoozed.until))
    }

    /// When the rule at `place` next has something to tell `channel`; `None` for never.
    fn due(&self, place: usize, channel: Channel, book: &Book) -> Option<(Time, Kind)> {
        let rule = &book.rules[place];
        let since = self.fulfilled[place].filter(|_| book.active[place])?;
        match self.record.told.iter().find(|told| told.channel == channel) {
            None => {
                let silent = matches!(self.record.subject, Subject::App(_))
                    && self.record.state == State::Down
                    && !self.covered;
                let window = if silent { incident::window(self.record.granted) } else { Duration::ZERO };
                Some(((since + rule.wait).max(self.record.since + window), Kind::Opening))
            }
            Some(told) if told.rule == place && self.record.acknowledged.is_none() => {
                Some((told.at + rule.remind?, Kind::Reminder))
            }
            Some(_) => None,
        }
    }

    pub(super) fn next_due(&self, book: &Book) -> Time {
        let free = self.free_at();
        let dues = pairs(book).filter_map(|(place, channel)| self.due(place, channel, book));
        dues.map(|(at, _)| at.max(free)).min().unwrap_or(Time::MAX)
    }

    /// Tells what is due at `now`.
    pub(super) fn tell(&mut self, now: Time, book: &Book, mut say: impl FnMut(Channel, Kind)) {
        if self.free_at() > now {
            return;
        }
        for (rule, channel) in pairs(book) {
            let Some((_, kind)) = self.due(rule, channel, book).filter(|&(at, _)| at <= now) else {
                continue;
            };
            match self.record.told.iter_mut().find(|told| told.channel == channel) {
                Some(told) => told.at = now,
                None => self.record.told.push(Told { channel, rule, at: now }),
            }
            say(channel, kind);
        }
    }
}

/// Every rule with each of its channels.
fn pairs(book: &Book) -> impl Iterator<Item = (usize, Channel)> + '_ {
    let rules = book.rules.iter().enumerate();
    rules.flat_map(|(place, rule)| rule.channels.iter().map(move |&channel| (place, channel)))
}
