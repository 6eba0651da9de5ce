//! A kiosk that `hb run --agent` starts: a real Chromium whose page freezes is asked to load again, and where that does not
//! help its process is started anew.
//!
//! The page is sick as long as its browser lives: it is known by a cookie that goes with the browser. All of hb takes part,
//! from `hb.toml` to the dashboard. Not here: the ladder in all its cases (`hb_core::repair`).

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::harness::PATIENCE;
use super::harness::browser::{Browser, FLAGS, ONE_AT_A_TIME};
use super::harness::server::{HB, Server};
use super::harness::watch::Watch;

/// Draws 60 frames, and then no more if it is sick.
const PAGE: &str = "<!doctype html><title>kiosk</title><script src=HB/hb.js></script><script>
    const hb = new Heartbeat({ url: 'HB', appId: 'kiosk', interval: 1000, stallAfter: 1500 });
    hb.commands({ reload: true });
    let frames = 0;
    requestAnimationFrame(function draw(t) {
      hb.tick(t);
      if (!SICK || ++frames < 60) requestAnimationFrame(draw);
    });
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

/// A browser as a kiosk has it, under `hb run`.
fn kiosk(hb: &str, token: &str, url: &str, profile: &Path) -> Child {
    Command::new(HB)
        .args(["run", "--app", "kiosk", "--no-ping", "--agent", "--", "chromium", "--kiosk"])
        .args(FLAGS)
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(url)
        .env_remove("HB_HOST")
        .env_remove("HB_PORT")
        .env("HB_URL", hb)
        .env("HB_TOKEN", token)
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
async fn repairs(server: &Server) -> Vec<[String; 3]> {
    let told = server.text("/api/v1/apps/127.0.0.1/kiosk/history").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
    let rows = told["history"].as_array().unwrap().iter().rev().filter(|row| row["kind"] == "repair");
    rows.map(|row| ["action", "evidence", "outcome"].map(|key| word(row, key))).collect()
}

/// What a technician writes, and the exhibit's computer gets.
#[tokio::test]
async fn hb_mends_a_frozen_kiosk_alone_and_tells_how_on_the_dashboard() {
    let turn = ONE_AT_A_TIME.lock().await;
    let server = Server::with_config("[[repair]]\napps = [\"kiosk\"]\nsteps = [\"reload\", \"restart\"]\n");
    let token = server.token("the kiosk's computer", "agent");
    let hb = server.url("");
    let (url, mut view) = (pages(hb.clone()).await, server.watch().await);
    let profile = tempfile::tempdir().unwrap();
    let supervisor = kiosk(&hb, &token, &url, profile.path());
    view.until("the page freezes", PATIENCE, frozen).await;
    server.work(&["adopt", "kiosk"]);
    assert_eq!(
        repairs(&server).await,
        Vec::<[String; 3]>::new(),
        "most of what breaks for seconds mends itself"
    );

    let boot = view.app("kiosk")["boot"].clone();
    // Half a minute of evidence; a minute for the page to recover.
    let patience = PATIENCE + Duration::from_secs(30);
    view.until("it is loaded again", patience, |v| v.app("kiosk")["boot"] != boot && frozen(v)).await;
    view.until("a new browser draws", 3 * patience, |v| v.state("kiosk") == "up").await;
    let heard = view.seconds + 4;
    view.until("longer than the sick one drew", PATIENCE, |v| v.seconds >= heard).await;
    assert_eq!(view.state("kiosk"), "up");
    let told = repairs(&server).await;
    let told: Vec<[&str; 3]> = told.iter().map(|row| row.each_ref().map(|word| &**word)).collect();
    // The reload brought a picture for a second; that it was no mending shows by the step after it.
    assert_eq!(told, [["reload", "no-frames", "done"], ["restart", "no-frames", "done"]]);
    end(supervisor).await;

    drop(turn);
    let browser = Browser::start().await;
    let page = browser.open_logged_in(&server).await;
    page.until("document.querySelector('.tile .face')", 30_000).await;
    page.eval("document.querySelector('.tile .face').click()").await;
    // Newest first.
    let story = "document.querySelector('#panel .story').textContent.replace(/\\n/g, ' ')";
    let steps = "/restart the program.*load(ed)? the page/";
    page.until(&format!("{steps}.test({story})"), 30_000).await;
}
