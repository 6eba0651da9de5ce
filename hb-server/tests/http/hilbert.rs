//! Every row of the command and input tables of the Hilbert protocol, byte for byte.

use crate::harness::TestServer;

#[tokio::test]
async fn commands_are_answered_as_ever() {
    let server = TestServer::start().await;
    let cases: &[(&str, &str)] = &[
        ("/hb_init?5000&appid=x", "6000"),
        ("/hb_ping?5000&appid=x", "6000"),
        ("/hb_ping?&appid=x", "1000"),
        ("/hb_ping?appid=x", "1000"),
        ("/hb_ping?0&appid=x", "1000"),
        ("/hb_ping?1.5&appid=x", "1002"),
        ("/hb_ping?604800000&appid=x", "604801000"),
        ("/hb_ping?5000&cache_buster=17&appid=x&debug", "6000"),
        ("/hb_ping?5000&appid=x&v=1&boot=b1&seq=1&frames=nonsense", "6000"),
        ("//hb_ping?5000&appid=x", "6000"),
        ("/some/prefix/hb_ping?5000&appid=x", "6000"),
        ("/hb_state?5000&appid=x&state=no-frames", "6000"),
        ("/heartbeat.html?container=pong&next=5000", "6000"),
        ("/?container=pong&next=5000", "6000"),
        ("/hb_done?0&appid=x", "goodbye"),
        ("/hb_done?0&appid=never-seen", "goodbye"),
    ];
    for (target, body) in cases {
        for method in ["GET", "POST"] {
            let answer = server.request(method, target, "Content-Length: 0\r\n", "").await;
            assert_eq!((answer.status, answer.body.as_str()), (200, *body), "{method} {target}");
            assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{target}");
        }
    }
}

#[tokio::test]
async fn bodies_of_the_field_are_accepted_and_ignored() {
    let server = TestServer::start().await;
    let long = "x".repeat(16 * 1024);
    let cases = [
        ("", ""),
        ("Content-Type: application/json\r\n", r#"{"appid":"other"}"#),
        ("Content-Type: application/x-www-form-urlencoded\r\n", "appid=other&x=1"),
        ("Content-Type: text/plain;charset=UTF-8\r\n", "whatever"),
        ("Content-Type: application/octet-stream\r\n", long.as_str()),
    ];
    for (kind, body) in cases {
        let headers = format!("{kind}Content-Length: {}\r\n", body.len());
        let answer = server.request("POST", "/hb_ping?5000&appid=x", &headers, body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "6000"), "{kind}");
    }
    assert_eq!(server.ok("/list").await, "x @ 127.0.0.1\n");
}

#[tokio::test]
async fn bad_input_gets_one_line_and_registers_nothing() {
    let server = TestServer::start().await;
    let long = format!("/hb_ping?1&appid={}", "x".repeat(256));
    let huge = format!("/hb_ping?1&appid={}", "%61".repeat(4096));
    let cases: &[(&str, &str)] = &[
        ("/hb_ping?abc&appid=x", "T is `abc`"),
        ("/hb_ping?-5&appid=x", "T is `-5`"),
        ("/hb_ping?%2B5&appid=x", "T is"),
        ("/hb_ping?1e3&appid=x", "T is `1e3`"),
        ("/hb_ping?99999999999999999999&appid=x", "T is 99999999999999999999 ms"),
        ("/hb_ping?604800001&appid=x", "T is 604800001 ms"),
        ("/hb_ping?5000", "appid is missing"),
        ("/hb_init?5000&appid=", "appid is empty"),
        ("/hb_done?0", "appid is missing"),
        ("/hb_ping?5000&appid=a%0Ab", "appid contains the control character U+000A"),
        ("/hb_ping?5000&appid=a%00b", "appid contains the control character U+0000"),
        ("/hb_ping?5000&appid=a%E2%80%AEb", "appid contains the invisible character U+202E"),
        ("/hb_ping?5000&appid=Tet%E2%80%8Bris", "appid contains the invisible character U+200B"),
        ("/hb_ping?5000&appid=x&host=%E2%80%AE", "host contains the invisible character U+202E"),
        ("/hb_ping?5000&appid=%FF%FE", "appid is not UTF-8"),
        (&long, "appid is 256 bytes long"),
        (&huge, "appid is 4096 bytes long"),
        ("/hb_state?5000&appid=x", "state is missing"),
        ("/hb_state?5000&appid=x&state=bogus", "state is `bogus`"),
        ("/page?container=&next=1", "container is empty"),
        ("/page?containers=x&next=1", "unknown command"),
        ("/page?next=1&xcontainer=x", "unknown command"),
        ("/hb_bogus?5000&appid=x", "unknown command"),
        ("/nonsense", "unknown command"),
    ];
    for (target, beginning) in cases {
        let answer = server.get(target).await;
        assert_eq!(answer.status, 400, "{target}: {answer:?}");
        assert!(answer.body.starts_with(beginning), "{target}: {}", answer.body);
        assert!(!answer.body.contains('\n'), "{target}: {}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{target}");
    }
    assert_eq!(server.ok("/list").await, "");
}

