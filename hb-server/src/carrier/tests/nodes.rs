//! Nodes over real sockets: Grav's WebSocket and its HTTP, byte by byte, and G26.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use hb_bus::bus::{Bus, Filter, Subscription, Taken};
use hb_bus::message::{Id, Message, Topic};
use hb_bus::node::{Event, MeetError, Node};
use hb_bus::runtime::Native;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Word;

use crate::carrier::frames;
use crate::carrier::requests::{PATH, Requests};

const NEWS: Topic = Topic::from_static("news");
const SOON: Duration = Duration::from_secs(20);
const STRANGER: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";
const RECORDED: &str = r#"{"meta":{"uuid":"0b9dd5a8-3bf8-4c93-8a3e-b22d0b0a4a01","parent_id":"","response_to":"","msg_type":"news","timestamp":"2021-06-01T10:20:30.123456789Z"},"payload":{"data":"SGVsbG8sIFdvcmxk"}}"#;

fn bus() -> Bus {
    Bus::new(Arc::new(Native::current()))
}

/// Serves these routes; where they are.
async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address.to_string()
}

/// A node that can be reached by WebSocket; where it is.
async fn by_socket(name: u128) -> (Node, String) {
    let node = Node::builder(&bus()).name(Id::from_u128(name)).transport(frames::dial).build();
    let met = node.clone();
    let door = async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |socket| drop(met.accept(frames::connection(socket)).await))
    };
    let address = serve(Router::new().route(PATH, any(door))).await;
    (node, format!("{address}{PATH}"))
}

/// A node that posts, and is posted to; where it is.
async fn by_requests(name: u128) -> (Node, String) {
    let transport = Requests::new(Id::from_u128(name));
    let node = Node::builder(&bus()).name(Id::from_u128(name)).transport(transport.clone()).build();
    let address = serve(transport.router(node.clone())).await;
    (node, address)
}

async fn heard(subscription: &mut Subscription) -> String {
    let (_, message) = timeout(SOON, subscription.recv()).await.unwrap().message().unwrap();
    String::from_utf8_lossy(message.data()).into_owned()
}

fn publish(node: &Node, text: &str) {
    node.bus().publish(Message::new(NEWS, text.to_owned())).unwrap();
}

fn ear(node: &Node) -> Subscription {
    node.bus().subscribe(Filter::only([NEWS]))
}

#[tokio::test]
async fn two_nodes_meet_over_a_websocket() {
    let ((a, _), (b, there)) = (by_socket(1).await, by_socket(2).await);
    // Without a scheme, as Grav takes it.
    assert_eq!(a.connect(&there).await.unwrap(), b.name());
    let (mut here, mut far) = (ear(&a), ear(&b));
    publish(&a, "there");
    assert_eq!(heard(&mut far).await, "there");
    publish(&b, "and back");
    assert_eq!((heard(&mut here).await, heard(&mut here).await), ("there".into(), "and back".into()));
    let again = a.connect(&there).await.unwrap_err();
    assert!(matches!(again, MeetError::Dismissed), "{again}");
    let mut events = a.events(4);
    b.close();
    let left = timeout(SOON, events.recv()).await.unwrap();
    assert!(matches!(left, Taken::Item(Event::Left(name, _)) if name == b.name()), "{left:?}");
    assert!(matches!(a.connect("127.0.0.1:1/x").await, Err(MeetError::Connection(_))));
}

