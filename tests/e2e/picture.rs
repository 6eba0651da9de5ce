//! Pixels, from outside the page: a real Chromium on a real X server under `hb run --capture`. Its page beats that all is
//! well, whatever is on the screen; what the server believes, and what it shows, is asserted.
//!
//! Not here: a browser's own crash dialog, which cannot be made to order: it is a window like the one that covers the page
//! here. Wayland, which has no screen here, and Windows (`xtask/src/windows.rs`).

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use super::harness::PATIENCE;
use super::harness::browser::{FLAGS, ONE_AT_A_TIME};
use super::harness::server::{HB, Server};

/// Its loop runs and it beats, whatever it draws: stripes that wander, or the same ones again.
const PAGE: &str = "<!doctype html><style>body{margin:0}canvas{display:block;width:100vw;height:100vh}</style>
    <canvas id=c width=640 height=360></canvas><script>
    const to = c.getContext('2d');
    let mode = 'moves', at = 0, frames = 0;
    requestAnimationFrame(function draw() {
      if (mode === 'moves') at = (at + 7) % 160;
      to.fillStyle = 'white';
      to.fillRect(0, 0, 640, 360);
      to.fillStyle = 'red';
      for (let x = -160; x < 640; x += 160) to.fillRect(x + at, 0, 80, 360);
      frames++;
      requestAnimationFrame(draw);
    });
    setInterval(async () => {
      fetch(`HB/hb_ping?3000&appid=kiosk&v=1&boot=b1&by=frame&state=ok&vis=visible&age=9&frames=${frames}`, { mode: 'no-cors' });
      mode = await (await fetch('/mode')).text();
    }, 300);
    </script>";

/// Serves the page, and says whether it is to move.
async fn page(hb: String) -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let moves = Arc::new(AtomicBool::new(true));
    let says = Arc::clone(&moves);
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let (hb, says) = (hb.clone(), Arc::clone(&says));
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = peer.read_u8().await else { return };
                    head.push(byte);
                }
                let body = match (head.starts_with(b"GET /mode "), says.load(Ordering::Relaxed)) {
                    (true, true) => "moves".to_owned(),
                    (true, false) => "still".to_owned(),
                    (false, _) => PAGE.replace("HB", &hb),
                };
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = peer.write_all(answer.as_bytes()).await;
            });
        }
    });
    (url, moves)
}

/// An X server with a screen of its own, and what it is called.
async fn screen() -> (Child, String) {
    let mut xvfb = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1280x720x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("Xvfb is there");
    let mut lines = BufReader::new(xvfb.stdout.take().unwrap()).lines();
    let number = timeout(PATIENCE, lines.next_line()).await.expect("in time").unwrap().expect("a number");
    // Its other end stays open: whoever writes to a closed pipe ends.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (xvfb, format!(":{}", number.trim()))
}

struct Kiosk {
    server: Server,
    addr: String,
    display: String,
    viewer: String,
}

/// What the server shows: what was seen in it, and its brightness.
struct Shown {
    caption: Value,
    bright: u64,
}

impl Kiosk {
    async fn ask(&self, path: &str, token: Option<&str>) -> (u16, String, Vec<u8>) {
        let mut peer = TcpStream::connect(&self.addr).await.unwrap();
        let shown = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n{shown}\r\n", self.addr);
        peer.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        peer.read_to_end(&mut answer).await.unwrap();
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n").expect("an HTTP answer");
        let text = String::from_utf8(answer[..head].to_vec()).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        (status, text.to_ascii_lowercase(), answer.split_off(head + 4))
    }

