//! `hb cmd`: asks a screen to do something, and prints what it answers.
//!
//! Not here: how the server reaches the screen, and what the page does with it.

use std::process::ExitCode;

use hb_core::id::OwnedIdentity;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::address::{self, Address};
use super::ask::{Answer, Client, printable, problem};
use super::credential;
use super::environment::{self, Environment};
use super::say;

/// What was typed behind `hb cmd`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The screen: HOST/APP, a line of `hb list`, or the app's id alone for one of this machine
    #[arg(value_name = "SCREEN")]
    screen: String,

    /// What to do, as the page registered it: reload, identify, message, vitals, screenshot or its own
    name: String,

    /// What goes with it: JSON, or a text
    data: Option<String>,

    /// The app's slot, where it beats with one; `hb list` shows it behind a #
    #[arg(long, value_name = "SLOT")]
    slot: Option<String>,

    /// How long the screen has to answer, in ms
    #[arg(long, value_name = "MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    timeout: u64,

    #[command(flatten)]
    credential: credential::Flags,

    #[command(flatten)]
    server: address::Flags,
}

/// A screen, by its three names.
#[derive(Debug, PartialEq, Eq)]
struct Screen {
    host: String,
    slot: String,
    app: String,
}

/// What a page says to a command.
#[derive(Debug, Deserialize)]
struct Outcome {
    ok: bool,
    #[serde(default)]
    data: Value,
    #[serde(default)]
    error: String,
}

/// Sends one command, once: a screen that did not answer may have done it all the same.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let environment = Environment::new(&environment::of_process);
    let address = address::resolve(&args.server, environment)?;
    let trust = args.server.trust(&address, environment)?;
    let screen = Screen::parse(&args.screen, args.slot.as_deref());
    let data = args.data.as_deref().map_or(Value::Null, |text| {
        serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
    });
    let command = json!({ "name": args.name, "data": data, "timeout_ms": args.timeout });
    let token = credential::find(&args.credential)?;
    let client = Client::for_answers_within(&trust, args.timeout).showing(token);
    let Answer { status, body } = client.post(&screen.url(&address), &command.to_string())?;
    if status != 200 {
        anyhow::bail!("{}", printable(&problem(status, &body)));
    }
    match serde_json::from_str(&body) {
        Ok(Outcome { ok: true, data, .. }) => {
            let text = match data {
                Value::Null => "done".to_owned(),
                Value::String(text) => text,
                data => data.to_string(),
            };
            say(&format!("{}\n", printable(&text)))?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(Outcome { error, .. }) => anyhow::bail!("the page says: {}", printable(&error)),
        Err(_) => anyhow::bail!("the page answers with something else: {}", printable(&body)),
    }
}

impl Screen {
    /// `HOST/APP`, `APP @ HOST#SLOT` as in `hb list`, or `APP`.
    fn parse(text: &str, slot: Option<&str>) -> Self {
        let here = || "127.0.0.1".to_owned();
        let listed = text.parse::<OwnedIdentity>();
        let (host, app, listed) = match (listed.as_ref().map(OwnedIdentity::borrow), text.split_once('/')) {
            (Ok(id), _) => (id.host().to_owned(), id.app(), id.slot()),
            (Err(_), Some((host, app))) => (host.to_owned(), app, ""),
            (Err(_), None) => (here(), text, ""),
        };
        Self { host, app: app.to_owned(), slot: slot.unwrap_or(listed).to_owned() }
    }

    fn url(&self, address: &Address) -> String {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let slot = match self.slot.as_str() {
            "" => String::new(),
            slot => format!("?slot={}", encoded(slot)),
        };
        let (host, app) = (encoded(&self.host), encoded(&self.app));
        address.page(&format!("api/v1/apps/{host}/{app}/commands{slot}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_named_in_three_ways() {
        for (text, flag, (host, slot, app)) in [
            ("10.0.0.7/tetris", None, ("10.0.0.7", "", "tetris")),
            ("10.0.0.7/a/b", None, ("10.0.0.7", "", "a/b")),
            ("10.0.0.7/tetris", Some("left"), ("10.0.0.7", "left", "tetris")),
            ("tetris @ 10.0.0.7#left", None, ("10.0.0.7", "left", "tetris")),
            ("x#y @ h%23z#100%25", None, ("h#z", "100%", "x#y")),
            ("x#y", None, ("127.0.0.1", "", "x#y")),
            ("a/b @ hall-3", None, ("hall-3", "", "a/b")),
            ("tetris", None, ("127.0.0.1", "", "tetris")),
        ] {
            let screen = Screen { host: host.into(), slot: slot.into(), app: app.into() };
            assert_eq!(Screen::parse(text, flag), screen, "{text}");
        }
    }
}
