//! The bus against a naive model, and its promises one by one.

use proptest::prelude::*;

use super::*;

fn item(seq: u64) -> Option<Received<u64>> {
    // Everywhere below the value published is its own number.
    Some(Received::Item { seq, value: seq })
}

fn publish(bus: &Bus<u64>, n: u64) {
    for _ in 0..n {
        let value = bus.latest() + 1;
        assert_eq!(bus.publish(value), value);
    }
}

#[test]
fn a_slow_subscriber_is_told_exactly_what_it_missed_and_where() {
    let bus = Bus::new(0);
    let (mut slow, mut quick) = (bus.subscribe(3), bus.subscribe(100));
    publish(&bus, 2);
    assert_eq!(slow.try_recv(), item(1));
    publish(&bus, 5);
    let expected = [Some(Received::Missed(3)), item(5), item(6), item(7), None];
    assert_eq!(expected.map(|_| slow.try_recv()), expected);
    for seq in 1..=7 {
        assert_eq!(quick.try_recv(), item(seq), "nobody else pays");
    }
}

#[test]
fn a_replay_has_no_gap_and_no_duplicate() {
    let bus = Bus::new(4);
    publish(&bus, 10);
    for after in [0, 5, 11] {
        assert_eq!(bus.subscribe_after(after, 2).unwrap_err(), Gone { oldest: 6, latest: 10 }, "{after}");
    }
    for after in 6..=10 {
        let mut subscription = bus.subscribe_after(after, 2).unwrap();
        for seq in after + 1..=10 {
            assert_eq!(subscription.try_recv(), item(seq), "{after}");
        }
        assert_eq!(subscription.try_recv(), None, "{after}");
    }
    // A replay longer than the capacity is whole; only what comes after it can be missed.
    let mut subscription = bus.subscribe_after(6, 1).unwrap();
    publish(&bus, 2);
    for expected in [item(7), item(8), item(9), item(10), Some(Received::Missed(1)), item(12), None] {
        assert_eq!(subscription.try_recv(), expected);
    }
    assert_eq!(
        bus.subscribe_after(7, 1).unwrap_err().to_string(),
        "cannot be replayed: expected a number from 8 to 12"
    );
    assert!(Bus::<u64>::new(0).subscribe_after(0, 1).is_ok(), "of nothing, nothing is missing");
}

#[tokio::test]
async fn closing_wakes_who_waits_after_the_rest_was_handed_out() {
    let bus = Bus::new(4);
    let (mut idle, mut busy) = (bus.subscribe(4), bus.subscribe(4));
    bus.publish(1);
    assert_eq!(idle.recv().await, Received::Item { seq: 1, value: 1 });
    let waits = tokio::spawn(async move { idle.recv().await });
    tokio::task::yield_now().await;
    bus.close();
    assert_eq!(waits.await.unwrap(), Received::Closed);
    assert_eq!(busy.recv().await, Received::Item { seq: 1, value: 1 });
    assert_eq!(busy.recv().await, Received::Closed);
    assert_eq!(busy.recv().await, Received::Closed);

    assert_eq!((bus.publish(2), bus.latest()), (0, 1));
    assert_eq!(bus.subscribe(1).recv().await, Received::Closed);
    let mut late = bus.subscribe_after(0, 1).unwrap();
    assert_eq!(
        (late.recv().await, late.recv().await),
        (Received::Item { seq: 1, value: 1 }, Received::Closed)
    );
}

#[tokio::test]
async fn the_last_handle_closes_the_bus() {
    let bus = Bus::<u64>::new(4);
    let mut subscription = bus.subscribe(4);
    let other = bus.clone();
    drop(bus);
    assert_eq!(subscription.try_recv(), None);
    drop(other);
    assert_eq!(subscription.recv().await, Received::Closed);
}

#[tokio::test]
async fn a_cancelled_wait_loses_nothing() {
    let bus = Bus::new(0);
    let mut subscription = bus.subscribe(4);
    for seq in 1..=100 {
        {
            let mut wait = std::pin::pin!(subscription.recv());
            assert!(poll_once(wait.as_mut()).is_pending());
            bus.publish(seq);
        }
        assert_eq!(subscription.recv().await, Received::Item { seq, value: seq });
    }
}

/// Polls once with a waker that does nothing.
fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn who_has_left_is_forgotten() {
    let bus = Bus::new(0);
    for _ in 0..1000 {
        drop(bus.subscribe(1));
    }
    assert!(lock(&bus.0).queues.len() <= 1, "on a quiet bus");
    bus.publish(1);
    assert!(lock(&bus.0).queues.is_empty());
}

