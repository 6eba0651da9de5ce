//! `hb serve` under systemd, without a running one: this test is its service manager, `systemd-socket-activate` opens the
//! sockets, `systemd-analyze` reads the units of `packaging/systemd`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::hb::hb;
use crate::stub::DEADLINE;

const UNITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/systemd");

/// Ended with the test, however that ends.
struct Running(Child);

impl Running {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn its_manager_hears_when_it_is_ready_that_it_is_alive_and_that_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(DEADLINE)).unwrap();
    let hear = || {
        let mut heard = [0; 256];
        let length = manager.recv(&mut heard).expect("a word in time");
        String::from_utf8(heard[..length].to_vec()).expect("words are text")
    };
    let serve = hb(&["serve", "--memory", "--listen", "127.0.0.1:0"])
        .env("NOTIFY_SOCKET", path.to_str().unwrap())
        .env("WATCHDOG_USEC", "90000");
    let mut running =
        Running(serve.command().stderr(Stdio::inherit()).spawn().expect("the binary was built"));
    // The detector may be first.
    let ready = std::iter::repeat_with(hear).find(|word| word != "WATCHDOG=1\n").unwrap();
    let address = ready.strip_prefix("READY=1\nSTATUS=dashboard: http://").expect(&ready).trim_end();
    let mut stream = TcpStream::connect(address.trim_end_matches('/')).expect("who is ready listens");
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.0 200 "), "{answer}");
    for _ in 0..3 {
        assert_eq!(hear(), "WATCHDOG=1\n");
    }
    running.signal("TERM");
    let stopping = std::iter::repeat_with(hear).find(|word| word != "WATCHDOG=1\n").unwrap();
    assert_eq!(stopping, "STOPPING=1\n");
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
}

/// `systemd-socket-activate` over a socket of this test, which it passes on to `hb serve` as soon as somebody comes.
fn activated(socket: OwnedFd, serve: &[&str]) -> Running {
    let account = concat!("XDG_CONFIG_HOME=", env!("CARGO_TARGET_TMPDIR"), "/account");
    // Its own way to pass a socket: the third descriptor of the process that is meant.
    let script = r#"exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec systemd-socket-activate "$@""#;
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "sh", "-E", account, env!("CARGO_BIN_EXE_hb"), "serve", "--memory"])
        .args(serve);
    command.stdin(Stdio::from(socket)).stdout(Stdio::piped()).stderr(Stdio::inherit());
    Running(command.spawn().expect("there is a shell"))
}

#[test]
fn it_answers_on_the_socket_that_systemd_opened_and_on_no_other() {
    // Where it would listen without: an address that no machine has.
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut running = activated(socket.into(), &["--listen", "192.0.2.1:1"]);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(b"GET /hb_ping?5000&appid=x HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\n6000"), "{answer}");
    let out = BufReader::new(running.0.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let said: Vec<_> = out.take(2).collect();
    assert_eq!(said, [format!("hb listens on http://{address}/"), format!("dashboard: http://{address}/")]);
    running.signal("TERM");
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
}

#[test]
fn it_takes_beats_on_the_datagrams_that_systemd_took_for_it() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut running = activated(socket.into(), &["--listen", "127.0.0.1:0"]);
    // Lost to nobody: it waits in the socket until the server is there.
    let ended = hb(&["ping", "--app", "x", "5000"]).env("HB_URL", &format!("udp://{address}")).end();
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "6000\n"), "{}", ended.err);
    let mut out = BufReader::new(running.0.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let takes = format!("hb takes beats by UDP at udp://{address}");
    assert!(out.any(|line| line == takes), "it does not say so");
}

#[test]
fn a_socket_that_is_none_for_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let mut command = Command::new("systemd-socket-activate");
    command.arg("-l").arg(&path).args([env!("CARGO_BIN_EXE_hb"), "serve", "--memory"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut running = Running(command.spawn().expect("systemd-socket-activate runs: it is in systemd"));
    let mut said = BufReader::new(running.0.stderr.take().expect("piped"));
    said.read_line(&mut String::new()).unwrap();
    let _stream = UnixStream::connect(&path).unwrap();
    let last = said.lines().map_while(Result::ok).last().expect("it says why");
    assert!(
        last.starts_with("hb: socket 1 of those that the service manager passes is none for hb: "),
        "{last}"
    );
    assert_eq!(running.0.wait().unwrap().code(), Some(1));
}

#[test]
fn the_units_are_right_and_the_server_may_do_little() {
    let analyze = |args: &[&str], unit: &Path| {
        let mut command = Command::new("systemd-analyze");
        command.args(args).arg(unit).env("SYSTEMD_COLORS", "0");
        let said = command.output().expect("systemd-analyze runs: it is in systemd");
        let text = [said.stdout, said.stderr].concat();
        (said.status.success(), String::from_utf8_lossy(&text).into_owned())
    };
    // Tenths: 15 is 1.5.
    let (holds, said) = analyze(
        &["security", "--offline=true", "--threshold=15", "--no-pager"],
        &Path::new(UNITS).join("hb.service"),
    );
    assert!(holds, "{said}");
    // As installed, but for where the binary lies.
    let folder = tempfile::tempdir().unwrap();
    for unit in ["hb.service", "hb.socket", "hb-kiosk.service"] {
        let text = std::fs::read_to_string(Path::new(UNITS).join(unit)).unwrap();
        let text = text.replace("/usr/bin/hb ", concat!(env!("CARGO_BIN_EXE_hb"), " "));
        std::fs::write(folder.path().join(unit), text).unwrap();
    }
    for unit in ["hb.service", "hb.socket", "hb-kiosk.service"] {
        let (holds, said) = analyze(&["verify", "--man=no"], &folder.path().join(unit));
        let ours: Vec<_> = said.lines().filter(|line| line.contains(unit)).collect();
        assert!(holds && ours.is_empty(), "{unit}: {said}");
    }
}
