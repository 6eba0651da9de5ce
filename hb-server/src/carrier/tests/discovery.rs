//! Two nodes that find each other, by multicast and by mDNS, on loopback; and what is said there by others.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::routing::any;
use futures_util::StreamExt;
use hb_bus::bus::{Bus, Taken};
use hb_bus::message::Id;
use hb_bus::node::{Discovery, Event, Node, Sighting};
use hb_bus::runtime::Native;
use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};
use tokio::net::{TcpListener, UdpSocket};

use super::soon;
use crate::carrier::discovery::{Door, Mdns, Multicast};
use crate::carrier::frames;
use crate::carrier::requests::PATH;

const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// For private use; the port is the system's choice.
const ANY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 72, 66), 0);

/// A door that is open, and for whom is to be said.
async fn door() -> (TcpListener, Door) {
    let listener = TcpListener::bind((HERE, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, Door { port, path: PATH.to_owned() })
}

/// A node behind this door that looks for others.
fn node(name: u128, listener: TcpListener, discovery: impl Discovery) -> Node {
    let bus = Bus::new(std::sync::Arc::new(Native::current()));
    let name = Id::from_u128(name);
    let node = Node::builder(&bus).name(name).transport(frames::dial).discovery(discovery).build();
    let met = node.clone();
    let open = async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |socket| drop(met.accept(frames::connection(socket)).await))
    };
    let router = Router::new().route(PATH, any(open));
    tokio::spawn(async move { axum::serve(listener, router).await });
    node
}

async fn meet(one: &Node, mut events: hb_bus::bus::Events<Event>, other: &Node) {
    let joined = soon(async {
        loop {
            match events.recv().await {
                Taken::Item(Event::Joined(name)) => return name,
                Taken::Closed => panic!("closed"),
                _ => {}
            }
        }
    });
    assert_eq!(joined.await, other.name());
    assert_eq!(one.peers(), [other.name()]);
}

fn v4(group: SocketAddr) -> SocketAddrV4 {
    match group {
        SocketAddr::V4(group) => group,
        SocketAddr::V6(_) => unreachable!("the group is IPv4"),
    }
}

#[tokio::test]
async fn two_nodes_find_each_other_by_multicast_whatever_else_is_said_there() {
    let ((listener, first), (other_listener, second)) = (door().await, door().await);
    let one = Multicast::join(ANY, HERE, first).unwrap();
    let group = v4(one.group());
    let one = node(1, listener, one);
    let events = one.events(64);
    let stranger = UdpSocket::bind((HERE, 0)).await.unwrap();
    for noise in [&b""[..], b"{", &[0xff; 1400], br#"{"uuid":"x","port":"1","path":"/"}"#] {
        stranger.send_to(noise, group).await.unwrap();
    }
    let other = node(2, other_listener, Multicast::join(group, HERE, second).unwrap());
    meet(&one, events, &other).await;
}

#[tokio::test]
async fn a_node_announces_itself_as_grav_reads_it() {
    let (_listener, door) = door().await;
    let announced = Multicast::join(ANY, HERE, door.clone()).unwrap();
    let group = v4(announced.group());
    let hears = Multicast::join(group, HERE, door.clone()).unwrap();
    let mut hears = Box::new(hears).sightings(Id::from_u128(1));
    let mut announced = Box::new(announced).sightings(Id::from_u128(2));
    let endpoint = format!("127.0.0.1:{}{PATH}", door.port);
    let found = |name| Some(Sighting::Found { endpoint: endpoint.clone(), name: Some(Id::from_u128(name)) });
    // Both are polled: each announces when it is, and nobody finds itself.
    let (here, there) = soon(futures_util::future::join(hears.next(), announced.next())).await;
    assert_eq!((here, there), (found(2), found(1)));
}

#[tokio::test]
async fn two_nodes_find_each_other_by_mdns_and_hear_the_goodbye() {
    let ((listener, first), (other_listener, second)) = (door().await, door().await);
    let port = UdpSocket::bind((HERE, 0)).await.unwrap().local_addr().unwrap().port();
    let one = node(1, listener, Mdns::open_on_loopback(port, first).unwrap());
    let endpoint = format!("127.0.0.1:{}{PATH}", second.port);
    let watch = Mdns::open_on_loopback(port, Door { port: 1, path: "/".into() }).unwrap();
    let mut watch = Box::new(watch).sightings(Id::from_u128(3));
    let events = one.events(64);
    let two = node(2, other_listener, Mdns::open_on_loopback(port, second).unwrap());
    meet(&one, events, &two).await;
    let found = Sighting::Found { endpoint: endpoint.clone(), name: Some(two.name()) };
    soon(async { while watch.next().await.unwrap() != found {} }).await;
    two.close();
    soon(async { while watch.next().await.unwrap() != (Sighting::Lost { endpoint: endpoint.clone() }) {} })
        .await;
}

#[tokio::test]
async fn who_moves_is_lost_where_it_was_before_it_is_found_where_it_is() {
    let port = UdpSocket::bind((HERE, 0)).await.unwrap().local_addr().unwrap().port();
    let watch = Mdns::open_on_loopback(port, Door { port: 1, path: "/".into() }).unwrap();
    let mut watch = Box::new(watch).sightings(Id::from_u128(3));
    let moving = ServiceDaemon::new_with_port(port).unwrap();
    moving.disable_interface(IfKind::All).unwrap();
    moving.enable_interface(IfKind::LoopbackV4).unwrap();
    let name = Id::from_u128(7);
    let (instance, host) = (name.to_string(), format!("{name}.local."));
    let endpoint = |port: u16| format!("127.0.0.1:{port}{PATH}");
    let found = |port| Sighting::Found { endpoint: endpoint(port), name: Some(name) };
    let lost = |port| Sighting::Lost { endpoint: endpoint(port) };
    let mut expected = vec![];
    for port in [40_000, 40_001, 40_002] {
        let properties = &[("path", PATH)][..];
        let service =
            ServiceInfo::new("_hb._tcp.local.", &instance, &host, "127.0.0.1", port, properties).unwrap();
        moving.register(service).unwrap();
        expected.push(found(port));
        for sighting in expected.drain(..) {
            assert_eq!(soon(watch.next()).await, Some(sighting));
        }
        expected.push(lost(port));
    }
    moving.unregister(&format!("{name}._hb._tcp.local.")).unwrap();
    assert_eq!(soon(watch.next()).await, Some(lost(40_002)));
    moving.shutdown().unwrap();
}
