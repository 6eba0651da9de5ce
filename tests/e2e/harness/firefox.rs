//! A real Firefox with a profile of its own, driven by WebDriver BiDi, which it speaks without a driver; killed on drop.
//!
//! Headless it may have no WebGL: pages with a 2D canvas only. Not here: Chromium ([`super::browser`]).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::MutexGuard;
use tokio::time::timeout;

use super::PATIENCE;
use super::browser::ONE_AT_A_TIME;
use super::cdp::Cdp;
use super::family;

/// Nothing but what the tests open: no first-run pages, no reports, no updates.
const PREFERENCES: &str = r#"
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("termsofuse.bypassNotification", true);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"#;

/// What draws for all pages has a process of its own, as on Windows: without a window there is none.
const WITH_GPU: &str = r#"
user_pref("layers.gpu-process.enabled", true);
user_pref("layers.gpu-process.force-enabled", true);
"#;

pub(crate) struct Firefox {
    child: Child,
    /// Ends when nobody can write to the browser's stderr any more.
    silence: std::sync::Mutex<Receiver<()>>,
    /// Both protocols number their calls and name what happens in the same way.
    bidi: Arc<Cdp>,
    // After the process: fields are dropped in this order.
    _profile: TempDir,
    _turn: Option<MutexGuard<'static, ()>>,
}

impl Firefox {
    pub(crate) async fn start() -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        let mut firefox = Self::beside_others(None).await;
        firefox._turn = Some(turn);
        firefox
    }

    /// On that screen or on none, whatever other browsers run.
    pub(crate) async fn beside_others(display: Option<&str>) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let more = display.map_or("", |_| WITH_GPU);
        std::fs::write(profile.path().join("user.js"), [PREFERENCES, more].concat()).unwrap();
        // Who was started in the background ignores an interrupt, and so would it.
        let mut command = Command::new("env");
        command
            .args(["--default-signal=INT", "firefox-esr"])
            .args(display.is_none().then_some("--headless"))
            .args(["--no-remote", "--remote-debugging-port", "0", "--profile"])
            .arg(profile.path())
            .arg("about:blank")
            .env("HOME", profile.path())
            .env("TMPDIR", profile.path())
            .envs(display.map(|display| ("DISPLAY", display)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("firefox-esr is installed");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (tell, told) = tokio::sync::oneshot::channel();
        let (speaking, silence) = channel();
        let silence = std::sync::Mutex::new(silence);
        std::thread::spawn(move || {
            let _speaking: Sender<()> = speaking;
            let mut tell = Some(tell);
            // Read to its end: a full pipe would stop the browser.
            for line in stderr.lines().map_while(Result::ok) {
                if let Some((_, url)) = line.split_once("WebDriver BiDi listening on ") {
                    let _ = tell.take().map(|tell| tell.send(url.trim().to_owned()));
                }
            }
        });
        let url = timeout(PATIENCE, told).await.expect("firefox starts").expect("firefox lives");
        let bidi = Arc::new(Cdp::connect(&format!("{url}/session")).await);
        // A dialog stays open until somebody says yes, and a certificate of our own is one.
        let wanted =
            json!({ "acceptInsecureCerts": true, "unhandledPromptBehavior": { "default": "ignore" } });
        bidi.call(None, "session.new", json!({ "capabilities": { "alwaysMatch": wanted } })).await;
        Self { child, silence, bidi, _profile: profile, _turn: None }
    }

    /// The process that leads all others of this browser.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its process that draws for all pages, where it has one.
    pub(crate) fn gpu(&self) -> Option<u32> {
        self.processes("gpu").first().copied()
    }

    /// Those in which pages run, and those that wait for one.
    pub(crate) fn pages(&self) -> Vec<u32> {
        self.processes("tab")
    }

    /// Each is told its kind last; those that were forked are told all in one word.
    fn processes(&self, kind: &str) -> Vec<u32> {
        let told = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let is = |pid: &u32| told(pid).trim_end_matches('\0').rsplit(['\0', ' ']).next() == Some(kind);
        family::of(self.pid()).into_iter().filter(is).collect()
    }

    /// A page in a window of its own; loaded when this returns.
    pub(crate) async fn open(&self, url: &str) -> Window {
        self.open_in(json!({ "type": "window" }), url).await
    }

    /// A tab in the window of another page, behind it.
    pub(crate) async fn open_behind(&self, front: &Window, url: &str) -> Window {
        let tab = json!({ "type": "tab", "referenceContext": front.context, "background": true });
        self.open_in(tab, url).await
    }

    async fn open_in(&self, place: Value, url: &str) -> Window {
        let window = self.bidi.call(None, "browsingContext.create", place).await;
        let window = Window { bidi: Arc::clone(&self.bidi), context: window["context"].clone() };
        window.go(url).await;
        window
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        family::end(&mut self.child);
        // Its own processes outlive it by a moment and may still write into the profile.
        let _ = self.silence.get_mut().unwrap().recv_timeout(PATIENCE);
    }
}

pub(crate) struct Window {
    bidi: Arc<Cdp>,
    context: Value,
}

impl Window {
    /// The value of a JavaScript expression, as BiDi writes values; a promise is awaited.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        let answer = self.bidi.call(None, "script.evaluate", self.evaluation(expression));
        let mut answer = timeout(PATIENCE, answer).await.expect("the page answers");
        assert_eq!(answer["type"], "success", "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// The same without its answer.
    pub(crate) async fn tell(&self, expression: &str) {
        self.bidi.tell(None, "script.evaluate", self.evaluation(expression)).await;
    }

    fn evaluation(&self, expression: &str) -> Value {
        json!({ "expression": expression, "target": { "context": self.context }, "awaitPromise": true })
    }

    /// Calls the protocol for this window, without its answer.
    pub(crate) async fn ask(&self, method: &str) {
        self.bidi.tell(None, method, json!({ "context": self.context })).await;
    }

    /// Brings it to the front of its window.
    pub(crate) async fn show(&self) {
        self.bidi.call(None, "browsingContext.activate", json!({ "context": self.context })).await;
    }

    /// One page back.
    pub(crate) async fn back(&self) {
        let params = json!({ "context": self.context, "delta": -1 });
        self.bidi.call(None, "browsingContext.traverseHistory", params).await;
    }

    /// Loads another page.
    pub(crate) async fn go(&self, url: &str) {
        let params = json!({ "context": self.context, "url": url, "wait": "complete" });
        let loaded = self.bidi.call(None, "browsingContext.navigate", params);
        timeout(PATIENCE, loaded).await.expect("the page loads");
    }

    /// Closes the window, as a person does.
    pub(crate) async fn close(self) {
        self.bidi.call(None, "browsingContext.close", json!({ "context": self.context })).await;
    }
}
