//! The laws of spec/liveness.md 3, over random schedules in virtual time, against the naive [`Model`].

use alloc::string::ToString;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::schedule::{Play, Step, policies, steps};
use super::*;
use crate::defaults;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn laws_1_7_whatever_happens_the_registry_tells_what_the_model_tells(
        policy in policies(), steps in steps(),
    ) {
        let mut play = Play::new(policy, 0);
        for step in &steps {
            play.step(&Step { back: 0, ..step.clone() })?;
        }
        play.finish()?;
    }

    /// Wall clocks step and origins differ; what counts is how much time went by.
    #[test]
    fn law_3_no_step_of_the_clock_changes_a_verdict(
        policy in policies(), steps in steps(), origin in prop::sample::select(&[0, 1, 4_095, 1 << 32, 1 << 52][..]),
    ) {
        let mut play = Play::new(policy, origin);
        for step in &steps {
            play.step(step)?;
        }
        play.finish()?;
    }

    /// The core's half: what is shown is true at the moment of showing, unless [`Registry::next_timeout`] said that a
    /// tick is due. That a picture of it greys with its age is the shell's.
    #[test]
    fn law_10_what_is_shown_is_what_is_true_now(policy in policies(), steps in steps()) {
        let mut play = Play::new(policy, 0);
        for step in &steps {
            play.step(&Step { back: 0, ..step.clone() })?;
            play.compare_views()?;
        }
    }

    #[test]
    fn law_1_never_early_and_law_2_dated_when_it_became_true(
        promise in 0..5_000_u64, pauses in prop::collection::vec(0..9_000_u64, 1..20), strict in any::<bool>(),
    ) {
        let mut stage = Stage::new(Config { policy: if strict { Policy::Strict } else { Policy::Auto }, ..Config::default() });
        let granted = promise + 1_000;
        let (late, down) = if strict { (1, 2) } else { (3, 5) };
        let mut last = 0;
        for pause in pauses {
            last = stage.now;
            stage.beat("h", "x", Verb::Ping, promise, "");
            stage.after(pause).tick();
        }
        stage.after(1_000_000).tick();
        let mut beaten = 0;
        for output in &stage.out {
            let Output::Transition(t) = output else { continue };
            let at = t.at.as_millis();
            match t.to {
                // Every verdict from silence stands exactly on a threshold after some beat.
                State::Late => beaten = at - granted * late,
                State::Down => prop_assert_eq!(at, beaten + granted * down),
                _ => {}
            }
        }
        prop_assert_eq!(beaten, last, "the last promise is the last one broken");
    }

    #[test]
    fn law_7_pages_that_interleave_are_a_conflict_however_many_there_are(
        boots in prop::collection::vec(0..40_u8, 1..120),
    ) {
        let mut stage = Stage::new(Config::default());
        let mut interleaved = false;
        for (seq, boot) in boots.iter().enumerate() {
            stage.after(1).ping(&format!("v=1 boot=k{boot} seq={}", seq + 1));
            let heard = &boots[..seq];
            interleaved |= heard.contains(boot) && heard.last() != Some(boot);
            let app = stage.snapshot("h", "x").unwrap();
            prop_assert_eq!(app.conflict, interleaved);
            prop_assert!(app.sessions <= defaults::SESSIONS);
        }
        let told = stage.told().iter().filter(|line| line.ends_with(" conflict")).count();
        prop_assert_eq!(told, usize::from(interleaved), "told once");
    }

    #[test]
    fn law_9_every_beat_is_counted_and_every_transition_told_once_and_in_order(
        policy in policies(), steps in steps(),
    ) {
        let mut play = Play::new(policy, 0);
        for step in &steps {
            play.step(step)?;
            let beats = |stats: Stats| (stats.accepted, stats.stale, stats.malformed);
            prop_assert_eq!(beats(play.stage.registry.stats()), beats(play.model.stats));
        }
        play.finish()?;
        let registry = &play.stage.registry;
        prop_assert_eq!(registry.stats(), play.model.stats);
        prop_assert_eq!((registry.len(), registry.tracked()), play.model.counts());
        let mut told: BTreeMap<String, (State, Time)> = BTreeMap::new();
        for output in &play.stage.out {
            match output {
                Output::Transition(t) => {
                    let before = told.insert(t.id.to_string(), (t.to, t.at));
                    prop_assert_eq!(before.map(|(state, _)| state), t.from, "{}", t.id);
                    prop_assert!(before.is_none_or(|(_, at)| at <= t.at), "{}", t.id);
                }
                Output::Event(Event { id, kind: EventKind::Moved { from }, .. }) => {
                    let old = Identity::new(from, id.borrow().slot(), id.borrow().app()).unwrap();
                    let before = told.remove(&old.to_string()).expect("who moved was there");
                    told.insert(id.to_string(), before);
                }
                Output::Event(Event { id, kind: EventKind::Removed(_), .. }) => {
                    prop_assert!(told.remove(&id.to_string()).is_some(), "{} twice", id);
                }
                Output::Event(_) => {}
            }
        }
        for app in play.stage.registry.snapshots(Time::from_millis(play.stage.now)) {
            prop_assert_eq!(told.remove(&app.id.to_string()).map(|(state, _)| state), Some(app.state));
        }
        prop_assert!(told.is_empty(), "{:?} are told of and gone", told);
    }
}
