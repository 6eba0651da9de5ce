//! A real Chromium with a profile of its own, and its pages; killed on drop, with all it left.
//!
//! One browser at a time: pictures drawn by the processor would take the time of each other's tests.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use super::PATIENCE;
use super::cdp::Cdp;
use super::family;
use super::server::Server;

pub(crate) static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

pub(crate) const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--window-size=480,320",
    "--remote-debugging-port=0",
];

pub(crate) struct Browser {
    child: Child,
    /// Ends when nobody can write to the browser's stderr any more.
    silence: std::sync::Mutex<Receiver<()>>,
    cdp: Arc<Cdp>,
    // After the process: fields are dropped in this order.
    _profile: TempDir,
    _turn: Option<MutexGuard<'static, ()>>,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        let mut browser = Self::beside_others(&FLAGS, &[]).await;
        browser._turn = Some(turn);
        browser
    }

    /// With these flags and variables, whatever other browsers run.
    pub(crate) async fn beside_others(flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromium");
        command
            .args(flags)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            // What it leaves behind goes with its profile.
            .env("TMPDIR", profile.path())
            .envs(variables.iter().copied())
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("chromium is installed");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (tell, told) = tokio::sync::oneshot::channel();
        let (speaking, silence) = channel();
        let silence = std::sync::Mutex::new(silence);
        std::thread::spawn(move || {
            let _speaking: Sender<()> = speaking;
            let mut tell = Some(tell);
            // Read to its end: a full pipe would stop the browser.
            for line in stderr.lines().map_while(Result::ok) {
                if let Some(url) = line.strip_prefix("DevTools listening on ") {
                    let _ = tell.take().map(|tell| tell.send(url.to_owned()));
                }
            }
        });
        let url = timeout(PATIENCE, told).await.expect("chromium starts").expect("chromium lives");
        Self { child, silence, cdp: Arc::new(Cdp::connect(&url).await), _profile: profile, _turn: None }
    }

    /// The process that leads all others of this browser.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its process that draws for all pages, once there is one.
    pub(crate) async fn gpu(&self) -> Option<u32> {
        let info = self.cdp.call(None, "SystemInfo.getProcessInfo", json!({})).await;
        let processes = info["processInfo"].as_array().expect("a list");
        let gpu = processes.iter().find(|process| process["type"] == "GPU")?;
        u32::try_from(gpu["id"].as_u64()?).ok()
    }

    /// A page in a window of its own, so that it is visible whatever else is open; loaded when this returns.
    pub(crate) async fn open(&self, url: &str) -> Page {
        self.open_in(true, url).await
    }

    /// A page in a tab behind that of the window in front.
    pub(crate) async fn open_behind(&self, url: &str) -> Page {
        self.open_in(false, url).await
    }

    async fn open_in(&self, new_window: bool, url: &str) -> Page {
        let params = json!({ "url": "about:blank", "newWindow": new_window, "background": !new_window });
        let target = self.cdp.call(None, "Target.createTarget", params).await["targetId"].take();
        let params = json!({ "targetId": target, "flatten": true });
        let session = self.cdp.call(None, "Target.attachToTarget", params).await["sessionId"].take();
        let session = session.as_str().expect("a session has a name").to_owned();
        let page = Page { cdp: Arc::clone(&self.cdp), target, session };
        page.call("Page.enable", json!({})).await;
        page.load("Page.navigate", json!({ "url": url })).await;
        page
    }

    /// The dashboard of `server`, where somebody is logged in as admin.
    pub(crate) async fn open_logged_in(&self, server: &Server) -> Page {
        let page = self.open(&server.url("/login")).await;
        let address = server.login();
        let (_, secret) = address.split_once('#').expect("the secret stands behind the #");
        let shows = format!("import('/session.js').then(({{ logIn }}) => logIn('{secret}'))");
        assert_eq!(page.eval(&shows).await, "", "the one-time login is good");
        page.load("Page.navigate", json!({ "url": server.url("/") })).await;
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        family::end(&mut self.child);
        // Its own processes outlive it by a moment and hold the pipe until they end; before that they may still write
        // into the profile, which could then not be removed.
        let _ = self.silence.get_mut().unwrap().recv_timeout(PATIENCE);
    }
}

pub(crate) struct Page {
    cdp: Arc<Cdp>,
    target: Value,
    session: String,
}

impl Page {
    async fn call(&self, method: &str, params: Value) -> Value {
        self.cdp.call(Some(&self.session), method, params).await
    }

