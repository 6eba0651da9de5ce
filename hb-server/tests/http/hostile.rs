//! Peers that mean no good: none of them may disturb another, or fill anything.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::alerts::configured;
use crate::harness::{Answer, SOON, TestServer};

#[tokio::test]
async fn slow_and_silent_connections_hold_nobody_up() {
    let server = TestServer::start().await;
    let mut idle = Vec::new();
    for n in 0..200 {
        let mut stream = server.connect().await;
        // Some say nothing, some begin a head, some promise a body that never comes.
        let beginning: &[u8] = match n % 3 {
            0 => b"",
            1 => b"GET /hb_ping?5000&appid=slow HTTP/1.1\r\nHost: x\r\nX-",
            _ => b"POST /hb_ping?5000&appid=slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
        };
        stream.write_all(beginning).await.unwrap();
        idle.push(stream);
    }
    assert_eq!(server.ok("/hb_ping?5000&appid=x").await, "6000");
    drop(idle);
}

#[tokio::test]
async fn a_beat_counts_when_its_head_has_come_whatever_its_body_does() {
    let server = TestServer::start().await;
    let mut stream = server.connect().await;
    let head = b"POST /hb_ping?5000&appid=x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n";
    stream.write_all(head).await.unwrap();
    timeout(SOON, async {
        while server.engine.apps() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the beat is taken before its body");
}

#[tokio::test]
async fn too_long_a_body_costs_the_connection_but_not_the_beat() {
    let server = TestServer::start().await;
    let long = "x".repeat(16 * 1024 + 1);
    let sized = format!("Content-Length: {}\r\n\r\n{long}", long.len());
    let chunked = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{long}", long.len());
    // How long a body in pieces is shows only after the answer; this one would go on.
    for (rest, told) in [(sized, Some("close")), (chunked, None)] {
        // Keep-alive is asked for; the end of the answer is the server's doing.
        let request = format!("POST /hb_ping?5000&appid=x HTTP/1.1\r\nHost: x\r\n{rest}");
        let answer = server.raw(request.as_bytes()).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "6000"));
        assert_eq!(answer.header("connection"), told);
    }
}

