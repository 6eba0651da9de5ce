//! The presence socket: its opening and its end reach the engine, and it registers nobody.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::{SOON, Stream, TestServer};

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A socket that the server has accepted.
async fn attend(server: &TestServer, query: &str) -> TcpStream {
    let mut stream = server.connect().await;
    let request = format!("GET /hb_presence?{query} HTTP/1.1\r\nHost: x\r\nOrigin: null\r\n{UPGRADE}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(SOON, stream.read_u8()).await.unwrap().unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream
}

#[tokio::test]
async fn the_end_of_a_socket_is_seen_at_once() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=x&v=1&boot=b1&seq=1&by=frame&frames=9&age=1").await;
    let mut stream = Stream::open(&server, None).await;
    stream.next().await;
    let socket = attend(&server, "appid=x&boot=b1").await;
    until(async || server.get("/api/v1/apps/127.0.0.1/x").await.json()["presence"] == true).await;
    drop(socket);
    let event = stream.next().await;
    assert_eq!((event.name.as_str(), &event.data["to"]), ("transition", &"reconnecting".into()));
    // Two seconds of grace on this machine, long before the promise of a minute is over.
    server.pass(2_001);
    let event = stream.next().await;
    assert_eq!((&event.data["to"], &event.data["cause"]), (&"late".into(), &"connection-lost".into()));
}

#[tokio::test]
async fn a_socket_belongs_to_the_host_and_window_that_it_names() {
    let server = TestServer::start().await;
    let presence = async |target: &str| server.get(target).await.json()["presence"].clone();
    let all =
        ["/api/v1/apps/kiosk/x?slot=left", "/api/v1/apps/kiosk/x", "/api/v1/apps/127.0.0.1/x?slot=left"];
    // One boot each: the same in another place would be a page that moved.
    for (boot, place) in [("b1", "host=kiosk&slot=left"), ("b2", "host=kiosk"), ("b3", "slot=left")] {
        server.ok(&format!("/hb_ping?60000&appid=x&{place}&v=1&boot={boot}&seq=1")).await;
    }
    let _socket = attend(&server, "appid=x&boot=b1&host=kiosk&slot=left").await;
    until(async || presence(all[0]).await == true).await;
    for other in &all[1..] {
        assert_eq!(presence(other).await, serde_json::Value::Null, "{other}");
    }
}

#[tokio::test]
async fn a_page_that_closes_its_socket_is_answered() {
    let server = TestServer::start().await;
    let mut socket = attend(&server, "appid=x&boot=b1").await;
    // Final, opcode 8, masked; the code 1001 "going away".
    socket.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9]).await.unwrap();
    let mut bytes = Vec::new();
    timeout(SOON, socket.read_to_end(&mut bytes)).await.unwrap().unwrap();
    assert_eq!(bytes, [0x88, 0x02, 0x03, 0xE9]);
}

#[tokio::test]
async fn presence_registers_nobody() {
    let server = TestServer::start().await;
    let socket = attend(&server, "appid=ghost&boot=b1").await;
    drop(socket);
    assert_eq!(server.ok("/list").await, "");
    assert_eq!(server.engine.apps(), 0);
}

#[tokio::test]
async fn what_is_no_presence_is_refused_with_a_reason() {
    let server = TestServer::start().await;
    let cases = [
        ("/hb_presence?appid=x&boot=b1", "Connection: close\r\n", 426, "a WebSocket"),
        ("/hb_presence?boot=b1", UPGRADE, 400, "appid is missing"),
        ("/hb_presence?appid=x", UPGRADE, 400, "boot is missing"),
        ("/hb_presence?appid=x&boot=not%20a%20boot", UPGRADE, 400, "boot is missing"),
    ];
    for (target, headers, status, reason) in cases {
        // An HTTP/1.0-style end of the connection is asked for where no upgrade is.
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        let mut stream = server.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = vec![0; 4096];
        let read = timeout(SOON, stream.read(&mut bytes)).await.unwrap().unwrap();
        let answer = crate::harness::Answer::parse(&bytes[..read]);
        assert_eq!(answer.status, status, "{target}");
        assert!(answer.body.contains(reason), "{target}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_socket_ends_politely_with_the_server() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=x&v=1&boot=b1&seq=1").await;
    let mut socket = attend(&server, "appid=x&boot=b1").await;
    let engine = server.engine.clone();
    server.stop().await;
    let mut bytes = Vec::new();
    timeout(SOON, socket.read_to_end(&mut bytes)).await.unwrap().unwrap();
    // A close frame: final, opcode 8, and the code 1001 "going away".
    assert_eq!(bytes.first(), Some(&0x88), "{bytes:?}");
    assert_eq!(&bytes[2..4], &1001_u16.to_be_bytes());
    let id = hb_core::id::Identity::new("127.0.0.1", "", "x").unwrap();
    let state = engine.snapshot(id).unwrap().state;
    assert_ne!(state, hb_core::beat::State::Reconnecting, "our end is not the page's");
}

#[tokio::test]
async fn a_page_that_says_too_much_is_cut_off() {
    let server = TestServer::start().await;
    let mut socket = attend(&server, "appid=x&boot=b1").await;
    // A masked text frame of 64 KiB; the server reads its head and has seen enough.
    let mut frame = vec![0x81, 0xFF];
    frame.extend(65_536_u64.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(vec![b'x'; 65_536]);
    let _ = socket.write_all(&frame).await;
    let mut bytes = Vec::new();
    let _ = timeout(SOON, socket.read_to_end(&mut bytes)).await.expect("an end in time");
}

/// Asks until it is so.
async fn until(so: impl AsyncFn() -> bool) {
    timeout(SOON, async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("so in time");
}
