//! `hb import-hosts`: a table of hosts becomes the `[[screen]]`s of `hb.toml`. Not here: reading it
//! ([`hb_server::config::hosts`]).

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use hb_server::config::{Config, Overrides, TypedState, hosts};

use super::{environment, say};

/// What was typed behind `hb import-hosts`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The table, with the columns host, shows, and perhaps slot and hours
    file: PathBuf,

    /// Write them behind what stands in the configuration, instead of printing them
    #[arg(long)]
    write: bool,

    /// Configuration file [default: ./hb.toml, then the user's, then /etc/hb/hb.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Does it.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { file, write, config } = args;
    let state = TypedState { none: true, ..TypedState::default() };
    let typed = Overrides { config, state, ..Overrides::default() };
    let config = Config::load(typed, &environment::of_process)?;
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let tables = hosts::screens(&file, &text, &config)?;
    if write {
        let path = config.file.unwrap_or_else(|| "hb.toml".into());
        hosts::append(&path, &tables)?;
        let count = tables.matches("[[screen]]").count();
        say(&format!("{} has {count} more; hb config check says what it means now\n", path.display()))?;
    } else {
        say(tables.trim_start())?;
    }
    Ok(ExitCode::SUCCESS)
}
