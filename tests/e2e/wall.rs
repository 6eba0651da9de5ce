//! The wall view, as somebody sees it who cannot touch it.

use super::halls::HALLS;
use super::harness::PATIENCE;
use super::harness::browser::Browser;
use super::harness::server::Server;

const PATIENT: u32 = 30_000;

/// Whether nothing is out of sight: what would scroll, and what is cut off in a list of its own.
const ALL_IS_SEEN: &str = "[document.documentElement, document.getElementById('halls')]
    .every((box) => box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth)";

#[tokio::test]
async fn what_is_broken_stands_first_and_nothing_scrolls_away() {
    let mut server = Server::with_config(HALLS);
    let mut view = server.watch().await;
    for place in 0..20 {
        server.body(&format!("/hb_ping?60000&appid=quiz&host=h1-{place:02}")).await;
        server.body(&format!("/hb_ping?60000&appid=pong&host=h2-{place:02}")).await;
    }
    server.body("/hb_ping?1&appid=broken&host=h2-20&v=1").await;
    view.until_state("broken", "down", PATIENCE).await;

    let browser = Browser::start().await;
    let wall = browser.open(&server.url("/wall")).await;
    wall.until("document.getElementById('summary').textContent === '1 of 41 needs a look'", PATIENT).await;
    wall.until("document.querySelector('.alarm .where').textContent === 'h2-20'", PATIENT).await;
    let what = "document.querySelector('.alarm .what').textContent";
    wall.until(&format!("/^broken: [A-Z]/.test({what})"), PATIENT).await;
    for (width, height) in [(1280, 720), (1920, 1080), (3840, 2160), (1080, 1920)] {
        wall.resize(width, height).await;
        wall.until(&format!("innerWidth === {width}"), PATIENT).await;
        let fits = format!(
            "new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(() => told({ALL_IS_SEEN}))))"
        );
        assert_eq!(wall.eval(&fits).await, true, "{width} × {height}");
        let first = "document.querySelector('.alarm').getBoundingClientRect().bottom
            <= document.getElementById('halls').getBoundingClientRect().top";
        assert_eq!(wall.eval(first).await, true, "the alarm stands above the halls");
    }
    let halls = "[...document.querySelectorAll('.hall')].map((hall) => hall.querySelector('h2').textContent
        + ' ' + hall.querySelector('.sum').textContent).join(', ')";
    assert_eq!(wall.eval(halls).await, "hall 1 20 of 20, hall 2 20 of 21");
    assert_eq!(wall.eval("document.querySelectorAll('.cell').length").await, 41, "each stands in its hall");
    assert_eq!(wall.eval("document.querySelectorAll('a, button, input, select').length").await, 0);

    server.kill();
    wall.until("document.documentElement.dataset.stale === 'true'", 8000).await;
    wall.until("/needed a look/.test(document.getElementById('summary').textContent)", 8000).await;
    wall.until("/shows what was/.test(document.getElementById('old').textContent)", 8000).await;
}

#[tokio::test]
async fn more_trouble_than_fits_is_counted() {
    let server = Server::start();
    let mut view = server.watch().await;
    for place in 0..120 {
        server.body(&format!("/hb_ping?1&appid=quiz-{place:03}&v=1")).await;
    }
    view.until_state("quiz-119", "down", PATIENCE).await;
    let browser = Browser::start().await;
    let wall = browser.open(&server.url("/wall")).await;
    wall.resize(1920, 1080).await;
    wall.until("document.getElementById('summary').textContent === '120 of 120 need a look'", PATIENT).await;
    let counted = "document.querySelectorAll('.alarm').length
        + Number(/\\d+/.exec(document.getElementById('more').textContent)?.[0] ?? 0) === 120";
    wall.until(counted, PATIENT).await;
    wall.until("!document.getElementById('more').hidden", PATIENT).await;
    wall.until(ALL_IS_SEEN, PATIENT).await;
}

