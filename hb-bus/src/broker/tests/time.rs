//! B13, B14, B17: peers that take nothing, handlers that take long, and heartbeats.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::broker::{Ending, SendError};

/// A connection whose peer reads nothing, and what is too much for it.
fn stalled(client: &Broker) -> (Connection, DuplexStream) {
    let (near, far) = tokio::io::duplex(16);
    (client.start(near, JSON).unwrap(), far)
}

const MUCH: &str = "more than the sixteen bytes that fit";

#[wasm_bindgen_test(unsupported = test)]
fn b13_the_senders_limit_beats_the_time_out() {
    let simulation = Simulation::new(1);
    let client = builder(&simulation).limits(within(ms(5_000))).build().unwrap();
    let (connection, _far) = stalled(&client);
    simulation.run(async {
        assert_eq!(connection.send(text(MUCH)).within(ms(50)).await, Err(SendError::TimedOut));
        assert_eq!(simulation.now().as_millis(), 50);
        assert!(connection.is_open(), "the peer may still take it");
    });

    let simulation = Simulation::new(1);
    let client = builder(&simulation).limits(within(ms(5_000))).build().unwrap();
    let (connection, _far) = stalled(&client);
    simulation.run(async {
        assert_eq!(client.send(text(MUCH)).await, Err(SendError::TimedOut));
        assert_eq!(simulation.now().as_millis(), 5_000);
        let ending = connection.closed().await;
        assert!(matches!(ending, Ending::Stalled | Ending::Silent), "{ending}");
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b13_one_stalled_peer_holds_up_nobody_else() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let server = builder(&simulation).build().unwrap();
    let (bad, _far) = raw(&server, 16);
    let client = noting(&simulation, &trace).build().unwrap();
    connect(&server, &client, JSON);
    simulation.run(async {
        let sent = server.send(text(MUCH)).within(ms(50)).await;
        let failures = vec![(bad.id(), SendError::TimedOut)];
        assert_eq!(sent, Err(SendError::Partly { delivered: 1, failures }));
        assert_eq!(trace.take(), [MUCH]);
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn who_gave_up_before_the_writing_began_is_taken_back() {
    let simulation = Simulation::new(1);
    let client = plain(&simulation);
    let (connection, mut far) = stalled(&client);
    simulation.run(async {
        assert!(connection.send(text(MUCH)).within(ms(10)).await.is_err());
        assert!(connection.send(text("given up")).within(ms(10)).await.is_err());
        // Now the peer reads: what was begun is finished, what waited is not sent.
        let mut read = vec![0; 9 + MUCH.len() + 2];
        far.read_exact(&mut read).await.unwrap();
        assert!(read.ends_with(b"that fit\""));
        let last = client.send(Number(7));
        assert_eq!(last.await, Ok(1));
        let mut read = [0; 10];
        far.read_exact(&mut read).await.unwrap();
        assert_eq!(read, *b"\0\0\0\x0b\0\0\0\x01\x007");
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b14_one_connection_takes_turns_five_do_not() {
    for (connections, least, most) in [(1, 500, 510), (5, 100, 110)] {
        let (simulation, trace) = (Simulation::new(1), Trace::default());
        let (done, handle) = (trace.clone(), simulation.handle());
        let server = builder(&simulation)
            .handle(move |_: Connection, number: Arc<Number>| {
                let (done, slow) = (done.clone(), handle.sleep(ms(100)));
                async move {
                    slow.await;
                    done.note(number.0.to_string());
                    Ok(())
                }
            })
            .build()
            .unwrap();
        let client = builder(&simulation).pattern(crate::broker::RoundRobin::default()).build().unwrap();
        for _ in 0..connections {
            connect(&server, &client, JSON);
        }
        simulation.run(async {
            for number in 0..5 {
                client.send(Number(number)).await.unwrap();
            }
            let mut handled = Vec::new();
            while handled.len() < 5 {
                settle(&simulation).await;
                handled.extend(trace.take());
            }
            assert_eq!(handled, ["0", "1", "2", "3", "4"]);
        });
        let took = simulation.now().as_millis();
        assert!((least..=most).contains(&took), "{connections} connections: {took} ms");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b17_heartbeats_keep_idle_connections() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let server = noting(&simulation, &trace).limits(within(ms(1_000))).build().unwrap();
    let client = noting(&simulation, &trace).limits(within(ms(1_000))).build().unwrap();
    let (at_server, at_client) = connect(&server, &client, JSON);
    simulation.run(async {
        simulation.handle().sleep(ms(3_000)).await;
        assert!(at_server.is_open() && at_client.is_open());
        assert_eq!(trace.take(), [""; 0]);
        assert_eq!(client.send(text("still there")).await, Ok(1));
        settle(&simulation).await;
        assert_eq!(trace.take(), ["still there"]);
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b17_the_silent_are_closed() {
    let simulation = Simulation::new(1);
    let server = builder(&simulation).limits(within(ms(900))).build().unwrap();
    let (connection, mut peer) = raw(&server, 1024);
    simulation.run(async {
        assert!(matches!(connection.closed().await, Ending::Silent));
        assert_eq!(simulation.now().as_millis(), 900);
        let mut heard = Vec::new();
        peer.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, [BEAT, BEAT].concat(), "at 300 and 600 ms; at 900 it was over");
    });
    assert_eq!(server.len(), 0);
}

const BEAT: [u8; 9] = [0, 0, 0, 1, 0, 0, 0, 0, 0];

#[wasm_bindgen_test(unsupported = test)]
fn b17_a_peer_that_beats_but_takes_nothing_is_closed() {
    let simulation = Simulation::new(1);
    let client = builder(&simulation).limits(within(ms(900))).build().unwrap();
    let (connection, mut far) = stalled(&client);
    simulation.run(async {
        let _ = connection.send(text(MUCH)).within(ms(500)).await;
        far.write_all(&BEAT).await.unwrap();
        assert!(matches!(connection.closed().await, Ending::Stalled));
        assert_eq!(simulation.now().as_millis(), 900);
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b17_who_speaks_needs_no_heartbeat() {
    let simulation = Simulation::new(1);
    let client = builder(&simulation).limits(within(ms(900))).build().unwrap();
    let (near, mut far) = tokio::io::duplex(1024);
    let connection = client.start(near, JSON).unwrap();
    simulation.run(async {
        for _ in 0..4 {
            simulation.handle().sleep(ms(200)).await;
            connection.send(Number(7)).await.unwrap();
        }
        connection.close().await.unwrap();
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"\0\0\0\x0b\0\0\0\x01\x007".repeat(4));
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b17_silence_counts_from_the_end_of_a_handler() {
    let simulation = Simulation::new(1);
    let handle = simulation.handle();
    let server = builder(&simulation)
        .limits(within(ms(300)))
        .handle(move |_: Connection, _: Arc<Number>| {
            let slow = handle.sleep(ms(1_000));
            async move {
                slow.await;
                Ok(())
            }
        })
        .build()
        .unwrap();
    let (connection, mut peer) = raw(&server, 1024);
    simulation.run(async {
        peer.write_all(b"\0\0\0\x0b\0\0\0\x01\x007").await.unwrap();
        assert!(matches!(connection.closed().await, Ending::Silent));
        assert_eq!(simulation.now().as_millis(), 1_300);
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b17_a_long_handler_is_no_silence() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let (handle, done) = (simulation.handle(), trace.clone());
    let server = builder(&simulation)
        .limits(within(ms(300)))
        .handle(move |_: Connection, _: Arc<Text>| {
            let (slow, done) = (handle.sleep(ms(2_000)), done.clone());
            async move {
                slow.await;
                done.note("done");
                Ok(())
            }
        })
        .build()
        .unwrap();
    let client = builder(&simulation).limits(within(ms(300))).build().unwrap();
    let (at_server, at_client) = connect(&server, &client, JSON);
    simulation.run(async {
        client.send(text("x")).await.unwrap();
        simulation.handle().sleep(ms(2_500)).await;
        assert_eq!(trace.take(), ["done"]);
        assert!(at_server.is_open() && at_client.is_open());
    });
}
