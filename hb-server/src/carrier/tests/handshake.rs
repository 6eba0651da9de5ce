//! B10: who is let in, as real HTTP says it, and what a client makes of servers that are none.

use hb_bus::broker::AnswerError;

use super::*;

/// Sends a request and returns the whole answer; the server closes behind it.
async fn ask(server: SocketAddr, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = head(&mut stream).await;
    let length = answer.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    soon(stream.read_exact(&mut body)).await.unwrap();
    answer.push_str(&String::from_utf8(body).unwrap());
    answer
}

#[tokio::test]
async fn b10_what_is_no_upgrade_is_refused_in_words() {
    let (server, ..) = telling(builder());
    let address = serve(&server).await;
    let good = "Connection: keep-alive, Upgrade\r\nUpgrade: GHMS/0.1\r\n";
    let ws = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let table = [
        ("/ghms", format!("{good}Accept: text/html\r\n"), "406", "application/json, application/postcard"),
        ("/ghms", good.replace("GHMS/0.1", "GHMS/0.2"), "426", "upgrade: GHMS/0.1"),
        ("/ghms", ws.to_owned(), "426", "send `Upgrade: GHMS/0.1`"),
        ("/ghms", String::new(), "426", "connection: upgrade"),
        ("/ghms", "Upgrade: GHMS/0.1\r\n".to_owned(), "400", "`Connection: Upgrade`"),
        ("/ws", ws.to_owned(), "406", "ghms-0.1.application~json"),
        ("/ws", format!("{ws}Sec-WebSocket-Protocol: chat\r\n"), "406", "offer one of"),
        ("/ws", good.to_owned(), "400", "websocket"),
        ("/ws", String::new(), "400", "Connection"),
    ];
    for (path, headers, status, says) in table {
        let answer = ask(address, path, &headers).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {headers}: {answer}");
        assert!(answer.contains(says), "{path} {headers}: {answer}");
    }
    assert!(server.is_empty());
}

#[tokio::test]
async fn b10_a_yes_says_what_was_chosen() {
    let (server, ..) = telling(builder());
    let address = serve(&server).await;
    // `Accept` over two headers, as a proxy may leave it.
    let upgrade =
        "Connection: upgrade\r\nUpgrade: ghms/0.1\r\nAccept: text/html\r\nAccept: application/postcard\r\n";
    let answer = ask(address, "/ghms", upgrade).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(answer.contains("upgrade: GHMS/0.1"), "{answer}");
    assert!(answer.contains("content-type: application/postcard"), "{answer}");
}

/// HTTP/1.0 knows no upgrade, so one that it asks for is not there.
#[tokio::test]
async fn an_old_client_gets_no_upgrade() {
    let (server, ..) = telling(builder());
    let mut stream = TcpStream::connect(serve(&server).await).await.unwrap();
    let request = "GET /ghms HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: GHMS/0.1\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = head(&mut stream).await;
    assert!(answer.contains(" 426 "), "{answer}");
}

#[tokio::test]
async fn a_client_says_what_is_wrong_with_an_address() {
    let (client, ..) = telling(builder());
    let expected: [&[&str]; 2] = [
        &["", "localhost:80", "https://localhost/", "ws://localhost/", "http:///x", "http://a b/"],
        &["", "localhost:80", "wss://localhost/", "http://localhost/", "ws:///x", "ws://a b/"],
    ];
    for address in expected[0] {
        let error = ghms::dial(&client, address).await.unwrap_err();
        assert!(matches!(error, DialError::InvalidAddress { .. }), "{address}: {error}");
        assert!(error.to_string().contains("http://host:port/path"), "{error}");
    }
    for address in expected[1] {
        let error = websocket::dial(&client, address).await.unwrap_err();
        assert!(matches!(error, DialError::InvalidAddress { .. }), "{address}: {error}");
    }
    // Bound and dropped: nobody listens there.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for carrier in BOTH {
        let error = carrier.dial(&client, gone).await.unwrap_err();
        assert!(matches!(error, DialError::Unreachable { .. }), "{carrier:?}: {error}");
    }
}

/// A server that answers the first request with these bytes, and holds the connection for as long as it is read.
async fn impostor(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        // Ends when the client closes.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    address
}

#[tokio::test]
async fn b10_a_client_takes_no_wrong_answer() {
    let quick = Limits { timeout: Duration::from_millis(500), ..Limits::default() };
    let (client, ..) = telling(builder().limits(quick));
    type Expected = fn(&DialError) -> bool;
    let table: [(&str, Expected); 8] = [
        (
            "HTTP/1.1 503 Full\r\nContent-Length: 9\r\n\r\nall taken",
            |error| matches!(error, DialError::Refused { status: 503, reason } if reason == "all taken"),
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", |error| {
            matches!(error, DialError::Refused { status: 200, .. })
        }),
        ("HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n", |error| {
            matches!(error, DialError::Answer(AnswerError::NotUpgraded))
        }),
        (
            "HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: GHMS/0.1\r\n\r\n",
            |error| matches!(error, DialError::Answer(AnswerError::InvalidEncoding(name)) if name.is_empty()),
        ),
        (
            "HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: GHMS/0.1\r\nContent-Type: text/html\r\n\r\n",
            |error| matches!(error, DialError::Answer(AnswerError::InvalidEncoding(name)) if name == "text/html"),
        ),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", |error| matches!(error, DialError::Handshake(_))),
        ("", |error| matches!(error, DialError::TimedOut { .. })),
        // An endless answer is not read to its end.
        ("HTTP/1.1 404 No\r\nContent-Length: 1000000000\r\n\r\nno", |error| {
            matches!(error, DialError::TimedOut { .. } | DialError::Refused { status: 404, .. })
        }),
    ];
    for (answer, expected) in table {
        let address = impostor(answer).await;
        let error = soon(ghms::dial(&client, &format!("http://{address}/"))).await.unwrap_err();
        assert!(expected(&error), "{answer:?}: {error:?}");
    }
    let table: [(&str, Expected); 4] = [
        (
            "HTTP/1.1 503 Full\r\nContent-Length: 9\r\n\r\nall taken",
            |error| matches!(error, DialError::Refused { status: 503, reason } if reason == "all taken"),
        ),
        ("HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", |error| {
            matches!(error, DialError::Handshake(_))
        }),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", |error| matches!(error, DialError::Handshake(_))),
        ("", |error| matches!(error, DialError::TimedOut { .. })),
    ];
    for (answer, expected) in table {
        let address = impostor(answer).await;
        let error = soon(websocket::dial(&client, &format!("ws://{address}/"))).await.unwrap_err();
        assert!(expected(&error), "{answer:?}: {error:?}");
    }
    assert!(client.is_empty());
}
