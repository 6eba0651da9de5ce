//! What must hold of the whole house whatever the order of what is believed, wanted, forgotten, moved and killed.
//!
//! 2 000 schedules; `PROPTEST_CASES` may ask for more. Every moment is checked against the rooms that decide alone: the calendar, the list of who is adopted, the rows. Not
//! here: the laws of each machine for itself (`hb_core`).

mod said;
mod witness;

use std::collections::BTreeSet;
use std::time::Duration;

use hb_core::alert::Channel;
use hb_core::beat::{Cause, State};
use hb_core::expect::{Expected, Place};
use hb_core::id::{Glob, Identity, OwnedIdentity};
use hb_core::incident::{Group, Number, Subject, Tree};
use hb_core::repair::{Evidence, Failure};
use hb_core::window::{Hours, Hush, Kind as MuteKind, Mute, MuteId, Scope, When};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::house::House;
use super::{ada, id, repairing};
use crate::notify::message::Kind;
use crate::watch::{Config, Input, Reply, Request};
use said::Said;
use witness::Witness;

/// The first five are in a group, on four hosts.
const APPS: [(&str, &str); 7] = [
    ("hall-1", "a"),
    ("hall-1", "b"),
    ("hall-2", "a"),
    ("hall-3", "a"),
    ("hall-4", "a"),
    ("desk", "a"),
    ("desk", "b"),
];
const SCOPES: [&str; 5] = ["everything", "group:hall", "hall-1/*", "desk/a", "hall-2/a"];