/// So many halls, each with so many screens that are well.
async fn halls_of(halls: usize, screens: usize) -> Server {
    let group = |hall| format!("[[group]]\nname = \"hall {hall}\"\nmembers = [\"h{hall}-*/*\"]\n");
    let server = Server::with_config((0..halls).map(group).collect::<String>());
    for hall in 0..halls {
        for place in 0..screens {
            server.body(&format!("/hb_ping?600000&appid=quiz&host=h{hall}-{place:02}&v=1")).await;
        }
    }
    server
}

#[tokio::test]
async fn every_hall_is_seen_below_a_headline_of_two_lines() {
    let mut server = halls_of(10, 12).await;
    server.work(&["mute", "everything", "--for", "2h", "--reason", "we build"]);
    let browser = Browser::start().await;
    let wall = browser.open("about:blank").await;
    wall.language("de").await;
    wall.resize(1280, 720).await;
    wall.go(&server.url("/wall")).await;
    wall.until(
        "/^Alle 120 .* stummgeschaltet$/.test(document.getElementById('summary').textContent)",
        PATIENT,
    )
    .await;
    let lines = "Math.round(document.getElementById('summary').offsetHeight
        / parseFloat(getComputedStyle(document.getElementById('summary')).lineHeight))";
    assert_eq!(wall.eval(lines).await, 2);
    wall.until(&format!("document.querySelectorAll('.cell').length === 120 && {ALL_IS_SEEN}"), PATIENT).await;

    // What is said of a line that is lost needs another line.
    server.kill();
    wall.until("/zeigt, was war/.test(document.getElementById('old').textContent)", 8000).await;
    wall.until(ALL_IS_SEEN, PATIENT).await;
}

#[tokio::test]
async fn halls_that_do_not_fit_are_counted() {
    let server = halls_of(90, 2).await;
    let browser = Browser::start().await;
    let wall = browser.open(&server.url("/wall")).await;
    wall.resize(640, 360).await;
    let counted = "[...document.querySelectorAll('.cell')].filter((cell) => cell.checkVisibility()).length
        + Number(/^And (\\d+) more screens$/.exec(document.getElementById('rest').textContent)?.[1]) === 180";
    wall.until(&format!("{counted} && document.getElementById('rest').checkVisibility()"), PATIENT).await;
    wall.until(ALL_IS_SEEN, PATIENT).await;
    wall.resize(1920, 1080).await;
    wall.until(
        &format!(
            "document.getElementById('rest').hidden && {ALL_IS_SEEN}
                && [...document.querySelectorAll('.cell')].every((cell) => cell.checkVisibility())"
        ),
        PATIENT,
    )
    .await;
}

#[tokio::test]
async fn a_wall_of_one_hall_says_which_and_is_never_green_for_one_that_is_not_there() {
    let server = Server::with_config(HALLS);
    server.body("/hb_ping?60000&appid=quiz&host=h1-00").await;
    let browser = Browser::start().await;
    let said = "[document.getElementById('part').textContent, document.getElementById('summary').textContent,
        document.getElementById('summary').dataset.tone, document.getElementById('icon').getAttribute('href'), document.title].join(' | ')";
    let wall = browser.open(&server.url("/wall#q=group:%22Hall%201%22")).await;
    let expected = "hall 1 | The screen is well | good | icons/good.svg | hall 1: The screen is well – hb";
    wall.until(&format!("{said} === '{expected}'"), PATIENT).await;
    for (hash, part, tone, icon) in [
        ("#q=group:%22no such hall%22", "no such hall", "odd", "icons/warn.svg"),
        // It may be well that nobody is down; but that is not what this says.
        ("#state=down", "", "none", "icons/stale.svg"),
    ] {
        wall.eval(&format!("location.hash = '{hash}'")).await;
        let title = if part.is_empty() { String::new() } else { format!("{part}: ") };
        let expected =
            format!("{part} | No screen matches. | {tone} | {icon} | {title}No screen matches. – hb");
        wall.until(&format!("{said} === '{expected}'"), PATIENT).await;
    }
    let nobody = Server::start();
    let wall = browser.open(&nobody.url("/wall")).await;
    let expected = " | No screen has beaten yet | none | icons/stale.svg | No screen has beaten yet – hb";
    wall.until(&format!("{said} === '{expected}'"), PATIENT).await;
}

