//! Whose vitals are told next, so that every app has its turn however many there are.
//!
//! A round goes through all apps in one order, at most [`MOST`] a time, and tells those heard since the round before
//! began. So nobody waits for more than two rounds, and few enough apps are one round each time. Not here: the message
//! and when it is sent.

use std::collections::BTreeMap;

use hb_core::id::OwnedIdentity;
use hb_core::registry::Snapshot;
use hb_lease::time::Time;

use crate::engine::Engine;

/// Apps told at a time.
const MOST: usize = 2_000;

/// Where the round is.
#[derive(Debug)]
pub(super) struct Round {
    /// The last app that was told; `None` between two rounds.
    after: Option<OwnedIdentity>,
    /// When this round began.
    begun: Time,
    /// When the round before began: who was heard since is told in this one.
    since: Time,
}

impl Round {
    /// The first round, for those who know everything up to `now`.
    pub(super) fn new(now: Time) -> Self {
        Self { after: None, begun: now, since: now }
    }

    /// The next apps of the round.
    pub(super) fn next(&mut self, engine: &Engine) -> Vec<Snapshot> {
        if self.after.is_none() {
            // Before the look, so that what is heard during it belongs to the next round.
            (self.since, self.begun) = (self.begun, engine.clock().now());
        }
        // Never more than one too many, whatever the number of apps.
        let (mut heard, mut full) = (BTreeMap::<OwnedIdentity, Snapshot>::new(), false);
        engine.for_each(|app| {
            let fresh = app.last_beat.max(app.last_word) >= Some(self.since);
            if !fresh || self.after.as_ref().is_some_and(|last| app.id <= *last) {
                return;
            }
            let behind = heard.last_key_value().is_some_and(|(last, _)| app.id > *last);
            if heard.len() < MOST || !behind {
                heard.insert(app.id.clone(), app);
            } else {
                full = true;
            }
            if heard.len() > MOST {
                heard.pop_last();
                full = true;
            }
        });
        self.after = heard.last_key_value().filter(|_| full).map(|(id, _)| id.clone());
        heard.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use hb_bus::runtime::Simulation;
    use std::collections::HashSet;
    use std::fmt::Display;
    use std::time::Duration;

    use hb_core::beat::Verb;
    use hb_core::id::Identity;
    use hb_core::wire;

    use crate::engine::Config;
    use crate::engine::clock::Clock;

    use super::*;

    fn beat(engine: &Engine, app: impl Display) {
        let query = format!("60000&appid={app}");
        let request = wire::parse(Verb::Ping, &query).unwrap();
        let id = Identity::new("h", "", &request.app).unwrap();
        let _ = engine.beat(id, &request.beat, None);
    }

    fn names(told: &[Snapshot]) -> Vec<String> {
        told.iter().map(|app| app.id.borrow().app().to_owned()).collect()
    }

    #[test]
    fn all_have_their_turn_when_all_are_heard_every_second() {
        let (clock, hand) = Clock::manual();
        let engine = Engine::new(Config::default(), clock, Simulation::new(1).handle());
        let apps = MOST * 5 / 2;
        let mut round = Round::new(engine.clock().now());
        let mut told = HashSet::new();
        for _ in 0..3 {
            hand.advance(Duration::from_secs(1));
            (0..apps).for_each(|app| beat(&engine, app));
            let next = names(&round.next(&engine));
            assert!(next.len() <= MOST);
            told.extend(next);
        }
        assert_eq!(told.len(), apps);
    }

    #[test]
    fn a_single_beat_among_many_is_told_within_two_rounds() {
        let (clock, hand) = Clock::manual();
        let engine = Engine::new(Config::default(), clock, Simulation::new(1).handle());
        let mut round = Round::new(engine.clock().now());
        let crowd = MOST + 10;
        let mut pass = |once: Option<&str>| {
            hand.advance(Duration::from_secs(1));
            (0..crowd).for_each(|app| beat(&engine, format_args!("m{app}")));
            once.into_iter().for_each(|app| beat(&engine, app));
            names(&round.next(&engine))
        };
        // Before and behind all others, in either half of a round.
        for once in ["a1", "a2", "a3", "z1", "z2", "z3"] {
            let mut told = pass(Some(once));
            (0..3).for_each(|_| told.extend(pass(None)));
            assert!(told.iter().any(|app| app == once), "{once}");
            pass(None);
        }
    }

    #[test]
    fn few_are_told_at_once_and_only_when_heard() {
        let (clock, hand) = Clock::manual();
        let engine = Engine::new(Config::default(), clock, Simulation::new(1).handle());
        let mut round = Round::new(engine.clock().now());
        (0..2).for_each(|app| beat(&engine, app));
        hand.advance(Duration::from_secs(1));
        assert_eq!(names(&round.next(&engine)), ["0", "1"]);
        hand.advance(Duration::from_secs(1));
        beat(&engine, 1);
        hand.advance(Duration::from_secs(1));
        assert_eq!(names(&round.next(&engine)), ["1"]);
        hand.advance(Duration::from_secs(1));
        assert_eq!(names(&round.next(&engine)), ["1"; 0]);
    }
}
