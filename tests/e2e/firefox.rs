//! The client in Firefox: a page that draws is up, and its going is heard.

use super::harness::PATIENCE;
use super::harness::firefox::Firefox;
use super::harness::server::Server;
use super::harness::watch::Watch;

/// A page from a disk that draws on a 2D canvas: it needs nothing of this machine, and is another origin than the server. Beside
/// it lies another, which draws nothing.
async fn page(server: &Server, folder: &std::path::Path) -> String {
    std::fs::write(folder.join("heartbeat.global.js"), server.body("/hb.js").await).unwrap();
    let page = format!(
        "<!doctype html><canvas></canvas><script src=heartbeat.global.js></script><script>
         const pen = document.querySelector('canvas').getContext('2d');
         const hb = new Heartbeat({{ url: '{}', appId: 'fox', interval: 1500 }});
         (function draw(t) {{
           if (t) {{ pen.fillStyle = `hsl(${{t / 10}} 80% 50%)`; pen.fillRect(0, 0, 300, 150); hb.tick(t); }}
           requestAnimationFrame(draw);
         }})();
         </script>",
        server.url("")
    );
    std::fs::write(folder.join("page.html"), page).unwrap();
    std::fs::write(folder.join("other.html"), "<!doctype html>").unwrap();
    format!("file://{}/page.html", folder.display())
}

async fn until_it_draws(view: &mut Watch) {
    let drawn = view.frames("fox");
    view.until("it is up and draws", PATIENCE, |v| v.state("fox") == "up" && v.frames("fox") > drawn).await;
}

#[tokio::test]
async fn a_page_in_firefox_beats_and_its_going_is_heard() {
    let server = Server::start();
    let mut view = server.watch().await;
    let disk = tempfile::tempdir().unwrap();
    let page = page(&server, disk.path()).await;
    let firefox = Firefox::start().await;
    let window = firefox.open(&page).await;
    until_it_draws(&mut view).await;
    until_it_draws(&mut view).await;
    view.until("its worker speaks", PATIENCE, |v| v.app("fox")["vitals"]["by"] == "worker").await;
    assert_eq!(view.app("fox")["vitals"]["vis"], "visible", "{}", view.app("fox"));

    // To another page and back: it left, and was loaded anew.
    view.turn_page();
    window.go(&page.replace("page.html", "other.html")).await;
    view.until_state("fox", "reconnecting", PATIENCE).await;
    window.go(&page).await;
    view.until("it is back", PATIENCE, |v| v.state("fox") == "up" && v.events("fox", "reload") == 1).await;
    until_it_draws(&mut view).await;

    let passed: Vec<_> = view.log.iter().filter_map(|(_, it)| it["to"].as_str()).collect();
    assert!(
        passed.iter().all(|state| matches!(*state, "reconnecting" | "starting" | "up")),
        "nobody was alarmed: {passed:?}"
    );

    // Firefox loses the last word of a window that closes every now and then: then its silence tells.
    window.close().await;
    let gone = |view: &Watch| matches!(view.state("fox"), "reconnecting" | "late");
    view.until("it is gone", PATIENCE, gone).await;
}
