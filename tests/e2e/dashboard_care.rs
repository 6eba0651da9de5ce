//! What a person does about a screen from the dashboard: mutes it, takes care of it, adopts it, expects it.
//!
//! What the server believes is asserted beside what the page shows.

use super::harness::PATIENCE;
use super::harness::browser::{Browser, Page};
use super::harness::server::Server;

const PATIENT: u32 = 30_000;

/// The dashboard with the panel of `app` open, whose tile shows `word`.
async fn panel_of(browser: &Browser, server: &Server, app: &str, word: &str) -> Page {
    let page = browser.open_logged_in(server).await;
    page.until(&format!("{} === '{word}'", in_tile(app, "querySelector('.word')?.textContent")), PATIENT)
        .await;
    page.eval(&in_tile(app, "querySelector('.face').click()")).await;
    page.until("document.getElementById('panel').open", PATIENT).await;
    page
}

/// An expression about the tile of `app`.
fn in_tile(app: &str, then: &str) -> String {
    format!(
        "[...document.querySelectorAll('.tile')].find((tile) => tile.querySelector('.name').textContent === '{app}')?.{then}"
    )
}

/// Presses a button of the panel as soon as it is offered.
async fn press(page: &Page, care: &str) {
    let button = format!("document.querySelector('#panel [data-care=\"{care}\"]')");
    page.until(&format!("{button}.checkVisibility() && {button}.ariaDisabled !== 'true'"), PATIENT).await;
    page.eval(&format!("{button}.click()")).await;
}

#[tokio::test]
async fn a_muted_screen_is_quiet_on_the_wall_until_the_mute_is_lifted() {
    let server = Server::start();
    let mut view = server.watch().await;
    server.body("/hb_ping?1&appid=tried&v=1").await;
    view.until_state("tried", "down", PATIENCE).await;
    let browser = Browser::start().await;
    let page = panel_of(&browser, &server, "tried", "Down").await;
    page.until(&in_tile("tried", "dataset.tone === 'bad'"), PATIENT).await;

    press(&page, "mute").await;
    let form = "document.querySelector('#panel .mute-form')";
    page.until(&format!("{form}.checkVisibility()"), PATIENT).await;
    page.eval(&format!("{form}.querySelector('input.text:not([type])').value = 'new <b>lamp</b>'")).await;
    page.eval(&format!("{form}.requestSubmit()")).await;
    page.until(&in_tile("tried", "dataset.tone === 'muted'"), PATIENT).await;
    page.until(&in_tile("tried", "querySelector('.tags').textContent.startsWith('muted until')"), PATIENT)
        .await;
    page.until(
        "/1 muted/.test(document.title) || /muted/.test(document.querySelector('h1').textContent)",
        PATIENT,
    )
    .await;
    page.until("document.querySelector('#panel .lines').textContent.includes('new <b>lamp</b>')", PATIENT)
        .await;
    view.until("it is muted", PATIENCE, |v| v.app("tried")["mute"]["reason"] == "new <b>lamp</b>").await;
    assert_eq!(view.state("tried"), "down", "what is muted stays true");

    press(&page, "lift").await;
    page.until(&in_tile("tried", "dataset.tone === 'bad'"), PATIENT).await;
    view.until("it is judged again", PATIENCE, |v| v.app("tried")["muted"] == false).await;
}

#[tokio::test]
async fn a_form_on_a_page_that_is_not_wanted_goes_by_escape() {
    let server = Server::start();
    let mut view = server.watch().await;
    server.body("/hb_ping?60000&appid=quiz&v=1").await;
    view.until_state("quiz", "up", PATIENCE).await;
    let browser = Browser::start().await;
    let page = browser.open_logged_in(&server).await;
    page.eval("location.href = '/screen?host=127.0.0.1&app=quiz'").await;
    page.until("document.querySelector('[data-care=mute]')?.checkVisibility()", PATIENT).await;
    page.eval("document.querySelector('[data-care=mute]').click()").await;
    let form = "document.querySelector('.mute-form')";
    page.until(&format!("{form}.checkVisibility()"), PATIENT).await;
    let escape = "new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })";
    page.eval(&format!("{form}.querySelector('input').dispatchEvent({escape})")).await;
    page.until(&format!("!{form}.checkVisibility()"), PATIENT).await;
}

#[tokio::test]
async fn a_new_screen_is_adopted_and_somebody_takes_care_of_it() {
    let server = Server::start();
    let mut view = server.watch().await;
    server.body("/hb_ping?1&appid=tried&v=1").await;
    view.until_state("tried", "down", PATIENCE).await;
    let browser = Browser::start().await;
    let page = panel_of(&browser, &server, "tried", "Down").await;

    press(&page, "adopt").await;
    view.until("a person adopted it", PATIENCE, |v| v.app("tried")["adopted"] == "person").await;
    page.until(&in_tile("tried", "querySelector('.tags').textContent === ''"), PATIENT).await;

    press(&page, "take").await;
    let by = |v: &super::harness::watch::Watch| v.app("tried")["incident"]["acknowledged"]["by"].clone();
    view.until("somebody takes care of it", PATIENCE, |v| by(v).is_string()).await;
    page.until(&in_tile("tried", "dataset.taken === 'true'"), PATIENT).await;
    page.until("/taken care of/.test(document.querySelector('h1').textContent)", PATIENT).await;
    // The memory tells what the page saw, and what came before.
    let story =
        "[...document.querySelectorAll('#panel .story .what')].map((it) => it.textContent).join('; ')";
    page.until(
        &format!(
            "/Incident \\d+ opens/.test({story}) && /takes care/.test({story}) && /Adopted, by/.test({story})"
        ),
        PATIENT,
    )
    .await;
}

