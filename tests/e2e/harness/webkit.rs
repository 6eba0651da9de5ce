//! A real WebKit with a home of its own: Debian's MiniBrowser, driven over WebDriver by the driver that comes with it; killed on
//! drop. It has windows, and needs a screen for them.
//!
//! Not here: Chromium ([`super::browser`]) and Firefox ([`super::firefox`]).

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Interval, interval, timeout};

use super::{PATIENCE, family};

/// How often it is asked whether it has started.
const AGAIN: Duration = Duration::from_millis(50);

pub(crate) struct WebKit {
    driver: Child,
    session: Session,
    // After the process: fields are dropped in this order.
    _home: TempDir,
}

/// Where a driver listens, what the session is called there, and how long an answer may take.
#[derive(Clone)]
struct Session {
    port: u16,
    path: String,
    patience: Duration,
}

impl WebKit {
    /// On that screen, whatever other browsers run.
    pub(crate) async fn beside_others(display: &str) -> Self {
        let driven = async {
            let mut again = interval(AGAIN);
            loop {
                if let Some(webkit) = Self::start(display, &mut again).await {
                    break webkit;
                }
            }
        };
        let mut webkit = timeout(PATIENCE, driven).await.expect("the driver of WebKit starts");
        // A dialog stays open until somebody answers it.
        let wanted = json!({ "acceptInsecureCerts": true, "unhandledPromptBehavior": "ignore" });
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let begun = webkit.session.call("/session", wanted).await;
        webkit.session.path =
            format!("/session/{}", begun["sessionId"].as_str().expect("a session has a name"));
        webkit
    }

    /// A driver that listens; `None` where another program was faster at its port.
    async fn start(display: &str, again: &mut Interval) -> Option<Self> {
        let home = tempfile::tempdir().unwrap();
        // It listens where it is told to and says nothing of a port that the system chose.
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let driver = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .env("DISPLAY", display)
            .env("GDK_BACKEND", "x11")
            .env("HOME", home.path())
            .env("XDG_RUNTIME_DIR", home.path())
            .env("TMPDIR", home.path())
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            // As `--no-sandbox` of Chromium: who is root has no other way.
            .env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver is installed");
        let session = Session { port, path: String::new(), patience: PATIENCE };
        let mut webkit = Self { driver, session, _home: home };
        while webkit.driver.try_wait().is_ok_and(|ended| ended.is_none()) {
            // The driver of another cell would answer as well.
            if listens(webkit.driver.id(), port)
                && webkit.session.ask("GET", "/status", Value::Null).await.is_ok()
            {
                return Some(webkit);
            }
            again.tick().await;
        }
        None
    }

    /// The process that leads all others of this browser.
    pub(crate) fn pid(&self) -> u32 {
        self.named("MiniBrowser")
    }

    /// That in which the page runs.
    pub(crate) fn page(&self) -> u32 {
        // The kernel keeps fifteen letters of a name.
        self.named("WebKitWebProces")
    }

    fn named(&self, wanted: &str) -> u32 {
        let name = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let mut family = family::of(self.driver.id()).into_iter();
        family.find(|pid| name(pid).trim() == wanted).unwrap_or_else(|| panic!("{wanted} runs"))
    }

    /// Loads a page in its one window.
    pub(crate) async fn go(&self, url: &str) {
        self.session.call("/url", json!({ "url": url })).await;
    }

    pub(crate) async fn back(&self) {
        self.session.call("/back", json!({})).await;
    }

    pub(crate) async fn reload(&self) {
        self.session.call("/refresh", json!({})).await;
    }

    /// Says yes to a dialog.
    pub(crate) async fn accept(&self) {
        self.session.call("/alert/accept", json!({})).await;
    }

    /// Closes its one window, as a person does.
    pub(crate) async fn close(&self) {
        let path = format!("{}/window", self.session.path);
        self.session.answer("DELETE", &path, Value::Null).await;
    }

    /// The value of a JavaScript expression that is a text, or a promise of one.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; (async () => {expression})().then(done, (e) => done(`${{e}}`));"
        );
        self.session.call("/execute/async", json!({ "script": script, "args": [] })).await
    }

    /// Runs a statement; nobody waits, as the driver does until the page is free again.
    pub(crate) fn tell(&self, statement: &str) {
        let (session, script) = (self.session.clone(), json!({ "script": statement, "args": [] }));
        tokio::spawn(async move {
            let path = format!("{}/execute/sync", session.path);
            let _ = session.ask("POST", &path, script).await;
        });
    }
}

impl Session {
    /// # Panics
    /// Where the driver says that it could not, or nothing at all.
    async fn call(&self, path: &str, body: Value) -> Value {
        let path = if path == "/session" { path.to_owned() } else { format!("{}{path}", self.path) };
        let mut answer = self.answer("POST", &path, body).await;
        assert!(answer["value"]["error"].is_null(), "{path}: {}", answer["value"]);
        answer["value"].take()
    }

    /// # Panics
    /// Where there is none in time.
    async fn answer(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = timeout(self.patience, self.ask(method, path, body)).await;
        let answer = answer.unwrap_or_else(|_| panic!("the driver never answered {method} {path}"));
        answer.expect("the driver answers")
    }

    /// One request; HTTP/1.0, so that the body ends with the connection.
    async fn ask(&self, method: &str, path: &str, body: Value) -> std::io::Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut peer = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let head =
            format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n");
        peer.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
        let mut answer = Vec::new();
        peer.read_to_end(&mut answer).await?;
        let start = answer.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |end| end + 4);
        Ok(serde_json::from_slice(&answer[start..])?)
    }
}

/// Whether it is this very process that listens there.
fn listens(pid: u32, port: u16) -> bool {
    let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap_or_default();
    let sockets = table.lines().filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        // Its own end of the connection, the state (listening), and the number of the socket.
        (fields.get(1)?.ends_with(&format!(":{port:04X}")) && *fields.get(3)? == "0A").then_some(())?;
        Some(format!("socket:[{}]", fields.get(9)?))
    });
    let sockets: Vec<_> = sockets.collect();
    let held = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    held.filter_map(|file| std::fs::read_link(file.path()).ok())
        .any(|held| sockets.iter().any(|socket| held.as_os_str() == socket.as_str()))
}

impl Drop for WebKit {
    fn drop(&mut self) {
        family::end(&mut self.driver);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[tokio::test]
    async fn a_driver_that_never_answers_is_not_waited_for_and_no_other_one_is_taken_for_it() {
        // In here: the matrix takes this file too, and has no tests.
        use super::*;
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = silent.local_addr().unwrap().port();
        let session = Session { port, path: "/session/x".into(), patience: Duration::from_millis(10) };
        let asked = tokio::spawn(async move { session.call("/url", json!({})).await });
        let said = asked.await.unwrap_err().into_panic();
        let said = said.downcast_ref::<String>().unwrap();
        assert_eq!(said, "the driver never answered POST /session/x/url");

        assert!(listens(std::process::id(), port));
        let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(!listens(other.id(), port));
        family::end(&mut other);
    }
}
