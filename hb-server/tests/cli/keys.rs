//! Keys at the command line: from a file or the environment, never typed, never repeated.

use std::io::{BufRead, BufReader};

use crate::hb::{Ended, hb};
use crate::stub::Stub;

#[test]
fn a_key_opens_and_is_shown_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("it is ours");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (right, wrong, empty) = (file("right", "hunter2\n"), file("wrong", "hunter3\n"), file("empty", "\n"));
    let config = file("hb.toml", "[[key]]\napps = \"x\"\nkey_file = \"right\"\n");
    let args = ["serve", "--memory", "--config", &config, "--listen", "127.0.0.1:0"];
    let mut child = hb(&args).env("RUST_LOG", "debug").command().spawn().expect("the binary was built");
    let first = BufReader::new(child.stdout.take().expect("piped")).lines().next();
    let first = first.expect("it says where").expect("in UTF-8");
    let url = first.trim_start_matches("hb listens on ").trim_end_matches('/').to_owned();
    let ping = |more: &[&str], key: &str| {
        hb(&[&["ping", "--app", "x", "5000"], more].concat()).env("HB_URL", &url).env("HB_KEY", key).end()
    };
    let refused = Ended::of(
        1,
        "",
        &format!(
            "hb: {url} refused: 403 this app is beaten for only with its key: expected key=, with what [[key]] in hb.toml says\n"
        ),
    );
    let granted = Ended::of(0, "6000\n", "");
    let outcomes = [
        (ping(&[], ""), &refused),
        (ping(&[], "hunter3"), &refused),
        (ping(&["--key-file", &wrong], "hunter2"), &refused),
        (ping(&[], "hunter2"), &granted),
        (ping(&["--key-file", &right], ""), &granted),
    ];
    let run = hb(&["run", "--app", "x", "--key-file", &right, "--", "true"]).env("HB_URL", &url).end();
    let unkeyed = hb(&["run", "--app", "x", "--", "true"]).env("HB_URL", &url).end();
    child.kill().expect("it runs");
    let told = child.wait_with_output().expect("started");
    for (outcome, expected) in outcomes {
        assert_eq!(outcome, *expected);
    }
    assert_eq!(run, Ended::of(0, "", ""));
    assert!(unkeyed.code == Some(0) && unkeyed.err.contains("refused: 403 this app"), "{unkeyed:?}");
    assert!(!String::from_utf8_lossy(&told.stderr).contains("hunter"), "{told:?}");
    for (path, why) in [(empty, "holds no key: expected one line\n"), (right + "s", ": entity not found\n")] {
        let ended = hb(&["ping", "--app", "x", "--key-file", &path]).end();
        assert!(ended.code == Some(1) && ended.err.ends_with(why), "{ended:?}");
    }
}

#[test]
fn a_server_that_beats_to_another_knows_a_key_too() {
    let stub = Stub::new(|_| (200, "6000".into()));
    let args = ["serve", "--memory", "--listen", "127.0.0.1:0", "--beat-to", stub.url()];
    let mut child = hb(&args).env("HB_KEY", "a&b").command().spawn().expect("the binary was built");
    let first = stub.asked();
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert!(first.starts_with("/hb_init?30000&appid=hb&") && first.ends_with("&key=a%26b"), "{first}");
}