/// What cannot be read whole or not be told from its neighbour: of `.cell .label`, `.alarm .where` and the like.
const ALIKE: &str = "(() => {
    const wrong = (what, tiles, ...parts) => {
        const read = tiles.map((tile) => parts.map((part) => (tile.querySelector(`${part} > [aria-hidden]`) ?? tile.querySelector(part)).textContent).join(' | '));
        const cut = tiles.flatMap((tile) => parts.map((part) => tile.querySelector(part))).filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0);
        return [...read.filter((text, at) => read.indexOf(text) !== at), ...cut.map((node) => node.textContent)].map((text) => `${what}: ${text}`);
    };
    const all = (selector) => [...document.querySelectorAll(selector)];
    return [...wrong('cell', all('.halls-in[data-named=true] .cell'), '.label'), ...wrong('alarm', all('.alarm'), '.where', '.app'), ...wrong('tile', all('.tiles .tile'), '.name', '.host')].join(', ');
})()";

#[tokio::test]
async fn screens_with_long_names_that_begin_alike_are_told_apart() {
    for of_one_host in [true, false] {
        let server = Server::start();
        let mut view = server.watch().await;
        for at in 0..12 {
            let host = if of_one_host { "" } else { "&host=museum-kiosk-of-hall-" };
            let host =
                if of_one_host { host.to_owned() } else { format!("{host}{at:02}.exhibition.example") };
            let name = ["visitors-guide-north", "visitors-guide-south"][at % 2];
            let promise = if at < 4 { 1 } else { 600_000 };
            server.body(&format!("/hb_ping?{promise}&v=1&appid={name}-{:02}{host}", at / 2)).await;
        }
        view.until_state("visitors-guide-south-01", "down", PATIENCE).await;
        let browser = Browser::start().await;
        for (path, ready) in [
            ("/wall", "document.querySelectorAll('.cell').length === 12 && document.querySelector('.alarm')"),
            ("/", "document.querySelectorAll('.tile').length === 12"),
        ] {
            let page = browser.open(&server.url(path)).await;
            page.until(ready, PATIENT).await;
            for (width, height) in [(360, 740), (1280, 800), (1920, 1080), (3840, 2160)] {
                page.resize(width, height).await;
                page.until(&format!("innerWidth === {width} && {ALIKE} === ''"), PATIENT).await;
            }
        }
        let wall = browser.open(&server.url("/wall")).await;
        wall.resize(1920, 1080).await;
        let first = if of_one_host { "visitors-guide-north-00" } else { "museum-kiosk-of-hall-00" };
        wall.until(&format!("document.querySelector('.cell').ariaLabel.startsWith('{first}')"), PATIENT)
            .await;
    }
}

#[tokio::test]
async fn tiles_are_as_large_as_the_page_lets_them_be_from_the_first_picture_on() {
    let server = Server::start();
    for at in 0..24 {
        server.body(&format!("/hb_ping?600000&appid=client-{at:02}")).await;
    }
    let browser = Browser::start().await;
    let page = browser.open("about:blank").await;
    page.resize(3840, 2160).await;
    page.go(&server.url("/")).await;
    page.until("document.querySelectorAll('.tile').length === 24", PATIENT).await;
    // What is found anew when the window changes is what was there.
    let sizes = "new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(() => {
        const size = () => document.getElementById('tiles').style.getPropertyValue('--k');
        const before = size();
        dispatchEvent(new Event('resize'));
        told(before === size() ? 'the same' : `${before}, then ${size()}`);
    })))";
    assert_eq!(page.eval(sizes).await, "the same");
}