#[tokio::test]
async fn garbage_ends_its_own_connection_only() {
    let server = TestServer::start().await;
    let cases: &[&[u8]] = &[
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /hb_ping?5000&appid=x HTTP/9.9\r\n\r\n",
        b"GET /hb_ping?5000&appid=<x> HTTP/1.1\r\nBad Header\r\n\r\n",
        b"POST /hb_ping?1&appid=y HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /hb_ping?1&appid=y HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
    ];
    for garbage in cases {
        let mut stream = server.connect().await;
        stream.write_all(garbage).await.unwrap();
        let mut answer = Vec::new();
        // An error answer or a reset; in any case an end.
        let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end in time");
        assert_eq!(server.ok("/hb_ping?5000&appid=fine").await, "6000");
    }
    assert_eq!(server.ok("/list").await, "fine @ 127.0.0.1\n");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_up_to_the_garbage() {
    let server = TestServer::start().await;
    let mut stream = server.connect().await;
    let two = "GET /hb_ping?1000&appid=a HTTP/1.1\r\nHost: x\r\n\r\nGET /hb_ping?2000&appid=b HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(format!("{two}\x01\x02garbage\r\n\r\n").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    timeout(SOON, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (first, second) = (text.find("2000").unwrap(), text.find("3000").unwrap());
    assert!(first < second, "{text}");
    assert_eq!(server.ok("/list").await.lines().count(), 2);
}

#[tokio::test]
async fn an_endless_head_is_cut_off() {
    let server = TestServer::start().await;
    let mut stream = server.connect().await;
    let endless = async {
        stream.write_all(b"GET /hb_ping?5000&appid=x HTTP/1.1\r\n").await?;
        loop {
            stream
                .write_all(b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")
                .await?;
        }
        #[expect(unreachable_code, reason = "names the type of the error")]
        Ok::<(), std::io::Error>(())
    };
    assert!(timeout(SOON, endless).await.expect("cut off in time").is_err());
    assert_eq!(server.ok("/list").await, "");
}

/// An event stream: being answered until it ends.
const STREAM: &[u8] = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";

async fn ends(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    let read = timeout(SOON, stream.read_to_end(&mut rest)).await.expect("an end in time");
    read.is_err() || rest.is_empty()
}

#[tokio::test]
async fn silent_connections_make_room_for_those_who_come() {
    let server = TestServer::with(|config| config.http.connections_per_address = 4).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(server.connect().await);
    }
    // All have been seen, since the last is answered.
    let last = silent.last_mut().unwrap();
    last.write_all(b"GET /hb_ping?5000&appid=x HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 512];
    let read = timeout(SOON, last.read(&mut answer)).await.unwrap().unwrap();
    assert_eq!(Answer::parse(&answer[..read]).body, "6000");
    for stream in &mut silent[..36] {
        assert!(ends(stream).await, "it held a place and said nothing");
    }
    assert_eq!(server.ok("/hb_ping?5000&appid=y").await, "6000");
}

#[tokio::test]
async fn connections_of_one_address_are_capped_and_its_families_are_one() {
    let server = TestServer::with(|config| config.http.connections_per_address = 2).await;
    let [here, there] = server.addrs[..] else { return };
    let mut held = Vec::new();
    for addr in [here, there] {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(STREAM).await.unwrap();
        assert_eq!(timeout(SOON, stream.read_u8()).await.unwrap().unwrap(), b'H');
        held.push(stream);
    }
    for addr in [here, there] {
        assert!(ends(&mut TcpStream::connect(addr).await.unwrap()).await, "{addr}: both are being answered");
    }
    drop(held);
    timeout(SOON, async {
        loop {
            let mut stream = server.connect().await;
            let mut answer = Vec::new();
            if stream.write_all(b"GET /list HTTP/1.0\r\n\r\n").await.is_ok()
                && stream.read_to_end(&mut answer).await.is_ok()
                && !answer.is_empty()
            {
                break;
            }
        }
    })
    .await
    .expect("places are given back");
}

#[tokio::test]
async fn one_address_cannot_take_all_event_streams() {
    let server = TestServer::with(|config| {
        config.engine.trust.proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let ask = async |from: &str| {
        let mut stream = server.connect().await;
        let request =
            format!("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {from}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        timeout(SOON, stream.read_exact(&mut status)).await.unwrap().unwrap();
        (stream, String::from_utf8(status.to_vec()).unwrap())
    };
    let mut held = Vec::new();
    for _ in 0..64 {
        let (stream, status) = ask("10.0.0.1").await;
        assert_eq!(status, "HTTP/1.1 200");
        held.push(stream);
    }
    assert_eq!(ask("10.0.0.1").await.1, "HTTP/1.1 503");
    assert_eq!(ask("10.0.0.2").await.1, "HTTP/1.1 200", "others are not affected");
}

#[tokio::test]
async fn a_full_table_refuses_the_new_and_keeps_the_known() {
    let server = TestServer::with(|config| config.engine.limits.apps = 2).await;
    server.ok("/hb_ping?5000&appid=a").await;
    server.ok("/hb_ping?5000&appid=b").await;
    let answer = server.get("/hb_ping?5000&appid=c").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("holds 2 apps"), "{}", answer.body);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(server.ok("/hb_ping?5000&appid=a").await, "6000");
    assert_eq!(server.ok("/hb_done?0&appid=never").await, "goodbye", "a goodbye needs no room");
    server.request("DELETE", "/api/v1/apps/127.0.0.1/b", &server.operator, "").await;
    assert_eq!(server.ok("/hb_ping?5000&appid=c").await, "6000", "room is given back");
}

#[tokio::test]
async fn a_web_page_cannot_fill_the_table_and_a_program_can() {
    let server = TestServer::with(|config| config.engine.limits.per_address = 3).await;
    let page = "Origin: https://evil.example\r\n";
    for (n, status) in [(0, 200), (1, 200), (2, 200), (3, 503)] {
        let target = format!("/hb_ping?5000&appid=p{n}&host=h{n}");
        assert_eq!(server.request("GET", &target, page, "").await.status, status, "{n}");
    }
    for n in 0..10 {
        server.ok(&format!("/hb_ping?5000&appid=program{n}")).await;
    }
    // What the page brought may go on, and what is gone makes room.
    assert_eq!(server.request("GET", "/hb_ping?5000&appid=p0&host=h0", page, "").await.status, 200);
    server.request("DELETE", "/api/v1/apps/h1/p1", &server.operator, "").await;
    assert_eq!(server.request("GET", "/hb_ping?5000&appid=p3&host=h3", page, "").await.status, 200);
}

#[tokio::test]
async fn whom_somebody_named_has_a_place_however_many_a_page_made_up() {
    let text = "[[screen]]\nhost = \"127.0.0.1\"\nshows = [\"exhibit\", \"pong*\"]\n";
    let server = TestServer::with(|config| {
        *config = configured(text);
        config.engine.limits.per_address = 2;
    })
    .await;
    let page = "Origin: https://a.example\r\n";
    for (app, status) in [("a", 200), ("b", 200), ("c", 503), ("pong1", 503), ("exhibit", 200)] {
        let target = format!("/hb_ping?5000&appid={app}&boot=b1&v=1");
        assert_eq!(server.request("GET", &target, page, "").await.status, status, "{app}");
    }
    let elsewhere = "/hb_ping?5000&appid=exhibit&host=other&boot=b2&v=1";
    assert_eq!(server.request("GET", elsewhere, page, "").await.status, 503, "nobody expects it there");
}

#[tokio::test]
async fn a_page_cannot_pass_for_a_program_by_asking_without_an_origin() {
    // What images, iframes and `no-cors` fetches send, by browsers with and without fetch metadata.
    let disguises = [
        "Sec-Fetch-Site: cross-site\r\n",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101\r\n",
    ];
    for page in disguises {
        let server = TestServer::with(|config| config.engine.limits.per_address = 1).await;
        assert_eq!(server.request("GET", "/hb_ping?5000&appid=a&host=a", page, "").await.status, 200);
        assert_eq!(
            server.request("GET", "/hb_ping?5000&appid=b&host=b", page, "").await.status,
            503,
            "{page}"
        );
    }
}

/// To its own origin a page may send any `User-Agent`, and who points its own name at our address is that.
#[tokio::test]
async fn under_a_name_that_is_not_ours_nobody_fills_the_table() {
    for (host, second) in [("evil.example:8888", 503), ("127.0.0.1:8888", 200)] {
        let server = TestServer::with(|config| config.engine.limits.per_address = 1).await;
        for (app, status) in [("a", 200), ("b", second)] {
            let request = format!(
                "GET /hb_ping?5000&appid={app} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            );
            assert_eq!(server.raw(request.as_bytes()).await.status, status, "{host} {app}");
        }
    }
}

#[tokio::test]
async fn a_forwarded_address_is_believed_from_trusted_proxies_only() {
    let forwarded = "X-Forwarded-For: 192.168.7.7\r\n";
    let plain = TestServer::start().await;
    plain.request("GET", "/hb_ping?5000&appid=x", forwarded, "").await;
    assert_eq!(plain.ok("/list").await, "x @ 127.0.0.1\n");
    let trusting = TestServer::with(|config| {
        config.engine.trust.proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    trusting.request("GET", "/hb_ping?5000&appid=x&host=liar", forwarded, "").await;
    assert_eq!(trusting.ok("/list").await, "x @ 192.168.7.7\n", "and it is no loopback peer any more");
    let status = trusting.request("GET", "/status?appid=x", forwarded, "").await.body;
    assert!(status.starts_with("OK - fine application [x @ 192.168.7.7]"), "{status}");
}

#[tokio::test]
async fn a_keep_alive_connection_serves_many_beats() {
    let server = TestServer::start().await;
    let mut stream = server.connect().await;
    for n in 0..100 {
        let request = format!("GET /hb_ping?{n}&appid=x HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = [0; 1024];
        let read = timeout(Duration::from_secs(10), stream.read(&mut bytes)).await.unwrap().unwrap();
        assert_eq!(Answer::parse(&bytes[..read]).body, (n + 1000).to_string());
    }
}
