//! The laws of spec/liveness.md 3, over random schedules in virtual time, against the naive [`Model`].

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::model::Model;
use super::*;
use crate::defaults;

const HOSTS: [&str; 2] = ["h1", "h2"];
const APPS: [&str; 2] = ["x", "y"];

/// Small numbers, so that a child can walk through every millisecond of it.
fn config(policy: Policy) -> Config {
    Config {
        policy,
        tolerance: Duration::from_millis(7),
        stall: Duration::from_millis(1_000_000),
        done_retention: Duration::from_millis(150),
        new_retention: Duration::from_millis(90),
        adopt_after: Duration::from_millis(300),
    }
}

#[derive(Clone, Debug)]
struct Step {
    after: u64,
    host: usize,
    app: usize,
    tick: bool,
    act: Act,
}

#[derive(Clone, Debug)]
enum Act {
    Beat { verb: Verb, promise: u64, words: String, seq: i32 },
    Open { boot: &'static str },
    Close { boot: &'static str, grace: u64 },
    Nothing,
}

fn act() -> impl Strategy<Value = Act> {
    let verb = prop_oneof![
        1 => Just(Verb::Init),
        5 => Just(Verb::Ping),
        1 => Just(Verb::Done),
        2 => Just(Verb::State),
    ];
    let who = prop_oneof![3 => Just("boot=a"), 2 => Just("boot=b"), 1 => Just("by=cli"), 2 => Just("")];
    let state = prop_oneof![
        4 => Just("state=ok"), 2 => Just(""), 1 => Just("state=starting"), 1 => Just("state=hidden"),
        1 => Just("state=leaving"), 2 => Just("state=no-frames"), 1 => Just("state=context-lost"),
    ];
    let version = prop_oneof![2 => Just("v=1"), 1 => Just("")];
    // How far the counter goes on; 0 and −1 are late news, 99 is a client that does not count.
    let seq = prop_oneof![6 => Just(1), 1 => Just(0), 1 => Just(-1), 2 => Just(99)];
    let beat =
        (verb, 0..30_u64, who, state, version, seq).prop_map(|(verb, promise, who, state, version, seq)| {
            Act::Beat { verb, promise, words: format!("{who} {state} {version}"), seq }
        });
    prop_oneof![
        12 => beat,
        1 => prop_oneof![Just("a"), Just("b")].prop_map(|boot| Act::Open { boot }),
        1 => (prop_oneof![Just("a"), Just("b")], 0..20_u64).prop_map(|(boot, grace)| Act::Close { boot, grace }),
        1 => Just(Act::Nothing),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let after = prop_oneof![3 => 0..12_u64, 2 => 0..60_u64, 1 => 0..200_u64];
    let step = (after, 0..10_usize, 0..APPS.len(), any::<bool>(), act()).prop_map(
        |(after, host, app, tick, act)| Step { after, host: usize::from(host == 0), app, tick, act },
    );
    prop::collection::vec(step, 1..40)
}

/// Runs the schedule on both; everything either of them told, by app.
fn run(policy: Policy, steps: &[Step]) -> (Stage, [BTreeMap<&'static str, Vec<String>>; 2]) {
    let mut stage = Stage::new(config(policy));
    let mut model = Model::new(config(policy));
    let mut counters: BTreeMap<String, i32> = BTreeMap::new();
    for step in steps {
        let (host, app) = (HOSTS[step.host], APPS[step.app]);
        model.walk(stage.now + step.after, step.tick);
        stage.after(step.after);
        if step.tick {
            stage.tick();
        }
        match &step.act {
            Act::Beat { verb, promise, words, seq } => {
                let who = words.split(' ').next().unwrap_or_default();
                let counter = counters.entry(format!("{app} {who}")).or_insert(1);
                let mut words = words.clone();
                if *seq != 99 {
                    let number = (*counter + seq).max(0);
                    *counter = number.max(*counter);
                    words = format!("{words} seq={number}");
                }
                model.beat((host, app), &beat(*verb, *promise, &words));
                stage.beat(host, app, *verb, *promise, &words);
            }
            Act::Open { boot } => {
                let id = Identity::new(host, "", app).unwrap();
                let boot = Boot::new(boot).unwrap();
                model.open((host, app), boot);
                stage.input(Input::PresenceOpened { id, boot });
            }
            Act::Close { boot, grace } => {
                let id = Identity::new(host, "", app).unwrap();
                let boot = Boot::new(boot).unwrap();
                model.close((host, app), boot, *grace);
                stage.input(Input::PresenceClosed { id, boot, grace: Duration::from_millis(*grace) });
            }
            Act::Nothing => {}
        }
    }
    model.walk(stage.now + 2_000, true);
    stage.after(2_000).tick();
    let mut told: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for output in &stage.out {
        let id = match output {
            Output::Transition(t) => &t.id,
            Output::Event(e) => &e.id,
        };
        let app = APPS[usize::from(id.borrow().app() == APPS[1])];
        told.entry(app).or_default().push(line(output));
    }
    // Two places of one app are two stories; only within a place is there an order to compare.
    let by_place = |mut told: BTreeMap<&'static str, Vec<String>>| {
        for lines in told.values_mut() {
            lines.sort_by_key(|line| line.split(' ').nth(2).map(String::from));
        }
        told
    };
    let both = [by_place(told), by_place(model.told)];
    (stage, both)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn laws_1_3_7_whatever_happens_the_registry_tells_what_the_model_tells(
        policy in prop_oneof![Just(Policy::Auto), Just(Policy::Strict), Just(Policy::Hilbert)],
        steps in steps(),
    ) {
        let (_, [told, expected]) = run(policy, &steps);
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
    fn law_9_every_beat_is_counted_and_every_transition_told_once_and_in_order(steps in steps()) {
        let (stage, _) = run(Policy::Auto, &steps);
        let mut states: BTreeMap<String, State> = BTreeMap::new();
        let (mut transitions, mut clock) = (0, BTreeMap::<String, u64>::new());
        for output in &stage.out {
            match output {
                Output::Transition(t) => {
                    transitions += 1;
                    let id = alloc::string::ToString::to_string(&t.id);
                    prop_assert_eq!(states.get(&id).copied(), t.from, "{}", id);
                    prop_assert!(clock.get(&id).is_none_or(|&at| at <= t.at.as_millis()));
                    clock.insert(id.clone(), t.at.as_millis());
                    states.insert(id, t.to);
                }
                Output::Event(Event { id, kind: EventKind::Moved { from }, .. }) => {
                    let old = format!("{} @ {from}", id.borrow().app());
                    if let Some(state) = states.remove(&old) {
                        states.insert(alloc::string::ToString::to_string(id), state);
                    }
                }
                Output::Event(Event { id, kind: EventKind::Removed(_), .. }) => {
                    states.remove(&alloc::string::ToString::to_string(id));
                }
                Output::Event(_) => {}
            }
        }
        let stats = stage.registry.stats();
        prop_assert_eq!(stats.transitions, transitions);
        prop_assert!(stats.stale <= stats.accepted);
        prop_assert_eq!(states.len(), stage.registry.len());
        for app in stage.registry.snapshots(Time::from_millis(stage.now)) {
            prop_assert_eq!(states[&alloc::string::ToString::to_string(&app.id)], app.state);
        }
        prop_assert_eq!(
            stage.registry.tracked(),
            states.values().filter(|&&state| state != State::Done).count()
        );
    }
}
