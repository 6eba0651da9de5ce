//! Links of pages: two windows that talk, and commands to them, as the command line gives them and as a person sees them.

use std::process::Output;

use serde_json::Value;
use tokio::process::Command;

use super::harness::PATIENCE;
use super::harness::browser::{Browser, Page};
use super::harness::server::{HB, Server};

/// `until` of a page takes ms.
const WITHIN: u32 = 40_000;
/// The top of the ripples' list of a window.
const RIPPLES: &str = "document.getElementById('pond').dataset.ripples";
/// What a window says of the other, in its corner.
const CAPTION: &str = "document.querySelector('.caption output')?.textContent";

async fn window(browser: &Browser, server: &Server, slot: &str) -> Page {
    browser.open(&server.url(&format!("/demo/duet/?HB_SLOT={slot}&interval=1000"))).await
}

/// What `hb cmd duet --slot left` prints, or why it fails.
async fn command(server: &Server, args: &[&str]) -> Result<String, String> {
    let mut hb = Command::new(HB);
    hb.args(["cmd", "--url", &server.url("")])
        .args(args)
        .env_remove("HB_URL")
        .env("HB_TOKEN", server.operator());
    let Output { status, stdout, stderr } =
        tokio::time::timeout(PATIENCE, hb.output()).await.expect("hb cmd ends").expect("hb starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if status.success() { Ok(text(stdout)) } else { Err(text(stderr)) }
}

/// The same of a screen that has just come: until it listens. Each try waits for the server's own answer.
async fn command_when_it_listens(server: &Server, args: &[&str]) -> String {
    let trying = async {
        loop {
            match command(server, args).await {
                Ok(said) => return said,
                // Before its first beat it is unknown, before its link nobody listens.
                Err(error) => {
                    let early =
                        ["is unknown", "nobody is listening"].iter().any(|early| error.contains(early));
                    assert!(early, "{error}");
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, trying).await.expect("the screen listens")
}

fn left<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["127.0.0.1/duet", "--slot", "left"], more].concat()
}

async fn touch(page: &Page) {
    page.eval("document.getElementById('pond').dispatchEvent(new PointerEvent('pointerdown', { clientX: 9, clientY: 9 }))")
        .await;
}

#[tokio::test]
async fn two_windows_talk_and_find_each_other_again_after_a_restart() {
    let mut server = Server::start();
    let browser = Browser::start().await;
    let one = window(&browser, &server, "left").await;
    one.until(&format!("{CAPTION} === 'nobody is listening'"), WITHIN).await;
    let two = window(&browser, &server, "right").await;
    two.until(&format!("{CAPTION} === 'left is here'"), WITHIN).await;
    one.until(&format!("{CAPTION} === 'right came'"), WITHIN).await;
    touch(&one).await;
    two.until(&format!("{RIPPLES} === 'left '"), WITHIN).await;
    touch(&two).await;
    one.until(&format!("{RIPPLES} === 'left right '"), WITHIN).await;

    server.kill();
    for page in [&one, &two] {
        page.until(&format!("{CAPTION}.startsWith('alone: ')"), WITHIN).await;
    }
    // Said while nobody listens: it waits.
    touch(&one).await;
    server.start_again();
    two.until(&format!("{CAPTION} === 'left is here' || {CAPTION} === 'left came'"), WITHIN).await;
    one.until(&format!("{CAPTION} === 'right is here' || {CAPTION} === 'right came'"), WITHIN).await;
    touch(&one).await;
    two.until(&format!("{RIPPLES}.endsWith('right left ') || {RIPPLES}.endsWith('left left ')"), WITHIN)
        .await;
    touch(&two).await;
    one.until(&format!("{RIPPLES}.endsWith('left right ')"), WITHIN).await;
}

#[tokio::test]
async fn a_screen_does_what_it_registered_and_tells() {
    let server = Server::start();
    let browser = Browser::start().await;
    let refused = command(&server, &left(&["identify"])).await;
    assert!(refused.as_ref().is_err_and(|error| error.contains("is unknown")), "{refused:?}");
    let page = window(&browser, &server, "left").await;

    assert_eq!(command_when_it_listens(&server, &left(&["identify"])).await, "done");
    let sign = |n: usize| format!("document.querySelectorAll('[data-hb=sign]')[{n}]?.innerText");
    page.until(&format!("{} === 'duet\\n127.0.0.1#left'", sign(0)), WITHIN).await;
    assert_eq!(command(&server, &left(&["message", "Touch me"])).await.unwrap(), "done");
    page.until(&format!("{} === 'Touch me'", sign(1)), WITHIN).await;
    let seen = page.eval("document.elementFromPoint(9, 9).innerText").await;
    assert_eq!(seen, "Touch me", "above all else");
    page.until("!document.querySelector('[data-hb=sign]')", WITHIN).await;

    let vitals: Value = serde_json::from_str(&command(&server, &left(&["vitals"])).await.unwrap()).unwrap();
    assert!(vitals["frames"].as_u64().is_some_and(|frames| frames > 0), "{vitals}");
    assert_eq!(vitals["state"], "ok", "{vitals}");

    let picture = command(&server, &left(&["screenshot"])).await.unwrap();
    let look = format!(
        "(async () => {{ const image = new Image(); image.src = '{picture}'; await image.decode();
           const flat = new OffscreenCanvas(1, 1).getContext('2d'); flat.drawImage(image, 0, 0);
           return [image.width === innerWidth, ...flat.getImageData(0, 0, 1, 1).data].join(); }})()"
    );
    assert_eq!(page.eval(&look).await, "true,11,26,36,255", "the colour of the pond");

    let unknown = command(&server, &left(&["explode"])).await.unwrap_err();
    assert!(unknown.contains("this page does not take explode"), "{unknown}");

    page.eval("window.before = true").await;
    let told = page.loads(command(&server, &left(&["reload"]))).await;
    assert_eq!((told.unwrap().as_str(), page.eval("window.before").await), ("done", Value::Null));
    assert_eq!(command_when_it_listens(&server, &left(&["identify"])).await, "done");
}

