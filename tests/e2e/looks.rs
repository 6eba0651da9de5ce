//! How every page looks: each at three sizes, light and dark, in English and German, over a house in trouble.
//!
//! Measured in the page (looks/measure.js) and by axe-core; pictures go to the folder that `HB_SHOTS` names, for a person
//! to look at. Not here: what the pages do.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::harness::PATIENCE;
use super::harness::browser::{Browser, Page};
use super::harness::server::Server;

mod house;

use house::House;

const PATIENT: u32 = 30_000;
/// A phone, a laptop, a television.
const SIZES: [(u32, u32); 3] = [(360, 740), (1280, 800), (3840, 2160)];
const SCHEMES: [&str; 2] = ["light", "dark"];
const LANGUAGES: [&str; 2] = ["en", "de"];

/// A page as it is looked at.
struct Look {
    name: &'static str,
    path: String,
    /// Holds once all of it is there.
    ready: &'static str,
    /// What is pressed then, and what holds after it.
    then: Option<(&'static str, &'static str)>,
    /// For authors: in English only, with texts that no file has.
    for_authors: bool,
}

impl Look {
    fn at(name: &'static str, path: impl Into<String>, ready: &'static str) -> Self {
        Self { name, path: path.into(), ready, then: None, for_authors: false }
    }

    fn then(self, press: &'static str, ready: &'static str) -> Self {
        Self { then: Some((press, ready)), ..self }
    }

    fn for_authors(self) -> Self {
        Self { for_authors: true, ..self }
    }

    async fn open(&self, page: &Page, server: &Server) {
        // Another part of the same page would load nothing.
        page.go("about:blank").await;
        page.go(&server.url(&self.path)).await;
        page.until(self.ready, PATIENT).await;
        if let Some((press, ready)) = self.then {
            page.eval(press).await;
            page.until(ready, PATIENT).await;
        }
    }
}

const SCREEN: &str = "document.querySelector('#screen .story')?.children.length > 0
    && document.querySelector('.code').naturalWidth > 0 && document.querySelector('.u-over, .states')";
const TILES: &str = "document.querySelectorAll('.tile').length > 12";

/// Every page that a person is shown.
fn looks(house: &House) -> Vec<Look> {
    let broken = "/screen?host=h2-05&app=Planets";
    vec![
        Look::at("dashboard", "/", TILES),
        Look::at("filtered", "/#q=nobody&state=down", "!document.getElementById('nothing').hidden"),
        Look::at("panel", "/", TILES).then(
            "[...document.querySelectorAll('.tile[data-state=down] .face')].at(-1).click()",
            "document.querySelector('#panel .story').children.length > 0",
        ),
        Look::at("house", "/", TILES).then(
            "document.getElementById('to-house').click()",
            "!document.querySelector('#house .worked').hidden",
        ),
        Look::at("login-dialog", "/", TILES)
            .then("document.getElementById('door').click()", "document.getElementById('login').open"),
        Look::at("screen-up", "/screen?host=h1-01&app=Quiz", SCREEN),
        Look::at("screen-down", broken, SCREEN),
        Look::at("replace", broken, SCREEN).then(
            "document.querySelector('.replace .action').click()",
            "document.querySelector('.replace select')?.options.length > 0",
        ),
        Look::at("mute", broken, SCREEN).then(
            "document.querySelector('[data-care=mute]').click()",
            "document.querySelector('.mute-form').checkVisibility()",
        ),
        Look::at(
            "screen-gone",
            "/screen?host=h2-05&app=nobody",
            "/not known|nicht/.test(waiting.textContent)",
        ),
        Look::at("events", "/events", "document.querySelectorAll('.events > li').length > 5"),
        Look::at("wall", "/wall", "document.querySelector('.alarm')"),
        Look::at("wall-light", "/wall?light#q=group:%22hall 2%22", "document.querySelector('.alarm')"),
        Look::at("wall-lost", "/wall#q=group:%22no such hall%22", "summary.dataset.tone === 'odd'"),
        Look::at("login", "/login", "document.querySelector('#place form')"),
        Look::at("deed", house.deed.clone(), "document.querySelector('form button')"),
        Look::at("deed-unknown", "/do/x", "document.querySelector('h1')"),
        Look::at("nowhere", "/nowhere", "document.querySelector('h1')"),
        Look::at("demos", "/demo/", "document.querySelector('main a')").for_authors(),
        Look::at("lab", "/demo/lab/?interval=1000", "document.querySelector('button')").for_authors(),
    ]
}

/// The texts of a language: those of its file, or those they stand under.
fn texts(language: &str) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../www/dashboard/lang/de.json");
    let file = std::fs::read_to_string(path).unwrap();
    let file: serde_json::Map<String, Value> = serde_json::from_str(&file).unwrap();
    let say = |(key, value): (String, Value)| {
        if language == "en" { key } else { value.as_str().expect("a text").to_owned() }
    };
    file.into_iter().map(say).collect()
}

/// A promise that the page is drawn at this width and by this scheme: what listens for either has heard of it in the frame before.
fn drawn(width: u32, scheme: &str) -> String {
    format!(
        "new Promise((drawn) => (function look() {{
           const holds = matchMedia('(width: {width}px) and (prefers-color-scheme: {scheme})').matches;
           requestAnimationFrame(holds ? () => requestAnimationFrame(drawn) : look);
         }})())"
    )
}

