//! `hb run`: the life of a supervised program, as the server and the caller see it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;

use crate::hb::{Ended, hb};
use crate::stub::{DEADLINE, Stub, dead_url};

/// `hb run --app x … -- sh -c SCRIPT`.
fn run(url: &str, flags: &[&str], script: &str) -> crate::hb::Hb {
    hb(&[&["run", "--app", "x"], flags, &["--", "sh", "-c", script]].concat()).env("HB_URL", url)
}

/// A program that lives until its input ends, then exits with 7.
const LIVES: &str = "echo ready; read line; exit 7";

fn started(url: &str, flags: &[&str], script: &str) -> Child {
    let mut command = run(url, flags, script).command();
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the binary was built");
    let mut line = String::new();
    let out = child.stdout.take().expect("piped");
    // Read in its own thread, so that a program that never says "ready" fails the test instead of hanging it.
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut out = BufReader::new(out);
        let _ = out.read_line(&mut line);
        let _ = sender.send(line);
        let _ = out.read_to_end(&mut Vec::new());
    });
    assert_eq!(receiver.recv_timeout(DEADLINE).expect("the command starts in time"), "ready\n");
    child
}

/// Waits for the end; a program that does not end fails the test.
fn end(child: Child) -> Ended {
    let (sender, receiver) = channel();
    let id = child.id().to_string();
    std::thread::spawn(move || sender.send(child.wait_with_output().expect("started")));
    let Ok(output) = receiver.recv_timeout(DEADLINE) else {
        let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
        panic!("hb run does not end");
    };
    let err = String::from_utf8(output.stderr).expect("hb writes UTF-8");
    Ended { code: output.status.code(), out: String::new(), err }
}

#[test]
fn a_life_is_init_pings_and_done_and_the_exit_code_is_the_commands() {
    // Granted so little that pings come soon.
    let stub = Stub::new(|_| (200, "300".into()));
    let mut child = started(stub.url(), &[], LIVES);
    assert_eq!(stub.asked(), "/hb_init?10000&appid=x&by=cli");
    for _ in 0..3 {
        assert_eq!(stub.asked(), "/hb_ping?9000&appid=x&by=cli");
    }
    drop(child.stdin.take());
    assert_eq!(end(child).code, Some(7));
    let last = std::iter::repeat_with(|| stub.asked()).find(|asked| !asked.starts_with("/hb_ping"));
    assert_eq!(last.as_deref(), Some("/hb_done?0&appid=x&by=cli"));
    assert!(stub.is_quiet(), "nothing after the goodbye");
}

#[test]
fn what_is_switched_off_is_not_sent() {
    let stub = Stub::new(|_| (200, "300".into()));
    let ended = run(stub.url(), &["--no-ping"], "exit 0").env("HB_SEND_DONE", "false").end();
    assert_eq!(ended, Ended::of(0, "", ""));
    assert_eq!(stub.asked(), "/hb_init?10000&appid=x&by=cli");
    assert!(stub.is_quiet());

    let ended = run(stub.url(), &["--no-ping"], "exit 0").env("HB_SEND_INIT", "false").end();
    assert_eq!(ended, Ended::of(0, "", ""));
    assert_eq!(stub.asked(), "/hb_done?0&appid=x&by=cli");
    assert!(stub.is_quiet());
}

#[test]
fn the_command_does_not_get_the_token_of_who_runs_it() {
    let stub = Stub::new(|_| (200, "60000".into()));
    let ended = run(stub.url(), &[], "echo ${HB_TOKEN-none}").env("HB_TOKEN", "hb_secret").end();
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "none\n"), "{ended:?}");
}

#[test]
fn signals_are_the_commands_and_a_death_by_signal_shows() {
    let stub = Stub::new(|_| (200, "6000".into()));
    for (signal, trap) in [("TERM", 31), ("INT", 32), ("HUP", 33), ("USR1", 34), ("USR2", 35)] {
        let script = format!(
            "sleep 1000 >/dev/null 2>&1 & pid=$!; trap 'kill $pid; exit {trap}' {signal}; echo ready; wait $pid"
        );
        // Even where it would be restarted: who was told to end stays ended (and a user signal says no such thing).
        let policy = if signal.starts_with("USR") { "never" } else { "always" };
        let child = started(stub.url(), &["--restart", policy], &script);
        let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(end(child).code, Some(trap), "{signal}");
    }
    assert_eq!(run(stub.url(), &[], "kill -s KILL $$").end().code, Some(128 + 9));
    assert_eq!(run(stub.url(), &[], "kill -s TERM $$").end().code, Some(128 + 15));
}

