//! `/metrics` over a socket: its two forms, what it says of a screen that is muted, missing and in trouble, and who may not
//! read it. Each family by itself is tested in its room, the hostile name in `hostile_id.rs`, Prometheus in `tests/e2e`.

use hb_core::expect::{Expected, Place};
use hb_core::id::{Glob, Who};
use hb_core::incident::Group;
use hb_core::window::{Kind, Mute, Scope, When};
use hb_lease::time::Wall;
use hb_server::watch::Request;
use tokio::time::timeout;

use crate::alerts::{HOUSE, SCREEN, configured, freeze};
use crate::harness::{SOON, Stream, TestServer};
use crate::receiver::{Answer, Receiver};

/// The tests' calendar begins here.
const BEGIN: i64 = 1_767_225_600_000;

/// The page, once it has all of these lines: the watch hears of what happens a moment later.
async fn until(server: &TestServer, wanted: &[&str]) {
    let mut page = String::new();
    let look = async {
        while !wanted.iter().all(|wanted| page.lines().any(|line| line == *wanted)) {
            page = server.ok("/metrics").await;
        }
    };
    let found = timeout(SOON, look).await;
    let missing: Vec<_> = wanted.iter().filter(|wanted| !page.lines().any(|line| line == **wanted)).collect();
    assert!(found.is_ok(), "not in time: {missing:#?}\n{page}");
}

