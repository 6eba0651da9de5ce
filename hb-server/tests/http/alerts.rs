//! From a page that freezes to a message at its receiver: the whole way, over real sockets, in a time moved by hand.

use hb_core::id::Identity;
use hb_server::Config;
use hb_server::config::{Listen, Overrides};
use tokio::time::timeout;

use crate::harness::{SOON, TestServer};
use crate::receiver::{Answer, Receiver};

/// What stands in `hb.toml` of a house with one screen that nobody waits for.
pub(crate) const HOUSE: &str = "boot_grace_s = 0\nzone = \"UTC\"\n";
pub(crate) const SCREEN: &str = "[[screen]]\nhost = \"127.0.0.1\"\nshows = \"*\"\n";
const FROZEN: &str = "/hb_state?3600000&appid=tetris&v=1&boot=b1&state=no-frames";
const FINE: &str = "/hb_ping?3600000&appid=tetris&v=1&boot=b1&by=frame&frames=9&age=1";

/// What this text of `hb.toml` means.
pub(crate) fn configured(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hb.toml");
    std::fs::write(&path, text).unwrap();
    let typed = Overrides { config: Some(path), ..Overrides::default() };
    let loaded = Config::load(typed, &|_| None).unwrap();
    Config { listen: Listen::Loopback(0), state: None, ..loaded }
}

/// Lets the page of `app` freeze, and waits until an incident is open. Returns its number.
pub(crate) async fn freeze(server: &TestServer, app: &str) -> u64 {
    let query = |state| format!("/hb_state?3600000&appid={app}&v=1&boot=b1&state={state}");
    server.ok(&query("ok")).await;
    server.ok(&query("no-frames")).await;
    let decoded = percent_encoding::percent_decode_str(app).decode_utf8().unwrap();
    let id = Identity::new("127.0.0.1", "", &decoded).unwrap();
    let open = || server.watch.look(|machine, at| machine.standing(at, id).incident.map(|it| it.number));
    timeout(SOON, async {
        loop {
            match open() {
                Some(number) => return number,
                None => tokio::task::yield_now().await,
            }
        }
    })
    .await
    .expect("an incident in time")
}

#[tokio::test]
async fn a_receiver_that_fails_hangs_and_recovers_hears_each_thing_once() {
    let mut bad = Receiver::start(&[Answer::Fail, Answer::Hang]).await;
    let mut good = Receiver::start(&[]).await;
    let rule = "[[rule]]\nchannels = [\"bad\", \"good\"]\nfor_s = 2\n";
    let text = [HOUSE, SCREEN, &bad.channel("bad"), &good.channel("good"), rule].concat();
    let server = TestServer::with(|config| *config = configured(&text)).await;
    let number = freeze(&server, "tetris").await;
    let second = || server.pass(1_000);
    let opening = good.next_while(second).await.body;
    assert_eq!((&opening["kind"], &opening["incidents"][0]["number"]), (&"opening".into(), &number.into()));
    assert_eq!(opening["incidents"][0]["name"], "tetris on 127.0.0.1");
    assert_eq!(opening["incidents"][0]["state"], "stalled");
    assert_eq!(opening["incidents"][0]["since"], "2026-01-01T00:00:00Z");
    assert_eq!(opening["at"], "2026-01-01T00:00:02Z", "not before it was so for that long");
    let mut delivered = Vec::new();
    let mut answers = Vec::new();
    while delivered.is_empty() {
        let heard = bad.next_while(second).await;
        assert_eq!(heard.body["kind"], "opening", "{heard:?}");
        answers.push(heard.answer);
        match heard.answer {
            Answer::Hang => bad.hang_up(),
            Answer::Take => delivered.push(heard.body["kind"].clone()),
            Answer::Fail => {}
        }
    }
    assert_eq!(answers, [Answer::Fail, Answer::Hang, Answer::Take]);
    server.ok(FINE).await;
    for receiver in [&mut good, &mut bad] {
        let closing = receiver.next_while(second).await.body;
        assert_eq!((&closing["kind"], &closing["incidents"][0]["over"]), (&"closing".into(), &true.into()));
    }
    // What comes next is of the next incident: nothing came twice.
    server.ok(FROZEN).await;
    for receiver in [&mut good, &mut bad] {
        let next = receiver.next_while(second).await.body;
        assert_eq!(next["kind"], "opening");
        assert_ne!(next["incidents"][0]["number"], number);
    }
}

