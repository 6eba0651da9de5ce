//! The dashboard, as a person sees it: words on tiles.

use super::harness::PATIENCE;
use super::harness::browser::{Browser, Page};
use super::harness::server::Server;

#[path = "../../hb-server/tests/http/hostile_id/names.rs"]
#[expect(dead_code, reason = "what is refused at the door reaches no page")]
mod names;

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
async fn tiles_stand_by_hall_and_a_folded_hall_still_tells_what_is_wrong_in_it() {
    let server = Server::with_config(
        "[[group]]\nname = \"hall 1\"\nmembers = [\"h1-*/*\"]\n[[group]]\nname = \"hall 2\"\nmembers = [\"h2-*/*\"]\n",
    );
    let mut view = server.watch().await;
    for place in ["h1-01", "h1-02", "h2-01", "elsewhere"] {
        server.body(&format!("/hb_ping?60000&appid=quiz&host={place}&v=1")).await;
    }
    server.body("/hb_ping?1&appid=broken&host=h2-02&v=1").await;
    view.until_state("broken", "down", PATIENCE).await;
    let browser = Browser::start().await;
    let page = browser.open(&server.url("/")).await;
    let heads = "[...document.querySelectorAll('.hall .fold')].map((head) => [...head.children].map((it) => it.textContent).join(' ').trim()).join('; ')";
    // Where somebody should look comes first.
    page.until(
        &format!("{heads} === 'hall 2 1 of 2 well 1 Down; hall 1 2 of 2 well; Elsewhere 1 of 1 well'"),
        PATIENT,
    )
    .await;
    let tiles =
        "[...document.querySelectorAll('.hall')].map((hall) => hall.querySelectorAll('.tile').length).join()";
    assert_eq!(page.eval(tiles).await, "2,2,1");

    page.eval("document.querySelector('.hall .fold').click()").await;
    let seen = "[...document.querySelectorAll('.tile')].filter((tile) => tile.checkVisibility()).length";
    page.until(&format!("{seen} === 3"), PATIENT).await;
    page.until("document.querySelector('.hall .fold').ariaExpanded === 'false'", PATIENT).await;
    // It stays so, and what happens in it is told all the same.
    page.reload().await;
    page.until(&format!("{heads}.startsWith('hall 2 1 of 2 well 1 Down') && {seen} === 3"), PATIENT).await;
    server.body("/hb_ping?60000&appid=broken&host=h2-02&v=1").await;
    page.until(&format!("{heads}.startsWith('hall 1 2 of 2 well; hall 2 2 of 2 well')"), PATIENT).await;
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
    dashboard.until("!document.querySelector('img:not(.pictures img)')", PATIENT).await;
}

