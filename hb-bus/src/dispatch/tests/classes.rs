//! D3, D4, D5, D8, D15: which message is whose.

use futures_util::future::{join, join3};
use wasm_bindgen_test::wasm_bindgen_test;

use super::super::{Class, Config, Delivery, Dispatcher, RequestError, memory};
use super::kit::{Lines, MS_200, Protocol, Wire, message, two, waits};
use crate::runtime::{Runtime, Simulation, timeout};

#[wasm_bindgen_test(unsupported = test)]
fn d03_a_reply_with_the_wrong_key() {
    for (classify, unsolicited, unmatched) in [(true, None, 1), (false, Some(73), 0)] {
        let simulation = Simulation::new(3);
        let wire = Wire::default();
        let adapter = Protocol { classify };
        let a = Dispatcher::new(adapter, wire.clone(), simulation.handle(), Config::default());
        wire.arrives(&message(Class::Reply, 73, "reply"), "b");
        let asked = message(Class::Request, 8, "request");
        let answer = simulation.run(a.request(&asked, "b", MS_200));
        assert!(matches!(answer, Err(RequestError::TimedOut)), "{answer:?}");
        let received = simulation.run(timeout(&simulation, Some(MS_200), a.recv_from()));
        assert_eq!(received.ok().map(|received| received.unwrap().message.key), unsolicited);
        assert_eq!(a.stats().unmatched, unmatched);
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn d03_a_protocol_without_classes_still_asks_and_notifies() {
    let simulation = Simulation::new(3);
    let (left, right) = memory::pair(1, 2, 16);
    let a = Dispatcher::new(Lines, left, simulation.handle(), Config::default());
    let b = Dispatcher::new(Lines, right, simulation.handle(), Config::default());
    let server = async {
        for (asked, answer) in [("joey hello", "joey hey"), ("bell ring", "bell")] {
            let received = b.recv_from().await.unwrap();
            assert_eq!((received.message.as_str(), received.source), (asked, 1));
            b.notify_unreliable(&answer.to_owned(), received.source).unwrap();
        }
    };
    let client = async {
        let reply = a.request(&"joey hello".to_owned(), 2, MS_200).await;
        assert_eq!(reply.unwrap(), "joey hey");
        a.notify(&"bell ring".to_owned(), 2, MS_200).await.unwrap();
    };
    simulation.run(join(client, server));
    assert_eq!((a.outstanding(), b.outstanding()), (0, 0));
}

#[wasm_bindgen_test(unsupported = test)]
fn d04_a_notification_comes_with_its_size_and_source() {
    let simulation = Simulation::new(4);
    let (a, b) = two(&simulation, Config::default().delivery(Delivery::ByTransport));
    let told = message(Class::Notification, 5, "notice");
    let (sent, received) = simulation.run(join(a.notify(&told, "b", MS_200), b.recv_from()));
    sent.unwrap();
    let received = received.unwrap();
    assert_eq!((received.message, received.size, received.source), (told.clone(), 9 + 6, "a"));

    drop(b);
    a.notify_unreliable(&told, "nobody").unwrap();
    assert_eq!(simulation.now().as_millis(), 0);
}

#[wasm_bindgen_test(unsupported = test)]
fn d05_an_ack_ends_a_notification_and_nothing_else() {
    let simulation = Simulation::new(5);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    let told = message(Class::Notification, 5, "notice");
    let asked = message(Class::Request, 5, "request");
    let ack = message(Class::Ack, 5, "");
    simulation.run(async {
        assert!(matches!(a.notify(&told, "b", MS_200).await, Err(RequestError::TimedOut)));
        assert_eq!((simulation.now().as_millis(), a.outstanding()), (200, 0));

        let peer = async { wire.arrives(&ack, "b") };
        let (told, asked, ()) =
            join3(a.notify(&told, "b", MS_200), a.request(&asked, "b", MS_200), peer).await;
        told.unwrap();
        assert!(matches!(asked, Err(RequestError::TimedOut)), "an ack is no reply: {asked:?}");
        assert!(waits(&mut Box::pin(a.recv_from())).await);
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn d08_a_peers_request_is_not_the_reply() {
    let simulation = Simulation::new(8);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    let asked = message(Class::Request, 8, "mine");
    let peer = async {
        wire.arrives(&message(Class::Request, 8, "theirs"), "b");
        assert_eq!(a.recv_from().await.unwrap().message.text, "theirs");
        wire.arrives(&message(Class::Reply, 8, "reply"), "b");
    };
    let (reply, ()) = simulation.run(join(a.request(&asked, "b", MS_200), peer));
    assert_eq!(reply.unwrap().text, "reply");
}

#[wasm_bindgen_test(unsupported = test)]
fn d15_a_stranger_answers() {
    for (strict, answered) in [(false, "stranger"), (true, "peer")] {
        let simulation = Simulation::new(15);
        let wire = Wire::default();
        let a = wire.dispatcher(&simulation, Config::default().strict_peer(strict));
        let peer = async {
            wire.arrives(&message(Class::Reply, 8, "stranger"), "c");
            wire.arrives(&message(Class::Reply, 8, "peer"), "b");
        };
        let asked = message(Class::Request, 8, "request");
        let (reply, ()) = simulation.run(join(a.request(&asked, "b", MS_200), peer));
        assert_eq!(reply.unwrap().text, answered);
        simulation.run(simulation.sleep(MS_200));
        assert_eq!(a.stats().unmatched, 1, "the other one");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn d15_strict_keys_are_each_peers_own() {
    let simulation = Simulation::new(15);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default().strict_peer(true));
    let asked = message(Class::Request, 8, "request");
    let peers = async {
        wire.arrives(&message(Class::Reply, 8, "c's"), "c");
        wire.arrives(&message(Class::Reply, 8, "b's"), "b");
    };
    let (b, c, ()) = simulation
        .run(async { join3(a.request(&asked, "b", MS_200), a.request(&asked, "c", MS_200), peers).await });
    assert_eq!((b.unwrap().text.as_str(), c.unwrap().text.as_str()), ("b's", "c's"));
}
