//! Every rule of the ladder as a story: what happens, and what is told, one line each. The laws as properties in
//! [`laws`].

extern crate std;

mod laws;
mod restart;
mod rules;

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::beat::State;
use crate::hold::{Reason, Stops};
use crate::id::Who;

/// A ladder on a stage: virtual time, and every output as a short line.
pub(super) struct Stage {
    pub(super) repairs: Repairs,
    pub(super) now: u64,
    pub(super) out: Vec<Output>,
}

const fn step(action: Action, when: Signs, wait: u64, cap: u8) -> Step {
    Step { action, when, wait: Duration::from_secs(wait), cap }
}

/// All four steps, once each.
pub(super) fn full() -> Arc<Ladder> {
    let steps = [
        step(Action::Reload, Signs::RESPONSIVE, 60, 1),
        step(Action::Command, Signs::ANY, 60, 1),
        step(Action::Restart, Signs::ANY, 120, 1),
        step(Action::Reboot, Signs::ANY, 300, 1),
    ];
    Arc::new(Ladder::new(&steps).unwrap())
}

impl Stage {
    pub(super) fn new(config: Config) -> Self {
        let mut stage = Self { repairs: Repairs::new(config), now: 0, out: Vec::new() };
        stage.input(Input::Clock { trusted: true });
        stage
    }

    /// An input, and nothing else in its moment.
    pub(super) fn input(&mut self, input: Input<'_>) {
        let now = Time::from_millis(self.now);
        self.repairs.handle(now, input, &mut self.out);
        if self.repairs.next_timeout().is_some_and(|next| next <= now) {
            self.repairs.handle(now, Input::Tick, &mut self.out);
        }
    }

    /// Sleeps as a shell does: until the next time-out, again and again.
    pub(super) fn until(&mut self, then: u64) {
        while let Some(next) = self.repairs.next_timeout().filter(|&next| next.as_millis() <= then) {
            self.now = self.now.max(next.as_millis());
            self.input(Input::Tick);
            assert!(
                self.repairs.next_timeout() > Some(next) || self.repairs.next_timeout().is_none(),
                "spins"
            );
        }
        self.now = then;
    }

    /// Plays `SECONDS HOST[:APP] WORDS;…`.
    pub(super) fn play(&mut self, script: &str) {
        for line in script.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
            let mut words = line.split_whitespace();
            let mut word = || words.next().unwrap_or_default();
            let at = word().parse::<f64>().expect("seconds");
            self.until((at * 1_000.0).round() as u64);
            let name = word();
            let (host, app) = name.split_once(':').unwrap_or((name, "x"));
            let id = Identity::new(host, "", app).unwrap();
            let verb = word();
            let arg = word();
            self.act(id, verb, arg, &line[line.find(verb).unwrap_or_default() + verb.len()..]);
        }
    }

    fn act(&mut self, id: Identity<'_>, verb: &str, arg: &str, rest: &str) {
        let evidence = || Evidence::from_word(arg).unwrap_or_else(|| panic!("no evidence: {arg}"));
        let reason = || Reason::from_word(arg).unwrap_or_else(|| panic!("no reason: {arg}"));
        let ticket = || self.last_ticket(id);
        let groups: Vec<&str> = rest.split_whitespace().collect();
        self.input(match verb {
            "on" => Input::Evidence { id, evidence: evidence(), on: true },
            "off" => Input::Evidence { id, evidence: evidence(), on: false },
            "lost" => Input::Context { id, lost: true },
            "restored" => Input::Context { id, lost: false },
            "holds" => Input::Held { id, reason: reason(), on: true },
            "ends" => Input::Held { id, reason: reason(), on: false },
            "clock" => Input::Clock { trusted: arg == "good" },
            "groups" => Input::Groups { host: id.host(), groups: &groups },
            "repairs" => Input::Adopt { id, adoption: Adoption::Repairs },
            "dry" => Input::Adopt { id, adoption: Adoption::DryRun },
            "new" => Input::Adopt { id, adoption: Adoption::New },
            "full" => Input::Ladder { id, ladder: full() },
            "is" => Input::State { id, state: State::from_word(arg).expect("a state") },
            "touched" => Input::Touched { id },
            "done" => Input::Result { id, ticket: ticket(), failure: None },
            "fails" => Input::Result { id, ticket: ticket(), failure: Some(Failure::NobodyListening) },
            "stale" => Input::Result { id, ticket: ticket() - 1, failure: Some(Failure::TimedOut) },
            "now" => Input::Now { id, who: Who::new("Ada", "10.0.0.7").unwrap() },
            "forget" => Input::Forget { id },
            "tick" => Input::Tick,
            _ => panic!("no such verb: {verb}"),
        });
    }

    fn last_ticket(&self, id: Identity<'_>) -> u64 {
        let moves = self.out.iter().rev().find_map(|output| match output {
            Output::Run(step) if step.id.borrow() == id => Some(step.ticket),
            _ => None,
        });
        moves.unwrap_or_default()
    }

    /// What was told: `SECONDS HOST[:APP] …`.
    pub(super) fn told(&self) -> Vec<String> {
        self.out.iter().map(line).collect()
    }
}

fn line(output: &Output) -> String {
    let (id, at, what) = match output {
        Output::Run(step) | Output::WouldRun(step) => {
            let verb = if matches!(output, Output::Run(_)) { "run" } else { "would" };
            let by = step.who.as_ref().map_or("", |who| who.by());
            let what = format!("{verb} {} #{} {} {by}", step.action.word(), step.attempt, step.why.word());
            (&step.id, step.at, what)
        }
        Output::Ended { id, at, outcome, .. } => (id, *at, format!("{outcome:?}")),
        Output::GaveUp { id, at, attempts, why } => (id, *at, format!("gave-up #{attempts} {}", why.word())),
        Output::Recovered { id, at, attempts } => (id, *at, format!("recovered #{attempts}")),
        Output::Closed { id, at } => (id, *at, "closed".into()),
        Output::Refused { id, at, why, .. } => (id, *at, format!("refused {why:?}")),
    };
    let id = id.borrow();
    let app = if id.app() == "x" { String::new() } else { format!(":{}", id.app()) };
    format!("{} {}{app} {}", at.as_millis() as f64 / 1_000.0, id.host(), what.trim_end())
}

/// Plays a story over the default numbers and compares what was told.
pub(super) fn check(script: &str, expected: &[&str]) {
    let mut stage = Stage::new(Config::default());
    stage.play(script);
    assert_eq!(stage.told(), expected, "{script}");
}
