//! The wasm class under the JavaScript face: hb-core's sender, wired to one page.
//!
//! Everything is `&self`, and borrows end before JavaScript is called: a call out of a call must never find the object
//! locked. Few exports with numbers for what happened, because each costs 250 bytes of module and some of glue. Not
//! here: option parsing, events, the reason of a failure (the face's).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;
use core::time::Duration;

use hb_core::beat::{Diagnosis, Promise, Verb};
use hb_core::gate::{self, Drawn};
use hb_core::sender::{Config, Input, Output, Sender, WhenHidden};
use hb_lease::time::Time;
use wasm_bindgen::prelude::*;

use crate::shell::Shell;
use crate::vitals;
use crate::words::{flag, how, stat, tell};

/// The longest a browser's timer can be told to wait, ms (a signed 32-bit number).
const LONGEST_TIMER: u64 = 1 << 30;

/// One client on one page.
#[wasm_bindgen]
pub struct Heartbeat {
    /// What [`Heartbeat::tell`] answers.
    limit: Cell<f64>,
    /// Taken out while it works; a call out of a call finds nothing and does nothing.
    sender: Cell<Option<Box<Sender>>>,
    /// When the shell's timer fires.
    wakes: Cell<Option<Time>>,
    shell: Shell,
}

#[wasm_bindgen]
impl Heartbeat {
    /// A page that is loading and visible. Times in ms, zero means the default; a negative interval sends nothing by
    /// itself. `flags` are those of [`flag`].
    #[wasm_bindgen(constructor)]
    pub fn new(shell: Shell, flags: u32, interval: i32, stall: u32, grace: u32, timeout: u32) -> Self {
        let default = Config::default();
        let given = |millis: u32| (millis > 0).then(|| Duration::from_millis(u64::from(millis)));
        let otherwise = if interval < 0 { Duration::ZERO } else { default.interval };
        let config = Config {
            interval: given(interval.max(0) as u32).unwrap_or(otherwise),
            stall: given(stall).unwrap_or(default.stall),
            grace: given(grace).unwrap_or(default.grace),
            timeout: given(timeout),
            init: flags & flag::INIT != 0,
            done: flags & flag::DONE != 0,
            vitals: flags & flag::PLAIN == 0,
            remote: flags & flag::REMOTE != 0,
            hidden: match flags & (flag::HIDDEN_IS_FINE | flag::HIDDEN_IS_PAUSE) {
                flag::HIDDEN_IS_FINE => WhenHidden::Fine,
                flag::HIDDEN_IS_PAUSE => WhenHidden::Pause,
                _ => WhenHidden::Report,
            },
        };
        let sender = Sender::new(time(shell.now()), config);
        Self {
            limit: Cell::new(f64::NEG_INFINITY),
            sender: Cell::new(Some(Box::new(sender))),
            wakes: Cell::new(None),
            shell,
        }
    }

    /// So many frames were drawn since this was last said, the last of them then, in ms after the time origin; the longest
    /// took so long, and so many were long. Of a page on another thread also said of none: it answers [`Shell::probe`].
    /// Answers like [`Heartbeat::tell`].
    pub fn drawn(&self, frames: u32, last: f64, longest: u32, long: u32) -> f64 {
        let drawn = Drawn { frames, last: time(last), longest, long };
        self.handle(Input::Page(gate::Input::Drawn(drawn)))
    }

    /// Something happened; `what` is one of [`tell`], `value` where it has one. Answers above how many ms a frame is long from
    /// now on; negative where the next frame changes something, so that it must be told of at once.
    pub fn tell(&self, what: u32, value: f64) -> f64 {
        let yes = value > 0.0;
        let input = match what {
            tell::TICK => {
                self.wakes.set(None);
                Input::Tick
            }
            tell::LOADED => Input::Page(gate::Input::Loaded),
            tell::ARMED => Input::Page(gate::Input::Armed),
            tell::VISIBLE => Input::Page(gate::Input::Visible(yes)),
            tell::FREEZE => Input::Page(gate::Input::Freeze),
            tell::RESUME => Input::Page(gate::Input::Resume),
            tell::LOST => Input::Page(gate::Input::Contexts { lost: value as u32 }),
            tell::BUSY => Input::Page(gate::Input::Busy(duration(value).unwrap_or_default())),
            tell::IDLE => Input::Page(gate::Input::Idle(yes)),
            tell::PROVED => Input::Page(gate::Input::Proved),
            tell::LEAVE => Input::Page(gate::Input::Leave),
            tell::WATCH => Input::Watch,
            tell::INIT => Input::Init,
            tell::PING => Input::Ping,
            tell::DONE => Input::Done,
            tell::INTERVAL => Input::Interval(duration(value).unwrap_or_default()),
            tell::ABORT => Input::Abort,
            tell::SETTLED => {
                if yes {
                    Input::Answered
                } else {
                    Input::Failed
                }
            }
            tell::ERROR => Input::Error,
            tell::RETURN => Input::Return,
            tell::QUIET => Input::Quiet(yes),
            tell::REACHED => Input::Reached(value as u32),
            tell::OVERDUE => Input::Page(gate::Input::Overdue(yes)),
            tell::SAME => Input::Page(gate::Input::Same(yes)),
            tell::HEAP => Input::Heap(value as u32),
            _ => return self.limit.get(),
        };
        self.handle(input)
    }

