//! Two servers, one of which beats to the other: what the watching one sees, in its own time.

use std::time::Duration;

use hb_core::beat::{By, Cause, State};
use hb_core::id::Identity;
use hb_core::registry::Snapshot;
use hb_server::config::{Listen, Udp};
use hb_server::heart;
use tokio::time::timeout;

use crate::harness::{SOON, TestServer};

/// The server that watches, by HTTP and UDP.
async fn hall() -> TestServer {
    TestServer::with(|config| config.udp = Some(Udp::At(Listen::Loopback(0)))).await
}

/// A server that beats to `url`, thrice in 300 ms.
async fn agent(url: &str) -> TestServer {
    let to = url.parse().unwrap();
    let beat_to = heart::Config { promise: Duration::from_millis(300), ..heart::Config::new(to) };
    TestServer::with(|config| config.beat_to = Some(beat_to)).await
}

fn see(hall: &TestServer, app: &str) -> Option<Snapshot> {
    hall.engine.snapshot(Identity::new("127.0.0.1", "", app).unwrap())
}

/// Waits until the hall sees `app` as wanted.
async fn seen(hall: &TestServer, app: &str, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let looking = async {
        loop {
            match see(hall, app).filter(&wanted) {
                Some(snapshot) => return snapshot,
                None => tokio::task::yield_now().await,
            }
        }
    };
    timeout(SOON, looking).await.expect("it is seen in time")
}

fn state(hall: &TestServer, app: &str) -> (State, Cause) {
    let snapshot = see(hall, app).expect("it is known");
    (snapshot.state, snapshot.cause)
}

#[tokio::test]
async fn a_server_that_beats_is_up_and_one_that_stopped_is_missed() {
    let hall = hall().await;
    for url in [format!("http://{}/some/prefix", hall.addrs[0]), format!("udp://{}", hall.udp_addrs[0])] {
        let agent = agent(&url).await;
        // Not only once: its counter goes on, and the hall's time stands still.
        let up = seen(&hall, "hb", |app| app.state == State::Up && app.vitals.seq >= Some(4)).await;
        assert_eq!(
            (up.vitals.by, up.vitals.version, up.granted.as_millis()),
            (Some(By::Native), Some(1), 1300)
        );

        agent.stop().await;
        assert_eq!(
            state(&hall, "hb").0,
            State::Reconnecting,
            "{url}: it said that it leaves, and is expected back"
        );
        // The 30 s that it asked for, and the tolerance.
        hall.pass(30_000);
        assert_eq!(state(&hall, "hb").0, State::Reconnecting, "{url}");
        hall.pass(1_000);
        assert_eq!(state(&hall, "hb"), (State::Late, Cause::Left), "{url}");
        hall.pass(60_000);
        assert_eq!(state(&hall, "hb").0, State::Down, "{url}");
    }
}

#[tokio::test]
async fn by_a_template_it_says_that_it_lives_and_then_nothing() {
    let hall = hall().await;
    let agent = agent(&format!("http://{}/heartbeat.html?container=kiosk-3&next=%n", hall.addrs[0])).await;
    // The first promise is that of an init, and longer.
    seen(&hall, "kiosk-3", |app| app.state == State::Up && app.granted.as_millis() == 1_300).await;
    agent.stop().await;
    assert_eq!(state(&hall, "kiosk-3").0, State::Up);
    // A template has no room for `v`: three and five times what was granted.
    hall.pass(3 * 1_300);
    assert_eq!(state(&hall, "kiosk-3"), (State::Late, Cause::Silence));
    hall.pass(2 * 1_300);
    assert_eq!(state(&hall, "kiosk-3"), (State::Down, Cause::Silence));
}

#[tokio::test]
async fn a_server_that_comes_back_is_the_same_app_with_a_new_boot() {
    let hall = hall().await;
    let url = format!("http://{}", hall.addrs[0]);
    let first = agent(&url).await;
    let before = seen(&hall, "hb", |app| app.state == State::Up).await;
    first.stop().await;
    let _second = agent(&url).await;
    let after =
        seen(&hall, "hb", |app| app.state == State::Up && app.vitals.boot != before.vitals.boot).await;
    assert_eq!((after.reloads, after.conflict), (1, false));
}
