//! `hb run --capture`: what is seen of a screen from outside, whoever else speaks for the app. Pictures are files of the test's.
//!
//! Not here: a real browser on a real screen (`tests/e2e/picture.rs`).

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

/// What the server says of the app. No answer says nothing of it.
fn view(serve: &Serve) -> Option<Value> {
    serde_json::from_str(&serve.get("/api/v1/apps/127.0.0.1/x").ok()?).ok()
}

fn until(serve: &Serve, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + DEADLINE;
    let mut events = serve.events();
    loop {
        let view = view(serve);
        if let Some(view) = view.as_ref().filter(|view| holds(view)) {
            return view.clone();
        }
        assert!(Instant::now() < end, "never {what}: {view:?}");
        events.next().expect("the stream goes on").unwrap_or_else(|_| panic!("never {what}: {view:?}"));
    }
}

#[test]
fn a_script_that_pings_takes_back_nothing_of_what_the_eye_sees() {
    let home = tempfile::tempdir().unwrap();
    let serve = Serve::start(home.path());
    let picture = home.path().join("a.ppm");
    std::fs::write(&picture, b"P6 1 1 255\n\xff\0\0").unwrap();
    let take = format!("cat {}", picture.display());
    let pings = home.path().join("pings");
    let script = r#"while "$0" ping --app x; do echo >> "$1"; sleep 0.1; done"#;
    let flags = ["--no-ping", "--capture", "100ms", "--still-after", "2", "--capture-with", &take];
    let command = [
        &["run", "--app", "x"],
        &flags[..],
        &["--", "sh", "-c", script, env!("CARGO_BIN_EXE_hb"), pings.to_str().unwrap()],
    ]
    .concat();
    let mut command = hb(&command).env("HB_URL", &serve.url()).command();
    let supervisor = Supervisor(command.stdout(Stdio::null()).spawn().unwrap());
    let stuck = |view: &Value| view["state"] == "stalled" && view["cause"] == "picture-stuck";
    until(&serve, "stuck", stuck);
    let pinged = || std::fs::read(&pings).unwrap_or_default().len();
    let before = pinged();
    until(&serve, "pinged ten times more", |view| {
        assert!(stuck(view), "taken back: {view}");
        pinged() > before + 10
    });
    std::fs::remove_file(&picture).unwrap();
    until(&serve, "taken back by the eye, which sees nothing now", |view| view["state"] == "up");
    std::fs::write(&picture, b"P6 1 1 255\n\xff\0\0").unwrap();
    until(&serve, "stuck again", stuck);
    drop(supervisor);
    // A ping under way may follow the goodbye.
    until(&serve, "over", |view| view["state"] != "stalled");
}

#[test]
fn that_pictures_go_over_an_agents_link_stands_in_the_help() {
    let help = hb(&["run", "--help"]).end().out;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(help.matches("needs --agent").count(), 2, "{help}");
}
