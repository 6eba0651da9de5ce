//! What holds for every page of the dashboard: nobody is kept from it, and it speaks the language of who looks.

use super::halls::HALLS;
use super::harness::browser::{Browser, Page};
use super::harness::server::Server;

const PATIENT: u32 = 30_000;

/// Behind its halls.
const HOUSE: &str = r#"
[[screen]]
host = "h2-09"
shows = "*"

[[hours]]
for = "group:hall 1"
open = "mo-su 00:00-24:00"
"#;

/// axe-core looks through the whole page for what a screen reader, a keyboard or a weak eye cannot use.
async fn is_for_everybody(page: &Page, what: &str) {
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/../www/node_modules/axe-core/axe.min.js");
    let source = std::fs::read_to_string(axe).expect("axe-core is there: npm ci in www");
    page.eval(&format!("(() => {{ {source}; return true; }})()")).await;
    let found = page
        .eval(
            "axe.run().then(({ violations }) => violations.map(({ id, nodes }) =>
               id + ': ' + nodes.map(({ target, failureSummary }) => target + ' ' + failureSummary).slice(0, 3).join(' | ')).join('; '))",
        )
        .await;
    assert_eq!(found, "", "{what}");
}

async fn a_house_in_trouble() -> Server {
    let server = Server::with_config([HALLS, HOUSE].concat());
    for place in 0..4 {
        server.body(&format!("/hb_ping?60000&appid=quiz&host=h1-{place:02}&v=1")).await;
        server.body(&format!("/hb_ping?60000&appid=pong&host=h2-{place:02}&v=1&errs=1&lasterr=oh")).await;
    }
    server.body("/hb_ping?1&appid=broken&host=h2-05&v=1").await;
    server.body("/hb_ping?60000&appid=gone&host=h1-05&v=1").await;
    server.body("/hb_done?0&appid=gone&host=h1-05&v=1").await;
    server
}

#[tokio::test]
async fn every_page_is_for_everybody_in_light_and_dark() {
    let server = a_house_in_trouble().await;
    let browser = Browser::start().await;
    for scheme in ["light", "dark"] {
        let page = browser.open_logged_in(&server).await;
        page.resize(1280, 800).await;
        page.scheme(scheme).await;
        page.until("document.querySelector('.tile[data-state=down]')", PATIENT).await;
        is_for_everybody(&page, &format!("dashboard {scheme}")).await;
        page.eval("document.querySelector('.tile[data-state=down] .face').click()").await;
        page.until("document.getElementById('panel').open", PATIENT).await;
        page.until("document.querySelector('#panel .story').children.length > 0", PATIENT).await;
        is_for_everybody(&page, &format!("panel {scheme}")).await;
        page.eval("document.getElementById('panel').close()").await;
        page.press("to-house").await;
        page.until("!document.querySelector('#house .worked').hidden", PATIENT).await;
        is_for_everybody(&page, &format!("house {scheme}")).await;
        page.close().await;
        for path in ["/wall", "/wall?light", "/events", "/login"] {
            let page = browser.open(&server.url(path)).await;
            page.resize(1280, 800).await;
            page.scheme(scheme).await;
            if path != "/login" {
                page.until("document.querySelector('.alarm, .events > li')", PATIENT).await;
            }
            is_for_everybody(&page, &format!("{path} {scheme}")).await;
            page.close().await;
        }
    }
}

#[tokio::test]
async fn a_screen_has_a_page_with_its_past_on_a_phone_too() {
    let server = a_house_in_trouble().await;
    let browser = Browser::start().await;
    let page = browser.open(&server.url("/screen?host=h2-05&app=broken")).await;
    page.resize(360, 740).await;
    page.until("document.querySelector('#screen .name')?.textContent === 'broken'", PATIENT).await;
    page.until("document.querySelector('#screen .state .word').textContent === 'Down'", PATIENT).await;
    page.until("/Down/.test(document.querySelector('.states').getAttribute('aria-label'))", PATIENT).await;
    page.until("document.querySelector('.piece[data-tone=bad]')", PATIENT).await;
    page.until("document.querySelector('#screen .story').children.length > 0", PATIENT).await;
    let wide = "Math.max(0, document.documentElement.scrollWidth - innerWidth)";
    assert_eq!(page.eval(wide).await, 0, "px beside a phone");
    for scheme in ["light", "dark"] {
        page.scheme(scheme).await;
        is_for_everybody(&page, &format!("screen {scheme}")).await;
    }
    let code = "document.querySelector('.code')";
    page.until(&format!("{code}.complete && {code}.naturalWidth >= 256"), PATIENT).await;
    // It is found from the wall of tiles, and whoever is unknown is told so.
    let dashboard = browser.open(&server.url("/")).await;
    dashboard.until("document.querySelector('.tile[data-state=down]')", PATIENT).await;
    dashboard.eval("document.querySelector('.tile[data-state=down] .face').click()").await;
    let address = dashboard.eval("document.querySelector('#panel .page-of').getAttribute('href')").await;
    assert_eq!(address, "/screen?host=h2-05&app=broken");
    let nobody = browser.open(&server.url("/screen?host=h2-05&app=nobody")).await;
    nobody.until("/not known/.test(document.getElementById('waiting').textContent)", PATIENT).await;
}