#[derive(Clone, Copy, Debug)]
enum Step {
    Believe(usize, State, Cause),
    All(State, Cause),
    Remove(usize, bool),
    Move(usize, usize),
    Replace(usize, usize),
    Mute { scope: usize, from: i64, length: i64 },
    Lift(usize),
    Signal(usize, bool),
    Returned(usize),
    Acknowledge(usize),
    Snooze(usize, i64),
    Adopt(usize),
    Expect(usize, bool),
    RepairNow(usize),
    Answer(Option<Failure>),
    Exited(usize, bool),
    Clock(bool, i64),
    Restart(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let state = || {
        prop::sample::select(vec![
            (State::Up, Cause::None),
            (State::Up, Cause::None),
            (State::Stalled, Cause::NoFrames),
            (State::Stalled, Cause::ContextLost),
            (State::Late, Cause::Silence),
            (State::Down, Cause::Silence),
            (State::Reconnecting, Cause::None),
            (State::Starting, Cause::None),
            (State::Hidden, Cause::None),
            (State::Off, Cause::None),
            (State::Done, Cause::None),
        ])
    };
    let failure =
        || prop::option::of(prop::sample::select(vec![Failure::NobodyListening, Failure::TimedOut]));
    let (app, scope) = (|| 0..APPS.len(), || 0..SCOPES.len());
    prop_oneof![
        12 => (app(), state()).prop_map(|(app, (state, cause))| Step::Believe(app, state, cause)),
        2 => state().prop_map(|(state, cause)| Step::All(state, cause)),
        2 => (app(), any::<bool>()).prop_map(|(app, forgotten)| Step::Remove(app, forgotten)),
        2 => (app(), app()).prop_map(|(from, to)| Step::Move(from, to)),
        2 => (app(), app()).prop_map(|(old, new)| Step::Replace(old, new)),
        3 => (scope(), 0_i64..300, 1_i64..3_000)
            .prop_map(|(scope, from, length)| Step::Mute { scope, from, length }),
        2 => any::<usize>().prop_map(Step::Lift),
        1 => (scope(), any::<bool>()).prop_map(|(scope, open)| Step::Signal(scope, open)),
        1 => scope().prop_map(Step::Returned),
        2 => any::<usize>().prop_map(Step::Acknowledge),
        2 => (any::<usize>(), -5_i64..3_000).prop_map(|(nth, seconds)| Step::Snooze(nth, seconds)),
        3 => app().prop_map(Step::Adopt),
        2 => (app(), any::<bool>()).prop_map(|(app, on)| Step::Expect(app, on)),
        2 => app().prop_map(Step::RepairNow),
        4 => failure().prop_map(Step::Answer),
        1 => (app(), any::<bool>()).prop_map(|(app, on)| Step::Exited(app, on)),
        1 => (any::<bool>(), -4_000_i64..4_000).prop_map(|(trusted, step)| Step::Clock(trusted, step)),
        3 => (0_u64..4_000).prop_map(Step::Restart),
    ]
}

/// Short pauses, in which nothing is decided yet, and long ones.
fn pause() -> impl Strategy<Value = u64> {
    prop_oneof![2 => 0_u64..20, 2 => 20_u64..200, 1 => 200_u64..4_000]
}

fn app(n: usize) -> OwnedIdentity {
    id(APPS[n].0, APPS[n].1)
}

fn scope(n: usize) -> Scope {
    SCOPES[n].parse().unwrap()
}

fn house() -> House {
    let hall = Group { name: "hall".into(), members: vec!["hall-*/*".parse().unwrap()] };
    let expected =
        |host, app| Expected { place: Place::new(host, "").unwrap(), shows: vec![Glob::new(app).unwrap()] };
    let config = Config {
        tree: Tree { groups: vec![hall], dependencies: vec![] },
        // One that never comes, and one that comes and goes.
        expect: vec![expected("cellar", "a"), expected("hall-4", "a")],
        calendars: vec![(scope(3), Hours::parse("mo-su 08:30-19:00", TimeZone::UTC).unwrap())],
        ..repairing()
    };
    // The second rule has hours of its own. It begins at 08:00.
    House::telling(config, vec![None, Some(Hours::parse("mo-su 09:00-10:00", TimeZone::UTC).unwrap())])
}

/// Time passes; every timer runs in its own moment, and leaves nothing due.
fn pass(house: &mut House, witness: &mut Witness, seconds: u64) -> Result<(), TestCaseError> {
    let end = house.at().now + Duration::from_secs(seconds);
    while let Some(due) = house.machine.next_timeout(house.at()).filter(|&due| due <= end) {
        house.go(due.max(house.at().now));
        house.handle(Input::Tick);
        witness.look(house)?;
        let next = house.machine.next_timeout(house.at());
        prop_assert!(
            next.is_none_or(|next| next > house.at().now),
            "still due at {:?}: {next:?}",
            house.at()
        );
    }
    house.go(end);
    house.handle(Input::Tick);
    witness.look(house)
}

/// The `nth` of all open incidents.
fn open(house: &House, nth: usize) -> Option<Number> {
    let open = house.open_incidents();
    open.get(nth % open.len().max(1)).map(|&number| Number(number))
}

fn take(mut house: House, witness: &mut Witness, step: Step) -> Result<House, TestCaseError> {
    match step {
        Step::Believe(n, state, cause) => house.believe(&app(n), state, cause),
        Step::All(state, cause) => {
            for n in 0..APPS.len() {
                house.believe(&app(n), state, cause);
            }
        }
        Step::Remove(n, forgotten) => house.remove(&app(n), forgotten),
        Step::Move(from, to) => {
            let (from, to) = (app(from), id(APPS[to].0, APPS[from].1));
            if !house.machine.is_known(&to) {
                house.rename(&from, &to);
            }
        }
        Step::Replace(old, new) => {
            let (old, new) = (APPS[old].0, APPS[new].0);
            let before = Said::of(&house, [old, new]);
            if let Ok(done) = house.replace(old, new, &house.names()) {
                before.is_kept(&house, old, new, done)?;
            }
        }
        Step::Mute { scope: n, from, length } => {
            let when = When::Once { from: house.wall_in(from), until: house.wall_in(from + length) };
            let mute = Mute::new(scope(n), when, MuteKind::Snooze, ada(), "").unwrap();
            if let Ok(Reply::Muted(id)) = house.ask(Request::Mute(Box::new(mute))) {
                prop_assert!(witness.mutes.insert(id), "{id:?} was another mute");
            }
        }
        Step::Lift(nth) => {
            if let Some(&id) = witness.mutes.iter().nth(nth % witness.mutes.len().max(1)) {
                let _ = house.ask(Request::Lift(id));
            }
        }
        Step::Signal(n, open) => drop(house.ask(Request::Signal { scope: scope(n), open })),
        Step::Returned(n) => drop(house.ask(Request::Returned(scope(n)))),
        Step::Acknowledge(nth) => {
            if let Some(number) = open(&house, nth) {
                prop_assert_eq!(house.ask(Request::Acknowledge(number)), Ok(Reply::Done));
            }
        }
        Step::Snooze(nth, seconds) => {
            if let Some(number) = open(&house, nth) {
                let asked = house.ask(Request::Snooze { number, until: house.wall_in(seconds) });
                prop_assert_eq!(asked.is_ok(), seconds > 0);
            }
        }
        Step::Adopt(n) => house.adopt(&app(n)),
        Step::Expect(n, true) => {
            let place = Place::new(APPS[n].0, "").unwrap();
            let _ = house.ask(Request::Expect(Expected { place, shows: vec![Glob::new("a").unwrap()] }));
        }
        Step::Expect(n, false) => drop(house.ask(Request::Unexpect(Place::new(APPS[n].0, "").unwrap()))),
        Step::RepairNow(n) => drop(house.ask(Request::Repair(app(n)))),
        Step::Answer(failure) => {
            if !house.steps.is_empty() {
                house.answer(failure);
            }
        }
        Step::Exited(n, on) => {
            let id = app(n);
            house.handle(Input::Evidence { id: id.borrow(), evidence: Evidence::Exited, on });
        }
        Step::Clock(trusted, seconds) => {
            witness.distrusted = !trusted;
            house.set_clock(trusted, seconds);
        }
        Step::Restart(seconds) => {
            let told = house.all.len();
            house = house.restart(seconds);
            witness.distrusted = false;
            let said: Vec<_> =
                house.all[told..].iter().filter(|message| message.kind != Kind::Report).collect();
            prop_assert!(said.is_empty(), "a restart tells: {said:?}");
        }
    }
    Ok(house)
}

/// Nothing speaks against anything any more; then everything is bad, and then good.
fn end_well(mut house: House, witness: &mut Witness) -> Result<(), TestCaseError> {
    witness.distrusted = false;
    house.set_clock(true, 0);
    for &mute in &witness.mutes {
        let _ = house.ask(Request::Lift(mute));
    }
    for n in 0..SCOPES.len() {
        house.ask(Request::Signal { scope: scope(n), open: true }).unwrap();
    }
    // What was said of a host may have gone to another.
    for (host, app) in APPS {
        for scope in [format!("{host}/*"), format!("{host}/{app}")] {
            house.ask(Request::Signal { scope: scope.parse().unwrap(), open: true }).unwrap();
        }
    }
    let known = house.machine.apps.keys().cloned();
    let all: BTreeSet<OwnedIdentity> = known.chain((0..APPS.len()).map(app)).collect();
    let adopt = |house: &mut House, state, cause| {
        for id in &all {
            house.believe(id, state, cause);
            house.adopt(id);
        }
    };
    adopt(&mut house, State::Stalled, Cause::NoFrames);
    witness.look(&house)?;
    // Longer than any snooze.
    pass(&mut house, witness, 3 * 3600)?;
    for id in &all {
        let number = house.machine.incidents.of(id.borrow());
        prop_assert!(number.is_some(), "{id:?} stands still");
        let told = witness.opened.contains(&(number.unwrap().0, Channel(0)));
        prop_assert!(told, "nobody was told of {id:?}: {:?}", house.machine.incidents.holds(id.borrow()));
    }
    adopt(&mut house, State::Up, Cause::None);
    house.believe(&id("cellar", "a"), State::Up, Cause::None);
    witness.look(&house)?;
    pass(&mut house, witness, 3600)?;
    prop_assert_eq!(house.open_incidents(), Vec::<u64>::new());
    prop_assert!(house.machine.cases.is_empty(), "what is over is told");
    Ok(())
}

fn run(steps: Vec<(Step, u64)>) -> Result<(), TestCaseError> {
    let (mut house, mut witness) = (house(), Witness::default());
    for (step, seconds) in steps {
        house = take(house, &mut witness, step)?;
        witness.look(&house)?;
        pass(&mut house, &mut witness, seconds)?;
    }
    end_well(house, &mut witness)
}

fn schedules() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.max(2_000), ..asked }
}

