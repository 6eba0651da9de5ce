//! What the API says of itself, and what it says to questions that no handler reads: other methods, queries that are none.

use serde_json::Value;

use crate::harness::TestServer;

#[tokio::test]
async fn the_description_is_served() {
    let server = TestServer::start().await;
    let answer = server.get("/api/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let all: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(all["openapi"], "3.1.0");
    assert!(all["paths"]["/api/v1/apps/{host}/{app}"]["delete"]["summary"].is_string());
}

#[tokio::test]
async fn another_method_is_refused_in_words_and_with_those_that_there_are() {
    let server = TestServer::start().await;
    for (method, target, allow) in [
        ("PATCH", "/api/v1/apps", "GET,HEAD"),
        ("POST", "/api/v1/apps/h/x", "DELETE,GET,HEAD"),
        ("GET", "/api/v1/tokens/x", "DELETE"),
        ("DELETE", "/healthz", "GET,HEAD"),
    ] {
        let answer = server.request(method, target, "Content-Length: 0\r\n", "").await;
        assert_eq!(answer.status, 405, "{method} {target}");
        assert_eq!(methods(answer.header("allow")), methods(Some(allow)), "{method} {target}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{method} {target}");
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(said["detail"].as_str().unwrap().contains(method), "{said}");
    }
}

#[tokio::test]
async fn options_names_the_methods_that_there_are() {
    let server = TestServer::start().await;
    for (target, allow) in [
        ("/api/v1/tokens", "GET,HEAD,POST"),
        ("/api/v1/screens/kiosk-7", "DELETE,PUT"),
        ("/api/openapi.json", "GET,HEAD"),
        ("/do/link", "GET,HEAD,POST"),
        ("/healthz", "GET,HEAD"),
        ("/hb.js", "GET,HEAD"),
    ] {
        let answer = server.request("OPTIONS", target, "", "").await;
        assert_eq!((answer.status, &*answer.body), (204, ""), "{target}");
        assert_eq!(methods(answer.header("allow")), methods(Some(allow)), "{target}");
        let own = target.starts_with("/api") || target.starts_with("/do");
        for header in ["access-control-allow-methods", "access-control-allow-origin"] {
            assert_eq!(answer.header(header).is_none(), own, "{target}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_problem_and_not_a_bare_line() {
    let server = TestServer::start().await;
    for target in [
        "/api/v1/apps?limit=many",
        "/api/v1/apps?limit=1000001",
        "/api/v1/apps?q=a&q=b",
        "/api/v1/apps/%FF/x",
        "/api/v1/incidents?open=perhaps",
        "/api/v1/apps/h/x/history?limit=-1",
    ] {
        let answer = server.get(target).await;
        assert_eq!(answer.status, 400, "{target}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{target}");
    }
}

#[tokio::test]
async fn an_end_beyond_the_calendar_is_refused() {
    let server = TestServer::start().await;
    let mute =
        serde_json::json!({ "for": "everything", "from": "9999-12-30T00:00:00Z", "for_s": 31_622_400 });
    let answer = server.ask("POST", "/api/v1/mutes", &mute).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("beyond the calendar"), "{answer:?}");
}

fn methods(list: Option<&str>) -> Vec<&str> {
    let mut all: Vec<_> = list.unwrap_or_default().split(',').map(str::trim).collect();
    all.sort_unstable();
    all
}
