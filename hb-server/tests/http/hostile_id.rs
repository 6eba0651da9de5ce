//! One hostile name through every place where names go. In the dashboard it is followed by `tests/e2e/dashboard.rs`.
//! hb writes no CSV; the name is ready for it.

use std::process::{Command, Stdio};

use hb_core::beat::{Cause, State};
use hb_core::id::Identity;
use hb_core::incident::Subject;
use hb_lease::time::Wall;
use hb_server::auth::{Order, Role, make};
use hb_server::notify::channel::mqtt::topics::Topics;
use hb_server::notify::message::{Incident, Kind, Message};
use hb_server::notify::render::own::{Form, Template};
use hb_server::notify::render::{Words, chat, mail};
use hb_server::store::row::{Last, Transition};
use hb_server::store::{Config, Store};
use jiff::tz::TimeZone;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::harness::{Stream, TestServer};

mod names;

use names::{APP, REFUSED};

const HB: &str = env!("CARGO_BIN_EXE_hb");

fn encoded() -> String {
    utf8_percent_encode(APP, NON_ALPHANUMERIC).to_string()
}

async fn with_it() -> TestServer {
    let server = TestServer::start().await;
    server.ok(&format!("/hb_ping?60000&appid={}&v=1&by=frame&frames=1&age=1", encoded())).await;
    server
}

fn id() -> Identity<'static> {
    Identity::new("127.0.0.1", "", APP).unwrap()
}

/// Nothing in a text speaks to a terminal or hides from a reader, but for line ends.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}

/// What `hb` says about the server, without what the environment says.
async fn hb(server: &TestServer, args: &[&str]) -> String {
    let mut command = tokio::process::Command::new(HB);
    command.args(args).env_clear().env("HB_URL", format!("http://{}", server.addrs[0]));
    let ended = command.stdin(Stdio::null()).output().await.expect("hb was built");
    String::from_utf8([ended.stdout, ended.stderr].concat()).expect("hb writes UTF-8")
}

#[tokio::test]
async fn what_turns_or_hides_text_is_refused_at_the_door_and_kept_nowhere() {
    let server = TestServer::start().await;
    for name in REFUSED {
        for place in ["appid", "slot", "host"] {
            let other = if place == "appid" { "" } else { "&appid=x" };
            let answer = server.get(&format!("/hb_ping?60000&{place}={name}{other}")).await;
            assert!(is_plain(&answer.body), "{name} in {place}: {:?}", answer.body);
            // An address is what a host is, where nobody believes what it says; this machine is believed.
            assert_eq!(answer.status, 400, "{name} in {place}: {}", answer.body);
        }
    }
    assert_eq!(server.ok("/list").await, "");
}

#[tokio::test]
async fn it_is_a_string_in_the_api_and_in_the_event_stream() {
    let server = with_it().await;
    let listed = server.get("/api/v1/apps").await;
    assert_eq!(listed.header("content-type"), Some("application/json"));
    assert_eq!(listed.header("x-content-type-options"), Some("nosniff"), "it is not guessed to be a page");
    assert_eq!(listed.json()[0]["app"], APP);
    let one = server.get(&format!("/api/v1/apps/127.0.0.1/{}", encoded())).await;
    assert_eq!(one.json()["app"], APP);
    let mut stream = Stream::open(&server, None).await;
    assert_eq!(stream.next().await.data["apps"][0]["app"], APP, "one event, of one line");
    let gone = format!("/api/v1/apps/127.0.0.1/{}", encoded());
    assert_eq!(server.request("DELETE", &gone, &server.operator, "").await.status, 204);
    assert_eq!(server.get("/api/v1/apps").await.json(), serde_json::json!([]));
    let problem = server.get(&gone).await;
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    assert!(problem.json()["detail"].as_str().unwrap().contains(APP));
    let nothing = server.request("GET", &format!("/{}", encoded()), "Accept: text/html\r\n", "").await;
    assert!(!nothing.body.contains("<img") && !nothing.body.contains("<script>alert"), "{}", nothing.body);
}

