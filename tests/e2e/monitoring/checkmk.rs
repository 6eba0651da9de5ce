//! The local check for Checkmk, run as its agent runs it: what it prints is what an agent understands.

use std::process::Command;

use super::super::harness::server::{HB, Server};
use super::{succeeds, text_of};

/// `STATUS "NAME" METRICS TEXT`, as docs.checkmk.com has it: what became of each part.
fn service(line: &str) -> (u8, &str, Vec<&str>, &str) {
    let (status, rest) = line.split_once(' ').expect("a status");
    let (name, rest) =
        rest.strip_prefix('"').and_then(|rest| rest.split_once("\" ")).expect("a name in quotes");
    let (metrics, text) = rest.split_once(' ').expect("metrics and a text");
    let metrics: Vec<_> = if metrics == "-" { Vec::new() } else { metrics.split('|').collect() };
    for metric in &metrics {
        let (name, values) = metric.split_once('=').expect("a metric has a value");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{line}");
        assert!(values.split(';').all(|value| value.parse::<f64>().is_ok()), "{line}");
    }
    (status.parse().expect("a number"), name, metrics, text)
}

#[tokio::test]
async fn each_screen_is_a_service_and_all_of_them_are_one() {
    let server = Server::start();
    server.text("/hb_ping?60000&appid=tetris").await;
    server.text("/hb_state?60000&appid=pong%20%7C%20two&v=1&state=no-frames").await;
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("hb");
    let text = text_of("checkmk/hb");
    assert!(text.contains("exec /usr/bin/hb check"), "{text}");
    std::fs::write(&script, text.replace("/usr/bin/hb", HB)).unwrap();
    let said = succeeds(Command::new("sh").arg(script).env("HB_URL", server.url("")).env_remove("HB_TOKEN"));
    let services: Vec<_> = said.lines().map(service).collect();
    let found: Vec<_> = services.iter().map(|(status, name, ..)| (*status, *name)).collect();
    assert_eq!(found, [(2, "hb"), (2, "hb pong | two"), (0, "hb tetris")]);
    assert_eq!(services[0].2, ["critical=1", "warning=0", "unknown=0", "ok=1"]);
    assert!(services[1].3.starts_with("CRITICAL - stalled"), "{said}");
}