    /// Composes a request that the face sends itself, counted like one of ours, and hands it over by
    /// [`Shell::send`]. `verb` is its place in [`Verb::ALL`], or more for any other command.
    pub fn compose(&self, verb: usize, millis: f64) {
        let known = Verb::ALL.get(verb).copied().unwrap_or(Verb::Init);
        let promise = duration(millis).map_or(0, whole);
        self.send(how::HAND, self.now(), known, Promise::from_millis(u64::from(promise)).unwrap_or_default());
    }

    /// A number; `which` is one of [`stat`].
    pub fn stat(&self, which: u32) -> f64 {
        let now = self.now();
        let Some(sender) = self.sender.take() else { return f64::NAN };
        let gate = sender.gate();
        let number = match which {
            stat::FRAMES => gate.frames() as f64,
            stat::FPS => f64::from(gate.fps(now)),
            stat::WORST => f64::from(sender.gap()),
            stat::AGE => gate.age(now).map_or(f64::INFINITY, |age| age as f64),
            stat::SENT => f64::from(sender.stats().sent),
            stat::FAILED => f64::from(sender.stats().failed),
            stat::SEQ => f64::from(sender.seq()),
            _ => f64::from(whole(sender.interval())),
        };
        self.sender.set(Some(sender));
        number
    }
}

impl Heartbeat {
    #[inline(never)]
    fn handle(&self, input: Input) -> f64 {
        let now = self.now();
        let Some(mut sender) = self.sender.take() else { return self.limit.get() };
        let mut outputs = Vec::new();
        sender.handle(now, input, &mut outputs);
        let limit = sender.gate().long_frame();
        self.limit.set(if sender.awaits_frame() { -limit } else { limit });
        let state = sender.state();
        let next = sender.next_timeout();
        self.sender.set(Some(sender));
        for output in outputs {
            match output {
                Output::Fetch(verb, promise) => self.send(how::FETCH, now, verb, promise),
                Output::Beacon(verb, promise) => self.send(how::BEACON, now, verb, promise),
                Output::Abort => self.shell.give_up(false),
                Output::Expire => self.shell.give_up(true),
                Output::Probe => self.shell.probe(),
                // After a goodbye there is no diagnosis: the face's word for that comes after all of theirs.
                Output::Changed => {
                    self.shell.changed(state.map_or(Diagnosis::ALL.len(), |state| state as usize));
                }
            }
        }
        if next != self.wakes.replace(next) {
            let after = |at: Time| at.as_millis().saturating_sub(now.as_millis()).min(LONGEST_TIMER) as i32;
            self.shell.wake(next.map_or(-1, after));
        }
        self.limit.get()
    }

    fn send(&self, how: u32, now: Time, verb: Verb, promise: Promise) {
        let Some(mut sender) = self.sender.take() else { return };
        let beat = sender.compose(now, verb, promise);
        self.sender.set(Some(sender));
        vitals::each(&beat.vitals, |which, value| self.shell.say(which, value));
        self.shell.send(how, beat.verb as u32, beat.promise.as_millis());
    }

    fn now(&self) -> Time {
        time(self.shell.now())
    }
}

fn time(millis: f64) -> Time {
    Time::from_millis(millis as u64)
}

/// A positive number of whole ms; `None` for anything else.
fn duration(millis: f64) -> Option<Duration> {
    // `as` saturates; 32 bits are 49 days, more than any promise. What is between zero and one must not become zero.
    (millis > 0.0).then(|| Duration::from_millis(u64::from((millis as u32).max(1))))
}

/// Whole ms, as far as 32 bits go.
fn whole(duration: Duration) -> u32 {
    duration.as_millis() as u32
}
