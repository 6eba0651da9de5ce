//! Proof of life: what the page itself can tell about the picture, folded into one [`Diagnosis`].
//!
//! Facts go in (frames, lost contexts, visibility, life cycle), the diagnosis comes out when it changes. Not here: what
//! is said to the server, and when (that is `sender`'s); how the facts are measured (that is the shell's).

use alloc::vec::Vec;

use hb_lease::time::Time;

use crate::beat::Diagnosis;

mod input;
mod meter;
mod pace;
mod span;
#[cfg(test)]
mod tests;

pub use input::{Config, Input, Output};
pub use meter::{Drawn, Meter};
use pace::Pace;
pub(crate) use span::{after, millis, since};

/// Longest time between two looks at the clock while a stall is possible. A look that comes much later than this was
/// held up (sleep, a blocked main thread), and what held it up is not the picture's fault. In ms.
const LOOK: u64 = 1_000;
/// Between two probes of a page that draws on demand, ms.
const PROBE: u64 = 2_000;

/// A promise that nothing stalls before a moment, unless frames come earlier.
#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Time,
    /// Total frames at which the load is over.
    frames: u64,
}

/// The machine; one per page load.
#[derive(Debug)]
pub struct Gate {
    /// Without a frame for so many ms, nothing is being drawn.
    stall: u64,
    /// ms for the first frame.
    grace: u64,
    hidden_is_fine: bool,
    diagnosis: Diagnosis,
    loaded: bool,
    armed: bool,
    visible: bool,
    frozen: bool,
    leaving: bool,
    idle: bool,
    lost: u32,
    /// A context came back, but no frame has been drawn with it yet.
    unproven: bool,
    frames: u64,
    last_frame: Option<Time>,
    /// The stall clock: the last moment at which the picture was known, or given the benefit of the doubt, to move.
    alive: Time,
    looked: Time,
    hold: Option<Hold>,
    /// When the next probe is due; `None` while one is out.
    probe: Option<Time>,
    pace: Pace,
}

impl Gate {
    /// A page that is loading and visible.
    #[must_use]
    pub fn new(now: Time, config: Config) -> Self {
        Self {
            stall: millis(config.stall),
            grace: millis(config.grace),
            hidden_is_fine: config.hidden_is_fine,
            diagnosis: Diagnosis::Starting,
            loaded: false,
            armed: false,
            visible: true,
            frozen: false,
            leaving: false,
            idle: false,
            lost: 0,
            unproven: false,
            frames: 0,
            last_frame: None,
            alive: now,
            looked: now,
            hold: None,
            probe: None,
            pace: Pace::new(now),
        }
    }

