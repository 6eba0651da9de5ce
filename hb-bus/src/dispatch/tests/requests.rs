//! D1, D2, D6, D7, D12, D14: one request, one reply.

use futures_util::future::{join, join_all};
use wasm_bindgen_test::wasm_bindgen_test;

use super::super::{Class, Config, RequestError};
use super::kit::{MS_200, Message, Wire, echo, message, two, waits};
use crate::runtime::{Runtime, Simulation};

#[wasm_bindgen_test(unsupported = test)]
fn d01_a_request_gets_the_reply_with_its_key() {
    let simulation = Simulation::new(1);
    let (a, b) = two(&simulation, Config::default());
    let server = async {
        let asked = b.recv_from().await.unwrap();
        assert_eq!(asked.message, message(Class::Request, 8, "request"));
        b.notify_unreliable(&message(Class::Reply, 8, "reply"), asked.source).unwrap();
    };
    let asked = message(Class::Request, 8, "request");
    let (reply, ()) = simulation.run(join(a.request(&asked, "b", MS_200), server));
    assert_eq!(reply.unwrap(), message(Class::Reply, 8, "reply"));
}

#[wasm_bindgen_test(unsupported = test)]
fn d02_nobody_answers() {
    let simulation = Simulation::new(2);
    let (a, b) = two(&simulation, Config::default());
    let asked = message(Class::Request, 8, "request");
    for end in [200, 400] {
        let answer = simulation.run(a.request(&asked, "b", MS_200));
        assert!(matches!(answer, Err(RequestError::TimedOut)), "the same key, again: {answer:?}");
        assert_eq!(simulation.now().as_millis(), end);
        assert_eq!(a.outstanding(), 0);
    }
    echo(&simulation.handle(), b);
    // Echoed are the three requests: two replies come late and the third is the answer, or one of its doubles.
    simulation.run(a.request(&asked, "b", MS_200)).unwrap();
}

#[wasm_bindgen_test(unsupported = test)]
fn d06_a_key_is_given_once_at_a_time() {
    let simulation = Simulation::new(6);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    let asked = message(Class::Request, 8, "request");
    let second = async {
        let refused = a.request(&asked, "b", MS_200).await;
        assert!(matches!(refused, Err(RequestError::DuplicateKey(_))), "{refused:?}");
        assert_eq!(simulation.now().as_millis(), 0);
        wire.arrives(&message(Class::Reply, 8, "reply"), "b");
    };
    let (first, ()) = simulation.run(join(a.request(&asked, "b", MS_200), second));
    assert_eq!(first.unwrap().text, "reply");
    assert_eq!(wire.state().sent.len(), 1);
}

