//! H18 as far as it goes without hb-core: one table, two protocols; and the keeper, over both loops.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tower::{Service, service_fn};

use crate::bus::Taken;
use crate::heart::members::{Event, Input, Name, Protocol};
use crate::heart::registry::{Answer, HEART, Keeper, Registry, Request, Response};
use crate::heart::requester::{Answered, Attempt, RequesterHeart, Sent};
use crate::heart::responder::{Ended, Received, ResponderHeart};
use crate::heart::schedule::Pace;
use crate::runtime::{Handle, Simulation};
use crate::sync::Arc;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Names a member, or a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Id(&'static str);

/// What the protocols of a program say about their members.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    Node { address: String },
    App { promise: u64 },
}

const PINGS: Protocol = Protocol("pings");

fn node(key: &'static str) -> Request<Id, Known> {
    let info = Known::Node { address: format!("{key}:8080") };
    Request { key: Id(key), service: "museum".into(), info, disconnect: false }
}

/// An app that promised to ping every so often, and is forgiven twice that.
fn ping(key: &'static str, promise: u64) -> Input<Id, Known> {
    let (granted, grace) = (ms(promise), ms(2 * promise));
    Input::Keep {
        name: Name { protocol: PINGS, key: Id(key) },
        granted,
        grace,
        payload: Known::App { promise },
    }
}

type Museum = Keeper<Id, Id, Known>;

fn museum(runtime: &Handle, capacity: usize) -> Museum {
    Keeper::new(Arc::clone(runtime), Id("registry"), Registry::new("museum", capacity))
}