#[tokio::test]
async fn names_are_decoded_after_splitting_and_shown_verbatim() {
    let server = TestServer::start().await;
    for (sent, shown) in [("a%26b", "a&b"), ("c%3Fd", "c?d"), ("Gr%C3%B6%C3%9Fe", "Größe"), ("e%20f", "e f")]
    {
        server.ok(&format!("/hb_ping?5000&appid={sent}")).await;
        server.pass(1);
        let list = server.ok("/list").await;
        assert_eq!(list.lines().last(), Some(format!("{shown} @ 127.0.0.1").as_str()));
    }
}

#[tokio::test]
async fn every_answer_may_be_read_by_any_page_and_stored_by_none() {
    let server = TestServer::start().await;
    let targets = [
        "/hb_ping?5000&appid=x",
        "/hb_ping?bad&appid=x",
        "/list",
        "/status",
        "/nope",
        "/hb_presence?appid=x&boot=b",
        "/healthz",
        "/hb.js",
        "/demo/",
        "/demo/none/",
        "/client/none.js",
        "/",
    ];
    for target in targets {
        for (method, headers) in
            [("GET", ""), ("OPTIONS", ""), ("PATCH", ""), ("GET", "Host: evil.example\r\n")]
        {
            let answer = server.request(method, target, headers, "").await;
            let has = |name: &str, value: &str| {
                assert_eq!(answer.header(name), Some(value), "{method} {target}: {answer:?}");
            };
            has("access-control-allow-origin", "*");
            has("access-control-expose-headers", "HB-Server");
            has("cross-origin-resource-policy", "cross-origin");
            has("hb-server", "hb/1");
            let cache = answer.header("cache-control").unwrap();
            assert!(cache == "no-store" || cache == "no-cache", "{target}: {cache}");
            assert_eq!(answer.header("content-encoding"), None);
        }
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let server = TestServer::start().await;
    let head = server.request("HEAD", "/hb_ping?5000&appid=x", "", "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some("4"));
    assert_eq!(server.ok("/list").await, "x @ 127.0.0.1\n", "it was a beat");
    assert_eq!(server.request("HEAD", "/hb_ping?bad&appid=x", "", "").await.status, 400);
}

#[tokio::test]
async fn preflights_are_answered_everywhere() {
    let server = TestServer::start().await;
    let asked = "Origin: https://exhibit.example\r\nAccess-Control-Request-Method: POST\r\n\
                 Access-Control-Request-Private-Network: true\r\n";
    for target in ["/hb_ping", "/", "/anything", "*"] {
        let answer = server.request("OPTIONS", target, asked, "").await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{target}");
        assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST, HEAD"));
        assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
        assert_eq!(answer.header("content-length"), None, "a 204 has none");
    }
}

#[tokio::test]
async fn a_preflight_of_a_beat_allows_what_clients_send_for_a_day() {
    let server = TestServer::start().await;
    let answer = server.request("OPTIONS", "/hb_ping", "Origin: https://exhibit.example\r\n", "").await;
    let expected = [
        ("allow", Some("GET, POST, HEAD, OPTIONS")),
        ("access-control-allow-headers", Some("Content-Type, Last-Event-ID")),
        ("access-control-max-age", Some("86400")),
        ("content-type", None),
    ];
    for (name, value) in expected {
        assert_eq!(answer.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_what_would_do() {
    let server = TestServer::start().await;
    for target in ["/hb_ping?5000&appid=x", "/list", "/status", "/nope", "/page?container=x"] {
        for method in ["PUT", "DELETE", "PATCH", "BREW"] {
            let answer = server.request(method, target, "", "").await;
            assert_eq!(answer.status, 405, "{method} {target}");
            assert_eq!(answer.header("allow"), Some("GET, POST, HEAD, OPTIONS"));
        }
    }
    assert_eq!(server.ok("/list").await, "");
}

#[tokio::test]
async fn answers_are_never_compressed() {
    let server = TestServer::start().await;
    let wget = "Accept-Encoding: gzip, deflate\r\n";
    let answer = server.request("GET", "/hb_ping?5000&appid=x", wget, "").await;
    assert_eq!((answer.body.as_str(), answer.header("content-encoding")), ("6000", None));
}

#[tokio::test]
async fn no_browser_guesses_what_an_answer_is() {
    let server = TestServer::start().await;
    for target in
        ["/hb_ping?5000&appid=%3Cscript%3E", "/list", "/status", "/nope", "/api/v1/apps", "/", "/hb.js"]
    {
        assert_eq!(server.get(target).await.header("x-content-type-options"), Some("nosniff"), "{target}");
    }
}

#[tokio::test]
async fn both_families_and_both_versions_are_one_host() {
    let server = TestServer::start().await;
    for addr in &server.addrs {
        let old = server.raw_at(*addr, b"GET /hb_ping?5000&appid=x HTTP/1.0\r\n\r\n").await;
        assert_eq!((old.status, old.body.as_str()), (200, "6000"), "{addr}");
    }
    assert_eq!(server.ok("/list").await, "x @ 127.0.0.1\n");
}

#[tokio::test]
async fn a_host_is_what_loopback_declares() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x&host=kiosk-7").await;
    server.pass(1);
    server.ok("/hb_ping?5000&appid=x&host=kiosk-7&slot=left").await;
    assert_eq!(server.ok("/list").await, "x @ kiosk-7\nx @ kiosk-7#left\n");
}
