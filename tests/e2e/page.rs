//! Pages that beat: the WebGL page, and one from a disk.

use std::time::Duration;

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
    view.until("more frames", Duration::from_secs(6), |v| v.frames("webgl") > drawn).await;
    let app = view.app("webgl");
    assert_eq!(app["state"], "up");
    assert_eq!(app["host"], "127.0.0.1");
    assert_eq!(app["vitals"]["by"], "frame", "{app}");
    assert_eq!(app["vitals"]["vis"], "visible", "{app}");
    assert_eq!(app["vitals"]["gl"], "ok", "{app}");
}

#[tokio::test]
async fn a_page_from_the_disk_with_one_script_tag_is_up() {
    let server = Server::start();
    let disk = tempfile::tempdir().unwrap();
    std::fs::write(disk.path().join("heartbeat.global.js"), server.body("/hb.js").await).unwrap();
    let page = format!(
        "<!doctype html><script src=heartbeat.global.js></script><script>
         const hb = new Heartbeat({{ url: '{}', appId: 'from disk', interval: 1000 }});
         (function draw(t) {{ if (t) hb.tick(t); requestAnimationFrame(draw); }})();
         </script>",
        server.url("")
    );
    let file = disk.path().join("page.html");
    std::fs::write(&file, page).unwrap();

    let mut view = server.watch().await;
    let browser = Browser::start().await;
    let _page = browser.open(&format!("file://{}", file.display())).await;
    view.until("it is up and draws", PATIENCE, |v| v.state("from disk") == "up" && v.frames("from disk") > 0)
        .await;
}
