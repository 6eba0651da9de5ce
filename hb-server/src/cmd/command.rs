//! `hb cmd`: asks a screen to do something, and prints what it answers.
//!
//! Not here: how the server reaches the screen, and what the page does with it.

use std::process::ExitCode;

use serde::Deserialize;
use serde_json::{Value, json};

use super::address;
use super::ask::{Answer, Client, printable, problem};
use super::credential;
use super::environment::{self, Environment};
use super::say;
use super::screen::Screen;

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
    let (token, place) = credential::find_with_place(&args.credential)?.unzip();
    let client = Client::for_answers_within(&trust, args.timeout).showing(token);
    let Answer { status, body } =
        client.post(&address.page(&format!("api/v1/{}", screen.path("commands"))), &command.to_string())?;
    if status != 200 {
        let whence = credential::whence(status, place.as_deref());
        anyhow::bail!("{}{}", printable(&problem(status, &body)), printable(&whence));
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
