//! The laws of spec/liveness.md 3, over random schedules in virtual time, against the naive [`Model`].

use alloc::string::ToString;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::schedule::{Play, Step, config, policies, steps};
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

    /// Whoever sleeps until [`Registry::next_timeout`] and ticks then tells everything in the millisecond in which it became
    /// true, and wakes at most once per level of the wheel (three in these few seconds) for whatever was said or told.
    #[test]
    fn law_2_whoever_ticks_when_told_tells_in_time_and_law_8_seldom_for_nothing(
        policy in policies(), steps in steps(),
    ) {
        let mut play = Play::new(policy, 0);
        let mut wakes = 0;
        for step in &steps {
            wakes += play.sleep(step.after)?;
            play.act(step)?;
            play.in_time()?;
        }
        wakes += play.sleep(2_000)?;
        play.finish()?;
        // Of who is remembered as bad, silence is looked at twice and changes less.
        let happened = steps.len() + play.stage.out.len() + 2 * play.restored;
        prop_assert!(wakes <= 3 * happened, "{} wakes", wakes);
    }

    /// The core's half: while the server pauses its clock stands still, and the beats that queued up are taken before the
    /// next tick. (That the clock does so is the shell's.) Pages beat in the last millisecond of what they were granted.
    #[test]
    fn law_4_our_own_pause_is_nobodys_silence(
        pages in prop::collection::vec((0..60_u64, 0..100_u64, 1..20_u64), 1..5),
        pauses in prop::collection::vec((1..200_u64, 1..400_u64), 0..6),
    ) {
        let mut stage = Stage::new(Config { policy: Policy::Strict, tolerance: Duration::from_millis(7), ..Config::default() });
        let names: Vec<String> = (0..pages.len()).map(|page| format!("app-{page}")).collect();
        let mut expected: Vec<String> = Vec::new();
        // Milliseconds of the world in which the server stands still.
        let mut paused = std::collections::BTreeSet::new();
        let mut at = 0;
        for (flow, pause) in pauses {
            paused.extend(at + flow..at + flow + pause);
            at += flow + pause;
        }
        let mut queue: Vec<usize> = Vec::new();
        for world in 0..3_500_u64 {
            for (page, &(promise, first, beats)) in pages.iter().enumerate() {
                let granted = promise + 7;
                if world >= first && (world - first) % granted == 0 && (world - first) / granted < beats {
                    queue.push(page);
                }
            }
            if paused.contains(&world) {
                continue;
            }
            for page in core::mem::take(&mut queue) {
                let (promise, name) = (pages[page].0, &names[page]);
                let up = format!("{name} @ h {} →up none", stage.now);
                let late = format!("{name} @ h {} up→late silence", stage.now + promise + 7);
                let down = format!("{name} @ h {} late→down silence", stage.now + 2 * (promise + 7));
                let begun = expected.iter().position(|line| line.starts_with(&format!("{name} ")));
                let up = begun.map_or(up, |at| expected.drain(at..at + 3).next().expect("three lines"));
                expected.extend([up, late, down]);
                stage.beat("h", name, Verb::Ping, promise, "");
            }
            stage.tick();
            stage.now += 1;
        }
        stage.after(200).tick();
        let mut told = stage.told();
        told.sort_by_key(|line| line.split(' ').next().map(String::from));
        expected.sort_by_key(|line| line.split(' ').next().map(String::from));
        prop_assert_eq!(told, expected);
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

    /// From whatever any schedule leads to: without a beat nothing gets green or better, nobody who was good is judged
    /// early, and no more is told than what the restart changed.
    #[test]
    fn law_5_a_restart_is_amnesty_with_memory(
        policy in policies(), steps in steps(), away in 0..10_000_u64, waits in 0..200_u64,
    ) {
        let mut play = Play::new(policy, 0);
        for step in &steps {
            play.step(&Step { back: 0, ..step.clone() })?;
        }
        let mut stage = play.stage;
        stage.tick();
        let shown = stage.registry.snapshots(Time::from_millis(stage.now));
        let before: BTreeMap<_, _> = shown.map(|app| (app.id.to_string(), app)).collect();
        stage.out.clear();
        stage.restart(away);
        let begun = stage.now;
        let good = |state: State| !matches!(state, State::Done | State::Unknown) && state > State::Hidden;
        let gone = stage.out.iter().filter(|output| matches!(output, Output::Event(_))).count();
        prop_assert_eq!(stage.out.len(), before.values().filter(|app| good(app.state)).count() + gone);
        prop_assert_eq!(stage.registry.len(), before.len() - gone);
        stage.after(waits).tick();
        for after in stage.registry.snapshots(Time::from_millis(stage.now)) {
            let before = &before[&after.id.to_string()];
            let (was, is) = (before.state, after.state);
            prop_assert!(is <= State::Unknown || (was, is) == (State::Done, State::Done), "{:?} is {}", before, is);
            if was <= State::Hidden {
                prop_assert!(is == was || is == State::Down, "{:?} is {}", before, is);
            } else if is <= State::Late {
                let grace = before.granted.max(config(policy).boot_grace);
                prop_assert!(after.since >= Time::from_millis(begun) + grace, "{:?} is {}", before, is);
            }
            if is == was && is != State::Late {
                prop_assert_eq!(after.since, before.since, "{}", is);
            }
        }
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
            prop_assert!(app.sessions <= defaults::PAGES);
        }
        let told = stage.told().iter().filter(|line| line.ends_with(" conflict")).count();
        prop_assert_eq!(told, usize::from(interleaved), "told once");
    }

    /// Each page load says that it leaves or does not; all unclean starts ever are looked through each time.
    #[test]
    fn a_crash_loop_is_the_fourth_unclean_start_within_five_minutes(
        starts in prop::collection::vec((0..160_000_u64, prop::bool::weighted(0.2)), 1..20),
    ) {
        const WEEK: u64 = 604_800_000;
        let span = defaults::CRASH_SPAN.as_millis() as u64;
        let mut stage = Stage::new(Config::default());
        stage.beat("h", "x", Verb::Ping, WEEK, "v=1 boot=k0");
        let mut unclean: Vec<u64> = Vec::new();
        let looping = |unclean: &[u64], now: u64| unclean.iter().filter(|&&at| now < at + span).count() > defaults::CRASHES;
        for (boot, (after, clean)) in starts.into_iter().enumerate() {
            stage.after(after);
            if clean {
                stage.beat("h", "x", Verb::State, WEEK, &format!("v=1 boot=k{boot} state=leaving"));
            } else {
                unclean.push(stage.now);
            }
            stage.beat("h", "x", Verb::Ping, WEEK, &format!("v=1 boot=k{}", boot + 1));
            prop_assert_eq!(stage.state() == "stalled", looping(&unclean, stage.now), "{:?}", unclean);
        }
        while looping(&unclean, stage.now) {
            prop_assert_eq!(stage.state(), "stalled");
            let next = stage.registry.next_timeout().expect("it ends");
            stage.now = next.as_millis().max(stage.now + 1);
            stage.tick();
        }
        prop_assert_eq!(stage.state(), "up", "{:?}", unclean);
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
        let removed = play.stage.out[play.begun..].iter().filter_map(|output| match output {
            Output::Event(Event { kind: EventKind::Removed { beats, .. }, .. }) => Some(*beats),
            _ => None,
        });
        let held = registry.snapshots(Time::from_millis(play.stage.now)).map(|app| app.beats);
        prop_assert_eq!(held.chain(removed).sum::<u64>(), registry.stats().accepted);
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
                Output::Event(Event { id, kind: EventKind::Removed { .. }, .. }) => {
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

/// Any page can say one boot for many hosts, and goodbye for each: a beat under it looks through one place at most.
#[test]
fn law_8_a_beat_meets_none_of_those_that_said_goodbye_under_its_boot() {
    let mut stage = Stage::new(Config::default());
    for host in 0..1_000 {
        let host = format!("h{host}");
        stage.beat(&host, "x", Verb::Ping, 5_000, "v=1 boot=a");
        let boots = &stage.registry.boots;
        assert_eq!(
            (boots.held().0, boots.longest(&stage.registry.apps, &stage.registry.key)),
            (1, 1),
            "{host}"
        );
        stage.beat(&host, "x", Verb::Done, 0, "v=1 boot=a");
    }
    assert_eq!((stage.registry.len(), stage.registry.boots.held().0), (1_000, 0));
}

/// What an app takes that is one page, with names of at most 24 bytes: its lease, and its places in two indexes that are
/// as empty as they ever get.
#[test]
fn law_8_an_app_takes_at_most_300_bytes() {
    let lease = size_of::<(Fingerprint, hb_lease::wheel::Node, Option<App>)>();
    let by_name = size_of::<u64>() * 4 / 3 * 2;
    let by_boot = (size_of::<Slot>() + 1) * 8 / 7 * 2;
    assert!(lease + by_name + by_boot <= 300, "{lease} + {by_name} + {by_boot}");
}
