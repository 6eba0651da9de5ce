//! The JSON interface: views, filters, forgetting, health, and who may ask.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::harness::{Answer, SOON, Stream, TestServer};

#[tokio::test]
async fn an_app_is_seen_with_all_that_is_known() {
    let server = TestServer::start().await;
    server
        .ok("/hb_ping?5000&appid=a%2Fb&v=1&boot=a1b2c3d4e5f6g7h8&seq=7&by=frame&frames=120&age=16&vis=visible&gl=ok")
        .await;
    server.pass(1_500);
    let view = server.get("/api/v1/apps/127.0.0.1/a%2Fb").await.json();
    let expected = [
        ("/app", "\"a/b\""),
        ("/host", "\"127.0.0.1\""),
        ("/slot", "\"\""),
        ("/state", "\"up\""),
        ("/cause", "\"none\""),
        ("/nagios", "\"OK\""),
        ("/since", "\"2026-01-01T00:00:00.000Z\""),
        ("/last_beat_age_ms", "1500"),
        ("/last_word_age_ms", "null"),
        ("/promise_ms", "5000"),
        ("/granted_ms", "6000"),
        ("/overdue", "0.25"),
        ("/policy", "\"auto\""),
        ("/muted", "false"),
        ("/conflict", "false"),
        ("/new", "true"),
        ("/boot", "\"a1b2\""),
        ("/seq", "7"),
        ("/vitals", r#"{"age":16,"by":"frame","frames":120,"gl":"ok","v":1,"vis":"visible"}"#),
        ("/frame_age_ms", "1516"),
        ("/reloads", "0"),
    ];
    for (pointer, value) in expected {
        let found = view.pointer(pointer).map(ToString::to_string);
        assert_eq!(found.as_deref(), Some(value), "{pointer} in {view}");
    }
}

#[tokio::test]
async fn an_app_that_only_reports_has_a_last_word_and_no_beat() {
    let server = TestServer::start().await;
    let ages = async |passed: u64| {
        server.pass(passed);
        let view = server.get("/api/v1/apps/127.0.0.1/x").await.json();
        (view["last_beat_age_ms"].as_u64(), view["last_word_age_ms"].as_u64(), view["overdue"].as_f64())
    };
    server.ok("/hb_state?5000&appid=x&v=1&boot=b1&seq=1&state=no-frames").await;
    assert_eq!(ages(1_500).await, (None, Some(1_500), Some(0.25)), "silence counts from the word");
    server.ok("/hb_ping?5000&appid=x&v=1&boot=b1&seq=2&by=frame&frames=10&age=5&state=ok").await;
    assert_eq!(ages(500).await, (Some(500), Some(2_000), Some(0.083)), "a beat is no word");
}

#[tokio::test]
async fn the_worst_comes_first_and_filters_choose() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?1000&appid=old").await;
    server.pass(7_000);
    server.ok("/hb_ping?60000&appid=fresh").await;
    let names = async |target: &str| -> Vec<String> {
        let json = server.get(target).await.json();
        json.as_array().unwrap().iter().map(|app| app["app"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("/api/v1/apps").await, ["old", "fresh"]);
    assert_eq!(names("/api/v1/apps?state=up").await, ["fresh"]);
    assert_eq!(names("/api/v1/apps?q=OL").await, ["old"]);
    assert_eq!(names("/api/v1/apps?limit=1").await, ["old"]);
    assert_eq!(names("/api/v1/apps?q=nothing").await, [""; 0]);
    let answer = server.get("/api/v1/apps?state=bogus").await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("`bogus` is no state"), "{}", answer.body);
}

#[tokio::test]
async fn errors_are_problem_documents() {
    let server = TestServer::start().await;
    for (target, status) in
        [("/api/v1/apps/h/none", 404), ("/api/v1/nope", 404), ("/api/v1/apps/h/a%0Ab", 400)]
    {
        let answer = server.get(target).await;
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{target}");
        assert_eq!(answer.json()["status"], status, "{target}");
    }
}

#[tokio::test]
async fn dismissing_a_conflict_ends_it() {
    let server = TestServer::start().await;
    for boot in ["a", "b", "a"] {
        server.ok(&format!("/hb_ping?60000&appid=x&slot=left&v=1&boot={boot}")).await;
    }
    let app = "/api/v1/apps/127.0.0.1/x?slot=left";
    assert_eq!(server.get(app).await.json()["conflict"], true);
    let target = "/api/v1/apps/127.0.0.1/x/conflict?slot=left";
    // What is no more can be dismissed once more.
    for _ in 0..2 {
        assert_eq!(server.request("DELETE", target, &server.operator, "").await.status, 204);
    }
    assert_eq!(server.get(app).await.json()["conflict"], false);
    let nobody = "/api/v1/apps/127.0.0.1/x/conflict";
    assert_eq!(server.request("DELETE", nobody, &server.operator, "").await.status, 404);
}

#[tokio::test]
async fn no_page_of_a_stranger_reads_the_api() {
    let server = TestServer::start().await;
    let targets = [
        "/api/v1/apps",
        "/api/v1/apps?state=bogus",
        "/api/v1/apps/h/none",
        "/api/v1/nope",
        "/api/nope",
        "//api/v1/apps",
        "/api/hb_ping?5000&appid=x",
    ];
    for target in targets {
        for method in ["GET", "HEAD", "POST", "OPTIONS", "DELETE"] {
            for origin in ["https://evil.example", "null", "http://localhost:3000"] {
                let headers = format!("Origin: {origin}\r\nContent-Length: 0\r\n");
                let answer = server.request(method, target, &headers, "").await;
                let open = answer.headers.iter().find(|(name, _)| name.starts_with("access-control-"));
                assert_eq!(open, None, "{method} {target}");
                let shared = answer.header("cross-origin-resource-policy");
                assert_eq!(shared, Some("same-origin"), "{method} {target}");
                let others = (answer.header("hb-server"), answer.header("cache-control"));
                assert_eq!(others, (Some("hb/1"), Some("no-store")), "{method} {target}");
            }
        }
    }
    let mut stream = server.connect().await;
    let request = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(SOON, stream.read_u8()).await.unwrap().unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && !head.contains("access-control-"), "{head}");
}

