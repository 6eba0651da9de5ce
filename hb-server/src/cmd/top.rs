//! `hb top`: all screens in a terminal, as they are at this moment.
//!
//! `feed` reads the event stream, `fleet` believes it, `list` orders it, `machine` knows what a key means, `view` draws, and
//! `shell` holds the terminal and the connections. Not here: what a state is (the server decides).

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::bail;

use super::api;

mod feed;
mod fleet;
mod list;
mod machine;
mod shell;
mod story;
mod view;
mod words;

#[cfg(test)]
mod tests;

/// What was typed behind `hb top`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show only screens that have all of these words in them: app, host, group, state
    words: Vec<String>,

    /// Show only what is wrong
    #[arg(long, short)]
    wrong: bool,

    /// Under headings
    #[arg(long, value_name = "BY", value_enum)]
    group: Option<GroupBy>,

    #[command(flatten)]
    server: api::Flags,
}

/// What stands together.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum GroupBy {
    /// By the groups of the configuration
    Group,
    /// By the machines
    Host,
}

/// Shows the table until it is left.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        bail!("hb top needs a terminal: for a script there are hb check, hb incidents --json and hb list");
    }
    let api = args.server.open()?;
    let choice = list::Choice {
        wrong: args.wrong,
        filter: args.words.join(" "),
        group: match args.group {
            None => list::Group::None,
            Some(GroupBy::Group) => list::Group::Name,
            Some(GroupBy::Host) => list::Group::Host,
        },
        ..list::Choice::default()
    };
    shell::run(api, choice)?;
    Ok(ExitCode::SUCCESS)
}
