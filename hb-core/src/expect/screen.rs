//! One place of the list: its hours, what it waits for, and whether it is missing. Not here: apps ([`super::Expect`]).

use alloc::vec::Vec;

use hb_lease::time::Time;

use super::{Config, Phase, Why};
use crate::beat::State;
use crate::id::Glob;

#[derive(Clone, Debug)]
pub(super) struct Screen {
    pub(super) shows: Vec<Glob>,
    closed: bool,
    /// Its group is silent.
    silent: bool,
    /// When the grace is over, and after what.
    grace: Option<(Time, Why)>,
    /// When the wait after a goodbye is over.
    goodbye: Option<Time>,
    pub(super) missing: bool,
    pub(super) timer: Option<Time>,
}

/// Whether an app in this state shows something, or would if it could: what is wrong with it is told of the app, and one
/// fault is one alarm. Of an `unknown` one nobody knows, so nobody cries.
pub(super) const fn is_running(state: State) -> bool {
    match state {
        State::Missing | State::Down | State::Done => false,
        State::Stalled
        | State::Hidden
        | State::Late
        | State::Unknown
        | State::Reconnecting
        | State::Starting
        | State::Up
        | State::Off => true,
    }
}

impl Screen {
    pub(super) fn new(now: Time, shows: Vec<Glob>, config: &Config) -> Self {
        let grace = Some((now + config.boot_grace, Why::Start));
        Self { shows, closed: false, silent: false, grace, goodbye: None, missing: false, timer: None }
    }

    pub(super) fn fits(&self, app: &str) -> bool {
        self.shows.iter().any(|glob| glob.matches(app))
    }

    /// Whether `app` is expected by its whole name: what fits a pattern may be anything.
    pub(super) fn names(&self, app: &str) -> bool {
        !app.contains('*') && self.shows.iter().any(|glob| glob.as_str() == app)
    }

    /// The list has other apps for it now.
    pub(super) fn show(&mut self, now: Time, shows: Vec<Glob>, config: &Config) {
        if self.shows != shows {
            self.shows = shows;
            self.wait(now + config.boot_grace, Why::Start);
        }
    }

    pub(super) fn phase(&mut self, now: Time, phase: Phase, config: &Config) {
        let was_closed = self.closed;
        self.closed = phase == Phase::Closed;
        match phase {
            Phase::Closed => (self.grace, self.goodbye) = (None, None),
            Phase::Opening { until } if was_closed || until > now => self.wait(until.max(now), Why::Opening),
            // Whoever forgets to say "opening" gives the full grace too.
            Phase::Open if was_closed => self.wait(now + config.boot_grace, Why::Opening),
            Phase::Opening { .. } | Phase::Open => {}
        }
    }

    pub(super) fn group(&mut self, now: Time, silent: bool, config: &Config) {
        if self.silent && !silent {
            self.wait(now + config.boot_grace, Why::Group);
        }
        self.silent = silent;
        if silent {
            self.goodbye = None;
        }
    }

    /// The latest of all graces counts.
    fn wait(&mut self, until: Time, why: Why) {
        if !self.closed && self.grace.is_none_or(|(at, _)| at <= until) {
            self.grace = Some((until, why));
        }
    }

    /// Its app said goodbye or was removed.
    pub(super) fn part(&mut self, now: Time, config: &Config) {
        if !self.closed && !self.silent && !self.missing {
            self.goodbye = self.goodbye.or(Some(now + config.goodbye));
        }
    }

    /// Something runs here; whether it had been missing.
    pub(super) fn found(&mut self) -> bool {
        self.goodbye = None;
        core::mem::take(&mut self.missing)
    }

    pub(super) fn due(&self) -> Option<Time> {
        let grace = self.grace.map(|(at, _)| at);
        grace.into_iter().chain(self.goodbye).min()
    }

    /// The earliest wait, if it `is_over`, with whether it is the verdict's: where two waits run, the later one decides.
    pub(super) fn pop(&mut self, is_over: impl Fn(Time) -> bool) -> Option<Option<(Time, Why)>> {
        let at = self.due().filter(|&at| is_over(at))?;
        let (_, why) = self.grace.take_if(|(grace, _)| *grace == at).unwrap_or((at, Why::Goodbye));
        if self.goodbye == Some(at) && why == Why::Goodbye {
            self.goodbye = None;
        }
        let last = self.grace.is_none() && self.goodbye.is_none();
        Some(Some((at, why)).filter(|_| last && !self.silent && !self.missing))
    }
}
