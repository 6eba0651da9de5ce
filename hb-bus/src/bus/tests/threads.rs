//! One order for all, also from several threads: G3, and G14 while others publish.

use super::*;
use crate::runtime::Native;

fn native() -> Bus {
    Bus::with_replay(Arc::new(Native::current()), 20_000)
}

#[tokio::test]
async fn g03_one_publisher_is_heard_in_order_and_four_make_one_order_for_all() {
    const EACH: u64 = 5_000;
    let bus = native();
    let subscriptions = [(); 3].map(|()| bus.subscribe(Filter::all().queue(4 * EACH as usize)));
    std::thread::scope(|scope| {
        for publisher in 0..4 {
            let pod = bus.pod();
            scope.spawn(move || {
                let mut last = 0;
                for n in 0..EACH {
                    let seq = pod.publish(number(publisher * EACH + n)).unwrap().seq;
                    assert!(seq > last);
                    last = seq;
                }
            });
        }
    });
    bus.close();
    let orders = subscriptions.map(|mut subscription| numbers(&mut subscription));
    for publisher in 0..4 {
        let own = publisher * EACH..(publisher + 1) * EACH;
        assert!(
            orders[0].iter().copied().filter(|n| own.contains(n)).eq(own.clone()),
            "each in its own order"
        );
    }
    assert_eq!(orders[0].len() as u64, 4 * EACH);
    assert!(orders.iter().all(|order| *order == orders[0]));
}

#[tokio::test]
async fn g14_who_comes_back_while_others_publish_sees_every_message_once() {
    const ALL: u64 = 20_000;
    let bus = native();
    let publisher = std::thread::spawn({
        let bus = bus.clone();
        move || (1..=ALL).for_each(|n| assert_eq!(bus.publish(number(n)).unwrap().seq, n))
    });
    let mut seen = 0;
    while seen < ALL {
        let mut subscription = bus.resume(seen, Filter::all().queue(ALL as usize)).expect("all are kept");
        for _ in 0..50.min(ALL - seen) {
            seen += 1;
            assert_eq!(subscription.recv().await.message().map(|(seq, _)| seq), Some(seen));
        }
    }
    publisher.join().unwrap();
}