#[tokio::test]
async fn a_page_neither_reads_nor_forges_what_is_not_its_own() {
    let server = Server::start();
    let browser = Browser::start().await;
    let page = window(&browser, &server, "left").await;
    // A stranger's app, and another window of the same.
    for (app, hears_it) in [("thief", "denied"), ("duet", "heard")] {
        let said = page
            .eval(&format!(
                "(async () => {{
                   const {{ Link }} = await import('/client/link/index.js');
                   const link = new Link({{ url: location.origin, appId: '{app}', slot: 'right' }});
                   const said = [];
                   const wants = ['hb.transition', 'hb.event', 'app/127.0.0.1/duet#left/cmd', '#left/cmd'];
                   for (const topic of [...wants, 'app/127.0.0.1/duet#left/ripple']) {{
                     said.push(await link.subscribe(topic).ready().then(() => 'heard', (error) => error.message));
                   }}
                   await link.connected();
                   for (const topic of wants) {{
                     const told = new Promise((done) => link.on('denied', ({{ detail }}) => done(detail.reason)));
                     link.publish(topic, 'forged');
                     said.push(await told);
                     said.push(await link.request(topic, '?').catch((error) => error.message));
                   }}
                   await link.subscribe('./cmd').ready();
                   link.close();
                   const denied = / is not (yours to publish|for you to hear)$/;
                   return said.map((reason) => denied.test(reason) ? 'denied' : reason).join(' ');
                 }})()"
            ))
            .await;
        let denied = |times| vec!["denied"; times].join(" ");
        assert_eq!(said, format!("{} {hears_it} {}", denied(4), denied(8)), "{app}");
    }
}

#[tokio::test]
async fn a_page_from_elsewhere_may_load_the_link_but_opens_none() {
    let (server, other) = (Server::start(), Server::start());
    let browser = Browser::start().await;
    // Not a page of ours: those load nothing from elsewhere.
    let page = browser.open(&server.url("/status")).await;
    let url = other.url("");
    let came_of_it = page
        .eval(&format!(
            "(async () => {{
               const {{ Link }} = await import('{url}/client/link/index.js');
               const link = new Link({{ url: '{url}', appId: 'stranger' }});
               const state = await new Promise((done) => {{
                 link.on('online', () => done('let in'));
                 link.on('offline', () => done('kept out'));
               }});
               link.close();
               return state;
             }})()"
        ))
        .await;
    assert_eq!(came_of_it, "kept out");
}
