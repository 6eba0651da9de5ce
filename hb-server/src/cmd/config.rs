//! `hb config`: reads the configuration as the server would, and says what it understood, before the house opens; and names
//! every key, flag and variable.
//!
//! It starts nothing and asks nobody. Not here: the words ([`hb_server::config::words`]), the keys
//! ([`hb_server::config::reference`]).

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use hb_lease::time::Wall;
use hb_server::config::{Config, Overrides, TypedState, reference, words};
use jiff::Timestamp;

use super::{environment, help, say};

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
    /// Print every key, with what it takes, its default and why, as Markdown
    Keys,
}

/// What stands before the keys.
const HEAD: &str = "\
# Configuration

Every key of `hb.toml`, every flag and every variable of `hb serve`. Written by `hb config keys`, which prints it for the hb
that you have; `cargo xtask docs` writes this page.

Flags win over the environment, the environment over the file. The file is `--config FILE`, else `./hb.toml`, then
`$XDG_CONFIG_HOME/hb/hb.toml`, then `/etc/hb/hb.toml`. A key that hb does not know is refused, and the nearest that it knows is
named. `hb config check` says what a file means before the server reads it. Where a list is taken, one text alone is a list of
one. [Operating](operating.md) shows whole files.
";

/// Does it; `hb` is the description of the command line.
pub(crate) fn run(args: Args, mut hb: clap::Command) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Check { file } => check(file)?,
        Action::Keys => say(&page(&mut hb))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(file: Option<PathBuf>) -> anyhow::Result<()> {
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
    Ok(())
}

/// The whole page.
fn page(hb: &mut clap::Command) -> String {
    hb.build();
    let mut out = format!("{HEAD}\n{}", reference::markdown());
    out.push_str("## Flags of `hb serve`\n\n| flag | meaning |\n|---|---|\n");
    let serve = hb.find_subcommand("serve").into_iter().flat_map(clap::Command::get_arguments);
    for flag in serve {
        let Some(long) = flag.get_long().filter(|long| *long != "help") else { continue };
        let range = flag.get_num_args().filter(clap::builder::ValueRange::takes_values);
        let name = flag.get_value_names().and_then(<[_]>::first);
        let value = match (range, name) {
            (Some(range), Some(name)) if range.min_values() == 0 => format!(" [{name}]"),
            (Some(_), Some(name)) => format!(" {name}"),
            _ => String::new(),
        };
        let meaning = flag.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
        // Writing to a string does not fail.
        let _ = writeln!(out, "| `--{long}{value}` | {meaning} |");
    }
    let variables = section(help::SERVE, "Environment:");
    let _ = write!(out, "\n## Variables of `hb serve`\n\n```text\n{variables}\n```\n");
    out
}

/// The lines under a title, as far as the next one.
fn section<'a>(text: &'a str, title: &str) -> &'a str {
    let after = text.split_once(title).map_or("", |(_, after)| after).trim_start_matches('\n');
    after.split_once("\n\n").map_or(after, |(lines, _)| lines).trim_end()
}
