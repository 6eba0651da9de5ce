//! H12 to H15: the registry's rules, its times, its events.

use std::num::NonZeroU32;
use std::time::Duration;

use hb_lease::time::Time;

use crate::heart::members::{Event, Input, Members, Name};
use crate::heart::registry::{Answer, HEART, Registry, Rejection, Request, TOMORROW};
use crate::heart::schedule::{Growth, Pace, Plan};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A registry for lamps, with what it told.
struct World {
    registry: Registry,
    members: Members<u32, ()>,
    out: Vec<Event<u32, ()>>,
}

impl World {
    fn new() -> Self {
        Self { registry: Registry::new("lamps", 8), members: Members::default(), out: Vec::new() }
    }

    fn request(&mut self, at: u64, key: u32, service: &str, disconnect: bool) -> Answer {
        let request = Request { key, service: service.into(), info: (), disconnect };
        self.registry.handle(Time::from_millis(at), request, &mut self.members, &mut self.out)
    }

    fn beat(&mut self, at: u64, key: u32) -> Answer {
        self.request(at, key, "lamps", false)
    }

    fn tick(&mut self, at: u64) {
        self.members.handle(Time::from_millis(at), Input::Tick, &mut self.out);
    }

    /// What was told since the last call, in short.
    fn told(&mut self) -> Vec<(&'static str, u32)> {
        let short = |event| match event {
            Event::New(name, _) => ("new", name),
            Event::Update(name, _) => ("update", name),
            Event::Timeout(name) => ("timeout", name),
            Event::Disconnect(name, _) => ("disconnect", name),
        };
        self.out.drain(..).map(short).map(|(what, Name { key, .. })| (what, key)).collect()
    }
}

fn rejected(why: Rejection) -> Answer {
    Answer::Rejected { retry: TOMORROW, why }
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h12_eight_may_come_in_and_the_ninth_is_told_tomorrow() {
    assert_eq!(TOMORROW.as_secs(), 86_400);
    let mut world = World::new();
    for key in 0..8 {
        assert_eq!(world.beat(0, key), Answer::Granted(ms(1000)));
    }
    assert_eq!(world.beat(10, 8), rejected(Rejection::Full));
    for key in 0..8 {
        assert_eq!(world.beat(20, key), Answer::Granted(ms(5500)), "who is in may renew");
    }
    assert_eq!(world.request(30, 0, "doors", false), rejected(Rejection::WrongService));
    assert_eq!(world.request(30, 0, "doors", true), rejected(Rejection::WrongService));
    assert_eq!(world.members.count(HEART), 8, "nor does a stranger's goodbye remove a member");

    world.told();
    assert_eq!(world.request(40, 3, "lamps", true), rejected(Rejection::Disconnected));
    assert_eq!(world.request(40, 3, "lamps", true), rejected(Rejection::Disconnected));
    assert_eq!(world.told(), [("disconnect", 3)], "once, and no time-out");
    assert_eq!(world.beat(40, 8), Answer::Granted(ms(1000)), "the place is free at once");
    assert_eq!(world.beat(40, 3), rejected(Rejection::Full));
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h13_silence_ends_a_lease_and_each_event_comes_once() {
    let mut world = World::new();
    world.beat(0, 1);
    assert_eq!(world.told(), [("new", 1)]);
    // Ticked whenever it asks to be, which may be too early.
    let mut asked = 0;
    while let Some(at) = world.members.next_timeout() {
        assert_eq!((world.members.count(HEART), world.told()), (1, vec![]), "{at}");
        asked = at.as_millis();
        world.tick(asked);
    }
    assert!((1000..=1200).contains(&asked), "{asked}");
    world.tick(asked);
    world.tick(asked + 1);
    assert_eq!(world.told(), [("timeout", 1), ("disconnect", 1)]);
    assert_eq!((world.members.count(HEART), world.members.next_timeout()), (0, None));

    let mut world = World::new();
    world.beat(0, 1);
    world.beat(900, 1);
    world.tick(1200);
    assert_eq!(world.told(), [("new", 1), ("update", 1)], "renewed in time, and told once");
    world.tick(900 + 5500 + 99);
    assert_eq!(world.told(), []);
    world.tick(900 + 5500 + 100);
    assert_eq!(world.told(), [("timeout", 1), ("disconnect", 1)]);
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h13_a_full_registry_sees_an_end_nobody_ticked() {
    let mut world = World::new();
    for key in 0..8 {
        world.beat(0, key);
    }
    world.told();
    assert_eq!(world.beat(1100, 9), Answer::Granted(ms(1000)));
    assert_eq!(world.told().len(), 2 * 8 + 1, "eight ends before the newcomer");
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h14_leases_grow_and_begin_anew_after_removal() {
    let mut world = World::new();
    let grants = |world: &mut World, times: &[u64]| -> Vec<Answer> {
        times.iter().map(|at| world.beat(*at, 1)).collect()
    };
    let expected = [1000, 5500, 7750, 8875].map(|it| Answer::Granted(ms(it)));
    assert_eq!(grants(&mut world, &[0, 500, 1000, 1500]), expected);
    world.request(2000, 1, "lamps", true);
    assert_eq!(grants(&mut world, &[2000, 2500]), expected[..2], "after a goodbye");
    world.tick(60_000);
    assert_eq!(grants(&mut world, &[60_000, 60_500]), expected[..2], "after a time-out");
    assert_eq!(grants(&mut world, &[120_000]), expected[..1], "after one that only this request noticed");

    let growth = Growth { first: ms(20_000), limit: ms(10_000) };
    assert_eq!(
        growth.grant(Some(growth.grant(None))),
        ms(20_000),
        "above the limit nothing grows, or underflows"
    );
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h15_the_schedule_leaves_time_for_all_attempts() {
    let plan = |wait, timeout, attempts| Plan {
        wait: ms(wait),
        timeout: ms(timeout),
        attempts: NonZeroU32::new(attempts).expect("from the table"),
    };
    for (granted, took, failed, expected) in [
        (10_000, 100, 0, plan(4_000, 2_000, 3)),
        (3_000, 100, 0, plan(0, 2_000, 1)),
        (6_000, 100, 0, plan(0, 2_000, 3)),
        (6_001, 100, 0, plan(1, 2_000, 3)),
        (60_000, 0, 4, plan(49_000, 1_000, 11)),
        // A lease shorter than one attempt: one, and it ends with the lease.
        (500, 0, 0, plan(0, 500, 1)),
        (0, 0, 0, plan(0, 0, 1)),
    ] {
        assert_eq!(
            Pace::default().plan(ms(granted), ms(took), failed),
            expected,
            "{granted} {took} {failed}"
        );
    }
    let most = Pace::default().plan(Duration::MAX, Duration::MAX, u32::MAX);
    assert_eq!((most.wait, most.attempts.get()), (Duration::ZERO, 1));
    let none = Pace { slower: 0, margin: Duration::ZERO, oftener: 0, attempts: 0 };
    assert_eq!(none.plan(ms(10), ms(10), 9), Plan { wait: ms(10), ..plan(0, 0, 1) });
    assert_eq!(plan(1, 2, 3).send("beat").wait, ms(1));
}
