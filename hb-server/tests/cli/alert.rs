//! `hb alert test`: what arrives, and what is said when it does not.

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
