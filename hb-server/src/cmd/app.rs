//! `hb adopt` and `hb repair`: an app is here to stay, and a screen is to be repaired now.
//!
//! Not here: what a repair is (`hb_core::repair`), a single command (`command`).

use std::process::ExitCode;

use serde::Deserialize;
use serde_json::json;

use super::api::{self, Said};
use super::say;
use super::screen::Screen;
use super::table::shown;

/// What was typed behind `hb adopt` or `hb repair`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The app: HOST/APP, a line of `hb list`, or the app's id alone for one of this machine
    #[arg(value_name = "APP")]
    screen: String,

    /// The app's slot, where it beats with one; `hb list` shows it behind a #
    #[arg(long, value_name = "SLOT")]
    slot: Option<String>,

    #[command(flatten)]
    server: api::Flags,
}

/// What is done about a screen, as the API tells of it.
#[derive(Debug, Default, Deserialize)]
struct Step {
    #[serde(default)]
    action: String,
    #[serde(default)]
    dry: bool,
    #[serde(default)]
    why: String,
}

impl Args {
    fn ask(&self, what: &str) -> anyhow::Result<(Screen, Said)> {
        let screen = Screen::parse(&self.screen, self.slot.as_deref());
        let said = self.server.open()?.post(&screen.path(what), &json!({}))?;
        Ok((screen, said))
    }
}

/// From now on it is missed when it falls silent.
pub(crate) fn adopt(args: &Args) -> anyhow::Result<ExitCode> {
    let (screen, _) = args.ask("adopt")?;
    say(&format!("{screen} is here to stay: its silence is told from now on\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The next step of its ladder is taken.
pub(crate) fn repair(args: &Args) -> anyhow::Result<ExitCode> {
    let (screen, said) = args.ask("repair")?;
    // It is asked for; a server that says no more is no error.
    let Step { action, dry, why } = said.read().unwrap_or_default();
    if dry {
        let (action, why) = (shown(&action), shown(&why));
        say(&format!("nothing is done to {screen}, only written down, a rehearsal of {action}: {why}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("{screen} is being repaired; hb incidents says whether it helped\n"))?;
    Ok(ExitCode::SUCCESS)
}
