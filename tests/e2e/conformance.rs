//! The Hilbert protocol as its old clients speak it: real wget, curl, Python and a browser, byte for byte.

mod tools;

use super::harness::PATIENCE;
use super::harness::browser::Browser;
use super::harness::server::Server;
use tools::{Post, Tool};

/// What is to be answered.
#[derive(Clone, Copy, Debug)]
enum Expect {
    /// 200 and exactly this.
    Exactly(&'static str),
    /// 200 and any words.
    Goodbye,
    /// 400 and one line that says why.
    Refused,
}
use Expect::{Exactly, Goodbye, Refused};

/// Every request shape: path and query, and the answer.
const SHAPES: &[(&str, Expect)] = &[
    ("/hb_init?5000&appid=Tetris", Exactly("6000")),
    ("/hb_ping?5000&appid=Tetris", Exactly("6000")),
    ("/hb_init?5000&appid=Tetris", Exactly("6000")),
    ("/hb_ping?&appid=Tetris", Exactly("1000")),
    ("/hb_ping?appid=Tetris", Exactly("1000")),
    ("/hb_ping?1.5&appid=Tetris", Exactly("1002")),
    ("/hb_ping?604800000&appid=Tetris", Exactly("604801000")),
    ("/hb_ping?5000&cache_buster=1795238272000&appid=Tetris&flag&empty=", Exactly("6000")),
    ("/hb_ping?5000&appid=Tetris&v=1&seq=none&frames=-3", Exactly("6000")),
    ("/some/prefix/hb_ping?5000&appid=Tetris", Exactly("6000")),
    ("//hb_ping?5000&appid=Tetris", Exactly("6000")),
    ("/hb_ping?5000&appid=a%26b%3Fc", Exactly("6000")),
    ("/heartbeat.html?container=pong&next=5000", Exactly("6000")),
    ("/hb_done?0&appid=Tetris", Goodbye),
    ("/hb_done?0&appid=never-seen", Goodbye),
    ("/hb_ping?abc&appid=bad", Refused),
    ("/hb_ping?-5&appid=bad", Refused),
    ("/hb_ping?+5&appid=bad", Refused),
    ("/hb_ping?1e3&appid=bad", Refused),
    ("/hb_ping?99999999999999999999&appid=bad", Refused),
    ("/hb_ping?604800001&appid=bad", Refused),
    ("/hb_ping?5000", Refused),
    ("/hb_ping?5000&appid=", Refused),
    ("/hb_init?5000&appid=", Refused),
    ("/hb_done?0", Refused),
    ("/hb_ping?5000&appid=bad%0Aline", Refused),
    ("/hb_ping?5000&appid=bad%00", Refused),
    ("/hb_ping?5000&appid=bad%FF", Refused),
    ("/hb_nothing?5000&appid=bad", Refused),
];

/// What `list` says after all shapes: nothing that was refused, nothing that is done.
const LISTED: [&str; 2] = ["a&b?c @ 127.0.0.1", "pong @ 127.0.0.1"];

const POLICIES: [&str; 3] = ["auto", "strict", "hilbert"];

fn judge(told: &str, path: &str, expect: Expect, (status, body): (u16, String)) {
    let right = match expect {
        Exactly(text) => status == 200 && body == text,
        Goodbye => status == 200 && !body.is_empty(),
        Refused => status == 400 && !body.trim().is_empty() && body.trim_end().lines().count() == 1,
    };
    assert!(right, "{told} {path}: expected {expect:?}, got {status} {body:?}");
}

async fn check_tool(tool: Tool) {
    for policy in POLICIES {
        let server = Server::with_policy(policy);
        for &post in tool.posts() {
            for &(path, expect) in SHAPES {
                let told = format!("{tool:?} {post:?} under {policy}:");
                judge(&told, path, expect, tool.ask(&server.url(path), post).await);
            }
            check_list(&server, &tool.ask(&server.url("/list"), Post::No).await.1);
        }
    }
}

fn check_list(server: &Server, list: &str) {
    assert!(list.ends_with('\n'), "each line is ended: {list:?} of {}", server.url("/list"));
    let mut lines: Vec<_> = list.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, LISTED);
}

#[tokio::test]
async fn wget_is_answered_as_ever() {
    check_tool(Tool::Wget).await;
}

#[tokio::test]
async fn curl_is_answered_as_ever() {
    check_tool(Tool::Curl).await;
}

#[tokio::test]
async fn python_is_answered_as_ever() {
    check_tool(Tool::Python).await;
}

