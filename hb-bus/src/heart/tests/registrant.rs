//! H16: a registrant moves on when its registry is gone, and stops when there is none.

use std::collections::BTreeMap;
use std::future::pending;
use std::num::NonZeroUsize;
use std::task::{Context, Poll};
use std::time::Duration;

use hb_lease::time::Time;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use crate::bus::{self, Taken};
use crate::heart::registrant::{Asleep, Call, Control, Event, Failover, Input, Output, Registrant};
use crate::heart::registry::{Answer, Keeper, Registry, Request, Response, TOMORROW};
use crate::heart::requester::{BeatError, Cause, Sent};
use crate::runtime::{Handle, Simulation, Task};
use crate::sync::{Arc, Mutex, lock};

/// Names a registry, or a registrant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Id(&'static str);

const A: Id = Id("A");
const B: Id = Id("B");
const C: Id = Id("C");
const D: Id = Id("D");

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Registries, those that live, and who called whom when.
#[derive(Clone)]
struct Net {
    runtime: Handle,
    registries: BTreeMap<Id, Keeper<Id, Id, ()>>,
    dead: Arc<Mutex<Vec<Id>>>,
    calls: Arc<Mutex<Vec<(u64, Id)>>>,
}

impl Net {
    fn new(runtime: &Handle, all: &[(Id, &str, usize, &[Id])]) -> Self {
        let registries = all.iter().map(|(id, service, capacity, candidates)| {
            let keeper = Keeper::new(Arc::clone(runtime), *id, Registry::new(*service, *capacity));
            keeper.recommend(candidates.to_vec());
            (*id, keeper)
        });
        let registries = registries.collect();
        Self { runtime: Arc::clone(runtime), registries, dead: Arc::default(), calls: Arc::default() }
    }

    fn members(&self, id: Id) -> usize {
        self.registries[&id].members().len()
    }

    fn called(&self, id: Id) -> usize {
        lock(&self.calls).iter().filter(|(_, to)| *to == id).count()
    }
}

impl Service<Sent<Call<Id, Id, ()>>> for Net {
    type Response = Response<Id>;
    type Error = &'static str;
    type Future = Task<Result<Response<Id>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, sent: Sent<Call<Id, Id, ()>>) -> Self::Future {
        let Call { to, request } = sent.request;
        lock(&self.calls).push((self.runtime.now().as_millis(), to));
        let dead = lock(&self.dead).contains(&to);
        let keeper = self.registries.get(&to).cloned();
        Box::pin(async move {
            if dead {
                return pending().await;
            }
            keeper.ok_or("no such host")?.oneshot(request).await.map_err(|never| match never {})
        })
    }
}

fn lamp() -> Request<Id, ()> {
    Request { key: Id("lamp"), service: "museum".into(), info: (), disconnect: false }
}

type Events = bus::Events<Event<Id, &'static str>>;

/// When a run was over, and how.
type End = (u64, Result<(), Asleep>);

/// An input, when, and what is expected to follow.
type Step<'a> = (u64, Input<Id>, &'a [Output<Id>]);

struct World {
    simulation: Simulation,
    net: Net,
    control: Control<Id, &'static str>,
    events: Events,
    token: CancellationToken,
    ended: Arc<Mutex<Option<End>>>,
}

/// A registrant at work among those registries, given those candidates.
fn world(hearts: usize, all: &[(Id, &str, usize, &[Id])], candidates: &[Id]) -> World {
    let simulation = Simulation::new(1);
    let runtime = simulation.handle();
    let net = Net::new(&runtime, all);
    let hearts = NonZeroUsize::new(hearts).expect("at least one");
    let mut registrant = Registrant::new(Arc::clone(&runtime), net.clone(), lamp(), hearts);
    let control = registrant.control();
    control.add_candidates(candidates.to_vec());
    let events = control.subscribe(1024);
    let (token, ended) = (CancellationToken::new(), Arc::default());
    let (cancel, end, clock) = (token.clone(), Arc::clone(&ended), Arc::clone(&runtime));
    runtime.spawn(Box::pin(async move {
        let result = registrant.run(&cancel).await;
        *lock(&end) = Some((clock.now().as_millis(), result));
    }));
    World { simulation, net, control, events, token, ended }
}

impl World {
    fn pass(&self, millis: u64) {
        self.simulation.run(self.simulation.handle().sleep(ms(millis)));
    }

