//! Commands at work: to a page from a disk, by the command line, and by the buttons of the dashboard.

use std::time::Duration;

use tokio::process::Command;

use super::harness::PATIENCE;
use super::harness::browser::Browser;
use super::harness::server::{HB, Server};

const PATIENT: u32 = 30_000;

/// How `hb cmd` ends by somebody who may, and what it prints where.
async fn cmd(server: &Server, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(HB);
    command.arg("cmd").args(args).env("HB_URL", server.url("")).env("HB_TOKEN", server.operator());
    let ended = command.env_remove("HB_HOST").env_remove("HB_PORT").output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

/// The same where hb is not installed.
async fn curl(server: &Server) {
    let script = "printf 'Authorization: Bearer %s' \"$HB_TOKEN\" | curl -sSf -H @- -d '{\"name\":\"reload\"}' \
                  \"$HB_URL/api/v1/apps/127.0.0.1/disk/commands\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).env("HB_URL", server.url("")).env("HB_TOKEN", server.operator());
    let ended = shell.output().await.unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// A page on this disk that draws, beats and says `more`, and loads no link.
async fn page_on_disk(server: &Server, disk: &std::path::Path, more: &str) -> String {
    std::fs::write(disk.join("heartbeat.global.js"), server.body("/hb.js").await).unwrap();
    let page = format!(
        "<!doctype html><script src=heartbeat.global.js></script><script>
         const hb = new Heartbeat({{ url: '{}', appId: 'disk', interval: 1000 }});
         {more};
         (function draw(t) {{ if (t) hb.tick(t); requestAnimationFrame(draw); }})();
         </script>",
        server.url("")
    );
    let file = disk.join("page.html");
    std::fs::write(&file, page).unwrap();
    format!("file://{}", file.display())
}

#[tokio::test]
async fn a_page_from_the_disk_shows_its_name_and_reloads_when_told_to() {
    let server = Server::start();
    let mut view = server.watch().await;
    let disk = tempfile::tempdir().unwrap();
    let url = page_on_disk(&server, disk.path(), "hb.commands({ reload: true, identify: true })").await;
    let browser = Browser::start().await;
    let page = browser.open(&url).await;
    view.until("it takes both", PATIENCE, |v| {
        v.state("disk") == "up" && v.app("disk")["accepts"] == serde_json::json!(["identify", "reload"])
    })
    .await;

    assert_eq!(cmd(&server, &["disk", "identify"]).await, (Some(0), "done".into(), String::new()));
    page.until("document.querySelector('[popover]')?.textContent === 'disk @ 127.0.0.1'", PATIENT).await;

    for by_hb in [true, false] {
        let boot = view.app("disk")["boot"].clone();
        if by_hb {
            assert_eq!(cmd(&server, &["disk", "reload"]).await, (Some(0), "done".into(), String::new()));
        } else {
            curl(&server).await;
        }
        view.until("it is back as a new page that takes both", PATIENCE, |v| {
            let app = v.app("disk");
            v.state("disk") == "up"
                && app["boot"] != boot
                && app["accepts"].as_array().is_some_and(|a| a.len() == 2)
        })
        .await;
    }
    let (code, _, said) = cmd(&server, &["disk", "message", "hello"]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("not allowed by the page: `disk @ 127.0.0.1` takes identify, reload"), "{said}");
}

/// The page beats until its worker does, and only one of them holds the socket.
#[tokio::test]
async fn a_page_that_takes_commands_does_not_seem_to_go_when_its_worker_takes_over() {
    let server = Server::start();
    let disk = tempfile::tempdir().unwrap();
    let url = page_on_disk(&server, disk.path(), "hb.commands({ reload: true, identify: true })").await;
    let browser = Browser::start().await;
    let page = browser.open("about:blank").await;
    for load in 0..4 {
        let mut view = server.watch().await;
        page.go(&url).await;
        view.until("the worker takes both", PATIENCE, |v| {
            v.app("disk")["vitals"]["by"] == "worker"
                && v.state("disk") == "up"
                && v.app("disk")["accepts"].as_array().is_some_and(|a| a.len() == 2)
        })
        .await;
        let seconds = view.seconds;
        view.until("beats go by", PATIENCE, |v| v.seconds > seconds + 2).await;
        let boot = &view.app("disk")["boot"];
        let went = view.log.iter().filter(|(name, it)| {
            name == "transition" && it["view"]["state"] == "reconnecting" && &it["view"]["boot"] == boot
        });
        assert_eq!(went.count(), 0, "load {load}: {:?}", view.log);
    }
}

#[tokio::test]
async fn a_page_that_allowed_nothing_and_a_name_that_nobody_has_are_told_apart_at_once() {
    let server = Server::start();
    let mut view = server.watch().await;
    let disk = tempfile::tempdir().unwrap();
    let url = page_on_disk(&server, disk.path(), "0").await;
    let browser = Browser::start().await;
    let _page = browser.open(&url).await;
    view.until_state("disk", "up", PATIENCE).await;
    for (name, why) in [
        ("disk", "nobody is listening: `disk @ 127.0.0.1` is up, but no page of it takes commands"),
        (
            "dusk",
            "`dusk @ 127.0.0.1` is unknown: no app of that name has beaten here; did you mean `disk @ 127.0.0.1`?",
        ),
        (
            "nope",
            "`nope @ 127.0.0.1` is unknown: no app of that name has beaten here; `hb list` names all that have and did not say goodbye",
        ),
    ] {
        // Nobody is waited for.
        let args = [name, "reload", "--timeout", "60000"];
        let asked = tokio::time::timeout(Duration::from_secs(30), cmd(&server, &args));
        let (code, _, said) = asked.await.expect("at once");
        assert!(code == Some(1) && said.contains(why), "{name}: {said}");
    }
}

#[tokio::test]
async fn a_person_asks_a_screen_from_the_dashboard() {
    let server = Server::start();
    let mut view = server.watch().await;
    let browser = Browser::start().await;
    let kiosk = browser.open(&server.url("/demo/kiosk/?interval=1000")).await;
    view.until("the kiosk takes both", PATIENCE, |v| {
        v.app("kiosk")["accepts"].as_array().is_some_and(|a| a.len() == 2)
    })
    .await;
    server.body("/hb_ping?60000&appid=old&v=1&by=timer").await;

    let dashboard = browser.open_logged_in(&server).await;
    let open = |app: &str| {
        format!(
            "[...document.querySelectorAll('.tile .face')].find((face) =>
               face.querySelector('.name').textContent === '{app}')?.click() ?? 0"
        )
    };
    let buttons = "[...document.querySelectorAll('#panel .command')]
        .filter((button) => button.checkVisibility()).map((button) => button.textContent).join()";
    let answers =
        |text: &str| format!("document.querySelector('#panel .asking .answer').textContent === '{text}'");
    dashboard.until("document.querySelectorAll('.tile').length === 2", PATIENT).await;

    dashboard.eval(&open("old")).await;
    dashboard
        .until(
            &format!("{buttons} === '' && document.querySelector('#panel .none').checkVisibility()"),
            PATIENT,
        )
        .await;
    dashboard.eval("document.querySelector('#panel').close()").await;

    dashboard.eval(&open("kiosk")).await;
    dashboard.until(&format!("{buttons} === 'Reload,Identify'"), PATIENT).await;
    dashboard.eval("document.querySelectorAll('#panel .command')[1].click()").await;
    dashboard.until(&answers("It shows its name for 10 seconds."), PATIENT).await;
    kiosk.until("document.querySelector('[popover]')?.textContent === 'kiosk @ 127.0.0.1'", PATIENT).await;

    // A page with a link takes a message, and says what it will.
    kiosk.eval(LINK).await;
    dashboard.until(&format!("{buttons} === 'Reload,Identify,Message…'"), PATIENT).await;
    dashboard.eval("document.querySelectorAll('#panel .command')[2].click()").await;
    dashboard.until("document.activeElement.matches('#panel .text')", PATIENT).await;
    dashboard
        .eval(
            "document.activeElement.value = ' We open at ten '; document.activeElement.form.requestSubmit()",
        )
        .await;
    dashboard.until(&answers("The page says: shown: We open at ten"), PATIENT).await;
    dashboard.eval("document.querySelectorAll('#panel .command')[0].click()").await;
    dashboard.until(&answers("The page says: not today"), PATIENT).await;
}

/// A link by hand; resolves when it listens.
const LINK: &str = "new Promise((listening) => {
    const link = new WebSocket(`ws://${location.host}/hb_link`);
    const say = (words) => link.send(JSON.stringify(words));
    link.onopen = () => {
      say({ hello: { version: 1, who: { app: 'kiosk' } } });
      say({ subscribe: { nr: 1, topics: ['app/127.0.0.1/kiosk/cmd'] } });
    };
    link.onmessage = ({ data }) => {
      const { subscribed, message } = JSON.parse(data);
      if (subscribed) listening(true);
      if (!message) return;
      const { name, data: text } = JSON.parse(message.text);
      const said = name === 'message' ? { ok: true, data: `shown: ${text}` } : { ok: false, error: 'not today' };
      say({ answer: { to: message.id, text: JSON.stringify(said) } });
    };
  })";
