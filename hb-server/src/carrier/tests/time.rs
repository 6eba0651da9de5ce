//! B13 and B17: peers that take nothing, and peers that say nothing, in real time.

use std::time::Instant;

use hb_bus::broker::SendError;

use super::*;

/// Fills whatever the system keeps between two ends; then the peer has taken nothing for `after`.
async fn stall(connection: &Connection, after: Option<Duration>) -> (SendError, Duration) {
    for _ in 0..100 {
        let begun = Instant::now();
        let sending = connection.send(sized(1_000_000));
        let sent = match after {
            Some(after) => soon(sending.within(after).into_future()).await,
            None => soon(sending.into_future()).await,
        };
        if let Err(error) = sent {
            return (error, begun.elapsed());
        }
    }
    panic!("100 MB fit between two ends");
}

#[tokio::test]
async fn b13_a_deadline_of_ones_own_comes_first() {
    for carrier in BOTH {
        let limits = Limits { timeout: Duration::from_secs(20), ..Limits::default() };
        let (server, ..) = telling(builder().limits(limits));
        let _stalled = carrier.raw(serve(&server).await).await;
        let connection = soon(opened(&server)).await;
        let (error, took) = stall(&connection, Some(Duration::from_millis(50))).await;
        assert_eq!(error, SendError::TimedOut, "{carrier:?}");
        assert!(
            (Duration::from_millis(50)..Duration::from_secs(10)).contains(&took),
            "{carrier:?}: {took:?}"
        );
        assert!(connection.is_open(), "the message is given up, not the connection");
    }
}

#[tokio::test]
async fn b13_without_one_the_limit_ends_it() {
    for carrier in BOTH {
        let limits = Limits { timeout: Duration::from_millis(600), max_connections: 1, ..Limits::default() };
        // Not silent, only stalled: what it says keeps coming.
        let (server, _texts, mut endings) = telling(builder().limits(limits));
        let address = serve(&server).await;
        let mut raw = carrier.raw(address).await;
        let connection = soon(opened(&server)).await;
        let talking = async {
            while raw.say(&frame(1, b"")).await {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            (error, _) = stall(&connection, None) => assert_eq!(error, SendError::TimedOut, "{carrier:?}"),
            () = talking => panic!("{carrier:?}: closed before it was stalled"),
        }
        assert!(matches!(next(&mut endings).await, Ending::Stalled), "{carrier:?}");
        // Its socket is closed and its place is free.
        let (client, ..) = telling(builder());
        soon(async {
            while carrier.dial(&client, address).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn b17_heartbeats_hold_a_connection_and_silence_ends_it() {
    for carrier in BOTH {
        let limits = Limits { timeout: Duration::from_millis(1500), ..Limits::default() };
        let (server, mut texts, mut endings) = telling(builder().limits(limits));
        let mut raw = carrier.raw(serve(&server).await).await;
        let connection = soon(opened(&server)).await;
        // One comes every third of the time-out: after four, it is over.
        for _ in 0..4 {
            assert_eq!(raw.heartbeat().await, frame(1, b""));
            assert!(raw.say(&frame(1, b"")).await);
        }
        assert!(connection.is_open(), "{carrier:?}");
        assert!(matches!(next(&mut endings).await, Ending::Silent), "{carrier:?}");
        assert!(texts.try_recv().is_err(), "no handler gets a heartbeat");
        assert_eq!((connection.stats().sent, connection.stats().received), (0, 0));
    }
}

/// The server's side opens shortly after the answer is sent.
async fn opened(server: &Broker) -> Connection {
    loop {
        if let Some(connection) = server.connections().first() {
            return connection.clone();
        }
        tokio::task::yield_now().await;
    }
}
