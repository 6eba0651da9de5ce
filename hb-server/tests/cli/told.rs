//! A message that is due when the server is killed: it arrives after the next start, and nothing is told anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::Value;

use crate::kill::{Serve, durable};
use crate::stub::{DEADLINE, Stub};

const QUERY: &str = "appid=tetris&v=1&boot=b1";

/// The next message that the receiver takes.
fn taken(stub: &Stub) -> Value {
    loop {
        let (status, body) = stub.body();
        if status == 200 {
            return serde_json::from_str(&body).unwrap();
        }
    }
}

#[test]
fn what_was_due_at_a_kill_arrives_after_it_and_once() {
    let home = tempfile::tempdir().unwrap();
    let works = Arc::new(AtomicBool::new(false));
    let receiver = Arc::clone(&works);
    let stub = Stub::new(move |_| (if receiver.load(Ordering::SeqCst) { 200 } else { 503 }, String::new()));
    let text = format!(
        "boot_grace_s = 0\n[[screen]]\nhost = \"127.0.0.1\"\nshows = \"tetris\"\n\
         [[channel]]\nname = \"guards\"\ntype = \"webhook\"\nurl = \"{}\"\n\
         [[rule]]\nchannels = \"guards\"\nfor_s = 1\nremind_s = false\n",
        stub.url()
    );
    let mut serve = Serve::with(home.path(), &text);
    serve.get(&format!("/hb_state?3600000&{QUERY}&state=ok")).unwrap();
    serve.get(&format!("/hb_state?3600000&{QUERY}&state=no-frames")).unwrap();
    let (status, opening) = stub.body();
    let opening: Value = serde_json::from_str(&opening).unwrap();
    assert_eq!((status, &opening["kind"]), (503, &"opening".into()), "{opening}");
    let end = Instant::now() + DEADLINE;
    loop {
        let kept = durable(home.path());
        let has = |kind: &str, word: &str| {
            kept.get(kind).is_some_and(|rows| rows.iter().any(|row| row.contains(word)))
        };
        if has("deliveries", "opening") && has("last_states", "stalled") {
            break;
        }
        assert!(Instant::now() < end, "not durable in time: {kept:?}");
    }
    serve.kill();
    works.store(true, Ordering::SeqCst);
    let mut serve = Serve::with(home.path(), &text);
    let first = taken(&stub);
    assert_eq!(first["kind"], "opening");
    assert_eq!(first["incidents"][0]["number"], opening["incidents"][0]["number"]);
    assert_eq!(first["incidents"][0]["since"], opening["incidents"][0]["since"]);
    serve.get(&format!("/hb_ping?3600000&{QUERY}&by=frame&frames=9&age=1")).unwrap();
    let next = taken(&stub);
    assert_eq!((&next["kind"], &next["incidents"][0]["over"]), (&"closing".into(), &true.into()), "{next}");
    assert_eq!(next["incidents"][0]["number"], opening["incidents"][0]["number"]);
    serve.kill();
}
