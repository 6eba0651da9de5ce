//! B4–B7: what is allowed, and what cannot be built.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::broker::{BuildError, Ending, FrameError, HEARTBEAT, PROTOCOL, Refusal, SendError, StartError};
use crate::runtime::timeout;

#[wasm_bindgen_test(unsupported = test)]
fn b04_defaults() {
    let Limits { max_connections, max_message_size, send_buffer, timeout } = Limits::default();
    assert_eq!((max_connections, max_message_size, send_buffer), (100, 1_000_000, 1024));
    assert_eq!((timeout, PROTOCOL, HEARTBEAT), (Duration::from_secs(30), "GHMS/0.1", 1));
}

#[wasm_bindgen_test(unsupported = test)]
fn b05_the_third_is_refused_until_one_leaves() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let two = Limits { max_connections: 2, ..Limits::default() };
    let server = noting(&simulation, &trace).limits(two).build().unwrap();
    let one = Limits { max_connections: 1, ..Limits::default() };
    let client = builder(&simulation).limits(one).build().unwrap();
    let (first, second) = (connect(&server, &client, JSON), connect(&server, &client, JSON));
    assert_eq!(server.admit(JSON).unwrap_err(), Refusal::Unavailable);
    assert_eq!(Refusal::Unavailable.status(), 503);
    simulation.run(async {
        assert_eq!(client.send(text("both")).await, Ok(2));
        settle(&simulation).await;
        assert_eq!(trace.take(), ["both", "both"]);

        first.0.close().await.unwrap();
        settle(&simulation).await;
        drop(server.admit(JSON).unwrap());
        connect(&server, &client, JSON);
        assert!(second.1.is_open());
        assert_eq!((server.len(), client.len()), (2, 2));

        // The limit is for those that come, not for those one goes to.
        client.start(tokio::io::duplex(64).0, JSON).unwrap();
        assert_eq!(client.len(), 3);
        assert_eq!(client.admit(JSON).map(drop), Ok(()));
    });
}

/// Whoever opens and leaves in a hurry cannot pile up what is left behind.
#[wasm_bindgen_test(unsupported = test)]
fn b05_a_place_is_free_when_all_of_its_work_is_over() {
    let simulation = Simulation::new(1);
    let handle = simulation.handle();
    let server = builder(&simulation)
        .limits(Limits { max_connections: 1, ..within(ms(300)) })
        .handle(move |_: Connection, _: Arc<Text>| {
            let slow = handle.sleep(ms(100));
            async move {
                slow.await;
                Ok(())
            }
        })
        .build()
        .unwrap();
    simulation.run(async {
        // A handler runs on after its connection is closed.
        let client = plain(&simulation);
        let (at_server, at_client) = connect(&server, &client, JSON);
        at_client.send(text("x")).await.unwrap();
        settle(&simulation).await;
        at_server.close().await.unwrap();
        settle(&simulation).await;
        assert!(server.admit(JSON).is_err());
        simulation.handle().sleep(ms(100)).await;

        // A carrier does not take what is to be written before it closes.
        let (connection, peer) = raw(&server, 16);
        assert!(connection.send(text(&"x".repeat(64))).within(ms(10)).await.is_err());
        assert!(timeout(&simulation, Some(ms(10)), connection.close()).await.is_err());
        assert!(server.admit(JSON).is_err());
        drop(peer);
        settle(&simulation).await;
        drop(server.admit(JSON).unwrap());
    });
}

/// A text whose body in JSON has so many bytes.
fn sized(bytes: usize) -> Text {
    Text("x".repeat(bytes - 2))
}

