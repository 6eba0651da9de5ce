//! The machine that holds all mutes, calendars and signals, and answers for each screen.
//!
//! The time here is [`Wall`]: opening hours follow the clock, wherever it steps. While the clock is not trusted, it
//! errs to the safe side of each question. **Alerts** ([`Mutes::may_alert`]) are muted by no calendar and no plan, only
//! by what somebody does while that clock runs: a snooze, a fresh signal. **Repairs** ([`Mutes::may_repair`]) are not
//! allowed at all.
//!
//! Not here: what is open ([`super::openings`]), one mute ([`super::mute`]), states: a mute changes none.

mod input;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Wall;

pub use input::{
    Config, End, Hush, Input, MAX_CALENDARS, MAX_MUTES, MAX_RETURNS, MAX_SIGNALS, MuteId, Muted, Output,
    Refused, Reply,
};

use super::after;
use super::hours::Hours;
use super::mute::{Kind, Mute, When};
use super::openings::{Calendar, Line, Openings, Phase, Word};
use super::scope::{Scope, Subject};
use crate::id::Who;

#[derive(Debug)]
struct Held {
    id: MuteId,
    mute: Mute,
    /// Whether it was told that it holds.
    told: bool,
}

/// All mutes, calendars and signals of a house; bounded in number.
///
/// ```
/// use hb_core::id::Who;
/// use hb_core::window::{Config, Hours, Hush, Input, Kind, Mutes, Output, Phase, Scope, Subject};
/// use hb_lease::time::Wall;
/// use jiff::tz::TimeZone;
///
/// // 1970-01-01 was a Thursday.
/// let at = |minute: i64| Wall::from_unix_millis(minute * 60_000);
/// let (mut mutes, mut out) = (Mutes::new(Config::default()), vec![]);
/// let hours = Hours::parse("mo-su 09:30-18:00", TimeZone::UTC).unwrap();
/// let who = Who::new("config", "hb.toml").unwrap();
/// mutes.handle(at(0), Input::Calendar { scope: Scope::Everything, hours: Some(hours), who }, &mut out);
///
/// let kiosk = Subject { host: "kiosk-17", app: "Tetris", ..Subject::default() };
/// let Err(Hush::Muted(muted)) = mutes.may_alert(at(0), kiosk) else { panic!() };
/// assert_eq!((muted.kind, muted.until, muted.who.by()), (Kind::Closed, Some(at(570)), "config"));
///
/// // Switched on at the wall at 09:30: five minutes to get ready.
/// assert_eq!(mutes.next_change(at(0)), Some(at(570)));
/// assert_eq!(mutes.phase_at(at(570), kiosk), Phase::Opening { until: at(575) });
/// assert_eq!(mutes.may_alert(at(575), kiosk), Ok(()));
/// ```
#[derive(Debug)]
pub struct Mutes {
    openings: Openings,
    mutes: Vec<Held>,
    next: u64,
    told: Vec<(Scope, Phase)>,
    /// Since when, by its own word, the clock is not trusted.
    doubted: Option<Wall>,
}