#[tokio::test]
async fn of_a_program_people_are_told_what_helps_a_program() {
    for (by, helps) in [("frame", "eload the page"), ("native", "estart the program")] {
        let mut good = Receiver::start(&[]).await;
        let rule = "[[rule]]\nchannels = \"good\"\nfor_s = 1\n";
        let text = [HOUSE, SCREEN, &good.channel("good"), rule].concat();
        let server = TestServer::with(|config| *config = configured(&text)).await;
        freeze(&server, "tetris").await;
        server.ok(&format!("{FROZEN}&by={by}")).await;
        let opening = good.next_while(|| server.pass(1_000)).await.body;
        assert!(opening["text"].as_str().unwrap().contains(helps), "{opening}");
        let open = server.get("/api/v1/incidents").await.json();
        assert!(open[0]["advice"].as_str().unwrap().contains(helps), "{open}");
    }
}

#[tokio::test]
async fn where_two_answer_to_a_name_people_are_told_that_repairs_wait() {
    let mut good = Receiver::start(&[]).await;
    let rule = "[[rule]]\nchannels = \"good\"\nfor_s = 1\n";
    let text = [HOUSE, SCREEN, &good.channel("good"), rule].concat();
    let server = TestServer::with(|config| *config = configured(&text)).await;
    freeze(&server, "tetris").await;
    for boot in ["b2", "b1"] {
        let frozen = "frames=9&age=1&state=no-frames";
        server.ok(&format!("/hb_state?3600000&appid=tetris&v=1&boot={boot}&{frozen}")).await;
    }
    let opening = good.next_while(|| server.pass(1_000)).await.body;
    assert_eq!(opening["incidents"][0]["conflict"], true, "{opening}");
    assert!(opening["text"].as_str().unwrap().contains("Repairs wait: two answer to its name."), "{opening}");
}

#[tokio::test]
async fn the_report_comes_when_the_grace_after_opening_is_over() {
    let mut guards = Receiver::start(&[]).await;
    let hours = "[[hours]]\nfor = \"everything\"\nopen = \"mo-su 00:01-23:00\"\n";
    let text =
        ["boot_grace_s = 30\nzone = \"UTC\"\n", SCREEN, hours, &guards.channel("guards"), "report = true\n"]
            .concat();
    let server = TestServer::with(|config| *config = configured(&text)).await;
    server.ok(FINE).await;
    let report = guards.next_while(|| server.pass(1_000)).await.body;
    assert_eq!((&report["kind"], &report["title"]), (&"report".into(), &"All 1 screens are ready".into()));
    assert_eq!(report["at"], "2026-01-01T00:01:30Z");
}

#[tokio::test]
async fn the_past_of_a_screen_says_which_alert_went_to_whom_and_whether_it_arrived() {
    let mut good = Receiver::start(&[]).await;
    let rule = "[[rule]]\nchannels = \"good\"\nfor_s = 1\n";
    let text = [HOUSE, SCREEN, &good.channel("good"), rule].concat();
    let server = TestServer::with(|config| *config = configured(&text)).await;
    let number = freeze(&server, "tetris").await;
    good.next_while(|| server.pass(1_000)).await;
    let arrived = async {
        loop {
            // The memory writes a little later.
            let told = server.get("/api/v1/apps/127.0.0.1/tetris/history?to=2026-01-02").await.json();
            let all = told["history"].as_array().into_iter().flatten();
            let alert = all.clone().find(|it| it["kind"] == "alert").cloned();
            match alert.filter(|it| it["ended"].is_string()) {
                Some(alert) => return alert,
                None => tokio::task::yield_now().await,
            }
        }
    };
    let alert = timeout(SOON, arrived).await.expect("told in time");
    assert_eq!((&alert["channel"], &alert["message"]), (&"good".into(), &"opening".into()));
    assert_eq!((&alert["incident"], &alert["failure"]), (&number.into(), &serde_json::Value::Null));
    // Who may look at the screen is told of no other.
    assert!(alert.get("body").is_none(), "{alert}");
}
