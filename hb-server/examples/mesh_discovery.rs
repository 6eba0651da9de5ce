//! A mesh of two nodes that find each other in the network, meet over WebSockets, and hear what the other publishes.
//!
//! ```text
//! cargo run -p hb-server --example mesh_discovery           by multicast, on loopback
//! cargo run -p hb-server --example mesh_discovery mdns      by mDNS, on loopback
//! ```
//!
//! In earnest: `Multicast::join(GROUP, Ipv4Addr::UNSPECIFIED, …)` or `Mdns::open(…)`, and a listener that others reach.
//! `examples/mesh.rs` of hb-bus is the same in memory.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::routing::any;
use hb_bus::bus::{Bus, Filter, Taken};
use hb_bus::message::{Message, Topic};
use hb_bus::node::{Discovery, Event, Node};
use hb_bus::runtime::Native;
use hb_server::carrier::discovery::{Door, Mdns, Multicast};
use hb_server::carrier::frames;
use hb_server::carrier::requests::PATH;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::timeout;

const HALL: Topic = Topic::from_static("hall");
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A door that is open, and for whom is to be said.
async fn door() -> Result<(TcpListener, Door), Box<dyn Error>> {
    let listener = TcpListener::bind((HERE, 0)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, Door { port, path: PATH.to_owned() }))
}

/// A node behind this door. Whoever finds it is let in: so only where all machines are trusted.
fn node(listener: TcpListener, discovery: impl Discovery) -> Node {
    let bus = Bus::new(Arc::new(Native::current()));
    let node = Node::builder(&bus).transport(frames::dial).discovery(discovery).build();
    let met = node.clone();
    let open = async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |socket| drop(met.accept(frames::connection(socket)).await))
    };
    let router = Router::new().route(PATH, any(open));
    tokio::spawn(async move { axum::serve(listener, router).await });
    node
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let ((listener, first), (other_listener, second)) = (door().await?, door().await?);
    let (one, other) = if std::env::args().nth(1).as_deref() == Some("mdns") {
        // Any port that both know; everybody's is 5353.
        let port = UdpSocket::bind((HERE, 0)).await?.local_addr()?.port();
        let one = node(listener, Mdns::open_on_loopback(port, first)?);
        (one, node(other_listener, Mdns::open_on_loopback(port, second)?))
    } else {
        let any = SocketAddrV4::new(Ipv4Addr::new(239, 255, 72, 66), 0);
        let announced = Multicast::join(any, HERE, first)?;
        let SocketAddr::V4(group) = announced.group() else { return Err("the group is IPv4".into()) };
        let one = node(listener, announced);
        (one, node(other_listener, Multicast::join(group, HERE, second)?))
    };
    let mut events = other.events(64);
    while other.peers().is_empty() {
        match events.recv().await {
            Taken::Item(Event::Joined(name)) => println!("{} has met {name}", other.name()),
            Taken::Item(event) => println!("{event:?}"),
            Taken::Missed(_) => {}
            Taken::Closed => return Err("the node is closed".into()),
        }
    }
    let mut ear = one.bus().subscribe(Filter::only([HALL]));
    // Both dial, and one of the two connections ends: what is under way on it is lost, as whatever is only published.
    let message = loop {
        other.bus().publish(Message::new(HALL, "lights on"))?;
        match timeout(Duration::from_secs(1), ear.recv()).await {
            Ok(heard) => break heard.message().ok_or("closed")?.1,
            Err(_) => println!("nobody heard it: once more"),
        }
    };
    println!("the other hears: {}", String::from_utf8_lossy(message.data()));
    assert_eq!(message.data(), "lights on");
    Ok(())
}
