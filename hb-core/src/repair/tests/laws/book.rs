//! What was said about one app and what was done, read from the beginning for every move.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// What was said about one app, in order, and what was done.
#[derive(Default)]
pub(super) struct Book {
    pub(super) said: Vec<(u64, Act)>,
    pub(super) runs: Vec<u64>,
    /// Until when, what, and by which ticket.
    pub(super) running: Option<(u64, Action, u64)>,
    pub(super) adoption: Adoption,
    pub(super) open: bool,
    pub(super) gave_up: bool,
    pub(super) attempts: u16,
    /// Moves of the ladder's own on each step, since a person or an adoption began it anew.
    pub(super) tries: BTreeMap<u8, u8>,
}

/// What the book says about one moment.
#[derive(Default)]
pub(super) struct Reading {
    /// Since when each evidence holds.
    pub(super) since: BTreeMap<Evidence, u64>,
    pub(super) word_since: u64,
    pub(super) lost: Option<u64>,
    pub(super) twice: bool,
    pub(super) holds: BTreeSet<Reason>,
    pub(super) state: Option<State>,
    pub(super) touched: Option<u64>,
    pub(super) good: Option<u64>,
}

impl Book {
    pub(super) fn read(&self, config: &Config) -> Reading {
        let mut r = Reading::default();
        let mut last_loss = None;
        let mut expected = false;
        for &(at, act) in &self.said {
            match act {
                Act::Adopt(adoption) => {
                    expected = adoption != Adoption::New;
                    if !expected {
                        (last_loss, r.twice) = (None, false);
                    }
                }
                Act::Evidence(evidence, true) if Signs::CLIENT.has(evidence) => {
                    let before = r.since.keys().copied().find(|&word| Signs::CLIENT.has(word));
                    if before != Some(evidence) {
                        let since = before.and_then(|word| r.since.remove(&word)).unwrap_or(at);
                        r.since.insert(evidence, since);
                        r.word_since = at;
                    }
                }
                Act::Evidence(evidence, true) => _ = r.since.entry(evidence).or_insert(at),
                Act::Evidence(evidence, false) => _ = r.since.remove(&evidence),
                Act::Context(false) => r.lost = None,
                Act::Context(true) if r.lost.is_none() && !expected => r.lost = Some(at),
                Act::Context(true) if r.lost.is_none() => {
                    let span = config.context_span.as_millis() as u64;
                    r.twice = last_loss.is_some_and(|before| at <= before + span);
                    r.lost = Some(at);
                    last_loss = Some(at);
                }
                Act::Held(reason, true) if reason.stops(Stops::Repairs) => _ = r.holds.insert(reason),
                Act::Held(reason, false) => _ = r.holds.remove(&reason),
                Act::State(state) => r.state = Some(state),
                Act::Touched if expected => r.touched = Some(at),
                // A new browser.
                Act::Restart => (last_loss, r.twice) = (None, false),
                _ => {}
            }
            let good = r.state == Some(State::Up) && r.since.is_empty();
            r.good = if good { r.good.or(Some(at)) } else { None };
        }
        r
    }
}
