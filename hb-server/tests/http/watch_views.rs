//! What the watch knows of a screen, in views, streams and lines for monitoring.

use hb_core::expect::{Expected, Place};
use hb_core::id::{Glob, Identity, OwnedIdentity, Who};
use hb_core::incident::Group;
use hb_core::registry::Policy;
use hb_core::window::{Hours, Kind, Mute, Scope, When};
use hb_lease::time::Wall;
use hb_server::watch::{Reply, Request};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::harness::{SOON, Stream, TestServer};

const X: &str = "/api/v1/apps/127.0.0.1/x";
/// The tests' calendar begins here.
const BEGIN: i64 = 1_767_225_600_000;

fn ada() -> Who {
    Who::new("ada", "api 127.0.0.1").unwrap()
}

fn x() -> OwnedIdentity {
    Identity::new("127.0.0.1", "", "x").unwrap().to_owned()
}

async fn mute(server: &TestServer, scope: &str) -> u64 {
    let (from, until) = (Wall::from_unix_millis(BEGIN), Wall::from_unix_millis(BEGIN + 3_600_000));
    let scope: Scope = scope.parse().unwrap();
    let mute = Mute::new(scope, When::Once { from, until }, Kind::Maintenance, ada(), "the lamp").unwrap();
    match server.watch.ask(&ada(), Request::Mute(Box::new(mute))).await.unwrap() {
        Reply::Muted(id) => id.get(),
        other => panic!("a mute has a number: {other:?}"),
    }
}

async fn app(server: &TestServer, target: &str) -> Value {
    serde_json::from_str(&server.ok(target).await).unwrap()
}

/// The view, once it is as wanted: the watch hears of what happens a moment later.
async fn until(server: &TestServer, target: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let view = app(server, target).await;
            if wanted(&view) {
                return view;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, look).await.expect("so in time")
}

#[tokio::test]
async fn a_page_that_was_hidden_while_its_house_was_closed_has_half_a_minute_when_it_opens() {
    let hours = || Hours::parse("mo-su 08:00-20:00", TimeZone::UTC).unwrap();
    // (the moment in seconds since midnight at which it is hidden, what monitoring is told at others)
    let stories = [
        (3_600, &[(28_799, "OK"), (28_800, "WARNING"), (28_829, "WARNING"), (28_830, "CRITICAL")][..]),
        // Whoever was hidden for ten seconds before it closed has twenty.
        (
            71_990,
            &[
                (71_999, "WARNING"),
                (72_000, "WARNING"),
                (90_000, "WARNING"),
                (115_219, "WARNING"),
                (115_220, "CRITICAL"),
            ],
        ),
        (70_000, &[(72_000, "CRITICAL"), (115_199, "CRITICAL"), (115_200, "CRITICAL")]),
    ];
    for (hidden, told) in stories {
        for grace in [0, 300] {
            let server = TestServer::with(|config| {
                config.watch.calendars.push((Scope::Everything, hours()));
                config.watch.boot_grace = std::time::Duration::from_secs(grace);
            })
            .await;
            server.watch.ask(&ada(), Request::Adopt(x())).await.unwrap();
            server.pass(hidden * 1_000);
            server.ok("/hb_ping?600000000&appid=x&v=1&boot=b1&seq=1&vis=hidden&state=hidden").await;
            until(&server, X, |view| view["incident"].is_object()).await;
            let mut now = hidden;
            for &(at, nagios) in told {
                server.pass((at - now) * 1_000);
                now = at;
                let view =
                    until(&server, X, |view| view["muted"] == !(28_800..72_000).contains(&(at % 86_400)))
                        .await;
                assert_eq!(view["nagios"], nagios, "hidden at {hidden}, asked at {at}, grace of {grace} s");
            }
        }
    }
}

