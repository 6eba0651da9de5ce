//! Open or closed: calendars, signals that overrule them, and the grace after opening.
//!
//! **Which word counts.** A fresh signal that covers a subject counts, whatever calendars say: the key switch knows. Of
//! several signals the one with the most special scope counts; without one, the calendar with the most special scope.
//! Where two are equally special (two groups) it is open if either says so: alarming too often is the smaller sin. What
//! nothing covers is always open.
//!
//! Not here: mutes that people set ([`super::mute`]), who is told of all this ([`super::mutes`]).

use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Wall;

use super::hours::Hours;
use super::scope::{Scope, Subject};
use super::{after, before};
use crate::id::Who;

/// Signals of one scope that are remembered, to know what was true a grace ago.
const HISTORY: usize = 8;
/// How finely the time here is told.
const MOMENT: Duration = Duration::from_millis(1);

/// Where something stands in its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// By calendar or signal.
    Closed,
    /// Just opened, or power just returned: people and machines are given until `until`, which is excluded.
    Opening {
        /// The end of the grace.
        until: Wall,
    },
    /// To be judged. Also where there is neither calendar nor signal.
    Open,
}

#[derive(Debug)]
pub(super) struct Calendar {
    pub(super) scope: Scope,
    pub(super) hours: Hours,
    pub(super) who: Who,
}

/// What a signal said, from the first time until another was said.
#[derive(Debug)]
pub(super) struct Said {
    open: bool,
    from: Wall,
    /// When it was said last.
    heard: Wall,
    pub(super) who: Who,
}

/// The last word of signals about a scope.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// What is open or closed.
    pub scope: &'a Scope,
    /// Or closed.
    pub open: bool,
    /// When it was said first.
    pub since: Wall,
    /// When it was said last.
    pub at: Wall,
    /// The switch, and the way it came.
    pub who: &'a Who,
}

/// All that signals said of one scope; the latest last.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) scope: Scope,
    said: Vec<Said>,
}

impl Line {
    fn at(&self, wall: Wall, trust: Duration) -> Option<&Said> {
        let last = self.said.iter().rev().find(|said| said.from <= wall);
        last.filter(|said| wall < after(said.heard, trust))
    }

    pub(super) fn last(&self) -> Option<Word<'_>> {
        let Said { open, from, heard, who } = self.said.last()?;
        Some(Word { scope: &self.scope, open: *open, since: *from, at: *heard, who })
    }

    /// Until when its last word counts.
    fn end(&self, trust: Duration) -> Option<Wall> {
        self.said.last().map(|said| after(said.heard, trust))
    }
}

/// Why something is closed.
#[derive(Debug)]
pub(super) struct Closure<'a> {
    pub(super) scope: &'a Scope,
    pub(super) who: &'a Who,
    pub(super) since: Option<Wall>,
    pub(super) until: Option<Wall>,
}

/// Calendars, signals and returns of power.
#[derive(Debug)]
pub(super) struct Openings {
    pub(super) grace: Duration,
    pub(super) trust: Duration,
    pub(super) trusted: bool,
    pub(super) calendars: Vec<Calendar>,
    pub(super) lines: Vec<Line>,
    pub(super) returns: Vec<(Scope, Wall)>,
}

/// The most special of those that cover a subject: whether it is open, and one that says so.
fn strongest<'a, T>(said: impl Iterator<Item = (&'a Scope, bool, T)>) -> Option<(bool, T)> {
    let said = said.map(|(scope, open, word)| (scope.rank(), open, word));
    let best = said.reduce(|best, it| if (it.0, it.1) > (best.0, best.1) { it } else { best });
    best.map(|(_, open, word)| (open, word))
}

impl Openings {
    /// No word was heard in the future: after a step back of the clock, words count from now.
    pub(super) fn rewind(&mut self, wall: Wall) {
        self.shift(|at| at.min(wall));
    }

    /// Moves what was heard, signals and returns of power, to where `moved` says.
    pub(super) fn shift(&mut self, moved: impl Fn(Wall) -> Wall) {
        for said in self.lines.iter_mut().flat_map(|line| &mut line.said) {
            (said.from, said.heard) = (moved(said.from), moved(said.heard));
        }
        for (_, at) in &mut self.returns {
            *at = moved(*at);
        }
    }