#[tokio::test]
async fn four_publishers_make_one_order_for_all() {
    const EACH: u64 = 5_000;
    let bus = Bus::new(0);
    let subscriptions = [(); 3].map(|()| bus.subscribe(4 * EACH as usize));
    std::thread::scope(|scope| {
        for publisher in 0..4 {
            let bus = bus.clone();
            scope.spawn(move || {
                let mut last = 0;
                for n in 0..EACH {
                    let seq = bus.publish((publisher, n));
                    assert!(seq > last);
                    last = seq;
                }
            });
        }
    });
    bus.close();
    let mut orders = Vec::new();
    for mut subscription in subscriptions {
        let mut order = Vec::new();
        while let Some((seq, value)) = subscription.recv().await.item() {
            order.push(value);
            assert_eq!(seq, order.len() as u64);
        }
        for publisher in 0..4 {
            assert!(
                order.iter().filter(|v| v.0 == publisher).map(|v| v.1).eq(0..EACH),
                "each in its own order"
            );
        }
        orders.push(order);
    }
    assert!(orders.iter().all(|order| *order == orders[0]));
}

#[tokio::test]
async fn who_comes_back_while_others_publish_sees_every_item_once() {
    const ALL: u64 = 20_000;
    let bus = Bus::new(ALL as usize);
    let publisher = std::thread::spawn({
        let bus = bus.clone();
        move || publish(&bus, ALL)
    });
    let mut seen = 0;
    while seen < ALL {
        let mut subscription = bus.subscribe_after(seen, ALL as usize).expect("the ring holds all");
        for _ in 0..50.min(ALL - seen) {
            seen += 1;
            assert_eq!(subscription.recv().await, Received::Item { seq: seen, value: seen });
        }
    }
    publisher.join().unwrap();
}

#[derive(Clone, Debug)]
enum Step {
    Publish(u64),
    Subscribe { capacity: usize },
    SubscribeAfter { seq: u64, capacity: usize },
    Receive { who: usize, times: usize },
    Leave { who: usize },
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1..6_u64).prop_map(Step::Publish),
        2 => (0..5_usize).prop_map(|capacity| Step::Subscribe { capacity }),
        2 => (0..40_u64, 0..5_usize).prop_map(|(seq, capacity)| Step::SubscribeAfter { seq, capacity }),
        6 => (any::<usize>(), 1..8_usize).prop_map(|(who, times)| Step::Receive { who, times }),
        1 => any::<usize>().prop_map(|who| Step::Leave { who }),
        1 => Just(Step::Close),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A subscriber as a naive reader of the list of everything ever published: it holds two numbers and no queue.
struct Reader {
    subscription: Subscription<u64>,
    /// The number of the last item seen, missed or published before it came.
    seen: u64,
    /// Up to here nothing can be missed.
    replayed: u64,
    capacity: u64,
}

impl Reader {
    fn expects(&mut self, latest: u64, closed: bool) -> Option<Received<u64>> {
        if self.seen < self.replayed {
            self.seen += 1;
            return item(self.seen);
        }
        let missed = (latest - self.seen).saturating_sub(self.capacity);
        if missed > 0 {
            self.seen += missed;
            return Some(Received::Missed(missed));
        }
        if self.seen == latest {
            return closed.then_some(Received::Closed);
        }
        self.seen += 1;
        item(self.seen)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_bus_is_a_list_that_everybody_reads_at_their_own_pace(steps in steps(), kept in 0..6_u64) {
        let bus = Bus::new(kept as usize);
        let (mut latest, mut closed) = (0_u64, false);
        let mut readers: Vec<Reader> = Vec::new();
        for step in steps {
            match step {
                Step::Publish(n) => for _ in 0..n {
                    let expected = if closed { 0 } else { latest + 1 };
                    prop_assert_eq!(bus.publish(latest + 1), expected);
                    latest = latest.max(expected);
                },
                Step::Subscribe { capacity } => {
                    let subscription = bus.subscribe(capacity);
                    let capacity = capacity.max(1) as u64;
                    readers.push(Reader { subscription, seen: latest, replayed: latest, capacity });
                }
                Step::SubscribeAfter { seq, capacity } => {
                    let oldest = latest - kept.min(latest);
                    match bus.subscribe_after(seq, capacity) {
                        Ok(subscription) => {
                            prop_assert!((oldest..=latest).contains(&seq));
                            let capacity = capacity.max(1) as u64;
                            readers.push(Reader { subscription, seen: seq, replayed: latest, capacity });
                        }
                        Err(gone) => {
                            prop_assert!(!(oldest..=latest).contains(&seq));
                            prop_assert_eq!(gone, Gone { oldest, latest });
                        }
                    }
                }
                Step::Receive { who, times } if !readers.is_empty() => {
                    let who = who % readers.len();
                    for _ in 0..times {
                        let expected = readers[who].expects(latest, closed);
                        prop_assert_eq!(readers[who].subscription.try_recv(), expected);
                    }
                }
                Step::Leave { who } if !readers.is_empty() => drop(readers.swap_remove(who % readers.len())),
                Step::Receive { .. } | Step::Leave { .. } => {}
                Step::Close => {
                    bus.close();
                    closed = true;
                }
            }
        }
    }
}