#[tokio::test]
async fn a_view_says_how_it_stands_with_an_app() {
    let server = TestServer::with(|config| {
        let members = vec!["*/x".parse().unwrap()];
        config.watch.tree.groups.push(Group { name: "hall 3".into(), members });
    })
    .await;
    server.ok("/hb_ping?5000&appid=x").await;
    let view = until(&server, X, |view| view["groups"] == json!(["hall 3"])).await;
    assert_eq!(
        (&view["muted"], &view["mute"], &view["incident"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    let idle = json!({ "status": "idle", "action": null, "waits": null, "not_before": null });
    assert_eq!(view["repair"], idle);
    assert_eq!((&view["adopted"], &view["new"]), (&Value::Null, &json!(true)));
    server.watch.ask(&ada(), Request::Adopt(x())).await.unwrap();
    let id = mute(&server, "group:hall 3").await;
    let view = app(&server, X).await;
    assert_eq!(
        (&view["adopted"], &view["new"], &view["muted"]),
        (&json!("person"), &json!(false), &json!(true))
    );
    let until = "2026-01-01T01:00:00.000Z";
    let wanted = json!({ "id": id, "kind": "maintenance", "for": "group:hall 3", "by": "ada",
        "from": "api 127.0.0.1", "reason": "the lamp", "until": until });
    assert_eq!(view["mute"], wanted);
    assert_eq!(view["holds"], json!(["muted"]));
    let all = app(&server, "/api/v1/apps").await;
    assert_eq!(all[0]["mute"], wanted);
    let snapshot = Stream::open(&server, None).await.named("snapshot").await;
    assert_eq!(snapshot.data["apps"][0]["mute"], wanted);
}

#[tokio::test]
async fn an_incident_is_seen_with_who_takes_care_of_it() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x").await;
    server.watch.ask(&ada(), Request::Adopt(x())).await.unwrap();
    server.pass(60_000);
    let view = until(&server, X, |view| !view["incident"].is_null()).await;
    let number = view["incident"]["number"].as_u64().unwrap();
    assert_eq!(view["incident"]["acknowledged"], Value::Null);
    let number = hb_core::incident::Number(number);
    server.watch.ask(&ada(), Request::Acknowledge(number)).await.unwrap();
    let end = Wall::from_unix_millis(BEGIN + 7_200_000);
    server.watch.ask(&ada(), Request::Snooze { number, until: end }).await.unwrap();
    let view = app(&server, X).await;
    assert_eq!(view["incident"]["acknowledged"], json!({ "by": "ada", "from": "api 127.0.0.1" }));
    assert_eq!(view["incident"]["snoozed_until"], "2026-01-01T02:00:00.000Z");
}

#[tokio::test]
async fn a_stream_tells_what_the_watch_says_and_how_it_stands_then() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?5000&appid=x").await;
    until(&server, X, |view| view["holds"] == json!(["new"])).await;
    assert_eq!(server.ask("POST", &format!("{X}/adopt"), &Value::Null).await.status, 204);
    let mut stream = Stream::open(&server, None).await;
    stream.named("snapshot").await;
    mute(&server, "*/x").await;
    let told = stream.named("told").await;
    assert!(told.id.is_some() && told.data["at"].is_string(), "{told:?}");
    let standing = stream.named("standing").await;
    assert_eq!((&standing.data["app"], &standing.data["host"]), (&json!("x"), &json!("127.0.0.1")));
    assert_eq!(standing.data["view"]["muted"], true);
    assert!(standing.id.is_some());
    server.pass(60_000);
    let transition = stream.named("transition").await;
    assert_eq!(transition.data["view"]["mute"]["reason"], "the lamp");
}

#[tokio::test]
async fn monitoring_hears_of_maintenance_and_of_what_is_true() {
    for policy in [Policy::Auto, Policy::Hilbert] {
        let server = TestServer::with(|config| config.engine.registry.policy = policy).await;
        server.ok("/hb_ping?5000&appid=x").await;
        let fine = server.ok("/status?appid=x").await;
        mute(&server, "everything").await;
        let line = server.ok("/status?appid=x").await;
        if policy == Policy::Hilbert {
            assert_eq!(line, fine, "as the reference server, byte for byte");
            continue;
        }
        assert!(
            line.starts_with("OK - maintenance [x @ 127.0.0.1]: starting| od=")
                || line.starts_with("OK - maintenance [x @ 127.0.0.1]: up| od="),
            "{line}"
        );
        server.pass(60_000);
        let line = server.ok("/status?appid=x").await;
        assert!(line.starts_with("OK - maintenance [x @ 127.0.0.1]: down| od="), "{line}");
        assert_eq!(server.ok("/status").await, line);
        let view = app(&server, X).await;
        assert_eq!((&view["state"], &view["nagios"]), (&json!("down"), &json!("OK")));
    }
}

#[tokio::test]
async fn a_place_that_shows_nothing_is_seen_though_nobody_ever_heard_of_it() {
    let server = TestServer::with(|config| {
        let place = Place::new("kiosk-9", "left").unwrap();
        config.watch.expect.push(Expected { place, shows: vec![Glob::new("tetris").unwrap()] });
        let members = vec!["kiosk-9/*#left".parse().unwrap()];
        config.watch.tree.groups.push(Group { name: "hall".into(), members });
    })
    .await;
    assert_eq!(app(&server, "/api/v1/apps").await, json!([]));
    server.ok("/hb_ping?600000&appid=x").await;
    server.pass(300_000);
    server.watch.tell(hb_server::watch::Input::Tick);
    let all = until(&server, "/api/v1/apps?state=missing", |all| all != &json!([])).await;
    let view = &all[0];
    assert_eq!(all.as_array().unwrap().len(), 1);
    let names = ["host", "slot", "app"].map(|name| view[name].as_str().unwrap());
    assert_eq!(names, ["kiosk-9", "left", "tetris"]);
    assert_eq!((&view["state"], &view["first_seen"]), (&json!("missing"), &Value::Null));
    assert_eq!(view["sentence"], "nothing that should be shown here is running");
    assert_eq!(view["nagios"], "CRITICAL");
    let one = app(&server, "/api/v1/apps/kiosk-9/tetris?slot=left").await;
    assert_eq!(one["incident"]["number"], view["incident"]["number"]);
    let all = app(&server, "/api/v1/apps").await;
    assert_eq!([&all[0]["app"], &all[1]["app"]], ["tetris", "x"], "worst first");
    let snapshot = Stream::open(&server, None).await.named("snapshot").await;
    assert_eq!(snapshot.data["apps"][0]["state"], "missing");
    // Its time is not unknown but lost, of itself and of whoever it belongs to.
    server.pass(60_000);
    for whose in [
        "uptime?host=kiosk-9&from=60s",
        "uptime?group=hall&from=60s",
        "apps/kiosk-9/tetris/uptime?slot=left&from=60s",
    ] {
        let told = until(&server, &format!("/api/v1/{whose}"), |it| it["uptime"]["percent"] == 0.0).await;
        assert_eq!(told["uptime"]["broken_s"], 60, "{whose}: {told}");
    }
}