    /// Drops what can no longer matter at `wall`.
    pub(super) fn sweep(&mut self, wall: Wall) {
        let (grace, trust) = (self.grace, self.trust);
        // What was closed until a moment ago is still asked for.
        let kept = grace.max(crate::defaults::HIDDEN);
        self.lines.retain(|line| line.end(trust).is_some_and(|end| wall < after(end, kept)));
        self.returns.retain(|(_, at)| wall < after(*at, grace));
    }

    /// Takes a signal that arrived at `at`, not after now.
    pub(super) fn hear(&mut self, scope: &Scope, open: bool, at: Wall, who: Who) {
        let trust = self.trust;
        let line = if let Some(at) = self.lines.iter().position(|line| line.scope == *scope) {
            &mut self.lines[at]
        } else {
            self.lines.push(Line { scope: scope.clone(), said: Vec::new() });
            self.lines.last_mut().expect("just pushed")
        };
        if let Some(last) = line.said.last_mut() {
            let at = at.max(last.heard);
            if last.open == open && at < after(last.heard, trust) {
                last.heard = at;
                return;
            }
        }
        let at = line.said.last().map_or(at, |last| at.max(last.heard));
        if line.said.len() == HISTORY {
            line.said.remove(0);
        }
        line.said.push(Said { open, from: at, heard: at, who });
    }

    /// What signals say of `scope` was said since then already.
    pub(super) fn recall(&mut self, scope: &Scope, open: bool, since: Wall) {
        let line = self.lines.iter_mut().find(|line| line.scope == *scope);
        if let Some([said]) = line.map(|line| &mut *line.said)
            && said.open == open
        {
            said.from = said.from.min(since);
        }
    }

    pub(super) fn said_since(&self, scope: &Scope) -> Option<Wall> {
        let line = self.lines.iter().find(|line| line.scope == *scope)?;
        line.said.last().map(|said| said.from)
    }

    fn signal(&self, wall: Wall, subject: Subject<'_>) -> Option<(bool, (&Line, &Said))> {
        let covering = self.lines.iter().filter(|line| line.scope.covers(subject));
        let said = covering.filter_map(|line| Some((line, line.at(wall, self.trust)?)));
        strongest(said.map(|(line, said)| (&line.scope, said.open, (line, said))))
    }

    /// Calendars that cover `subject`; none while the clock is not trusted.
    fn covering<'a>(&'a self, subject: Subject<'_>) -> impl Iterator<Item = &'a Calendar> {
        self.calendars.iter().filter(move |it| self.trusted && it.scope.covers(subject))
    }

    pub(super) fn open_at(&self, wall: Wall, subject: Subject<'_>) -> bool {
        self.closed_by(wall, subject).is_none()
    }

