//! `hb serve`: what a person at a terminal, or a service manager, sees of its life.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::mpsc::channel;

use crate::hb::{Ended, hb};
use crate::stub::{DEADLINE, Stub};

#[test]
fn the_file_that_help_shows_is_understood_and_complete() {
    let help = hb(&["serve", "--help"]).end().out;
    let file = help.lines().filter(|line| line.starts_with("    ") && line.contains(" = "));
    let file: Vec<_> = file.map(str::trim).collect();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("help.toml");
    let refusal = |text: &str| {
        std::fs::write(&path, text).unwrap();
        // An address that no machine has, so that a server that accepts the file ends at once.
        hb(&["serve", "--config", path.to_str().unwrap(), "--listen", "192.0.2.1:1"]).end().err
    };
    let error = refusal(&file.join("\n"));
    assert!(error.starts_with("hb: cannot listen on 192.0.2.1:1: "), "{error}");
    let unknown = refusal("zzz = 1");
    let known = unknown.trim_end().rsplit("expected one of ").next().expect("all keys").split(", ");
    // Tables are longer than a help text may be: it names them.
    let (tables, known): (Vec<_>, Vec<_>) = known.partition(|key| key.starts_with("[["));
    assert!(!tables.is_empty() && tables.iter().all(|table| help.contains(table)), "{tables:?}");
    // An example is a comment, and its key is shown all the same.
    let plain = |line: &'_ str| line.strip_prefix("# ").unwrap_or(line).to_owned();
    let file: Vec<_> = file.into_iter().map(plain).collect();
    let mut shown: Vec<_> = file.iter().map(|line| line.split(" = ").next().expect("a key")).collect();
    shown.sort_unstable();
    assert_eq!(shown, known);
    let docs = include_str!("../../../docs/operating.md");
    let said = |line: &str| plain(line).split('#').next().unwrap_or_default().trim().to_owned();
    for line in file.iter().map(|line| said(line)) {
        assert!(docs.lines().any(|shown| said(shown) == line), "the docs say otherwise: {line}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_signal_ends_it_with_one_line_and_without_a_fault() {
    for signal in ["INT", "TERM"] {
        let mut child = hb(&["serve", "--memory", "--listen", "127.0.0.1:0"])
            .command()
            .spawn()
            .expect("the binary was built");
        let mut out = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let address = out.next().expect("it says where it listens");
        let address = address.trim_start_matches("hb listens on http://").trim_end_matches('/').to_owned();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(b"GET /api/v1/events HTTP/1.0\r\n\r\n").unwrap();
        // Its first byte tells that the stream is open.
        stream.read_exact(&mut [0]).unwrap();
        let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let (sender, receiver) = channel();
        let id = child.id().to_string();
        std::thread::spawn(move || sender.send(child.wait_with_output().expect("started")));
        let Ok(ended) = receiver.recv_timeout(DEADLINE) else {
            let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
            panic!("hb serve does not end");
        };
        let told = String::from_utf8(ended.stderr).expect("hb writes UTF-8");
        assert_eq!(ended.status.code(), Some(0), "{signal}: {told}");
        let last: Vec<_> = told.lines().filter(|line| line.contains("stopping")).collect();
        assert!(
            matches!(last[..], [line] if line.ends_with("stopping: closing 1 stream")),
            "{signal}: {told}"
        );
    }
}

#[test]
fn it_takes_beats_by_udp_where_it_says() {
    let mut child = hb(&["serve", "--memory", "--listen", "127.0.0.1:0", "--udp", "127.0.0.1:0"])
        .command()
        .spawn()
        .expect("the binary was built");
    let mut out = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let said = out.find_map(|line| line.strip_prefix("hb takes beats by UDP at udp://").map(String::from));
    let address: std::net::SocketAddr = said.expect("it says where").parse().expect("an address");
    let ended = hb(&["ping", "--app", "x", "5000"]).env("HB_URL", &format!("udp://{address}")).end();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(ended, Ended::of(0, "6000\n", ""));
}

#[test]
fn it_beats_where_it_is_told_to_and_says_that_it_leaves() {
    let stub = Stub::new(|_| (200, "6000".into()));
    let args = ["serve", "--memory", "--listen", "127.0.0.1:0", "--beat-to", stub.url()];
    let mut child = hb(&args).env("HB_HOST_ID", "kiosk-3").command().spawn().expect("the binary was built");
    let first = stub.asked();
    assert!(first.starts_with("/hb_init?30000&appid=hb&host=kiosk-3&v=1&boot="), "{first}");
    assert!(first.ends_with("&seq=1&by=native&state=idle"), "{first}");
    let ping = stub.asked();
    assert!(ping.starts_with("/hb_ping?5000&appid=hb&host=kiosk-3&v=1&boot="), "{ping}");
    let sent = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let last = std::iter::repeat_with(|| stub.asked()).find(|asked| !asked.starts_with("/hb_ping"));
    assert!(last.as_ref().is_some_and(|last| last.starts_with("/hb_state?30000&appid=hb&")), "{last:?}");
    assert!(last.as_ref().is_some_and(|last| last.ends_with("&state=leaving")), "{last:?}");
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let ended = hb(&["serve", "--beat-to", "ftp://hall"]).end();
    let line = "hb: --beat-to: `ftp://hall` is nowhere to beat to: expected an address like http://hall:8888 or \
                udp://hall:8888, or a template like http://hall:8888/heartbeat.html?container=kiosk-3&next=%n\n";
    assert_eq!(ended, Ended::of(2, "", line));
}
