//! The code that a phone reads, on a screen's page and on the screen itself: read from a picture of what is seen, and opened.

use super::harness::PATIENCE;
use super::harness::browser::{Browser, Page};
use super::harness::server::Server;

const PATIENT: u32 = 30_000;

/// What the only code in sight says.
async fn read(page: &Page) -> String {
    let picture = image::load_from_memory(&page.picture().await).expect("a PNG").to_luma8();
    let (width, height) = picture.dimensions();
    let at = |x: usize, y: usize| picture.get_pixel(x as u32, y as u32)[0];
    let mut seen = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, at);
    let codes = seen.detect_grids();
    assert_eq!(codes.len(), 1, "codes in sight");
    codes[0].decode().expect("it can be read").1
}

#[tokio::test]
async fn the_code_on_a_screen_and_on_its_page_leads_a_phone_to_its_page() {
    let server = Server::start();
    let mut view = server.watch().await;
    let browser = Browser::start().await;
    // A name with all that an address has to escape.
    let kiosk = browser.open(&server.url("/demo/kiosk/?interval=1000&HB_APP_ID=quiz%20%26%20more")).await;
    kiosk.resize(480, 640).await;
    view.until("it takes the command", PATIENCE, |view| {
        view.apps().values().any(|app| app["state"] == "up" && app["accepts"][0] == "identify")
    })
    .await;
    let name = view.apps().keys().next().expect("one app").clone();
    let host = view.app(&name)["host"].as_str().expect("a host").to_owned();

    let phone = browser.open("about:blank").await;
    phone.resize(360, 740).await;
    let is_its_page = format!(
        "document.querySelector('#screen .name').textContent === '{name}'
         && document.querySelector('#screen .place').textContent === '{host}'"
    );
    let page = browser.open(&server.url("/")).await;
    page.until("document.querySelector('.tile')", PATIENT).await;
    let path = page
        .eval(&format!(
            "import('/address.js').then(({{ pageOf }}) => pageOf({{ host: '{host}', app: '{name}' }}))"
        ))
        .await;
    page.go(&server.url(path.as_str().expect("an address"))).await;
    for scheme in ["light", "dark"] {
        page.still(scheme).await;
        page.until(
            "document.querySelector('.code').naturalWidth > 0 && !document.getElementById('screen').hidden",
            PATIENT,
        )
        .await;
        page.eval("(() => { const it = document.querySelector('.scan'); it.open = true; it.querySelector('.code').scrollIntoView({ block: 'center' }); })()").await;
        phone.go(&read(&page).await).await;
        phone.until(&is_its_page, PATIENT).await;
    }

    assert_eq!(server.work(&["cmd", &name, "identify"]), "done");
    kiosk.until("document.querySelector('[popover] img')", PATIENT).await;
    kiosk.eval("document.querySelector('[popover] img').decode()").await;
    let said = read(&kiosk).await;
    phone.go("about:blank").await;
    phone.go(&said).await;
    phone.until(&is_its_page, PATIENT).await;
}
