//! `hb run --watch-display`: what a machine knows of its display, and what a server makes of it in open and closed hours.
//!
//! The kernel's folders are a folder of the test's. Not here: an X server that knows (DPMS), which virtual ones do not.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::hb::hb;
use crate::kill::Serve;
use crate::stub::DEADLINE;

struct Supervisor(Child);

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn lit(cards: &Path, power: &str) {
    let socket = cards.join("card0-HDMI-A-1");
    std::fs::create_dir_all(&socket).unwrap();
    for (file, word) in [("status", "connected"), ("enabled", "enabled"), ("dpms", power)] {
        std::fs::write(socket.join(file), word).unwrap();
    }
}

/// Waits until the server believes this; the page beats meanwhile that all is well.
fn until(serve: &Serve, state: &str, cause: &str) -> Value {
    let end = Instant::now() + DEADLINE;
    loop {
        serve.get("/hb_ping?60000&appid=x&v=1&boot=b1&by=frame&state=ok").unwrap();
        let view: Value = serde_json::from_str(&serve.get("/api/v1/apps/127.0.0.1/x").unwrap()).unwrap();
        if view["state"] == state && view["cause"] == cause {
            return view;
        }
        assert!(Instant::now() < end, "never {state} {cause}: {view}");
    }
}

#[test]
fn a_display_that_is_off_is_a_fault_in_open_hours_and_as_it_should_be_in_closed_ones() {
    let home = tempfile::tempdir().unwrap();
    let text = "boot_grace_s = 0\n[[screen]]\nhost = \"127.0.0.1\"\nshows = \"x\"\n";
    let serve = Serve::with(home.path(), text);
    let made = hb(&[
        "token",
        "new",
        "desk",
        "--role",
        "operator",
        "--state",
        home.path().join("state").to_str().unwrap(),
    ]);
    let token = made.end().out.trim().to_owned();
    let work = |word: &str| {
        let ended = hb(&[word, "everything"]).env("HB_URL", &serve.url()).env("HB_TOKEN", &token).end();
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    };
    let cards = home.path().join("drm");
    lit(&cards, "On");
    until(&serve, "up", "none");
    let folder = format!("--watch-display={}", cards.display());
    let mut command = hb(&["run", "--app", "x", "--no-ping", &folder, "--", "sleep", "1000"])
        .env("HB_URL", &serve.url())
        .command();
    let _supervisor = Supervisor(command.stdout(Stdio::null()).spawn().unwrap());
    let end = Instant::now() + DEADLINE;
    while until(&serve, "up", "none")["vitals"]["display"] != "on" {
        assert!(Instant::now() < end, "it is never said");
    }
    lit(&cards, "Off");
    let view = until(&serve, "stalled", "display-off");
    assert_eq!((&view["nagios"], &view["sentence"]), (&"CRITICAL".into(), &"the display is off".into()));
    work("close");
    let view = until(&serve, "off", "display-off");
    assert_eq!(view["nagios"], "OK");
    work("open");
    until(&serve, "stalled", "display-off");
    lit(&cards, "On");
    until(&serve, "up", "none");
}
