//! How long a request's head may be, and how many streams and sockets there may be, in all and from one address.

use super::*;

async fn status(socket: &mut DuplexStream) -> String {
    head(socket).await.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_head_may_have_32_kib_and_hardly_more() {
    let house = House::new();
    // hyper looks when it has read, and reads 32 KiB at once.
    for (filler, answered) in [(31, "HTTP/1.1 200"), (64, "HTTP/1.1 431")] {
        let mut socket = house.connect("10.0.0.1", 128 * 1024);
        let filler = "x".repeat(filler * 1024);
        let request =
            format!("GET /hb_ping?5000&appid=x HTTP/1.1\r\nConnection: close\r\nX: {filler}\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let (answer, _) = end(&mut socket).await;
        assert!(answer.starts_with(answered), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_network_brings_as_many_apps_as_one_address_and_programs_of_this_machine_any_number() {
    let house = House::with(Limits { per_address: 2, ..Limits::default() });
    let cases = [
        ("fd00::1", "200"),
        ("fd00::2", "200"),
        ("fd00::3", "503"),
        ("fd00:0:0:1::1", "200"),
        ("10.0.0.1", "200"),
        ("10.0.0.1", "200"),
        ("10.0.0.1", "503"),
        ("10.0.0.2", "200"),
        ("127.0.0.1", "200"),
        ("127.0.0.1", "200"),
        ("::1", "200"),
    ];
    for (n, (address, answered)) in cases.into_iter().enumerate() {
        let beat = format!("GET /hb_ping?5000&appid=x{n} HTTP/1.0\r\n\r\n");
        assert_eq!(status(&mut house.send(address, &beat).await).await, answered, "{n} {address}");
    }
}

/// So many apps that whatever tells all is long.
fn crowd(house: &House) {
    for n in 0..1_000 {
        let app = format!("{n:0>200}");
        let request = hb_core::wire::parse(hb_core::beat::Verb::Ping, "5000&appid=x").unwrap();
        let _ = house.engine.beat(Identity::new("h", "", &app).unwrap(), &request.beat, None);
    }
}

#[tokio::test(start_paused = true)]
async fn streams_that_are_not_read_hold_no_more_snapshots_than_one_address_may() {
    let house = House::new();
    crowd(&house);
    let mut held = Vec::new();
    let mut ended = 0;
    for n in 0..8_u64 {
        let mut socket = house.connect("10.0.0.1", 4 * 1024);
        let request = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        socket.write_all(request).await.unwrap();
        assert_eq!(status(&mut socket).await, "200");
        let mut some = [0; 64];
        match timeout(LONG, socket.read_exact(&mut some)).await.expect("a snapshot or an end in time") {
            Ok(_) => held.push(socket),
            Err(_) => ended += 1,
        }
        // Nobody shares with those before: something has happened since.
        let request = hb_core::wire::parse(hb_core::beat::Verb::Ping, "5000&appid=x").unwrap();
        let app = format!("x{n}");
        let _ = house.engine.beat(Identity::new("h", "", &app).unwrap(), &request.beat, None);
    }
    assert_eq!((held.len(), ended), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn four_long_answers_are_under_way_to_one_address_and_the_next_is_refused() {
    let house = House::new();
    crowd(&house);
    let targets = ["/list", "/status", "/api/v1/apps"];
    let ask = async |address: &str, target: &str| {
        let mut socket = house.connect(address, 4 * 1024);
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        (status(&mut socket).await, socket)
    };
    let mut held = Vec::new();
    for n in 0..4 {
        // They read the head and nothing more.
        let (status, socket) = ask(&format!("fd00::{n}"), targets[n % 3]).await;
        assert_eq!(status, "200", "{n}");
        held.push(socket);
    }
    for target in targets {
        assert_eq!(ask("fd00::ffff", target).await.0, "503", "{target}");
        assert_eq!(ask("10.0.0.1", target).await.0, "200", "{target}: others are not affected");
    }
}

#[tokio::test(start_paused = true)]
async fn there_are_256_event_streams_of_which_64_to_one_address() {
    const EVENTS: &str = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let house = House::new();
    let mut held = Vec::new();
    for network in 0..4 {
        for n in 0..64 {
            // Whoever has a network of IPv6 has all its addresses: they count as one.
            let mut socket = house.send(&format!("fd00:0:0:{network}::{n}"), EVENTS).await;
            assert_eq!(status(&mut socket).await, "200", "{network} {n}");
            held.push(socket);
        }
        let (answer, _) = end(&mut house.send(&format!("fd00:0:0:{network}::ffff"), EVENTS).await).await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("your address holds 64"), "{answer}");
    }
    assert_eq!(house.open.streams(), 256);
    let (answer, _) = end(&mut house.send("10.0.0.1", EVENTS).await).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("256 streams are open"), "{answer}");
    // Beats do not care.
    let beat = "GET /hb_ping?5000&appid=x HTTP/1.0\r\n\r\n";
    assert!(end(&mut house.send("10.0.0.1", beat).await).await.0.ends_with("6000"));
    held.pop();
    house.until_open(255).await;
    assert_eq!(status(&mut house.send("10.0.0.1", EVENTS).await).await, "200", "places are given back");
}

/// A masked frame of a page: its first byte, the length that it announces, and what comes of it.
fn frame(first: u8, announced: u16, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | 126];
    frame.extend(announced.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(data);
    frame
}

#[tokio::test(start_paused = true)]
async fn a_presence_socket_takes_messages_of_a_kilobyte_whole_or_in_pieces() {
    let house = House::new();
    let kilobyte = [b'x'; 1024];
    let whole = frame(0x81, 1024, &kilobyte);
    let announced = frame(0x81, 1025, b"");
    let pieces = [frame(0x01, 1024, &kilobyte), frame(0x00, 1, b"x")].concat();
    for (sent, seconds) in [(whole, 20), (announced, 0), (pieces, 0)] {
        let mut socket = house.send("10.0.0.1", PRESENCE).await;
        assert_eq!(status(&mut socket).await, "101");
        socket.write_all(&sent).await.unwrap();
        let (_, took) = end(&mut socket).await;
        assert!(is_about(took, seconds), "{seconds}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_address_holds_512_presence_sockets_of_pages_that_spoke() {
    let house = House::new();
    let mut held = Vec::new();
    let page = hb_core::wire::parse(hb_core::beat::Verb::Ping, "600000&appid=x&v=1&boot=b1").unwrap();
    for n in 0..512 {
        let peer = Peer::new(format!("fd00::{n}").parse::<IpAddr>().unwrap());
        let _ = house.engine.beat(Identity::new(peer.host(), "", "x").unwrap(), &page.beat, None);
        let mut socket = house.send(&format!("fd00::{n}"), PRESENCE).await;
        assert_eq!(status(&mut socket).await, "101", "{n}");
        held.push(socket);
    }
    house.pass(Duration::from_millis(1)).await;
    let mut refused = house.send("fd00::ffff", PRESENCE).await;
    let answer = head(&mut refused).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    let mut other = house.send("10.0.0.1", PRESENCE).await;
    assert_eq!(status(&mut other).await, "101", "others are not affected");
    held.pop();
    house.until_open(512).await;
    assert_eq!(status(&mut house.send("fd00::1", PRESENCE).await).await, "101", "seats are given back");
}

#[tokio::test(start_paused = true)]
async fn sockets_of_boots_that_somebody_made_up_turn_no_page_away() {
    let house = House::new();
    let mut held = Vec::new();
    for n in 0..512 {
        let mut socket = house.send("10.0.0.1", &PRESENCE.replace("b1", &format!("made{n}"))).await;
        assert_eq!(status(&mut socket).await, "101", "{n}");
        held.push(socket);
    }
    let mut page = house.send("10.0.0.1", PRESENCE).await;
    assert_eq!(status(&mut page).await, "101");
    let (_, took) = end(&mut held[0]).await;
    assert!(took < Duration::from_secs(1), "the oldest gave way: {took:?}");
    house.until_open(512).await;
}

#[tokio::test(start_paused = true)]
async fn this_machine_holds_64_links() {
    let house = House::new();
    let link =
        PRESENCE.replace("/hb_presence?appid=x&boot=b1", "/hb_link").replace("Host: x", "Host: localhost");
    let mut held = Vec::new();
    for n in 0..64 {
        let mut socket = house.send("127.0.0.1", &link).await;
        assert_eq!(status(&mut socket).await, "101", "{n}");
        held.push(socket);
    }
    let mut refused = house.send("::1", &link).await;
    let answer = head(&mut refused).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    held.pop();
    house.until_open(63).await;
    assert_eq!(status(&mut house.send("127.0.0.1", &link).await).await, "101", "seats are given back");
}
