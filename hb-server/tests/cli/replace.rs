//! `hb replace`: a machine that is gone hands over to another, by the command line.
//!
//! Not here: what goes along with it (`tests/http/replace.rs`).

use std::time::Instant;

use crate::hb::{Ended, hb};
use crate::kill::Serve;
use crate::stub::DEADLINE;

/// `hb` as an admin of this server.
struct Admin {
    serve: Serve,
    token: String,
    home: tempfile::TempDir,
}

impl Admin {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let serve = Serve::with(home.path(), "policy = \"strict\"\ntolerance_ms = 0\nboot_grace_s = 0\n");
        let state = home.path().join("state").display().to_string();
        let made = hb(&["token", "new", "ada", "--role", "admin", "--state", &state]).end();
        Self { serve, token: made.out.trim().to_owned(), home }
    }

    fn says(&self, args: &[&str]) -> Ended {
        hb(args).env("HB_URL", &self.serve.url()).env("HB_TOKEN", &self.token).end()
    }

    fn refused(&self, old: &str, new: &str) -> String {
        let ended = self.says(&["replace", old, new]);
        assert_eq!((ended.code, &*ended.out), (Some(1), ""), "{ended:?}");
        ended.err
    }

    fn beats(&self, host: &str, promise: u32) {
        let said = self.serve.get(&format!("/hb_ping?{promise}&appid=clock&v=1&boot={host}&host={host}"));
        said.unwrap();
    }

    /// Waits until its app is in this state.
    fn until(&self, host: &str, state: &str) {
        let end = Instant::now() + DEADLINE;
        loop {
            let view = self.serve.get(&format!("/api/v1/apps/{host}/clock")).unwrap();
            if view.contains(&format!("\"state\":\"{state}\"")) {
                return;
            }
            assert!(Instant::now() < end, "{host} is never {state}: {view}");
        }
    }
}

#[test]
fn a_machine_that_is_gone_hands_over_to_the_one_that_beats() {
    let admin = Admin::new();
    admin.beats("kiosk-7", 1);
    admin.until("kiosk-7", "down");
    admin.beats("kiosk-12", 60_000);
    assert_eq!(admin.says(&["adopt", "kiosk-7/clock"]).code, Some(0));
    let said = "kiosk-12 has taken the place of kiosk-7: 1 app, 0 mutes, 0 expected places\n";
    assert_eq!(admin.says(&["replace", "kiosk-7", "kiosk-12"]), Ended::of(0, said, ""));
    assert_eq!(admin.says(&["list"]).out, "clock @ kiosk-12\n");
    drop(admin.home);
}

#[test]
fn who_is_not_known_is_named_and_which_of_the_two_it_is() {
    let admin = Admin::new();
    admin.beats("kiosk-7", 60_000);
    let old = "nothing is known of the machine that is gone, `nosuch`: `hb list` names those that beat here";
    let new = "the machine that stands there now, `nosuch`, has never beaten: start its page first; `hb list` names those that beat here";
    for (args, wanted) in [
        (["nosuch", "kiosk-7"], old),
        (["kiosk-7", "nosuch"], new),
        // Of two mistakes the first is told first.
        (["nosuch", "nobody"], old),
        (["kiosk-7", "kiosk-7"], "a machine does not take its own place"),
    ] {
        let said = admin.refused(args[0], args[1]);
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
    admin.beats("kiosk-12", 60_000);
    let said = admin.refused("kiosk-7", "kiosk-12");
    assert!(said.contains("`clock @ kiosk-7` is still heard: switch the old machine off first"), "{said}");
}
