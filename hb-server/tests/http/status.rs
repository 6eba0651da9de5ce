//! The Nagios lines over time, under every policy, in the tests' own time.

use hb_core::registry::Policy;

use crate::harness::TestServer;

/// `T` = 1850, so 2850 are granted: the figures of the specification. Each step passes some ms and names the line.
async fn check(policy: Policy, beat: &str, steps: &[(u64, &str)]) {
    let server = TestServer::with(|config| config.engine.registry.policy = policy).await;
    assert_eq!(server.ok(beat).await, "2850");
    for (passed, line) in steps {
        server.pass(*passed);
        assert_eq!(server.ok("/status?appid=x").await, *line, "{policy:?} {passed} ms later");
        assert_eq!(server.ok("/status?0&appid=x").await, *line);
    }
}

#[tokio::test]
async fn hilbert_is_the_reference_server_byte_for_byte() {
    let steps = [
        (28, "OK - fine application [x @ 127.0.0.1]| od=0.01;3;5;0;6 delay=2850ms;;; "),
        (8_521, "OK - fine application [x @ 127.0.0.1]| od=3.00;3;5;0;6 delay=2850ms;;; "),
        (1, "WARNING - somewhat late application [x @ 127.0.0.1]| od=3.00;3;5;0;6 delay=2850ms;;; "),
        (2_366, "WARNING - somewhat late application [x @ 127.0.0.1]| od=3.83;3;5;0;6 delay=2850ms;;; "),
        (3_333, "WARNING - somewhat late application [x @ 127.0.0.1]| od=5.00;3;5;0;6 delay=2850ms;;; "),
        (1, "CRITICAL - quite late application [x @ 127.0.0.1]| od=5.00;3;5;0;6 delay=2850ms;;; "),
        (2_849, "CRITICAL - quite late application [x @ 127.0.0.1]| od=6.00;3;5;0;6 delay=2850ms;;; "),
        (1, "CRITICAL - no application record for queried ID: [x @ 127.0.0.1]"),
    ];
    check(Policy::Hilbert, "/hb_ping?1850&appid=x", &steps).await;
}

#[tokio::test]
async fn auto_is_patient_with_old_clients_and_keeps_the_record() {
    let steps = [
        (8_549, "OK - fine application [x @ 127.0.0.1]| od=3.00;3;5;0; delay=2850ms;;; "),
        (1, "WARNING - somewhat late application [x @ 127.0.0.1]| od=3.00;3;5;0; delay=2850ms;;; "),
        (5_700, "CRITICAL - quite late application [x @ 127.0.0.1]| od=5.00;3;5;0; delay=2850ms;;; "),
        (28_500, "CRITICAL - quite late application [x @ 127.0.0.1]| od=15.00;3;5;0; delay=2850ms;;; "),
    ];
    check(Policy::Auto, "/hb_ping?1850&appid=x", &steps).await;
}

#[tokio::test]
async fn auto_holds_our_own_client_to_its_promise() {
    let steps = [
        (2_849, "OK - fine application [x @ 127.0.0.1]| od=1.00;1;2;0; delay=2850ms;;; "),
        (1, "WARNING - somewhat late application [x @ 127.0.0.1]| od=1.00;1;2;0; delay=2850ms;;; "),
        (2_850, "CRITICAL - quite late application [x @ 127.0.0.1]| od=2.00;1;2;0; delay=2850ms;;; "),
    ];
    check(Policy::Auto, "/hb_ping?1850&appid=x&v=1&boot=b1&seq=1&by=frame&frames=10&age=3", &steps).await;
}

#[tokio::test]
async fn strict_holds_everybody() {
    let steps = [
        (2_849, "OK - fine application [x @ 127.0.0.1]| od=1.00;1;2;0; delay=2850ms;;; "),
        (1, "WARNING - somewhat late application [x @ 127.0.0.1]| od=1.00;1;2;0; delay=2850ms;;; "),
        (2_850, "CRITICAL - quite late application [x @ 127.0.0.1]| od=2.00;1;2;0; delay=2850ms;;; "),
    ];
    check(Policy::Strict, "/hb_ping?1850&appid=x", &steps).await;
}

#[tokio::test]
async fn nobody_one_and_many() {
    let server = TestServer::with(|config| config.engine.registry.policy = Policy::Hilbert).await;
    assert_eq!(server.ok("/status").await, "UNKNOWN - no heartbeat clients at the moment...");
    let nobody = "CRITICAL - no application record for queried ID: [x @ 127.0.0.1]";
    assert_eq!(server.ok("/status?appid=x").await, nobody);
    server.ok("/hb_ping?1000&appid=a").await;
    let one = "OK - fine application [a @ 127.0.0.1]| od=0.00;3;5;0;6 delay=2000ms;;; ";
    assert_eq!(server.ok("/status").await, one);
    for app in ["b", "c"] {
        server.pass(1);
        server.ok(&format!("/hb_ping?1000&appid={app}")).await;
    }
    let many = "WARNING - multiple (3) applications: [a @ 127.0.0.1,b @ 127.0.0.1,c @ 127.0.0.1]";
    assert_eq!(server.ok("/status").await, many);
    assert_eq!(server.ok("/list").await, "a @ 127.0.0.1\nb @ 127.0.0.1\nc @ 127.0.0.1\n");
    for app in ["b", "c"] {
        server.ok(&format!("/hb_done?0&appid={app}")).await;
    }
    assert_eq!(server.ok("/list").await, "a @ 127.0.0.1\n", "who said goodbye is not tracked");
    assert!(server.ok("/status").await.starts_with("OK - fine application [a @ 127.0.0.1]|"));
    server.pass(12_000);
    assert_eq!(server.ok("/list").await, "", "dropped at six times the granted time");
}