#[test]
fn a_command_that_cannot_be_started_registers_nothing() {
    let stub = Stub::new(|_| (200, "6000".into()));
    let dir = env!("CARGO_TARGET_TMPDIR");
    for (program, code, why) in [
        ("/no/such/program", 127, "there is no such command; is it spelt right, with its path or in PATH?"),
        (dir, 126, "it may not be executed; expected a program, made one by chmod +x"),
    ] {
        let ended =
            hb(&["run", "--app", "x", "--restart", "always", program]).env("HB_URL", stub.url()).end();
        assert_eq!(ended, Ended::of(code, "", &format!("hb: cannot start {program}: {why}\n")));
    }
    let ended = hb(&["run", "--", "true"]).env("HB_URL", stub.url()).end();
    assert_eq!(ended, Ended::of(125, "", "hb: no app: expected --app ID, or APP_ID in the environment\n"));
    assert!(stub.is_quiet());
}

#[test]
fn a_server_that_is_away_delays_nothing_and_is_mentioned_once() {
    let dead = dead_url();
    let ended = run(&dead, &[], "echo works; exit 5").end();
    assert_eq!((ended.code, ended.out.as_str()), (Some(5), "works\n"));
    let line = format!(
        "hb: cannot reach {dead}: connection refused; is `hb serve` running? (going on without heartbeats, still trying)\n"
    );
    assert_eq!(ended.err, line);
}

#[test]
fn a_server_that_never_answers_does_not_hold_up_the_start() {
    // Accepts (by its backlog) and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = started(&format!("http://{}", silent.local_addr().unwrap()), &[], LIVES);
    // The program is ready, and the first question is still without an answer.
    let (mut stream, _) = silent.accept().unwrap();
    let mut head = [0; 14];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"GET /hb_init?1");
    drop((silent, stream));
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(end(child).code, Some(7));
}

#[test]
fn a_failed_command_is_started_again_with_a_new_init() {
    let stub = Stub::new(|_| (200, "6000".into()));
    let file =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lives-{}", std::process::id()));
    let script = format!("echo life >> '{0}'; test $(wc -l < '{0}') -ge 2", file.display());
    let ended = run(stub.url(), &["--restart", "on-failure"], &script).end();
    assert_eq!(ended, Ended::of(0, "", "hb: the command ended with 1; starting it again in 1 s\n"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "life\nlife\n");
    std::fs::remove_file(file).unwrap();
    for expected in
        ["/hb_init?10000&appid=x&by=cli", "/hb_init?10000&appid=x&by=cli", "/hb_done?0&appid=x&by=cli"]
    {
        assert_eq!(stub.asked(), expected);
    }
    let ended = run(stub.url(), &["--restart", "always", "--max-restarts", "0"], "exit 3").end();
    assert_eq!(ended, Ended::of(3, "", ""), "given up, with the command's own code");
}

#[test]
fn a_template_hears_promises_and_no_goodbye() {
    let stub = Stub::new(|_| (200, "300".into()));
    let url = format!("{}/heartbeat.html?container=pong&next=%n", stub.url());
    let mut child = started(&url, &[], LIVES);
    assert_eq!(stub.asked(), "/heartbeat.html?container=pong&next=10000");
    assert_eq!(stub.asked(), "/heartbeat.html?container=pong&next=9000");
    drop(child.stdin.take());
    assert_eq!(end(child).code, Some(7));
}

#[test]
fn a_server_that_comes_back_is_mentioned_once() {
    let asked = AtomicU32::new(0);
    let stub = Stub::new(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0..3 => (503, "full".into()),
        _ => (200, "300".into()),
    });
    let mut command =
        run(stub.url(), &[], LIVES).env("HB_INIT_TIMEOUT", "300").env("HB_PING_INTERVAL", "300").command();
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    for _ in 0..6 {
        stub.asked();
    }
    drop(child.stdin.take());
    let ended = end(child);
    let away = format!("hb: {} refused: 503 full (going on without heartbeats, still trying)\n", stub.url());
    assert_eq!((ended.code, ended.err), (Some(7), away + "hb: heartbeats arrive again\n"));
}