#[tokio::test]
async fn gravs_own_bytes_are_understood_over_a_websocket() {
    let (node, there) = by_socket(1).await;
    let mut hear = ear(&node);
    let (mut socket, _) = connect_async(format!("ws://{there}")).await.unwrap();
    socket.send(Word::Text(format!(r#"{{"uuid":"{STRANGER}"}}"#).into())).await.unwrap();
    let ack = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(ack, Word::Text(r#"{"uuid":"00000000-0000-0000-0000-000000000001"}"#.into()));
    socket.send(Word::Binary(RECORDED.into())).await.unwrap();
    let (_, message) = timeout(SOON, hear.recv()).await.unwrap().message().unwrap();
    assert_eq!(message.data(), "Hello, World");
    assert_eq!(message.id().to_string(), "0b9dd5a8-3bf8-4c93-8a3e-b22d0b0a4a01");
    // What we say is the very same form: the message goes round by another node.
    let (other, _) = by_socket(2).await;
    other.connect(&there).await.unwrap();
    other.bus().publish(message.clone()).unwrap();
    assert_eq!(heard(&mut hear).await, "Hello, World");
    node.bus().publish(message).unwrap();
    let said = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(said, Word::Binary(RECORDED.into()));
}

/// Posts, and returns status and body.
async fn post(address: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(SOON, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let status = answer[9..12].parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[tokio::test]
async fn g26_each_request_is_answered_by_its_code() {
    let (node, there) = by_requests(1).await;
    let mut hear = ear(&node);
    let greeting = format!("X-Grav-Handshake-UUID: {STRANGER}\r\n");
    let sender = format!("X-Grav-UUID: {STRANGER}\r\n");
    assert_eq!(post(&there, &sender, RECORDED).await.0, 400, "a stranger");
    assert_eq!(post(&there, "", RECORDED).await.0, 400);
    assert_eq!(post(&there, "X-Grav-UUID: seven\r\n", RECORDED).await.0, 400);
    let ack = r#"{"uuid":"00000000-0000-0000-0000-000000000001"}"#;
    assert_eq!(post(&there, &greeting, "").await, (200, ack.to_owned()));
    assert_eq!(post(&there, &sender, RECORDED).await, (204, String::new()));
    assert_eq!(heard(&mut hear).await, "Hello, World");
    let oneself = "X-Grav-Handshake-UUID: 00000000-0000-0000-0000-000000000001\r\n";
    assert_eq!(post(&there, oneself, "").await, (500, "that is this node itself".to_owned()));
    let hello = format!(r#"{{"uuid":"{STRANGER}"}}"#);
    assert_eq!(post(&there, &greeting, &hello).await.0, 200, "again: a connection like this gives way");
    assert_eq!(post(&there, &sender, &"x".repeat(5 * 1024 * 1024)).await.0, 413);
}

#[tokio::test]
async fn g26_who_only_posts_to_us_is_sent_nothing_until_we_connect() {
    let ((a, here), (b, there)) = (by_requests(1).await, by_requests(2).await);
    assert_eq!(a.connect(&there).await.unwrap(), b.name());
    let (mut near, mut far) = (ear(&a), ear(&b));
    publish(&a, "there");
    assert_eq!(heard(&mut far).await, "there");
    publish(&b, "nobody hears this");
    assert_eq!(b.connect(&here).await.unwrap(), a.name());
    publish(&b, "and back");
    assert_eq!((heard(&mut near).await, heard(&mut near).await), ("there".into(), "and back".into()));
    publish(&a, "there again");
    for text in ["nobody hears this", "and back", "there again"] {
        assert_eq!(heard(&mut far).await, text);
    }
    assert_eq!((a.peers(), b.peers()), (vec![b.name()], vec![a.name()]));
}

const SEVENTH: &str = "00000000-0000-0000-0000-000000000007";

#[tokio::test]
async fn who_posts_is_who_the_node_let_in_whatever_the_header_said() {
    let (node, there) = by_requests(1).await;
    let mut hear = ear(&node);
    let greeting = format!("X-Grav-Handshake-UUID: {STRANGER}\r\n");
    assert_eq!(post(&there, &greeting, &format!(r#"{{"uuid":"{SEVENTH}"}}"#)).await.0, 200);
    assert_eq!(node.peers(), [Id::from_u128(7)]);
    assert_eq!(post(&there, &format!("X-Grav-UUID: {STRANGER}\r\n"), RECORDED).await.0, 400);
    assert_eq!(post(&there, &format!("X-Grav-UUID: {SEVENTH}\r\n"), RECORDED).await.0, 204);
    assert_eq!(heard(&mut hear).await, "Hello, World");
}

#[tokio::test]
async fn a_peer_that_we_dialled_twice_is_still_heard() {
    let ((a, here), (b, there)) = (by_requests(1).await, by_requests(2).await);
    b.connect(&here).await.unwrap();
    a.connect(&there).await.unwrap();
    let again = a.connect(&there).await.unwrap_err();
    assert!(matches!(again, MeetError::Refused(_)), "{again}");
    let mut near = ear(&a);
    publish(&b, "still there");
    assert_eq!(heard(&mut near).await, "still there");
}