#[wasm_bindgen_test(unsupported = test)]
fn b06_a_million_bytes_and_not_one_more() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let server = noting(&simulation, &trace).build().unwrap();
    let client = noting(&simulation, &trace).build().unwrap();
    let (at_server, at_client) = connect(&server, &client, JSON);
    let (other, _) = connect(&server, &client, JSON);
    simulation.run(async {
        for connection in [&at_server, &at_client] {
            assert_eq!(connection.send(sized(1_000_000)).await, Ok(1));
            settle(&simulation).await;
            assert_eq!(trace.take(), [sized(1_000_000).0]);
        }
        let too_large = SendError::TooLarge { size: 1_000_001, limit: 1_000_000 };
        assert_eq!(at_client.send(sized(1_000_001)).await, Err(too_large));
        assert!(!at_client.is_open());
        assert!(matches!(at_client.closed().await, Ending::TooLargeToSend { size: 1_000_001, .. }));
        assert!(matches!(at_server.closed().await, Ending::Remote));
        assert!(other.is_open());
        assert_eq!(client.send(text("still there")).await, Ok(1));
        settle(&simulation).await;
        assert_eq!(trace.take(), ["still there"]);
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b06_a_body_too_large_is_not_awaited() {
    let simulation = Simulation::new(1);
    let server = plain(&simulation);
    let (connection, mut peer) = raw(&server, 1024);
    let (other, _held) = raw(&server, 1024);
    simulation.run(async {
        // 9 bytes announce 1 000 001; not one of them follows.
        peer.write_all(&[0, 0, 0, 10, 0, 15, 66, 65, 0]).await.unwrap();
        let Ending::Frame(error) = connection.closed().await else { panic!("not for its size") };
        assert!(matches!(*error, FrameError::TooLarge { size: 1_000_001, limit: 1_000_000 }));
        assert!(other.is_open());
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b07_two_types_with_one_code_cannot_be_built() {
    let simulation = Simulation::new(1);
    let broker = || Broker::builder(simulation.handle()).register::<Text>(10);
    let table = [
        (broker().register::<Number>(10), BuildError::DuplicateMessageCode(10)),
        (broker().register::<Number>(1), BuildError::DuplicateMessageCode(1)),
        (broker().register::<Text>(12), BuildError::DuplicateMessageType("hb_bus::broker::tests::Text")),
        (broker().prefer("text/none"), BuildError::InvalidEncoding("text/none".into())),
        (broker().encoding(crate::broker::Json), BuildError::InvalidEncoding(JSON.into())),
        (
            broker().handle(|_, _: Arc<Stranger>| std::future::ready(Ok(()))),
            BuildError::InvalidMessageCode("hb_bus::broker::tests::Stranger"),
        ),
    ];
    for (builder, expected) in table {
        assert_eq!(builder.build().map(|broker| broker.len()), Err(expected));
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn limits_without_sense_cannot_be_built() {
    let simulation = Simulation::new(1);
    let table = [
        Limits { max_message_size: 0, ..Limits::default() },
        Limits { max_message_size: usize::MAX, ..Limits::default() },
        Limits { send_buffer: 0, ..Limits::default() },
        Limits { send_buffer: usize::MAX, ..Limits::default() },
        Limits { max_connections: usize::MAX, ..Limits::default() },
        within(Duration::ZERO),
    ];
    for limits in table {
        let built = builder(&simulation).limits(limits).build();
        // On 32 bits a `usize` always fits into a frame's length.
        let fits = limits.max_message_size == usize::MAX && usize::BITS == 32;
        assert!(fits || matches!(built, Err(BuildError::InvalidConfig(_))), "{limits:?}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b10_an_unknown_encoding_writes_nothing() {
    let simulation = Simulation::new(1);
    let client = plain(&simulation);
    let (near, mut far) = tokio::io::duplex(64);
    let unknown = StartError::InvalidEncoding("text/none".into());
    assert_eq!(client.start(near, "text/none").unwrap_err(), unknown);
    let mut written = Vec::new();
    simulation.run(far.read_to_end(&mut written)).unwrap();
    assert_eq!(written, [0; 0]);
    assert_eq!(client.len(), 0);
}
