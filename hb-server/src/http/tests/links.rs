//! A link over a real socket whose page does not read. Not here: what waits, piece by piece (`hb_bus::guest`).

use futures_util::{SinkExt, StreamExt};
use hb_bus::guest::{LONGEST, SUBSCRIPTIONS};
use hb_bus::message::Message;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;

use super::*;

/// A program of this machine at its end of a link.
struct Program(WebSocketStream<TcpStream>);

impl Program {
    async fn connect(house: &House) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (ours, address) = listener.accept().await.unwrap();
        let peer = Arc::new(Peer::new(address.ip()));
        let place = house.places.take(peer.origin()).expect("the only connection");
        house.tracker.spawn(converse(Arc::clone(&house.front), peer, false, place, ours, house.stop.clone()));
        let shaken = tokio_tungstenite::client_async("ws://localhost/hb_link", theirs);
        Self(timeout(LONG, shaken).await.expect("in time").expect("a link").0)
    }

    async fn say(&mut self, words: &Value) {
        self.0.send(tungstenite::Message::text(words.to_string())).await.unwrap();
    }

    async fn hears(&mut self) -> Value {
        let next = timeout(LONG, self.0.next()).await.expect("in time");
        serde_json::from_str(next.expect("it is not shown out").unwrap().to_text().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_page_that_does_not_read_holds_few_bytes_here_and_is_told_what_it_lost() {
    const EACH: usize = 40;
    let house = House::new();
    let mut page = Program::connect(&house).await;
    page.say(&json!({ "hello": { "version": 1, "who": { "app": "kiosk" } } })).await;
    let prefix = page.hears().await["welcome"]["prefix"].as_str().unwrap().to_owned();
    for nr in 0..SUBSCRIPTIONS {
        page.say(&json!({ "subscribe": { "nr": nr, "topics": [format!("{prefix}{nr}")] } })).await;
        assert!(page.hears().await["subscribed"].is_object());
    }
    let text = "x".repeat(LONGEST);
    for _ in 0..EACH {
        for nr in 0..SUBSCRIPTIONS {
            let topic = format!("{prefix}{nr}").parse().unwrap();
            house.engine.screens().publish(Message::new(topic, text.clone())).unwrap();
        }
        // The socket takes what it can.
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
    let (mut said, mut bytes) = (0, 0);
    while said < SUBSCRIPTIONS * EACH {
        let told = page.hears().await;
        if let Some(lost) = told["missed"]["count"].as_u64() {
            said += usize::try_from(lost).unwrap();
        } else {
            said += 1;
            bytes += told["message"]["text"].as_str().expect("a message").len();
        }
    }
    assert_eq!(said, SUBSCRIPTIONS * EACH, "each was heard, or said to be missing");
    // By far the most of it waited in the system's socket buffers; the queues alone could have held 64 MiB.
    assert!(bytes < 24 * 1024 * 1024, "{bytes} bytes of {}", SUBSCRIPTIONS * EACH * LONGEST);
}
