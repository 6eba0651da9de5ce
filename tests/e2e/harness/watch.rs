//! The server's view, as its event stream tells it: the latest view of each app, and all that happened.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

pub(crate) struct Watch {
    lines: Lines<BufReader<TcpStream>>,
    /// The latest view of each app, by name: the tests run on one host.
    apps: BTreeMap<String, Value>,
    /// Every transition and event since this watch was opened, with its name.
    pub(crate) log: Vec<(String, Value)>,
    /// How many `vitals` came: one a second.
    pub(crate) seconds: u32,
}

impl Watch {
    pub(crate) async fn open(addr: &str) -> Self {
        Self::try_open(addr).await.unwrap()
    }

    pub(crate) async fn try_open(addr: &str) -> std::io::Result<Self> {
        let mut peer = TcpStream::connect(addr).await?;
        let request =
            format!("GET /api/v1/events HTTP/1.0\r\nHost: {addr}\r\nAccept: text/event-stream\r\n\r\n");
        peer.write_all(request.as_bytes()).await?;
        let lines = BufReader::new(peer).lines();
        Ok(Self { lines, apps: BTreeMap::new(), log: Vec::new(), seconds: 0 })
    }

    /// The latest view of `app`; `Null` if there is none.
    pub(crate) fn app(&self, app: &str) -> &Value {
        self.apps.get(app).unwrap_or(&Value::Null)
    }

    /// Every app's latest view.
    pub(crate) fn apps(&self) -> &BTreeMap<String, Value> {
        &self.apps
    }

    pub(crate) fn state(&self, app: &str) -> &str {
        self.app(app)["state"].as_str().unwrap_or("unseen")
    }

    pub(crate) fn frames(&self, app: &str) -> u64 {
        self.app(app)["vitals"]["frames"].as_u64().unwrap_or(0)
    }

    /// How many events of `kind` were told of `app`.
    pub(crate) fn events(&self, app: &str, kind: &str) -> usize {
        self.log.iter().filter(|(name, it)| name == "event" && it["app"] == app && it["kind"] == kind).count()
    }

    /// Forgets what happened, not what is.
    pub(crate) fn turn_page(&mut self) {
        self.log.clear();
    }

    /// Follows the stream until `holds`; panics with the whole story after `within`.
    pub(crate) async fn until(&mut self, what: &str, within: Duration, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + within;
        while !holds(self) {
            let message = timeout_at(deadline, self.message()).await;
            let Ok((name, data)) = message else {
                panic!("not within {within:?}: {what}\n{}", self.story());
            };
            self.take(name, data);
        }
    }

    /// Follows the stream until `app` is in `state`.
    pub(crate) async fn until_state(&mut self, app: &str, state: &str, within: Duration) {
        self.until(&format!("{app} is {state}"), within, |view| view.state(app) == state).await;
    }

    /// Takes the next message; `false` when the server has ended the stream.
    pub(crate) async fn follow(&mut self) -> bool {
        let message = self.hear().await;
        let heard = message.is_some();
        if let Some((name, data)) = message {
            self.take(name, data);
        }
        heard
    }

    async fn message(&mut self) -> (String, Value) {
        self.hear().await.expect("the server keeps the stream open")
    }

    async fn hear(&mut self) -> Option<(String, Value)> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let line = self.lines.next_line().await.ok()??;
            if let Some(rest) = line.strip_prefix("event:") {
                rest.trim().clone_into(&mut name);
            } else if let Some(rest) = line.strip_prefix("data:") {
                data.push_str(rest.trim_start());
            } else if line.is_empty() && !data.is_empty() {
                return Some((name, serde_json::from_str(&data).expect("data is JSON")));
            }
        }
    }

    fn take(&mut self, name: String, data: Value) {
        match name.as_str() {
            "snapshot" | "vitals" => {
                self.seconds += u32::from(name == "vitals");
                for view in data["apps"].as_array().into_iter().flatten() {
                    self.show(view);
                }
            }
            "transition" | "standing" => {
                self.show(&data["view"]);
                self.log.push((name, data));
            }
            _ => self.log.push((name, data)),
        }
    }

    fn show(&mut self, view: &Value) {
        if let Some(app) = view["app"].as_str() {
            self.apps.insert(app.to_owned(), view.clone());
        }
    }

    fn story(&self) -> String {
        let mut story = String::from("what happened:\n");
        for (name, data) in &self.log {
            let mut data = data.clone();
            data.as_object_mut().map(|fields| fields.remove("view"));
            story += &format!("  {name} {data}\n");
        }
        story += "what is:\n";
        for view in self.apps.values() {
            story += &format!("  {view}\n");
        }
        story
    }
}
