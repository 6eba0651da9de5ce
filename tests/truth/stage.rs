//! The stage of one cell: a server, a page and a browser of its own, and every step that can be done to them. Not here:
//! which steps, and what is to be seen ([`super::cases`]).

use std::time::Duration;

use rustix::process::{self, Pid};
use serde_json::Value;

use super::beside::Beside;
use super::browser::Driven;
use super::case::{Case, From, Kind, Signal, Step, Whom};
use super::host::{Host, PUBLIC};
use super::record::Ear;
use super::screen::Screen;
use super::way::Way;
use crate::harness::family;
use crate::harness::server::Server;

/// The app of the page, and that of the original's way beside it.
pub(crate) const APP: &str = "truth";
pub(crate) const BASELINE: &str = "truth-interval";

pub(crate) struct Stage {
    // In this order: the browser ends before what it talks to.
    pub(crate) driven: Driven,
    pub(crate) ear: Ear,
    pub(crate) server: Server,
    host: Host,
    way: Option<Way>,
    beside: Option<Beside>,
    screen: Option<Screen>,
    query: &'static str,
}

impl Stage {
    pub(crate) async fn set(case: &Case, kind: Kind) -> Self {
        let way = case.away.then(Way::lay);
        let server = if case.away { Server::listening("0.0.0.0:0") } else { Server::start() };
        let ear = Ear::open(server.addr());
        let host = Host::open(case.page, &server).await;
        let mut flags = vec!["--ignore-certificate-errors".to_owned()];
        if case.page == From::Public {
            let port = host.port().expect("it listens");
            flags.push(format!("--host-resolver-rules=MAP {PUBLIC} 127.0.0.1"));
            flags.push(format!("--ip-address-space-overrides=127.0.0.1:{port}=public"));
        }
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let screen = kind.is_headed().then(Screen::start);
        let driven = Driven::start(kind, screen.as_ref().map(Screen::name), &flags).await;
        Self { driven, ear, server, host, way, beside: None, screen, query: case.query }
    }

    fn url(&self, app: &str) -> String {
        let server = match &self.way {
            None => self.server.url(""),
            Some(way) => {
                let port = self.server.addr().rsplit(':').next().unwrap_or_default();
                format!("http://{}:{port}", way.server())
            }
        };
        self.host.url(&format!("page.html?server={server}&app={app}{}", self.query))
    }

    pub(crate) async fn open(&mut self) {
        let url = self.url(APP);
        self.driven.open(&url).await;
    }

    /// Lets `hb run` look beside the page, which has drawn by then.
    pub(crate) fn look(&mut self, case: &Case) {
        let looks = case.beside;
        if !looks.is_empty() {
            // Closed hours are for screens that somebody expects.
            self.server.work(&["adopt", APP]);
        }
        self.beside = (!looks.is_empty()).then(|| Beside::start(looks, &self.server, self.screen.as_ref()));
    }

    pub(crate) async fn act(&mut self, step: Step) {
        match step {
            Step::Open => self.open().await,
            Step::OpenAs(app) => {
                let url = self.url(app);
                self.driven.open_more(&url).await;
            }
            Step::Js(statement) => self.driven.tell(statement).await,
            Step::Check(expression) => self.check(expression).await,
            Step::Cdp(method, params) => {
                let params: Value = serde_json::from_str(params).expect("a case writes JSON");
                self.driven.chromium().tell(method, params).await;
            }
            Step::Signal(whom, signal) => self.signal(whom, signal),
            Step::Last(ms) => self.ear.go_on(Duration::from_millis(ms)).await,
            Step::Share(percent, seconds) => self.share(percent, seconds).await,
            Step::Close => self.driven.close().await,
            Step::Leave => self.driven.go(&self.host.url("other.html")).await,
            Step::Back => self.driven.back().await,
            Step::Reload => self.driven.reload().await,
            Step::Beside => {
                let url = self.host.url("other.html");
                self.driven.beside(&url).await;
            }
            Step::Hide => self.driven.hide().await,
            Step::Show => self.driven.show().await,
            Step::Minimise(away) => self.screen.as_ref().expect("a screen").minimise(away),
            Step::Accept => self.driven.accept().await,
            Step::Display(on) => self.beside.as_ref().expect("hb run").light(on),
            Step::House(open) => {
                self.server.work(&[if open { "open" } else { "close" }, "everything"]);
            }
            Step::Cut(cut) => self.way.as_ref().expect("a network").cut(cut),
            Step::Renumber => self.way.as_mut().expect("a network").renumber(),
            Step::ServerKilled => self.server.kill(),
            Step::ServerAgain => self.server.start_again(),
            Step::ServerElsewhere => self.server.start_elsewhere(),
        }
    }

    /// The wall clock when the page's script began.
    pub(crate) async fn born(&self) -> i64 {
        self.check("'true'").await;
        let said = self.driven.eval("truth.born()").await;
        said.as_str().and_then(|said| said.parse().ok()).expect("a page knows when it began")
    }

    /// Asks until it is so: a page that was just gone back to may not have run yet.
    async fn check(&self, expression: &str) {
        let asked = format!("globalThis.truth ? {expression} : 'not there'");
        for _ in 0..50 {
            let said = self.driven.eval(&asked).await;
            if said == "true" {
                return;
            }
            assert_eq!(said, "not there", "{expression}: this was not the fault");
            self.ear.go_on(Duration::from_millis(100)).await;
        }
        panic!("{expression}: the page never came");
    }

    fn signal(&self, whom: Whom, signal: Signal) {
        let whom = match whom {
            Whom::Browser => vec![self.driven.pid()],
            Whom::Group => family::of(self.driven.pid()),
            Whom::Page => self.driven.pages(),
            Whom::Gpu => vec![self.driven.gpu()],
            Whom::Server => vec![self.server.pid()],
        };
        let signal = match signal {
            Signal::Kill => process::Signal::KILL,
            Signal::Term => process::Signal::TERM,
            Signal::Int => process::Signal::INT,
            Signal::Stop => process::Signal::STOP,
            Signal::Go => process::Signal::CONT,
        };
        for pid in whom {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
            // One of many may just have ended by itself.
            let _ = process::kill_process(pid, signal);
        }
    }

    /// Stops the browser's processes for the rest of every 100 ms.
    async fn share(&self, percent: u64, seconds: u64) {
        for _ in 0..seconds * 10 {
            self.signal(Whom::Group, Signal::Stop);
            self.ear.go_on(Duration::from_millis(100 - percent)).await;
            self.signal(Whom::Group, Signal::Go);
            self.ear.go_on(Duration::from_millis(percent)).await;
        }
    }
}
