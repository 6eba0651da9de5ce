//! `hb adopt` and `hb repair`: an app is here to stay, and a screen is to be repaired now.
//!
//! Not here: what a repair is (`hb_core::repair`), a single command (`command`).

use std::process::ExitCode;

use serde_json::json;

use super::api;
use super::say;
use super::screen::Screen;

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

impl Args {
    fn ask(&self, what: &str) -> anyhow::Result<Screen> {
        let screen = Screen::parse(&self.screen, self.slot.as_deref());
        self.server.open()?.post(&screen.path(what), &json!({}))?;
        Ok(screen)
    }
}

/// From now on it is missed when it falls silent.
pub(crate) fn adopt(args: &Args) -> anyhow::Result<ExitCode> {
    let screen = args.ask("adopt")?;
    say(&format!("{screen} is here to stay: its silence is told from now on\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The next step of its ladder is taken.
pub(crate) fn repair(args: &Args) -> anyhow::Result<ExitCode> {
    let screen = args.ask("repair")?;
    say(&format!("{screen} is being repaired; hb incidents says whether it helped\n"))?;
    Ok(ExitCode::SUCCESS)
}
