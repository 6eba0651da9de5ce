//! B9: who closes, who notices, and what is said to whoever sends afterwards.

use hb_bus::broker::SendError;

use super::*;

#[tokio::test]
async fn b09_after_the_end_nothing_is_sent() {
    for carrier in BOTH {
        let (server, _texts, mut endings) = telling(builder());
        let (client, ..) = telling(builder());
        assert_eq!(client.send(text("x")).await, Err(SendError::NoConnections));
        let connection = carrier.dial(&client, serve(&server).await).await.unwrap();
        assert_eq!(connection.send(text("x")).await, Ok(1));
        soon(connection.close()).await.unwrap();
        assert!(matches!(next(&mut endings).await, Ending::Remote), "{carrier:?}");
        assert_eq!(connection.send(text("x")).await, Err(SendError::ConnectionClosed));
        assert_eq!(client.send(text("x")).await, Err(SendError::NoConnections));
        soon(connection.close()).await.unwrap();
        soon(client.close()).await.unwrap();
        assert_eq!(client.send(text("x")).await, Err(SendError::ConnectionClosed));
        soon(client.close()).await.unwrap();
    }
}

#[tokio::test]
async fn b09_the_server_closes() {
    for carrier in BOTH {
        let (server, ..) = telling(builder());
        let (client, ..) = telling(builder());
        let connection = carrier.dial(&client, serve(&server).await).await.unwrap();
        soon(server.close()).await.unwrap();
        assert!(matches!(soon(connection.closed()).await, Ending::Remote), "{carrier:?}");
        soon(connection.close()).await.unwrap();
    }
}

/// Over TCP the end of the stream is the end. A WebSocket has a goodbye of its own, so its lack is told.
#[tokio::test]
async fn b09_a_peer_that_is_gone_is_closed_without_error() {
    for carrier in BOTH {
        let (server, mut texts, mut endings) = telling(builder());
        let mut raw = carrier.raw(serve(&server).await).await;
        assert!(raw.say(&frame(10, b"\"last words\"")).await);
        assert_eq!(next(&mut texts).await, "last words");
        let connection = server.connections()[0].clone();
        drop(raw);
        let expected: fn(&Ending) -> bool = match carrier {
            Carrier::Upgrade => |ending| matches!(ending, Ending::Remote),
            Carrier::WebSocket => |ending| matches!(ending, Ending::Carrier(_)),
        };
        let ending = next(&mut endings).await;
        assert!(expected(&ending), "{carrier:?}: {ending:?}");
        soon(connection.close()).await.unwrap();
        assert!(server.is_empty());
    }
}

/// Who says goodbye and goes at once cannot be answered any more: that is no failure of the connection.
#[tokio::test]
async fn b09_a_goodbye_counts_though_nobody_waits_for_its_answer() {
    let (server, _texts, mut endings) = telling(builder());
    let Raw::Socket(mut socket) = Carrier::WebSocket.raw(serve(&server).await).await else { unreachable!() };
    // The server's side opens shortly after the answer is sent.
    while soon(server.send(text("unread")).into_future()).await.is_err() {
        tokio::task::yield_now().await;
    }
    socket.get_ref().readable().await.unwrap();
    // What it leaves unread makes its system answer everything from now on with a reset.
    assert_eq!(socket.get_mut().try_write(&[0x88, 0x80, 0, 0, 0, 0]).unwrap(), 6);
    drop(socket);
    let ending = next(&mut endings).await;
    assert!(matches!(ending, Ending::Remote), "{ending:?}");
}
