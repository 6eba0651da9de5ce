//! What people ask of the watch over the API: done and durable, or refused with what was expected.

use hb_core::expect::{Expected, Place};
use hb_core::id::Glob;
use hb_core::incident::Group;
use serde_json::{Value, json};

use crate::harness::TestServer;

const X: &str = "/api/v1/apps/127.0.0.1/x";

async fn get(server: &TestServer, target: &str) -> Value {
    serde_json::from_str(&server.ok(target).await).unwrap()
}

fn hall() -> Group {
    Group { name: "hall 3".into(), members: vec!["x".parse().unwrap()] }
}

#[tokio::test]
async fn it_is_answered_how_many_known_screens_a_scope_covers() {
    let server = TestServer::with(|config| {
        config.watch.tree.groups.push(hall());
        let place = Place::new("kiosk-7", "").unwrap();
        config.watch.expect.push(Expected { place, shows: vec![Glob::new("x").unwrap()] });
    })
    .await;
    server.ok("/hb_ping?5000&appid=x").await;
    server.ok("/hb_ping?5000&appid=y").await;
    for (scope, matches) in [("group:hall 3", 1), ("127.0.0.1/*", 2), ("hall 3", 0)] {
        let mute = server.ask("POST", "/api/v1/mutes", &json!({ "for": scope, "for_s": 60 })).await;
        assert_eq!((mute.status, &mute.json()["matches"]), (201, &matches.into()), "{scope}: {mute:?}");
        let signal = server.ask("POST", "/api/v1/signals", &json!({ "for": scope, "open": true })).await;
        if matches == 0 {
            // Nobody will ever be called so: it would be a ghost among what is open.
            assert_eq!(signal.status, 400, "{signal:?}");
            assert!(signal.body.contains("did you mean `group:hall 3`?"), "{signal:?}");
            continue;
        }
        assert_eq!((signal.status, signal.json()), (200, json!({ "matches": matches })), "{scope}");
    }
}

#[tokio::test]
async fn a_mute_is_set_seen_kept_and_lifted() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().to_path_buf());
    let server = TestServer::with(|config| config.state.clone_from(&state)).await;
    server.ok("/hb_ping?5000&appid=x").await;
    let mute = json!({ "for": "*/x", "for_s": 3600, "kind": "maintenance", "reason": "the lamp" });
    let answer = server.ask("POST", "/api/v1/mutes", &mute).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.json()["id"].as_u64().unwrap();
    assert_eq!(get(&server, X).await["mute"]["id"], id);
    server.stop().await;
    let server = TestServer::with(|config| config.state.clone_from(&state)).await;
    let mutes = get(&server, "/api/v1/mutes").await;
    assert_eq!(
        (&mutes[0]["id"], &mutes[0]["holds"], &mutes[0]["by"]),
        (&id.into(), &true.into(), &"desk".into())
    );
    let one = format!("/api/v1/mutes/{id}");
    assert_eq!(server.ask("DELETE", &one, &Value::Null).await.status, 204);
    assert_eq!(server.ask("DELETE", &one, &Value::Null).await.status, 404);
    assert_eq!(get(&server, "/api/v1/mutes").await, json!([]));
}

#[tokio::test]
async fn nobody_changes_anything_without_a_token() {
    let server = TestServer::start().await;
    for (method, target) in [
        ("POST", "/api/v1/mutes"),
        ("DELETE", "/api/v1/mutes/1"),
        ("POST", "/api/v1/signals"),
        ("POST", "/api/v1/incidents/1/acknowledge"),
        ("POST", "/api/v1/incidents/1/snooze"),
        ("PUT", "/api/v1/screens/h"),
        ("DELETE", "/api/v1/screens/h"),
        ("POST", "/api/v1/apps/127.0.0.1/x/adopt"),
        ("POST", "/api/v1/apps/127.0.0.1/x/repair"),
    ] {
        let answer = server.request(method, target, "", "").await;
        assert_eq!(answer.status, 401, "{method} {target}: {answer:?}");
    }
}

