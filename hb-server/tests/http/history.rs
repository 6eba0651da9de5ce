//! What the memory tells over the API, and what a restart leaves of it.

use std::path::Path;

use hb_core::id::{Identity, Pattern};
use hb_core::incident::Group;
use hb_server::store::{FILE, Reader};
use serde_json::Value;
use tokio::time::Instant;

use crate::harness::{SOON, TestServer};

/// Asks until the answer is as it must be in the end: what happens is kept soon, not at once.
async fn until(server: &TestServer, target: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + SOON;
    loop {
        let answer = server.get(target).await;
        let json = answer.json();
        if answer.status == 200 && holds(&json) {
            return json;
        }
        assert!(Instant::now() < end, "{target}: {answer:?}");
    }
}

fn count(json: &Value) -> usize {
    json["history"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn what_happened_is_told_page_by_page() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x&v=1&boot=a").await;
    server.pass(20_000);
    let path = "/api/v1/apps/127.0.0.1/x/history";
    // Nobody adopted it, so that it was no incident.
    let all = until(&server, path, |json| count(json) == 3).await;
    let told: Vec<_> = all["history"].as_array().unwrap().iter().map(|it| (&it["at"], &it["to"])).collect();
    let expected = [("12.000", "down"), ("06.000", "late"), ("00.000", "up")];
    let expected = expected.map(|(at, to)| (Value::from(format!("2026-01-01T00:00:{at}Z")), Value::from(to)));
    assert_eq!(told, expected.each_ref().map(|(at, to)| (at, to)));
    assert_eq!(all["next_to"], Value::Null);

    let mut paged = Vec::new();
    let mut next = Some(format!("{path}?limit=1"));
    while let Some(target) = next {
        let page = server.get(&target).await.json();
        paged.extend(page["history"].as_array().unwrap().clone());
        next = page["next_to"].as_str().map(|to| format!("{path}?limit=1&to={to}"));
    }
    assert_eq!(Value::Array(paged), all["history"]);
}

#[tokio::test]
async fn what_happened_to_all_says_to_whom() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x&v=1&boot=a").await;
    server.ok("/hb_ping?60000&appid=y&v=1&boot=b").await;
    server.pass(20_000);
    let all = until(&server, "/api/v1/history", |json| count(json) == 4).await;
    let told = all["history"].as_array().unwrap().iter();
    let told: Vec<_> =
        told.map(|it| format!("{} {}", it["app"].as_str().unwrap(), it["to"].as_str().unwrap())).collect();
    assert_eq!(told[..2], ["x down", "x late"]);
    let mut first = told[2..].to_vec();
    first.sort();
    assert_eq!(first, ["x up", "y up"]);
    let page = server.get("/api/v1/history?limit=1").await.json();
    assert_eq!((count(&page), &page["next_to"]), (1, &"2026-01-01T00:00:12.000Z".into()));
    assert_eq!(server.get("/api/v1/history?limit=0").await.status, 400);
}

#[tokio::test]
async fn two_pages_of_one_name_stand_in_what_happened() {
    let server = TestServer::start().await;
    for boot in ["a", "b", "a", "b&state=leaving"] {
        server.ok(&format!("/hb_ping?5000&appid=x&v=1&boot={boot}")).await;
        server.pass(1_000);
    }
    for path in ["/api/v1/apps/127.0.0.1/x/history", "/api/v1/history"] {
        let turns = |all: &Value| -> Vec<Value> {
            let rows = all["history"].as_array().into_iter().flatten();
            rows.filter(|row| row["kind"] == "conflict").map(|row| row["on"].clone()).collect()
        };
        let all = until(&server, path, |all| turns(all).len() == 2).await;
        assert_eq!(turns(&all), [false, true], "the newest first: {all}");
    }
}

