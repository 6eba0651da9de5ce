//! B5 and B6: how many connections, and how large a message.

use hb_bus::broker::{FrameError, SendError};

use super::*;

#[tokio::test]
async fn b05_the_third_is_refused_until_one_leaves() {
    for carrier in BOTH {
        let two = Limits { max_connections: 2, ..Limits::default() };
        let (server, mut texts, mut endings) = telling(builder().limits(two));
        let one = Limits { max_connections: 1, ..Limits::default() };
        let (client, ..) = telling(builder().limits(one));
        let address = serve(&server).await;
        let first = carrier.dial(&client, address).await.unwrap();
        carrier.dial(&client, address).await.unwrap();
        let error = carrier.dial(&client, address).await.unwrap_err();
        let full =
            matches!(&error, DialError::Refused { status: 503, reason } if reason.contains("try again"));
        assert!(full, "{carrier:?}: {error:?}");

        assert_eq!(client.send(text("both")).await, Ok(2));
        assert_eq!([next(&mut texts).await, next(&mut texts).await], ["both", "both"]);
        first.close().await.unwrap();
        next(&mut endings).await;
        // The place is given back by a task, shortly after the ending is told.
        soon(async {
            while let Err(error) = carrier.dial(&client, address).await {
                assert!(matches!(error, DialError::Refused { status: 503, .. }), "{carrier:?}: {error:?}");
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(client.len(), 2, "its own limit is for those that come");
    }
}

#[tokio::test]
async fn b06_a_million_bytes_and_not_one_more() {
    for carrier in BOTH {
        let (server, mut at_server, mut endings) = telling(builder());
        let (client, mut at_client, _) = telling(builder());
        let address = serve(&server).await;
        let connection = carrier.dial(&client, address).await.unwrap();
        assert_eq!(client.send(sized(1_000_000)).await, Ok(1));
        assert_eq!(next(&mut at_server).await, sized(1_000_000).0);
        assert_eq!(server.send(sized(1_000_000)).await, Ok(1));
        assert_eq!(next(&mut at_client).await, sized(1_000_000).0);

        let other = carrier.dial(&client, address).await.unwrap();
        let too_large = SendError::TooLarge { size: 1_000_001, limit: 1_000_000 };
        assert_eq!(connection.send(sized(1_000_001)).await, Err(too_large));
        assert!(matches!(soon(connection.closed()).await, Ending::TooLargeToSend { size: 1_000_001, .. }));
        assert!(matches!(next(&mut endings).await, Ending::Remote), "{carrier:?}");
        assert!(other.is_open());
        assert_eq!(client.send(text("still there")).await, Ok(1));
        assert_eq!(next(&mut at_server).await, "still there");
    }
}

#[tokio::test]
async fn b06_what_is_too_large_is_not_awaited() {
    for carrier in BOTH {
        let (server, mut texts, mut endings) = telling(builder());
        let address = serve(&server).await;
        let mut other = carrier.raw(address).await;
        let mut raw = carrier.raw(address).await;
        match &mut raw {
            // The head announces 1 000 001 bytes; not one of them follows.
            Raw::Stream(stream) => stream.write_all(&[0, 0, 0, 10, 0, 15, 66, 65, 0]).await.unwrap(),
            // So does that of a WebSocket's frame, of two megabytes.
            Raw::Socket(socket) => {
                let huge = [0x82, 0xff, 0, 0, 0, 0, 0, 32, 0, 0, 1, 2, 3, 4];
                socket.get_mut().write_all(&huge).await.unwrap();
            }
        }
        match (carrier, next(&mut endings).await) {
            (Carrier::Upgrade, Ending::Frame(error)) => {
                assert!(matches!(*error, FrameError::TooLarge { size: 1_000_001, limit: 1_000_000 }));
            }
            (Carrier::WebSocket, Ending::Carrier(error)) => {
                assert!(error.to_string().contains("too long"), "{error}");
            }
            (_, ending) => panic!("{carrier:?}: {ending:?}"),
        }
        assert!(other.say(&frame(10, b"\"still there\"")).await);
        assert_eq!(next(&mut texts).await, "still there");
    }
}
