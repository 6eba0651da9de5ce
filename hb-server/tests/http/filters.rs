//! What the views of the API can be asked for: filters, their order, and one window of a host. Not here: what a view
//! holds (`api`).

use crate::harness::TestServer;

async fn names(server: &TestServer, target: &str) -> Vec<String> {
    let json = server.get(target).await.json();
    json.as_array().unwrap().iter().map(|app| app["app"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn in_one_state_the_longest_comes_first_and_then_the_name_decides() {
    let server = TestServer::start().await;
    for app in ["b", "a", "c"] {
        server.ok(&format!("/hb_ping?60000&appid={app}")).await;
    }
    server.pass(1);
    server.ok("/hb_ping?60000&appid=0").await;
    for n in 0..20 {
        server.pass(1);
        server.ok(&format!("/hb_ping?60000&appid=z{}", 20 - n)).await;
    }
    let all = names(&server, "/api/v1/apps").await;
    assert_eq!(all[..5], ["a", "b", "c", "0", "z20"]);
    assert_eq!(all.last().unwrap(), "z1");
}

#[tokio::test]
async fn a_text_is_looked_for_in_app_host_and_slot_in_any_case() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=Tetris&host=Kiosk-7&slot=Left").await;
    server.ok("/hb_ping?60000&appid=other&host=h").await;
    for text in ["tetris", "TETR", "Tetris", "kiosk-7", "KIOSK", "left", "eft"] {
        assert_eq!(names(&server, &format!("/api/v1/apps?q={text}")).await, ["Tetris"], "{text}");
    }
    for everything in ["", "?", "?q=", "?state=", "?q=&state=up", "?limit=2"] {
        assert_eq!(names(&server, &format!("/api/v1/apps{everything}")).await.len(), 2, "{everything}");
    }
    assert_eq!(names(&server, "/api/v1/apps?limit=0").await, [""; 0]);
}

#[tokio::test]
async fn a_window_of_a_host_is_seen_and_forgotten_by_its_slot() {
    let server = TestServer::start().await;
    for slot in ["", "left", "right"] {
        server.ok(&format!("/hb_ping?60000&appid=x&slot={slot}")).await;
    }
    let target = |slot: &str| format!("/api/v1/apps/127.0.0.1/x{slot}");
    for (query, slot) in [("", ""), ("?slot=", ""), ("?slot=left", "left"), ("?slot=right", "right")] {
        assert_eq!(server.get(&target(query)).await.json()["slot"], slot, "{query}");
    }
    assert_eq!(server.get(&target("?slot=none")).await.status, 404);
    assert_eq!(server.request("DELETE", &target("?slot=left"), &server.operator, "").await.status, 204);
    for (query, status) in [("", 200), ("?slot=left", 404), ("?slot=right", 200)] {
        assert_eq!(server.get(&target(query)).await.status, status, "{query}");
    }
}

#[tokio::test]
async fn answers_say_how_long_and_what_they_are() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=x").await;
    let cases = [
        ("/api/v1/apps", "application/json"),
        ("/api/v1/apps/127.0.0.1/x", "application/json"),
        ("/healthz", "application/json"),
        ("/list", "text/plain; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
    ];
    for (target, kind) in cases {
        let answer = server.get(target).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{target}");
        let length = answer.body.len().to_string();
        assert_eq!(answer.header("content-length"), Some(length.as_str()), "{target}");
        let head = server.request("HEAD", target, "", "").await;
        assert_eq!(
            (head.body.as_str(), head.header("content-length")),
            ("", Some(length.as_str())),
            "{target}"
        );
    }
}