#[tokio::test]
async fn a_timeline_begins_with_what_was_and_has_each_hour() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x&v=1&boot=a").await;
    server.pass(20_000);
    let path = "/api/v1/apps/127.0.0.1/x/timeline";
    let states = |json: &Value| -> Vec<String> {
        let all = json["states"].as_array().into_iter().flatten();
        all.map(|it| format!("{} {}", it["at"].as_str().unwrap(), it["state"].as_str().unwrap())).collect()
    };
    let all = until(&server, path, |json| states(json).len() == 3).await;
    let seconds = ["00.000Z up", "06.000Z late", "12.000Z down"];
    assert_eq!(states(&all), seconds.map(|it| format!("2026-01-01T00:00:{it}")));
    let part = server.get(&format!("{path}?from=2026-01-01T00:00:08Z")).await.json();
    assert_eq!(states(&part), ["2026-01-01T00:00:08.000Z late", "2026-01-01T00:00:12.000Z down"]);

    // What an hour was like is told when it is over.
    server.pass(3_600_000);
    let later = until(&server, path, |json| json["hours"][0]["seconds"]["up"] == 6).await;
    let hour = &later["hours"][0];
    assert_eq!((&hour["at"], &hour["beats"]), (&"2026-01-01T00:00:00.000Z".into(), &1.into()), "{hour}");
    let nobody = server.get("/api/v1/apps/127.0.0.1/nobody/timeline").await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn uptime_is_of_an_app_a_host_or_a_group() {
    let group = Group { name: "hall 3".into(), members: vec!["x".parse::<Pattern>().unwrap()] };
    let server = TestServer::with(|config| config.watch.tree.groups.push(group)).await;
    server.ok("/hb_ping?5000&appid=x&v=1&boot=a").await;
    server.ok("/hb_ping?600000&appid=y&v=1&boot=b").await;
    server.pass(20_000);
    until(&server, "/api/v1/apps/127.0.0.1/x/history", |json| count(json) == 3).await;
    until(&server, "/api/v1/apps/127.0.0.1/y/history", |json| count(json) == 1).await;
    let uptime = async |target: &str| {
        let json = server.get(target).await.json();
        let part = |name: &str| json["uptime"][name].as_u64().unwrap_or_else(|| panic!("{target}: {json}"));
        (part("working_s"), part("broken_s"), part("unknown_s"))
    };
    assert_eq!(uptime("/api/v1/apps/127.0.0.1/x/uptime?from=60s").await, (12, 8, 40));
    assert_eq!(uptime("/api/v1/uptime?group=hall+3&from=60s").await, (12, 8, 40));
    assert_eq!(uptime("/api/v1/uptime?host=127.0.0.1&from=60s").await, (32, 8, 80));
    assert_eq!(uptime("/api/v1/uptime?host=elsewhere&from=60s").await, (0, 0, 0));
    let all = server.get("/api/v1/uptime?from=20s").await.json();
    assert_eq!((&all["uptime"]["percent"], all["apps"].as_array().unwrap().len()), (&80.0.into(), 2));
}

#[tokio::test]
async fn who_asks_wrongly_is_taught() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x").await;
    for (target, status, part) in [
        ("/api/v1/apps/127.0.0.1/nobody/history", 404, "nothing is kept of `nobody @ 127.0.0.1`"),
        ("/api/v1/apps/127.0.0.1/nobody/uptime", 404, "nothing is kept of"),
        ("/api/v1/uptime?from=yesterday", 400, "`yesterday` is no time: expected one like 2026-"),
        ("/api/v1/uptime?from=1h&to=2h", 400, "ends before it begins"),
        ("/api/v1/uptime?group=hall", 400, "`hall` is no group: expected one of the configuration"),
        ("/api/v1/apps/127.0.0.1/x/history?limit=0", 400, "expected a number from 1 to 1000"),
    ] {
        let answer = server.get(target).await;
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{answer:?}");
    }
}

fn beats(state: &Path) -> u64 {
    let mut reader = Reader::open(&state.join(FILE)).unwrap();
    let id = Identity::new("127.0.0.1", "", "x").unwrap();
    reader.hours(id, 0..u32::MAX).unwrap().iter().map(|hour| hour.beats).sum()
}

#[tokio::test]
async fn an_hour_goes_on_over_a_clean_stop_and_nobody_is_green_without_a_beat() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state");
    let start = || TestServer::with(|config| config.state = Some(state.clone()));
    let ping = "/hb_ping?5000&appid=x&v=1&boot=a";
    let server = start().await;
    server.ok(ping).await;
    server.ok(ping).await;
    server.ok("/hb_ping?1&appid=dead&v=1&boot=b").await;
    server.pass(5_000);
    let health = server.get("/healthz").await.json();
    assert_eq!((&health["memory"]["trouble"], &health["memory"]["beats_lost"]), (&Value::Null, &0.into()));
    server.stop().await;
    assert_eq!(beats(&state), 2);

    let server = start().await;
    let known = async |app: &str| server.get(&format!("/api/v1/apps/127.0.0.1/{app}")).await.json();
    let (x, dead) = (known("x").await, known("dead").await);
    assert_eq!((&x["state"], &x["cause"]), (&"unknown".into(), &"restart".into()));
    assert_eq!((&dead["state"], &dead["cause"]), (&"down".into(), &"silence".into()));
    server.ok(ping).await;
    assert_eq!(known("x").await["state"], "up");
    server.stop().await;
    assert_eq!(beats(&state), 3, "the hour goes on");
}
