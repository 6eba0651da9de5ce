//! The life of a page and of its server: reload, close, restart, two of one name, and a supervised program.

use std::process::{Command, Stdio};

use super::harness::PATIENCE;
use super::harness::browser::{Browser, Page};
use super::harness::server::{HB, Server};
use super::harness::watch::Watch;

const LAB: &str = "/demo/lab/?interval=1500&stallAfter=2000";

async fn lab_that_draws(server: &Server) -> (Browser, Page, Watch) {
    let mut view = server.watch().await;
    let browser = Browser::start().await;
    let page = browser.open(&server.url(LAB)).await;
    view.until("the lab draws", PATIENCE, |v| v.state("lab") == "up" && v.frames("lab") > 0).await;
    (browser, page, view)
}

#[tokio::test]
async fn a_reload_is_one_event_and_the_page_is_up_again() {
    let server = Server::start();
    let (_browser, page, mut view) = lab_that_draws(&server).await;
    let boot = view.app("lab")["boot"].clone();
    view.turn_page();
    page.reload().await;
    view.until("a new page load is up", PATIENCE, |v| {
        v.app("lab")["boot"] != boot && v.state("lab") == "up" && v.frames("lab") > 0
    })
    .await;
    // Whatever a reload says too much, it says in the next seconds.
    let heard = view.seconds + 3;
    view.until("three seconds more", PATIENCE, |v| v.seconds >= heard).await;
    assert_eq!(view.events("lab", "reload"), 1, "{:?}", view.log);
    let passed: Vec<_> = view.log.iter().filter_map(|(_, it)| it["to"].as_str()).collect();
    assert!(
        passed.iter().all(|state| matches!(*state, "reconnecting" | "starting" | "up")),
        "a reload alarms nobody: {passed:?}"
    );
    assert!(passed.len() >= 2, "the reload was seen: {passed:?}");
}

#[tokio::test]
async fn a_closed_tab_is_reconnecting_at_once() {
    let server = Server::start();
    let (_browser, page, mut view) = lab_that_draws(&server).await;
    page.close().await;
    view.until_state("lab", "reconnecting", PATIENCE).await;
}

#[tokio::test]
async fn a_page_goes_on_when_its_server_is_killed_and_started_again() {
    let mut server = Server::start();
    let (_browser, _page, view) = lab_that_draws(&server).await;
    let drawn = view.frames("lab");
    server.start_again();
    let mut view = server.watch().await;
    view.until("the page is up again", PATIENCE, |v| v.state("lab") == "up" && v.frames("lab") > drawn).await;
}

#[tokio::test]
async fn two_tabs_of_one_name_are_a_conflict_and_the_worst_wins() {
    let server = Server::start();
    let (browser, first, mut view) = lab_that_draws(&server).await;
    let boot = view.app("lab")["boot"].clone();
    let _second = browser.open(&server.url(LAB)).await;
    view.until("a conflict", PATIENCE, |v| v.app("lab")["conflict"] == true).await;
    first.press("stop").await;
    // By its own name: on a busy machine the other may stall too, for a moment.
    view.until("the first is stalled", PATIENCE, |v| {
        v.state("lab") == "stalled" && v.app("lab")["boot"] == boot
    })
    .await;
    // The other tab draws on, and must not paint it green.
    let (heard, before) = (view.seconds + 3, view.log.len());
    view.until("three seconds more", PATIENCE, |v| v.seconds >= heard).await;
    let after = &view.log[before..];
    assert!(after.iter().all(|(_, it)| it["to"] != "up"), "{after:?}");
    assert_eq!(view.state("lab"), "stalled");
}

#[tokio::test]
async fn a_supervised_program_is_up_while_it_runs_and_done_after() {
    let server = Server::start();
    let mut view = server.watch().await;
    // `cat` lives until its input ends.
    let mut child = Command::new(HB)
        .args(["run", "--", "cat"])
        .env("HB_URL", server.url(""))
        .env("APP_ID", "supervised")
        // The first ping comes at 95 % of what init was granted.
        .env("HB_INIT_TIMEOUT", "1000")
        .env("HB_SEND_PING", "true")
        .env("HB_PING_INTERVAL", "1000")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    view.until("it runs", PATIENCE, |v| matches!(v.state("supervised"), "starting" | "up")).await;
    view.until_state("supervised", "up", PATIENCE).await;
    drop(child.stdin.take());
    view.until_state("supervised", "done", PATIENCE).await;
    assert!(child.wait().unwrap().success(), "the child's exit code is handed on");
}