    /// Takes in one fact; appends what follows to `out`.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        let now = now.max(self.looked);
        self.forgive(now);
        match input {
            Input::Loaded => self.begin(now),
            Input::Armed => self.arm(now),
            Input::Drawn(drawn) => self.drawn(now, drawn),
            Input::Visible(visible) => {
                if visible && !self.visible {
                    self.refresh(now);
                }
                self.visible = visible;
            }
            Input::Freeze => self.frozen = true,
            Input::Resume => {
                self.frozen = false;
                self.refresh(now);
            }
            Input::Contexts { lost } => {
                // While nobody can see the page no frame can prove anything; on return the stall clock runs anew.
                self.unproven = lost == 0 && self.visible && (self.unproven || self.lost > 0);
                self.lost = lost;
            }
            Input::Busy(span) => {
                // The frame under way may still be counted after this call: the load is over at the second one.
                self.hold = Some(Hold { until: after(now, millis(span)), frames: self.frames + 2 });
            }
            Input::Idle(idle) => {
                self.idle = idle;
                self.refresh(now);
            }
            Input::Proved => {
                self.alive = now;
                self.probe = Some(after(now, PROBE));
            }
            Input::Leave => self.leaving = true,
            Input::Return => {
                self.leaving = false;
                self.frozen = false;
                self.frames = 0;
                self.last_frame = None;
                self.begin(now);
            }
            Input::Tick => {}
        }
        self.looked = now;
        self.settle(now, out);
    }

    /// When [`Input::Tick`] is next needed; an early one is harmless.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        if !self.can_stall() || self.diagnosis.is_bad() {
            return None;
        }
        let stall = match self.hold {
            Some(hold) => hold.until,
            None => after(self.alive, self.stall),
        };
        let probe = if self.idle { self.probe.unwrap_or(Time::MAX) } else { Time::MAX };
        Some(stall.min(probe).min(after(self.looked, LOOK)))
    }

    /// The diagnosis in force.
    #[must_use]
    pub const fn diagnosis(&self) -> Diagnosis {
        self.diagnosis
    }

    /// Whether frames drive this page: it was armed, or has drawn.
    #[must_use]
    pub const fn is_armed(&self) -> bool {
        self.armed
    }

    /// Whether somebody could see the page.
    #[must_use]
    pub const fn is_visible(&self) -> bool {
        self.visible
    }

    /// Whether timers may come late or not at all: the page is hidden or frozen.
    #[must_use]
    pub const fn is_throttled(&self) -> bool {
        !self.visible || self.frozen
    }

    /// Whether a watched GL context is lost now.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.lost > 0
    }

    /// Whether the next frame changes something, so that the shell must report it at once instead of with the next
    /// look.
    #[must_use]
    pub const fn awaits_frame(&self) -> bool {
        !self.armed
            || self.hold.is_some()
            || !matches!(self.diagnosis, Diagnosis::Ok | Diagnosis::Slow | Diagnosis::Idle)
    }

    /// For how many ms from now nothing need be heard of this page.
    #[must_use]
    pub fn held(&self, now: Time) -> u64 {
        self.hold.map_or(0, |hold| since(hold.until, now))
    }

    /// Frames drawn since the page load (or its return) began.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// ms since the last frame; `None` before the first.
    #[must_use]
    pub fn age(&self, now: Time) -> Option<u64> {
        self.last_frame.map(|last| since(now, last))
    }

    /// Frames per second over the last few seconds, 0 when none were drawn.
    #[must_use]
    pub fn fps(&self, now: Time) -> f32 {
        self.pace.fps(now)
    }

    /// The frame time above which a frame counts as long, for [`Meter::take`]; infinite while none is known.
    #[must_use]
    pub fn long_frame(&self) -> f64 {
        self.pace.long_frame()
    }

    fn begin(&mut self, now: Time) {
        self.loaded = true;
        self.hold = None;
        self.refresh(now);
        // Who draws already needs no grace for a first frame.
        if self.armed && self.frames == 0 {
            self.hold = Some(Hold { until: after(now, self.grace), frames: 1 });
        }
    }

    fn arm(&mut self, now: Time) {
        if !self.armed {
            self.armed = true;
            self.alive = now;
            if self.hold.is_none() && self.frames == 0 {
                self.hold = Some(Hold { until: after(now, self.grace), frames: 1 });
            }
        }
    }

    fn drawn(&mut self, now: Time, drawn: Drawn) {
        if drawn.frames == 0 {
            return;
        }
        self.frames += u64::from(drawn.frames);
        // Engines pass all sorts of numbers to their hooks. A frame that claims a moment outside the time since the
        // last look was drawn *somewhere* in it: taking `now` errs by at most one look.
        let plausible = drawn.last <= now && after(drawn.last, LOOK) >= self.looked;
        let at = if plausible { drawn.last } else { now };
        self.last_frame = Some(at);
        self.alive = self.alive.max(at);
        self.armed = true;
        self.pace.add(now, drawn);
        if self.lost == 0 {
            self.unproven = false;
        }
        if self.hold.is_some_and(|hold| self.frames >= hold.frames) {
            self.hold = None;
        }
    }

    /// A fresh stall clock: the page was out of sight, asleep or idle, and is owed the full time again.
    fn refresh(&mut self, now: Time) {
        self.alive = now;
        self.probe = Some(now);
        self.pace = Pace::new(now);
    }

    /// Moves the stall clock by the time in which this machine could not look.
    fn forgive(&mut self, now: Time) {
        let overshoot = since(now, self.looked).saturating_sub(LOOK);
        if overshoot >= LOOK {
            self.alive = after(self.alive, overshoot).min(now);
        }
    }

    const fn can_stall(&self) -> bool {
        self.loaded && self.visible && !self.frozen && !self.leaving && (self.armed || self.idle)
    }

    fn settle(&mut self, now: Time, out: &mut Vec<Output>) {
        if self.hold.is_some_and(|hold| hold.until <= now) {
            self.hold = None;
        }
        let diagnosis = self.judge(now);
        if diagnosis != self.diagnosis {
            self.diagnosis = diagnosis;
            out.push(Output::Changed(diagnosis));
        }
        if self.idle && self.can_stall() && self.probe.is_some_and(|due| due <= now) {
            self.probe = None;
            out.push(Output::Probe);
        }
    }

    /// The table of browser.md 6.3, worst evidence first; only leaving outranks it, because then nothing else matters.
    fn judge(&self, now: Time) -> Diagnosis {
        let silent = since(now, self.alive) >= self.stall;
        if self.leaving {
            Diagnosis::Leaving
        } else if self.lost > 0 || self.unproven {
            Diagnosis::ContextLost
        } else if self.frozen {
            Diagnosis::Frozen
        } else if !self.visible {
            if self.hidden_is_fine { Diagnosis::Idle } else { Diagnosis::Hidden }
        } else if !self.loaded || self.hold.is_some() {
            Diagnosis::Starting
        } else if self.idle {
            if silent { Diagnosis::NoFrames } else { Diagnosis::Idle }
        } else if !self.armed {
            Diagnosis::Ok
        } else if silent || self.frames == 0 {
            Diagnosis::NoFrames
        } else if self.pace.is_slow() {
            Diagnosis::Slow
        } else {
            Diagnosis::Ok
        }
    }
}