#[tokio::test]
async fn it_speaks_openmetrics_to_who_asks_for_it_and_the_older_format_to_others() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x").await;
    let prometheus = "Accept: application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.3,*/*;q=0.2\r\n";
    let open = server.request("GET", "/metrics", prometheus, "").await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!((open.status, open.header("content-type")), (200, Some(kind)));
    assert!(open.body.ends_with("# EOF\n") && open.body.contains("# TYPE hb_beats counter\n"));
    for accept in ["", "Accept: */*\r\n", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"] {
        let classic = server.request("GET", "/metrics", accept, "").await;
        let kind = "text/plain; version=0.0.4; charset=utf-8";
        assert_eq!((classic.status, classic.header("content-type")), (200, Some(kind)), "{accept}");
        assert!(!classic.body.contains("# EOF") && classic.body.contains("# TYPE hb_beats_total counter\n"));
        assert!(classic.body.contains("# TYPE hb_build_info gauge\n"));
    }
    let head = server.request("HEAD", "/metrics", "", "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_screen_has_its_state_its_mute_and_its_groups() {
    let server = TestServer::with(|config| {
        let members = vec!["*/x".parse().unwrap()];
        config.watch.tree.groups.push(Group { name: "hall \"3\"".into(), members });
        let place = Place::new("kiosk-9", "left").unwrap();
        config.watch.expect.push(Expected { place, shows: vec![Glob::new("tetris").unwrap()] });
    })
    .await;
    server.ok("/hb_ping?5000&appid=x&v=1&by=frame&frames=9&age=5&gap=250&errs=2&mem=2048&boot=b&seq=1").await;
    let of = |name: &str, labels: &str, value: &str| {
        format!(r#"{name}{{host="127.0.0.1",slot="",app="x"{labels}}} {value}"#)
    };
    until(
        &server,
        &[
            &of("hb_app_state", r#",state="up""#, "1.0"),
            &of("hb_app_muted", r#",kind="maintenance""#, "0.0"),
            &of("hb_app_group_info", r#",group="hall \"3\"""#, "1"),
            &of("hb_app_overdue_ratio", "", "0.0"),
            &of("hb_app_beat_age_seconds", "", "0.0"),
            &of("hb_app_longest_frame_gap_seconds", "", "0.25"),
            &of("hb_app_errors_total", "", "2.0"),
            &of("hb_app_heap_bytes", "", "2097152.0"),
            &of("hb_app_state_changed_timestamp_seconds", "", "1767225600.0"),
        ],
    )
    .await;
    let (from, until_then) = (Wall::from_unix_millis(BEGIN), Wall::from_unix_millis(BEGIN + 3_600_000));
    let (scope, who): (Scope, _) = ("group:hall \"3\"".parse().unwrap(), Who::new("ada", "here").unwrap());
    let when = When::Once { from, until: until_then };
    let mute = Mute::new(scope, when, Kind::Maintenance, who.clone(), "the lamp").unwrap();
    server.watch.ask(&who, Request::Mute(Box::new(mute))).await.unwrap();
    server.pass(60_000);
    // Muted is beside the state, not in its place.
    until(
        &server,
        &[
            &of("hb_app_state", r#",state="down""#, "1.0"),
            &of("hb_app_state", r#",state="up""#, "0.0"),
            &of("hb_app_muted", r#",kind="maintenance""#, "1.0"),
            &of("hb_app_muted", r#",kind="closed""#, "0.0"),
            &of("hb_app_beat_age_seconds", "", "60.0"),
            &of("hb_app_overdue_ratio", "", "10.0"),
            r#"hb_apps{state="down"} 1.0"#,
            r#"hb_transitions_total{state="down"} 1.0"#,
            &of("hb_app_transitions_total", r#",state="down""#, "1.0"),
            &of("hb_app_transitions_total", r#",state="stalled""#, "0.0"),
            "hb_beats_total 1.0",
        ],
    )
    .await;
    // Nobody ever heard of it: it has a state, and no figures.
    server.pass(300_000);
    let missing = r#"{host="kiosk-9",slot="left",app="tetris",state="missing"} 1.0"#;
    until(&server, &[&format!("hb_app_state{missing}"), r#"hb_apps{state="missing"} 1.0"#]).await;
    let page = server.ok("/metrics").await;
    let of_it = page.lines().filter(|line| line.contains("kiosk-9") && line.starts_with("hb_app_promise"));
    assert_eq!(of_it.count(), 0);
}

#[tokio::test]
async fn a_page_of_a_stranger_may_neither_ask_nor_read() {
    let server = TestServer::start().await;
    let answer = server.get("/metrics").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let foreign = server.request("GET", "/metrics", "Sec-Fetch-Site: cross-site\r\n", "").await;
    assert_eq!(foreign.status, 403);
    let rebound = b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(server.raw(rebound).await.status, 421);
}

#[tokio::test]
async fn what_is_open_and_what_became_of_messages_is_counted() {
    let mut guard = Receiver::start(&[Answer::Fail]).await;
    let rule = "[[rule]]\nchannels = [\"guard\"]\nfor_s = 2\n";
    let text = [HOUSE, SCREEN, &guard.channel("guard"), rule].concat();
    let server = TestServer::with(|config| *config = configured(&text)).await;
    let of = |name: &str, value: &str| format!(r#"hb_messages_{name}{{channel="guard"}} {value}"#);
    // All is there from the start: `increase` sees the first one.
    let refused = r#"hb_messages_given_up_total{channel="guard",reason="refused"} 0.0"#;
    until(&server, &["hb_event_streams 0.0", refused, &of("waiting", "0.0"), &of("failed_total", "0.0")])
        .await;
    let _stream = Stream::open(&server, None).await;
    until(&server, &["hb_event_streams 1.0"]).await;
    freeze(&server, "tetris").await;
    let second = || server.pass(1_000);
    assert_eq!(guard.next_while(second).await.answer, Answer::Fail);
    let open = r#"hb_app_incident_open{host="127.0.0.1",slot="",app="tetris"} 1.0"#;
    until(&server, &[open, &of("waiting", "1.0"), &of("failed_total", "1.0"), &of("delivered_total", "0.0")])
        .await;
    assert_eq!(guard.next_while(second).await.answer, Answer::Take);
    until(&server, &[&of("waiting", "0.0"), &of("failed_total", "1.0"), &of("delivered_total", "1.0")]).await;
}
