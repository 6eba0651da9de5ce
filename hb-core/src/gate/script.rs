//! Does the page's script answer? For a gate in a worker, which knows of the page only what it is told.
//!
//! Not here: what was told, and what its silence means for the picture ([`super::Gate`]).

use hb_lease::time::Time;

use super::{LOOK, after, since};

/// Between a word of the page and the next question, ms: twice a second costs the page nothing, and half a second is
/// what it can take longer to notice anything.
const PULSE: u64 = 500;
/// What a beat says of frames is at most this old, ms, where the page answers in that time.
const FRESH: u64 = 100;

/// When the page spoke, and what it was asked since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    pub(super) heard: Time,
    /// The question that has no answer yet.
    pub(super) asked: Option<Time>,
    /// What was forgiven since the last frame, ms.
    pub(super) forgiven: u64,
}

impl Script {
    pub(super) const fn new(now: Time) -> Self {
        Self { heard: now, asked: None, forgiven: 0 }
    }

    /// The page spoke. For how many ms it could not: nothing that is due by frames was due in that time. Of what is too
    /// short to be a fault of its own no more than `stall` is forgiven between two frames: a page whose loop is dead may
    /// still do other things.
    pub(super) fn hear(&mut self, now: Time, stall: u64) -> u64 {
        self.heard = now;
        let held = self.asked.take().map_or(0, |then| since(now, then));
        if held < LOOK {
            return 0;
        }
        if held >= stall {
            return held;
        }
        let given = held.min(stall.saturating_sub(self.forgiven));
        self.forgiven += given;
        given
    }

    /// Whether to ask now.
    pub(super) fn ask(&mut self, now: Time) -> bool {
        let due = self.asked.is_none() && since(now, self.heard) >= PULSE;
        if due {
            self.asked = Some(now);
        }
        due
    }

    /// See [`super::Gate::await_word`].
    pub(super) fn await_word(&mut self, now: Time) -> Option<bool> {
        if let Some(then) = self.asked {
            return (since(now, then) < FRESH).then_some(false);
        }
        let stale = since(now, self.heard) >= FRESH;
        stale.then(|| {
            self.asked = Some(now);
            true
        })
    }

    /// Until when a beat would wait.
    pub(super) fn patience(&self) -> Time {
        self.asked.map_or(Time::ZERO, |then| after(then, FRESH))
    }

    /// Whether a question has had no answer for `stall` ms.
    pub(super) fn is_silent(&self, now: Time, stall: u64) -> bool {
        self.asked.is_some_and(|then| since(now, then) >= stall)
    }

    /// When to ask, or when a question will have had no answer for `stall` ms.
    pub(super) fn due(&self, stall: u64) -> Time {
        self.asked.map_or(after(self.heard, PULSE), |then| after(then, stall))
    }

    /// We slept: the page could not have answered.
    pub(super) fn forgive(&mut self, now: Time, overshoot: u64) {
        self.asked = self.asked.map(|then| after(then, overshoot).min(now));
    }
}
