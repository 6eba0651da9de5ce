//! B8, B9, B18: codes nobody knows, and the ways a connection ends.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wasm_bindgen_test::wasm_bindgen_test;

use super::carrier::frames;
use super::*;
use crate::broker::{Ending, Event, SendError, StartError};

#[wasm_bindgen_test(unsupported = test)]
fn b08_a_type_without_a_code_is_not_sent() {
    let simulation = Simulation::new(1);
    let client = plain(&simulation);
    let (near, mut far) = tokio::io::duplex(64);
    let connection = client.start(near, JSON).unwrap();
    let unknown = Err(SendError::InvalidMessageCode("hb_bus::broker::tests::Stranger"));
    simulation.run(async {
        assert_eq!(client.send(Stranger).await, unknown);
        assert_eq!(connection.send(Stranger).await, unknown);
        let nobody = plain(&simulation);
        assert_eq!(nobody.send(Stranger).await, unknown, "said before anybody is looked for");
        assert!(connection.is_open());
        connection.close().await.unwrap();
        let mut written = Vec::new();
        far.read_to_end(&mut written).await.unwrap();
        assert_eq!(written, [0; 0]);
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b08_what_a_peer_may_not_send_ends_its_connection_and_is_reported() {
    let name = b"application/json";
    let table: [(&[u8], &[u8], &str); 6] = [
        (&[0, 0, 0, 99, 0, 0, 0, 0, 0], b"", "message code 99 is not registered here"),
        (&[0, 0, 0, 10, 0, 0, 0, 0, 4], b"none", "encoding \"none\" is not known here"),
        (&[0, 0, 0, 10, 0, 0, 0, 1, 0], b"7", "message code 10 cannot be decoded"),
        (&[0, 0, 0, 11, 0, 0, 0, 3, 0], b"7 7", "message code 11 cannot be decoded"),
        (
            &[0, 0, 0, 11, 0, 0, 0, 2, 20],
            b"application/postcard\x07\x07",
            "message code 11 cannot be decoded: 1 bytes",
        ),
        (&[0, 0, 0, 10, 0, 0, 0, 0, 16], name, "message code 10 cannot be decoded: EOF"),
    ];
    for (head, rest, expected) in table {
        let (simulation, trace) = (Simulation::new(1), Trace::default());
        let reports = trace.clone();
        let server = noting(&simulation, &trace)
            .observe(move |event| match event {
                Event::Opened(_) => reports.note("opened"),
                Event::Closed(_, ending) => reports.note(ending.to_string()),
                Event::Failed(..) => reports.note("failed"),
            })
            .build()
            .unwrap();
        let (connection, mut peer) = raw(&server, 64);
        simulation.run(async {
            peer.write_all(&[head, rest].concat()).await.unwrap();
            connection.closed().await;
            assert_eq!(peer.read(&mut [0]).await.unwrap(), 0, "the socket is closed");
        });
        let told = trace.take();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].starts_with(expected), "{told:?}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b09_errors_have_names() {
    let simulation = Simulation::new(1);
    let (server, client) = (plain(&simulation), plain(&simulation));
    simulation.run(async {
        assert_eq!(client.send(text("x")).await, Err(SendError::NoConnections));
        let (at_server, at_client) = connect(&server, &client, JSON);

        at_client.close().await.unwrap();
        at_client.close().await.unwrap();
        assert_eq!(at_client.send(text("x")).await, Err(SendError::ConnectionClosed));
        assert_eq!(client.send(text("x")).await, Err(SendError::NoConnections), "the broker is open");
        let only = [at_client];
        assert_eq!(client.send(text("x")).to(&only).await, Err(SendError::ConnectionClosed));

        // The other side saw the end of the stream.
        assert!(matches!(at_server.closed().await, Ending::Remote));
        at_server.close().await.unwrap();

        client.close().await.unwrap();
        client.close().await.unwrap();
        assert_eq!(client.send(text("x")).await, Err(SendError::ConnectionClosed));
        let io = tokio::io::duplex(64).0;
        assert_eq!(client.start(io, JSON).unwrap_err(), StartError::ConnectionClosed);
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b18_closing_names_those_that_failed() {
    let simulation = Simulation::new(1);
    let client = plain(&simulation);
    let mut peers = Vec::new();
    let mut failing = Vec::new();
    for fails in [true, false, true] {
        let (mut near, far) = frames();
        near.fails_closing = fails;
        let connection = client.start_frames(near, JSON).unwrap();
        if fails {
            failing.push(connection.id());
        }
        peers.push(far);
    }
    simulation.run(async {
        let error = client.close().await.unwrap_err();
        let named: Vec<_> = error.causes.iter().map(|(id, _)| *id).collect();
        assert_eq!(named, failing);
        for peer in &mut peers {
            assert_eq!(peer.incoming.recv().await, None, "closed");
        }
        assert_eq!(client.len(), 0);
        client.close().await.unwrap();

        let (mut near, _far) = frames();
        near.fails_closing = true;
        let connection = plain(&simulation).start_frames(near, JSON).unwrap();
        assert_eq!(connection.close().await.unwrap_err().causes.len(), 1);
        connection.close().await.unwrap();
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn closing_gives_up_what_waits_and_tells_its_senders() {
    let simulation = Simulation::new(1);
    let client = builder(&simulation).limits(within(ms(500))).build().unwrap();
    let (near, _nobody_reads) = tokio::io::duplex(16);
    let connection = client.start(near, JSON).unwrap();
    let (closer, handle) = (client.clone(), simulation.handle());
    simulation.run(async {
        let later = handle.sleep(ms(10));
        handle.spawn(Box::pin(async move {
            later.await;
            let _ = closer.close().await;
        }));
        let sent = connection.send(text("longer than the sixteen bytes that fit")).await;
        assert_eq!(sent, Err(SendError::ConnectionClosed));
        assert_eq!(simulation.now().as_millis(), 10);
        // The carrier does not take what is in its buffer, and closing does not wait for ever.
        assert!(matches!(connection.closed().await, Ending::Local));
        assert_eq!(simulation.now().as_millis(), 510);
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn a_handler_may_close_its_own_connection() {
    let simulation = Simulation::new(1);
    let server = builder(&simulation)
        .handle(|from: Connection, _: Arc<Text>| async move { Ok(from.close().await?) })
        .build()
        .unwrap();
    let client = plain(&simulation);
    let (at_server, at_client) = connect(&server, &client, JSON);
    simulation.run(async {
        at_client.send(text("go")).await.unwrap();
        assert!(matches!(at_server.closed().await, Ending::Local));
        assert!(matches!(at_client.closed().await, Ending::Remote));
    });
}