    fn closed_by(&self, wall: Wall, subject: Subject<'_>) -> Option<Ground<'_>> {
        if let Some((open, (line, said))) = self.signal(wall, subject) {
            return (!open).then_some(Ground::Signal(line, said));
        }
        let calendars = self.covering(subject).map(|it| (&it.scope, it.hours.open_at(wall), it));
        let (open, calendar) = strongest(calendars)?;
        (!open).then_some(Ground::Calendar(calendar))
    }

    /// Why `subject` is closed, if it is, and until when that reason stands: another may follow.
    pub(super) fn closure(&self, wall: Wall, subject: Subject<'_>) -> Option<Closure<'_>> {
        Some(match self.closed_by(wall, subject)? {
            Ground::Signal(line, said) => Closure {
                scope: &line.scope,
                who: &said.who,
                since: Some(said.from),
                until: Some(after(said.heard, self.trust)),
            },
            Ground::Calendar(calendar) => {
                let rank = calendar.scope.rank();
                let equals = self.covering(subject).filter(|it| it.scope.rank() == rank);
                Closure {
                    scope: &calendar.scope,
                    who: &calendar.who,
                    since: calendar.hours.last_change(wall),
                    until: equals.filter_map(|it| it.hours.next_change(wall)).min(),
                }
            }
        })
    }

    /// When `subject`, which is open, closes by its calendar; `None` where a signal holds it open, or nothing closes it.
    pub(super) fn closing(&self, wall: Wall, subject: Subject<'_>) -> Option<Wall> {
        if self.signal(wall, subject).is_some() {
            return None;
        }
        let covering = self.covering(subject);
        strongest(covering.map(|it| (&it.scope, it.hours.open_at(wall), it.hours.next_change(wall))))?.1
    }

    pub(super) fn phase(&self, wall: Wall, subject: Subject<'_>) -> Phase {
        if !self.open_at(wall, subject) {
            return Phase::Closed;
        }
        let opened = self.opened(wall, subject, self.grace);
        let returned = self.returns.iter().filter(|(scope, at)| scope.covers(subject) && *at <= wall);
        let returned = returned.map(|(_, at)| *at).max();
        let until = opened.max(returned).map(|at| after(at, self.grace));
        until.filter(|until| wall < *until).map_or(Phase::Open, |until| Phase::Opening { until })
    }

    /// When `subject` opened last, if that was within `span`.
    fn opened(&self, wall: Wall, subject: Subject<'_>, span: Duration) -> Option<Wall> {
        let opened = |at: &Wall| self.open_at(*at, subject) && !self.open_at(before(*at, MOMENT), subject);
        self.recent(wall, span, |scope| scope.covers(subject)).into_iter().filter(opened).max()
    }

    /// The hours in which `subject` is closed, or was until within `span`: from when, if that is known, until when.
    pub(super) fn last_closed(
        &self,
        wall: Wall,
        subject: Subject<'_>,
        span: Duration,
    ) -> Option<(Option<Wall>, Wall)> {
        if let Some(closure) = self.closure(wall, subject) {
            return Some((closure.since, wall));
        }
        let until = self.opened(wall, subject, span)?;
        let closure = self.closure(before(until, MOMENT), subject)?;
        Some((closure.since, until))
    }

    /// Moments within the last `span` at which calendars and signals of such scopes may have opened something.
    fn recent(&self, wall: Wall, span: Duration, covers: impl Fn(&Scope) -> bool) -> Vec<Wall> {
        let start = before(wall, span);
        let mut found = Vec::new();
        for calendar in self.calendars.iter().filter(|it| covers(&it.scope)) {
            let first = calendar.hours.next_change(start);
            let changes = core::iter::successors(first, |at| calendar.hours.next_change(*at));
            found.extend(changes.take_while(|at| *at <= wall));
        }
        for line in self.lines.iter().filter(|line| covers(&line.scope)) {
            let edges = line.said.iter().flat_map(|said| [said.from, after(said.heard, self.trust)]);
            found.extend(edges.filter(|at| start < *at && *at <= wall));
        }
        found
    }

    /// Never after the next moment at which the phase of anything changes by time; possibly before.
    pub(super) fn next_change(&self, wall: Wall) -> Option<Wall> {
        let graces = self.recent(wall, self.grace, |_| true).into_iter().map(|at| after(at, self.grace));
        let calendars = self.calendars.iter().filter_map(|it| it.hours.next_change(wall));
        let lines = self.lines.iter().filter_map(|line| line.end(self.trust));
        let returns = self.returns.iter().map(|(_, at)| after(*at, self.grace));
        graces.chain(calendars).chain(lines).chain(returns).filter(|at| *at > wall).min()
    }

    /// When `scope` opens after `wall`: by the calendar that counts for it as a whole, the closest; where none does, by the
    /// first that opens something of it. Where only signals are known, when the last of them no longer counts if it is not
    /// repeated.
    pub(super) fn next_opening(&self, wall: Wall, scope: &Scope) -> Option<Wall> {
        let whole = || self.calendars.iter().filter(|it| scope.ask(|subject| it.scope.covers(subject)));
        let closest = whole().map(|it| it.scope.rank()).max();
        let counts = |it: &&Calendar| match closest {
            Some(rank) => it.scope.rank() == rank && scope.ask(|subject| it.scope.covers(subject)),
            None => it.scope.meets(scope),
        };
        let opening = self.calendars.iter().filter(counts).filter_map(|it| it.hours.next_opening(wall)).min();
        let heard = self.lines.iter().any(|line| line.scope.meets(scope));
        opening.or_else(|| heard.then(|| after(wall, self.trust)))
    }
}

/// What says that something is closed.
enum Ground<'a> {
    Signal(&'a Line, &'a Said),
    Calendar(&'a Calendar),
}
