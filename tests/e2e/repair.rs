//! A kiosk that `hb run --agent` starts: a real Chromium whose page freezes is asked to load again, and where that does not
//! help its process is started anew.
//!
//! The page is sick as long as its browser lives: it is known by a cookie that goes with the browser. Steps are carried
//! out by the room that does it for the ladder; not here: when the ladder takes them (`hb_core::repair`).

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hb_core::id::{Identity, Pattern};
use hb_core::repair::{Action, Evidence, Ladder, Move};
use hb_lease::time::Time;
use hb_server::config::Listen;
use hb_server::engine::Engine;
use hb_server::exec::{self, Executor};
use hb_server::http::link::Agents;
use hb_server::watch::Plan;
use hb_server::watch::repairs::{By, Repairer};
use hb_server::{Config, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

use super::harness::PATIENCE;
use super::harness::browser::{FLAGS, ONE_AT_A_TIME};
use super::harness::server::HB;
use super::harness::watch::Watch;

const TOKEN: &str = "hb_secret";

/// Draws for a second, and then no more if it is sick.
const PAGE: &str = "<!doctype html><title>kiosk</title><script src=HB/hb.js></script><script>
    const hb = new Heartbeat({ url: 'HB', appId: 'kiosk', interval: 1000, stallAfter: 1500 });
    hb.commands({ reload: true });
    (function draw(t) {
      if (t) hb.tick(t);
      if (!SICK || performance.now() < 1000) requestAnimationFrame(draw);
    })();
    </script>";

/// Serves the page at an address of its own: the first browser that comes is sick, all others are well.
async fn pages(hb: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let browsers = Arc::new(AtomicU32::new(0));
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let (hb, browsers) = (hb.clone(), Arc::clone(&browsers));
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = peer.read_u8().await else { return };
                    head.push(byte);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                if !head.starts_with("GET / ") {
                    return;
                }
                let known = head.split_once("browser=").and_then(|(_, rest)| rest.chars().next());
                let nr =
                    known.map_or_else(|| browsers.fetch_add(1, Ordering::Relaxed).to_string(), String::from);
                let page = PAGE.replace("HB", &hb).replace("SICK", if nr == "0" { "true" } else { "false" });
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n\
                     Set-Cookie: browser={nr}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
                    page.len()
                );
                let _ = peer.write_all(answer.as_bytes()).await;
            });
        }
    });
    url
}

async fn serve() -> (Engine, String) {
    let mut config = Config { listen: Listen::Loopback(0), ..Config::default() };
    config.http.link.agents = Agents::new(|_, token| token == TOKEN);
    let server = Server::bind(config).await.unwrap();
    let (engine, addr) = (server.engine().clone(), server.addrs()[0].to_string());
    tokio::spawn(server.run(std::future::pending()));
    (engine, addr)
}

fn step(action: Action, ticket: u64) -> Move {
    let id = Identity::new("127.0.0.1", "", "kiosk").unwrap().to_owned();
    let (at, why) = (Time::ZERO, Evidence::NoFrames);
    Move { id, ticket, at, step: 0, action, attempt: 1, why, since: at, who: None }
}

#[tokio::test]
async fn a_frozen_kiosk_is_reloaded_and_where_that_does_not_help_its_browser_is_started_again() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (engine, addr) = serve().await;
    let hb = format!("http://{addr}");
    let (url, mut view) = (pages(hb.clone()).await, Watch::open(&addr).await);
    let profile = tempfile::tempdir().unwrap();
    let mut supervisor = Command::new(HB)
        .args(["run", "--app", "kiosk", "--no-ping", "--agent", "--", "chromium", "--kiosk"])
        .args(FLAGS)
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(url)
        .env_remove("HB_HOST")
        .env_remove("HB_PORT")
        .env("HB_URL", &hb)
        .env("HB_TOKEN", TOKEN)
        // The page speaks for itself.
        .envs([("HB_SEND_INIT", "false"), ("HB_SEND_DONE", "false")])
        .env("TMPDIR", profile.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let frozen = |v: &Watch| v.state("kiosk") == "stalled" && v.app("kiosk")["cause"] == "no-frames";
    view.until("the page freezes", PATIENCE, frozen).await;

    let plan = Plan {
        apps: vec![Pattern::everything()],
        ladder: Ladder::default().into(),
        command: None,
        unit: None,
        dry: false,
    };
    let repairer = Repairer::new(&engine, Executor::new(exec::Config::default()), vec![plan], None);
    let boot = view.app("kiosk")["boot"].clone();
    let reload = repairer.carry_out(&step(Action::Reload, 1)).await.unwrap();
    assert_eq!((reload.failure, reload.by), (None, By::Page), "{reload:?}");
    view.until("it freezes again, as a new page", PATIENCE, |v| v.app("kiosk")["boot"] != boot && frozen(v))
        .await;

    let restart = timeout(PATIENCE, repairer.carry_out(&step(Action::Restart, 2))).await.unwrap().unwrap();
    assert_eq!((restart.failure, restart.by), (None, By::Agent), "{restart:?}");
    view.until("a new browser draws", PATIENCE, |v| v.state("kiosk") == "up" && v.frames("kiosk") > 0).await;
    // Longer than the sick one drew.
    let heard = view.seconds + 4;
    view.until("four seconds more", PATIENCE, |v| v.seconds >= heard).await;
    assert_eq!(view.state("kiosk"), "up");

    let pid = supervisor.id().expect("it runs").to_string();
    assert!(std::process::Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    let ended =
        timeout(Duration::from_secs(20), supervisor.wait()).await.expect("the browser ends when told to");
    ended.unwrap();
}
