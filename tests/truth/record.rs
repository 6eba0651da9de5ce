//! What the server said of each app and when it came, heard over its event stream by a task that lives as long as the cell
//! and finds a server again that was away. Not here: what of it was right ([`super::judge`]).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{interval, timeout};

use super::judge::Said;
use crate::harness::watch::Watch;

/// How often a server that is away is looked for.
const AGAIN: Duration = Duration::from_millis(100);

#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) at: Instant,
    pub(crate) app: String,
    pub(crate) said: Said,
}

#[derive(Default)]
pub(crate) struct Record {
    pub(crate) lines: Vec<Line>,
    states: BTreeMap<String, String>,
    frames: BTreeMap<String, u64>,
}

impl Record {
    pub(crate) fn state(&self, app: &str) -> &str {
        self.states.get(app).map_or("unseen", String::as_str)
    }

    pub(crate) fn frames(&self, app: &str) -> u64 {
        self.frames.get(app).copied().unwrap_or(0)
    }

    fn note(&mut self, app: &str, state: &str, cause: &str) {
        self.states.insert(app.to_owned(), state.to_owned());
        let said = Said::State { state: state.to_owned(), cause: cause.to_owned() };
        self.lines.push(Line { at: Instant::now(), app: app.to_owned(), said });
    }

    /// What the view tells since it was last asked, and what it shows that nobody told.
    fn take(&mut self, view: &mut Watch) {
        for (name, data) in view.log.drain(..) {
            let Some(app) = data["app"].as_str() else { continue };
            match name.as_str() {
                "transition" => {
                    let cause = data["cause"].as_str().unwrap_or("none");
                    self.note(app, data["to"].as_str().unwrap_or("removed"), cause);
                }
                "event" => {
                    let said = Said::Event(data["kind"].as_str().unwrap_or_default().to_owned());
                    self.lines.push(Line { at: Instant::now(), app: app.to_owned(), said });
                }
                _ => {}
            }
        }
        for (app, shown) in view.apps() {
            let (state, cause) = (shown["state"].as_str().unwrap_or("unseen"), shown["cause"].as_str());
            if self.state(app) != state {
                self.note(app, state, cause.unwrap_or("none"));
            }
            self.frames.insert(app.clone(), shown["vitals"]["frames"].as_u64().unwrap_or(0));
        }
    }
}

/// Hears for as long as it is held.
pub(crate) struct Ear {
    heard: watch::Receiver<Record>,
    task: tokio::task::JoinHandle<()>,
}

impl Ear {
    pub(crate) fn open(addr: &str) -> Self {
        let (tell, heard) = watch::channel(Record::default());
        let addr = addr.to_owned();
        let task = tokio::spawn(async move {
            let mut again = interval(AGAIN);
            loop {
                again.tick().await;
                let Ok(mut view) = Watch::try_open(&addr).await else { continue };
                while view.follow().await {
                    tell.send_modify(|record| record.take(&mut view));
                }
            }
        });
        Self { heard, task }
    }

    /// Whether `holds` before `within` is over.
    pub(crate) async fn until(&self, within: Duration, holds: impl FnMut(&Record) -> bool) -> bool {
        let mut heard = self.heard.clone();
        let seen = timeout(within, heard.wait_for(holds)).await;
        matches!(seen, Ok(Ok(_)))
    }

    /// Listens on for so long.
    pub(crate) async fn go_on(&self, time: Duration) {
        self.until(time, |_| false).await;
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        self.heard.borrow().lines.clone()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}
