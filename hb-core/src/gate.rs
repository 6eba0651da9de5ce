//! Proof of life: what the page itself can tell about the picture, folded into one [`Diagnosis`].
//!
//! Facts go in (frames, lost contexts, visibility, life cycle), the diagnosis comes out when it changes. Not here: what
//! is said to the server, and when (that is `sender`'s); how the facts are measured (that is the shell's).

use alloc::vec::Vec;

use hb_lease::time::Time;

use crate::beat::Diagnosis;

#[cfg(test)]
mod blocked;
mod input;
mod pace;
mod script;
mod span;
#[cfg(test)]
mod tests;

pub use input::{Config, Drawn, Input, Output};
use pace::Pace;
use script::Script;
pub(crate) use span::{after, millis, since};

/// Longest time between two looks at the clock while a stall is possible. A look that comes much later than this was
/// held up (sleep, a blocked main thread), and what held it up is not the picture's fault. In ms.
const LOOK: u64 = 1_000;
/// Between two probes of a page that draws on demand, ms; sooner where its limit is so short that a probe would come with it.
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
    /// The GPU owes an answer.
    overdue: bool,
    /// The picture has not changed for too long.
    same: bool,
    frames: u64,
    last_frame: Option<Time>,
    /// The stall clock: the last moment at which the picture was known, or given the benefit of the doubt, to move.
    alive: Time,
    looked: Time,
    hold: Option<Hold>,
    /// When the next probe is due; `None` while one is out.
    probe: Option<Time>,
    pace: Pace,
    /// The page's own thread, where that is another than ours.
    script: Option<Script>,
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
            overdue: false,
            same: false,
            frames: 0,
            last_frame: None,
            alive: now,
            looked: now,
            hold: None,
            probe: None,
            pace: Pace::new(now),
            script: config.remote.then(|| Script::new(now)),
        }
    }

    /// Takes in one fact; appends what follows to `out`.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        let now = now.max(self.looked);
        self.forgive(now);
        if !matches!(input, Input::Tick)
            && let Some(script) = &mut self.script
        {
            // While the script was held up no frame could be drawn: not the picture's fault.
            self.alive = after(self.alive, script.hear(now, self.stall)).min(now);
        }
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
                if lost > self.lost {
                    // What a lost context owes never comes.
                    self.overdue = false;
                }
                self.lost = lost;
            }
            Input::Busy(span) => {
                // The frame under way may still be counted after this call: the load is over at the second one.
                self.hold = Some(Hold { until: after(now, millis(span)), frames: self.frames + 2 });
            }
            Input::Idle(idle) => {
                self.idle = idle;
                if idle {
                    // No first frame is due either.
                    self.hold = None;
                }
                self.refresh(now);
                self.await_first(now);
            }
            Input::Proved => {
                self.alive = now;
                self.probe = Some(after(now, PROBE.min(self.stall / 3 * 2)));
            }
            Input::Overdue(overdue) => self.overdue = overdue,
            Input::Same(same) => self.same = same,
            Input::Leave => self.leaving = true,
            Input::Return => {
                self.leaving = false;
                self.frozen = false;
                self.same = false;
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
        if let Some(script) = &self.script {
            let due = match self.hold {
                Some(hold) if script.asked.is_some() => hold.until,
                Some(hold) => hold.until.min(script.due(self.stall)),
                None => script.due(self.stall),
            };
            let asks = self.can_answer() && self.diagnosis != Diagnosis::MainBlocked;
            return asks.then(|| due.min(after(self.looked, LOOK)));
        }
        // Frames go on although the picture does not change; they may stop yet.
        if !self.can_stall() || (self.diagnosis.is_bad() && self.diagnosis != Diagnosis::PictureStuck) {
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
        // A worker's timers go on where nobody sees the page.
        (!self.visible && self.script.is_none()) || self.frozen
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
            || (self.lost == 0
                && !matches!(
                    self.diagnosis,
                    Diagnosis::Ok | Diagnosis::Slow | Diagnosis::Idle | Diagnosis::PictureStuck
                ))
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

    /// ms since the last frame that could be seen; `None` before the first.
    #[must_use]
    pub fn age(&self, now: Time) -> Option<u64> {
        self.last_frame.map(|last| since(now, last))
    }

    /// Whether a beat waits for a better word of a page on another thread: `Some(true)` if it has to be asked for,
    /// `Some(false)` while a question is open, for a moment.
    pub(crate) fn await_word(&mut self, now: Time) -> Option<bool> {
        let can_answer = self.can_answer();
        self.script.as_mut().filter(|_| can_answer)?.await_word(now)
    }

    /// Until when a beat that is due waits for the page's word.
    pub(crate) fn patience(&self) -> Time {
        self.script.map_or(Time::ZERO, |script| script.patience())
    }

    /// Until when we know of frames: what the page last said, and no more.
    fn known(&self, now: Time) -> Time {
        self.script.map_or(now, |script| script.heard)
    }

    /// The same up to the page's last word, without the time for which the picture has the benefit of the doubt: nobody could
    /// see it, or the machine slept.
    pub(crate) fn age_in_sight(&self, now: Time) -> Option<u64> {
        self.age(self.known(now)).map(|age| age.min(since(now, self.alive)))
    }

    /// Frames per second over the last few seconds, 0 when none were drawn.
    #[must_use]
    pub fn fps(&self, now: Time) -> f32 {
        self.pace.fps(now)
    }

    /// The frame time above which a frame counts as long, for [`Drawn::long`]; infinite while none is known.
    #[must_use]
    pub fn long_frame(&self) -> f64 {
        self.pace.long_frame()
    }

    fn begin(&mut self, now: Time) {
        self.loaded = true;
        self.hold = None;
        self.refresh(now);
        self.await_first(now);
    }

    fn arm(&mut self, now: Time) {
        if !self.armed {
            self.armed = true;
            self.alive = now;
            self.await_first(now);
        }
    }

    /// Who draws already needs no grace for a first frame, and who rests owes none.
    fn await_first(&mut self, now: Time) {
        if self.armed && self.frames == 0 && !self.idle && self.hold.is_none() {
            self.hold = Some(Hold { until: after(now, self.grace), frames: 1 });
        }
    }

    fn drawn(&mut self, now: Time, drawn: Drawn) {
        if drawn.frames == 0 {
            return;
        }
        self.frames += u64::from(drawn.frames);
        if let Some(script) = &mut self.script {
            script.forgiven = 0;
        }
        // Engines pass all sorts of numbers to their hooks. A frame that claims a moment outside the time since the
        // last look was drawn *somewhere* in it: taking `now` errs by at most one look.
        let plausible = drawn.last <= now && after(drawn.last, LOOK) >= self.looked;
        let at = if plausible { drawn.last } else { now };
        self.alive = self.alive.max(at);
        self.armed = true;
        self.pace.add(now, drawn);
        // The loop goes on without a context, and nothing of what it draws is seen.
        if self.lost == 0 {
            self.last_frame = Some(at);
            self.unproven = false;
        }
        if self.hold.is_some_and(|hold| self.frames >= hold.frames) {
            self.hold = None;
        }
    }

    /// A fresh stall clock: the page was out of sight, asleep or idle, and is owed the full time again.
    fn refresh(&mut self, now: Time) {
        self.alive = now;
        self.overdue = false;
        self.probe = Some(now);
        self.pace = Pace::new(now);
    }

    /// Moves the stall clock by the time in which this machine could not look.
    fn forgive(&mut self, now: Time) {
        let overshoot = since(now, self.looked).saturating_sub(LOOK);
        if overshoot >= LOOK {
            self.alive = after(self.alive, overshoot).min(now);
            if let Some(script) = &mut self.script {
                script.forgive(now, overshoot);
            }
        }
    }

    /// Whether the page's script is there to answer.
    const fn can_answer(&self) -> bool {
        self.loaded && !self.frozen && !self.leaving
    }

    const fn can_stall(&self) -> bool {
        self.can_answer() && self.visible && (self.armed || self.idle)
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
        if let Some(script) = &mut self.script {
            if self.loaded && !self.frozen && !self.leaving && script.ask(now) {
                out.push(Output::Probe);
            }
        } else if self.idle && self.can_stall() && self.probe.is_some_and(|due| due <= now) {
            self.probe = None;
            out.push(Output::Probe);
        }
    }

    /// The table of browser.md 6.3, worst evidence first; only leaving outranks it, because then nothing else matters.
    fn judge(&self, now: Time) -> Diagnosis {
        let silent = since(self.known(now), self.alive) >= self.stall;
        let blocked = self.script.is_some_and(|script| script.is_silent(now, self.stall));
        if self.leaving {
            Diagnosis::Leaving
        } else if blocked && self.can_answer() && self.hold.is_none() {
            // Whatever else it said is older.
            Diagnosis::MainBlocked
        } else if self.lost > 0 || self.unproven {
            Diagnosis::ContextLost
        } else if self.frozen {
            Diagnosis::Frozen
        } else if !self.visible {
            if self.hidden_is_fine { Diagnosis::Idle } else { Diagnosis::Hidden }
        } else if !self.loaded || self.hold.is_some() {
            Diagnosis::Starting
        } else if self.idle {
            if silent { self.silence() } else { Diagnosis::Idle }
        } else if !self.armed {
            Diagnosis::Ok
        } else if silent || self.frames == 0 {
            self.silence()
        } else if self.same {
            Diagnosis::PictureStuck
        } else if self.pace.is_slow() {
            Diagnosis::Slow
        } else {
            Diagnosis::Ok
        }
    }

    /// Why nothing is drawn: the GPU owes an answer, or else the page's own loop is dead.
    const fn silence(&self) -> Diagnosis {
        if self.overdue { Diagnosis::GpuStuck } else { Diagnosis::NoFrames }
    }
}
