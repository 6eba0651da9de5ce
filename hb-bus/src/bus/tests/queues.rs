//! Slow subscribers: G22.

use bytes::Bytes;

use super::*;
use crate::message::Payload;

#[wasm_bindgen_test(unsupported = test)]
fn g22_who_is_slow_is_told_exactly_what_is_missing_and_where() {
    let (_, bus) = world();
    let mut slow = bus.subscribe(Filter::all().queue(128));
    let mut quick = bus.subscribe(Filter::all().queue(1));
    let mut heard = Vec::new();
    for n in 0..1_000 {
        bus.publish(number(n)).unwrap();
        heard.extend(numbers(&mut quick));
    }
    assert_eq!(heard, (0..1_000).collect::<Vec<_>>(), "nobody else pays");
    assert_eq!(bus.stats().missed, 872);
    assert_eq!(slow.try_recv(), Some(Received::Missed(872)));
    assert_eq!(numbers(&mut slow), (872..1_000).collect::<Vec<_>>());
    bus.publish(number(1_000)).unwrap();
    assert!(matches!(slow.try_recv(), Some(Received::Message { seq: 1_001, .. })));
}

#[wasm_bindgen_test(unsupported = test)]
fn a_replay_longer_than_the_queue_is_whole() {
    let (_, bus) = world();
    for n in 0..10 {
        bus.publish(number(n)).unwrap();
    }
    let mut hear = bus.resume(6, Filter::all().queue(1)).unwrap();
    bus.publish(number(10)).unwrap();
    bus.publish(number(11)).unwrap();
    let seqs = [7, 8, 9, 10].map(|_: u64| hear.try_recv().and_then(Received::message).unwrap().0);
    assert_eq!(seqs, [7, 8, 9, 10]);
    assert_eq!(hear.try_recv(), Some(Received::Missed(1)));
    assert_eq!(numbers(&mut hear), [11]);
}

#[wasm_bindgen_test(unsupported = test)]
fn what_is_not_kept_is_not_made_up() {
    let bus = Bus::with_replay(Simulation::new(0).handle(), 4);
    for n in 0..10 {
        bus.publish(number(n)).unwrap();
    }
    for after in [0, 5, 11] {
        assert_eq!(bus.resume(after, Filter::all()).unwrap_err(), Gone { oldest: 6, latest: 10 });
    }
    let said = bus.resume(5, Filter::all()).unwrap_err().to_string();
    assert_eq!(said, "cannot be replayed: expected a number from 6 to 10");
    assert_eq!(numbers(&mut bus.resume(6, Filter::all()).unwrap()), [6, 7, 8, 9]);
    assert!(Bus::with_replay(Simulation::new(0).handle(), 0).resume(0, Filter::all()).is_ok());
}

#[wasm_bindgen_test(unsupported = test)]
fn one_quota_bounds_the_bytes_of_several_subscriptions_and_their_replays() {
    let (_, bus) = world();
    let quota = Quota::new(100);
    let bounded = |replay| Options { replay, quota: Some(quota.clone()), ..Filter::all().into() };
    let mut one = bus.subscribe(bounded(false));
    let mut other = bus.subscribe(bounded(false));
    for _ in 0..10 {
        bus.publish(Message::new(Topic::DEFAULT, vec![0; 20])).unwrap();
    }
    assert!(quota.held() <= 100, "{}", quota.held());
    let lost_and_kept = |hears: &mut Subscription| {
        let lost = match hears.try_recv() {
            Some(Received::Missed(lost)) => lost,
            other => panic!("nothing is said to be missing: {other:?}"),
        };
        (lost, std::iter::from_fn(|| hears.try_recv()).count() as u64)
    };
    let (lost, kept) = lost_and_kept(&mut one);
    assert!(lost + kept == 10 && kept > 0, "{lost} {kept}");
    let mut late = bus.subscribe(bounded(true));
    let (lost, kept) = lost_and_kept(&mut late);
    assert!(lost + kept == 10 && kept > 0, "{lost} {kept}");
    let (lost, kept) = lost_and_kept(&mut other);
    assert!(lost + kept == 10 && kept > 0, "{lost} {kept}");
    assert_eq!(quota.held(), 0);
    // One that is longer than all of it is heard; whoever leaves gives back what waited, and what was replayed.
    bus.publish(Message::new(Topic::DEFAULT, vec![0; 1_000])).unwrap();
    let again = bus.subscribe(bounded(true));
    assert_eq!(quota.held(), 4_000);
    assert!(matches!(one.try_recv(), Some(Received::Message { seq: 11, .. })));
    drop((one, other, late, again));
    assert_eq!(quota.held(), 0);
}

/// Carries a subscription, which leaves its bus when it goes.
struct Carrying(#[expect(dead_code, reason = "it is there to be dropped")] Subscription);

impl Payload for Carrying {
    fn to_bytes(&self) -> Bytes {
        Bytes::new()
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn what_a_message_carries_goes_when_no_lock_is_held() {
    let bus = Bus::with_replay(Simulation::new(0).handle(), 1);
    let carrying = || Message::of(T1, Carrying(bus.subscribe(Filter::only([T3]))));
    // The ring loses it, then a queue, then nobody wants it, then the bus is closed.
    bus.publish(carrying()).unwrap();
    bus.publish(number(1)).unwrap();
    let slow = bus.subscribe(Filter::only([T1]).queue(1));
    bus.publish(carrying()).unwrap();
    for n in 1..=2 {
        bus.publish(number(n)).unwrap();
    }
    drop(slow);
    assert_eq!(bus.pod().request(carrying()).unwrap_err(), RequestError::NoSubscribers);
    assert_eq!(bus.stats().subscriptions, 0, "all are gone with what carried them");
    let last = carrying();
    bus.close();
    assert_eq!(bus.publish(last).unwrap_err(), Closed);
}

#[wasm_bindgen_test(unsupported = test)]
fn a_cancelled_wait_loses_nothing() {
    let (world, bus) = world();
    let mut hear = bus.subscribe(Filter::all());
    for seq in 1..=100 {
        {
            let mut wait = std::pin::pin!(hear.recv());
            let waker = std::task::Waker::noop();
            assert!(wait.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
            bus.publish(number(seq)).unwrap();
        }
        assert_eq!(world.run(hear.recv()).message().map(|(seq, _)| seq), Some(seq));
    }
}
