//! Pages that beat: the WebGL page, and one from a disk.

use tempfile::TempDir;

use super::harness::PATIENCE;
use super::harness::browser::Browser;
use super::harness::server::Server;

#[tokio::test]
async fn a_webgl_page_is_up_and_its_frames_advance() {
    let server = Server::start();
    let mut view = server.watch().await;
    let browser = Browser::start().await;
    let _page = browser.open(&server.url("/demo/webgl/?interval=1000")).await;
    view.until("webgl is up and draws", PATIENCE, |v| v.state("webgl") == "up" && v.frames("webgl") > 0)
        .await;
    let drawn = view.frames("webgl");
    view.until("more frames, from its worker", PATIENCE, |v| {
        v.frames("webgl") > drawn && v.app("webgl")["vitals"]["by"] == "worker"
    })
    .await;
    let app = view.app("webgl");
    assert_eq!(app["state"], "up");
    assert_eq!(app["host"], "127.0.0.1");
    assert_eq!(app["vitals"]["vis"], "visible", "{app}");
    assert_eq!(app["vitals"]["gl"], "ok", "{app}");
}

/// A page on the disk with one script tag, where these options and this script are added, and its address.
async fn on_disk(server: &Server, options: &str, script: &str) -> (TempDir, String) {
    let disk = tempfile::tempdir().unwrap();
    std::fs::write(disk.path().join("heartbeat.global.js"), server.body("/hb.js").await).unwrap();
    let page = format!(
        "<!doctype html><script src=heartbeat.global.js></script><script>
         const hb = new Heartbeat({{ url: '{}', {options} }});
         (function draw(t) {{ if (t) hb.tick(t); requestAnimationFrame(draw); }})();
         {script}
         </script>",
        server.url("")
    );
    let file = disk.path().join("page.html");
    std::fs::write(&file, page).unwrap();
    let address = format!("file://{}", file.display());
    (disk, address)
}

#[tokio::test]
async fn a_page_from_the_disk_with_one_script_tag_is_up() {
    let server = Server::start();
    let (_disk, address) = on_disk(&server, "appId: 'from disk', interval: 1000", "").await;
    let mut view = server.watch().await;
    let browser = Browser::start().await;
    let _page = browser.open(&address).await;
    view.until("it is up and draws", PATIENCE, |v| v.state("from disk") == "up" && v.frames("from disk") > 0)
        .await;
}

#[tokio::test]
async fn a_stuck_script_is_named_and_a_page_that_is_gone_is_missed_at_once() {
    let server = Server::start();
    let script = "const off = hb.on('response', () => {
           if (hb.stats().transport !== 'worker') return;
           off();
           for (const until = performance.now() + 4000; performance.now() < until;);
         });";
    let (_disk, address) =
        on_disk(&server, "appId: 'stuck', interval: 60000, stallAfter: 1000", script).await;
    let mut view = server.watch().await;
    let browser = Browser::start().await;
    let _page = browser.open(&address).await;
    view.until("it is stuck, and said to be", PATIENCE, |v| {
        v.state("stuck") == "stalled" && v.app("stuck")["cause"] == "main-blocked"
    })
    .await;
    view.until_state("stuck", "up", PATIENCE).await;
    // It promised to speak within a minute: only its socket can tell.
    drop(browser);
    view.until_state("stuck", "reconnecting", PATIENCE).await;
}
