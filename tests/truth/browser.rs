//! One face for the browsers of the matrix: what a case may do to a page in any of them. Not here: when it is done
//! ([`super::stage`]).

use serde_json::Value;

use super::case::Kind;
use crate::harness::browser::{Browser, FLAGS, Page};
use crate::harness::firefox::{Firefox, Window};
use crate::harness::webkit::WebKit;

pub(crate) enum Driven {
    Chromium {
        browser: Browser,
        page: Option<Page>,
        more: Vec<Page>,
        gpu: Option<u32>,
    },
    Firefox {
        browser: Firefox,
        page: Option<Window>,
        more: Vec<Window>,
    },
    /// It has one window, which is the page.
    WebKit(WebKit),
}

impl Driven {
    pub(crate) async fn start(kind: Kind, screen: Option<&str>, more: &[&str]) -> Self {
        if matches!(kind, Kind::Firefox | Kind::FirefoxHeaded) {
            let browser = Firefox::beside_others(screen).await;
            return Self::Firefox { browser, page: None, more: Vec::new() };
        }
        if kind == Kind::WebKit {
            return Self::WebKit(WebKit::beside_others(screen.expect("it has windows")).await);
        }
        let mut flags = [&FLAGS, more].concat();
        let mut variables = Vec::new();
        if let Some(screen) = screen {
            flags.retain(|flag| !flag.starts_with("--headless"));
            variables.push(("DISPLAY", screen));
        }
        let browser = Browser::beside_others(&flags, &variables).await;
        Self::Chromium { browser, page: None, more: Vec::new(), gpu: None }
    }

    /// The page of the cell.
    pub(crate) async fn open(&mut self, url: &str) {
        match self {
            Self::Chromium { browser, page, gpu, .. } => {
                *page = Some(browser.open(url).await);
                // It is there by now, and who is to be broken must be known at once.
                *gpu = browser.gpu().await;
            }
            Self::Firefox { browser, page, .. } => *page = Some(browser.open(url).await),
            Self::WebKit(webkit) => webkit.go(url).await,
        }
    }

    /// One more, in a window of its own.
    pub(crate) async fn open_more(&mut self, url: &str) {
        match self {
            Self::Chromium { browser, more, .. } => more.push(browser.open(url).await),
            Self::Firefox { browser, more, .. } => more.push(browser.open(url).await),
            Self::WebKit(_) => panic!("it has one window"),
        }
    }

    /// The value of an expression that is a text, or a promise of one.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        match self {
            Self::Chromium { page, .. } => page.as_ref().expect("a page").eval(expression).await,
            Self::Firefox { page, .. } => page.as_ref().expect("a page").eval(expression).await,
            Self::WebKit(webkit) => webkit.eval(expression).await,
        }
    }

    /// Runs a statement; nobody waits.
    pub(crate) async fn tell(&self, statement: &str) {
        match self {
            Self::Chromium { page, .. } => {
                let params = serde_json::json!({ "expression": statement, "userGesture": true });
                page.as_ref().expect("a page").tell("Runtime.evaluate", params).await;
            }
            Self::Firefox { page, .. } => page.as_ref().expect("a page").tell(statement).await,
            Self::WebKit(webkit) => webkit.tell(statement),
        }
    }

    pub(crate) async fn close(&mut self) {
        match self {
            Self::Chromium { page, .. } => page.take().expect("a page").close().await,
            Self::Firefox { page, .. } => page.take().expect("a page").close().await,
            Self::WebKit(webkit) => webkit.close().await,
        }
    }

    pub(crate) async fn go(&self, url: &str) {
        match self {
            Self::Chromium { page, .. } => page.as_ref().expect("a page").go(url).await,
            Self::Firefox { page, .. } => page.as_ref().expect("a page").go(url).await,
            Self::WebKit(webkit) => webkit.go(url).await,
        }
    }

    pub(crate) async fn back(&self) {
        match self {
            Self::Chromium { page, .. } => page.as_ref().expect("a page").back().await,
            Self::Firefox { page, .. } => page.as_ref().expect("a page").back().await,
            Self::WebKit(webkit) => webkit.back().await,
        }
    }

    pub(crate) async fn reload(&self) {
        match self {
            Self::Chromium { page, .. } => page.as_ref().expect("a page").reload().await,
            Self::Firefox { page, .. } => page.as_ref().expect("a page").ask("browsingContext.reload").await,
            Self::WebKit(webkit) => webkit.reload().await,
        }
    }

    /// A tab behind the page, in the same window.
    pub(crate) async fn beside(&mut self, url: &str) {
        match self {
            Self::Chromium { browser, more, .. } => more.push(browser.open_behind(url).await),
            Self::Firefox { browser, page, more } => {
                more.push(browser.open_behind(page.as_ref().expect("a page"), url).await);
            }
            Self::WebKit(_) => panic!("it has one window"),
        }
    }

    /// Shows the tab that was opened last in place of the page.
    pub(crate) async fn hide(&self) {
        match self {
            Self::Chromium { more, .. } => more.last().expect("another tab").show().await,
            Self::Firefox { more, .. } => more.last().expect("another tab").show().await,
            Self::WebKit(_) => panic!("it has one window"),
        }
    }

    /// Shows the page again.
    pub(crate) async fn show(&self) {
        match self {
            Self::Chromium { page, .. } => page.as_ref().expect("a page").show().await,
            Self::Firefox { page, .. } => page.as_ref().expect("a page").show().await,
            Self::WebKit(_) => panic!("it has one window"),
        }
    }

    /// The page in a browser that has more of the protocol than others.
    pub(crate) fn chromium(&self) -> &Page {
        match self {
            Self::Chromium { page, .. } => page.as_ref().expect("a page"),
            Self::Firefox { .. } | Self::WebKit(_) => panic!("only in Chromium"),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        match self {
            Self::Chromium { browser, .. } => browser.pid(),
            Self::Firefox { browser, .. } => browser.pid(),
            Self::WebKit(webkit) => webkit.pid(),
        }
    }

    /// The processes in which its pages run.
    pub(crate) fn pages(&self) -> Vec<u32> {
        match self {
            Self::Chromium { .. } => panic!("it has an order for that"),
            Self::Firefox { browser, .. } => browser.pages(),
            Self::WebKit(webkit) => vec![webkit.page()],
        }
    }

    /// Says yes to a dialog.
    pub(crate) async fn accept(&self) {
        match self {
            Self::Chromium { page, .. } => {
                let yes = serde_json::json!({ "accept": true });
                page.as_ref().expect("a page").tell("Page.handleJavaScriptDialog", yes).await;
            }
            Self::Firefox { page, .. } => {
                page.as_ref().expect("a page").ask("browsingContext.handleUserPrompt").await;
            }
            Self::WebKit(webkit) => webkit.accept().await,
        }
    }

    pub(crate) fn gpu(&self) -> u32 {
        let gpu = match self {
            Self::Chromium { gpu, .. } => *gpu,
            Self::Firefox { browser, .. } => browser.gpu(),
            Self::WebKit(_) => None,
        };
        gpu.expect("a process that draws")
    }
}