#[tokio::test]
async fn a_page_from_the_disk_is_answered_as_ever() {
    let disk = tempfile::tempdir().unwrap();
    let file = disk.path().join("page.html");
    std::fs::write(&file, "<!doctype html><title>an old page</title>").unwrap();
    let browser = Browser::start().await;
    let page = browser.open(&format!("file://{}", file.display())).await;
    for policy in POLICIES {
        let server = Server::with_policy(policy);
        for method in ["GET", "POST"] {
            for &(path, expect) in SHAPES {
                let url = server.url(path);
                let answer = page
                    .eval(&format!(
                        "new Promise((done) => {{
                           const xhr = new XMLHttpRequest();
                           xhr.open('{method}', '{url}');
                           xhr.onload = () => done([xhr.status, xhr.responseText]);
                           xhr.onerror = () => done([0, 'blocked']);
                           xhr.send();
                         }})"
                    ))
                    .await;
                let status = u16::try_from(answer[0].as_u64().unwrap()).unwrap();
                let body = answer[1].as_str().unwrap().to_owned();
                judge(&format!("XHR {method} under {policy}:"), path, expect, (status, body));
            }
            check_list(&server, &server.text("/list").await);
        }
        let mut view = server.watch().await;
        let beacon =
            |verb: &str| format!("navigator.sendBeacon('{}')", server.url(&format!("/{verb}&appid=beacon")));
        page.eval(&beacon("hb_ping?5000")).await;
        view.until("the beacon arrives", PATIENCE, |v| v.app("beacon")["granted_ms"] == 6000).await;
        page.eval(&beacon("hb_done?0")).await;
        view.until_state("beacon", "done", PATIENCE).await;
    }
}

/// The thresholds that a status line names for an old client.
fn thresholds(policy: &str) -> &'static str {
    match policy {
        "hilbert" => "3;5;0;6",
        "strict" => "1;2;0;",
        _ => "3;5;0;",
    }
}

#[tokio::test]
async fn status_is_a_nagios_line_byte_for_byte() {
    for policy in POLICIES {
        let server = Server::with_policy(policy);
        let ask = async |path: &str| Tool::Curl.ask(&server.url(path), Post::No).await;
        // An hour: `od` stays 0.00 for the length of this test.
        let beat = async |app: &str| {
            ask(&format!("/hb_ping?3600000&appid={app}")).await;
        };
        let fine = format!(
            "OK - fine application [a @ 127.0.0.1]| od=0.00;{} delay=3601000ms;;; ",
            thresholds(policy)
        );
        let ok = |text: &str| (200, text.to_owned());
        assert_eq!(ask("/list").await, ok(""), "{policy}");
        assert_eq!(ask("/status").await, ok("UNKNOWN - no heartbeat clients at the moment..."), "{policy}");
        beat("a").await;
        for path in ["/status", "/status?appid=a", "/status?0&appid=a"] {
            assert_eq!(ask(path).await, ok(&fine), "{policy} {path}");
        }
        let nobody = "CRITICAL - no application record for queried ID: [x @ 127.0.0.1]";
        assert_eq!(ask("/status?appid=x").await, ok(nobody), "{policy}");
        beat("b").await;
        let (_, many) = ask("/status").await;
        let one = "WARNING - multiple (2) applications: [a @ 127.0.0.1,b @ 127.0.0.1]";
        let other = "WARNING - multiple (2) applications: [b @ 127.0.0.1,a @ 127.0.0.1]";
        assert!(many == one || many == other, "{policy}: {many:?}");
        assert_eq!(ask("/status?appid=a").await, ok(&fine), "{policy}");
    }
}

#[tokio::test]
async fn hilbert_warns_at_three_is_critical_at_five_and_drops_at_six() {
    let server = Server::with_policy("hilbert");
    let mut view = server.watch().await;
    let ask = async |path: &str| Tool::Curl.ask(&server.url(path), Post::No).await.1;
    ask("/hb_ping?0&appid=x").await;
    for (state, words, least) in
        [("late", "WARNING - somewhat late", 3.0), ("down", "CRITICAL - quite late", 5.0)]
    {
        view.until_state("x", state, PATIENCE).await;
        let line = ask("/status?appid=x").await;
        let head = format!("{words} application [x @ 127.0.0.1]| od=");
        let rest = line.strip_prefix(&head).unwrap_or_else(|| panic!("{line:?}"));
        let (od, rest) = rest.split_once(';').unwrap();
        assert_eq!(rest, "3;5;0;6 delay=1000ms;;; ");
        assert!(od.parse::<f64>().unwrap() >= least && od.split_once('.').unwrap().1.len() == 2, "{line:?}");
    }
    view.until("x is dropped", PATIENCE, |v| v.events("x", "removed") == 1).await;
    let gone = "CRITICAL - no application record for queried ID: [x @ 127.0.0.1]";
    assert_eq!(ask("/status?appid=x").await, gone);
    assert_eq!(ask("/list").await, "");
}

#[tokio::test]
async fn every_answer_may_be_read_by_any_page() {
    let server = Server::start();
    for (method, path, status) in [
        ("GET", "/hb_ping?5000&appid=x", "200"),
        ("HEAD", "/hb_ping?5000&appid=x", "200"),
        ("OPTIONS", "/hb_ping?5000&appid=x", "204"),
        ("GET", "/hb_ping?abc&appid=x", "400"),
        ("GET", "/nothing", "400"),
        ("GET", "/status", "200"),
        ("GET", "/list", "200"),
    ] {
        let head = tools::head(method, &server.url(path)).await;
        let told = format!("{method} {path}:\n{head}");
        assert!(head.lines().next().is_some_and(|line| line.contains(&format!(" {status}"))), "{told}");
        let head = head.to_ascii_lowercase();
        assert!(head.contains("\naccess-control-allow-origin: *\r"), "{told}");
        assert!(head.contains("\ncross-origin-resource-policy: cross-origin\r"), "{told}");
        assert!(head.contains("\ncache-control: no-store\r"), "{told}");
        assert!(!head.contains("\ncontent-encoding"), "{told}");
    }
}
