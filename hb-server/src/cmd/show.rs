//! `hb list` and `hb status`: what the server says, as it says it.

use std::process::ExitCode;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::address::{self, Address};
use super::ask::{Client, printable};
use super::environment::{self, Environment};
use super::say;

/// What was typed behind `hb list`.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: address::Flags,
}

/// What was typed behind `hb status`.
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// The app's id; without one, all that are tracked
    app: Option<String>,

    #[command(flatten)]
    server: address::Flags,
}

/// Prints the ids now tracked, one per line.
pub(crate) fn list(args: &List) -> anyhow::Result<ExitCode> {
    let address = address::resolve(&args.server, Environment::new(&environment::of_process))?;
    say(&printable(&Client::new().get_ok(&address.page("list"))?))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the status line. The exit code says only that there is one: the verdict is `hb check`'s.
pub(crate) fn status(args: &Status) -> anyhow::Result<ExitCode> {
    let address = address::resolve(&args.server, Environment::new(&environment::of_process))?;
    let line = Client::new().get_ok(&status_page(&address, args.app.as_deref()))?;
    say(&(printable(line.trim_end_matches('\n')) + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Where the status of an app is found.
pub(crate) fn status_page(address: &Address, app: Option<&str>) -> String {
    match app {
        Some(app) => address.page(&format!("status?appid={}", utf8_percent_encode(app, NON_ALPHANUMERIC))),
        None => address.page("status"),
    }
}