#[wasm_bindgen_test(unsupported = test)]
fn d07_an_early_reply_is_kept_and_a_second_or_late_one_is_nobodys() {
    let simulation = Simulation::new(7);
    let runtime = simulation.handle();
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    let asked = message(Class::Request, 8, "request");
    simulation.run(async {
        let mut request = Box::pin(a.request(&asked, "b", MS_200));
        assert!(waits(&mut request).await);
        wire.arrives(&message(Class::Reply, 8, "first"), "b");
        wire.arrives(&message(Class::Reply, 8, "second"), "b");
        // The driver reads both before the waiter is polled.
        runtime.sleep(MS_200 / 2).await;
        assert_eq!(request.await.unwrap().text, "first");
        assert_eq!(a.stats().unmatched, 1);

        wire.arrives(&message(Class::Reply, 8, "after it was consumed"), "b");
        runtime.sleep(MS_200).await;
        assert_eq!(a.stats().unmatched, 2);

        assert!(matches!(a.request(&asked, "b", MS_200).await, Err(RequestError::TimedOut)));
        wire.arrives(&message(Class::Reply, 8, "late"), "b");
        runtime.sleep(MS_200).await;
        assert_eq!(a.stats().unmatched, 3);
        assert!(waits(&mut Box::pin(a.recv_from())).await, "none of them is a message");
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn d12_a_hundred_at_once_answered_in_any_order() {
    let simulation = Simulation::new(12);
    let (a, b) = two(&simulation, Config::default());
    let server = async {
        let mut asked = Vec::new();
        for _ in 0..100 {
            asked.push(b.recv_from().await.unwrap());
        }
        while !asked.is_empty() {
            let place = simulation.random() as usize % asked.len();
            let one = asked.swap_remove(place);
            let reply = message(Class::Reply, one.message.key, &one.message.text);
            b.notify_unreliable(&reply, one.source).unwrap();
        }
    };
    let asked: Vec<Message> =
        (0..100).map(|key| message(Class::Request, key, &format!("no {key}"))).collect();
    let requests = join_all(asked.iter().map(|asked| a.request(asked, "b", MS_200)));
    let (replies, ()) = simulation.run(join(requests, server));
    for (asked, reply) in asked.iter().zip(replies) {
        let reply = reply.unwrap();
        assert_eq!((reply.key, &reply.text), (asked.key, &asked.text));
    }
    assert_eq!(a.outstanding(), 0);
}

#[wasm_bindgen_test(unsupported = test)]
fn d12_the_longest_datagram_comes_whole_and_a_longer_one_not_at_all() {
    let simulation = Simulation::new(12);
    let (a, b) = two(&simulation, Config::default());
    let text = "x".repeat(65_535 - 9);
    a.notify_unreliable(&message(Class::Notification, 1, &text), "b").unwrap();
    let received = simulation.run(b.recv_from()).unwrap();
    assert_eq!((received.size, received.message.text), (65_535, text.clone()));

    let longer = message(Class::Request, 1, &(text + "x"));
    let refused = simulation.run(a.request(&longer, "b", MS_200));
    assert!(matches!(refused, Err(RequestError::TooLong { length: 65_536, limit: 65_535 })), "{refused:?}");

    let wire = Wire::default();
    let short = wire.dispatcher(&simulation, Config::default().max_datagram(9));
    wire.arrives(&message(Class::Notification, 1, "x"), "b");
    wire.arrives(&message(Class::Notification, 2, ""), "b");
    assert_eq!(simulation.run(short.recv_from()).unwrap().message.key, 2);
    assert_eq!((short.stats().oversize, a.stats().sent), (1, 1));
}

#[wasm_bindgen_test(unsupported = test)]
fn d14_a_dropped_request_and_one_without_bytes_free_the_key() {
    let simulation = Simulation::new(14);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    simulation.run(async {
        let bad = message(Class::Request, 8, "unspeakable");
        assert!(matches!(a.request(&bad, "b", MS_200).await, Err(RequestError::Adapter(_))));
        assert!(matches!(a.notify(&bad, "b", MS_200).await, Err(RequestError::Adapter(_))));
        simulation.handle().sleep(MS_200).await;
        assert_eq!((wire.state().sent.len(), a.outstanding()), (0, 0));

        let good = message(Class::Request, 8, "request");
        let mut dropped = Box::pin(a.request(&good, "b", MS_200));
        assert!(waits(&mut dropped).await);
        assert_eq!(a.outstanding(), 1);
        drop(dropped);
        assert_eq!(a.outstanding(), 0);
        let mut again = Box::pin(a.request(&good, "b", MS_200));
        assert!(waits(&mut again).await);
        wire.arrives(&message(Class::Reply, 8, "reply"), "b");
        assert_eq!(again.await.unwrap().text, "reply");
    });
}

/// Requests can be spawned: a compile-time matter.
#[wasm_bindgen_test(unsupported = test)]
fn futures_can_be_moved_to_another_thread() {
    fn movable<T: Send>(value: T) -> T {
        value
    }
    let simulation = Simulation::new(0);
    let (a, _b) = two(&simulation, Config::default());
    let asked = message(Class::Request, 8, "request");
    drop((movable(a.request(&asked, "b", MS_200)), movable(a.notify(&asked, "b", None))));
    drop((movable(a.recv_from()), movable(a.close(MS_200))));
}