#[tokio::test]
async fn a_slot_is_found_by_its_name() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?1000&appid=x&slot=left+side").await;
    for (query, line) in [
        (
            "appid=x&slot=left%20side",
            "OK - fine application [x @ 127.0.0.1#left side]| od=0.00;3;5;0; delay=2000ms;;; ",
        ),
        ("appid=x&slot=right", "CRITICAL - no application record for queried ID: [x @ 127.0.0.1#right]"),
        ("appid=x&slot=", "CRITICAL - no application record for queried ID: [x @ 127.0.0.1]"),
        ("appid=x", "CRITICAL - no application record for queried ID: [x @ 127.0.0.1]"),
    ] {
        assert_eq!(server.ok(&format!("/status?{query}")).await, line, "{query}");
    }
    assert_eq!(server.get("/status?appid=x&slot=%00").await.status, 400);
}

#[tokio::test]
async fn a_frozen_picture_is_critical_whatever_the_beats_say() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x&v=1&boot=b1&seq=1&by=frame&frames=100&age=5").await;
    server.pass(1_000);
    server.ok("/hb_state?5000&appid=x&v=1&boot=b1&seq=2&by=timer&frames=100&age=3000&state=no-frames").await;
    let line = server.ok("/status?appid=x").await;
    assert!(line.starts_with("CRITICAL - stalled application [x @ 127.0.0.1]: "), "{line}");
    server.pass(100);
    server.ok("/hb_ping?5000&appid=x&v=1&boot=b1&seq=3&by=frame&frames=101&age=5&state=ok").await;
    let line = server.ok("/status?appid=x").await;
    assert!(line.starts_with("OK - fine application [x @ 127.0.0.1]|"), "{line}");
}

#[tokio::test]
async fn silence_counts_from_the_word_that_an_app_is_judged_by() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?59000&appid=x&v=1&boot=b1&seq=1&by=frame&frames=100&age=5").await;
    server.pass(30_000);
    server.ok("/hb_state?1000&appid=x&v=1&boot=b1&seq=2&by=timer&frames=100&age=3000&state=no-frames").await;
    server.pass(500);
    let line = server.ok("/status?appid=x").await;
    assert!(
        line.ends_with("| od=0.25;1;2;0; delay=2000ms;;; "),
        "half a second of two, as the API says: {line}"
    );
    let view = server.get("/api/v1/apps/127.0.0.1/x").await.json();
    assert_eq!(view["overdue"], 0.25);
}

/// Status line and API name `code` after each step of some ms.
async fn agree(policy: Policy, beat: &str, steps: &[(u64, &str)]) {
    let server = TestServer::with(|config| config.engine.registry.policy = policy).await;
    server.ok(beat).await;
    for (passed, code) in steps {
        server.pass(*passed);
        let line = server.ok("/status?appid=x").await;
        let view = server.get("/api/v1/apps/127.0.0.1/x").await.json();
        let all = server.get("/api/v1/apps").await.json();
        let told = (line.split(' ').next(), view["nagios"].as_str(), all[0]["nagios"].as_str());
        assert_eq!(told, (Some(*code), Some(*code), Some(*code)), "{policy:?} {beat} {passed} ms later");
    }
}

#[tokio::test]
async fn line_and_view_give_monitoring_one_code() {
    let hidden = "/hb_ping?600000&appid=x&v=1&boot=b1&seq=1&by=timer&frames=9&age=9&vis=hidden&state=hidden";
    let frozen = "/hb_state?600000&appid=x&v=1&boot=b1&seq=1&by=timer&frames=9&age=9999&state=no-frames";
    let plain = "/hb_ping?1000&appid=x";
    agree(Policy::Auto, hidden, &[(0, "WARNING"), (29_999, "WARNING"), (1, "CRITICAL")]).await;
    agree(Policy::Strict, hidden, &[(29_999, "WARNING"), (1, "CRITICAL")]).await;
    agree(Policy::Auto, frozen, &[(0, "CRITICAL")]).await;
    agree(Policy::Auto, plain, &[(0, "OK"), (6_000, "WARNING"), (4_000, "CRITICAL"), (90_000, "CRITICAL")])
        .await;
    agree(Policy::Strict, plain, &[(2_000, "WARNING"), (2_000, "CRITICAL")]).await;
    // The reference server knows neither of visibility nor of frozen pictures.
    agree(Policy::Hilbert, hidden, &[(0, "OK"), (30_000, "OK")]).await;
    agree(Policy::Hilbert, frozen, &[(0, "OK")]).await;
    agree(Policy::Hilbert, plain, &[(0, "OK"), (6_000, "WARNING"), (4_000, "CRITICAL")]).await;
}
