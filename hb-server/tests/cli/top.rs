//! `hb top` in a real terminal, before a real server: what it draws, that it sees what happens, and how it leaves.
//!
//! `script` (Debian's bsdutils, on every machine) makes the terminal. Not here: what keys and words mean (`cmd/top/tests.rs`).

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::num::NonZeroU16;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::hb::{Ended, hb};
use crate::kill::Serve;
use crate::stub::DEADLINE;

/// So `stty -a` says that a terminal takes lines and shows what is typed.
const SANE: [&str; 3] = [" icanon", " echo ", "isig "];

/// A terminal, as it looks after what was drawn on it so far.
struct Terminal {
    child: Child,
    keys: Option<ChildStdin>,
    drawn: Receiver<Vec<u8>>,
    look: vt100::Parser,
}

impl Terminal {
    /// Runs `hb` with `args` in a terminal of 80 times 24, and then asks how the terminal is.
    fn run(args: &str, url: &str) -> Self {
        let binary = env!("CARGO_BIN_EXE_hb");
        // None of our own variables, nor a token of whoever runs the tests.
        let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/account");
        let line = format!(
            "stty rows 24 cols 80; env XDG_CONFIG_HOME={folder} STATE_DIRECTORY={folder} HB_URL={url} {binary} {args}; \
             echo left with $?; stty -a"
        );
        let mut child = Command::new("script")
            .args(["-qefc", &line, "/dev/null"])
            .env("TERM", "xterm-256color")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script, of bsdutils");
        let (say, drawn) = mpsc::channel();
        let mut out = child.stdout.take().expect("piped");
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut bytes) {
                let _ = say.send(bytes[..count].to_vec());
            }
        });
        let keys = child.stdin.take();
        let [rows, columns] = [24, 80].map(|number| NonZeroU16::new(number).unwrap());
        Self { child, keys, drawn, look: vt100::Parser::new(rows, columns, 0) }
    }

    /// Waits until this stands there.
    fn until(&mut self, wanted: &str) {
        let end = Instant::now() + DEADLINE;
        while !self.look.screen().contents().contains(wanted) {
            let left = end.saturating_duration_since(Instant::now());
            match self.drawn.recv_timeout(left) {
                Ok(bytes) => self.look.process(&bytes),
                Err(why) => panic!("`{wanted}` was not drawn: {why}\n{}", self.look.screen().contents()),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        let pipe = self.keys.as_mut().expect("open");
        pipe.write_all(keys.as_bytes()).and_then(|()| pipe.flush()).expect("it reads");
    }

    /// It ended, and the terminal is as it was.
    fn is_left(&mut self) {
        // The last word of what `stty` says of a terminal.
        self.until("extproc");
        let screen = self.look.screen();
        let text = screen.contents();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{text}");
        assert!(SANE.iter().all(|word| text.contains(word)) && text.contains("left with 0"), "{text}");
        assert!(!text.contains("WHY, OR WHO"), "nothing of the table stays\n{text}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn frozen(serve: &Serve) {
    for state in ["ok", "no-frames"] {
        serve.get(&format!("/hb_state?3600000&appid=tetris&v=1&boot=b1&state={state}")).unwrap();
    }
}

#[test]
fn it_shows_what_happens_and_leaves_the_terminal_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let serve = Serve::with(home.path(), "");
    serve.get("/hb_ping?3600000&appid=signage").unwrap();
    let mut terminal = Terminal::run("top", &serve.url());
    terminal.until("signage");
    frozen(&serve);
    terminal.until("stalled");
    terminal.until("no new frames");
    // All about it, with what the server remembers of it.
    terminal.press("\r");
    terminal.until("What happened");
    terminal.until("stalled: no new frames");
    terminal.press("q/sign\r");
    terminal.until("/sign");
    terminal.press("q");
    terminal.is_left();
}

#[test]
fn it_says_that_the_line_is_cut_and_goes_on_with_what_happened_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let serve = Serve::with(home.path(), "");
    let line = Line::to(&serve.url());
    serve.get("/hb_ping?3600000&appid=signage").unwrap();
    let mut terminal = Terminal::run("top", &line.url);
    terminal.until("signage");
    line.cut();
    terminal.until("NOT CONNECTED");
    frozen(&serve);
    line.mend();
    terminal.until("no new frames");
    terminal.press("\u{3}");
    terminal.is_left();
}

#[test]
fn an_incident_is_taken_on_from_the_table() {
    let home = tempfile::tempdir().unwrap();
    let serve = Serve::with(home.path(), "boot_grace_s = 0\n");
    let state = home.path().join("state");
    let made = hb(&["token", "new", "ada", "--role", "operator", "--state", state.to_str().unwrap()]).end();
    let token = home.path().join("token");
    std::fs::write(&token, made.out).unwrap();
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let token = token.to_str().unwrap();
    serve.get("/hb_ping?3600000&appid=tetris").unwrap();
    let adopted = hb(&["adopt", "tetris", "--token-file", token]).env("HB_URL", &serve.url()).end();
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    frozen(&serve);
    // Without a token it is said what is missing.
    let mut terminal = Terminal::run("top", &serve.url());
    terminal.until("no new frames");
    terminal.press("\r");
    terminal.until("Incident #1: nobody has taken it on yet");
    terminal.press("a");
    terminal.until("not done: that needs a token");
    terminal.press("\u{3}");
    terminal.is_left();
    let mut terminal = Terminal::run(&format!("top --token-file {token}"), &serve.url());
    terminal.until("no new frames");
    terminal.press("a");
    terminal.until("#1 is yours");
    terminal.until("ada cares");
    terminal.press("q");
    terminal.is_left();
}

#[test]
fn a_signal_ends_it_like_a_key() {
    let home = tempfile::tempdir().unwrap();
    let serve = Serve::with(home.path(), "");
    let mut terminal = Terminal::run("top", &serve.url());
    terminal.until("No screen has been heard yet");
    // The child of the shell in the terminal is the one that draws.
    let top = child(&child(&terminal.child.id().to_string()));
    assert!(Command::new("kill").args(["-s", "TERM", &top]).status().unwrap().success());
    terminal.is_left();
}

/// The child of a process.
fn child(parent: &str) -> String {
    let all =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_child = |id: &String| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // Behind the name, which ends with the last bracket: the state, and the parent.
        stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)) == Some(parent)
    };
    all.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).find(is_child).expect("it has one")
}

/// A line to the server that can be cut.
struct Line {
    url: String,
    whole: Arc<AtomicBool>,
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl Line {
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (whole, held) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(Vec::new())));
        let line = Self { url, whole: Arc::clone(&whole), held: Arc::clone(&held) };
        let server = server.trim_start_matches("http://").to_owned();
        std::thread::spawn(move || {
            for here in listener.incoming().map_while(Result::ok).filter(|_| whole.load(Ordering::SeqCst)) {
                let there = TcpStream::connect(&server).unwrap();
                for (mut from, mut to) in [(&here, &there), (&there, &here)]
                    .map(|(a, b)| (a.try_clone().unwrap(), b.try_clone().unwrap()))
                {
                    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                }
                held.lock().unwrap().extend([here, there]);
            }
        });
        line
    }

    fn cut(&self) {
        self.whole.store(false, Ordering::SeqCst);
        for stream in self.held.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.whole.store(true, Ordering::SeqCst);
    }
}

#[test]
fn without_a_terminal_it_says_what_else_there_is() {
    let said =
        "hb: hb top needs a terminal: for a script there are hb check, hb incidents --json and hb list\n";
    assert_eq!(hb(&["top"]).end(), Ended::of(1, "", said));
}