/// What can be measured of a page as it stands.
async fn measured(page: &Page, language: &str, look: &Look) -> Vec<String> {
    page.eval(concat!("(() => { ", include_str!("looks/measure.js"), "})()")).await;
    let texts = (!look.for_authors).then(|| texts(language));
    let asked = json!({ "language": language, "texts": texts, "names": house::NAMES });
    let told = page.eval(&format!("measure({asked})")).await;
    serde_json::from_value(told).unwrap()
}

/// What axe-core finds.
async fn inaccessible(page: &Page) -> Vec<String> {
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/../www/node_modules/axe-core/axe.min.js");
    let source = std::fs::read_to_string(axe).expect("axe-core is there: npm ci in www");
    page.eval(&format!("(() => {{ window.axe ?? (() => {{ {source} }})(); return true; }})()")).await;
    let found = page
        .eval(
            "axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(
               ({ target, failureSummary }) => `${id}: ${target} ${failureSummary.replaceAll('\\n', ' ')}`)))",
        )
        .await;
    serde_json::from_value(found).unwrap()
}

#[tokio::test]
async fn every_page_is_whole_at_every_size_in_light_and_dark_in_each_language() {
    let house = House::in_trouble().await;
    let browser = Browser::start().await;
    let shots = std::env::var_os("HB_SHOTS").map(PathBuf::from);
    let mut complaints = Vec::new();
    for language in LANGUAGES {
        let page = browser.open("about:blank").await;
        page.language(language).await;
        for look in looks(&house) {
            if look.for_authors && language != "en" {
                continue;
            }
            page.resize(1280, 800).await;
            look.open(&page, &house.server).await;
            // What draws without end takes a processor that draws for a television longer than anybody waits.
            for (width, height) in SIZES.into_iter().filter(|size| !look.for_authors || size.0 < 3840) {
                page.resize(width, height).await;
                for scheme in SCHEMES {
                    page.still(scheme).await;
                    page.eval(&drawn(width, scheme)).await;
                    let place = format!("{}-{language}-{width}-{scheme}", look.name);
                    let mut found = measured(&page, language, &look).await;
                    // Larger is no other page to a reader of the screen, and neither is another language.
                    if width == 360 || (width == 1280 && language == "en") {
                        found.extend(inaccessible(&page).await);
                    }
                    complaints.extend(found.into_iter().map(|it| format!("{place}: {it}")));
                    if let Some(folder) = &shots {
                        let file = folder.join(format!("{place}.png"));
                        std::fs::write(file, page.picture().await).expect("the folder of pictures is there");
                    }
                }
            }
        }
        page.close().await;
    }
    assert!(complaints.is_empty(), "{}:\n{}", complaints.len(), complaints.join("\n"));
}

/// The controls that keys should reach: those that are seen, one of each group that arrows walk through. Kept in the page.
const CONTROLS: &str = "(() => {
    const root = [...document.querySelectorAll('dialog')].findLast((it) => it.open) ?? document;
    window.controls = [...root.querySelectorAll('a[href], button, input, select, summary, [tabindex]')]
      .filter((it) => it.tabIndex >= 0 && it.checkVisibility({ visibilityProperty: true }) && (it.type !== 'radio' || it.checked));
    window.nameOf = (it) => `${it.tagName} ${it.id} ${it.className} “${it.textContent.trim().slice(0, 30)}”`;
    return controls.length;
})()";
/// Which of them has the focus, and what is wrong with that.
const FOCUS: &str = "(() => {
    const it = document.activeElement;
    const style = getComputedStyle(it);
    const shows = it === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
    return { at: controls.indexOf(it), wrong: shows ? null : `the focus does not show on ${nameOf(it)}` };
})()";
/// Those that were not reached, and are still there: what just happened makes new lines.
const MISSED: &str =
    "controls.filter((it, at) => it.isConnected && it.checkVisibility() && !reached.has(at)).map(nameOf)";

#[tokio::test]
async fn keys_alone_reach_every_control_in_order_and_show_where_they_are() {
    let house = House::in_trouble().await;
    let browser = Browser::start().await;
    let mut complaints = Vec::new();
    for look in looks(&house) {
        let page = browser.open("about:blank").await;
        page.language("en").await;
        page.resize(1280, 800).await;
        look.open(&page, &house.server).await;
        page.front().await;
        let controls = page.eval(CONTROLS).await.as_u64().unwrap();
        let mut reached = Vec::new();
        for _ in 0..controls + 6 {
            page.key("Tab", 9).await;
            let focus = page.eval(FOCUS).await;
            reached.extend(focus["at"].as_u64());
            complaints.extend(focus["wrong"].as_str().map(|wrong| format!("{}: {wrong}", look.name)));
        }
        let missed = page
            .eval(&format!("(() => {{ const reached = new Set({reached:?}); return {MISSED}; }})()"))
            .await;
        complaints.extend(
            missed.as_array().unwrap().iter().map(|it| format!("{}: no key reaches {it}", look.name)),
        );
        // Once round: backwards it goes at the end of the round only.
        reached.truncate(usize::try_from(controls).unwrap());
        let back = reached.windows(2).filter(|pair| pair[1] < pair[0]).count();
        if back > 1 {
            complaints.push(format!("{}: the focus goes back {back} times", look.name));
        }
        page.close().await;
    }
    complaints.dedup();
    assert!(complaints.is_empty(), "{}:\n{}", complaints.len(), complaints.join("\n"));
}
