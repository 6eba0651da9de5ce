//! What must hold whatever happens, over random schedules in virtual time: a naive book of all that was ever said is
//! read from the beginning for every move.

mod book;
mod world;

use std::collections::BTreeSet;
use std::vec;

use proptest::prelude::*;

use super::*;
use world::World;

const HOSTS: [&str; 4] = ["a", "b", "c", "d"];
const APPS: [&str; 2] = ["x", "y"];
const GROUPS: [&[&str]; 4] = [&[], &["hall"], &["hall", "left"], &["left"]];

type Name = (usize, usize);

pub(super) fn config() -> Config {
    let ms = Duration::from_millis;
    let step = |action, when, wait, cap| Step { action, when, wait: ms(wait), cap };
    let steps = [
        step(Action::Reload, Signs::CLIENT, 20, 2),
        step(Action::Command, Signs::of(&[Evidence::GpuStuck, Evidence::Exited]), 10, 1),
        step(Action::Restart, Signs::ANY, 30, 1),
        step(Action::Reboot, Signs::ANY, 50, 1),
    ];
    Config {
        hold: ms(30),
        context_wait: ms(3),
        context_span: ms(40),
        span: ms(250),
        reboot_span: ms(900),
        visitor: ms(25),
        settle: ms(15),
        backoff: ms(4),
        backoff_most: ms(20),
        ladder: Arc::new(Ladder::new(&steps).unwrap()),
        apps: 100,
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Evidence(Evidence, bool),
    Context(bool),
    Held(Reason, bool),
    Clock(bool),
    Groups(usize),
    Adopt(Adoption),
    State(State),
    Touched,
    Result(bool),
    Now,
    Forget,
    /// All is well again: the evidence ends, and it beats.
    Mend,
    Restart,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    after: u64,
    name: Name,
    act: Act,
}

fn act() -> impl Strategy<Value = Act> {
    let evidence = prop::sample::select(Evidence::ALL);
    let reason = prop::sample::select(Reason::ALL);
    const STATES: &[State] =
        &[State::Up, State::Stalled, State::Down, State::Late, State::Starting, State::Done];
    prop_oneof![
        12 => (evidence, prop::bool::weighted(0.8)).prop_map(|(evidence, on)| Act::Evidence(evidence, on)),
        3 => prop::bool::weighted(0.7).prop_map(Act::Context),
        3 => (reason, prop::bool::weighted(0.3)).prop_map(|(reason, on)| Act::Held(reason, on)),
        1 => prop::bool::weighted(0.8).prop_map(Act::Clock),
        1 => (0..GROUPS.len()).prop_map(Act::Groups),
        2 => prop::sample::select(&[Adoption::New, Adoption::DryRun, Adoption::Repairs, Adoption::Repairs][..])
            .prop_map(Act::Adopt),
        4 => prop::sample::select(STATES).prop_map(Act::State),
        2 => Just(Act::Touched),
        3 => any::<bool>().prop_map(Act::Result),
        2 => Just(Act::Now),
        1 => Just(Act::Forget),
        3 => Just(Act::Mend),
        1 => Just(Act::Restart),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let after = prop_oneof![2 => 0..5_u64, 3 => 0..40_u64, 1 => 0..150_u64];
    let name = (prop::sample::select(&[0_usize, 0, 0, 1, 1, 2, 3][..]), 0..APPS.len());
    let event = (after, name, act()).prop_map(|(after, name, act)| Event { after, name, act });
    prop::collection::vec(event, 1..60)
}

fn identity(name: Name) -> Identity<'static> {
    Identity::new(HOSTS[name.0], "", APPS[name.1]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn laws_5_11_12_whatever_happens_no_repair_breaks_a_rule(events in events()) {
        World::new().play(&events)?;
    }

    /// Found by chance: what an app was before it was adopted is told again then.
    #[test]
    fn who_worked_before_it_was_adopted_has_worked_since_its_evidence_ended(late in 0..20_u64) {
        let event = |after, act| Event { after, name: (1, 0), act };
        let events = [
            event(0, Act::Adopt(Adoption::New)),
            event(0, Act::Mend),
            event(0, Act::Adopt(Adoption::DryRun)),
            event(0, Act::Evidence(Evidence::BrowserDead, true)),
            event(30, Act::Evidence(Evidence::BrowserDead, false)),
            event(late, Act::Mend),
        ];
        let mut world = World::new();
        world.play(&events)?;
        world.advance(world.now + 60)?;
        prop_assert!(!world.books[&(1, 0)].open, "nobody said that it works");
    }

    /// Found by chance: nobody remembers a loss from before the adoption, and so it is no second one.
    #[test]
    fn losses_are_counted_from_the_adoption_on(late in 0..40_u64) {
        let event = |after, act| Event { after, name: (0, 0), act };
        let events = [
            event(0, Act::Adopt(Adoption::New)),
            event(0, Act::Context(true)),
            event(late, Act::Context(false)),
            event(0, Act::Adopt(Adoption::Repairs)),
            event(0, Act::Context(true)),
            event(0, Act::Evidence(Evidence::ContextLost, true)),
        ];
        let mut world = World::new();
        world.play(&events)?;
        world.advance(world.now + 3)?;
        prop_assert_eq!(world.repairs.status(identity((0, 0))), Status::Running(Action::Reload));
    }

    /// Rules that only forbid would be kept by a ladder that never moves.
    #[test]
    fn whatever_happened_what_stays_broken_is_given_up_in_the_end(events in events()) {
        let mut world = World::new();
        world.play(&events)?;
        for name in world.names() {
            for &reason in Reason::ALL {
                world.act(name, Act::Held(reason, false))?;
            }
            world.act(name, Act::Clock(true))?;
            world.act(name, Act::Adopt(Adoption::Repairs))?;
            world.act(name, Act::Evidence(Evidence::NoFrames, true))?;
        }
        world.advance(world.now + 20_000)?;
        for name in world.names() {
            prop_assert_eq!(world.repairs.status(identity(name)), Status::GaveUp, "{:?}", name);
        }
    }
}

proptest! {
    // Somebody is looked at in every millisecond: a few thousand schedules are a minute's work.
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whoever sleeps until `next_timeout` tells the same as whoever looks at everybody in every millisecond.
    #[test]
    fn an_early_tick_is_harmless_and_none_is_missed(events in events()) {
        let mut lazy = Stage::new(config());
        let mut eager = Stage::new(config());
        let mut trusted = true;
        for event in [0, 1, 2, 3].map(|host| Event { after: 0, name: (host, 0), act: Act::Groups((host + 1) % 4) })
            .into_iter()
            .chain([(0, 0), (0, 1), (1, 0), (2, 0), (3, 1)].map(|name| Event { after: 0, name, act: Act::Adopt(Adoption::Repairs) }))
            .chain(events)
        {
            let then = lazy.now + event.after;
            lazy.until(then);
            while eager.now < then {
                eager.now += 1;
                eager.input(Input::Tick);
                eager.input(Input::Clock { trusted });
            }
            let id = identity(event.name);
            for stage in [&mut lazy, &mut eager] {
                stage.input(match event.act {
                    Act::Evidence(evidence, on) => Input::Evidence { id, evidence, on },
                    Act::Context(lost) => Input::Context { id, lost },
                    Act::Held(reason, on) => Input::Held { id, reason, on },
                    Act::Clock(on) => {
                        trusted = on;
                        Input::Clock { trusted }
                    }
                    Act::Groups(groups) => Input::Groups { host: id.host(), groups: GROUPS[groups] },
                    Act::Adopt(adoption) => Input::Adopt { id, adoption },
                    Act::State(state) => Input::State { id, state },
                    Act::Touched => Input::Touched { id },
                    Act::Result(ok) => {
                        let failure = (!ok).then_some(Failure::Refused);
                        Input::Result { id, ticket: stage.last_ticket(id), failure }
                    }
                    Act::Now => Input::Now { id, who: Who::new("Ada", "here").unwrap() },
                    Act::Forget => Input::Forget { id },
                    Act::Mend | Act::Restart => Input::Tick,
                });
            }
            // In one millisecond the one may look at others first.
            let sorted = |stage: &Stage| BTreeSet::from_iter(stage.told());
            prop_assert_eq!(sorted(&lazy), sorted(&eager));
        }
    }
}