#[tokio::test]
async fn the_past_of_a_screen_has_an_end_and_says_so() {
    let server = a_house_in_trouble().await;
    let browser = Browser::start().await;
    let page = browser.open(&server.url("/screen?host=h2-05&app=broken")).await;
    let [more, end] = ["'.story ~ .more'", "'.story ~ .more + .none'"]
        .map(|place| format!("document.querySelector({place})?.checkVisibility() === true"));
    page.until(
        &format!("document.querySelector('.story').children.length > 0 && {more} && !({end})"),
        PATIENT,
    )
    .await;
    page.eval("document.querySelector('.story ~ .more').click()").await;
    page.until(
        &format!("{end} && !({more}) && document.querySelector('.story').children.length > 0"),
        PATIENT,
    )
    .await;
    let said = page.eval("document.querySelector('.story ~ .more + .none').textContent").await;
    assert_eq!(said, "There is nothing older.");
    // What comes later does not open it again.
    server.body("/hb_ping?60000&appid=broken&host=h2-05&v=1").await;
    page.until("document.querySelector('.story .what').textContent === 'Up'", PATIENT).await;
    assert_eq!(page.eval(&more).await, false);
    // Of all screens it is the same.
    let page = browser.open(&server.url("/events")).await;
    let all = "document.querySelectorAll('.events > li').length > 10";
    let seen = |id: &str| format!("document.getElementById('{id}').checkVisibility()");
    page.until(&format!("{all} && {} && !{}", seen("older"), seen("end")), PATIENT).await;
    page.press("older").await;
    page.until(&format!("{all} && !{} && {}", seen("older"), seen("end")), PATIENT).await;
}

#[tokio::test]
async fn each_foot_has_a_choice_of_language_on_the_line_of_its_links() {
    let server = a_house_in_trouble().await;
    let browser = Browser::start().await;
    for path in ["/", "/events", "/screen?host=h2-05&app=broken"] {
        let page = browser.open(&server.url(path)).await;
        page.resize(1280, 800).await;
        page.until("document.querySelector('.foot select')?.options.length === 2", PATIENT).await;
        // The middle of each one's text; a choice has its own in its middle.
        let lines = "(() => {
            const box = (node) => { const range = document.createRange(); range.selectNodeContents(node); return range.getBoundingClientRect(); };
            const middles = [...document.querySelectorAll('.foot nav :is(a, button, select)')]
                .map((it) => it.matches('select') ? it.getBoundingClientRect() : box(it)).map(({ top, bottom }) => (top + bottom) / 2);
            return Math.max(...middles) - Math.min(...middles) <= 1 && middles.length > 2;
        })()";
        assert_eq!(page.eval(lines).await, true, "{path}");
        page.loads(
            page.eval("(() => { tongue.value = 'de'; tongue.dispatchEvent(new Event('change')); })()"),
        )
        .await;
        page.until("document.documentElement.lang === 'de' && tongue.value === 'de'", PATIENT).await;
        page.loads(
            page.eval("(() => { tongue.value = 'en'; tongue.dispatchEvent(new Event('change')); })()"),
        )
        .await;
        page.until("document.documentElement.lang === 'en'", PATIENT).await;
    }
}

