//! Apps that need a key: whoever comes without it changes nothing, by whatever door, from this machine too.

use std::sync::Arc;

use hb_bus::guest::{Guest, Heard};
use hb_bus::runtime::Native;
use hb_core::beat::State;
use hb_core::id::Identity;
use hb_server::carrier::frames;
use hb_server::config::{Listen, Udp};
use hb_server::engine::key::{Key, Keys, Lock};
use serde_json::json;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::harness::{SOON, TestServer};
use crate::link::{CMD, hear};

const REFUSAL: &str =
    "this app is beaten for only with its key: expected key=, with what [[key]] in hb.toml says";

/// A server where `tetris` needs a key.
async fn locked() -> TestServer {
    let lock = Lock { apps: vec!["tetris".parse().unwrap()], key: Key::new("hunter 2").unwrap() };
    TestServer::with(|config| {
        config.engine.trust.keys = Keys::new(vec![lock]);
        config.udp = Some(Udp::At(Listen::Loopback(0)));
    })
    .await
}

fn state(server: &TestServer) -> Option<State> {
    server.engine.snapshot(Identity::new("127.0.0.1", "", "tetris").unwrap()).map(|app| app.state)
}

#[tokio::test]
async fn every_word_about_it_needs_the_key() {
    let server = locked().await;
    let words = |key: &str| {
        [
            format!("/hb_init?9000&appid=tetris{key}"),
            format!("/hb_ping?9000&appid=tetris{key}"),
            format!("/hb_state?9000&appid=tetris&v=1&boot=b1&state=no-frames{key}"),
            format!("/heartbeat.html?container=tetris&next=9000{key}"),
            format!("/hb_done?0&appid=tetris{key}"),
        ]
    };
    for key in ["", "&key=", "&key=hunter", "&key=hunter3", "&key=x&key=hunter+2"] {
        for word in words(key) {
            let answer = server.get(&word).await;
            assert_eq!((answer.status, answer.body.trim_end()), (403, REFUSAL), "{word}");
        }
    }
    assert_eq!(state(&server), None, "nothing was heard of it");
    for word in words("&key=hunter%202") {
        assert_eq!(server.get(&word).await.status, 200, "{word}");
    }
    server.ok("/hb_ping?9000&appid=tetris&boot=b2&key=hunter+2").await;
    assert_eq!(server.get("/hb_done?0&appid=tetris").await.status, 403);
    assert_eq!(state(&server), Some(State::Up));
    server.ok("/hb_ping?5000&appid=pong").await;
    assert!(server.ok("/status?appid=tetris").await.starts_with("OK - "), "to ask needs no key");
    assert!(!server.ok("/api/v1/apps").await.contains("hunter"));
}

#[tokio::test]
async fn it_is_asked_for_by_udp_presence_and_link_too() {
    let server = locked().await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let ask = async |line: &str| {
        let question = format!("hb1 k {line}{}", " ".repeat(200));
        socket.send_to(question.as_bytes(), server.udp_addrs[0]).await.unwrap();
        let mut answer = [0; 512];
        let (length, _) = timeout(SOON, socket.recv_from(&mut answer)).await.expect("in time").unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    assert_eq!(ask("hb_ping?9000&appid=tetris").await.trim_end(), format!("hb1 k 403 {REFUSAL}"));
    assert_eq!(ask("hb_ping?5000&appid=tetris&key=hunter+2").await.trim_end(), "hb1 k 200 6000");

    let upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (key, status) in [("", 403), ("&key=hunter%202", 101)] {
        let target = format!("/hb_presence?appid=tetris&boot=b1{key}");
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n{upgrade}\r\n");
        let answer = server.head(request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{key}: {answer}");
    }

    let guest = |query: &str| {
        let place = format!("{}/hb_link{query}", server.addrs[0]);
        Guest::new(Arc::new(Native::current()), frames::dial, place, json!({ "app": "tetris" }))
    };
    let locked_out = guest("?key=hunter3");
    let mut events = locked_out.events(8);
    let told = timeout(SOON, events.recv()).await.expect("in time");
    assert!(format!("{told:?}").contains(REFUSAL), "{told:?}");
    let let_in = guest("?key=hunter%202");
    let mut commands = let_in.subscribe([CMD], false);
    assert_eq!(hear(&mut commands).await, Heard::Connected { whole: false });
}
