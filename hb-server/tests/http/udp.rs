//! Beats by UDP over real sockets: what is answered, what is counted, and that nothing else happens.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use hb_server::config::{Listen, Place, Udp};
use hb_server::udp::{MAX_DATAGRAM, Stats};
use hb_server::{BindError, Config, Server};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::harness::{SOON, TestServer};

async fn server() -> TestServer {
    TestServer::with(|config| config.udp = Some(Udp::At(Listen::Loopback(0)))).await
}

/// A client's socket.
struct Asker(UdpSocket);

impl Asker {
    async fn of(server: &TestServer) -> Self {
        Self::at(server.udp_addrs[0]).await
    }

    async fn at(address: SocketAddr) -> Self {
        let here: IpAddr = if address.is_ipv4() { [127, 0, 0, 1].into() } else { Ipv6Addr::LOCALHOST.into() };
        let socket = UdpSocket::bind((here, 0)).await.unwrap();
        socket.connect(address).await.unwrap();
        Self(socket)
    }

    async fn tell(&self, datagram: impl AsRef<[u8]>) {
        self.0.send(datagram.as_ref()).await.unwrap();
    }

    async fn hear(&self) -> String {
        let mut buffer = vec![0; MAX_DATAGRAM];
        let length = timeout(SOON, self.0.recv(&mut buffer)).await.expect("an answer in time").unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    async fn ask(&self, datagram: &str) -> String {
        self.tell(datagram).await;
        self.hear().await
    }

    /// The answer to a proper question, which comes after whatever was answered before: so all of that was taken.
    async fn is_heard_after_all(&self) {
        assert_eq!(self.ask("hb1 last hb_done?0&appid=nobody").await, "hb1 last 200 goodbye");
    }
}

fn state(app: &serde_json::Value) -> &str {
    app["state"].as_str().unwrap()
}

#[tokio::test]
async fn a_beat_by_udp_is_an_app_like_any_other() {
    let server = server().await;
    let asker = Asker::of(&server).await;
    assert_eq!(asker.ask("hb1 1 hb_init?10000&appid=Tetris").await, "hb1 1 200 11000");
    assert_eq!(asker.ask("hb1 a2 hb_ping?5000&appid=Tetris&by=native\n").await, "hb1 a2 200 6000");
    let app = server.get("/api/v1/apps/127.0.0.1/Tetris").await.json();
    assert_eq!(state(&app), "up", "{app}");
    server.pass(1_000);
    assert_eq!(asker.ask("hb1 3 hb_state?5000&appid=Tetris&v=1&state=no-frames").await, "hb1 3 200 6000");
    let app = server.get("/api/v1/apps/127.0.0.1/Tetris").await.json();
    assert_eq!((state(&app), app["cause"].as_str()), ("stalled", Some("no-frames")), "{app}");
    assert_eq!(asker.ask("hb1 4 hb_done?0&appid=Tetris").await, "hb1 4 200 goodbye");
    let app = server.get("/api/v1/apps/127.0.0.1/Tetris").await.json();
    assert_eq!(state(&app), "done", "{app}");
    // From loopback a declared host is believed, as by HTTP.
    asker.ask("hb1 5 hb_ping?5000&appid=Tetris&host=kiosk-3").await;
    assert_eq!(server.get("/api/v1/apps/kiosk-3/Tetris").await.status, 200);
    assert_eq!(server.udp.stats(), Stats { received: 5, ..Stats::default() });
}

#[tokio::test]
async fn every_socket_takes_beats() {
    let server = server().await;
    for &address in &server.udp_addrs {
        let answer = Asker::at(address).await.ask("hb1 1 hb_ping?5000&appid=x").await;
        assert_eq!(answer, "hb1 1 200 6000", "{address}");
    }
    assert_eq!(server.ok("/list").await, "x @ 127.0.0.1\n", "all loopback addresses are one host");
}

#[tokio::test]
async fn this_machine_may_stand_beside_other_places() {
    let places = vec![Place::Loopback(0), Place::Address("127.0.0.1:0".parse().unwrap())];
    let server = TestServer::with(|config| config.udp = Some(Udp::At(Listen::Only(places)))).await;
    // Whether the host has ::1 is not ours to say.
    assert_eq!(server.udp_addrs.iter().filter(|address| address.is_ipv4()).count(), 2);
    for &address in &server.udp_addrs {
        let answer = Asker::at(address).await.ask("hb1 1 hb_ping?5000&appid=x").await;
        assert_eq!(answer, "hb1 1 200 6000", "{address}");
    }
}

#[tokio::test]
async fn without_an_address_it_is_where_http_is() {
    let config = Config { listen: Listen::Loopback(0), udp: Some(Udp::Beside), ..Config::default() };
    let server = loop {
        match Server::bind(config.clone()).await {
            Ok(server) => break server,
            // The system chose the port for TCP, and somebody has it for UDP.
            Err(BindError::Udp { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(server.udp_addrs(), server.addrs());
    let taken = Config { udp: Some(Udp::At(Listen::Loopback(server.udp_addrs()[0].port()))), ..config };
    let error = Server::bind(taken).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot take beats by UDP on 127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn it_is_off_unless_asked_for() {
    let server = TestServer::start().await;
    assert_eq!(server.udp_addrs, []);
    assert!(server.get("/healthz").await.json().get("udp").is_none());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_what_is_no_question_gets_silence() {
    let server = server().await;
    let asker = Asker::of(&server).await;
    let room = " ".repeat(200);
    for (line, sentence) in [
        ("hb_ping?abc&appid=x", "400 T is `abc`: expected a promise in whole milliseconds"),
        ("hb_ping?5000", "400 appid is missing"),
        ("hb_state?5000&appid=x&state=bored", "400 state is `bored`: expected one of starting, "),
        ("hb_pong?5000&appid=x", "400 UDP takes hb_init, hb_ping, hb_done and hb_state"),
        ("list", "400 UDP takes"),
        ("status?appid=x", "400 UDP takes"),
        ("heartbeat.html?container=x&next=5000", "400 UDP takes"),
    ] {
        let answer = asker.ask(&format!("hb1 k {line}{room}")).await;
        assert!(answer.starts_with(&format!("hb1 k {sentence}")), "{line}: {answer}");
    }
    let silent: [&[u8]; 6] = [
        b"",
        b"\0\x01\0\0!\x12\xa4B",
        b"hello",
        b"hb2 1 hb_ping?5000&appid=x",
        b"hb1 1 hb_ping?\xff",
        b"hb1 \n x",
    ];
    for datagram in silent {
        asker.tell(datagram).await;
    }
    asker.is_heard_after_all().await;
    let expected = Stats { received: 7 + 6 + 1, refused: 7, unreadable: 6, ..Stats::default() };
    assert_eq!(server.udp.stats(), expected);
    let health = server.get("/healthz").await.json();
    let counted = ["received", "refused", "unreadable", "dropped"].map(|count| health["udp"][count].as_u64());
    assert_eq!(counted, [Some(14), Some(7), Some(6), Some(0)], "{health}");
    assert_eq!(server.engine.apps(), 0);
}

#[tokio::test]
async fn no_answer_is_longer_than_its_question() {
    let server = server().await;
    let asker = Asker::of(&server).await;
    for line in
        ["hb_ping?&appid=x", "hb_done?&appid=x", "hb_ping?x", "hb_ping?-&appid=€", "status", "a?bcdef"]
    {
        let question = format!("hb1 1 {line}");
        let answer = asker.ask(&question).await;
        assert!(answer.len() <= question.len(), "{question}: {answer}");
    }
    asker.tell("hb1 1 x").await;
    asker.is_heard_after_all().await;
    assert_eq!(server.udp.stats().unanswered, 1, "not even the status fits");
}

#[tokio::test]
async fn an_answer_is_never_answered() {
    let server = server().await;
    let asker = Asker::of(&server).await;
    for answer in ["hb1 1 200 6000", "hb1 1 400 T is `x`", "hb1 1 503 "] {
        asker.tell(answer).await;
    }
    asker.is_heard_after_all().await;
    assert_eq!(server.udp.stats(), Stats { received: 4, unmatched: 3, ..Stats::default() });
}

#[tokio::test]
async fn a_datagram_that_is_too_long_is_counted_and_nothing_else() {
    let server = server().await;
    let asker = Asker::of(&server).await;
    let of = |length: usize| format!("{:length$}", "hb1 1 hb_ping?5000&appid=x");
    for length in [MAX_DATAGRAM + 1, MAX_DATAGRAM + 2, 60_000] {
        asker.tell(of(length)).await;
    }
    asker.is_heard_after_all().await;
    assert_eq!((server.udp.stats().unreadable, server.engine.apps()), (3, 0));
    assert_eq!(asker.ask(&of(MAX_DATAGRAM)).await, "hb1 1 200 6000");
}

#[tokio::test]
async fn a_question_that_comes_twice_is_answered_twice_and_counts_once() {
    let server = server().await;
    let asker = Asker::of(&server).await;
    let ping = "hb1 7 hb_ping?5000&appid=x&v=1&boot=b1&seq=1";
    for _ in 0..2 {
        assert_eq!(asker.ask(ping).await, "hb1 7 200 6000");
    }
    assert_eq!(server.engine.apps(), 1);
    // A copy that was held up on its way raises nobody from the dead, where the app numbers what it says.
    assert_eq!(asker.ask("hb1 8 hb_done?0&appid=x&v=1&boot=b1&seq=2").await, "hb1 8 200 goodbye");
    assert_eq!(asker.ask(ping).await, "hb1 7 200 6000");
    assert_eq!(server.ok("/list").await, "");
}

#[tokio::test]
async fn ten_thousand_random_datagrams_leave_a_server_that_beats() {
    let server = server().await;
    let asker = Asker::of(&server).await;
    // A fixed sequence (xorshift), so that a failure can be repeated.
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let proper = b"hb1 1 hb_ping?5000&appid=x&v=1&boot=b1&seq=1&frames=3&state=ok";
    let mut sent = 0;
    for round in 0..100 {
        for _ in 0..100 {
            let datagram: Vec<u8> = if random() % 2 == 0 {
                (0..random() % 300).map(|_| random() as u8).collect()
            } else {
                // Almost right: a few bytes of a beat are others, and it may be cut off.
                let mut datagram = proper[..=random() as usize % (proper.len() - 1)].to_vec();
                for _ in 0..random() % 4 {
                    let at = random() as usize % datagram.len();
                    datagram[at] = random() as u8;
                }
                datagram
            };
            asker.tell(datagram).await;
            sent += 1;
        }
        // In step with the server, so that the system has no reason to drop any.
        asker.tell(format!("hb1 round{round} hb_done?0&appid=nobody")).await;
        let end = format!("hb1 round{round} 200 goodbye");
        while asker.hear().await != end {}
    }
    assert_eq!(sent, 10_000);
    let stats = server.udp.stats();
    assert_eq!((stats.received + stats.dropped, stats.dropped), (10_100, 0), "{stats:?}");
    assert!(stats.unreadable > 5_000 && stats.refused > 0, "{stats:?}");
    assert_eq!(asker.ask("hb1 1 hb_ping?5000&appid=alive").await, "hb1 1 200 6000");
}

#[tokio::test]
async fn a_server_that_stops_closes_the_door() {
    let server = server().await;
    let (address, asker) = (server.udp_addrs[0], Asker::of(&server).await);
    asker.is_heard_after_all().await;
    // A handle that somebody keeps keeps no socket open.
    let _door = server.udp.clone();
    server.stop().await;
    UdpSocket::bind(address).await.expect("the port is free again");
}

#[tokio::test]
async fn a_full_server_says_so_by_udp_too() {
    let server = TestServer::with(|config| {
        config.udp = Some(Udp::At(Listen::Loopback(0)));
        config.engine.limits.apps = 1;
    })
    .await;
    let asker = Asker::of(&server).await;
    assert_eq!(asker.ask("hb1 1 hb_ping?5000&appid=a").await, "hb1 1 200 6000");
    let question = format!("hb1 2 hb_ping?5000&appid=b{}", " ".repeat(100));
    assert!(asker.ask(&question).await.starts_with("hb1 2 503 this server holds 1 apps"));
    assert_eq!(asker.ask("hb1 3 hb_ping?5000&appid=a").await, "hb1 3 200 6000", "who is known goes on");
}