/// Chooses the tile of `app` and goes on to the button `label` by keys alone, then presses it.
async fn press_in_panel(page: &Page, app: &str, label: &str) {
    let tile = format!(
        "[...document.querySelectorAll('.tile')].find((tile) => tile.querySelector('.name').textContent === '{app}')"
    );
    page.eval(&format!("{tile}.querySelector('.face').focus()")).await;
    page.key("Enter", 13).await;
    page.until("document.getElementById('panel').open", PATIENT).await;
    for _ in 0..12 {
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
    let dashboard = browser.open_logged_in(&server).await;
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
    // What happens before the stream is open is in its first view, and no event.
    view.until("it listens", PATIENCE, |v| v.seconds > 0).await;
    for boot in ["one", "two", "one"] {
        server.body(&format!("/hb_ping?60000&appid=x&v=1&boot={boot}")).await;
    }
    view.until("a conflict", PATIENCE, |v| v.events("x", "conflict") == 1).await;
    let browser = Browser::start().await;
    let dashboard = browser.open_logged_in(&server).await;
    let tags = "document.querySelector('.tile .tags')?.textContent";
    dashboard.until(&format!("{tags}?.includes('two answer to one name')"), PATIENT).await;

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

/// What the button at the foot says.
const DOOR: &str = "document.getElementById('door').textContent";

#[tokio::test]
async fn a_one_time_address_logs_one_browser_in() {
    let server = Server::start();
    let browser = Browser::start().await;
    let address = server.login();
    let _login = browser.open(&address).await;
    let dashboard = browser.open(&server.url("/")).await;
    // It asks once, when it is loaded; by then the other page may not be done.
    let deadline = std::time::Instant::now() + PATIENCE;
    while dashboard.eval("import('/session.js').then(({ recall, name }) => recall().then(name))").await
        != "login"
    {
        assert!(std::time::Instant::now() < deadline, "nobody is logged in");
    }
    dashboard.until(&format!("{DOOR} === 'Log out'"), PATIENT).await;
    assert_eq!(dashboard.eval("document.cookie").await, "", "no script reads it");

    let again = browser.open(&address).await;
    again.until("/is good once/.test(document.getElementById('said').textContent)", PATIENT).await;
    assert_eq!(again.eval("location.hash").await, "", "nor does it stay in the address bar");

    dashboard.press("door").await;
    dashboard.until(&format!("{DOOR} === 'Log in'"), PATIENT).await;
}

#[tokio::test]
async fn a_button_asks_for_a_login_and_goes_on_with_what_was_wanted() {
    let server = Server::start();
    let token = server.token("desk", "operator");
    let mut view = server.watch().await;
    server.body("/hb_ping?1&appid=tried&v=1").await;
    view.until_state("tried", "down", PATIENCE).await;
    let browser = Browser::start().await;
    let dashboard = browser.open(&server.url("/")).await;
    until_tile(&dashboard, "tried", "Down", PATIENT).await;
    press_in_panel(&dashboard, "tried", "Forget this screen").await;
    dashboard.until("document.getElementById('login').open", PATIENT).await;
    dashboard.until("document.querySelector('#panel .locked').checkVisibility()", PATIENT).await;
    assert_eq!(view.events("tried", "removed"), 0);

    let show = |token: &str| {
        format!(
            "(() => {{ const token = document.querySelector('#login .text'); token.value = '{token}'; token.form.requestSubmit(); }})()"
        )
    };
    dashboard.eval(&show("hb_wrong")).await;
    dashboard
        .until("/not in force/.test(document.querySelector('#login .refusal').textContent)", PATIENT)
        .await;
    dashboard.eval(&show(&token)).await;
    view.until("it is removed", PATIENCE, |v| v.events("tried", "removed") == 1).await;
    dashboard.until("!document.getElementById('login').open", PATIENT).await;
    dashboard.until(&format!("{DOOR} === 'Log out desk'"), PATIENT).await;
}

#[tokio::test]
async fn a_hostile_name_is_text_on_its_tile_in_its_panel_and_in_what_is_said() {
    let server = Server::start();
    let name = percent_encoding::utf8_percent_encode(names::APP, percent_encoding::NON_ALPHANUMERIC);
    let mut view = server.watch().await;
    server.body(&format!("/hb_ping?1&appid={name}&v=1&by=frame")).await;
    view.until_state(names::APP, "down", PATIENCE).await;
    let browser = Browser::start().await;
    let dashboard = browser.open_logged_in(&server).await;
    let shown = |place: &str| {
        let name = serde_json::Value::from(names::APP);
        format!("document.querySelector('{place}')?.textContent === {name}")
    };
    // Whole for who reads by ear; too long for a tile, what is seen of it is cut.
    dashboard.until(&shown(".tile .name > .unseen"), PATIENT).await;
    dashboard.eval("document.querySelector('.tile .face').click()").await;
    dashboard.until(&shown("#panel .name"), PATIENT).await;
    let made = "document.querySelectorAll('img:not(.pictures img), body script, iframe, [onerror]').length";
    assert_eq!(dashboard.eval(made).await, 0, "no node was made of it");
    // Its own address is found again, whatever stands in it.
    dashboard
        .eval("[...document.querySelectorAll('#panel .action')].find((it) => it.textContent === 'Forget this screen').click()")
        .await;
    view.until("it is removed", PATIENCE, |v| v.events(names::APP, "removed") == 1).await;
}
