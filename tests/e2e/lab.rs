//! The lab's buttons: what breaks turns the server's view, and what is mended turns it back. Not here: how soon, which the
//! matrix measures (docs/truth.md).

use super::harness::PATIENCE;
use super::harness::browser::{Browser, Page};
use super::harness::server::Server;
use super::harness::watch::Watch;

/// The page's `stallAfter`, its promise, and for how long a press on *busy* keeps its script busy, ms. A page that is done
/// before a slow machine has looked at it would never be seen busy.
const STALL: u64 = 2000;
const PROMISE: u64 = 1500;
const BUSY: u64 = 15_000;

/// What a press makes the server believe.
struct Turn {
    press: &'static str,
    state: &'static str,
    /// `None`: silence has no cause of the client's own.
    cause: Option<&'static str>,
}

const fn turn(press: &'static str, state: &'static str, cause: Option<&'static str>) -> Turn {
    Turn { press, state, cause }
}

async fn check(turns: &[Turn]) {
    let server = Server::start();
    let mut view = server.watch().await;
    let browser = Browser::start().await;
    let url = server.url(&format!("/demo/lab/?interval={PROMISE}&stallAfter={STALL}&busy={BUSY}"));
    let page = browser.open(&url).await;
    // Who is stuck before its worker came has nobody who could say so.
    view.until("the lab draws", PATIENCE, |v| {
        v.state("lab") == "up" && v.app("lab")["vitals"]["by"] == "worker"
    })
    .await;
    for turn in turns {
        press(&page, &mut view, turn).await;
    }
}

async fn press(page: &Page, view: &mut Watch, turn: &Turn) {
    if !turn.press.is_empty() {
        page.press(turn.press).await;
    }
    let what = format!("after {:?} the lab is {} ({:?})", turn.press, turn.state, turn.cause);
    let holds = |v: &Watch| {
        v.state("lab") == turn.state && turn.cause.is_none_or(|cause| v.app("lab")["cause"] == cause)
    };
    view.until(&what, PATIENCE, holds).await;
}

#[tokio::test]
async fn a_picture_that_stops_is_stalled_until_it_moves_again() {
    check(&[turn("stop", "stalled", Some("no-frames")), turn("resume", "up", None)]).await;
}

#[tokio::test]
async fn a_loop_that_throws_is_stalled_until_it_runs_again() {
    check(&[turn("throw", "stalled", Some("no-frames")), turn("resume", "up", None)]).await;
}

#[tokio::test]
async fn a_lost_context_is_stalled_until_it_is_restored() {
    check(&[turn("lose", "stalled", Some("context-lost")), turn("restore", "up", None)]).await;
}

#[tokio::test]
async fn a_busy_page_is_stalled_by_its_script_and_back_when_it_is_done() {
    check(&[turn("busy", "stalled", Some("main-blocked")), turn("", "up", None)]).await;
}

#[tokio::test]
async fn a_page_without_network_is_late_then_down_until_it_is_online() {
    check(&[turn("offline", "late", None), turn("", "down", None), turn("online", "up", None)]).await;
}

#[tokio::test]
async fn a_page_that_says_done_is_done_until_it_begins_again() {
    check(&[turn("done", "done", None), turn("resume", "up", None)]).await;
}

#[tokio::test]
async fn a_harm_in_force_stays_pressed_and_a_still_picture_has_no_rate() {
    let server = Server::start();
    let browser = Browser::start().await;
    let page = browser.open(&server.url("/demo/lab/")).await;
    let within = u32::try_from(PATIENCE.as_millis()).expect("seconds");
    let pressed = |id: &str, on: bool| format!("document.getElementById('{id}').ariaPressed === '{on}'");
    page.until(&pressed("stop", false), within).await;
    page.press("stop").await;
    page.until(&pressed("stop", true), within).await;
    page.until("/^0, no frames for/.test(document.getElementById('client-fps').textContent)", within).await;
    page.press("stop").await;
    page.until(&pressed("stop", false), within).await;
    page.until("!/^0/.test(document.getElementById('client-fps').textContent)", within).await;
}