    /// The picture at this path, as soon as `holds` of what was seen in it.
    async fn picture(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Shown {
        let end = Instant::now() + PATIENCE;
        loop {
            let (status, head, body) = self.ask(path, Some(&self.viewer)).await;
            if status == 200 {
                let caption = head.lines().find_map(|line| line.strip_prefix("x-picture: ")).unwrap();
                let caption: Value = serde_json::from_str(caption).unwrap();
                if holds(&caption) {
                    assert!(head.contains("content-type: image/jpeg") && head.contains("no-store"), "{head}");
                    let picture = image::load_from_memory(&body).expect("a picture that decodes").into_rgb8();
                    assert_eq!(picture.dimensions(), (320, 180));
                    let bright: u64 = picture.as_raw().iter().map(|&it| u64::from(it)).sum();
                    return Shown { caption, bright: bright / picture.as_raw().len() as u64 };
                }
            }
            assert!(Instant::now() < end, "{status} {head}");
        }
    }

    /// A window of somebody else over everything.
    fn cover(&self) -> Child {
        Command::new("xterm")
            .args(["-geometry", "400x150+0+0", "-bg", "black", "-e", "sleep", "1000"])
            .env("DISPLAY", &self.display)
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("xterm is there")
    }
}

#[tokio::test]
async fn what_covers_a_page_that_lives_is_seen_and_so_is_a_picture_that_stands() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let server = Server::start();
    let (url, moves) = page(server.url("")).await;
    let (_xvfb, display) = screen().await;
    let addr = server.url("").replace("http://", "");
    let viewer = server.token("desk", "viewer");
    let kiosk = Kiosk { server, addr, display, viewer };
    let profile = tempfile::tempdir().unwrap();
    let mut view = kiosk.server.watch().await;
    let supervisor = Command::new(HB)
        .args([
            "run",
            "--app",
            "kiosk",
            "--agent",
            "--send-pictures",
            "--capture",
            "700ms",
            "--still-after",
            "3",
        ])
        .args(["--", "chromium", "--kiosk", "--window-position=0,0", "--window-size=1280,720"])
        .args(
            FLAGS.iter().filter(|flag| !flag.starts_with("--headless") && !flag.starts_with("--window-size")),
        )
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(&url)
        .env_remove("HB_HOST")
        .env_remove("HB_PORT")
        .env_remove("WAYLAND_DISPLAY")
        .env("DISPLAY", &kiosk.display)
        .env("HB_URL", kiosk.server.url(""))
        .env("HB_TOKEN", kiosk.server.token("kiosk", "agent"))
        .env("TMPDIR", profile.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (last, good) = ("/api/v1/apps/127.0.0.1/kiosk/picture", "/api/v1/apps/127.0.0.1/kiosk/picture/good");
    view.until("its page is up", PATIENCE, |v| v.state("kiosk") == "up" && v.frames("kiosk") > 0).await;
    let drawn = kiosk.picture(last, |it| it["still_ms"] == 0 && it["black"] == false).await;
    let (status, ..) = kiosk.ask(last, None).await;
    assert_eq!(status, 401, "not for everybody, also on this machine");

    let window = kiosk.cover();
    let stuck = |v: &super::harness::watch::Watch| {
        v.state("kiosk") == "stalled" && v.app("kiosk")["cause"] == "picture-stuck"
    };
    view.until("the covered page is stuck", PATIENCE, stuck).await;
    let covered = kiosk.picture(last, |it| it["stuck"] == true).await;
    assert_eq!(covered.caption["black"], true);
    let before = kiosk.picture(good, |_| true).await;
    assert!(
        covered.bright < 20 && before.bright > 80 && drawn.bright > 80,
        "{covered:?} {before:?} {drawn:?}"
    );
    drop(window);
    view.until("nothing is over it", PATIENCE, |v| v.state("kiosk") == "up").await;

    moves.store(false, Ordering::Relaxed);
    view.until("what it draws stands", PATIENCE, stuck).await;
    let stands = kiosk.picture(last, |it| it["stuck"] == true).await;
    assert!(stands.caption["black"] == false && stands.bright > 80, "{stands:?}");
    moves.store(true, Ordering::Relaxed);
    view.until("it moves again", PATIENCE, |v| v.state("kiosk") == "up").await;
    end(supervisor).await;
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.caption, self.bright)
    }
}

/// The browser ends with its supervisor.
async fn end(mut supervisor: Child) {
    let pid = supervisor.id().expect("it runs").to_string();
    assert!(std::process::Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    let ended = timeout(Duration::from_secs(20), supervisor.wait()).await;
    ended.expect("the browser ends when told to").unwrap();
}
