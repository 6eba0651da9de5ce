//! How connections begin where the server has a certificate. Not here: certificates that change (`tls`).

use std::io;

use tokio::net::TcpSocket;

use super::*;
use crate::tls::Identity;
use crate::tls::tests::Authority;

/// Sooner than a handshake is given up by itself.
const BEFORE: Duration = Duration::from_secs(5);
const ASKED: &str = "GET /hb_ping?5000&appid=x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// A connection to `house` that seems to come from `address`, where `identity` is who the house is.
async fn dial(house: &House, identity: &Arc<Identity>, address: &str) -> TcpStream {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    let theirs = socket.connect(listener.local_addr().unwrap()).await.unwrap();
    let (ours, _) = listener.accept().await.unwrap();
    let peer = Arc::new(Peer::new(address.parse::<IpAddr>().unwrap()));
    let place = house.places.take(peer.origin()).expect("few connections");
    let (identity, front, stop) = (Arc::clone(identity), Arc::clone(&house.front), house.stop.clone());
    house.tracker.spawn(greet(identity, front, peer, place, ours, stop));
    theirs
}

/// What is answered, up to the end.
async fn ask<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<String> {
    stream.write_all(ASKED.as_bytes()).await?;
    let mut answer = String::new();
    match stream.read_to_string(&mut answer).await {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(answer),
    }
}

#[tokio::test]
async fn tls_is_for_all_and_plain_http_for_this_machine() {
    let (house, authority) = (House::new(), Authority::new());
    let identity = authority.identity(&["hall.example"]);
    for address in ["127.0.0.1", "10.0.0.7"] {
        let stream = dial(&house, &identity, address).await;
        let secure = crate::tls::connect(authority.roots().client(), "hall.example", stream).await.unwrap();
        assert_eq!(secure.get_ref().1.alpn_protocol(), None, "who does not ask for it is not told");
        let answer = ask(secure).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n6000"), "{answer}");
    }
    let answer = ask(dial(&house, &identity, "127.0.0.1").await).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = ask(dial(&house, &identity, "10.0.0.8").await).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(
        answer.ends_with("this server speaks TLS here: ask it by https://, not by http://\n"),
        "{answer}"
    );
    let id = |host| hb_core::id::Identity::new(host, "", "x").unwrap();
    assert!(
        house.engine.snapshot(id("10.0.0.7")).is_some() && house.engine.snapshot(id("10.0.0.8")).is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_or_only_half_is_let_go() {
    let (house, authority) = (House::new(), Authority::new());
    let identity = authority.identity(&["hall.example"]);
    for said in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01", b"\x17garbage", b"GET / HTTP/1.1\r\n"] {
        for address in ["127.0.0.1", "10.0.0.7"] {
            let mut stream = dial(&house, &identity, address).await;
            stream.write_all(said).await.unwrap();
            let begun = Instant::now();
            // An end, or a reset.
            let _ = timeout(LONG, stream.read_to_end(&mut Vec::new())).await.expect("it ends");
            assert!(begun.elapsed() <= TIMEOUT + Duration::from_secs(1), "{said:?}: {:?}", begun.elapsed());
        }
    }
    house.tracker.close();
    timeout(LONG, house.tracker.wait()).await.expect_err("what tells vitals goes on");
}

#[tokio::test]
async fn who_has_not_begun_gives_its_place_to_who_needs_it() {
    let (mut house, authority) = (House::new(), Authority::new());
    house.places = Places::new(1);
    let identity = authority.identity(&["hall.example"]);
    let mut idle = dial(&house, &identity, "10.0.0.7").await;
    let stream = dial(&house, &identity, "10.0.0.7").await;
    let ended = timeout(BEFORE, idle.read(&mut [0])).await.expect("it is shown out");
    assert!(matches!(ended, Ok(0) | Err(_)));
    let secure = crate::tls::connect(authority.roots().client(), "hall.example", stream).await.unwrap();
    assert!(ask(secure).await.unwrap().starts_with("HTTP/1.1 200 "));
}
