//! A kiosk that `hb run --agent` starts: a real Chromium whose page freezes is asked to load again, and where that does not
//! help its process is started anew.
//!
//! The page is sick as long as its browser lives: it is known by a cookie that goes with the browser. Once the steps are
//! asked for, and once the ladder takes them, and the memory tells the story. Not here: the ladder in all its cases
//! (`hb_core::repair`).

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hb_core::id::{Identity, Pattern, Who};
use hb_core::repair::{Action, Evidence, Ladder, Move, Signs, Step};
use hb_lease::time::Time;
use hb_server::config::Listen;
use hb_server::engine::Engine;
use hb_server::exec::{self, Executor};
use hb_server::http::link::Agents;
use hb_server::watch::repairs::{By, Repairer};
use hb_server::watch::{self, Plan, Request};
use hb_server::{Config, Server};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
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

async fn serve(plans: Vec<Plan>) -> (Engine, watch::Watch, String) {
    let mut config = Config { listen: Listen::Loopback(0), ..Config::default() };
    config.watch.repairs = plans;
    config.http.link.agents = Agents::new(|_, token| token == TOKEN);
    let server = Server::bind(config).await.unwrap();
    let (engine, watch) = (server.engine().clone(), server.watch().clone());
    let addr = server.addrs()[0].to_string();
    tokio::spawn(server.run(std::future::pending()));
    (engine, watch, addr)
}

fn plan(ladder: Ladder) -> Plan {
    let apps = vec![Pattern::everything()];
    Plan { apps, ladder: ladder.into(), command: None, unit: None, dry: false }
}

/// A browser as a kiosk has it, under `hb run`.
fn kiosk(hb: &str, url: &str, profile: &Path) -> Child {
    Command::new(HB)
        .args(["run", "--app", "kiosk", "--no-ping", "--agent", "--", "chromium", "--kiosk"])
        .args(FLAGS)
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(url)
        .env_remove("HB_HOST")
        .env_remove("HB_PORT")
        .env("HB_URL", hb)
        .env("HB_TOKEN", TOKEN)
        // The page speaks for itself.
        .envs([("HB_SEND_INIT", "false"), ("HB_SEND_DONE", "false")])
        .env("TMPDIR", profile)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

fn frozen(view: &Watch) -> bool {
    view.state("kiosk") == "stalled" && view.app("kiosk")["cause"] == "no-frames"
}

/// The browser ends with its supervisor.
async fn end(mut supervisor: Child) {
    let pid = supervisor.id().expect("it runs").to_string();
    assert!(std::process::Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    let ended =
        timeout(Duration::from_secs(20), supervisor.wait()).await.expect("the browser ends when told to");
    ended.unwrap();
}

/// The repairs of the kiosk as the memory tells them, oldest first: what, why, and how it went.
async fn repairs(addr: &str) -> Vec<[String; 3]> {
    let mut peer = TcpStream::connect(addr).await.unwrap();
    let ask = format!("GET /api/v1/apps/127.0.0.1/kiosk/history HTTP/1.0\r\nHost: {addr}\r\n\r\n");
    peer.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let told: Value = serde_json::from_str(body).unwrap();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
    let rows = told["history"].as_array().unwrap().iter().rev().filter(|row| row["kind"] == "repair");
    rows.map(|row| ["action", "evidence", "outcome"].map(|key| word(row, key))).collect()
}

fn step(action: Action, ticket: u64) -> Move {
    let id = Identity::new("127.0.0.1", "", "kiosk").unwrap().to_owned();
    let (at, why) = (Time::ZERO, Evidence::NoFrames);
    Move { id, ticket, at, step: 0, action, attempt: 1, why, since: at, who: None }
}

#[tokio::test]
async fn a_frozen_kiosk_is_reloaded_and_where_that_does_not_help_its_browser_is_started_again() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (engine, _, addr) = serve(vec![]).await;
    let hb = format!("http://{addr}");
    let (url, mut view) = (pages(hb.clone()).await, Watch::open(&addr).await);
    let profile = tempfile::tempdir().unwrap();
    let supervisor = kiosk(&hb, &url, profile.path());
    view.until("the page freezes", PATIENCE, frozen).await;

    let plans = vec![plan(Ladder::default())];
    let repairer = Repairer::new(&engine, Executor::new(exec::Config::default()), plans, None);
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

    end(supervisor).await;
}

#[tokio::test]
async fn the_ladder_mends_a_frozen_kiosk_alone_and_the_memory_tells_how() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (wait, cap) = (Duration::from_secs(10), 1);
    let ladder = Ladder::new(&[
        Step { action: Action::Reload, when: Signs::CLIENT, wait, cap },
        Step { action: Action::Restart, when: Signs::ANY, wait: 4 * wait, cap },
    ]);
    let (_, watch, addr) = serve(vec![plan(ladder.unwrap())]).await;
    let hb = format!("http://{addr}");
    let (url, mut view) = (pages(hb.clone()).await, Watch::open(&addr).await);
    let profile = tempfile::tempdir().unwrap();
    let supervisor = kiosk(&hb, &url, profile.path());
    view.until("the page freezes", PATIENCE, frozen).await;
    let id = Identity::new("127.0.0.1", "", "kiosk").unwrap().to_owned();
    watch.ask(&Who::new("Ada", "here").unwrap(), Request::Adopt(id)).await.unwrap();
    assert_eq!(
        repairs(&addr).await,
        Vec::<[String; 3]>::new(),
        "most of what breaks for seconds mends itself"
    );

    let boot = view.app("kiosk")["boot"].clone();
    // Half a minute of evidence.
    let patience = PATIENCE + Duration::from_secs(30);
    view.until("it is loaded again", patience, |v| v.app("kiosk")["boot"] != boot && frozen(v)).await;
    view.until("a new browser draws", 2 * patience, |v| v.state("kiosk") == "up").await;
    let heard = view.seconds + 4;
    view.until("longer than the sick one drew", PATIENCE, |v| v.seconds >= heard).await;
    assert_eq!(view.state("kiosk"), "up");
    let told = repairs(&addr).await;
    let told: Vec<[&str; 3]> = told.iter().map(|row| row.each_ref().map(|word| &**word)).collect();
    // The reload brought a picture for a second; that it was no mending shows by the step after it.
    assert_eq!(told, [["reload", "no-frames", "done"], ["restart", "no-frames", "done"]]);
    end(supervisor).await;
}
