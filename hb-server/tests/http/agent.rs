//! `hb run --agent` against a real server: its child is really started again, what ends is told, and nobody else is an
//! agent. Programs are shell scripts; each process says its number by a line of its own.

use std::process::Stdio;
use std::time::Duration;

use hb_bus::bus::{Filter, Subscription, Taken};
use hb_bus::guest::{Event, Heard};
use hb_bus::message::{Message, Topic};
use hb_core::id::{Identity, OwnedIdentity, Pattern};
use hb_core::repair::{Action, Evidence, Failure, Ladder, Move};
use hb_lease::time::Time;
use hb_server::config::Listen;
use hb_server::engine::ears::Over;
use hb_server::exec::{self, Executor};
use hb_server::http::link::Agents;
use hb_server::tls::Files;
use hb_server::watch::Plan;
use hb_server::watch::agent::{self, HEARD, Life};
use hb_server::watch::repairs::{By, Repairer, Report};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::authority::Authority;
use crate::harness::{SOON, TestServer};
use crate::link::{guest, hear};

const TOKEN: &str = "hb_secret";

/// Lives until it is ended; says its number, and whether it was given the token.
const LIVES: &str = "echo $$ $HB_TOKEN; exec sleep 999";

async fn serve() -> TestServer {
    TestServer::with(|config| config.http.link.agents = Agents::new(|_, token| token == TOKEN)).await
}

