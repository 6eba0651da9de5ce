//! A house to look at: three halls, a screen in every state, one that somebody takes care of, one that is muted, and a
//! message with links about one that fails.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::halls::HALLS;
use super::{PATIENCE, Server};

/// What nobody translates: how screens, halls and people are called here, what exhibits said, and names of things.
pub(super) const NAMES: [&str; 9] = [
    "hall 1 hall 2 foyer h1 h2 foyer left right no such hall nobody desk admin",
    "Quiz Planets Tides Timeline Cinema Tetris Welcome Donors Ocean Globe Pong Interactive Map of the Upper Floor",
    "TypeError cannot read properties of undefined reading width at draw",
    "new lamp",
    "hb JSON WebGL Duet Kiosk Lab Enter Esc CSV hb.toml nowhere",
    "English Deutsch MiB fps",
    "CRITICAL WARNING UNKNOWN UTC",
    "127.0.0.1 localhost",
    "Strg Ctrl",
];

/// Before its halls.
const TOP: &str = r#"
url = "http://hb.museum.example"
boot_grace_s = 0
zone = "UTC"
"#;

/// Behind them.
const REST: &str = r#"
[[group]]
name = "foyer"
members = ["foyer-*/*"]

[[screen]]
host = ["h1-{01..04}", "h2-{01..09}", "foyer-2"]
shows = "*"

[[screen]]
host = "foyer-1"
slot = ["left", "right"]
shows = "Welcome"

[[hours]]
for = "group:hall 1"
open = "mo-su 00:00-24:00"

[[rule]]
states = ["missing"]
for_s = 2
channels = "desk"
"#;

/// (app, host, frames a second): they beat every second.
const ALIVE: [(&str, &str, u64); 6] = [
    ("Quiz", "h1-01", 60),
    ("Timeline", "h1-02", 60),
    ("Interactive+Map+of+the+Upper+Floor", "h1-04", 30),
    ("Globe", "h2-01", 58),
    ("Quiz", "h2-08", 60),
    ("Cinema", "foyer-4", 24),
];

/// (app, host, what it says of itself); each says it once, and promises to go on for long.
const BEATS: [(&str, &str, &str); 11] = [
    ("Cinema", "h1-03", "hb_ping?600000&by=native"),
    ("Welcome", "foyer-1", "hb_ping?600000&slot=left&by=timer"),
    ("Welcome", "foyer-1", "hb_ping?600000&slot=right&by=timer"),
    ("Donors", "foyer-2", "hb_init?600000&by=frame&seq=1"),
    ("Ocean", "h2-02", "hb_state?600000&by=worker&seq=1&state=main-blocked&vis=visible"),
    ("Tides", "h2-03", "hb_state?600000&by=frame&seq=1&state=context-lost&gl=lost&vis=visible"),
    ("Tetris", "h2-04", "hb_ping?600000&by=frame&seq=1&frames=12&age=40&vis=hidden&state=hidden"),
    ("Planets", "h2-05", "hb_ping?1&by=frame&seq=1&frames=12&age=40&vis=visible"),
    ("Quiz", "h2-06", "hb_ping?1"),
    ("Interactive+Map+of+the+Upper+Floor", "h2-07", "hb_ping?1"),
    ("Quiz", "foyer-3", "hb_ping?600000"),
];

pub(super) struct House {
    pub(super) server: Server,
    /// The path of a link in the message about the screen that is missing.
    pub(super) deed: String,
    living: JoinHandle<()>,
}

impl House {
    pub(super) async fn in_trouble() -> Self {
        let desk = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = desk.local_addr().unwrap().port();
        let channel =
            format!("[[channel]]\nname = \"desk\"\ntype = \"webhook\"\nurl = \"http://127.0.0.1:{port}/\"\n");
        let server = Server::with_config([TOP, HALLS, REST, &channel].concat());
        let mut view = server.watch().await;
        let living = tokio::spawn(live(server.addr().to_owned()));
        for (at, (app, host, says)) in BEATS.iter().enumerate() {
            // No two pages have one boot: that would be one that moved.
            server.body(&format!("/{says}&appid={app}&host={host}&v=1&boot=b{at}")).await;
        }
        let last = BEATS.len() - 1;
        server.body(&format!("/hb_done?0&appid=Quiz&host=foyer-3&v=1&boot=b{last}")).await;
        let fell = |host: &'static str| {
            move |(name, it): &(String, Value)| {
                name == "transition" && it["host"] == host && it["to"] == "down"
            }
        };
        view.until("three are down", PATIENCE, |view| {
            ["h2-05", "h2-06", "h2-07"].into_iter().all(|host| view.log.iter().any(fell(host)))
        })
        .await;
        server.work(&["mute", "h2-06/Quiz", "--for", "2h", "--reason", "new lamp"]);
        let link = timeout(PATIENCE, link(&desk, "h2-09")).await.expect("the desk is told");
        let (_, path) = link.split_once("/do/").expect("to a page of ours");
        Self { server, deed: format!("/do/{path}"), living }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.living.abort();
    }
}

/// What beats, does so until nobody answers.
async fn live(addr: String) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    for second in 1_u64.. {
        seconds.tick().await;
        for (app, host, rate) in ALIVE {
            // As no picture is drawn quite evenly, and one of them threw errors.
            let (frames, gap) = (rate * second - second % 3, 1000 / rate + second % 5);
            let errors = "&errs=3&lasterr=TypeError:+cannot+read+properties+of+undefined+(reading+'width')";
            let more = if app == "Globe" { errors } else { "" };
            let by = if app == "Globe" { "worker" } else { "frame" };
            let beat = format!(
                "/hb_ping?5000&appid={app}&host={host}&v=1&boot={host}&seq={second}&by={by}&frames={frames}&age=9&gap={gap}&vis=visible&gl=ok&mem=48200{more}"
            );
            if ask(&addr, &beat).await.is_err() {
                return;
            }
        }
    }
}

async fn ask(addr: &str, path: &str) -> std::io::Result<()> {
    let mut peer = TcpStream::connect(addr).await?;
    peer.write_all(format!("GET {path} HTTP/1.0\r\nHost: {addr}\r\n\r\n").as_bytes()).await?;
    peer.read_to_end(&mut Vec::new()).await.map(drop)
}

/// The first link of the message about `host`.
async fn link(desk: &TcpListener, host: &str) -> String {
    loop {
        let told = message(desk).await;
        let about = told["incidents"].as_array().into_iter().flatten().find(|it| it["host"] == host);
        if let Some(link) = about.and_then(|it| it["links"][0]["url"].as_str()) {
            return link.to_owned();
        }
    }
}

/// The body of the next request that comes.
async fn message(desk: &TcpListener) -> Value {
    let (mut peer, _) = desk.accept().await.unwrap();
    let mut asked = Vec::new();
    loop {
        peer.read_buf(&mut asked).await.unwrap();
        let text = String::from_utf8_lossy(&asked);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(told) = serde_json::from_str(body)
        {
            peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .await
                .unwrap();
            return told;
        }
    }
}
