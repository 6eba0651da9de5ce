//! Fan-out, order, replay, filters, and leaving: G1–G6, G14–G19.

use super::*;

#[wasm_bindgen_test(unsupported = test)]
fn g01_everybody_gets_every_message_once() {
    let (_, bus) = world();
    let mut hear: Vec<_> = (0..10).map(|_| bus.pod().subscribe(Filter::all())).collect();
    let speaker = bus.pod();
    let ids: Vec<Id> = (0..10).map(|n| speaker.publish(number(n)).unwrap().id).collect();
    for subscription in &mut hear {
        let heard = std::iter::from_fn(|| subscription.try_recv()).filter_map(Received::message);
        assert!(heard.map(|(_, message)| message.id()).eq(ids.iter().copied()));
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn g02_nobody_hears_themselves() {
    let (_, bus) = world();
    let (speaker, other) = (bus.pod(), bus.pod());
    let (mut own, mut theirs) = (speaker.subscribe(Filter::all()), other.subscribe(Filter::all()));
    for n in 0..10 {
        assert_eq!(speaker.publish(number(n)).unwrap().receivers, 1);
    }
    assert_eq!((numbers(&mut own).len(), numbers(&mut theirs).len()), (0, 10));
}

#[wasm_bindgen_test(unsupported = test)]
fn g04_who_waits_gets_what_was_wanted_or_their_own_error() {
    let (world, bus) = world();
    let (speaker, mut hear) = (bus.pod(), bus.subscribe(Filter::all()));
    let clock = world.handle();
    world.spawn(Box::pin(async move {
        for (at, said) in [(500, "hello"), (999, "so what"), (1_000, "goodbye")] {
            clock.sleep(clock.now().since(hb_lease::time::Time::ZERO).abs_diff(millis(at))).await;
            speaker.publish(text(said)).unwrap();
        }
    }));
    let mut wait = |patience| {
        world.run(hear.wait_until(patience, async |message| match &message.data()[..] {
            b"hello" => Ok(Some(7)),
            b"goodbye" => Err("too soon"),
            _ => Ok(None),
        }))
    };
    assert_eq!(wait(None), Ok(7));
    assert_eq!(wait(None), Err(WaitError::Refused("too soon")));
    assert_eq!(world.now().as_millis(), 1_000);
}

#[wasm_bindgen_test(unsupported = test)]
fn g05_a_time_limit_holds_whatever_goes_on() {
    let (world, bus) = world();
    let mut hear = bus.subscribe(Filter::all());
    let never: Result<(), _> = world.run(hear.wait_until(Some(millis(1_000)), async |_| Ok::<_, ()>(None)));
    assert_eq!((never, world.now().as_millis()), (Err(WaitError::Timeout), 1_000));

    bus.publish(number(1)).unwrap();
    let slow = async |_| {
        world.sleep(millis(60_000)).await;
        Ok::<_, ()>(Some(()))
    };
    assert_eq!(world.run(hear.wait_until(Some(millis(1_000)), slow)), Err(WaitError::Timeout));
    assert_eq!(world.now().as_millis(), 2_000, "also while the caller looks at a message");

    for n in 0..10 {
        bus.publish(number(n)).unwrap();
    }
    let picky = async |_| {
        world.sleep(millis(5)).await;
        Ok::<Option<()>, ()>(None)
    };
    assert_eq!(world.run(hear.wait_until(Some(millis(1_000)), picky)), Err(WaitError::Timeout));
    assert_eq!(world.now().as_millis(), 3_000);
}

#[wasm_bindgen_test(unsupported = test)]
fn g06_no_limit_is_no_limit() {
    for patience in [None, Some(Duration::ZERO)] {
        let (world, bus) = world();
        let mut hear = bus.subscribe(Filter::all());
        let clock = world.handle();
        world.spawn(Box::pin(async move {
            clock.sleep(millis(2_001)).await;
            bus.publish(number(1)).unwrap();
        }));
        let waited = world.run(hear.wait_until(patience, async |_| Ok::<_, ()>(Some(()))));
        assert_eq!((waited, world.now().as_millis()), (Ok(()), 2_001));
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn g14_a_replay_comes_at_once_and_before_what_is_new() {
    let (_, bus) = world();
    let mut first = bus.subscribe(Filter::all());
    for n in 0..100 {
        bus.publish(number(n)).unwrap();
    }
    let mut second = bus.subscribe(Filter::all().replayed());
    assert_eq!(numbers(&mut second), (0..100).collect::<Vec<_>>(), "without waiting for another");
    bus.publish(number(100)).unwrap();
    assert_eq!((numbers(&mut second), numbers(&mut first).len()), (vec![100], 101));
}

#[wasm_bindgen_test(unsupported = test)]
fn g15_a_replay_has_the_last_128() {
    let (_, bus) = world();
    for n in 0..1_000 {
        bus.publish(number(n)).unwrap();
    }
    let mut late = bus.subscribe(Filter::all().replayed());
    bus.publish(number(1_000)).unwrap();
    assert_eq!(numbers(&mut late), (872..=1_000).collect::<Vec<_>>());
}

#[wasm_bindgen_test(unsupported = test)]
fn g16_a_replay_is_once_for_each_subscription_and_leaves_out_ones_own() {
    let (_, bus) = world();
    let (pod, other) = (bus.pod(), bus.pod());
    pod.publish(number(1)).unwrap();
    other.publish(number(2)).unwrap();
    for _ in 0..2 {
        let mut again = pod.subscribe(Filter::all().replayed());
        assert_eq!((numbers(&mut again), numbers(&mut again)), (vec![2], vec![]));
    }
    assert!(numbers(&mut pod.subscribe(Filter::all())).is_empty());
}

#[wasm_bindgen_test(unsupported = test)]
fn g17_both_rules_must_let_a_message_pass() {
    let (_, bus) = world();
    let near = Topic::from_static("t10");
    let cases = [
        (Filter::all(), 40),
        (Filter::only([T1]), 10),
        (Filter::only([T1, T2]), 20),
        (Filter::only([]), 0),
        (Filter::except([T1]), 30),
        (Filter::except([]), 40),
    ];
    let mut heard: Vec<_> = cases.map(|(filter, count)| (bus.pod().subscribe(filter), count)).into();
    for n in 0..10 {
        for topic in [T1, T2, T3, near.clone()] {
            bus.publish(Message::new(topic, n.to_string())).unwrap();
        }
    }
    for (at, (subscription, count)) in heard.iter_mut().enumerate() {
        assert_eq!(numbers(subscription).len(), *count, "{at}");
    }

    let stamped = |n: u128| {
        let head = crate::message::Head { id: Id::from_u128(n), ..text("").head().clone() };
        Message::from_parts(head, n.to_string())
    };
    let (five, six) = (Id::from_u128(5), Id::from_u128(6));
    for (filter, expected) in [
        (Filter::all().except_ids([five]), vec![6, 7]),
        (Filter::all().only_ids([five, six]), vec![5, 6]),
        (Filter::only([T1]).only_ids([five]), vec![5]),
        (Filter::except([T1]).only_ids([five]), vec![]),
    ] {
        let mut subscription = bus.subscribe(filter);
        for n in 5..8 {
            bus.publish(stamped(n)).unwrap();
        }
        assert_eq!(numbers(&mut subscription), expected);
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn g17_a_replay_is_filtered_too() {
    let (_, bus) = world();
    bus.publish(Message::new(T1, "1")).unwrap();
    bus.publish(Message::new(T2, "2")).unwrap();
    assert_eq!(numbers(&mut bus.subscribe(Filter::except([T1]).replayed())), [2]);
    assert_eq!(numbers(&mut bus.resume(0, Filter::only([T1])).unwrap()), [1]);
}

#[wasm_bindgen_test(unsupported = test)]
fn g18_who_disconnected_neither_hears_nor_speaks() {
    let (world, bus) = world();
    let pods = [bus.pod(), bus.pod(), bus.pod()];
    let [mut first, mut second] = [&pods[0], &pods[1]].map(|pod| pod.subscribe(Filter::only([T1, T2])));
    for _ in 0..200 {
        pods[0].disconnect();
    }
    for n in 0..5 {
        pods[2].publish(number(n)).unwrap();
    }
    assert_eq!(world.run(first.recv()), Received::Closed);
    assert_eq!(numbers(&mut second).len(), 5);
    assert_eq!(pods[0].publish(number(9)), Err(Closed));
    assert_eq!(pods[0].request(number(9)).unwrap_err(), RequestError::Closed(Closed));
    assert_eq!(world.run(pods[0].subscribe(Filter::all()).recv()), Received::Closed);
    assert_eq!(bus.stats().subscriptions, 1);
}

#[wasm_bindgen_test(unsupported = test)]
fn a_handle_that_was_subscribed_twice_is_counted_once_and_forgotten() {
    let (_, bus) = world();
    for _ in 0..1_000 {
        drop(bus.subscribe(Filter::only([T1, T2, T3])));
        drop(bus.subscribe(Filter::all()));
    }
    let kept = bus.subscribe(Filter::only([T1, T2]));
    assert_eq!(bus.stats().subscriptions, 1);
    drop(kept);
    assert_eq!(bus.stats().subscriptions, 0);
    assert!(format!("{:?}", lock(&bus.0.hub)).contains("by_topic: {}"), "no topic is left behind");
}

#[wasm_bindgen_test(unsupported = test)]
fn closing_hands_out_the_rest_and_wakes_everybody() {
    let (world, bus) = world();
    let mut hear = bus.subscribe(Filter::all());
    let asked = bus.pod().request(number(1)).unwrap();
    let (closing, clock) = (bus.clone(), world.handle());
    world.spawn(Box::pin(async move {
        clock.sleep(millis(10)).await;
        closing.close();
    }));
    assert_eq!(world.run(asked.reply(None)), Err(ReplyError::Closed(Closed)));
    assert_eq!(numbers(&mut hear), [1]);
    assert_eq!(world.run(hear.recv()), Received::Closed);
    assert_eq!(bus.publish(number(2)), Err(Closed));
    assert_eq!(world.run(bus.subscribe(Filter::all()).recv()), Received::Closed);
    let mut late = bus.resume(0, Filter::all()).unwrap();
    assert_eq!((numbers(&mut late), world.run(late.recv())), (vec![1], Received::Closed));
}

#[wasm_bindgen_test(unsupported = test)]
fn the_last_handle_closes_the_bus() {
    let (world, bus) = world();
    let (mut hear, pod) = (bus.subscribe(Filter::all()), bus.pod());
    drop(bus);
    assert_eq!(hear.try_recv(), None);
    drop(pod);
    assert_eq!(world.run(hear.recv()), Received::Closed);
}