fn present(keeper: &Museum) -> Vec<(Protocol, &'static str)> {
    let mut all: Vec<_> = keeper.members().iter().map(|(name, _)| (name.protocol, name.key.0)).collect();
    all.sort_unstable();
    all
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h18_one_snapshot_of_one_table_for_two_protocols() {
    let simulation = Simulation::new(1);
    let runtime = simulation.handle();
    let mut keeper = museum(&runtime, 1);
    let mut events = keeper.subscribe(64);
    let (watch, token) = (keeper.clone(), CancellationToken::new());
    let stop = token.clone();
    runtime.spawn(Box::pin(async move { watch.run(&stop).await }));
    simulation.run(async {
        let granted = keeper.call(node("wall")).await.map(|it: Response<_>| it.answer);
        assert_eq!(granted, Ok(Answer::Granted(ms(1000))));
        keeper.handle(ping("wall", 200));
        keeper.handle(ping("globe", 1000));
        assert_eq!(present(&keeper), [(HEART, "wall"), (PINGS, "globe"), (PINGS, "wall")]);
        let payload = |protocol| {
            let member = keeper.members().into_iter().find(|(name, _)| name.protocol == protocol);
            member.map(|(_, member)| (member.payload, member.granted, member.grace))
        };
        let node = Known::Node { address: "wall:8080".into() };
        assert_eq!(
            payload(HEART),
            Some((node, ms(1000), ms(100))),
            "the app of the same name did not touch it"
        );

        // Each by its own promise and grace, in one order: 600 ms, 1100 ms, 3000 ms; renewed, the globe stays.
        runtime.sleep(ms(2000)).await;
        assert_eq!(present(&keeper), [(PINGS, "globe")]);
        keeper.handle(ping("globe", 1000));
        runtime.sleep(ms(2999)).await;
        assert_eq!(present(&keeper), [(PINGS, "globe")]);
        runtime.sleep(ms(1)).await;
        assert_eq!(present(&keeper), []);
    });
    let mut told = Vec::new();
    for _ in 0..10 {
        let Taken::Item(value) = simulation.run(events.recv()) else { panic!("an event is missing") };
        told.push(match value {
            Event::New(name, member) => (name.protocol, "new", member.since.as_millis()),
            Event::Update(name, member) => (name.protocol, "update", member.seen.as_millis()),
            Event::Timeout(name) => (name.protocol, "timeout", 0),
            Event::Disconnect(name, member) => (name.protocol, "disconnect", member.since.as_millis()),
        });
    }
    let came = [(HEART, "new", 0), (PINGS, "new", 0), (PINGS, "new", 0)];
    let went = |protocol| [(protocol, "timeout", 0), (protocol, "disconnect", 0)];
    let expected = [&came[..], &went(PINGS), &went(HEART), &[(PINGS, "update", 2000)], &went(PINGS)].concat();
    assert_eq!(told, expected);
    token.cancel();
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h18_the_end_of_a_lease_is_told_when_it_ends() {
    let simulation = Simulation::new(1);
    let runtime = simulation.handle();
    let keeper = museum(&runtime, 8);
    let mut events = keeper.subscribe(64);
    let watch = keeper.clone();
    runtime.spawn(Box::pin(async move { watch.run(&CancellationToken::new()).await }));
    simulation.run(async {
        // The watch sleeps for an hour, then something nearer comes in.
        keeper.handle(ping("slow", 3_600_000));
        runtime.sleep(ms(10)).await;
        keeper.handle(ping("quick", 100));
        for _ in 0..2 {
            events.recv().await;
        }
        let Taken::Item(value) = events.recv().await else { panic!("an event is missing") };
        assert_eq!(value, Event::Timeout(Name { protocol: PINGS, key: Id("quick") }));
        assert_eq!(runtime.now().as_millis(), 310);
    });
}

/// Both loops over a channel: requests with their way back.
#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h18_a_heart_keeps_its_member_alive_over_a_wire() {
    let simulation = Simulation::new(1);
    let runtime = simulation.handle();
    let keeper = museum(&runtime, 8);
    let (wire, receiver) = mpsc::channel(16);
    let mut requests = Box::pin(stream::unfold(receiver, |mut receiver: mpsc::Receiver<_>| async {
        receiver.recv().await.map(|received| (Ok::<_, &str>(received), receiver))
    }));
    let mut responder = ResponderHeart::new(Arc::clone(&runtime), keeper.clone());
    let token = CancellationToken::new();
    let (watch, served, stop) = (keeper.clone(), token.clone(), token.clone());
    runtime.spawn(Box::pin(async move {
        assert_eq!(responder.run(&mut requests, &served).await, Ended::Stopped);
    }));
    runtime.spawn(Box::pin(async move { watch.run(&stop).await }));

    let transport = service_fn(move |sent: Sent<Request<Id, Known>>| {
        let wire = wire.clone();
        async move {
            let (reply, answer) = tokio::sync::oneshot::channel();
            let back = |response| async move { reply.send(response).map_err(|_| "the requester is gone") };
            let sent = wire.send(Received::new(sent.request, back)).await;
            sent.map_err(|_| "the registry is gone")?;
            answer.await.map_err(|_| "the registry said nothing")
        }
    });
    let protocol = service_fn(|beat: Answered<Response<Id>>| async move {
        let Answer::Granted(granted) = beat.response.answer else { return Ok(None) };
        let plan = Pace::default().plan(granted, beat.took, beat.failed);
        Ok::<_, Infallible>(Some(plan.send(node("wall"))))
    });
    let mut heart = RequesterHeart::new(Arc::clone(&runtime), transport, protocol)
        .goodbye(|last| Request { disconnect: true, ..last });
    let (clock, cancel, seen) = (Arc::clone(&runtime), CancellationToken::new(), keeper.clone());
    let stop = cancel.clone();
    runtime.spawn(Box::pin(async move {
        clock.sleep(Duration::from_secs(3600)).await;
        assert_eq!(present(&seen), [(HEART, "wall")], "alive for an hour");
        stop.cancel();
    }));
    simulation.run(heart.run(Attempt::once(node("wall"), ms(1000)), &cancel)).unwrap_err();
    assert_eq!(present(&keeper), [], "it said goodbye");
    assert_eq!(runtime.now().as_millis(), 3_600_000);
    token.cancel();
}

/// The table against a map of deadlines.
#[cfg(not(target_family = "wasm"))]
mod model {
    use std::collections::BTreeMap;

    use hb_lease::time::Time;

    use super::*;
    use crate::heart::members::Members;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Keep(u8, u64),
        Leave(u8),
        Pass(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..6_u8, 0..5000_u64).prop_map(|(key, lease)| Step::Keep(key, lease)),
            (0..6_u8).prop_map(Step::Leave),
            (0..4000_u64).prop_map(Step::Pass),
        ]
    }

    proptest! {
        #[test]
        fn members_are_who_kept_their_leases(steps in prop::collection::vec(step(), 1..60)) {
            let (mut now, mut model) = (0, BTreeMap::new());
            let (mut members, mut out) = (Members::default(), Vec::new());
            let name = |key| Name { protocol: Protocol(if key < 3 { "low" } else { "high" }), key };
            let mut balance = BTreeMap::<u8, i32>::new();
            for step in steps {
                let input = match step {
                    Step::Keep(key, lease) => {
                        model.insert(key, now + lease);
                        let (granted, grace) = (ms(lease / 3), ms(lease - lease / 3));
                        Input::Keep { name: name(key), granted, grace, payload: () }
                    }
                    Step::Leave(key) => {
                        model.remove(&key);
                        Input::Leave(name(key))
                    }
                    Step::Pass(by) => {
                        now += by;
                        Input::Tick
                    }
                };
                members.handle(Time::from_millis(now), input, &mut out);
                members.handle(Time::from_millis(now), Input::Tick, &mut out);
                model.retain(|_, until| *until > now);
                let mut here: Vec<_> = members.members().into_iter().map(|(name, _)| name.key).collect();
                here.sort_unstable();
                prop_assert_eq!(&here, &model.keys().copied().collect::<Vec<_>>());
                let low = model.keys().filter(|key| **key < 3).count();
                prop_assert_eq!(members.count(Protocol("low")), low);
                for event in out.drain(..) {
                    let (key, change) = match event {
                        Event::New(name, _) => (name.key, 1),
                        Event::Disconnect(name, _) => (name.key, -1),
                        Event::Update(name, _) | Event::Timeout(name) => (name.key, 0),
                    };
                    *balance.entry(key).or_default() += change;
                }
                for (key, balance) in &balance {
                    prop_assert_eq!(*balance, i32::from(model.contains_key(key)), "every end was told once");
                }
                if let Some(at) = members.next_timeout() {
                    let earliest = model.values().min().copied();
                    prop_assert!(earliest.is_some_and(|earliest| at.as_millis() <= earliest));
                }
            }
        }
    }
}