#[tokio::test]
async fn who_asks_for_nonsense_is_told_what_was_expected() {
    let server = TestServer::with(|config| config.watch.tree.groups.push(hall())).await;
    for (method, target, body, status, detail) in [
        ("POST", "/api/v1/mutes", json!({ "for_s": 60 }), 400, "missing field `for`"),
        ("POST", "/api/v1/mutes", json!({ "for": "group:", "for_s": 60 }), 400, "has an empty part"),
        ("POST", "/api/v1/mutes", json!({ "for": "everything" }), 400, "a mute needs one end"),
        ("POST", "/api/v1/mutes", json!({ "for": "everything", "for_s": 0 }), 400, "expected seconds from 1"),
        (
            "POST",
            "/api/v1/mutes",
            json!({ "for": "everything", "for_s": 9, "kind": "nap" }),
            400,
            "snooze, maintenance",
        ),
        ("POST", "/api/v1/mutes", json!({ "for": "everything", "until": "later" }), 400, "expected a moment"),
        ("POST", "/api/v1/mutes", json!({ "for": "everything", "during": "we 7" }), 400, "`during`"),
        (
            "POST",
            "/api/v1/mutes",
            json!({ "for": "everything", "until_opening": true }),
            400,
            "no opening hours",
        ),
        (
            "POST",
            "/api/v1/mutes",
            json!({ "for": "group:hall 9", "for_s": 9 }),
            400,
            "no group `hall 9`: did you mean `hall 3`?",
        ),
        (
            "POST",
            "/api/v1/signals",
            json!({ "for": "group:foyer", "open": false }),
            400,
            "expected one of hall 3",
        ),
        (
            "PUT",
            "/api/v1/screens/kiosk-*",
            json!({ "shows": ["x"] }),
            400,
            "has '*': expected the name of one place",
        ),
        ("PUT", "/api/v1/screens/kiosk-%7B1..3%7D", json!({ "shows": ["x"] }), 400, "has '{'"),
        ("PUT", "/api/v1/screens/kiosk%201", json!({ "shows": ["x"] }), 400, "has ' '"),
        ("PUT", "/api/v1/screens/h?slot=a+b", json!({ "shows": ["x"] }), 400, "has ' '"),
        ("DELETE", "/api/v1/mutes/x", Value::Null, 400, "expected its number"),
        ("POST", "/api/v1/signals", json!({ "for": "everything" }), 400, "a signal says one thing"),
        (
            "POST",
            "/api/v1/signals",
            json!({ "for": "hall 3", "open": true }),
            400,
            "no app is called `hall 3`",
        ),
        ("POST", "/api/v1/incidents/7/acknowledge", Value::Null, 404, "no open incident #7"),
        ("PUT", "/api/v1/screens/h", json!({ "shows": [] }), 400, "1 to 100 apps"),
        ("DELETE", "/api/v1/screens/h", Value::Null, 404, "not on the list"),
        ("POST", "/api/v1/apps/h/x/adopt", Value::Null, 404, "no app"),
        ("POST", "/api/v1/apps/h/x/repair", Value::Null, 404, "unknown"),
    ] {
        let answer = server.ask(method, target, &body).await;
        assert_eq!(answer.status, status, "{method} {target} {body}: {answer:?}");
        let said = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(said.contains(detail), "{method} {target} {body}: {said}");
    }
}

#[tokio::test]
async fn screens_are_expected_apps_adopted_and_no_repair_starts_without_evidence() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x").await;
    let shows = json!({ "shows": ["tetris", "pong*"] });
    assert_eq!(server.ask("PUT", "/api/v1/screens/kiosk-7?slot=left", &shows).await.status, 204);
    let wanted = json!([{ "host": "kiosk-7", "slot": "left", "shows": ["tetris", "pong*"], "missing_since": null,
        "by": "person" }]);
    assert_eq!(get(&server, "/api/v1/screens").await, wanted);
    assert_eq!(server.ask("DELETE", "/api/v1/screens/kiosk-7?slot=left", &Value::Null).await.status, 204);
    assert_eq!(server.ask("POST", &format!("{X}/adopt"), &Value::Null).await.status, 204);
    assert_eq!(get(&server, X).await["adopted"], "person");
    // The watch hears of an app a moment after its first beat.
    let refused = loop {
        let answer = server.ask("POST", &format!("{X}/repair"), &Value::Null).await;
        if answer.status != 404 {
            break answer;
        }
    };
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.body.contains("nothing is repaired now"), "{refused:?}");
    assert_eq!(refused.json()["kind"], "no-evidence", "for who says it in another language");
    let unknown = server.ask("POST", "/api/v1/incidents/77/acknowledge", &Value::Null).await;
    assert_eq!(unknown.json()["kind"], "no-incident");
}

#[tokio::test]
async fn a_repair_that_is_only_rehearsed_says_why_and_stands_in_the_history() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x&v=1&boot=a").await;
    assert_eq!(server.ask("POST", &format!("{X}/adopt"), &Value::Null).await.status, 204);
    server.ok("/hb_state?5000&appid=x&v=1&boot=a&state=no-frames").await;
    // The watch hears of it a moment later.
    let rehearsed = loop {
        let answer = server.ask("POST", &format!("{X}/repair"), &Value::Null).await;
        if answer.status == 202 {
            break answer.json();
        }
    };
    let why = "no [[repair]] of hb.toml names it";
    assert_eq!(rehearsed, json!({ "action": "reload", "dry": true, "why": why }));
    // What happens in this moment is not yet past.
    server.pass(1_000);
    let dry = loop {
        let told = get(&server, &format!("{X}/history")).await;
        let found = told["history"].as_array().unwrap().iter().find(|row| row["kind"] == "repair");
        if let Some(row) = found {
            break row.clone();
        }
    };
    assert_eq!((&dry["dry"], &dry["by"]), (&true.into(), &"desk".into()));
}

#[tokio::test]
async fn a_window_says_by_whose_clock_it_is() {
    let server = TestServer::start().await;
    let window = json!({ "for": "everything", "during": "we 07:00-09:00", "zone": "Europe/Berlin" });
    assert_eq!(server.ask("POST", "/api/v1/mutes", &window).await.status, 201);
    let mutes = get(&server, "/api/v1/mutes").await;
    assert_eq!(mutes[0]["hours"], "we 07:00-09:00");
    assert_eq!(mutes[0]["zone"], "Europe/Berlin");
    server.ask("POST", "/api/v1/mutes", &json!({ "for": "everything", "for_s": 60 })).await;
    assert_eq!(get(&server, "/api/v1/mutes").await[1]["zone"], Value::Null);
}

#[tokio::test]
async fn a_signal_closes_and_opens_and_the_hours_say_so() {
    let server = TestServer::start().await;
    for (open, phase) in [(false, "closed"), (true, "opening")] {
        let signal = json!({ "for": "everything", "open": open });
        assert_eq!(server.ask("POST", "/api/v1/signals", &signal).await.status, 200);
        let hours = get(&server, "/api/v1/hours").await;
        server.pass(1_000);
        assert_eq!((&hours[0]["for"], &hours[0]["phase"]), (&"everything".into(), &phase.into()));
    }
}