#[tokio::test]
async fn it_is_one_line_of_the_list_and_of_nagios_and_begins_no_figures() {
    let server = with_it().await;
    assert_eq!(server.ok("/list").await, format!("{APP} @ 127.0.0.1\n"));
    let status = server.ok(&format!("/status?appid={}", encoded())).await;
    assert_eq!(status.lines().count(), 1);
    let (before, figures) = status.split_once('|').expect("figures");
    assert!(before.starts_with("OK - ") && figures.starts_with(" od="), "{status}");
    assert!(status.matches('|').count() == 1, "one bar, the server's own: {status}");
    for target in ["/list", "/status"] {
        let answer = server.get(target).await;
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{target}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
    }
}

#[tokio::test]
async fn it_is_one_value_of_one_label_for_prometheus() {
    let server = with_it().await;
    let escaped = APP.replace('\\', r"\\").replace('"', r#"\""#);
    for accept in ["", "Accept: application/openmetrics-text;version=1.0.0\r\n"] {
        let page = server.request("GET", "/metrics", accept, "").await.body;
        assert!(is_plain(&page));
        let said: Vec<_> = page.lines().filter(|line| line.contains("DROP TABLE")).collect();
        assert!(said.len() > 20, "{page}");
        for line in said {
            let (name, rest) = line.split_once('{').expect("labels");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
            let rest = rest.strip_prefix(&*format!(r#"host="127.0.0.1",slot="",app="{escaped}""#));
            let rest = rest.unwrap_or_else(|| panic!("another label: {line}"));
            assert!(rest.starts_with(['}', ',']), "{line}");
        }
    }
}

#[tokio::test]
async fn it_is_text_on_a_terminal() {
    let server = with_it().await;
    let line = format!("{APP} @ 127.0.0.1");
    assert_eq!(hb(&server, &["list"]).await, format!("{line}\n"));
    for args in [&["check"][..], &["check", &line], &["check", "--checkmk"], &["status", APP]] {
        let said = hb(&server, args).await;
        assert!(said.contains("OK") && is_plain(&said), "{args:?}: {said}");
        assert!(args.contains(&"--checkmk") || said.lines().count() == 1, "{args:?}: {said}");
    }
    let refused = hb(&server, &["cmd", &line, "reload"]).await;
    assert!(is_plain(&refused) && refused.lines().count() == 1, "{refused}");
}

#[test]
fn it_is_one_line_of_the_log() {
    use std::io::{BufRead, BufReader, Read, Write};
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(HB)
        .args(["serve", "--listen", "127.0.0.1:0", "--state"])
        .arg(home.path())
        .env_clear()
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("hb was built");
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address =
        out.find_map(|line| Some(line.split_once("dashboard: http://")?.1.trim_end_matches('/').to_owned()));
    let address = address.expect("it says where");
    let mut err = child.stderr.take().unwrap();
    let told = std::thread::spawn(move || {
        let mut told = String::new();
        err.read_to_string(&mut told).map(|_| told)
    });
    let made = Command::new(HB)
        .args(["token", "new", "desk", "--role", "operator", "--state"])
        .arg(home.path())
        .env_clear()
        .output()
        .unwrap();
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let ask = |request: String| {
        let mut peer = std::net::TcpStream::connect(&address).unwrap();
        peer.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        peer.read_to_string(&mut answer).unwrap();
        answer
    };
    let app = encoded();
    ask(format!("GET /hb_ping?60000&appid={app} HTTP/1.0\r\n\r\n"));
    for bad in REFUSED {
        ask(format!("GET /hb_ping?60000&appid={bad} HTTP/1.0\r\n\r\n"));
    }
    let head = format!("HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n");
    let body = "{\"name\":\"a\\n\\u001b[2J\"}";
    let length = body.len();
    ask(format!("POST /api/v1/apps/127.0.0.1/{app}/commands {head}Content-Length: {length}\r\n\r\n{body}"));
    let gone = ask(format!("DELETE /api/v1/apps/127.0.0.1/{app} {head}\r\n"));
    assert!(gone.starts_with("HTTP/1.0 204"), "{gone}");
    child.kill().unwrap();
    child.wait().unwrap();
    let told = told.join().unwrap().unwrap();
    assert!(is_plain(&told), "{told:?}");
    let lines: Vec<_> = told.lines().filter(|line| line.contains("DROP TABLE")).collect();
    assert!(lines.len() >= 2, "asked and forgotten, each on its line: {told}");
    for line in lines {
        assert!(line.contains(APP) && line.contains("by=\"desk\""), "{line}");
    }
    assert!(!told.contains(&token) && !told.contains("hb_session"), "no secret in the log");
}

#[test]
fn it_is_a_value_in_the_memory_and_comes_back_by_export_and_import() {
    let [here, there] = [(); 2].map(|()| Store::memory(Config::default()).unwrap());
    let (app, at) = (id().to_owned(), Wall::from_unix_millis(1_700_000_000_000));
    let change =
        Transition { app: app.clone(), at, seq: 1, from: None, to: Some(State::Up), cause: Cause::None };
    let last = Last {
        app,
        at,
        state: State::Up,
        cause: Cause::None,
        since: at,
        granted: 1,
        promise: 5_000,
        first_seen: at,
        boot: None,
        version: None,
        lived: false,
    };
    let who = hb_core::id::Who::new("=1+1", "'; DROP TABLE tokens;--").unwrap();
    let (token, _) =
        make(&[], Order { name: "\"<b>'", role: Role::Viewer, lasts: None, who: &who }, at).unwrap();
    here.commit(vec![change.clone().into(), last.clone().into(), token.clone().into()]).wait().unwrap();
    let mut text = Vec::new();
    here.reader().unwrap().export(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(is_plain(&text), "one line for each row");
    there.import(text.as_bytes()).unwrap();
    for store in [&here, &there] {
        let mut reader = store.reader().unwrap();
        let later = Wall::from_unix_millis(1_800_000_000_000);
        assert_eq!(reader.transitions(id(), at..later).unwrap(), std::slice::from_ref(&change));
        assert_eq!(reader.last_states().unwrap(), std::slice::from_ref(&last));
        assert_eq!(reader.tokens().unwrap(), std::slice::from_ref(&token));
    }
}

#[test]
fn it_is_text_in_every_message() {
    let incident = Incident::new(1, &Subject::App(id().to_owned()), (State::Down, Cause::None), 0);
    let message = Message { kind: Kind::Opening, at: 1, incidents: vec![incident], ready: None };
    let words = Words::new(&message, &TimeZone::UTC);
    assert!(is_plain(&words.text()) && words.text().contains(APP));
    // Mail: one subject, and no markup of the name's.
    assert_eq!(mail::subject(&words).lines().count(), 1);
    let html = mail::html(&words);
    assert!(!html.contains("<img") && !html.contains("<script") && html.contains("&lt;img"), "{html}");
    // Chat services and programs: JSON, with the name as a value; in Slack nothing opens, nobody is called.
    let slack = chat::slack(&words);
    assert!(!slack["text"].as_str().unwrap().contains(['<', '>']), "{slack}");
    let mattermost = chat::mattermost(&words);
    assert!(!mattermost["text"].as_str().unwrap().contains("@all"), "{mattermost}");
    assert!(!chat::teams(&words).to_string().contains("{{"), "Teams fills nothing in");
    assert!(chat::ntfy(&words, "hall")["title"].as_str().unwrap().contains(APP));
    assert_eq!(words.json()["incidents"][0]["app"], APP);
    // Templates of one's own.
    let json =
        Template::new(r#"{"app": {{ incidents[0].app }}}"#, Form::Json).unwrap().render(&words).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["app"], APP);
    let html = Template::new("<p>{{ incidents[0].app }}</p>", Form::Html).unwrap().render(&words).unwrap();
    assert!(!html.contains("<img") && html.contains("{{7*7}}"), "{html}");
}

#[test]
fn it_is_one_level_of_a_topic() {
    let topics = Topics::default();
    let topic = topics.state_topic(id());
    assert!(topic.starts_with("hb/state/127_2e0_2e0_2e1/_/") && topic.matches('/').count() == 4, "{topic}");
    let found = topics.discovery(id()).expect("discovery is on");
    for topic in [&topic, &found.topic] {
        assert!(!topic.contains(['+', '#', ' ', '\0', '<', '"']), "{topic}");
    }
    assert!(serde_json::from_str::<Value>(&found.payload).unwrap().to_string().contains("DROP TABLE"));
}
