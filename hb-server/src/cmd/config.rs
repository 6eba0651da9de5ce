//! `hb config check`: reads the configuration as the server would, and says what it understood, before the house opens.
//!
//! It starts nothing and asks nobody. Not here: the words ([`hb_server::config::words`]).

use std::path::PathBuf;
use std::process::ExitCode;

use hb_lease::time::Wall;
use hb_server::config::{Config, Overrides, TypedState, words};
use jiff::Timestamp;

use super::{environment, say};

/// What was typed behind `hb config`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Say what the configuration means, or where it is wrong
    Check {
        /// The file [default: ./hb.toml, then the user's, then /etc/hb/hb.toml]
        file: Option<PathBuf>,
    },
}

/// Does it.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Action::Check { file } = args.action;
    // It remembers nothing.
    let state = TypedState { none: true, ..TypedState::default() };
    let typed = Overrides { config: file, state, ..Overrides::default() };
    let config = Config::load(typed, &environment::of_process)?;
    let head = match &config.file {
        Some(path) => format!("{} is good.", path.display()),
        None => "There is no hb.toml where hb looks for it: it goes by its defaults.".into(),
    };
    let now = Wall::from_unix_millis(Timestamp::now().as_millisecond());
    say(&format!("{head}\n\n{}", words::summary(&config, now)))?;
    Ok(ExitCode::SUCCESS)
}