proptest! {
    #![proptest_config(schedules())]

    #[test]
    fn everybody_is_told_once_and_nothing_is_lost(
        steps in prop::collection::vec((step(), pause()), 1..40),
    ) {
        run(steps)?;
    }
}

/// Each broke a law once.
#[test]
fn the_schedules_that_once_broke_a_law_break_none() {
    use Step::*;
    let lost = All(State::Stalled, Cause::ContextLost);
    let mute = |from| Mute { scope: 0, from, length: 1 };
    let schedules = [
        // Nobody adopted who speaks for a dark place, and it is expected.
        vec![
            (Remove(0, false), 292),
            (All(State::Down, Cause::Silence), 8),
            (Remove(4, false), 0),
            (Exited(4, true), 30),
        ],
        // A mute begins in the moment in which people would be told, and in which a repair would begin.
        vec![(Lift(0), 18), (Believe(0, State::Up, Cause::None), 5), (mute(292), 0), (Acknowledge(0), 292)],
        vec![(Adopt(0), 0), (mute(188), 112), (Acknowledge(0), 13), (lost, 63)],
        // A host takes another's place in the moment in which a mute begins, and a repair would.
        vec![
            (Expect(3, true), 0),
            (Believe(2, State::Stalled, Cause::NoFrames), 150),
            (Returned(2), 141),
            (Mute { scope: 0, from: 0, length: 40 }, 9),
            (Replace(3, 2), 30),
        ],
    ];
    for steps in schedules {
        run(steps.clone()).unwrap_or_else(|broken| panic!("{broken}: {steps:?}"));
    }
}