/// A running `hb run --agent`, and what its child says.
struct Run {
    hb: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Run {
    fn start(server: &TestServer, token: Option<&str>, flags: &[&str], script: &str) -> Self {
        Self::start_in(&std::env::var("PATH").unwrap(), server, token, flags, script)
    }

    fn start_in(path: &str, server: &TestServer, token: Option<&str>, flags: &[&str], script: &str) -> Self {
        Self::start_at(&format!("http://{}", server.addrs[0]), path, token, flags, script)
    }

    fn start_at(url: &str, path: &str, token: Option<&str>, flags: &[&str], script: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hb"));
        let ours = |name: &str| name.starts_with("HB_") || name == "APP_ID";
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(ours)) {
            command.env_remove(name);
        }
        command.args(["run", "--app", "x", "--agent"]).args(flags).args(["--", "sh", "-c", script]);
        command.env("PATH", path).env("HB_URL", url);
        if let Some(token) = token {
            command.env("HB_TOKEN", token);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut hb = command.spawn().expect("the binary was built");
        let said = BufReader::new(hb.stdout.take().expect("piped")).lines();
        Self { hb, said }
    }

    async fn line(&mut self) -> String {
        timeout(SOON, self.said.next_line()).await.expect("a line in time").unwrap().expect("a line")
    }

    /// Waits until it complains so.
    async fn complaint(&mut self, begin: &str) {
        let mut lines = BufReader::new(self.hb.stderr.as_mut().expect("piped")).lines();
        let said = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.starts_with(begin) {
                    return;
                }
            }
            panic!("it ended");
        };
        timeout(SOON, said).await.expect("a complaint in time");
    }

    fn signal(&self, signal: &str) {
        let pid = self.hb.id().expect("it runs").to_string();
        let sent = std::process::Command::new("kill").args(["-s", signal, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end, and what it complained of.
    async fn end(mut self) -> (Option<i32>, String) {
        let mut err = String::new();
        let mut pipe = self.hb.stderr.take().expect("piped");
        timeout(SOON, pipe.read_to_string(&mut err)).await.expect("an end in time").unwrap();
        (timeout(SOON, self.hb.wait()).await.expect("an end in time").unwrap().code(), err)
    }
}

/// What agents told.
struct Ear(Subscription);

impl Ear {
    fn open(server: &TestServer) -> Self {
        Self(server.engine.screens().subscribe(Filter::only([HEARD])))
    }

    async fn next(&mut self) -> agent::Heard {
        let (_, message) = timeout(SOON, self.0.recv()).await.expect("a word in time").message().unwrap();
        message.value::<agent::Heard>().expect("a word of an agent").clone()
    }

    /// The next word is that the child runs, as this process.
    async fn running(&mut self) -> u32 {
        let heard = self.next().await;
        assert_eq!((heard.id, heard.evidence, heard.on), (x(), Evidence::Exited, false));
        let Life::Running { pid } = heard.life else { panic!("{:?}", heard.life) };
        pid
    }
}

fn x() -> OwnedIdentity {
    Identity::new("127.0.0.1", "", "x").unwrap().to_owned()
}

fn repairer(server: &TestServer) -> Repairer {
    let plan = Plan {
        apps: vec![Pattern::everything()],
        ladder: Ladder::default().into(),
        command: None,
        unit: None,
        dry: false,
    };
    Repairer::new(&server.engine, Executor::new(exec::Config::default()), vec![plan], None)
}

async fn done(server: &TestServer, action: Action) -> Report {
    let (at, why) = (Time::ZERO, Evidence::NoFrames);
    let step = Move { id: x(), ticket: 1, at, step: 0, action, attempt: 1, why, since: at, who: None };
    timeout(SOON, repairer(server).carry_out(&step)).await.expect("a report in time").expect("the only one")
}

#[tokio::test]
async fn a_child_is_really_started_again_and_the_token_is_not_its_business() {
    let server = serve().await;
    let mut ear = Ear::open(&server);
    let mut run = Run::start(&server, Some(TOKEN), &[], LIVES);
    let first = run.line().await;
    assert_eq!(ear.running().await.to_string(), first.trim_end(), "a number, and no token");
    let report = done(&server, Action::Restart).await;
    let second = run.line().await;
    assert_ne!(first, second);
    let said = format!("started again as process {}", second.trim_end());
    assert_eq!(report, Report { failure: None, by: By::Agent, said });
    assert_eq!(ear.running().await.to_string(), second.trim_end());
    run.signal("TERM");
    let heard = ear.next().await;
    assert_eq!((heard.on, heard.life), (false, Life::Ended), "who was told to end is no evidence");
    assert_eq!(run.end().await.0, Some(128 + 15));
}

#[tokio::test]
async fn a_child_that_went_on_after_sighup_is_started_again_when_asked() {
    let server = serve().await;
    let mut ear = Ear::open(&server);
    let script = "trap 'echo hup' HUP; trap 'kill $!; exit' TERM; echo $$; while :; do sleep 999 & wait; kill $!; done";
    let mut run = Run::start(&server, Some(TOKEN), &[], script);
    run.line().await;
    ear.running().await;
    run.signal("HUP");
    assert_eq!(run.line().await, "hup");
    assert_eq!(done(&server, Action::Restart).await.failure, None);
    assert_eq!(run.line().await, ear.running().await.to_string());
    run.signal("TERM");
    run.end().await;
}

#[tokio::test]
async fn an_agent_finds_its_server_again_and_says_how_things_are() {
    let server = serve().await;
    let port = server.addrs[0].port();
    let mut ear = Ear::open(&server);
    let run = Run::start(&server, Some(TOKEN), &[], LIVES);
    let pid = ear.running().await;
    server.stop().await;
    let server = TestServer::with(|config| {
        config.listen = Listen::Loopback(port);
        config.http.link.agents = Agents::new(|_, token| token == TOKEN);
    })
    .await;
    let mut ear = Ear::open(&server);
    assert_eq!(ear.running().await, pid);
    assert_eq!(done(&server, Action::Restart).await.by, By::Agent);
    run.signal("TERM");
    let (_, err) = run.end().await;
    assert!(err.contains("hb: the agent's link stands again\n"), "{err}");
}

#[tokio::test]
async fn an_agent_shows_its_token_by_tls_to_whom_it_believes() {
    let authority = Authority::new();
    let [certificate, key] = authority.write(&["127.0.0.1"]);
    let server = TestServer::with(|config| {
        config.tls = Some(Files { certificate, key });
        config.http.link.agents = Agents::new(|_, token| token == TOKEN);
    })
    .await;
    let mut ear = Ear::open(&server);
    let (url, path) = (format!("https://{}", server.addrs[0]), std::env::var("PATH").unwrap());
    let start = |ca: &str| Run::start_at(&url, &path, Some(TOKEN), &["--ca", ca], LIVES);
    let run = start(authority.ca().to_str().unwrap());
    ear.running().await;
    assert_eq!(done(&server, Action::Restart).await.failure, None);
    run.signal("TERM");
    let (_, said) = run.end().await;
    assert!(!said.contains("link") && !said.contains("unencrypted"), "nothing to complain of: {said}");

    let stranger = Authority::new();
    let mut doubtful = start(stranger.ca().to_str().unwrap());
    doubtful.line().await;
    let why = "hb: no agent's link: nobody whom this machine trusts signed its certificate";
    doubtful.complaint(why).await;
    doubtful.signal("TERM");
    doubtful.end().await;
}

#[tokio::test]
async fn all_that_a_child_started_goes_before_it_begins_anew() {
    let server = serve().await;
    let mut ear = Ear::open(&server);
    // A grandchild that ignores SIGTERM and holds the output open.
    let script = "(trap '' TERM; exec sleep 999) & echo $!; wait";
    let mut run = Run::start(&server, Some(TOKEN), &[], script);
    let stubborn = run.line().await;
    ear.running().await;
    assert_eq!(done(&server, Action::Restart).await.failure, None);
    // It was sent SIGKILL, and is nobody's child any more: init takes its exit code when it likes.
    let stat = format!("/proc/{stubborn}/stat");
    let lives = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    let gone = async {
        while lives() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, gone).await.expect("it goes");
    let left = run.line().await;
    assert!(std::process::Command::new("kill").args(["-s", "KILL", &left]).status().unwrap().success());
    run.signal("TERM");
    run.end().await;
}

#[tokio::test]
async fn an_exit_that_nobody_asked_for_is_evidence_until_it_runs_again() {
    let server = serve().await;
    let mut ear = Ear::open(&server);
    let mut run = Run::start(&server, Some(TOKEN), &["--restart", "always"], LIVES);
    let first = run.line().await.trim_end().to_owned();
    assert_eq!(ear.running().await.to_string(), first);
    let killed = std::process::Command::new("kill").args(["-s", "KILL", &first]).status().unwrap();
    assert!(killed.success());
    let heard = ear.next().await;
    assert_eq!((heard.on, heard.life), (true, Life::Exited { code: 128 + 9 }));
    // In the pause before its own restart: nobody waits for that who asks.
    assert_eq!(done(&server, Action::Restart).await.failure, None);
    assert_eq!(ear.running().await.to_string(), run.line().await.trim_end());
    run.signal("TERM");
    run.end().await;
}

#[tokio::test]
async fn the_last_word_of_an_agent_is_how_its_child_ended() {
    let server = serve().await;
    let mut ear = Ear::open(&server);
    // A signal that says nothing of an end: that it ends is its own decision.
    let script = "trap 'kill $!; exit 7' USR1; sleep 999 & echo $$; wait";
    let mut run = Run::start(&server, Some(TOKEN), &[], script);
    run.line().await;
    ear.running().await;
    run.signal("USR1");
    let heard = ear.next().await;
    assert_eq!((heard.on, heard.life), (true, Life::Exited { code: 7 }));
    assert_eq!(run.end().await.0, Some(7));
    let noticed = async {
        while server.engine.ears().on_host("127.0.0.1", Over::Agent, "restart").is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, noticed).await.expect("the server notices that it left");
    assert_eq!(done(&server, Action::Restart).await.failure, Some(Failure::NobodyListening));
}

#[tokio::test]
async fn an_agent_does_what_its_own_command_line_names() {
    let server = serve().await;
    let mut ear = Ear::open(&server);
    let run = Run::start(&server, Some(TOKEN), &[], LIVES);
    ear.running().await;
    for action in [Action::Command, Action::Reboot] {
        let told = server.engine.ears().on_host("127.0.0.1", Over::Agent, action.word());
        assert_eq!(told, None, "{action:?}");
    }
    let command = done(&server, Action::Command).await;
    assert_eq!((command.failure, command.by), (Some(Failure::NobodyListening), By::Nobody));
    run.signal("TERM");
    run.end().await;
    let mut run = Run::start(&server, Some(TOKEN), &["--repair-command", "env"], LIVES);
    while ear.next().await.life == Life::Ended {}
    run.line().await;
    let Report { failure, by, said } = done(&server, Action::Command).await;
    assert_eq!((failure, by), (None, By::Agent));
    assert!(said.contains("HB_REPAIR_APP=x") && !said.contains(TOKEN), "{said}");
    run.signal("TERM");
    run.end().await;
}

#[tokio::test]
async fn an_agent_reboots_its_host_if_it_was_allowed_to_and_says_why_if_it_cannot() {
    use std::os::unix::fs::PermissionsExt;

    let server = serve().await;
    let mut ear = Ear::open(&server);
    let folder = tempfile::tempdir().unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let systemctl = folder.path().join("systemctl");
    let run = Run::start_in(&path, &server, Some(TOKEN), &["--allow-reboot"], LIVES);
    ear.running().await;
    for (script, failure, said) in [
        ("echo \"$@\"", None, "--no-ask-password reboot"),
        ("echo Access denied >&2; exit 1", Some(Failure::Exit(1)), "Access denied"),
    ] {
        std::fs::write(&systemctl, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&systemctl, std::fs::Permissions::from_mode(0o755)).unwrap();
        let report = done(&server, Action::Reboot).await;
        assert_eq!(report, Report { failure, by: By::Agent, said: said.into() });
    }
    run.signal("TERM");
    run.end().await;
}

#[tokio::test]
async fn who_shows_no_token_is_no_agent_and_supervises_all_the_same() {
    let server = serve().await;
    for (token, told) in [
        (Some("hb_other"), "hb: no agent's link: not let in: you are no agent: show a token that is one's"),
        (None, "hb: no token: expected HB_TOKEN or --token-file; repairs that need this agent are skipped"),
    ] {
        let mut run = Run::start(&server, token, &[], LIVES);
        run.line().await;
        let mut err = BufReader::new(run.hb.stderr.take().unwrap());
        let mut line = String::new();
        timeout(SOON, err.read_line(&mut line)).await.expect("it is said").unwrap();
        assert!(line.starts_with(told), "{line}");
        assert!(!line.contains("hb_other"), "{line}");
        assert_eq!(done(&server, Action::Restart).await.failure, Some(Failure::NobodyListening));
        run.signal("TERM");
        assert_eq!(timeout(SOON, run.hb.wait()).await.unwrap().unwrap().code(), Some(128 + 15));
    }
}

#[tokio::test]
async fn a_page_neither_is_an_agent_nor_hears_or_speaks_as_one() {
    let server = serve().await;
    let mut ear = Ear::open(&server);
    let run = Run::start(&server, Some(TOKEN), &[], LIVES);
    ear.running().await;
    // It says that it is one, and shows nothing.
    let liar = guest(&server, json!({ "app": "x", "role": "agent", "accepts": ["reboot"] }));
    let mut events = liar.events(1);
    let Taken::Item(Event::Offline { reason, .. }) = timeout(SOON, events.recv()).await.unwrap() else {
        panic!("it was let in")
    };
    assert!(reason.contains("you are no agent"), "{reason}");
    // One that says that it is a page of the very app.
    let page = guest(&server, json!({ "app": "x" }));
    let mut events = page.events(8);
    for topic in ["agent/127.0.0.1/x/restart", "agent/127.0.0.1/x/life", "hb.agent"] {
        let topic: Topic = topic.parse().unwrap();
        let mut heard = page.subscribe([topic.clone()], false);
        assert!(matches!(hear(&mut heard).await, Heard::Refused(_)), "{topic}");
        page.publish(&Message::new(topic.clone(), r#"{"life":"exited","code":1}"#)).unwrap();
        let asked = page.request(&Message::new(topic.clone(), "{}"), Duration::from_secs(5)).await;
        assert!(asked.is_err(), "{topic}: {asked:?}");
    }
    while let Taken::Item(event) = timeout(SOON, events.recv()).await.unwrap() {
        if matches!(event, Event::Denied(_)) {
            break;
        }
    }
    // Nothing of it was told: the next word is the agent's.
    run.signal("TERM");
    assert_eq!(ear.next().await.life, Life::Ended);
    run.end().await;
}

#[tokio::test]
async fn an_agent_of_another_machine_comes_in_by_its_token_and_speaks_for_its_own_address() {
    let server = TestServer::with(|config| {
        config.engine.trust.proxies = vec!["127.0.0.1".parse().unwrap()];
        config.http.link.agents = Agents::new(|peer, token| !peer.is_loopback() && token == TOKEN);
    })
    .await;
    let upgrade = |token: &str| {
        format!(
            "GET /hb_link HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 10.0.0.7\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        )
    };
    for (token, status) in [("hb_other", "403"), (TOKEN, "101")] {
        use tokio::io::AsyncWriteExt;
        let mut stream = server.connect().await;
        stream.write_all(upgrade(token).as_bytes()).await.unwrap();
        let mut line = String::new();
        timeout(SOON, BufReader::new(stream).read_line(&mut line)).await.unwrap().unwrap();
        assert!(line.contains(status), "{token}: {line}");
    }
}