impl Mutes {
    /// No mute, no calendar, a trusted clock.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let openings = Openings {
            grace: config.boot_grace,
            trust: config.signal_trust,
            trusted: true,
            calendars: Vec::new(),
            lines: Vec::new(),
            returns: Vec::new(),
        };
        Self { openings, mutes: Vec::new(), next: 1, told: Vec::new(), doubted: None }
    }

    /// The next mute gets a higher number than `last`: ids of an earlier run are never given again.
    pub fn resume_after(&mut self, last: u64) {
        self.next = self.next.max(last.saturating_add(1));
    }

    /// Takes one input; what follows from it, and from the time that passed before it, is appended to `out`.
    pub fn handle(&mut self, wall: Wall, input: Input, out: &mut Vec<Output>) -> Reply {
        if let Input::Clock { trusted, step } = input {
            // Before anything is told: on the new clock all that was said on the old one would be long over.
            self.trust(wall, trusted, step);
        }
        self.openings.rewind(wall);
        self.tell(wall, out);
        self.openings.sweep(wall);
        let reply = match input {
            Input::Add(mute) => self.add(wall, mute),
            Input::Restored { id, mute } => self.restore(id, mute),
            Input::Remove { id, who } => match self.mutes.iter().position(|held| held.id == id) {
                Some(at) => {
                    self.remove(at, wall, End::Removed(who), out);
                    Reply::Done
                }
                None => Reply::Unknown,
            },
            Input::Retarget { id, scope } => match self.mutes.iter_mut().find(|held| held.id == id) {
                Some(held) => {
                    held.mute.scope = scope;
                    Reply::Done
                }
                None => Reply::Unknown,
            },
            Input::Calendar { scope, hours, who } => self.calendar(scope, hours, who),
            Input::Signal { scope, open, at, who } => self.signal(wall, &scope, open, at, who, out),
            Input::Heard { scope, open, since, at, who } => {
                let reply = self.signal(wall, &scope, open, at, who, out);
                self.openings.recall(&scope, open, since);
                reply
            }
            Input::Returned { scope } => {
                let returns = &mut self.openings.returns;
                returns.retain(|(of, _)| *of != scope);
                if returns.len() == MAX_RETURNS {
                    return Reply::Refused(Refused::Full(MAX_RETURNS, "returns of power"));
                }
                returns.push((scope, wall));
                Reply::Done
            }
            Input::Clock { .. } | Input::Tick => return Reply::Done,
        };
        self.tell(wall, out);
        reply
    }

    /// When [`Input::Tick`] is due: never after the next moment at which time changes an answer, possibly before. `None`
    /// if there is none within [`super::hours::HORIZON`].
    #[must_use]
    pub fn next_change(&self, wall: Wall) -> Option<Wall> {
        let mutes = self.mutes.iter().filter_map(|held| held.mute.next_change(wall));
        mutes.chain(self.openings.next_change(wall)).min()
    }

    /// Where `subject` stands in its day; by signals alone while the clock is not trusted.
    #[must_use]
    pub fn phase_at(&self, wall: Wall, subject: Subject<'_>) -> Phase {
        self.openings.phase(wall, subject)
    }

    /// The hours in which `subject` is closed, or was until within the last `span`, half a minute at most: from when, if anybody
    /// looks back that far, until when.
    #[must_use]
    pub fn last_closed(
        &self,
        wall: Wall,
        subject: Subject<'_>,
        span: Duration,
    ) -> Option<(Option<Wall>, Wall)> {
        self.openings.last_closed(wall, subject, span)
    }

    /// When `subject` closes, or, where it is closed, when it did; `None` if nobody knows.
    #[must_use]
    pub fn closes_at(&self, wall: Wall, subject: Subject<'_>) -> Option<Wall> {
        match self.openings.closure(wall, subject) {
            Some(closure) => closure.since,
            None => self.openings.closing(wall, subject),
        }
    }

    /// By what `subject` is muted, if it is: of several, by the one that ends last.
    #[must_use]
    pub fn muted<'a>(&'a self, wall: Wall, subject: Subject<'_>) -> Option<Muted<'a>> {
        let closure = self.openings.closure(wall, subject).map(|closure| Muted {
            id: None,
            kind: Kind::Closed,
            scope: closure.scope,
            who: closure.who,
            reason: "",
            since: closure.since,
            until: closure.until,
        });
        let covering = self.mutes.iter().filter(|held| held.mute.scope.covers(subject));
        let holding = covering.filter_map(|held| {
            let (since, until) = self.holds(&held.mute, wall)?;
            let Mute { scope, kind, who, reason, .. } = &held.mute;
            Some(Muted { id: Some(held.id), kind: *kind, scope, who, reason, since, until })
        });
        // No end is later than any.
        closure.into_iter().chain(holding).max_by_key(|muted| (muted.until.is_none(), muted.until))
    }

    /// Whether people may be told of `subject`. Opens when in doubt: a clock that is not trusted mutes nothing by
    /// calendar.
    ///
    /// # Errors
    /// Why not. Never [`Hush::Clock`].
    pub fn may_alert<'a>(&'a self, wall: Wall, subject: Subject<'_>) -> Result<(), Hush<'a>> {
        if let Some(muted) = self.muted(wall, subject) {
            return Err(Hush::Muted(muted));
        }
        match self.phase_at(wall, subject) {
            Phase::Opening { until } => Err(Hush::Opening { until }),
            Phase::Open | Phase::Closed => Ok(()),
        }
    }

    /// Whether `subject` may be repaired, as far as time goes. Closes when in doubt: a clock that is not trusted allows
    /// nothing.
    ///
    /// # Errors
    /// Why not.
    pub fn may_repair<'a>(&'a self, wall: Wall, subject: Subject<'_>) -> Result<(), Hush<'a>> {
        if self.openings.trusted { self.may_alert(wall, subject) } else { Err(Hush::Clock) }
    }

    /// The phase of each scope with a calendar or a signal, as it was last told.
    pub fn phases(&self) -> impl Iterator<Item = (&Scope, Phase)> {
        self.told.iter().map(|(scope, phase)| (scope, *phase))
    }

    /// Since when signals have said of `scope` what the last one said.
    #[must_use]
    pub fn said_since(&self, scope: &Scope) -> Option<Wall> {
        self.openings.said_since(scope)
    }

    /// What signals said last, of each scope.
    pub fn signals(&self) -> impl Iterator<Item = Word<'_>> {
        self.openings.lines.iter().filter_map(Line::last)
    }

    /// All mutes that are held, with whether they hold at `wall`; in the order in which they were set.
    pub fn list(&self, wall: Wall) -> impl Iterator<Item = (MuteId, &Mute, bool)> {
        self.mutes.iter().map(move |held| (held.id, &held.mute, self.holds(&held.mute, wall).is_some()))
    }

    /// Since when and until when `mute` holds at `wall`, if it does and is believed.
    fn holds(&self, mute: &Mute, wall: Wall) -> Option<(Option<Wall>, Option<Wall>)> {
        let plan = matches!(mute.when, When::During(_)) || mute.kind != Kind::Snooze;
        if plan && !self.openings.trusted { None } else { mute.holds(wall) }
    }

    fn trust(&mut self, wall: Wall, trusted: bool, step: i64) {
        self.openings.trusted = trusted;
        if !trusted {
            self.doubted = self.doubted.or(Some(wall));
            return;
        }
        let Some(since) = self.doubted.take() else { return };
        let moved = |at: Wall| {
            let there = at.as_unix_millis().saturating_add(step);
            if at < since { at } else { Wall::from_unix_millis(there) }
        };
        self.openings.shift(moved);
        for held in &mut self.mutes {
            match &mut held.mute.when {
                When::Once { from, until } if *from >= since => {
                    (*from, *until) = (moved(*from), moved(*until));
                }
                When::UntilOpening { from, until } if *from >= since => {
                    *from = moved(*from);
                    *until =
                        self.openings.next_opening(wall.max(*from), &held.mute.scope).or(until.map(moved));
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, wall: Wall, mut mute: Mute) -> Reply {
        if self.mutes.len() == MAX_MUTES {
            return Reply::Refused(Refused::Full(MAX_MUTES, "mutes"));
        }
        if let When::UntilOpening { from, until: until @ None } = &mut mute.when {
            *until = self.openings.next_opening(wall.max(*from), &mute.scope);
            if until.is_none() {
                return Reply::Refused(Refused::NoOpening);
            }
        }
        if mute.end().is_some_and(|end| end <= wall) {
            return Reply::Refused(Refused::Over);
        }
        let id = MuteId(self.next);
        self.next += 1;
        self.mutes.push(Held { id, mute, told: false });
        Reply::Added(id)
    }

    fn restore(&mut self, id: MuteId, mute: Mute) -> Reply {
        self.resume_after(id.get());
        if self.mutes.iter().any(|held| held.id == id) {
            return Reply::Done;
        }
        if self.mutes.len() == MAX_MUTES {
            return Reply::Refused(Refused::Full(MAX_MUTES, "mutes"));
        }
        self.mutes.push(Held { id, mute, told: false });
        Reply::Added(id)
    }

    fn calendar(&mut self, scope: Scope, hours: Option<Hours>, who: Who) -> Reply {
        let calendars = &mut self.openings.calendars;
        let held = calendars.iter().position(|it| it.scope == scope);
        match (held, hours) {
            (Some(at), Some(hours)) => calendars[at] = Calendar { scope, hours, who },
            (Some(at), None) => drop(calendars.remove(at)),
            (None, None) => return Reply::Unknown,
            (None, Some(_)) if calendars.len() == MAX_CALENDARS => {
                return Reply::Refused(Refused::Full(MAX_CALENDARS, "calendars"));
            }
            (None, Some(hours)) => calendars.push(Calendar { scope, hours, who }),
        }
        Reply::Done
    }

    fn signal(
        &mut self,
        wall: Wall,
        scope: &Scope,
        open: bool,
        at: Wall,
        who: Who,
        out: &mut Vec<Output>,
    ) -> Reply {
        let at = at.min(wall);
        if after(at, self.openings.trust) <= wall {
            return Reply::Refused(Refused::Stale);
        }
        let lines = &self.openings.lines;
        if lines.len() == MAX_SIGNALS && lines.iter().all(|line| line.scope != *scope) {
            return Reply::Refused(Refused::Full(MAX_SIGNALS, "scopes with a signal"));
        }
        let is_open = |openings: &Openings| scope.ask(|subject| openings.open_at(wall, subject));
        let was_open = is_open(&self.openings);
        self.openings.hear(scope, open, at, who);
        if !was_open && is_open(&self.openings) {
            let waits = |mute: &Mute| {
                matches!(mute.when, When::UntilOpening { from, .. } if from <= wall)
                    && mute.scope.meets(scope)
            };
            while let Some(at) = self.mutes.iter().position(|held| waits(&held.mute)) {
                self.remove(at, wall, End::Opened, out);
            }
        }
        Reply::Done
    }

    fn remove(&mut self, at: usize, wall: Wall, end: End, out: &mut Vec<Output>) {
        let Held { id, mute, told } = self.mutes.remove(at);
        if told {
            out.push(Output::Ended { id, at: wall });
        }
        out.push(Output::Removed { id, at: wall, mute: Box::new(mute), end });
    }

    /// Tells what is otherwise than told before, and drops mutes that are over.
    fn tell(&mut self, wall: Wall, out: &mut Vec<Output>) {
        for at in 0..self.mutes.len() {
            let held = &self.mutes[at];
            let holds = self.holds(&held.mute, wall);
            if holds.is_some() == held.told {
                continue;
            }
            let id = held.id;
            out.push(match (holds, &held.mute.when) {
                (Some((since, _)), _) => Output::Began { id, at: since.unwrap_or(wall) },
                (None, When::During(hours)) if self.openings.trusted => {
                    Output::Ended { id, at: hours.last_change(wall).unwrap_or(wall) }
                }
                (None, _) => Output::Ended { id, at: held.mute.end().map_or(wall, |end| end.min(wall)) },
            });
            self.mutes[at].told = holds.is_some();
        }
        let over = |held: &Held| held.mute.end().filter(|end| *end <= wall);
        while let Some((index, end)) =
            self.mutes.iter().enumerate().find_map(|(index, held)| Some((index, over(held)?)))
        {
            let Held { id, mute, .. } = self.mutes.remove(index);
            out.push(Output::Removed { id, at: end, mute: Box::new(mute), end: End::Over });
        }
        self.tell_phases(wall, out);
    }

    fn tell_phases(&mut self, wall: Wall, out: &mut Vec<Output>) {
        let calendars = self.openings.calendars.iter().map(|it| &it.scope);
        let lines = self.openings.lines.iter().map(|line| &line.scope);
        let mut now: Vec<(Scope, Phase)> = Vec::new();
        for scope in calendars.chain(lines) {
            if now.iter().all(|(known, _)| known != scope) {
                now.push((scope.clone(), scope.ask(|subject| self.openings.phase(wall, subject))));
            }
        }
        for (scope, phase) in &now {
            let before = self.told.iter().find(|(known, _)| known == scope).map(|(_, phase)| *phase);
            if before != Some(*phase) {
                let at = self.since(wall, scope, *phase, before);
                out.push(Output::Phase { scope: scope.clone(), phase: *phase, at });
            }
        }
        // What has neither calendar nor signal any more is open for good.
        for (scope, phase) in core::mem::take(&mut self.told) {
            if phase != Phase::Open && now.iter().all(|(known, _)| *known != scope) {
                out.push(Output::Phase { scope, phase: Phase::Open, at: wall });
            }
        }
        self.told = now;
    }

    /// Since when `scope` is in `phase`, after `before`.
    fn since(&self, wall: Wall, scope: &Scope, phase: Phase, before: Option<Phase>) -> Wall {
        let since = match (phase, before) {
            (Phase::Closed, _) => {
                scope.ask(|subject| self.openings.closure(wall, subject).and_then(|it| it.since))
            }
            (Phase::Opening { until }, _) => Some(super::before(until, self.openings.grace)),
            (Phase::Open, Some(Phase::Opening { until })) => Some(until.min(wall)),
            (Phase::Open, _) => None,
        };
        since.unwrap_or(wall)
    }
}
