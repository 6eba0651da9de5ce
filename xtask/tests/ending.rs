//! However `cargo xtask` ends, what it started ends too: the build under way, and what that build started.
//!
//! A cargo that never ends stands in for the real one. It and its own child hold a pipe open, whose end tells that both
//! are gone. Not here: the server of the demo, which takes the place of xtask and ends as `hb serve` does.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");
/// From the signal to the end of all.
const SOON: Duration = Duration::from_secs(2);
/// For what has no promise of its own.
const PATIENCE: Duration = Duration::from_secs(40);

/// As cargo is asked for: where the target folder is, then to build. Twice: itself and a child, as a compiler.
const CARGO: &str = r#"#!/bin/sh
case $1 in metadata) echo "{\"target_directory\":\"$PLACE/target\"}"; exit;; esac
exec 3> "$PLACE/pipe"
tail -f /dev/null &
echo builds >&3
exec tail -f /dev/null
"#;

/// An xtask that builds for ever.
struct Build {
    xtask: Child,
    /// `builds`, and nothing more when all of it has ended.
    told: Receiver<Option<String>>,
    _place: TempDir,
}

impl Build {
    /// Starts it by `command`, and waits until it builds.
    fn start(command: &[&str]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let bin = place.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let programs = [
            ("cargo", CARGO),
            ("node", "#!/bin/sh\necho v99.0.0\n"),
            ("rustup", "#!/bin/sh\necho wasm32-unknown-unknown\n"),
        ];
        for (name, text) in programs {
            fs::write(bin.join(name), text).unwrap();
            fs::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
        }
        let pipe = place.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (tell, told) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(File::open(pipe).unwrap()).lines().map_while(Result::ok);
            while tell.send(lines.next()).is_ok() {}
        });
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let xtask = Command::new(command[0])
            .args(&command[1..])
            .env("CARGO", bin.join("cargo"))
            .env("PLACE", place.path())
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let build = Self { xtask, told, _place: place };
        assert_eq!(build.told.recv_timeout(PATIENCE).unwrap().as_deref(), Some("builds"));
        build
    }

    /// Waits until xtask has ended and with it all that it started; the signal that ended it.
    fn end(mut self, by: &str) -> Option<i32> {
        let rest = self.told.recv_timeout(SOON);
        assert_eq!(rest, Ok(None), "{by}: something still builds");
        self.xtask.wait().unwrap().signal()
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        let _ = self.xtask.kill();
        let _ = self.xtask.wait();
    }
}

#[test]
fn a_signal_to_it_alone_ends_what_it_started() {
    for (signal, number) in [("TERM", 15), ("KILL", 9)] {
        let build = Build::start(&[XTASK, "build"]);
        let sent = Command::new("kill").args(["-s", signal, &build.xtask.id().to_string()]).status();
        assert!(sent.unwrap().success());
        assert_eq!(build.end(signal), Some(number));
    }
}

#[test]
fn ctrl_c_on_a_terminal_ends_what_it_started() {
    // Who runs the tests in the background of a script has them ignore it.
    let command = format!("exec env --default-signal=INT {XTASK} build");
    let mut build = Build::start(&["script", "-qc", &command, "/dev/null"]);
    build.xtask.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    build.end("Ctrl-C");
}
