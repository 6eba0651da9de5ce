//! B12, B16: which connections get a message, and what is counted.

use std::borrow::Cow;
use std::future::IntoFuture;

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::broker::{Message, Pattern, Random, RoundRobin, SendError, Stats};

/// The first only; notes what it was offered.
struct First(Trace);

impl Pattern for First {
    fn choose<'a>(&self, offered: &'a [Connection]) -> Cow<'a, [Connection]> {
        self.0.note(offered.iter().map(|connection| connection.id().to_string()).collect::<String>());
        Cow::Borrowed(&offered[..1])
    }
}

/// A server built by `build` with four clients; the names of those that got texts.
fn four(build: impl FnOnce(&Simulation, Builder) -> Builder) -> (Simulation, Broker, Trace) {
    let (simulation, trace) = (Simulation::new(7), Trace::default());
    let server = build(&simulation, builder(&simulation)).build().unwrap();
    for name in ["a", "b", "c", "d"] {
        let got = trace.clone();
        let client = builder(&simulation)
            .handle(move |_: Connection, _: Arc<Text>| {
                got.note(name);
                std::future::ready(Ok(()))
            })
            .build()
            .unwrap();
        connect(&server, &client, JSON);
    }
    (simulation, server, trace)
}

#[wasm_bindgen_test(unsupported = test)]
fn b12_all_unless_the_pattern_says_otherwise() {
    let (simulation, server, got) = four(|_, builder| builder);
    simulation.run(async {
        assert_eq!(server.send(text("x")).await, Ok(4));
        settle(&simulation).await;
    });
    assert_eq!(got.take(), ["a", "b", "c", "d"]);
}

#[wasm_bindgen_test(unsupported = test)]
fn b12_the_pattern_is_offered_what_was_named() {
    let offers = Trace::default();
    let first = First(offers.clone());
    let (simulation, server, got) = four(|_, builder| builder.pattern(first));
    simulation.run(async {
        assert_eq!(server.send(text("x")).await, Ok(1));
        settle(&simulation).await;
        assert_eq!((offers.take(), got.take()), (vec!["1234".to_owned()], vec!["a".to_owned()]));

        let all = server.connections();
        assert_eq!(server.send(text("x")).to(&all[1..3]).await, Ok(1));
        settle(&simulation).await;
        assert_eq!((offers.take(), got.take()), (vec!["23".to_owned()], vec!["b".to_owned()]));
        assert_eq!(server.send(text("x")).to(&[]).await, Err(SendError::NoConnections));
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b12_patterns_of_the_house() {
    let (simulation, server, got) = four(|_, builder| builder.pattern(RoundRobin::default()));
    simulation.run(async {
        for _ in 0..6 {
            assert_eq!(server.send(text("x")).await, Ok(1));
        }
        settle(&simulation).await;
    });
    let mut each = got.take();
    each.sort_unstable();
    assert_eq!(each, ["a", "a", "b", "b", "c", "d"]);

    let (simulation, server, got) =
        four(|simulation, builder| builder.pattern(Random::new(simulation.handle())));
    simulation.run(async {
        for _ in 0..400 {
            assert_eq!(server.send(text("x")).await, Ok(1));
        }
        settle(&simulation).await;
    });
    let got = got.take();
    assert_eq!(got.len(), 400);
    for name in ["a", "b", "c", "d"] {
        let share = got.iter().filter(|got| *got == name).count();
        assert!((50..150).contains(&share), "{name}: {share} of 400");
    }

    let (simulation, server, _) = four(|_, builder| builder.pattern(|_: &[Connection]| Vec::new()));
    assert_eq!(simulation.run(server.send(text("x")).into_future()), Err(SendError::NoConnections));
}

#[wasm_bindgen_test(unsupported = test)]
fn connections_of_another_broker_are_not_ours_to_use() {
    let (simulation, server, _) = four(|_, builder| builder);
    let other = plain(&simulation);
    simulation.run(async {
        let foreign = server.connections();
        assert_eq!(other.send(text("x")).to(&foreign).await, Err(SendError::Foreign));
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b16_what_is_counted() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let server = builder(&simulation).limits(within(ms(300))).build().unwrap();
    let client = noting(&simulation, &trace).limits(within(ms(300))).build().unwrap();
    let (at_server, at_client) = connect(&server, &client, JSON);
    simulation.run(async {
        for number in 0..3 {
            client.send(Number(number)).await.unwrap();
        }
        server.send_message(Message::new(text("one"))).await.unwrap();
        at_server.send(text("two")).await.unwrap();
        simulation.handle().sleep(ms(1000)).await; // heartbeats in both directions
        let (three, two) = (Stats { sent: 3, received: 2 }, Stats { sent: 2, received: 3 });
        assert_eq!((client.stats(), server.stats()), (three, two));
        assert_eq!((at_client.stats(), at_server.stats()), (three, two));
        assert_eq!((client.len(), server.len()), (1, 1));
        assert_eq!((client.unhandled(), server.unhandled()), (0, 3));
        at_client.close().await.unwrap();
        at_server.closed().await;
    });
    assert_eq!((client.len(), server.len()), (0, 0));
    assert!(client.is_empty());
    assert_eq!(client.stats(), Stats { sent: 3, received: 2 }, "counts stay");
}
