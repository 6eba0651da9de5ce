//! How far a request reaches: which paths a template may stand at, and how long a command waits for its screen.

use hb_bus::bus::Filter;

use hb_core::id::Who;

use super::*;
use crate::auth::{Order, Role};

#[tokio::test(start_paused = true)]
async fn a_template_is_a_beat_where_nothing_of_ours_stands() {
    let house = House::new();
    let ask = async |path: &str| {
        let request = format!("GET {path}?container=x&next=5000 HTTP/1.0\r\nHost: localhost\r\n\r\n");
        end(&mut house.send("10.0.0.1", &request).await).await.0
    };
    for path in [
        "/api/v1/apps",
        "/api",
        "/healthz",
        "/hb.js",
        "/demo/",
        "/client/x",
        "/assets/x",
        "/metrics",
        "/wall",
    ] {
        let answer = ask(path).await;
        assert!(!answer.ends_with("\r\n\r\n6000"), "{path}: {answer}");
        assert_eq!(house.engine.apps(), 0, "{path}");
    }
    for path in ["/", "/heartbeat.html", "/x/api/"] {
        assert!(ask(path).await.ends_with("\r\n\r\n6000"), "{path}");
        assert!(house.engine.forget(Identity::new("10.0.0.1", "", "x").unwrap()), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_waits_as_long_as_it_says_for_a_minute_at_most_and_a_moment_at_least() {
    let house = House::new();
    let topic = screen::commands(Identity::new("h", "", "x").unwrap()).unwrap();
    // It listens, and never answers.
    let mut heard = house.engine.screens().subscribe(Filter::only([topic]));
    let who = Who::new("test", "here").unwrap();
    let order = Order { name: "ada", role: Role::Operator, lasts: None, who: &who };
    // The disk has a time of its own.
    tokio::time::resume();
    let token = house.auth.make(order).await.unwrap();
    tokio::time::pause();
    for (said, millis) in
        [("60001", 60_000), ("86400000", 60_000), ("7000", 7_000), ("0", 1), ("null", 5_000)]
    {
        let body = format!(r#"{{"name":"reload","timeout_ms":{said}}}"#);
        let request = format!(
            "POST /api/v1/apps/h/x/commands HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
            token.reveal(),
            body.len()
        );
        let (answer, took) = end(&mut house.send("127.0.0.1", &request).await).await;
        assert!(
            answer.starts_with("HTTP/1.0 504") && answer.contains(&format!("within {millis} ms")),
            "{answer}"
        );
        let waited = Duration::from_millis(millis);
        assert!((waited..waited + Duration::from_millis(50)).contains(&took), "{said}: {took:?}");
        assert!(heard.recv().await.message().is_some(), "{said}");
    }
}