/// Presses a button of a part of the house, in the row whose title is `title`, as soon as it is there.
async fn press_in_house(page: &Page, part: &str, title: &str, label: &str) {
    let button = format!(
        "[...document.querySelectorAll('#house .{part} .entry')].find((row) => row.querySelector('.title').textContent === '{title}')
           ?.querySelectorAll('.action') ?? []"
    );
    let wanted = format!("[...{button}].find((it) => it.textContent === '{label}')");
    page.until(&format!("Boolean({wanted})"), PATIENT).await;
    page.eval(&format!("{wanted}.click()")).await;
}

#[tokio::test]
async fn the_house_is_closed_and_opened_and_tells_what_would_be_found() {
    let server = Server::start();
    let mut view = server.watch().await;
    server.body("/hb_ping?1&appid=tried&v=1").await;
    server.body("/hb_ping?60000&appid=well&v=1").await;
    view.until_state("tried", "down", PATIENCE).await;
    let browser = Browser::start().await;
    let page = browser.open_logged_in(&server).await;
    page.press("to-house").await;
    let opening = "document.querySelector('#house .opening')";
    page.until(&format!("{opening}.hidden"), PATIENT).await;

    press_in_house(&page, "hours", "All screens", "Close now").await;
    view.until("it is closed", PATIENCE, |v| v.app("tried")["mute"]["kind"] == "closed").await;
    let found = format!("[...{opening}.querySelectorAll('.title')].map((it) => it.textContent).join()");
    page.until(&format!("!{opening}.hidden && {found} === '127.0.0.1: Down'"), PATIENT).await;

    press_in_house(&page, "hours", "All screens", "Open now").await;
    view.until("it is open", PATIENCE, |v| v.app("tried")["mute"]["kind"] != "closed").await;
    page.until(&format!("{opening}.hidden"), PATIENT).await;
    let worked = "document.querySelector('#house .worked [data-kind=\"house\"]').children.length";
    page.until(&format!("{worked} === 4"), PATIENT).await;
}

#[tokio::test]
async fn a_window_comes_again_every_week_and_counts_only_while_it_is_in_force() {
    let server = Server::start();
    server.body("/hb_ping?60000&appid=well&v=1").await;
    let browser = Browser::start().await;
    let page = browser.open_logged_in(&server).await;
    page.press("to-house").await;
    // The day before yesterday: it ended, whatever the zone, and begins again in five days.
    let mute = "(() => {
        const form = document.querySelector('#house .mutes .mute-form');
        document.querySelector('#house .mutes .add > .action').click();
        form.querySelector('[value=weekly]').click();
        form.querySelectorAll('[type=checkbox]')[(new Date().getDay() + 4) % 7].click();
        form.requestSubmit();
    })()";
    page.eval(mute).await;
    let part = "document.querySelector('#house .mutes')";
    page.until(
        &format!("/07:00-09:00.*Not in force/.test({part}.querySelector('.entries').textContent)"),
        PATIENT,
    )
    .await;
    assert_eq!(page.eval(&format!("{part}.querySelector('.count').textContent")).await, "");
    let listed: serde_json::Value = serde_json::from_str(&server.text("/api/v1/mutes").await).unwrap();
    assert_eq!(listed[0]["holds"], false, "{listed}");
}

#[tokio::test]
async fn a_screen_that_is_expected_in_the_house_is_missed_and_forgotten_again() {
    let server = Server::start();
    let mut view = server.watch().await;
    let browser = Browser::start().await;
    let page = browser.open_logged_in(&server).await;
    page.press("to-house").await;
    page.until("document.getElementById('house').open", PATIENT).await;
    page.eval(
        "(() => {
           const form = document.querySelector('#house .add-screen');
           const [host, , shows] = form.querySelectorAll('input');
           host.value = 'kiosk-17';
           shows.value = 'Tetris, Pong';
           form.requestSubmit();
         })()",
    )
    .await;
    let rows = "document.querySelector('#house .screens .entries').textContent";
    page.until(&format!("/kiosk-17.*Tetris or Pong/.test({rows})"), PATIENT).await;
    let listed = server.text("/api/v1/screens").await;
    assert!(listed.contains("kiosk-17") && listed.contains("Pong"), "{listed}");

    page.eval("document.querySelector('#house .screens .entry .action').click()").await;
    page.until(&format!("{rows} === ''"), PATIENT).await;
    view.until("a second passed", PATIENCE, |v| v.seconds > 0).await;
    assert!(!server.text("/api/v1/screens").await.contains("kiosk-17"));
}
