//! Beginning and end of a server: addresses, ports that are taken, what ends with it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hb_server::config::{Listen, Place};
use hb_server::{BindError, Config, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use crate::harness::{SOON, Stream, TestServer};

fn on(listen: Listen) -> Config {
    Config { listen, ..Config::default() }
}

#[tokio::test]
async fn the_default_is_both_families_on_one_port_the_old_one_first() {
    let server = Server::bind(on(Listen::Loopback(0))).await.unwrap();
    let addrs = server.addrs();
    assert!(addrs[0].is_ipv4());
    if let Some(second) = addrs.get(1) {
        assert!(second.is_ipv6());
        assert_eq!(addrs[0].port(), second.port());
    }
    assert!(addrs.iter().all(|addr| addr.ip().is_loopback()));
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_clear_error() {
    let first = Server::bind(on(Listen::Loopback(0))).await.unwrap();
    let port = first.addrs()[0].port();
    let addr = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port);
    for listen in [Listen::Loopback(port), Listen::Only(vec![Place::Address(addr)])] {
        let error = Server::bind(on(listen)).await.unwrap_err();
        assert!(matches!(error, BindError::Taken(_)));
        assert!(error.to_string().contains(&format!("127.0.0.1:{port} is in use")), "{error}");
    }
}

#[tokio::test]
async fn a_name_is_looked_up() {
    let listen = Listen::Only(vec![Place::Name("localhost".into(), 0)]);
    let server = Server::bind(on(listen)).await.unwrap();
    assert!(server.addrs()[0].ip().is_loopback());
    // With a space in it, so that no resolver asks a network.
    let nowhere = Listen::Only(vec![Place::Name("no host".into(), 0)]);
    assert!(Server::bind(on(nowhere)).await.is_err());
}

#[tokio::test]
async fn shutdown_ends_streams_idle_connections_and_the_listener() {
    let server = TestServer::start().await;
    let addr = server.addrs[0];
    let mut stream = Stream::open(&server, None).await;
    stream.next().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /list HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut bytes = [0; 512];
    assert!(timeout(SOON, idle.read(&mut bytes)).await.unwrap().unwrap() > 0);
    let began = Instant::now();
    server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(2), "nothing held it up: {:?}", began.elapsed());
    while let Some(event) = stream.any().await {
        assert_eq!(event.name, "vitals");
    }
    assert_eq!(timeout(SOON, idle.read(&mut bytes)).await.unwrap().unwrap_or(0), 0);
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_request_that_never_ends_is_dropped_after_the_cap() {
    let server = TestServer::start().await;
    let mut stuck = server.connect().await;
    let head = b"POST /hb_ping?5000&appid=x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n";
    stuck.write_all(head).await.unwrap();
    let engine = server.engine.clone();
    while engine.apps() == 0 {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