    async fn load(&self, method: &str, params: Value) {
        self.loads(self.call(method, params)).await;
    }

    /// Does what loads this page anew; it has loaded when this returns.
    pub(crate) async fn loads<T>(&self, doing: impl Future<Output = T>) -> T {
        let mut events = self.cdp.events();
        let done = doing.await;
        let loaded = async {
            loop {
                let event = events.recv().await.expect("the browser tells");
                if event["method"] == "Page.loadEventFired" && event["sessionId"] == self.session.as_str() {
                    break;
                }
            }
        };
        timeout(PATIENCE, loaded).await.expect("the page loads");
        done
    }

    /// The value of a JavaScript expression; a promise is awaited.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        let params = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
        });
        let mut answer =
            timeout(PATIENCE, self.call("Runtime.evaluate", params)).await.expect("the page answers");
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// Presses the button with this id.
    pub(crate) async fn press(&self, id: &str) {
        self.eval(&format!("document.getElementById('{id}').click()")).await;
    }

    /// Presses and lets go a key, by its name and its code.
    pub(crate) async fn key(&self, name: &str, code: u32) {
        // Without a text no button is pressed by Enter.
        let text = if name == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let params = json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", params).await;
        }
    }

    /// Waits until `condition` holds in the page, looked at whenever its document changes, `within` ms.
    pub(crate) async fn until(&self, condition: &str, within: u32) {
        let wait = format!(
            "new Promise((done) => {{
               // What a condition looks at may not be there yet.
               const holds = () => {{ try {{ return {condition}; }} catch {{ return false; }} }};
               const look = () => {{ if (holds()) end(true); }};
               const seen = new MutationObserver(look);
               const timer = setTimeout(() => end(false), {within});
               const end = (held) => {{ seen.disconnect(); clearTimeout(timer); done(held); }};
               seen.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
               look();
             }})"
        );
        if self.eval(&wait).await != true {
            let text = self.eval("document.body.innerText").await;
            panic!("not within {within} ms: {condition}\nthe page shows: {text}");
        }
    }

    /// The size of what is seen, px.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", params).await;
    }

    /// Whether the page is to be `light` or `dark`.
    pub(crate) async fn scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The same, and nothing moves on the way to it, so that it can be looked at at once.
    pub(crate) async fn still(&self, scheme: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        // As on a phone.
        self.call("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
    }

    /// The language that the browser asks for, from the next page on.
    pub(crate) async fn language(&self, tag: &str) {
        let agent = self.eval("navigator.userAgent").await;
        let params = json!({ "userAgent": agent, "acceptLanguage": tag });
        self.call("Emulation.setUserAgentOverride", params).await;
    }

    /// Has the keyboard.
    pub(crate) async fn front(&self) {
        self.call("Page.bringToFront", json!({})).await;
        self.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
    }

    /// A picture of what is seen, as PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let taken = self.call("Page.captureScreenshot", json!({ "format": "png" })).await;
        BASE64.decode(taken["data"].as_str().expect("a picture")).expect("in base64")
    }

    /// Loads another page.
    pub(crate) async fn go(&self, url: &str) {
        self.load("Page.navigate", json!({ "url": url })).await;
    }

    /// One page back, kept or not.
    pub(crate) async fn back(&self) {
        let mut events = self.cdp.events();
        self.tell("Runtime.evaluate", json!({ "expression": "history.back()" })).await;
        let there = async {
            loop {
                let event = events.recv().await.expect("the browser tells");
                if event["method"] == "Page.frameNavigated" && event["sessionId"] == self.session.as_str() {
                    break;
                }
            }
        };
        timeout(PATIENCE, there).await.expect("there is a page to go back to");
    }

    /// Calls the protocol, without its answer.
    pub(crate) async fn tell(&self, method: &str, params: Value) {
        self.cdp.tell(Some(&self.session), method, params).await;
    }

    /// Shows this tab in place of the others of its window.
    pub(crate) async fn show(&self) {
        self.cdp.call(None, "Target.activateTarget", json!({ "targetId": self.target })).await;
    }

    pub(crate) async fn reload(&self) {
        self.load("Page.reload", json!({})).await;
    }

    /// Closes the tab, as a person does who sees it draw. A browser waits half a second for a page's last word, so one
    /// that is still busy with its start, on a machine that is busy too, is ended without any.
    pub(crate) async fn close(self) {
        let draws = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))";
        self.eval(draws).await;
        self.cdp.call(None, "Target.closeTarget", json!({ "targetId": self.target })).await;
    }
}
