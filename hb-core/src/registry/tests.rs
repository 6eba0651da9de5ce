//! Identity, sessions, order and retention as stories; the laws as properties in [`laws`].

extern crate std;

mod laws;
mod model;
mod restart;
mod schedule;
mod shown;
mod stories;
mod trust;
mod waiting;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::beat::{Beat, By, Cause, Diagnosis, Display, Gl, Promise, State, Verb, Visibility, Vitals};
use crate::id::Boot;

/// A registry on a stage: virtual time, and every output as a short line.
pub(super) struct Stage {
    pub(super) registry: Registry,
    pub(super) now: u64,
    /// Where beats come from: a program, unless a story says otherwise.
    pub(super) from: Origin,
    pub(super) out: Vec<Output>,
}

/// What a beat says, in the words of the wire: `boot=a seq=3 state=ok vis=visible age=0 v=1 by=cli`.
pub(super) fn vitals(words: &str) -> Vitals {
    let mut vitals = Vitals::default();
    for word in words.split_whitespace() {
        let (name, value) = word.split_once('=').expect("name=value");
        match name {
            "v" => vitals.version = value.parse().ok(),
            "boot" => vitals.boot = Boot::new(value),
            "seq" => vitals.seq = value.parse().ok(),
            "by" => vitals.by = By::from_word(value),
            "state" => vitals.diagnosis = Diagnosis::from_word(value),
            "vis" => vitals.visibility = Visibility::from_word(value),
            "age" => vitals.age = value.parse().ok(),
            "stall" => vitals.stall = value.parse().ok(),
            "display" => vitals.display = Display::from_word(value),
            "frames" => vitals.frames = value.parse().ok(),
            "gap" => vitals.gap = value.parse().ok(),
            "gl" => vitals.gl = Gl::from_word(value),
            "errs" => vitals.errors = value.parse().ok(),
            "mem" => vitals.memory = value.parse().ok(),
            _ => panic!("no such vital: {name}"),
        }
    }
    vitals
}

pub(super) fn beat(verb: Verb, promise: u64, words: &str) -> Beat<'static> {
    let promise = Promise::from_millis(promise).expect("a short promise");
    Beat { verb, promise, vitals: vitals(words), last_error: None, malformed: 0 }
}

impl Stage {
    pub(super) fn new(config: Config) -> Self {
        Self {
            registry: Registry::new(config, HashKey(3, 4)),
            now: 0,
            from: Origin { place: 0, program: true },
            out: Vec::new(),
        }
    }

    pub(super) fn input(&mut self, input: Input<'_>) -> Reply {
        self.registry.handle(Time::from_millis(self.now), input, &mut self.out)
    }

    /// One beat of `app` from `host`.
    pub(super) fn beat(&mut self, host: &str, app: &str, verb: Verb, promise: u64, words: &str) -> Reply {
        let id = Identity::new(host, "", app).expect("a good name");
        let from = self.from;
        self.input(Input::Beat { id, beat: &beat(verb, promise, words), from, admit: true })
    }

    /// A ping of `x` on `h`, promising a second.
    pub(super) fn ping(&mut self, words: &str) {
        self.beat("h", "x", Verb::Ping, 1_000, words);
    }

    pub(super) fn after(&mut self, ms: u64) -> &mut Self {
        self.now += ms;
        self
    }

    pub(super) fn tick(&mut self) {
        self.input(Input::Tick);
    }

    pub(super) fn snapshot(&self, host: &str, app: &str) -> Option<Snapshot> {
        let id = Identity::new(host, "", app).expect("a good name");
        self.registry.snapshot(Time::from_millis(self.now), id)
    }

    /// State of `x` on `h`, as a word; `gone` if it is not held.
    pub(super) fn state(&self) -> &'static str {
        self.snapshot("h", "x").map_or("gone", |app| app.state.word())
    }

    /// Everything told since the last look.
    pub(super) fn told(&mut self) -> Vec<String> {
        self.out.drain(..).map(|output| line(&output)).collect()
    }
}

/// An output as a line: `x @ h 1000 up→late silence`.
pub(super) fn line(output: &Output) -> String {
    match output {
        Output::Transition(t) => {
            let from = t.from.map_or("", State::word);
            format!("{} {} {from}→{} {}", t.id, t.at.as_millis(), t.to, t.cause)
        }
        Output::Event(e) => {
            let kind = match &e.kind {
                EventKind::Reload { clean } => (if *clean { "reload" } else { "unclean reload" }).to_owned(),
                EventKind::Moved { from } => format!("moved from {from}"),
                EventKind::Replaced { by, .. } => format!("replaced by {by}"),
                EventKind::Conflict { on } => (if *on { "conflict" } else { "no conflict" }).to_owned(),
                EventKind::Slowing { on } => (if *on { "slowing" } else { "no longer slowing" }).to_owned(),
                EventKind::Removed { why, .. } => format!("removed {why:?}"),
            };
            format!("{} {} {kind}", e.id, e.at.as_millis())
        }
    }
}
