//! The event stream: snapshot first, then every transition exactly once and in order, resumed or reset.

use crate::harness::{Stream, TestServer};

#[tokio::test]
async fn a_stream_begins_with_all_apps_and_goes_on_with_what_happens() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?1000&appid=before").await;
    let mut stream = Stream::open(&server, None).await;
    let snapshot = stream.next().await;
    assert_eq!(snapshot.name, "snapshot");
    assert_eq!(snapshot.data["apps"][0]["app"], "before");
    server.ok("/hb_ping?60000&appid=after").await;
    let born = stream.next().await;
    assert_eq!((born.name.as_str(), &born.data["app"]), ("transition", &"after".into()));
    assert_eq!(born.data["from"], serde_json::Value::Null);
    assert_eq!(born.data["view"]["state"], born.data["to"]);
    let seq = |id: &Option<String>| -> u64 {
        id.as_deref().and_then(|id| id.split_once('-')).unwrap().1.parse().unwrap()
    };
    assert_eq!(seq(&born.id), seq(&snapshot.id) + 1);
    // Late at three times 2000 ms; it carries the time at which that became true, not that of noticing.
    server.pass(6_700);
    let late = stream.next().await;
    assert_eq!((&late.data["app"], &late.data["to"]), (&"before".into(), &"late".into()));
    assert_eq!(late.data["at"], "2026-01-01T00:00:06.000Z");
    assert!(!late.data["sentence"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn every_transition_comes_exactly_once_over_any_number_of_connections() {
    let server = TestServer::start().await;
    let mut stream = Stream::open(&server, None).await;
    let mut last = stream.next().await.id;
    let mut seen = Vec::new();
    for round in 0..5 {
        for app in 0..7 {
            server.ok(&format!("/hb_ping?60000&appid=r{round}a{app}")).await;
        }
        // Take some, drop the connection, go on from there.
        for _ in 0..5 {
            let event = stream.next().await;
            assert_eq!(event.name, "transition");
            seen.push(event.data["app"].as_str().unwrap().to_owned());
            last = event.id;
        }
        stream = Stream::open(&server, last.as_deref()).await;
    }
    while seen.len() < 35 {
        seen.push(stream.next().await.data["app"].as_str().unwrap().to_owned());
    }
    let expected: Vec<String> =
        (0..5).flat_map(|round| (0..7).map(move |app| format!("r{round}a{app}"))).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_cannot_be_resumed_is_reset() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=x").await;
    let id = Stream::open(&server, None).await.next().await.id.unwrap();
    let epoch = id.split_once('-').unwrap().0.to_owned();
    let cases = ["0000000000000001-1".to_owned(), format!("{epoch}-99"), "nonsense".to_owned()];
    for last in cases {
        let mut stream = Stream::open(&server, Some(&last)).await;
        let reset = stream.next().await;
        assert_eq!(reset.name, "reset", "{last}");
        assert!(reset.data["reason"].is_string());
        assert_eq!(stream.next().await.name, "snapshot", "{last}");
    }
    // More than the ring holds.
    for app in 0..=hb_server::engine::RING {
        let target = format!("/hb_ping?60000&appid=n{app}");
        if app % 64 == 0 {
            server.ok(&target).await;
        } else {
            beat(&server, &format!("n{app}"));
        }
    }
    let mut stream = Stream::open(&server, Some(&id)).await;
    assert_eq!(stream.next().await.name, "reset");
    let snapshot = stream.next().await;
    assert_eq!(snapshot.data["apps"].as_array().unwrap().len(), hb_server::engine::RING + 2);
}

#[tokio::test]
async fn a_query_parameter_resumes_too_and_the_header_outranks_it() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=x").await;
    let id = Stream::open(&server, None).await.next().await.id.unwrap();
    server.ok("/hb_ping?60000&appid=y").await;
    let resume = format!("?last_event_id={id}");
    let cases = [
        (resume.as_str(), String::new(), "transition"),
        ("?last_event_id=foreign-1", String::new(), "reset"),
        ("?last_event_id=foreign-1", format!("Last-Event-ID: {id}\r\n"), "transition"),
        (resume.as_str(), "Last-Event-ID: foreign-1\r\n".to_owned(), "reset"),
        ("?last_event_id=", String::new(), "snapshot"),
        ("", "Last-Event-ID: \r\n".to_owned(), "snapshot"),
    ];
    for (query, headers, first) in cases {
        let event = Stream::open_as(&server, query, &headers).await.next().await;
        assert_eq!(event.name, first, "{query} {headers}");
        if first == "transition" {
            assert_eq!(event.data["app"], "y", "{query} {headers}");
        }
    }
}

#[tokio::test]
async fn a_reader_too_slow_gets_a_fresh_snapshot() {
    let server = TestServer::start().await;
    let mut stream = Stream::open(&server, None).await;
    assert_eq!(stream.next().await.name, "snapshot");
    // Enough to fill the sockets' buffers as well: nobody reads meanwhile, and the sender never waits for us.
    for round in 0..40 {
        for app in 0..500 {
            beat(&server, &format!("slow-{round}-{app}"));
        }
        tokio::task::yield_now().await;
    }
    let mut events = 0;
    loop {
        let event = stream.next().await;
        events += 1;
        if event.name == "reset" {
            assert!(event.data["reason"].as_str().unwrap().contains("too slow"));
            break;
        }
    }
    assert!(events < 20_000);
    assert_eq!(stream.next().await.name, "snapshot");
}

#[tokio::test]
async fn forgetting_is_told() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=x").await;
    let mut stream = Stream::open(&server, None).await;
    stream.next().await;
    server.request("DELETE", "/api/v1/apps/127.0.0.1/x", &server.operator, "").await;
    let event = stream.next().await;
    assert_eq!(event.name, "event");
    assert_eq!((&event.data["kind"], &event.data["reason"]), (&"removed".into(), &"forgotten".into()));
    assert_eq!(event.data["app"], "x");
}

/// A beat of a new app, without a socket.
fn beat(server: &TestServer, app: &str) {
    let query = format!("60000&appid={app}");
    let request = hb_core::wire::parse(hb_core::beat::Verb::Ping, &query).unwrap();
    let id = hb_core::id::Identity::new("127.0.0.1", "", app).unwrap();
    let _ = server.engine.beat(id, &request.beat, None);
}