#[tokio::test]
async fn what_happened_is_listed_filtered_and_goes_on_by_itself() {
    let server = a_house_in_trouble().await;
    let browser = Browser::start().await;
    let page = browser.open(&server.url("/events#kind=states&q=broken")).await;
    let lines =
        "[...document.querySelectorAll('.events > li')].map((it) => it.querySelector('.about').textContent
        + ': ' + it.querySelector('.what').textContent)";
    page.until(&format!("{lines}[0] === 'broken on h2-05: Down'"), PATIENT).await;
    page.until(&format!("{lines}.every((line) => line.startsWith('broken'))"), PATIENT).await;
    assert_eq!(
        page.eval("document.querySelector('.events a').getAttribute('href')").await,
        "/screen?host=h2-05&app=broken"
    );
    server.body("/hb_ping?60000&appid=broken&host=h2-05&v=1").await;
    page.until(&format!("{lines}[0] === 'broken on h2-05: Up'"), PATIENT).await;
    page.eval("[...document.querySelectorAll('#kinds .chip')].forEach((chip) => chip.ariaPressed === 'true' && chip.click())").await;
    page.eval("(() => { const it = document.getElementById('search'); it.value = 'h1-03'; it.dispatchEvent(new Event('input')); })()").await;
    page.until(&format!("{lines}.length > 0 && {lines}.every((line) => line.includes('h1-03'))"), PATIENT)
        .await;
    assert_eq!(page.eval("location.hash").await, "#q=h1-03");
}

#[tokio::test]
async fn a_page_speaks_german_to_who_asks_for_it_and_keeps_to_it() {
    let server = a_house_in_trouble().await;
    let browser = Browser::start().await;
    let page = browser.open(&server.url("/?lang=de")).await;
    page.until("/brauch(t|en) einen Blick/.test(document.getElementById('summary').textContent)", PATIENT)
        .await;
    page.until(
        "document.querySelector('.tile[data-state=down] .word').textContent === 'Ausgefallen'",
        PATIENT,
    )
    .await;
    page.until(
        "document.querySelector('.tile[data-state=down] .sentence').textContent === 'Ist still.'",
        PATIENT,
    )
    .await;
    assert_eq!(page.eval("document.documentElement.lang").await, "de");
    assert_eq!(page.eval("document.getElementById('search').placeholder").await, "Filtern");

    let page = browser.open(&server.url("/")).await;
    page.until("document.getElementById('tongue').options.length > 1", PATIENT).await;
    assert_eq!(page.eval("document.documentElement.lang").await, "en");
    page.loads(page.eval(
        "(() => { const tongue = document.getElementById('tongue'); tongue.value = 'de'; tongue.dispatchEvent(new Event('change')); })()",
    ))
    .await;
    page.until("document.documentElement.lang === 'de'", PATIENT).await;
    page.until("/brauch(t|en) einen Blick/.test(document.getElementById('summary').textContent)", PATIENT)
        .await;
}

#[tokio::test]
async fn another_pc_takes_the_place_of_one_that_is_gone_from_the_page_of_its_screen() {
    let server = a_house_in_trouble().await;
    server.body("/hb_ping?60000&appid=broken&host=h2-99&v=1").await;
    let browser = Browser::start().await;
    let page = browser.open_logged_in(&server).await;
    page.loads(page.eval("location.assign('/screen?host=h2-05&app=broken')")).await;
    page.resize(360, 740).await;
    page.until("document.querySelector('#screen .state .word')?.textContent === 'Down'", PATIENT).await;
    page.eval("document.querySelector('.replace .action').click()").await;
    // First of all, who is new and shows the same.
    page.until("document.querySelector('.replace select').value === 'h2-99'", PATIENT).await;
    is_for_everybody(&page, "replace").await;
    let wide = "Math.max(0, document.documentElement.scrollWidth - innerWidth)";
    assert_eq!(page.eval(wide).await, 0, "px beside a phone");
    page.eval("document.querySelector('.replace form').requestSubmit()").await;
    page.until(
        "/h2-99 has taken the place of h2-05/.test(document.querySelector('.replace .outcome').textContent)",
        PATIENT,
    )
    .await;
    page.until("document.querySelector('#screen .place').textContent === 'h2-99'", PATIENT).await;
    page.until("document.querySelector('#screen .state .word').textContent === 'Up'", PATIENT).await;
    assert_eq!(page.eval("location.search").await, "?host=h2-99&app=broken");
    // The past of the old one is here.
    page.until("/Down/.test(document.querySelector('.states').getAttribute('aria-label'))", PATIENT).await;
}