#[tokio::test]
async fn what_is_told_of_a_page_does_not_let_another_speak_for_it() {
    let server = TestServer::start().await;
    let boot = "0123456789abcdef";
    server.ok(&format!("/hb_ping?60000&appid=x&v=1&boot={boot}&seq=1&by=frame&frames=9&age=1")).await;
    let mut stream = Stream::open(&server, None).await;
    let snapshot = stream.next().await.data["apps"].to_string();
    for told in [server.ok("/api/v1/apps").await, server.ok("/api/v1/apps/127.0.0.1/x").await, snapshot] {
        assert!(told.contains(r#""boot":"0123""#) && !told.contains("01234"), "{told}");
    }
    // Its own short name, in full, would be no secret at all.
    server.ok("/hb_ping?60000&appid=y&v=1&boot=b1&seq=1&by=frame&frames=9&age=1").await;
    assert_eq!(server.get("/api/v1/apps/127.0.0.1/y").await.json()["boot"], "b");
}

#[tokio::test]
async fn pages_and_views_answer_only_to_names_of_ours_and_beats_to_all() {
    let server = TestServer::with(|config| config.http.hosts = vec!["hall3.example".into()]).await;
    let cases = [
        ("/api/v1/apps", "evil.example", 421),
        ("/api/v1/events", "evil.example", 421),
        ("/", "evil.example:8888", 421),
        ("/demo/", "evil.example", 421),
        ("/", "hall3.example:8888", 200),
        ("/", "127.0.0.1:8888", 200),
        ("/", "[::1]:8888", 200),
        ("/hb_ping?5000&appid=x", "evil.example", 200),
        ("/status", "evil.example", 200),
        ("/healthz", "evil.example", 200),
        ("http://evil.example/", "127.0.0.1", 421),
        ("http://hall3.example:8888/", "evil.example", 200),
    ];
    for (target, host, status) in cases {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(server.raw(request.as_bytes()).await.status, status, "{target} {host}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_not_even_ask_the_api() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x").await;
    for target in ["/api/v1/apps", "/api/v1/apps/127.0.0.1/x", "/api/v1/events"] {
        // A frame of a page at localhost:3000, and one of a page somewhere.
        for site in ["same-site", "cross-site"] {
            let headers = format!("Sec-Fetch-Site: {site}\r\nSec-Fetch-Dest: iframe\r\n");
            let refused = server.request("GET", target, &headers, "").await;
            assert_eq!(refused.status, 403, "{target} {site}");
            assert!(refused.body.contains("another origin may not ask"), "{target}: {}", refused.body);
        }
    }
    for headers in ["", "Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: none\r\n"] {
        let answer = server.request("GET", "/api/v1/apps", headers, "").await;
        assert_eq!(answer.status, 200, "{headers}");
        assert_eq!(answer.header("content-security-policy"), Some("frame-ancestors 'none'"), "{headers}");
        Stream::open_as(&server, "", headers).await.next().await;
    }
    // A link to the dashboard is followed from anywhere, and beats come from anywhere.
    for target in ["/", "/hb_ping?5000&appid=x", "/list"] {
        assert_eq!(server.request("GET", target, "Sec-Fetch-Site: cross-site\r\n", "").await.status, 200);
    }
}

#[tokio::test]
async fn health_counts() {
    let server = TestServer::start().await;
    for _ in 0..3 {
        server.ok("/hb_ping?5000&appid=x").await;
    }
    server.ok("/hb_ping?5000&appid=y").await;
    server.ok("/hb_done?0&appid=y").await;
    let healthy = server.get("/healthz").await;
    assert_eq!(healthy.status, 200);
    let json = healthy.json();
    assert_eq!(json["status"], "ok");
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert!(json["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{json}");
    assert_eq!((&json["apps"], &json["tracked"]), (&2.into(), &1.into()));
    assert_eq!(json["beats"], 5);
}

#[tokio::test]
async fn pages_and_demos_are_embedded_with_the_types_browsers_insist_on() {
    let server = TestServer::start().await;
    let cases = [
        ("/", 200, "text/html; charset=utf-8"),
        ("/main.js", 200, "text/javascript; charset=utf-8"),
        ("/style.css", 200, "text/css; charset=utf-8"),
        ("/icons/good.svg", 200, "image/svg+xml"),
        ("/demo/", 200, "text/html; charset=utf-8"),
        ("/demo/webgl/", 200, "text/html; charset=utf-8"),
        ("/demo/lab/lab.js", 200, "text/javascript; charset=utf-8"),
        ("/demo/none/", 404, "application/problem+json"),
        ("/demo/webgl/../../package.json", 404, "application/problem+json"),
        ("/demo/package.json", 404, "application/problem+json"),
    ];
    for (target, status, kind) in cases {
        let answer = server.get(target).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(kind)), "{target}");
    }
    for (target, location) in [("/demo", "/demo/"), ("/demo/webgl?HB_URL=x", "webgl/?HB_URL=x")] {
        let answer = server.get(target).await;
        assert_eq!((answer.status, answer.header("location")), (308, Some(location)), "{target}");
    }
}

#[tokio::test]
async fn the_dashboard_loads_only_its_own_and_nobody_else_frames_it() {
    let server = TestServer::start().await;
    let tag = server.get("/").await.header("etag").unwrap().to_owned();
    let known = format!("If-None-Match: {tag}\r\n");
    let person = "Accept: text/html\r\n";
    for (target, headers, status, wanted) in [
        ("/", "", 200, ["default-src 'self'", "frame-ancestors 'none'"]),
        ("/", &known, 304, ["default-src 'self'", "frame-ancestors 'none'"]),
        ("/login", "", 200, ["default-src 'self'", "frame-ancestors 'none'"]),
        ("/index.html", "", 200, ["default-src 'self'", "frame-ancestors 'none'"]),
        ("/icons/good.svg", "", 200, ["default-src 'self'", "frame-ancestors 'none'"]),
        ("/nonsense", person, 404, ["default-src 'none'", "frame-ancestors 'none'"]),
    ] {
        let answer = server.request("GET", target, headers, "").await;
        let policy = answer.header("content-security-policy").unwrap_or_default();
        let rules: Vec<&str> = policy.split("; ").collect();
        assert!(wanted.iter().all(|rule| rules.contains(rule)), "{target}: {policy}");
        assert_eq!(answer.status, status, "{target}");
        assert!(!policy.contains("'unsafe-inline'") || policy.starts_with("default-src 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
        if status != 404 {
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{target}");
        }
    }
    // The demos are pages of the same origin as the sessions: whatever they are told, they run nothing from elsewhere.
    for target in ["/demo/", "/demo/kiosk/?HB_URL=http://e.vil", "/demo/kiosk/kiosk.js"] {
        let answer = server.get(target).await;
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("script-src 'self' 'wasm-unsafe-eval'; "), "{target}: {policy}");
        // In a stranger's frame they would open links, as pages of ours, in the name of any app that he chooses.
        assert!(policy.ends_with("; frame-ancestors 'self'"), "{target}: {policy}");
    }
    // What the policy forbids is not there to be missed.
    for page in ["/", "/login"] {
        let html = server.get(page).await.body;
        for script in html.split("<script").skip(1) {
            assert!(script.contains(" src=") && script.contains("></script>"), "{page}: {script}");
        }
        assert!(!html.contains(" style=") && !html.contains(" onclick="), "{page}");
    }
}

#[tokio::test]
async fn an_embedded_page_is_sent_once() {
    let server = TestServer::start().await;
    let page = server.get("/").await;
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let tag = page.header("etag").unwrap();
    let again = server.request("GET", "/", &format!("If-None-Match: {tag}\r\n"), "").await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let other = server.request("GET", "/", "If-None-Match: \"other\"\r\n", "").await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn who_reads_gzip_is_sent_less_than_half() {
    let server = TestServer::start().await;
    let (mut plain, mut packed) = (0, 0);
    for target in
        ["/", "/style.css", "/main.js", "/details.js", "/lang/de.json", "/demo/kiosk/kiosk.js", "/hb.js"]
    {
        let sent = async |headers: &str| server.request("HEAD", target, headers, "").await;
        let length = |answer: &Answer| answer.header("content-length").unwrap().parse::<u32>().unwrap();
        let as_it_is = sent("Accept-Encoding: br, zstd\r\n").await;
        let small = sent("Accept-Encoding: gzip, br\r\n").await;
        assert_eq!(
            (as_it_is.header("content-encoding"), small.header("content-encoding")),
            (None, Some("gzip")),
            "{target}"
        );
        for answer in [&as_it_is, &small] {
            assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{target}");
            assert_eq!(answer.header("content-type"), as_it_is.header("content-type"), "{target}");
        }
        // Two things, each with a name of its own; who has one has not the other.
        let (tag, other) = (small.header("etag").unwrap(), as_it_is.header("etag").unwrap());
        assert_ne!(tag, other, "{target}");
        for (reads, has, status) in
            [("gzip", tag, 304), ("gzip", other, 200), ("identity", other, 304), ("identity", tag, 200)]
        {
            let known = sent(&format!("Accept-Encoding: {reads}\r\nIf-None-Match: {has}\r\n")).await;
            assert_eq!(
                (known.status, known.header("vary")),
                (status, Some("Accept-Encoding")),
                "{target} {reads}"
            );
        }
        (plain, packed) = (plain + length(&as_it_is), packed + length(&small));
    }
    assert!(packed * 2 < plain, "{packed} of {plain} bytes");
    // What is made anew is sent as it is made, and nothing keeps a stream waiting.
    for target in ["/api/v1/apps", "/healthz"] {
        let answer = server.request("GET", target, "Accept-Encoding: gzip\r\n", "").await;
        assert_eq!((answer.status, answer.header("content-encoding")), (200, None), "{target}");
    }
}

#[tokio::test]
async fn a_person_who_is_lost_finds_the_dashboard_and_a_program_what_it_always_found() {
    const BROWSER: &str = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
    let server = TestServer::start().await;
    for target in ["/nonsense", "/dashboard/", "/a/b?x=1", "/walls", "/demo/none/"] {
        let page = server.request("GET", target, BROWSER, "").await;
        let kind = page.header("content-type");
        assert_eq!((page.status, kind), (404, Some("text/html; charset=utf-8")), "{target}");
        assert!(page.body.contains("<a href=\"/\">"), "{target}: {}", page.body);
        assert!(page.header("content-security-policy").is_some(), "{target}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{target}");
        assert_ne!(server.request("GET", target, "Accept: */*\r\n", "").await.header("content-type"), kind);
    }
    // What speaks to programs, or teaches the protocol, says the same to everybody.
    for target in
        ["/hb_pnig?5000&appid=x", "/hb_ping?abc&appid=x", "/api/v1/nope", "/api/v1/apps/h/none", "/status"]
    {
        let (person, program) = (server.request("GET", target, BROWSER, "").await, server.get(target).await);
        assert_eq!((person.status, &person.body), (program.status, &program.body), "{target}");
    }
    let posted = server.request("POST", "/nonsense", &format!("{BROWSER}Content-Length: 0\r\n"), "").await;
    assert_eq!(posted.status, 400);
}
