//! What a page does that says nothing about one picture: it crashes again and again, or it slows down. As the page says it,
//! and as people see it.

use serde_json::Value;

use crate::harness::{Stream, TestServer};

async fn app(server: &TestServer) -> Value {
    let view: Value =
        serde_json::from_str(&server.ok("/api/v1/apps/127.0.0.1/x").await).expect("a view is JSON");
    view
}

async fn ping(server: &TestServer, boot: &str, seq: u32) {
    server
        .ok(&format!(
            "/hb_ping?5000&appid=x&v=1&boot={boot}&seq={seq}&state=ok&vis=visible&age=5&frames={seq}"
        ))
        .await;
}

#[tokio::test]
async fn a_page_that_crashes_again_and_again_is_stalled_though_it_beats() {
    let server = TestServer::start().await;
    let mut stream = Stream::open(&server, None).await;
    stream.named("snapshot").await;
    ping(&server, "b0", 1).await;
    for boot in 1..=3 {
        server.pass(4_000);
        ping(&server, &format!("b{boot}"), 1).await;
        let reload = stream.named("event").await.data;
        assert_eq!((&reload["kind"], &reload["clean"]), (&"reload".into(), &false.into()), "{boot}");
    }
    assert_eq!(app(&server).await["state"], "up", "three are no loop");
    server.pass(4_000);
    ping(&server, "b4", 1).await;
    let view = app(&server).await;
    assert_eq!((&view["state"], &view["cause"]), (&"stalled".into(), &"crash-loop".into()));
    assert_eq!(view["sentence"], "crashes and starts again and again");
    assert!(view["advice"].as_str().is_some_and(|advice| advice.contains("when it starts")), "{view}");
    let line = server.ok("/status?appid=x").await;
    let said = "CRITICAL - stalled application [x @ 127.0.0.1]: crashes and starts again and again; look at";
    assert!(line.starts_with(said), "{line}");
    // It goes on beating. The first of the four was after 4 s: five minutes later there are three.
    for seq in 2..=74 {
        server.pass(4_000);
        ping(&server, "b4", seq).await;
    }
    let view = app(&server).await;
    assert_eq!((&view["state"], &view["advice"]), (&"up".into(), &Value::Null), "{view}");
}

#[tokio::test]
async fn who_says_that_it_leaves_or_is_done_does_not_crash() {
    let server = TestServer::start().await;
    for boot in 0..10 {
        ping(&server, &format!("b{boot}"), 1).await;
        let parting = if boot % 2 == 0 { "hb_state?30000&state=leaving" } else { "hb_done?0" };
        server.ok(&format!("/{parting}&appid=x&v=1&boot=b{boot}&seq=2")).await;
        server.pass(1_000);
    }
    ping(&server, "b10", 1).await;
    let view = app(&server).await;
    assert_eq!((&view["state"], &view["cause"]), (&"up".into(), &"none".into()), "{view}");
}

#[tokio::test]
async fn who_slows_down_is_told_and_shown_and_stays_green() {
    let server = TestServer::start().await;
    let mut stream = Stream::open(&server, None).await;
    stream.named("snapshot").await;
    let mut seq = 0;
    let mut beats = async |count: u32, after: u64| {
        for _ in 0..count {
            seq += 1;
            server.pass(after);
            ping(&server, "b", seq).await;
        }
    };
    beats(60, 1_600).await;
    assert_eq!(app(&server).await["slowing"], false);
    beats(3, 4_000).await;
    let told = stream.named("event").await.data;
    assert_eq!((&told["kind"], &told["on"]), (&"slowing".into(), &true.into()));
    let view = app(&server).await;
    assert_eq!((&view["slowing"], &view["state"]), (&true.into(), &"up".into()), "{view}");
    let metrics = server.ok("/metrics").await;
    let slowing = |line: &str| line.starts_with("hb_app_slowing{") && line.ends_with(" 1.0");
    assert!(metrics.lines().any(slowing), "{metrics}");
    beats(24, 1_600).await;
    let told = stream.named("event").await.data;
    assert_eq!((&told["kind"], &told["on"]), (&"slowing".into(), &false.into()));
    assert_eq!(app(&server).await["slowing"], false);
}
