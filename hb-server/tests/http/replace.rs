//! Another machine stands there now: what is kept, who may say so, and what a restart makes of it.

use hb_server::auth::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, SOON, TestServer, bearer};

const SILENT: u64 = 60_000;

async fn beat(server: &TestServer, host: &str, app: &str) {
    server.ok(&format!("/hb_ping?5000&appid={app}&v=1&boot={host}{app}&host={host}")).await;
}

async fn post(server: &TestServer, header: &str, old: &str, new: &str) -> Answer {
    let body = json!({ "by": new }).to_string();
    let headers = format!("{header}Content-Length: {}\r\n", body.len());
    server.request("POST", &format!("/api/v1/hosts/{old}/replace"), &headers, &body).await
}

async fn look(server: &TestServer, target: &str) -> Value {
    serde_json::from_str(&server.ok(target).await).unwrap()
}

async fn until(server: &TestServer, target: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let found = look(server, target).await;
            if wanted(&found) {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, look).await.expect("so in time")
}

/// `old` fell silent while somebody took care of it; `new` beats.
async fn broken(server: &TestServer) {
    beat(server, "old", "x").await;
    beat(server, "old", "y").await;
    for (method, path, body) in [
        ("POST", "/api/v1/apps/old/x/adopt", Value::Null),
        ("POST", "/api/v1/mutes", json!({ "for": "old/y", "for_s": 80_000, "reason": "lamp" })),
        ("PUT", "/api/v1/screens/old", json!({ "shows": ["x"] })),
    ] {
        let answer = server.ask(method, path, &body).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
    }
    server.pass(SILENT);
    let open = until(server, "/api/v1/incidents?open=true", |list| list.as_array().unwrap().len() == 1).await;
    let path = format!("/api/v1/incidents/{}/acknowledge", open[0]["number"]);
    assert_eq!(server.ask("POST", &path, &json!({})).await.status, 204);
    beat(server, "new", "x").await;
}

fn hosts(apps: &Value) -> Vec<String> {
    let names = apps.as_array().unwrap().iter();
    let mut names: Vec<_> = names.map(|app| format!("{}/{}", app["host"], app["app"])).collect();
    names.sort();
    names.iter().map(|name| name.replace('"', "")).collect()
}

#[tokio::test]
async fn what_is_known_of_the_old_machine_is_known_of_the_new_one_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().to_path_buf());
    let server = TestServer::with(|config| config.state.clone_from(&state)).await;
    broken(&server).await;
    let before =
        until(&server, "/api/v1/apps/old/x/history", |it| it["history"].to_string().contains("down")).await;
    assert!(before["history"].as_array().unwrap().len() > 1, "{before}");
    let admin = bearer(&server.auth, "ada", Role::Admin).await;
    let done = post(&server, &admin, "old", "new").await;
    assert_eq!(done.status, 200, "{done:?}");
    let done: Value = serde_json::from_str(&done.body).unwrap();
    assert_eq!(done, json!({ "apps": 2, "mutes": 1, "places": 1, "configured": [] }));
    let closed =
        until(&server, "/api/v1/incidents?open=false", |list| !list.as_array().unwrap().is_empty()).await;
    let last = &closed[0];
    assert_eq!((&last["about"]["host"], &last["ending"]), (&json!("new"), &json!("back")));
    assert_eq!(last["acknowledged"]["by"], "desk");
    let check = async |server: &TestServer| {
        assert_eq!(hosts(&look(server, "/api/v1/apps").await), ["new/x", "new/y"]);
        let mutes = look(server, "/api/v1/mutes").await;
        assert_eq!((mutes.as_array().unwrap().len(), &mutes[0]["for"]), (1, &json!("new/y")), "{mutes}");
        let places = look(server, "/api/v1/screens").await;
        assert_eq!((places.as_array().unwrap().len(), &places[0]["host"]), (1, &json!("new")), "{places}");
        let of_new =
            look(server, "/api/v1/apps/new/x/history?from=2025-12-31&to=2026-01-02").await.to_string();
        for event in before["history"].as_array().unwrap() {
            assert!(of_new.contains(&event["at"].to_string()), "lost: {event} in {of_new}");
        }
        let of_old = server.get("/api/v1/apps/old/x/history?from=2025-12-31&to=2026-01-02").await;
        let empty = of_old.status == 404 || of_old.body.contains("\"history\":[]");
        assert!(empty, "nothing is left of the old name: {of_old:?}");
    };
    check(&server).await;
    server.stop().await;
    let server = TestServer::with(|config| config.state.clone_from(&state)).await;
    check(&server).await;
}

#[tokio::test]
async fn only_an_admin_may_and_only_where_the_old_machine_is_gone() {
    let server = TestServer::start().await;
    broken(&server).await;
    let operator = server.operator.clone();
    assert_eq!(post(&server, &operator, "old", "new").await.status, 403);
    assert_eq!(post(&server, "", "old", "new").await.status, 401);
    let admin = bearer(&server.auth, "ada", Role::Admin).await;
    for (old, new, status, says) in [
        ("nobody", "new", 404, "nobody"),
        ("old", "nobody", 404, "nobody"),
        ("old", "old", 400, "own place"),
        ("new", "old", 409, "still heard"),
        ("old", "", 400, "expected a machine"),
    ] {
        let answer = post(&server, &admin, old, new).await;
        assert!(answer.status == status && answer.body.contains(says), "{old} {new}: {answer:?}");
    }
    let headers = format!("{admin}Content-Length: 2\r\n");
    let odd = server.request("POST", "/api/v1/hosts/old/replace", &headers, "{}").await;
    assert_eq!(odd.status, 400);
}
