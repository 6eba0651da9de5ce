//! Incidents over the API: taken on, put off, and told of when they are over.

use serde_json::{Value, json};

use crate::harness::TestServer;

const OPEN: &str = "/api/v1/incidents?open=true";
const CLOSED: &str = "/api/v1/incidents?open=false";

/// The list, once it is as wanted: the watch hears of what happens a moment later.
async fn until(server: &TestServer, target: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let look = async {
        loop {
            let list: Vec<Value> = serde_json::from_str(&server.ok(target).await).unwrap();
            if wanted(&list) {
                return list;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::harness::SOON, look).await.expect("so in time")
}

async fn adopt(server: &TestServer, app: &str) {
    server.ok(&format!("/hb_ping?5000&appid={app}&v=1&boot=a")).await;
    let path = format!("/api/v1/apps/127.0.0.1/{app}/adopt");
    assert_eq!(server.ask("POST", &path, &Value::Null).await.status, 204);
}

#[tokio::test]
async fn an_incident_is_taken_on_put_off_and_says_so_when_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().to_path_buf());
    let server = TestServer::with(|config| config.state.clone_from(&state)).await;
    adopt(&server, "x").await;
    server.pass(60_000);
    let open = until(&server, OPEN, |list| list.len() == 1).await;
    assert_eq!((&open[0]["acknowledged"], &open[0]["ended"]), (&Value::Null, &Value::Null));
    let path = format!("/api/v1/incidents/{}", open[0]["number"]);
    let taken = server.ask("POST", &format!("{path}/acknowledge"), &json!({})).await;
    assert_eq!(taken.status, 204, "{taken:?}");
    let put_off = server.ask("POST", &format!("{path}/snooze"), &json!({ "for_s": 1800 })).await;
    assert_eq!(put_off.status, 204, "{put_off:?}");
    let open = until(&server, OPEN, |list| list.len() == 1).await;
    let desk = json!({ "by": "desk", "from": "api 127.0.0.1" });
    assert_eq!(open[0]["acknowledged"], desk);
    assert!(open[0]["snoozed_until"].is_string(), "{open:?}");
    // What to do is what the app's own page says.
    let view: Value = serde_json::from_str(&server.ok("/api/v1/apps/127.0.0.1/x").await).unwrap();
    assert!(view["advice"].is_string() && open[0]["advice"] == view["advice"], "{view} {open:?}");

    server.ok("/hb_ping?5000&appid=x&v=1&boot=b").await;
    until(&server, OPEN, <[Value]>::is_empty).await;
    let check = |closed: &[Value]| {
        let last = &closed[0];
        assert_eq!((&last["number"], &last["ending"]), (&open[0]["number"], &"back".into()));
        assert_eq!((&last["acknowledged"], &last["covers"]), (&desk, &json!([])));
        assert_eq!(last["advice"], Value::Null, "it is over");
    };
    check(&until(&server, CLOSED, |list| list.len() == 1).await);
    let again = server.ask("POST", &format!("{path}/acknowledge"), &json!({})).await;
    assert_eq!(again.status, 404, "it is over: {again:?}");
    server.stop().await;
    let server = TestServer::with(|config| config.state.clone_from(&state)).await;
    check(&until(&server, CLOSED, |list| list.len() == 1).await);
}

#[tokio::test]
async fn an_incident_of_a_machine_says_whom_it_covered_when_it_is_over() {
    let apps = ["a", "b", "c"];
    let server = TestServer::start().await;
    for app in apps {
        adopt(&server, app).await;
    }
    // They beat once more after they were adopted, and fall silent together.
    for app in apps {
        server.ok(&format!("/hb_ping?5000&appid={app}&v=1&boot=a")).await;
    }
    server.pass(13_000);
    let machine = |list: &[Value]| list.iter().position(|it| it["about"] == json!({ "host": "127.0.0.1" }));
    let open = until(&server, OPEN, |list| machine(list).is_some()).await;
    let covers = json!(apps.map(|app| format!("{app} @ 127.0.0.1")));
    assert_eq!(open[machine(&open).unwrap()]["covers"], covers);
    for app in apps {
        server.ok(&format!("/hb_ping?5000&appid={app}&v=1&boot=b")).await;
    }
    let closed = until(&server, CLOSED, |list| machine(list).is_some()).await;
    assert_eq!(closed[machine(&closed).unwrap()]["covers"], covers);
}
