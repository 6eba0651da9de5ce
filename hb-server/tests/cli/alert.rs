//! `hb alert test`: what arrives, and what is said when it does not; the program of docs/alerts.md, and what its reader sees of a
//! real mosquitto.

#[cfg(unix)]
use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::process::{Child, Command, Stdio};

use super::hb::{Ended, hb};
use super::stub::{self, Stub};

/// What a test by `channel` with this `hb.toml` ends with.
fn test(channel: &str, file: &str) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hb.toml");
    std::fs::write(&path, file).expect("a new file");
    hb(&["alert", "test", channel, "--config", path.to_str().expect("a plain name")]).end()
}

fn webhook(url: &str) -> String {
    format!("[[channel]]\nname = \"guards\"\ntype = \"webhook\"\nurl = \"{url}/hunter2\"\n")
}

#[test]
fn a_test_arrives_or_says_why_not() {
    let stub = Stub::new(|_| (200, String::new()));
    assert_eq!(test("guards", &webhook(stub.url())), Ended::of(0, "guards has it\n", ""));
    assert_eq!(stub.asked(), "/hunter2");
    let unknown = "hb: `office` is no channel: expected one of guards\n";
    assert_eq!(test("office", &webhook(stub.url())), Ended::of(1, "", unknown));
    let none = "hb: no channel is configured: expected [[channel]] in hb.toml\n";
    assert_eq!(test("office", ""), Ended::of(1, "", none));
    let url = stub::dead_url();
    let place = url.strip_prefix("http://").unwrap();
    let ended = test("guards", &webhook(&url));
    assert_eq!((ended.code, &*ended.out), (Some(1), ""));
    assert!(ended.err.starts_with(&format!("hb: {place} cannot be reached: ")), "{}", ended.err);
    assert!(!ended.err.contains("hunter2") && ended.err.lines().count() == 1, "{}", ended.err);
}

#[cfg(unix)]
#[test]
fn the_program_that_the_page_shows_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/alerts.md");
    let page = std::fs::read_to_string(page).unwrap();
    let shown = page.split("```sh\n").find(|block| block.starts_with("#!")).expect("it shows one");
    let folder = tempfile::tempdir().unwrap();
    let [program, told] = ["sms", "told"].map(|name| folder.path().join(name).display().to_string());
    let text = shown.split("```").next().unwrap().replace("/tmp/told", &told);
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let channel = format!(
        "[[channel]]\nname = \"modem\"\ntype = \"command\"\nargv = [{program:?}, \"--to\", \"guard\"]\n"
    );
    assert_eq!(test("modem", &channel), Ended::of(0, "modem has it\n", ""));
    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.starts_with("guard: ") && told.len() > "guard: \n".len(), "is jq installed? {told}");
}

/// A mosquitto that lets everybody in, what it goes on to say, and its port.
#[cfg(unix)]
fn broker(folder: &std::path::Path) -> (Child, impl Iterator<Item = String> + use<>, u16) {
    let config = folder.join("mosquitto.conf");
    loop {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let text = format!("listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n");
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new("mosquitto")
            .args(["-v", "-c"])
            .arg(&config)
            .stderr(Stdio::piped())
            .spawn()
            .expect("mosquitto is installed: apt-get install mosquitto");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        // Another program may have taken the port in between: then it ends, and the next one is tried.
        if lines.any(|line| line.contains(" running")) {
            return (child, lines, port);
        }
        child.wait().unwrap();
    }
}

#[cfg(unix)]
#[test]
fn what_goes_over_a_broker_is_seen_there() {
    let folder = tempfile::tempdir().unwrap();
    let (mut broker, mut lines, port) = broker(folder.path());
    let seen = Command::new("mosquitto_sub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-t", "hb/#", "-v", "-C", "1", "-W", "60"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("mosquitto_sub is installed: apt-get install mosquitto-clients");
    assert!(lines.any(|line| line.contains("Sending SUBACK")), "it never subscribed");
    // It must be able to go on talking.
    let talk = std::thread::spawn(move || lines.for_each(drop));
    let channel = format!(
        "[[channel]]\nname = \"house\"\ntype = \"mqtt\"\nserver = \"127.0.0.1\"\nport = {port}\ntls = false\ntopic = \"hb\"\n"
    );
    assert_eq!(test("house", &channel), Ended::of(0, "house has it\n", ""));
    let seen = seen.wait_with_output().unwrap();
    let line = String::from_utf8(seen.stdout).unwrap();
    assert!(line.starts_with("hb/alert {\"") && line.contains("\"kind\":\"test\""), "{line}");
    broker.kill().unwrap();
    broker.wait().unwrap();
    talk.join().unwrap();
}
