//! The dashboard, as a person sees it: words on tiles.

use super::harness::PATIENCE;
use super::harness::browser::{Browser, Page};
use super::harness::server::Server;

const PATIENT: u32 = 30_000;

/// Waits for a tile of `app` that says `word`.
async fn until_tile(page: &Page, app: &str, word: &str, within: u32) {
    let condition = format!(
        "[...document.querySelectorAll('.tile')].some((tile) =>
           tile.querySelector('.name').textContent === '{app}' && tile.querySelector('.word').textContent === '{word}')"
    );
    page.until(&condition, within).await;
}

#[tokio::test]
async fn a_live_screen_is_up_and_a_frozen_one_stalled_until_the_view_is_stale() {
    let mut server = Server::start();
    let mut view = server.watch().await;
    let browser = Browser::start().await;
    let _live = browser.open(&server.url("/demo/webgl/?interval=1000")).await;
    let frozen = browser.open(&server.url("/demo/lab/?interval=1500&stallAfter=2000")).await;
    view.until("both are up", PATIENCE, |v| v.state("webgl") == "up" && v.state("lab") == "up").await;

    let dashboard = browser.open(&server.url("/")).await;
    until_tile(&dashboard, "webgl", "Up", PATIENT).await;
    until_tile(&dashboard, "lab", "Up", PATIENT).await;
    frozen.press("stop").await;
    until_tile(&dashboard, "lab", "Stalled", 4000).await;
    until_tile(&dashboard, "webgl", "Up", 4000).await;

    server.kill();
    dashboard.until("document.documentElement.dataset.stale === 'true'", 8000).await;
    dashboard.until("/old/.test(document.title)", 8000).await;
}

#[tokio::test]
async fn a_wall_that_fits_does_not_scroll() {
    let server = Server::start();
    for app in ["a", "b", "c", "d", "e", "f"] {
        server.body(&format!("/hb_ping?60000&appid={app}")).await;
    }
    let browser = Browser::start().await;
    let dashboard = browser.open(&server.url("/")).await;
    dashboard.until("document.querySelectorAll('.tile').length === 6", PATIENT).await;
    for (width, height) in [(1280, 720), (1440, 900), (3840, 2160)] {
        dashboard.resize(width, height).await;
        dashboard.until(&format!("innerWidth === {width}"), PATIENT).await;
        // The size of the tiles follows within a frame.
        let below = "new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(
            () => told(document.documentElement.scrollHeight - innerHeight))))";
        assert_eq!(dashboard.eval(below).await, 0, "px below the fold at {width} × {height}");
    }
}

#[tokio::test]
async fn a_screen_that_said_goodbye_is_small_and_below_the_others() {
    let server = Server::start();
    for beat in ["hb_ping?60000&appid=a", "hb_ping?60000&appid=b", "hb_done?0&appid=a"] {
        server.body(&format!("/{beat}")).await;
    }
    let browser = Browser::start().await;
    let dashboard = browser.open(&server.url("/")).await;
    until_tile(&dashboard, "a", "Done", PATIENT).await;
    let small = "(() => {
        const [b, a] = [...document.querySelectorAll('.tile')].map((tile) => tile.getBoundingClientRect());
        return a.top >= b.bottom && a.height < b.height / 3;
    })()";
    dashboard.until(small, PATIENT).await;

    server.body("/hb_ping?60000&appid=a").await;
    until_tile(&dashboard, "a", "Up", PATIENT).await;
    dashboard.until("document.querySelectorAll('#tiles .tile').length === 2", PATIENT).await;
}