    /// Events since the last call, without renewals.
    fn told(&mut self) -> Vec<Event<Id, &'static str>> {
        let mut told = Vec::new();
        let mut cx = Context::from_waker(std::task::Waker::noop());
        while let Poll::Ready(Taken::Item(value)) = std::pin::pin!(self.events.recv()).as_mut().poll(&mut cx)
        {
            told.push(value);
        }
        told.retain(|event| !matches!(event, Event::Update(_)));
        told
    }
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h16_when_its_registry_dies_the_heart_moves_to_another() {
    let all: [(Id, &str, usize, &[Id]); 3] =
        [(A, "museum", 8, &[B, A]), (B, "museum", 8, &[C]), (C, "museum", 8, &[])];
    let mut world = world(1, &all, &[A]);
    world.pass(60_000);
    assert_eq!((world.control.connections(), world.told()), (vec![A], vec![Event::New(A)]));
    assert_eq!((world.net.members(A), world.net.members(B)), (1, 0));

    lock(&world.net.dead).push(A);
    world.pass(30_000);
    assert_eq!(world.control.connections(), [B]);
    let told = world.told();
    let retries = told.iter().filter(|event| **event == Event::Retry(A, Cause::Timeout)).count();
    let rest: Vec<_> = told.into_iter().filter(|event| !matches!(event, Event::Retry(..))).collect();
    let [
        Event::Disconnect(gone),
        Event::Failed(failed, BeatError::ConnectionFailed { attempts, .. }),
        Event::New(B),
    ] = &*rest
    else {
        panic!("{rest:?}")
    };
    assert_eq!((*gone, *failed, attempts.get() as usize), (A, A, retries));

    world.token.cancel();
    world.pass(10);
    assert_eq!(*lock(&world.ended), Some((90_000, Ok(()))));
    assert_eq!((world.net.members(B), world.control.connections()), (0, vec![]), "it said goodbye");
    assert_eq!(world.told(), [Event::Disconnect(B), Event::Failed(B, BeatError::Cancelled)]);
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h16_neither_connected_nor_barred_registries_are_turned_to() {
    let all: [(Id, &str, usize, &[Id]); 4] = [
        (A, "museum", 8, &[A, B, C, D]),
        (B, "museum", 0, &[A, B]),
        (C, "cinema", 8, &[]),
        (D, "museum", 8, &[A, B, C]),
    ];
    let world = world(3, &all, &[A]);
    world.control.blacklist(D);
    world.pass(3_600_000);
    assert_eq!(world.control.connections(), [A], "one place at A, though three hearts look for one");
    assert_eq!((world.net.called(B), world.net.called(C)), (1, 1), "full, and of another kind: asked once");
    assert_eq!(world.net.called(D), 0, "blacklisted");
    world.pass(u64::try_from(TOMORROW.as_millis()).expect("a day"));
    assert_eq!(
        (world.net.called(B), world.net.called(C), world.net.called(D)),
        (2, 2, 0),
        "a day later, again"
    );
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h16_nobody_left_for_two_ticks_is_the_end() {
    // Never anybody.
    let mut nobody = world(2, &[], &[]);
    nobody.pass(1_999);
    assert_eq!(*lock(&nobody.ended), None);
    nobody.pass(1);
    nobody.pass(0);
    assert_eq!(*lock(&nobody.ended), Some((2_000, Err(Asleep))));
    assert_eq!(nobody.told(), [Event::Asleep]);

    // A name nobody answers to: 10 attempts that fail at once, then 2 s.
    let mut refused = world(1, &[], &[A]);
    refused.pass(2_001);
    assert_eq!(*lock(&refused.ended), Some((2_000, Err(Asleep))));
    let told = refused.told();
    assert_eq!(told.len(), 12, "{told:?}");

    // A candidate that comes in time.
    let late = world(1, &[(A, "museum", 8, &[])], &[]);
    late.pass(1_900);
    late.control.add_candidates(vec![A]);
    late.pass(60_000);
    assert_eq!((*lock(&late.ended), late.control.connections()), (None, vec![A]));
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h16_run_again_it_turns_to_where_it_was() {
    let simulation = Simulation::new(1);
    let runtime = simulation.handle();
    let net = Net::new(&runtime, &[(A, "museum", 8, &[]), (B, "museum", 8, &[])]);
    let two = NonZeroUsize::MIN.saturating_add(1);
    let mut registrant = Registrant::new(Arc::clone(&runtime), net.clone(), lamp(), two);
    let control = registrant.control();
    control.add_candidates(vec![A]);
    for run in 1..=3_u64 {
        let token = CancellationToken::new();
        let (stop, clock, known) = (token.clone(), Arc::clone(&runtime), control.clone());
        runtime.spawn(Box::pin(async move {
            clock.sleep(ms(60_000)).await;
            assert_eq!(known.connections(), if run == 3 { vec![A, B] } else { vec![A] });
            stop.cancel();
            if run == 2 {
                // Too late for this run and its second heart, in time for the next.
                known.add_candidates(vec![B]);
            }
        }));
        assert_eq!(simulation.run(registrant.run(&token)), Ok(()));
        assert_eq!((runtime.now().as_millis(), net.called(B) > 0), (run * 60_000, run == 3));
        let connections = (control.connections(), net.members(A), net.members(B));
        assert_eq!(connections, (vec![], 0, 0), "no heart was left behind, and none was doubled");
        // The goodbye of the last run, the hello of this one; its first lease is so short that it is renewed at once.
        let began = |to| lock(&net.calls).iter().filter(|call| **call == ((run - 1) * 60_000, to)).count();
        assert_eq!((began(A), began(B)), [(2, 0), (3, 0), (3, 2)][run as usize - 1]);
    }
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h16_a_grant_for_another_service_is_none() {
    let simulation = Simulation::new(1);
    let cinema = tower::service_fn(|sent: Sent<Call<Id, Id, ()>>| async move {
        let (registry, service) = (sent.request.to, "cinema".into());
        let answer = Answer::Granted(ms(1000));
        Ok::<_, &'static str>(Response { registry, service, candidates: vec![B], answer })
    });
    let mut registrant = Registrant::new(simulation.handle(), cinema, lamp(), NonZeroUsize::MIN);
    registrant.control().add_candidates(vec![A]);
    assert_eq!(simulation.run(registrant.run(&CancellationToken::new())), Err(Asleep));
    assert_eq!(simulation.handle().now().as_millis(), 2_000, "nor is its advice taken");
}

/// What the machine says to each input, at its time.
fn check(hearts: usize, steps: &[Step<'_>]) {
    let mut failover = Failover::new(NonZeroUsize::new(hearts).expect("from the table"));
    for (at, input, expected) in steps {
        let mut out = Vec::new();
        failover.handle(Time::from_millis(*at), input.clone(), &mut out);
        assert_eq!(&out, expected, "{at} {input:?}");
    }
}

fn connect(heart: usize, registry: Id) -> Output<Id> {
    Output::Connect { heart, registry }
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h16_the_machine_by_itself() {
    let ended = |heart, bar: Option<u64>| Input::Ended { heart, bar: bar.map(ms) };
    let bar = |registry, after: Option<u64>| Input::Bar { registry, after: after.map(ms) };
    check(
        2,
        &[
            (0, Input::Heard(vec![A, B, A, C]), &[]),
            (0, Input::Start, &[connect(0, A), connect(1, B)]),
            (5, ended(7, Some(10)), &[]),
            (10, Input::Accepted { heart: 0, candidates: vec![A] }, &[]),
            (20, ended(0, None), &[connect(0, C)]),
            (30, ended(0, None), &[connect(0, A)]),
            (40, Input::Heard(vec![B]), &[]),
            (50, ended(1, None), &[connect(1, B)]),
            (60, Input::Stop, &[]),
            (9_000, Input::Tick, &[]),
            (9_000, Input::Start, &[connect(0, A), connect(1, B)]),
            (9_000, ended(0, None), &[]),
            (9_000, ended(1, None), &[]),
            (10_999, Input::Tick, &[]),
            (11_000, Input::Tick, &[Output::Asleep]),
            (99_000, Input::Heard(vec![A]), &[]),
            (99_000, Input::Start, &[connect(0, A)]),
            (99_000, ended(0, None), &[]),
            (99_500, Input::Stop, &[]),
            (200_000, Input::Start, &[]),
            (201_999, Input::Tick, &[]),
            (202_000, Input::Tick, &[Output::Asleep]),
        ],
    );
    // A bar ends when it ends; the longer of two holds; a blacklist holds for ever.
    check(
        1,
        &[
            (0, Input::Start, &[]),
            (0, Input::Heard(vec![A]), &[connect(0, A)]),
            (0, bar(B, Some(100)), &[]),
            (0, bar(B, Some(900)), &[]),
            (0, bar(B, Some(300)), &[]),
            (0, bar(C, None), &[]),
            (0, bar(C, Some(1)), &[]),
            (0, Input::Heard(vec![C, B]), &[]),
            (0, ended(0, Some(1_000)), &[]),
            (0, Input::Heard(vec![A]), &[]),
            (899, Input::Tick, &[]),
            (900, Input::Tick, &[connect(0, B)]),
            (999, ended(0, None), &[]),
            (1_000, Input::Tick, &[connect(0, A)]),
            (9_999, ended(0, None), &[]),
            (11_998, Input::Tick, &[]),
            (11_999, Input::Tick, &[Output::Asleep]),
        ],
    );
}
