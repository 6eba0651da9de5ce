//! A real Firefox with a profile of its own, driven by WebDriver BiDi, which it speaks without a driver; killed on drop.
//!
//! Headless it may have no WebGL: pages with a 2D canvas only. Not here: Chromium ([`super::browser`]).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::MutexGuard;
use tokio::time::timeout;

use super::PATIENCE;
use super::browser::ONE_AT_A_TIME;
use super::cdp::Cdp;

/// Nothing but what the tests open: no first-run pages, no reports, no updates.
const PREFERENCES: &str = r#"
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("app.update.disabledForTesting", true);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"#;

pub(crate) struct Firefox {
    child: Child,
    /// Ends when nobody can write to the browser's stderr any more.
    silence: Receiver<()>,
    /// Both protocols number their calls and name what happens in the same way.
    bidi: Cdp,
    // After the process: fields are dropped in this order.
    _profile: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Firefox {
    pub(crate) async fn start() -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        let profile = tempfile::tempdir().unwrap();
        std::fs::write(profile.path().join("user.js"), PREFERENCES).unwrap();
        let mut child = Command::new("firefox-esr")
            .args(["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile"])
            .arg(profile.path())
            .arg("about:blank")
            .env("HOME", profile.path())
            .env("TMPDIR", profile.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("firefox-esr is installed");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (tell, told) = tokio::sync::oneshot::channel();
        let (speaking, silence) = channel();
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
        let bidi = Cdp::connect(&format!("{url}/session")).await;
        bidi.call(None, "session.new", json!({ "capabilities": {} })).await;
        Self { child, silence, bidi, _profile: profile, _turn: turn }
    }

    /// A page in a window of its own; loaded when this returns.
    pub(crate) async fn open(&self, url: &str) -> Window<'_> {
        let window = self.bidi.call(None, "browsingContext.create", json!({ "type": "window" })).await;
        let window = Window { bidi: &self.bidi, context: window["context"].clone() };
        window.go(url).await;
        window
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Its own processes outlive it by a moment and may still write into the profile.
        let _ = self.silence.recv_timeout(PATIENCE);
    }
}

pub(crate) struct Window<'a> {
    bidi: &'a Cdp,
    context: Value,
}

impl Window<'_> {
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