#[tokio::test]
async fn an_error_is_shown_as_the_text_it_is() {
    let server = Server::start();
    server.body("/hb_ping?60000&appid=a&v=1&errs=3&lasterr=no%20%3Cimg%20src%3Dx%3E%20here").await;
    let browser = Browser::start().await;
    let dashboard = browser.open(&server.url("/")).await;
    let says = "'3 errors, the last: no <img src=x> here'";
    dashboard
        .until(&format!("document.querySelector('.tile .errors')?.textContent === {says}"), PATIENT)
        .await;
    dashboard.eval("document.querySelector('.tile .face').click()").await;
    dashboard
        .until(&format!("document.querySelector('#panel .errors').textContent === {says}"), PATIENT)
        .await;
    dashboard.until("!document.querySelector('img')", PATIENT).await;
}

/// Chooses the tile of `app` and goes on to the button `label` by keys alone, then presses it.
async fn press_in_panel(page: &Page, app: &str, label: &str) {
    let tile = format!(
        "[...document.querySelectorAll('.tile')].find((tile) => tile.querySelector('.name').textContent === '{app}')"
    );
    page.eval(&format!("{tile}.querySelector('.face').focus()")).await;
    page.key("Enter", 13).await;
    page.until("document.getElementById('panel').open", PATIENT).await;
    for _ in 0..5 {
        if page.eval("document.activeElement.textContent").await == label {
            page.key("Enter", 13).await;
            return;
        }
        page.key("Tab", 9).await;
    }
    panic!("no way by keys to {label:?}: {}", page.eval("document.activeElement.outerHTML").await);
}

#[tokio::test]
async fn a_silent_screen_is_forgotten_by_a_button() {
    let server = Server::start();
    let mut view = server.watch().await;
    server.body("/hb_ping?60000&appid=stays").await;
    server.body("/hb_ping?1&appid=tried&v=1").await;
    view.until_state("tried", "down", PATIENCE).await;
    let browser = Browser::start().await;
    let dashboard = browser.open(&server.url("/")).await;
    until_tile(&dashboard, "tried", "Down", PATIENT).await;
    until_tile(&dashboard, "stays", "Up", PATIENT).await;

    press_in_panel(&dashboard, "tried", "Forget this screen").await;
    dashboard.until("document.querySelectorAll('.tile').length === 1", PATIENT).await;
    assert_eq!(view.events("tried", "removed"), 0);
    view.until("it is removed", PATIENCE, |v| v.events("tried", "removed") == 1).await;
    // The panel is closed, and the next tile has the focus.
    dashboard.until("!document.getElementById('panel').open", PATIENT).await;
    dashboard
        .until("document.activeElement.closest('.tile')?.hbTile.app.view.app === 'stays'", PATIENT)
        .await;
}

#[tokio::test]
async fn a_conflict_is_dismissed_by_a_button() {
    let server = Server::start();
    let mut view = server.watch().await;
    for boot in ["one", "two", "one"] {
        server.body(&format!("/hb_ping?60000&appid=x&v=1&boot={boot}")).await;
    }
    view.until("a conflict", PATIENCE, |v| v.events("x", "conflict") == 1).await;
    let browser = Browser::start().await;
    let dashboard = browser.open(&server.url("/")).await;
    let tags = "document.querySelector('.tile .tags')?.textContent";
    dashboard.until(&format!("{tags}?.includes('two pages, one name')"), PATIENT).await;

    press_in_panel(&dashboard, "x", "Keep the page heard last").await;
    dashboard.until(&format!("{tags} === 'new'"), PATIENT).await;
    view.until("no conflict", PATIENCE, |v| v.events("x", "conflict") == 2).await;
    let said = "document.querySelector('#panel .outcome').textContent";
    dashboard.until(&format!("{said} === 'The page heard last is the one that is shown.'"), PATIENT).await;
    dashboard.until("document.getElementById('change-dismiss').hidden", PATIENT).await;
    // What it told is no longer so when the other speaks again.
    for boot in ["two", "one"] {
        server.body(&format!("/hb_ping?60000&appid=x&v=1&boot={boot}")).await;
    }
    dashboard
        .until(&format!("{said} === '' && !document.getElementById('change-dismiss').hidden"), PATIENT)
        .await;
}
